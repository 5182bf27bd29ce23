"""Records of holds: what the log says of each step, and what only its sealed details say.

What flows in: who acts, a hold's id, what is asked. What flows out: records; places in the log.
What it must never see: a key, a read. The leaf is public: it holds no plate, no case number and no count of reads.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import Clock, format_time
from lockplate.errors import Denied, LockplateError
from lockplate.evidence.noting import Recording
from lockplate.holding.asks import Asker, HoldAsk
from lockplate.terms import Action, HoldId, LeafIndex, PolicyId, Verdict

T = TypeVar("T")


class HoldRecords:
    """Puts the steps of one operator's holds on record."""

    def __init__(self, recorder: Recording, policy_set_hash: str, clock: Clock) -> None:
        self._recorder = recorder
        self._policy_set_hash = policy_set_hash
        self._clock = clock

    def blank(self, who: Asker, **facts: str) -> AccessRecord:
        """Return a record of somebody's step, with public facts, not yet in the log."""
        return AccessRecord(
            action=Action.HOLD,
            at=self._clock.now(),
            operator=who.operator.operator,
            person=who.person.person,
            agency=who.person.agency,
            policy_set_hash=self._policy_set_hash,
            profile=who.operator.profile.profile,
            facts=facts,
        )

    def of_hold(self, who: Asker, hold_id: HoldId, step: str, **facts: str) -> AccessRecord:
        """Return a record of a step of one hold, not yet in the log."""
        return self.blank(who, step=step, hold=hold_id, **facts)

    def put(self, record: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        """Return the record's place, durable."""
        return self._recorder.record(record, private)

    def refuse(self, record: AccessRecord, denied: Denied, private: Mapping[str, str] | None = None) -> LeafIndex:
        """Put a refusal on record, with the policies that decided."""
        ids = tuple(reason.policy_id for reason in denied.reasons)
        facts = record.facts | {"step": "refused", "asked": record.facts["step"]}
        refused = msgspec.structs.replace(record, verdict=Verdict.DENIED, policy_ids=ids, facts=facts)
        return self.put(refused, private)

    def follow(self, record: AccessRecord, place: LeafIndex, step: str, reads: int) -> LeafIndex:
        """Put on record how a recorded step came out; how many reads it was about is a sealed detail."""
        return self.put(self._following(record, place, step), {"reads": str(reads)})

    def taken(self, record: AccessRecord, place: LeafIndex, step: Callable[[], T]) -> T:
        """Return what a recorded step gives; when it fails after all, that is on record too."""
        try:
            return step()
        except LockplateError as error:
            failed = self._following(record, place, "failed")
            facts = failed.facts | {"asked": record.facts["step"], "code": error.code}
            self.put(msgspec.structs.replace(failed, facts=facts))
            raise

    def _following(self, record: AccessRecord, place: LeafIndex, step: str) -> AccessRecord:
        facts = record.facts | {"step": step}
        return msgspec.structs.replace(record, at=self._clock.now(), refers_to=place, facts=facts)


def permitted(record: AccessRecord, policy_ids: tuple[PolicyId, ...]) -> AccessRecord:
    """Return the record of a step that the gate allowed."""
    return msgspec.structs.replace(record, verdict=Verdict.PERMITTED, policy_ids=policy_ids)


def private_details(ask: HoldAsk) -> dict[str, str]:
    """Return what the leaf of a hold asked for only commits to."""
    return stated(
        plate=ask.plate,
        case_number=ask.case_number,
        facts=ask.facts,
        sworn="yes" if ask.sworn else "",
        readers=",".join(ask.readers or ()),
        requester=ask.requester,
        paper=ask.paper,
        paper_hash=ask.paper_hash,
    )


def public_facts(ask: HoldAsk, until: datetime | None) -> dict[str, str]:
    """Return what everyone may read of a hold asked for."""
    facts = {"kind": ask.kind.value}
    return facts if until is None else facts | {"until": format_time(until)}


def stated(**details: str) -> dict[str, str]:
    """Return the details that say something."""
    return {name: value for name, value in details.items() if value}
