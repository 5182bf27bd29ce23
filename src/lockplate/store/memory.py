"""MemoryStore: sealed rows in this process's memory, for a match-only node and for tests of what stands above.

What flows in: sealed rows, probes. What flows out: as any engine. What it must never see: a plate or a key.
It keeps nothing: when the process ends, the rows are gone. It passes the same contract suite, but for reopening.
"""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from lockplate.marks import Marks, RowMarker, RowSums, sums_of
from lockplate.sealed import Probe, RowPlace, SealedColumns, SealedRead
from lockplate.store.surface import DayCount, HourMarks
from lockplate.terms import TOKEN_BYTES, OperatorId, Period, ReaderId, Token

Place = tuple[Token, int, ReaderId]


class MemoryStore:
    """Rows in a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[OperatorId, dict[Place, SealedRead]] = {}
        self._lock = threading.Lock()

    def append(self, rows: Sequence[SealedRead]) -> None:
        """Store rows, all of them."""
        with self._lock:
            for row in rows:
                held = self._rows.setdefault(row.operator, {})
                place = (row.token, row.captured_at, row.reader)
                if row.withdrawn or place not in held or not held[place].withdrawn:
                    held[place] = row

    def append_columns(self, columns: SealedColumns) -> None:
        """Store many rows without records."""
        columns.check()
        self.append(
            [
                SealedRead(
                    operator=columns.operator,
                    token=Token(columns.tokens[place * TOKEN_BYTES : (place + 1) * TOKEN_BYTES]),
                    captured_at=int(columns.captured_at[place]),
                    reader=columns.readers[int(columns.reader_index[place])],
                )
                for place in range(len(columns))
            ]
        )

    def find(self, operator: OperatorId, probes: Sequence[Probe], *, start: int, end: int) -> list[SealedRead]:
        """Return the rows that probes name inside [start, end), by time."""
        wanted = {(probe.period, probe.token) for probe in probes}
        with self._lock:
            rows = [
                row
                for row in self._live(operator)
                if (row.period, row.token) in wanted and start <= row.captured_at < end
            ]
        return sorted(rows, key=lambda row: (row.captured_at, row.reader, row.token))

    def counts(self, operator: OperatorId, first: date, last: date) -> list[DayCount]:
        """Return reads for each reader and UTC day."""
        reads: dict[tuple[date, ReaderId], int] = {}
        with self._lock:
            for row in self._live(operator):
                day = datetime.fromtimestamp(row.captured_at, UTC).date()
                if first <= day <= last:
                    reads[day, row.reader] = reads.get((day, row.reader), 0) + 1
        return [DayCount(reader=reader, day=day, reads=count) for (day, reader), count in sorted(reads.items())]

    def rows_in_period(self, operator: OperatorId, period: Period) -> dict[ReaderId, int]:
        """Return reads for each reader in one hour."""
        reads: dict[ReaderId, int] = {}
        with self._lock:
            for row in self._live(operator):
                if row.period == period:
                    reads[row.reader] = reads.get(row.reader, 0) + 1
        return dict(sorted(reads.items()))

    def is_withdrawn(self, operator: OperatorId, place: RowPlace) -> bool | None:
        """Say whether the row of a place that somebody names was taken back; None when there is no such row."""
        with self._lock:
            row = self._rows.get(operator, {}).get((place.token, place.captured_at, place.reader))
        return None if row is None else row.withdrawn

    def hour_marks(self, operator: OperatorId, period: Period, marker: RowMarker) -> HourMarks:
        """Return the marks of one hour's rows."""
        with self._lock:
            rows = [row for row in self._rows.get(operator, {}).values() if row.period == period]
        withdrawn = np.array([row.withdrawn for row in rows], dtype=np.bool_)
        return HourMarks(marks=_marks(rows, marker)[:, 0], withdrawn=withdrawn)

    def sums(self, operator: OperatorId, first: Period, last: Period, marker: RowMarker) -> RowSums:
        """Return the sums of the rows of the hours from first to last."""
        with self._lock:
            rows = [row for row in self._live(operator) if first <= row.period <= last]
        return sums_of(_marks(rows, marker), *_columns(rows))

    def hours(self, operator: OperatorId) -> dict[Period, int]:
        """Return the hours that have rows."""
        found: dict[Period, int] = {}
        with self._lock:
            for row in self._rows.get(operator, {}).values():
                found[row.period] = found.get(row.period, 0) + 1
        return dict(sorted(found.items()))

    def operators(self) -> frozenset[OperatorId]:
        """Return whose rows are here."""
        with self._lock:
            return frozenset(operator for operator, rows in self._rows.items() if rows)

    def misshapen(self, operator: OperatorId) -> dict[Period, int]:  # noqa: ARG002 - nobody else writes to this memory
        """Return nothing: what is here was put here by this process."""
        return {}

    def drop_day(self, operator: OperatorId, day: date) -> None:
        """Drop an operator's rows of one UTC day."""
        with self._lock:
            held = self._rows.get(operator, {})
            for place, row in list(held.items()):
                if datetime.fromtimestamp(row.captured_at, UTC).date() == day:
                    del held[place]

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._rows.clear()

    def _live(self, operator: OperatorId) -> list[SealedRead]:
        return [row for row in self._rows.get(operator, {}).values() if not row.withdrawn]


def _marks(rows: Sequence[SealedRead], marker: RowMarker) -> Marks:
    return marker.marks(b"".join(row.token for row in rows), *_columns(rows))


def _columns(rows: Sequence[SealedRead]) -> tuple[NDArray[np.uint32], NDArray[np.int32], tuple[ReaderId, ...]]:
    """Return seconds, each row's place among the readers, and the readers."""
    readers = tuple(sorted({row.reader for row in rows}))
    places = np.array([readers.index(row.reader) for row in rows], dtype=np.int32)
    return np.array([row.captured_at for row in rows], dtype=np.uint32), places, readers
