"""Passages: reads of one vehicle passing one reader are one; a vendor's update corrects it; a parked car is one.

What flows in: reads of one reader, in the order they came. What flows out: for each read, what to store and what to
take back. What it must never see: keys, the store, the network. It holds plate keys in memory for minutes and nothing
longer.

Rules (docs/decisions/0006): reads that share a vendor id, or that show one plate key at one reader within the gap,
are one passage. One row is kept for each passage and hour. A later message with the same vendor id and another plate
withdraws the earlier row. Reads of one body never correct each other: a frame can hold two cars.
"""

from collections import OrderedDict
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from lockplate.read import Read
from lockplate.terms import SECONDS_PER_PERIOD, OperatorId, PlateKey, ReaderId, Token

GAP_SECONDS = 60
"""A vehicle out of sight for longer passes again."""
PARKED_AFTER_SECONDS = 120
"""A vehicle seen for this long is parked or in a jam…"""
PARKED_GAP_SECONDS = 600
"""…and may be out of sight for longer before it counts as a new passage."""
KEPT_SECONDS = 1800
"""How long a passage is remembered after its last read."""
MAX_PASSAGES = 200_000
"""Memory bound; the oldest passages are forgotten first."""
CORRECTION_DISTANCE = 3
"""Edits between two readings of one plate; further apart they are two vehicles under one vendor id."""

ReaderPlace = tuple[OperatorId, ReaderId]


class Verdict(StrEnum):
    """What becomes of one read."""

    STORED = "stored"
    """A new passage, or a new hour of a parked car."""
    MERGED = "merged"
    """Part of a passage that has its row."""
    CORRECTED = "corrected"
    """A new row, and the passage's earlier row is withdrawn."""


class StoredPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a row lies, so that it can be withdrawn: what a SealedRead is found by."""

    token: Token
    captured_at: int
    reader: ReaderId


class Passage(msgspec.Struct, kw_only=True):
    """One vehicle passing one reader: changed in place by the book that holds it, and by nothing else."""

    place: ReaderPlace
    plate_key: PlateKey
    first_second: int
    last_second: int
    hours: set[int]
    """Hours in which the passage has a row."""
    rows: list[StoredPlace]
    """The rows themselves, once sealed."""
    vendor_ids: set[str]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with one read."""

    verdict: Verdict
    passage: Passage
    withdraw: tuple[StoredPlace, ...] = ()


