"""Alerting: showing a hit is an access, and a hit is not a stop until a person has compared.

What flows in: a person as the registry knows them; hits. What flows out: hits to look at; what the person found.
What it must never see: an unmatched read, a key. No hit leaves before the record that it was shown is durable, and no
finding counts before its record is (promises 3 and 8). What the gate denies is on record too.
"""

import re
from collections.abc import Sequence

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict, Denied, LockplateError, NotFound
from lockplate.evidence.noting import Recording
from lockplate.gate.act import Act, Allowance
from lockplate.gate.decision import Gate
from lockplate.gate.question import AgencyFacts, OperatorFacts, PersonFacts
from lockplate.registry.hits import Hit, HitId, Hits, HitState
from lockplate.terms import Action, LeafIndex, Verdict

MAX_SHOWN = 1000
"""Hits in one showing; their ids fit one leaf."""

_HIT_ID = re.compile(r"h[0-9a-f]{20}")


class Watcher(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks, for which agency, at whose hits: facts of this moment."""

    person: PersonFacts
    agency: AgencyFacts
    operator: OperatorFacts


class ShownHits(msgspec.Struct, frozen=True, kw_only=True):
    """Hits, and the record that says they were shown."""

    operator: str
    record_index: LeafIndex
    hits: tuple[Hit, ...]


class Alerting:
    """The hits of one operator, shown and confirmed."""

    def __init__(self, *, hits: Hits, gate: Gate, recorder: Recording, clock: Clock) -> None:
        self._hits = hits
        self._gate = gate
        self._recorder = recorder
        self._clock = clock

    def show_recent(self, who: Watcher, *, state: HitState | None = None, limit: int = 100) -> ShownHits:
        """Return the newest hits, once it is on record which of them were shown. Raises Denied, BadInput.

        The registry opens hits as it lists them; they stay in here until the record is durable.
        """
        if not 1 <= limit <= MAX_SHOWN:
            raise BadInput(f"between 1 and {MAX_SHOWN} hits are shown at once", code="bad_limit")
        allowance = self._allow(who, Act.SHOW_HIT, Action.ALERT_SHOWN, {})
        found = self._hits.list_recent(who.operator.operator, state=state, limit=limit)
        place = self._record_shown(who, allowance, [hit.hit_id for hit in found], {})
        return ShownHits(operator=who.operator.operator, record_index=place, hits=found)

    def show_these(self, who: Watcher, hit_ids: Sequence[HitId]) -> ShownHits:
        """Return named hits, as an alert stream does: recorded first, opened after. Raises Denied, NotFound, BadInput.

        A hit of another operator is not found.
        """
        if not 1 <= len(hit_ids) <= MAX_SHOWN:
            raise BadInput(f"between 1 and {MAX_SHOWN} hits are shown at once", code="bad_limit")
        for hit_id in hit_ids:
            _require_id(hit_id)
        allowance = self._allow(who, Act.SHOW_HIT, Action.ALERT_SHOWN, {})
        place = self._record_shown(who, allowance, hit_ids, {})
        hits = tuple(self._own(who, hit_id) for hit_id in hit_ids)
        return ShownHits(operator=who.operator.operator, record_index=place, hits=hits)

    def show_picture(self, who: Watcher, hit_id: HitId) -> bytes:
        """Return a hit's picture, once it is on record that it was shown. Raises Denied, NotFound."""
        _require_id(hit_id)
        allowance = self._allow(who, Act.SHOW_HIT, Action.ALERT_SHOWN, {"hits": hit_id})
        self._own(who, hit_id)
        self._record_shown(who, allowance, [hit_id], {"picture": "yes"})
        return self._hits.picture(hit_id)

    def confirm(self, who: Watcher, hit_id: HitId, found: HitState) -> Hit:
        """Return the hit with what the person found, which counts once it is on record.

        Raises Denied, NotFound, BadInput for what is no finding, Conflict when somebody has decided already.
        """
        facts = {"hit": _require_id(hit_id), "found": found.value}
        allowance = self._allow(who, Act.CONFIRM_HIT, Action.HIT_CONFIRMATION, facts)
        if found is HitState.UNCONFIRMED:
            raise BadInput("say what was found", code="bad_state")
        hit = self._own(who, hit_id)
        if hit.state is not HitState.UNCONFIRMED:
            raise Conflict("somebody has decided this hit already", code="hit_decided")
        facts |= {"list": hit.list_id, "category": hit.category.value, "manual": "yes" if hit.manual else "no"}
        place = self._recorder.record(self._permitted(who, allowance, Action.HIT_CONFIRMATION, facts, {}))
        try:
            return self._hits.confirm(hit_id, found, by=who.person.person)
        except LockplateError as error:
            failed = facts | {"outcome": "failed", "code": error.code}
            record = self._made(who, Action.HIT_CONFIRMATION, failed)
            self._recorder.record(msgspec.structs.replace(record, refers_to=place))
            raise

    def _own(self, who: Watcher, hit_id: HitId) -> Hit:
        hit = self._hits.get(hit_id)
        if hit.operator != who.operator.operator:
            raise NotFound("no hit has this id", code="unknown_hit")
        return hit

    def _allow(self, who: Watcher, act: Act, action: Action, facts: dict[str, str]) -> Allowance:
        """Return the gate's yes, or put its no on record and raise it."""
        try:
            return self._gate.decide_act(who.person, who.agency, act, who.operator)
        except Denied as denied:
            ids = tuple(reason.policy_id for reason in denied.reasons)
            record = self._made(who, action, facts)
            self._recorder.record(msgspec.structs.replace(record, verdict=Verdict.DENIED, policy_ids=ids))
            raise

    def _record_shown(
        self, who: Watcher, allowance: Allowance, hit_ids: Sequence[HitId], facts: dict[str, str]
    ) -> LeafIndex:
        facts = {"hits": ",".join(hit_ids)} | facts
        return self._recorder.record(self._permitted(who, allowance, Action.ALERT_SHOWN, facts, {"hits": len(hit_ids)}))

    def _permitted(
        self, who: Watcher, allowance: Allowance, action: Action, facts: dict[str, str], counts: dict[str, int]
    ) -> AccessRecord:
        return msgspec.structs.replace(
            self._made(who, action, facts),
            verdict=Verdict.PERMITTED,
            policy_ids=allowance.policy_ids,
            policy_set_hash=allowance.policy_set_hash,
            counts=counts,
        )

    def _made(self, who: Watcher, action: Action, facts: dict[str, str]) -> AccessRecord:
        return AccessRecord(
            action=action,
            at=self._clock.now(),
            operator=who.operator.operator,
            person=who.person.person,
            agency=who.person.agency,
            policy_set_hash=self._gate.policy_set_hash,
            profile=who.operator.profile.profile,
            facts=facts,
        )


def _require_id(hit_id: HitId) -> HitId:
    """Return an id that has a hit's form, or raise NotFound: what somebody typed must not stand in a public record."""
    if not _HIT_ID.fullmatch(hit_id):
        raise NotFound("no hit has this id", code="unknown_hit")
    return hit_id
