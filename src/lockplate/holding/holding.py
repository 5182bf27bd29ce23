"""Holds of one operator: opened, renewed and lifted by people; swept and ended by the node.

What flows in: who asks for what; hours about to be forgotten; the time. What flows out: holds; leaves in the log.
What it must never see: a way round the record. The gate judges every step, and a refusal is on record too.

Opening: record `opened` durable → paper sealed under the hold's new key, hold written down → reads re-sealed and stored
→ record `kept`. A crash in between leaves an open hold; `secure` completes it before any hour it covers is forgotten.
How many reads a hold keeps stands in the sealed details only: the leaf is public, and a count would be an answer.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import Clock, format_time
from lockplate.errors import BadInput, Conflict, Denied
from lockplate.gate.act import Act, ActContext
from lockplate.gate.decision import Gate
from lockplate.gate.hold import HoldFacts, HoldScope
from lockplate.gate.permit import Permit
from lockplate.gate.question import AgencyFacts
from lockplate.holding.asks import Asker, HoldAsk, RenewAsk
from lockplate.holding.keeping import Keeper
from lockplate.holding.records import HoldRecords, permitted, private_details, public_facts, stated
from lockplate.holding.rules import NO_RULES, HoldRules, hold_rules
from lockplate.holding.standing import facts_of
from lockplate.holding.sweeping import EndedHold, Sweeper
from lockplate.law.profile import LawProfile
from lockplate.plate import count_candidates, fold
from lockplate.registry.holds import Hold, HoldPaper, Holds, HoldState, LiftReason, NewHold, encode_paper, new_hold_id
from lockplate.seal.held import HoldSealer
from lockplate.terms import AgencyId, HoldId, OperatorId, Period, PlateKey, PolicyId, ReaderId


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around one operator's holds, looked up anew each time."""

    operator: OperatorId
    law_of: Callable[[datetime, datetime], LawProfile | None]
    """The law in force for a window, the laws that travel with its reads among it."""
    agency_of: Callable[[AgencyId], AgencyFacts]
    sure_now: Callable[[], datetime]
    """The time, or that of the last run of retention when the clock has gone back behind it."""
    readers: Callable[[datetime, datetime], frozenset[ReaderId]]
    """The readers that a hold of a window may name."""


