"""History: what a log says of everything that can be changed, read once from its first leaf to its last.

What flows in: an operator's log. What flows out: the records of changes that were made; the policies each stood under.
What it must never see: private details, a key. A leaf that is no record is passed over: the evidence's own check names
it.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.errors import BadInput
from lockplate.evidence.log import TileLog
from lockplate.terms import Action, LeafIndex, OperatorId, Verdict

CHUNK = 4_096
_KEPT = frozenset(
    {
        Action.PEOPLE_CHANGED,
        Action.READERS_CHANGED,
        Action.PROFILE_CHANGED,
        Action.POLICY_CHANGED,
        Action.HOTLIST_CHANGED,
        Action.SETTING_CHANGED,
        Action.GRANT_PROPOSED,
        Action.GRANT_APPROVED,
        Action.GRANT_REVOKED,
        Action.GRANT_PAPER_WITHDRAWN,
        Action.LIST_GRANT_PROPOSED,
        Action.LIST_GRANT_ACCEPTED,
        Action.LIST_GRANT_ENDED,
        Action.QUESTION_APPROVAL,
        Action.HOLD,
        Action.DAY_COUNTED,
    }
)

_FAILED = "failed"


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A record and its place in its log."""

    operator: OperatorId
    place: LeafIndex
    record: AccessRecord


class PolicyUse(msgspec.Struct, frozen=True, kw_only=True):
    """The first record that stood under a set of policies, and how many did."""

    first: LeafIndex
    records: int


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One log's changes that were made: what was denied, or failed after all, is left out."""

    operator: OperatorId
    size: int
    changes: tuple[Placed, ...]
    policies: dict[str, PolicyUse]
    """By policy-set hash, in order of first use."""

    def of(self, *actions: Action) -> Iterator[Placed]:
        """Yield the changes of some kinds, oldest first."""
        return (one for one in self.changes if one.record.action in actions)


def read_history(operator: OperatorId, log: TileLog) -> History:
    """Return what a log says up to its size of this moment."""
    size = log.size
    kept: dict[LeafIndex, AccessRecord] = {}
    failed: set[LeafIndex] = set()
    uses: dict[str, tuple[LeafIndex, int]] = {}
    for place, record in _records(log, size):
        if record.policy_set_hash is not None:
            first, number = uses.get(record.policy_set_hash, (place, 0))
            uses[record.policy_set_hash] = (first, number + 1)
        if record.action not in _KEPT or record.verdict is Verdict.DENIED:
            continue
        if _FAILED in {record.facts.get("outcome"), record.facts.get("step")}:
            failed |= set() if record.refers_to is None else {record.refers_to}
        else:
            kept[place] = record
    changes = (Placed(operator=operator, place=place, record=one) for place, one in kept.items() if place not in failed)
    policies = {name: PolicyUse(first=first, records=number) for name, (first, number) in uses.items()}
    return History(operator=operator, size=size, changes=tuple(changes), policies=policies)


def merged(histories: Iterable[History], *actions: Action) -> list[Placed]:
    """Return the changes of some kinds in all logs, by time: one that concerns several operators is in each log."""
    found = [one for history in histories for one in history.of(*actions)]
    return sorted(found, key=lambda one: (one.record.at, one.operator, one.place))


def last_by(placed: Iterable[Placed], name: str) -> Mapping[str, Placed]:
    """Return the last record for each value of a fact."""
    return {one.record.facts[name]: one for one in placed if name in one.record.facts}


def _records(log: TileLog, size: int) -> Iterator[tuple[LeafIndex, AccessRecord]]:
    for start in range(0, size, CHUNK):
        for place, leaf in enumerate(log.entries(start, min(size, start + CHUNK)), start):
            try:
                yield LeafIndex(place), parse_leaf(leaf)
            except BadInput:
                continue
