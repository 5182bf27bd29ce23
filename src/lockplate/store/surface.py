"""The store's surface: what every engine must do, and all that anyone may ask of it.

What flows in: sealed rows, probes (operator, period, token), days. What flows out: rows, counts.
What it must never see: a plate or a key. A question "which tokens were here?" has no method: adding one would break
promise 1.

Every engine passes tests/contract/test_store.py. Engines share this surface and no base class.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import msgspec

from lockplate.sealed import Probe, SealedColumns, SealedRead
from lockplate.terms import OperatorId, Period, ReaderId


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many reads one reader has on one UTC day."""

    reader: ReaderId
    day: date
    reads: int


class ReadStore(Protocol):
    """An engine for sealed rows."""

    def append(self, rows: Sequence[SealedRead]) -> None:
        """Store rows durably before returning: of each UTC day all or none. A row stored before changes nothing.

        A row marked `withdrawn` takes back the same row stored without the mark, in the same or an earlier batch.
        Raises StoreFailed; then nothing of the batch is acknowledged.
        """
        ...

    def append_columns(self, columns: SealedColumns) -> None:
        """Store many rows without records durably; as `append`."""
        ...

    def find(self, operator: OperatorId, probes: Sequence[Probe], *, start: int, end: int) -> list[SealedRead]:
        """Return the rows that a probe names, start <= second < end, each once, by time; withdrawn ones left out."""
        ...

    def counts(self, operator: OperatorId, first: date, last: date) -> list[DayCount]:
        """Return how many reads each reader has on each UTC day from first to last, both included."""
        ...

    def rows_in_period(self, operator: OperatorId, period: Period) -> dict[ReaderId, int]:
        """Return how many reads each reader has in one hour: for a receipt of forgetting."""
        ...

    def drop_day(self, operator: OperatorId, day: date) -> None:
        """Drop an operator's rows of one UTC day, durably."""
        ...

    def close(self) -> None:
        """Close the engine; what was acknowledged is on disk already."""
        ...