class Holding:
    """The holds of one operator; built for one call, so that its facts are of this moment."""

    def __init__(
        self,
        *,
        around: Around,
        holds: Holds,
        held: HoldSealer,
        keeper: Keeper,
        sweeper: Sweeper,
        records: HoldRecords,
        gate: Gate,
        clock: Clock,
    ) -> None:
        self._around = around
        self._holds, self._held, self._keeper, self._sweeper = holds, held, keeper, sweeper
        self._records, self._gate, self._clock = records, gate, clock

    def open(self, who: Asker, ask: HoldAsk) -> Hold:
        """Return the hold, in force, with what it covers kept. Raises Denied once the refusal is on record, BadInput.

        Nothing in the result, its timing aside, says whether the plate was read.
        """
        now = self._clock.now()
        ask.check(now)
        hold_id, rules = new_hold_id(), self._rules(ask.window_from, ask.window_to)
        until = rules.end(ask.until, now)
        record = self._records.of_hold(who, hold_id, "opened", **public_facts(ask, until))
        record = msgspec.structs.replace(record, window_from=ask.window_from, window_to=ask.window_to)
        scope = HoldScope(hold_id=hold_id, plate=ask.plate, window_from=ask.window_from, window_to=ask.window_to)
        facts = _asked_facts(who, ask, rules, until, now)
        try:
            permit = self._gate.decide_hold(who.person, who.agency, Act.OPEN_HOLD, who.operator, facts, scope)
        except Denied as denied:
            self._records.refuse(record, denied, private_details(ask))
            raise
        self._require_readers(ask, permit)
        record = permitted(record, permit.policy_ids)
        place = self._records.put(record, private_details(ask))

        def write_down() -> Hold:
            hold, paper = self._write_down(who, ask, permit, until or now)
            self._records.follow(record, place, "kept", self._keeper.keep(hold, paper, permit))
            return hold

        return self._records.taken(record, place, write_down)

    def renew(self, who: Asker, ask: RenewAsk) -> Hold:
        """Return the hold, drawn out. Raises Denied once the refusal is on record; Conflict when it is over."""
        now = self._clock.now()
        hold = self._holds.get(ask.check(now).hold_id)
        paper = self._keeper.paper(hold.hold_id)
        rules = self._rules(hold.window_from, hold.window_to)
        until = rules.end(ask.until, now)
        named = {} if until is None else {"until": format_time(until)}
        record = self._records.of_hold(who, hold.hold_id, "renewed", kind=hold.kind.value, **named)
        private = stated(facts=ask.facts, paper=ask.paper, paper_hash=ask.paper_hash)
        facts = facts_of(
            hold,
            self._around.agency_of(hold.agency),
            rules,
            given=ask.given(paper),
            has_paper=bool(ask.paper.strip()),
            lasts=None if until is None else until - now,
        )
        record = permitted(record, self._allow(who, Act.RENEW_HOLD, facts, record, private))
        if until is None or until <= hold.expires_at:
            raise BadInput("the hold would not last longer", code="bad_end", next_step="Give a later --until.")
        end = until
        sealed = self._held.seal_paper(hold.hold_id, encode_paper(_drawn_out(paper, ask)))
        place = self._records.put(record, private)
        return self._records.taken(record, place, lambda: self._holds.renew(hold.hold_id, end, sealed))

    def close(self, who: Asker, hold_id: HoldId, reason: LiftReason) -> Hold:
        """Return the hold, lifted, its key destroyed. Raises Denied once on record; Conflict when it is over."""
        hold = self._holds.get(hold_id)
        record = self._records.of_hold(who, hold_id, "ending", kind=hold.kind.value, reason=reason.value)
        facts = facts_of(hold, self._around.agency_of(hold.agency), NO_RULES)
        record = permitted(record, self._allow(who, Act.CLOSE_HOLD, facts, record, {}))
        if hold.ended_at is not None:
            raise Conflict(f"the hold is {hold.state.value}", code="hold_over")
        self._sweeper.end(hold, HoldState.LIFTED, record)
        return self._holds.get(hold_id)

    def list_all(self, agency: AgencyId | None = None) -> tuple[Hold, ...]:
        """Return the operator's holds, or those of one agency; no paper is opened."""
        return self._holds.list_all(self._around.operator, agency=agency)

    def case_number(self, hold: Hold) -> str:
        """Return the case number of an open hold; empty when it is over."""
        if hold.state is not HoldState.OPEN or not self._held.is_alive(hold.hold_id):
            return ""
        return self._keeper.paper(hold.hold_id).case_number

    def secure(self, periods: Sequence[Period]) -> int:
        """Keep what open holds cover in these hours and do not have yet; return how many reads that were.

        Retention calls this before it destroys the hours' keys, and destroys none when it raises.
        """
        return self._sweeper.secure(periods)

    def expire(self, now: datetime | None = None) -> tuple[EndedHold, ...]:
        """End every hold that is over at `now`, or at the clock's time, and complete what a crash left half ended."""
        return self._sweeper.expire(now)

    def _write_down(self, who: Asker, ask: HoldAsk, permit: Permit, until: datetime) -> tuple[Hold, HoldPaper]:
        """Write down a hold that has a permit: so plate, window and end are there."""
        hold_id = HoldId(permit.request_id)
        paper = _paper(ask, next(permit.sorted_plate_keys()))
        hold = self._holds.add(
            NewHold(
                hold_id=hold_id,
                operator=permit.operator,
                agency=who.person.agency,
                kind=ask.kind,
                opened_by=who.person.person,
                opened_at=self._around.sure_now(),
                window_from=permit.window_from,
                window_to=permit.window_to,
                expires_at=until,
                paper_sealed=self._held.seal_paper(hold_id, encode_paper(paper)),
            )
        )
        return hold, paper

    def _allow(
        self, who: Asker, act: Act, facts: HoldFacts, record: AccessRecord, private: dict[str, str]
    ) -> tuple[PolicyId, ...]:
        """Return the policies that allow an act, or put the refusal on record and raise it."""
        try:
            allowance = self._gate.decide_act(who.person, who.agency, act, who.operator, ActContext(hold=facts))
        except Denied as denied:
            self._records.refuse(record, denied, private)
            raise
        return allowance.policy_ids

    def _rules(self, start: datetime | None, end: datetime | None) -> HoldRules:
        """Return the rules for a window; for a request that names none, those for a window of this moment."""
        if start is None or end is None:
            start = self._clock.now()
            end = start + start.resolution
        return hold_rules(self._around.law_of(start, end))

    def _require_readers(self, ask: HoldAsk, permit: Permit) -> None:
        """Raise BadInput for a reader that nobody knows: a misspelt one would keep nothing, and nobody would notice."""
        unknown = set(ask.readers or ())
        if unknown:
            unknown -= self._around.readers(permit.window_from, permit.window_to)
        if unknown:
            raise BadInput(
                f"no such reader: {', '.join(sorted(unknown))}",
                code="unknown_reader",
                next_step="See `lockplate reader list`.",
            )


def _asked_facts(who: Asker, ask: HoldAsk, rules: HoldRules, until: datetime | None, now: datetime) -> HoldFacts:
    """Return what the gate is told of a hold asked for."""
    return HoldFacts(
        kind=ask.kind,
        kinds=rules.kinds,
        needs=rules.needs,
        given=ask.given(),
        plates=count_candidates(ask.plate) if fold(ask.plate) else 0,
        past=ask.window_to is None or ask.window_to <= now,
        has_paper=bool(ask.paper.strip()),
        lasts=None if until is None else until - now,
        longest=rules.longest,
        renewals=rules.renewals,
        open=True,
        opener=who.person.person,
        holder=who.agency,
        cites=rules.cites,
    )


def _paper(ask: HoldAsk, plate_key: PlateKey) -> HoldPaper:
    return HoldPaper(
        plate=ask.plate,
        plate_key=plate_key,
        case_number=ask.case_number,
        facts=ask.facts,
        sworn=ask.sworn,
        readers=ask.readers,
        requester=ask.requester,
        paper=ask.paper,
        paper_hash=ask.paper_hash,
    )


def _drawn_out(paper: HoldPaper, ask: RenewAsk) -> HoldPaper:
    """Return the paper with what the renewal stands on in place of what it stood on; the log has both."""
    return msgspec.structs.replace(
        paper,
        facts=ask.facts or paper.facts,
        sworn=ask.sworn if ask.facts else paper.sworn,
        paper=ask.paper or paper.paper,
        paper_hash=ask.paper_hash if ask.paper else paper.paper_hash,
    )
