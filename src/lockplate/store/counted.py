"""CountedStore: the store as intake writes to it, every new row in the ledger exactly once.

What flows in: sealed rows, one by one or in columns. What flows out: how many of them are new, once they are durable.
What it must never see: a plate, a key. It answers no question: whoever reads goes to the store itself.

For each batch: its hours are taken → which of its rows are new → noted durably as begun → stored → settled. A row sent
again is not counted again; a row that is taken back is counted off. When storing fails, nobody knows how much of it
was done: the store is asked before the hours are used again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from lockplate.marks import SECONDS_PER_DAY, Day, Marks, RowMarker, RowSums, sums_of
from lockplate.sealed import RowPlace, SealedColumns, SealedRead
from lockplate.store.known import Hour, KnownHours
from lockplate.store.ledger import Part, RowLedger
from lockplate.store.surface import HourMarks, ReadStore
from lockplate.terms import SECONDS_PER_PERIOD, TOKEN_BYTES, OperatorId, Period, ReaderId, Token


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one operator in columns."""

    operator: OperatorId
    tokens: bytes
    captured_at: NDArray[np.uint32]
    reader_index: NDArray[np.int32]
    readers: tuple[ReaderId, ...]
    withdrawn: NDArray[np.bool_]


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch changes."""

    new: int
    """Rows that are not there yet."""
    parts: tuple[Part, ...]
    fresh: dict[Hour, Marks]
    withdrawn: dict[Hour, Marks]


class CountedStore:
    """Writes to a store and its ledger; several threads may call it."""

    def __init__(self, store: ReadStore, ledger: RowLedger, markers: Mapping[OperatorId, RowMarker]) -> None:
        self._store, self._ledger, self._markers = store, ledger, markers
        self._known = KnownHours(self._hour_marks)

    def append(self, rows: Sequence[SealedRead]) -> int:
        """Store rows durably and return how many are new; as `ReadStore.append`."""
        batches = [_batch_of_rows(operator, rows) for operator in dict.fromkeys(row.operator for row in rows)]
        return self._write(batches, lambda: self._store.append(rows))

    def append_columns(self, columns: SealedColumns) -> int:
        """Store many rows without records durably and return how many are new; as `ReadStore.append_columns`."""
        if not len(columns):
            return 0
        none = np.zeros(len(columns), np.bool_)
        batch = _Batch(
            operator=columns.operator,
            tokens=columns.tokens,
            captured_at=columns.captured_at,
            reader_index=columns.reader_index,
            readers=columns.readers,
            withdrawn=none,
        )
        return self._write([batch], lambda: self._store.append_columns(columns))

    def changes(self, operator: OperatorId, hour: Period) -> int:
        """Return a number that is odd while an hour is being written to, and another one after every change."""
        return self._known.changes((operator, hour))

    def _write(self, batches: Sequence[_Batch], store: Callable[[], None]) -> int:
        hours = {hour for batch in batches for hour in _hours(batch)}
        with self._known.taking(hours):
            self._clear_up()
            plans = [self._plan(batch) for batch in batches]
            begun = [
                self._ledger.begin(batch.operator, plan.parts)
                for batch, plan in zip(batches, plans, strict=True)
                if plan.parts
            ]
            # whoever compares store and ledger sees an hour as changing until both have the batch
            self._known.changed(hours)
            try:
                self._store_and_settle(hours, begun, store)
            finally:
                self._known.changed(hours)
            for plan in plans:
                for hour in {*plan.fresh, *plan.withdrawn}:
                    self._known.hour(hour).add(plan.fresh.get(hour, _NONE), plan.withdrawn.get(hour, _NONE))
        return sum(plan.new for plan in plans)

    def _store_and_settle(self, hours: set[Hour], begun: Sequence[int], store: Callable[[], None]) -> None:
        try:
            store()
        except BaseException:
            self._known.forget(hours)
            for number in begun:
                self._ledger.doubt(number)
            raise
        for number in begun:
            self._ledger.settle(number)

    def _clear_up(self) -> None:
        """Find out what became of batches in doubt; raises when the store cannot say, and nothing is written then."""
        if self._ledger.has_doubts():
            self._ledger.resolve(self._store.is_withdrawn)

    def _hour_marks(self, hour: Hour) -> HourMarks:
        operator, period = hour
        return self._store.hour_marks(operator, period, self._markers[operator])

    def _plan(self, batch: _Batch) -> _Plan:
        marks = self._markers[batch.operator].marks(batch.tokens, batch.captured_at, batch.reader_index, batch.readers)
        ids, first, inverse = np.unique(marks[:, 0], return_index=True, return_inverse=True)
        taken_back = np.zeros(len(ids), np.bool_)
        taken_back[inverse[batch.withdrawn]] = True
        seconds = batch.captured_at[first]
        has, was_withdrawn = self._looked_up(batch.operator, ids, seconds)
        gain, loss = ~has & ~taken_back, has & ~was_withdrawn & taken_back
        turned = taken_back & ~was_withdrawn
        signs = gain.astype(np.int8) - loss.astype(np.int8)
        sums = sums_of(marks[first], seconds, batch.reader_index[first], batch.readers, signs)
        changed = np.flatnonzero(signs)
        return _Plan(
            new=int(gain.sum()),
            parts=_parts(batch, sums, first[changed], taken_back[changed]),
            fresh=_by_hour(batch.operator, ids[~has], seconds[~has]),
            withdrawn=_by_hour(batch.operator, ids[turned], seconds[turned]),
        )

    def _looked_up(
        self, operator: OperatorId, ids: Marks, seconds: NDArray[np.uint32]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Say of each mark whether its row is in the store, and whether it was taken back there."""
        has, withdrawn = np.zeros(len(ids), np.bool_), np.zeros(len(ids), np.bool_)
        for hour, places in _places_by_hour(seconds):
            known = self._known.hour((operator, hour))
            has[places] = known.has(ids[places])
            withdrawn[places] = known.is_withdrawn(ids[places])
        return has, withdrawn


