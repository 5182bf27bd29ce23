"""Raw rows: what every source hands on, whatever the file was: cells as text, with their place, and rows it refused.

What flows in: cells from a source. What flows out: blocks of columns of equal width, and refused rows with a reason.
What it must never see: what a column means.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MAX_RECORD_BYTES = 1024 * 1024
"""Of one row: more is refused, and only its beginning is shown."""
MAX_FIELDS = 512
EXCERPT_CHARACTERS = 4_000

Progress = Callable[[int], None]
"""Told how many bytes of the file have been read so far."""
Rows = NDArray[np.int64]


class RefusalReason(StrEnum):
    """Why a row is not a record."""

    UNCLOSED_QUOTE = "unclosed_quote"
    """A quotation mark opens and does not close as it should; this row is lost and no other."""
    TOO_LARGE = "too_large"
    FIELD_COUNT = "field_count"
    """More or fewer cells than the rows around it, and nothing tells which are missing."""
    EMPTY_ROW = "empty_row"
    NOT_A_RECORD = "not_a_record"
    """A title, a total, a footer: no cell is a time, an id or a count where those stand."""
    UNKNOWN_LAYOUT = "unknown_layout"
    """No column of times was found: show the plan and correct it."""
    BAD_JSON = "bad_json"
    NOT_AN_OBJECT = "not_an_object"


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is not a record, with what it said."""

    row: int
    reason: RefusalReason
    line: int | None = None
    sheet: str | None = None
    text: str = ""
    """The beginning of what stood there, at most 4,000 characters."""


class RawBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one width: one text column for each cell; null is a cell that the row does not have."""

    columns: tuple[pa.StringArray, ...]
    rows: Rows
    lines: Rows | None = None
    sheet: str | None = None
    labels: tuple[str, ...] | None = None
    """The columns' names when the file gives one with each cell, as JSON does."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.columns)

    def take(self, places: Rows) -> "RawBlock":
        """Return the rows at these places."""
        picked = pa.array(places)
        return RawBlock(
            columns=tuple(column.take(picked) for column in self.columns),
            rows=self.rows[places],
            lines=None if self.lines is None else self.lines[places],
            sheet=self.sheet,
            labels=self.labels,
        )

    def cells(self, place: int) -> list[str | None]:
        """Return the cells of one row."""
        return [column[place].as_py() for column in self.columns]

    def refused(self, place: int, reason: RefusalReason) -> RefusedRow:
        """Return one row as refused."""
        return RefusedRow(
            row=int(self.rows[place]),
            line=None if self.lines is None else int(self.lines[place]),
            sheet=self.sheet,
            reason=reason,
            text=excerpt(" | ".join(cell or "" for cell in self.cells(place))),
        )


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """What a source read in one go; rows of all blocks and refusals together are every row of that stretch."""

    blocks: tuple[RawBlock, ...]
    refused: tuple[RefusedRow, ...] = ()
    blank_lines: int = 0
    headers: int = 0
    """Rows that the source itself knew as headers."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one row stands."""

    row: int
    line: int | None = None


def block_of(
    cells: Sequence[Sequence[str | None]],
    places: Sequence[Place],
    *,
    sheet: str | None = None,
    labels: tuple[str, ...] | None = None,
) -> RawBlock:
    """Return rows that were read one by one as a block; all have the same width."""
    with_lines = places[0].line is not None
    return RawBlock(
        columns=tuple(pa.array([_sound(cell) for cell in column], pa.string()) for column in zip(*cells, strict=True)),
        rows=np.array([place.row for place in places], np.int64),
        lines=np.array([place.line or 0 for place in places], np.int64) if with_lines else None,
        sheet=sheet,
        labels=labels,
    )


def excerpt(text: str) -> str:
    """Return the beginning of a text that was refused."""
    return text[:EXCERPT_CHARACTERS]


def _sound(text: str | None) -> str | None:
    """Return a text that UTF-8 can carry: JSON lets half a surrogate pair through."""
    return None if text is None else text.encode("utf-8", "replace").decode()
