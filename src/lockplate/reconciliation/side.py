"""Side: what one verified log holds of questions between nodes.

What flows in: records, one by one. What flows out: those that a comparison looks at; what a side saw of another log.
What it must never see: the rest of the log is passed over, so that a long one fits into memory.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from lockplate.access import AccessRecord
from lockplate.shared_question import ASKED_FROM, THERE, THERE_ROOT, THERE_SIZE, is_shared_id
from lockplate.terms import Action, AgencyId, LeafIndex

ASKING = frozenset({Action.QUESTION_ELSEWHERE_INTENT, Action.QUESTION_ELSEWHERE_OUTCOME})
JUDGEMENTS = frozenset({Action.QUESTION_INTENT, Action.QUESTION_DENIED, Action.QUESTION_PENDING})
ANSWERING = frozenset({*JUDGEMENTS, Action.QUESTION_OUTCOME})


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One record and its place in its log."""

    index: LeafIndex
    record: AccessRecord


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one verified log holds of questions between nodes."""

    origin: str
    size: int
    """How many records the signed checkpoint covers."""
    last_at: datetime | None
    """Time of the last of them."""
    told: tuple[Told, ...]
    roots: dict[int, str] = {}
    """Size → root in base64, for the sizes that the other side saw."""
    agencies: frozenset[AgencyId] = frozenset()
    """The agencies that ask through this log; empty when nobody said so and it asked nothing."""


class Reader:
    """Picks out of one log, record by record, what is about questions between nodes."""

    def __init__(self, agencies_there: Iterable[AgencyId] = ()) -> None:
        self._agencies_there = frozenset(agencies_there)
        self._told: list[Told] = []
        self._last_at: datetime | None = None

    def take(self, index: LeafIndex, record: AccessRecord) -> None:
        """Take the next record in."""
        self._last_at = record.at
        asks = record.action in ASKING
        shared = record.action in ANSWERING and (is_shared_id(record.request_id) or ASKED_FROM in record.facts)
        directly = record.action in ANSWERING and record.agency in self._agencies_there
        if asks or shared or directly:
            self._told.append(Told(index=index, record=record))

    def side(self, origin: str, size: int, roots: dict[int, str], agencies: Iterable[AgencyId] = ()) -> Side:
        """Return what was picked, once the log it came from was verified."""
        asking = (one.record.agency for one in self._told if one.record.action in ASKING)
        return Side(
            origin=origin,
            size=size,
            last_at=self._last_at,
            told=tuple(self._told),
            roots=roots,
            agencies=frozenset(agencies) | {agency for agency in asking if agency is not None},
        )


def sizes_seen(side: Side, origin: str) -> frozenset[int]:
    """Return the sizes at which a side saw another log: at these the other's root is needed."""
    return frozenset(size for size, _, _ in seen(side, origin))


def seen(side: Side, origin: str) -> Iterator[tuple[int, str, Told]]:
    """Yield the sizes and roots of another log that a side saw signed, with its record of seeing it."""
    for one in side.told:
        facts = one.record.facts
        if facts.get(THERE) == origin and THERE_ROOT in facts:
            yield place_in(one.record, THERE_SIZE), facts[THERE_ROOT], one


def place_in(record: AccessRecord, name: str) -> LeafIndex:
    """Return a place or size that a record's facts name; -1 for none, which no log has."""
    text = record.facts.get(name, "")
    return LeafIndex(int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1)
