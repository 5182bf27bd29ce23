"""Marking: the engine's columns become marks and sums of marks.

What flows in: Arrow tables of sealed rows, a marker. What flows out: marks of an hour; sums by day and reader.
What it must never see: a plate, a key. Tokens that pass through here go nowhere else (promise 1).
"""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockplate.errors import BadInput
from lockplate.marks import Marks, RowMarker, RowSums, sums_of
from lockplate.store.surface import HourMarks
from lockplate.terms import TOKEN_BYTES, Period, ReaderId

ROWS_AT_ONCE = 1_000_000
"""Rows whose marks are made in one go: about 30 MB."""

Number = TypeVar("Number", np.uint8, np.uint32)


def spans(hours: dict[Period, int], first: Period, last: Period) -> Iterable[tuple[Period, Period]]:
    """Yield runs of hours that have rows, each of no more rows than are marked in one go, but for one long hour."""
    start, end, rows = first, first, 0
    for hour in sorted(hour for hour in hours if first <= hour <= last):
        if rows and rows + hours[hour] > ROWS_AT_ONCE:
            yield start, end
            rows = 0
        start = hour if not rows else start
        end, rows = hour, rows + hours[hour]
    if rows:
        yield start, end


def hour_marks_of(table: pa.Table, marker: RowMarker) -> HourMarks:
    """Return the marks of a table's rows, and which of them are withdrawn."""
    return HourMarks(marks=_marks(table, marker)[:, 0], withdrawn=_column(table, "withdrawn", np.uint8) != 0)


def sums_of_table(table: pa.Table, marker: RowMarker) -> RowSums:
    """Return the sums of a table's rows by day and reader."""
    readers, places = _readers(table)
    return sums_of(_marks(table, marker), _column(table, "captured_at", np.uint32), places, readers)


def _column(table: pa.Table, name: str, kind: type[Number]) -> NDArray[Number]:
    return np.asarray(table.column(name).to_numpy(), dtype=kind)


def _readers(table: pa.Table) -> tuple[tuple[ReaderId, ...], NDArray[np.int32]]:
    """Return the readers of a table, and for each row the place of its reader among them."""
    encoded = table.column("reader").combine_chunks().dictionary_encode()
    names = tuple(ReaderId(name.decode()) for name in encoded.dictionary.to_pylist())
    return names, np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int32)


def _marks(table: pa.Table, marker: RowMarker) -> Marks:
    if type(marker) is not RowMarker:  # nothing else may look at the tokens of an hour
        raise BadInput("marks are made by a RowMarker", code="bad_marker")
    readers, places = _readers(table)
    tokens = b"".join(
        chunk.buffers()[1].to_pybytes()[chunk.offset * TOKEN_BYTES : (chunk.offset + len(chunk)) * TOKEN_BYTES]
        for chunk in table.column("token").chunks
    )
    return marker.marks(tokens, _column(table, "captured_at", np.uint32), places, readers)
