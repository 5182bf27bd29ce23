"""BulkIntake: many reads at once, in columns, matched, sealed and durable when the call returns.

What flows in: columns of reads, or reads, of one operator. What flows out: rows in the store, hits, counts.
What it must never see: a question. A bulk source has grouped its passages already; here only the same read sent again
changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from lockplate.clock import Clock
from lockplate.errors import KeyUnavailable, NotFound
from lockplate.intake.counting import ByReader, ReaderTally, brought_in_bulk, columns_by_reader, count_hits
from lockplate.intake.counting import refusal as refusal_count
from lockplate.intake.delivery import CLOCK_TOLERANCE, Refusal, tally
from lockplate.intake.lane import Lane
from lockplate.read import Position, Read, Reject
from lockplate.readers.columns import ReadColumns
from lockplate.registry.day_counts import KEPT, UNKEPT, DayCounts
from lockplate.registry.hits import Hits, NewHit, Recorded
from lockplate.registry.reader_hours import ReaderHours
from lockplate.sealed import SealedColumns, SealedRead
from lockplate.store.surface import RowSink
from lockplate.terms import SECONDS_PER_PERIOD, OperatorId, ReaderId, RecordMode


class BulkCount(msgspec.Struct, frozen=True, kw_only=True):
    """What became of many rows; `rows` = `stored` + `unkept` + everything refused."""

    rows: int = 0
    stored: int = 0
    """Rows handed to the store durably; some may have been there already."""
    unkept: int = 0
    """Matched against the hot lists and not stored: the operator is match-only."""
    hits: int = 0
    refused: dict[str, int] = {}

    def plus(self, other: "BulkCount") -> "BulkCount":
        """Return the sum of two counts."""
        refused = dict(self.refused)
        for reason, count in other.refused.items():
            refused[reason] = refused.get(reason, 0) + count
        return BulkCount(
            rows=self.rows + other.rows,
            stored=self.stored + other.stored,
            unkept=self.unkept + other.unkept,
            hits=self.hits + other.hits,
            refused=dict(sorted(refused.items())),
        )


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that is sealed and matched and waits only for the store; plate keys are gone."""

    operator: OperatorId
    count: BulkCount
    columns: SealedColumns | None = None
    rows: tuple[SealedRead, ...] = ()
    hits: tuple[NewHit, ...] = ()
    by_reader: ByReader = ()
    """What each reader's part of the batch came to."""
    sent: bool = False
    """A reader's key brought it, just now."""


