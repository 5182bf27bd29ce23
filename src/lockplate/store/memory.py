"""MemoryStore: sealed rows in this process's memory, for a match-only node and for tests of what stands above.

What flows in: sealed rows, probes. What flows out: as any engine. What it must never see: a plate or a key.
It keeps nothing: when the process ends, the rows are gone. It passes the same contract suite, but for reopening.
"""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime

from lockplate.sealed import Probe, SealedColumns, SealedRead
from lockplate.store.surface import DayCount
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