_NONE: Marks = np.zeros(0, np.uint64)


def _batch_of_rows(operator: OperatorId, rows: Sequence[SealedRead]) -> _Batch:
    own = [row for row in rows if row.operator == operator]
    readers = tuple(dict.fromkeys(row.reader for row in own))
    places = {reader: place for place, reader in enumerate(readers)}
    return _Batch(
        operator=operator,
        tokens=b"".join(row.token for row in own),
        captured_at=np.array([row.captured_at for row in own], np.uint32),
        reader_index=np.array([places[row.reader] for row in own], np.int32),
        readers=readers,
        withdrawn=np.array([row.withdrawn for row in own], np.bool_),
    )


def _hours(batch: _Batch) -> list[Hour]:
    hours = np.unique(batch.captured_at // np.uint32(SECONDS_PER_PERIOD))
    return [(batch.operator, Period(hour)) for hour in hours.tolist()]


def _places_by_hour(seconds: NDArray[np.uint32]) -> Iterator[tuple[Period, NDArray[np.intp]]]:
    hours = seconds // np.uint32(SECONDS_PER_PERIOD)
    order = np.argsort(hours, kind="stable")
    cuts = np.flatnonzero(np.diff(hours[order])) + 1
    for places in np.split(order, cuts):
        if len(places):
            yield Period(int(hours[places[0]])), places


def _by_hour(operator: OperatorId, ids: Marks, seconds: NDArray[np.uint32]) -> dict[Hour, Marks]:
    return {(operator, hour): ids[places] for hour, places in _places_by_hour(seconds)}


def _parts(batch: _Batch, sums: RowSums, rows: NDArray[np.intp], taken_back: NDArray[np.bool_]) -> tuple[Part, ...]:
    """Return what a batch adds to each day, with one row of that day by which it can be told whether it did."""
    by_day: dict[Day, int] = {}
    for place, row in enumerate(rows.tolist()):
        by_day.setdefault(Day(int(batch.captured_at[row]) // SECONDS_PER_DAY), place)
    return tuple(
        Part(
            probe=_place(batch, int(rows[place]), withdrawn=bool(taken_back[place])),
            sums=tuple((day, reader, one) for (day, reader), one in sums.items() if day == wanted),
        )
        for wanted, place in by_day.items()
        if any(day == wanted for day, _ in sums)
    )


def _place(batch: _Batch, row: int, *, withdrawn: bool) -> RowPlace:
    return RowPlace(
        token=Token(batch.tokens[row * TOKEN_BYTES : (row + 1) * TOKEN_BYTES]),
        captured_at=int(batch.captured_at[row]),
        reader=batch.readers[int(batch.reader_index[row])],
        withdrawn=withdrawn,
    )
