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
import numpy as np
from numpy.typing import NDArray

from lockplate.marks import Marks, RowMarker, RowSums
from lockplate.sealed import Probe, RowPlace, SealedColumns, SealedRead
from lockplate.terms import OperatorId, Period, ReaderId


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many reads one reader has on one UTC day."""

    reader: ReaderId
    day: date
    reads: int


class HourMarks(msgspec.Struct, frozen=True, kw_only=True):
    """The marks of all rows of one hour, withdrawn ones among them: of each row the first of its two numbers."""

    marks: Marks
    withdrawn: NDArray[np.bool_]


class RowSink(Protocol):
    """Something that intake can write sealed rows to, durably; see ReadStore and CountedStore."""

    def append(self, rows: Sequence[SealedRead]) -> object:
        """Store rows durably before returning."""
        ...

    def append_columns(self, columns: SealedColumns) -> object:
        """Store many rows without records durably before returning."""
        ...


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

    def is_withdrawn(self, operator: OperatorId, place: RowPlace) -> bool | None:
        """Say whether the row of a place that somebody names was taken back; None when there is no such row."""
        ...

    def hour_marks(self, operator: OperatorId, period: Period, marker: RowMarker) -> HourMarks:
        """Return the marks of one hour's rows: who has a row at hand can tell whether it is here."""
        ...

    def sums(self, operator: OperatorId, first: Period, last: Period, marker: RowMarker) -> RowSums:
        """Return the sums of the rows of the hours from first to last, withdrawn ones left out."""
        ...

    def hours(self, operator: OperatorId) -> dict[Period, int]:
        """Return the hours that have rows, with how many at most: copies and withdrawn ones are counted, too."""
        ...

    def operators(self) -> frozenset[OperatorId]:
        """Return whose rows are here."""
        ...

    def misshapen(self, operator: OperatorId) -> dict[Period, int]:
        """Return how many rows of each hour are no rows of ours: another hour's second, a record of no known form."""
        ...

    def drop_day(self, operator: OperatorId, day: date) -> None:
        """Drop an operator's rows of one UTC day, durably."""
        ...

    def close(self) -> None:
        """Close the engine; what was acknowledged is on disk already."""
        ...
