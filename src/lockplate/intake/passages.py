"""Passages: reads of one vehicle passing one reader are one; a vendor's update corrects it; a parked car is one.

What flows in: reads of one reader, in the order they came. What flows out: for each read, what to store and what to
take back. What it must never see: keys, the store, the network. It holds plate keys in memory for minutes and nothing
longer.

Rules (docs/decisions/0006): reads that share a vendor id, or that show one plate key at one reader within the gap,
are one passage. One row is kept for each passage and hour. A later message with the same vendor id and another plate
withdraws the earlier row, unless other detections vouch for it. Reads of one body never correct each other: a frame
can hold two cars. A reading that was corrected and comes again as it was is an old message sent again: it changes
nothing.
"""

from collections import OrderedDict
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from lockplate.hotlist import EntryId
from lockplate.read import Read
from lockplate.registry.hits import HitId
from lockplate.terms import SECONDS_PER_PERIOD, OperatorId, PlateKey, ReaderId, Token

GAP_SECONDS = 60
"""A vehicle out of sight for longer passes again."""
PARKED_AFTER_SECONDS = 120
"""A vehicle seen for this long is parked or in a jam…"""
PARKED_GAP_SECONDS = 600
"""…and may be out of sight for longer before it counts as a new passage."""
VENDOR_ID_SECONDS = 300
"""Longer apart, the same vendor id is another vehicle: counters start anew when a camera restarts."""
KEPT_SECONDS = 1800
"""How long a passage is remembered after its last read."""
MAX_PASSAGES = 200_000
"""Memory bound; the oldest passages are forgotten first."""
CORRECTION_DISTANCE = 3
"""Edits between two readings of one plate; further apart they are two vehicles under one vendor id."""

ReaderPlace = tuple[OperatorId, ReaderId]
Key = TypeVar("Key")


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
    vouched: set[frozenset[str]]
    """The vendor ids of each message that showed the plate as it stands."""
    superseded: dict[PlateKey, int]
    """Readings that were corrected, and the last second of the passage by then."""
    touched: int = 0
    """When it was last spoken of, by our clock: device times may be of any age."""
    alerted: dict[EntryId, HitId] = {}
    """Entries for which the passage raised its alert: one for each, however long the car stands there."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with one read."""

    verdict: Verdict
    passage: Passage
    withdraw: tuple[StoredPlace, ...] = ()


class Superseded(msgspec.Struct, frozen=True, kw_only=True):
    """A reading at hand that an earlier run corrected, and the second of its row."""

    plate_key: PlateKey
    second: int