class PassageBook:
    """The passages of the last minutes at every reader; used by one thread."""

    def __init__(self) -> None:
        self._by_plate: OrderedDict[tuple[ReaderPlace, PlateKey], Passage] = OrderedDict()
        self._by_vendor_id: dict[tuple[ReaderPlace, str], list[Passage]] = {}

    def __len__(self) -> int:
        return len(self._by_plate)

    def decide(self, place: ReaderPlace, reads: Sequence[Read], seconds: Sequence[int]) -> list[Decision]:
        """Return what to do with the reads of one body, in order; `seconds` are their instants."""
        known = {
            vendor_id: list(self._by_vendor_id.get((place, vendor_id), ()))
            for read in reads
            for vendor_id in read.passage_ids
        }
        return [self._decide(place, read, second, known) for read, second in zip(reads, seconds, strict=True)]

    def knows(self, place: ReaderPlace, vendor_id: str) -> bool:
        """Say whether a passage of this vendor id is remembered."""
        return (place, vendor_id) in self._by_vendor_id

    def remember(self, place: ReaderPlace, vendor_id: str, row: StoredPlace, plate_key: PlateKey | None) -> None:
        """Take up a passage that an earlier run of the node stored, so that this run can correct it.

        Its plate is known only if the read at hand turned out to have the same; else it is a plate that nobody named.
        """
        passage = Passage(
            place=place,
            plate_key=plate_key or PlateKey(""),
            first_second=row.captured_at,
            last_second=row.captured_at,
            hours={row.captured_at // SECONDS_PER_PERIOD},
            rows=[row],
            vendor_ids={vendor_id},
        )
        if plate_key:
            self._by_plate[place, plate_key] = passage
        self._by_vendor_id.setdefault((place, vendor_id), []).append(passage)

    def forget(self, decisions: Sequence[Decision]) -> None:
        """Undo decisions whose rows could not be stored: sent again, their reads are stored as new."""
        for decision in decisions:
            self._drop(decision.passage)

    def expire(self, before: int) -> None:
        """Forget passages that ended before a second, and the oldest when there are too many."""
        while self._by_plate:
            passage = next(iter(self._by_plate.values()))
            if passage.last_second >= before and len(self._by_plate) <= MAX_PASSAGES:
                return
            self._drop(passage)

    def _decide(self, place: ReaderPlace, read: Read, second: int, known: dict[str, list[Passage]]) -> Decision:
        same_id = [passage for vendor_id in read.passage_ids for passage in known[vendor_id]]
        same_plate = [passage for passage in same_id if passage.plate_key == read.plate_key]
        if not same_plate and (standing := self._standing(place, read.plate_key, second)) is not None:
            same_plate = [standing]
        if same_plate:
            return self._extend(same_plate[0], read, second)
        corrected = _correctable(same_id, read)
        if corrected is not None:
            return self._correct(corrected, read, second)
        passage = Passage(
            place=place,
            plate_key=read.plate_key,
            first_second=second,
            last_second=second,
            hours={second // SECONDS_PER_PERIOD},
            rows=[],
            vendor_ids=set(),
        )
        self._link(passage, read)
        return Decision(verdict=Verdict.STORED, passage=passage)

    def _standing(self, place: ReaderPlace, plate_key: PlateKey, second: int) -> Passage | None:
        """Return the passage of this plate at this reader if it is not over yet at this second."""
        passage = self._by_plate.get((place, plate_key))
        if passage is None:
            return None
        parked = passage.last_second - passage.first_second >= PARKED_AFTER_SECONDS
        gap = PARKED_GAP_SECONDS if parked else GAP_SECONDS
        return passage if passage.first_second - gap <= second <= passage.last_second + gap else None

    def _extend(self, passage: Passage, read: Read, second: int) -> Decision:
        passage.first_second = min(passage.first_second, second)
        passage.last_second = max(passage.last_second, second)
        self._link(passage, read)
        hour = second // SECONDS_PER_PERIOD
        if hour in passage.hours:
            return Decision(verdict=Verdict.MERGED, passage=passage)
        passage.hours.add(hour)
        return Decision(verdict=Verdict.STORED, passage=passage)

    def _correct(self, passage: Passage, read: Read, second: int) -> Decision:
        withdraw = tuple(passage.rows)
        self._by_plate.pop((passage.place, passage.plate_key), None)
        passage.plate_key = read.plate_key
        passage.rows = []
        passage.hours = {second // SECONDS_PER_PERIOD}
        passage.last_second = max(passage.last_second, second)
        self._link(passage, read)
        return Decision(verdict=Verdict.CORRECTED, passage=passage, withdraw=withdraw)

    def _link(self, passage: Passage, read: Read) -> None:
        if passage.plate_key:
            self._by_plate[passage.place, passage.plate_key] = passage
            self._by_plate.move_to_end((passage.place, passage.plate_key))
        for vendor_id in read.passage_ids:
            if vendor_id not in passage.vendor_ids:
                passage.vendor_ids.add(vendor_id)
                self._by_vendor_id.setdefault((passage.place, vendor_id), []).append(passage)

    def _drop(self, passage: Passage) -> None:
        if self._by_plate.get((passage.place, passage.plate_key)) is passage:
            del self._by_plate[passage.place, passage.plate_key]
        for vendor_id in passage.vendor_ids:
            others = [one for one in self._by_vendor_id.get((passage.place, vendor_id), ()) if one is not passage]
            if others:
                self._by_vendor_id[passage.place, vendor_id] = others
            else:
                self._by_vendor_id.pop((passage.place, vendor_id), None)


def _correctable(same_id: Sequence[Passage], read: Read) -> Passage | None:
    """Return the passage that this read corrects: the only one under its id, or the one whose plate is nearest."""
    distinct = list({id(passage): passage for passage in same_id}.values())
    if len(distinct) == 1:
        return distinct[0]
    near = [(distance(passage.plate_key, read.plate_key), place) for place, passage in enumerate(distinct)]
    best = min(near, default=(CORRECTION_DISTANCE + 1, 0))
    return distinct[best[1]] if best[0] <= CORRECTION_DISTANCE else None


def distance(one: str, other: str) -> int:
    """Return how many characters must be changed, added or left out to turn one plate key into the other."""
    row = list(range(len(other) + 1))
    for place, left in enumerate(one, start=1):
        previous, row[0] = row[0], place
        for column, right in enumerate(other, start=1):
            previous, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, previous + (left != right))
    return row[len(other)]