class BulkIntake:
    """Seals and stores many reads of one operator; several threads may call it."""

    def __init__(
        self,
        *,
        lanes: Mapping[OperatorId, Lane],
        store: RowSink,
        hits: Hits,
        day_counts: DayCounts,
        reader_hours: ReaderHours,
        clock: Clock,
        on_hits: Callable[[OperatorId, Sequence[Recorded]], None],
    ) -> None:
        self._lanes = lanes
        self._store = store
        self._hits = hits
        self._day_counts = day_counts
        self._reader_hours = reader_hours
        self._clock = clock
        self._on_hits = on_hits

    def lane(self, operator: OperatorId) -> Lane:
        """Return an operator's lane, or raise NotFound."""
        try:
            return self._lanes[operator]
        except KeyError:
            raise NotFound("this node does not serve that operator", code="unknown_operator") from None

    def keeps_records(self, operator: OperatorId) -> bool:
        """Say whether the operator keeps a record beside each row, which needs whole reads, not columns."""
        return self.lane(operator).record_mode is RecordMode.RECORD

    def seal_columns(self, operator: OperatorId, columns: ReadColumns, *, sent: bool = False) -> Sealed:
        """Return columns matched and sealed, refused rows counted; nothing is stored yet.

        `sent`: a reader's key brought them, so the law's limit holds from capture whatever it counts from.
        """
        lane = self.lane(operator)
        now = self._clock.now()
        refusals = self._refusals(lane, columns.captured_at, now, sent=sent)
        _apply_places(lane, columns, refusals)
        _apply_origins(lane, columns, refusals, now, sent=sent)
        good = np.flatnonzero(refusals == 0)
        whole = len(good) == len(columns.plate_keys)
        keys = columns.plate_keys if whole else [columns.plate_keys[place] for place in good.tolist()]
        seconds = columns.captured_at if whole else columns.captured_at[good]
        readers = columns.reader_index if whole else columns.reader_index[good]
        hits: list[NewHit] = []
        for position in lane.index.match_keys(columns.plate_keys):
            if refusals[position] in _UNMATCHED:
                continue
            read = columns.read_at(position)
            at = datetime.fromtimestamp(int(columns.captured_at[position]), UTC)
            hits += lane.hits(read, columns.readers[int(columns.reader_index[position])], at)
        refused = dict(columns.refused)
        for number, reason in enumerate(_REASONS, start=1):
            if amount := int((refusals == number).sum()):
                refused[reason.value] = refused.get(reason.value, 0) + amount
        kept = len(keys) if lane.keeps else 0
        count = BulkCount(
            rows=columns.rows,
            stored=kept,
            unkept=len(keys) - kept,
            hits=len(hits),
            refused=dict(sorted(refused.items())),
        )
        sealed = lane.sealer.seal_columns(keys, seconds, readers, columns.readers) if kept else None
        reasons = [reason.value for reason in _REASONS]
        by_reader = columns_by_reader(columns.readers, columns.reader_index, refusals, reasons, keeps=lane.keeps)
        return Sealed(operator=operator, count=count, columns=sealed, hits=tuple(hits), by_reader=by_reader, sent=sent)

    def seal_reads(self, operator: OperatorId, made: Sequence[Read | Reject], *, sent: bool = False) -> Sealed:
        """Return whole reads matched and sealed with their records, as `seal_columns`; nothing is stored yet."""
        lane = self.lane(operator)
        now = self._clock.now()
        rows: list[SealedRead] = []
        hits: list[NewHit] = []
        refused: list[str] = []
        unkept = 0
        tally_of = ReaderTally()
        for read in made:
            if isinstance(read, Reject):
                refused.append(read.reason.value)
                continue
            if read.captured_at is None:
                refused.append(Refusal.BAD_TIME.value)
                continue
            reader = read.reader_id or ReaderId("file")
            misplaced = lane.place_refusal(reader, read.position)
            if misplaced is not None:
                refused.append(misplaced.value)
                tally_of.note(reader, refusal_count(misplaced.value))
                continue
            future = read.captured_at > now + CLOCK_TOLERANCE
            refusal = Refusal.FUTURE_TIME if future else lane.refusal(read.captured_at, now, reader, sent=sent)
            if refusal is not Refusal.FUTURE_TIME:
                hits += lane.hits(read, reader, read.captured_at)
            if refusal is None and not lane.keeps:
                unkept += 1
                tally_of.note(reader, UNKEPT)
                continue
            row = refusal or lane.seal(read, reader, read.captured_at, now)
            if isinstance(row, SealedRead):
                rows.append(row)
                tally_of.note(reader, KEPT)
            else:
                refused.append(row.value)
                tally_of.note(reader, refusal_count(row.value))
        count = BulkCount(rows=len(made), stored=len(rows), unkept=unkept, hits=len(hits), refused=tally(refused))
        return Sealed(
            operator=operator,
            count=count,
            rows=tuple(rows),
            hits=tuple(hits),
            by_reader=tally_of.by_reader(),
            sent=sent,
        )

    def store(self, sealed: Sealed) -> BulkCount:
        """Write a sealed batch durably and return its count."""
        if sealed.columns is not None:
            self._store.append_columns(sealed.columns)
        if sealed.rows:
            self._store.append(sealed.rows)
        recorded = self._hits.record(sealed.hits)
        now = self._clock.now()
        today = now.date()
        for reader, counts in sealed.by_reader:
            self._day_counts.add(sealed.operator, reader, today, counts)
            if sealed.sent:
                self._reader_hours.note(sealed.operator, reader, now, brought_in_bulk(counts))
        count_hits(self._day_counts, today, sealed.hits, recorded)
        if fresh := [one for one in recorded if one.is_new or one.alerts]:
            self._on_hits(sealed.operator, fresh)
        return sealed.count

    def _refusals(self, lane: Lane, seconds: NDArray[np.uint32], now: datetime, *, sent: bool) -> NDArray[np.uint8]:
        """Return, for each row, 0 or the place (from 1) of its reason in `_REASONS`."""
        reasons = np.zeros(len(seconds), dtype=np.uint8)
        reasons[seconds > np.uint32(int((now + CLOCK_TOLERANCE).timestamp()))] = _FUTURE
        if not lane.keeps:
            return reasons
        limit = lane.oldest_kept(now, sent=sent)
        for hour in np.unique(seconds[reasons == 0] // np.uint32(SECONDS_PER_PERIOD)).tolist():
            reason = self._hour_refusal(lane, hour, limit)
            if reason:
                reasons[(seconds // np.uint32(SECONDS_PER_PERIOD) == hour) & (reasons == 0)] = reason
        if limit is not None:
            reasons[(seconds < np.uint32(int(limit.timestamp()))) & (reasons == 0)] = 2
        return reasons

    def _hour_refusal(self, lane: Lane, hour: int, limit: datetime | None) -> int:
        """Return 3 when an hour's key was destroyed, 2 when the whole hour is past the limit, else 0."""
        if limit is not None and (hour + 1) * SECONDS_PER_PERIOD <= limit.timestamp():
            return 2
        try:
            lane.sealer.ready(datetime.fromtimestamp(hour * SECONDS_PER_PERIOD, UTC))
        except KeyUnavailable as error:
            if error.code != "key_destroyed":
                raise
            return 3
        return 0


def _apply_places(lane: Lane, columns: ReadColumns, refusals: NDArray[np.uint8]) -> None:
    """Refuse the rows that were made where nobody may collect; nothing is looked at under a law that names no place."""
    if not any(lane.rule(reader).places_denied for reader in columns.readers):
        return
    own = None if columns.positions is None else columns.positions()
    if own is None or not any(own):
        for number, reader in enumerate(columns.readers):
            if found := _place_number(lane, reader, None):
                refusals[columns.reader_index == number] = found
        return
    known: dict[tuple[int, Position | None], int] = {}
    for row, asked in enumerate(zip(columns.reader_index.tolist(), own, strict=True)):
        if asked not in known:
            known[asked] = _place_number(lane, columns.readers[asked[0]], asked[1])
        if known[asked]:
            refusals[row] = known[asked]


def _place_number(lane: Lane, reader: ReaderId, position: Position | None) -> int:
    """Return 0, or the place (from 1) in `_REASONS` of why a read may not be collected there."""
    refusal = lane.place_refusal(reader, position)
    return 0 if refusal is None else _REASONS.index(refusal) + 1


def _apply_origins(lane: Lane, columns: ReadColumns, refusals: NDArray[np.uint8], now: datetime, *, sent: bool) -> None:
    """Refuse rows that their origin's law lets nobody keep, and note the hours of the others before they are stored."""
    for number, reader in enumerate(columns.readers):
        if lane.rule(reader).origin is None:
            continue
        theirs = (columns.reader_index == number) & (refusals == 0)
        limit = lane.oldest_kept(now, reader, sent=sent)
        if limit is not None:
            refusals[theirs & (columns.captured_at < np.uint32(int(limit.timestamp())))] = 2
        hours = np.unique(columns.captured_at[theirs & (refusals == 0)] // np.uint32(SECONDS_PER_PERIOD))
        for hour in hours.tolist() if lane.keeps else ():
            lane.note_origin(reader, datetime.fromtimestamp(hour * SECONDS_PER_PERIOD, UTC))


_REASONS = (
    Refusal.FUTURE_TIME,
    Refusal.PAST_RETENTION,
    Refusal.FORGOTTEN,
    Refusal.SENSITIVE_PLACE,
    Refusal.PLACE_UNKNOWN,
)
_FUTURE = 1
_UNMATCHED = (_FUTURE, 4, 5)
"""Places in `_REASONS`, from 1: rows that are not even compared with a hot list."""