class PassageBook:
    """The passages of the last minutes at every reader; used by one thread."""

    def __init__(self) -> None:
        self._all: OrderedDict[int, Passage] = OrderedDict()
        self._by_plate: dict[tuple[ReaderPlace, PlateKey], list[Passage]] = {}
        self._by_vendor_id: dict[tuple[ReaderPlace, str], list[Passage]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def decide(self, place: ReaderPlace, reads: Sequence[Read], seconds: Sequence[int], now: int) -> list[Decision]:
        """Return what to do with the reads of one body, in order; `seconds` are their instants, `now` is our clock."""
        known = {
            vendor_id: list(self._by_vendor_id.get((place, vendor_id), ()))
            for read in reads
            for vendor_id in read.passage_ids
        }
        shown = {vendor_id: _plates_under(vendor_id, reads) for vendor_id in known}
        # what this body itself shows cannot be a misreading that this body corrects
        correctable = {
            vendor_id: [one for one in passages if one.plate_key not in shown[vendor_id]]
            for vendor_id, passages in known.items()
        }
        decisions = []
        for read, second in zip(reads, seconds, strict=True):
            decision = self._decide(place, read, second, known, correctable)
            decision.passage.touched = now
            decisions.append(decision)
            if decision.verdict is Verdict.CORRECTED:
                for passages in correctable.values():
                    passages[:] = [one for one in passages if one is not decision.passage]
        return decisions

    def knows(self, place: ReaderPlace, vendor_id: str) -> bool:
        """Say whether a passage of this vendor id is remembered."""
        return (place, vendor_id) in self._by_vendor_id

    def remember(
        self,
        place: ReaderPlace,
        vendor_ids: frozenset[str],
        row: StoredPlace,
        *,
        plate_key: PlateKey | None,
        superseded: Superseded | None,
        now: int,
    ) -> None:
        """Take up a passage that an earlier run of the node stored, so that this run can correct it.

        Its plate is known only if a read at hand turned out to have the same; else it is a plate that nobody named.
        """
        passage = Passage(
            place=place,
            plate_key=plate_key or PlateKey(""),
            first_second=row.captured_at,
            last_second=row.captured_at,
            hours={row.captured_at // SECONDS_PER_PERIOD},
            rows=[row],
            vendor_ids=set(vendor_ids),
            vouched={vendor_ids},
            superseded={superseded.plate_key: superseded.second} if superseded is not None else {},
            touched=now,
        )
        self._all[id(passage)] = passage
        self._link_plate(passage)
        for vendor_id in vendor_ids:
            self._by_vendor_id.setdefault((place, vendor_id), []).append(passage)

    def forget(self, decisions: Sequence[Decision]) -> None:
        """Undo decisions whose rows could not be stored: sent again, their reads are stored as new."""
        for decision in decisions:
            self._drop(decision.passage)

    def expire(self, before: int) -> None:
        """Forget passages of which nothing came since a moment of our clock, and the oldest when there are too many."""
        while self._all:
            passage = next(iter(self._all.values()))
            if passage.touched >= before and len(self._all) <= MAX_PASSAGES:
                return
            self._drop(passage)

    def _decide(
        self,
        place: ReaderPlace,
        read: Read,
        second: int,
        known: dict[str, list[Passage]],
        correctable: dict[str, list[Passage]],
    ) -> Decision:
        same_id = _near_in_time(known, read, second)
        same_plate = [passage for passage in same_id if passage.plate_key == read.plate_key]
        if not same_plate and (standing := self._standing(place, read.plate_key, second)) is not None:
            same_plate = [standing]
        if same_plate:
            return self._extend(same_plate[0], read, second)
        for passage in same_id:
            if second <= passage.superseded.get(read.plate_key, -1):
                return Decision(verdict=Verdict.MERGED, passage=passage)
        corrected = _correctable(_near_in_time(correctable, read, second), read)
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
            vouched=set(),
            superseded={},
        )
        self._link(passage, read)
        return Decision(verdict=Verdict.STORED, passage=passage)

    def _standing(self, place: ReaderPlace, plate_key: PlateKey, second: int) -> Passage | None:
        """Return the passage of this plate at this reader if it is not over yet at this second."""
        for passage in self._by_plate.get((place, plate_key), ()):
            parked = passage.last_second - passage.first_second >= PARKED_AFTER_SECONDS
            gap = PARKED_GAP_SECONDS if parked else GAP_SECONDS
            if passage.first_second - gap <= second <= passage.last_second + gap:
                return passage
        return None

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
        hour = second // SECONDS_PER_PERIOD
        withdraw = tuple(row for row in passage.rows if _is_of_moment(row, second))
        self._unlink_plate(passage)
        passage.superseded[passage.plate_key] = passage.last_second
        passage.plate_key = read.plate_key
        passage.rows = []
        passage.hours = {hour}
        passage.vouched = set()
        passage.last_second = max(passage.last_second, second)
        self._link(passage, read)
        return Decision(verdict=Verdict.CORRECTED, passage=passage, withdraw=withdraw)

    def _link(self, passage: Passage, read: Read) -> None:
        self._all[id(passage)] = passage
        self._all.move_to_end(id(passage))
        self._link_plate(passage)
        passage.vouched.add(frozenset(read.passage_ids))
        for vendor_id in read.passage_ids:
            if vendor_id not in passage.vendor_ids:
                passage.vendor_ids.add(vendor_id)
                self._by_vendor_id.setdefault((passage.place, vendor_id), []).append(passage)

    def _drop(self, passage: Passage) -> None:
        self._all.pop(id(passage), None)
        self._unlink_plate(passage)
        for vendor_id in passage.vendor_ids:
            _remove(self._by_vendor_id, (passage.place, vendor_id), passage)

    def _link_plate(self, passage: Passage) -> None:
        if passage.plate_key:
            standing = self._by_plate.setdefault((passage.place, passage.plate_key), [])
            if not any(one is passage for one in standing):
                standing.append(passage)

    def _unlink_plate(self, passage: Passage) -> None:
        _remove(self._by_plate, (passage.place, passage.plate_key), passage)


def _remove(passages: dict[Key, list[Passage]], key: Key, passage: Passage) -> None:
    """Take one passage out of a list of them, and the list away with the last."""
    others = [one for one in passages.get(key, ()) if one is not passage]
    if others:
        passages[key] = others
    else:
        passages.pop(key, None)


def _plates_under(vendor_id: str, reads: Sequence[Read]) -> set[PlateKey]:
    """Return the plates that one body shows under a vendor id."""
    return {read.plate_key for read in reads if vendor_id in read.passage_ids}


def _near_in_time(passages: dict[str, list[Passage]], read: Read, second: int) -> list[Passage]:
    """Return the passages under a read's vendor ids that are not too far from it in time."""
    return [
        passage
        for vendor_id in read.passage_ids
        for passage in passages[vendor_id]
        if passage.first_second - VENDOR_ID_SECONDS <= second <= passage.last_second + VENDOR_ID_SECONDS
    ]


def _is_of_moment(row: StoredPlace, second: int) -> bool:
    """Say whether a row is of the hour of a correction or close to it; a parked car's earlier hours stand."""
    same_hour = row.captured_at // SECONDS_PER_PERIOD == second // SECONDS_PER_PERIOD
    return same_hour or abs(row.captured_at - second) <= VENDOR_ID_SECONDS


def _correctable(same_id: Sequence[Passage], read: Read) -> Passage | None:
    """Return the passage that this read corrects: the only one under its id, or the one whose plate is nearest.

    One for whose plate another detection vouches, with ids that are not this read's, is not corrected.
    """
    ids = frozenset(read.passage_ids)
    distinct = list({id(one): one for one in same_id if all(ids & message for message in one.vouched)}.values())
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
