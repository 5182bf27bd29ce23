"""Delimited text: CSV and its kin as blocks of columns, quickly, with every record's row and line.

What flows in: UTF-8 pieces of a text, and its delimiter. What flows out: chunks of rows; refused rows with their
reason. What it must never see: what a column means.

Whole pieces are cut into records by where quotation marks, delimiters and line ends stand, and handed to Arrow's
reader. At the first mark that does not open or close as it should, one record is read with care (quotes.py), and the
quick way goes on behind it.
"""

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from lockplate.imports.quotes import QuoteRules
from lockplate.imports.rows import (
    MAX_FIELDS,
    MAX_RECORD_BYTES,
    Chunk,
    Place,
    RawBlock,
    RefusalReason,
    RefusedRow,
    block_of,
    excerpt,
)

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13
_SMALL_WINDOW = 64 * 1024
_MANY = 20
"""Records of one width that make it one of the file's."""
Places = NDArray[np.int64]


class _Spans(msgspec.Struct, frozen=True):
    """Records that a window holds, and where careful reading must begin, if it must."""

    starts: Places
    ends: Places
    widths: Places
    lines: Places
    """Line ends before each record, within the window."""
    stop: int
    odd: bool
    """Whether what begins at `stop` must be read with care."""


class Delimited:
    """Reads one delimited text; made for one file and used once."""

    def __init__(self, pieces: Iterator[bytes], delimiter: str) -> None:
        self._pieces = pieces
        self._delimiter = delimiter.encode()
        self._rules = QuoteRules(self._delimiter)
        self._row = 0
        self._line = 1
        self._seen: dict[int, int] = {}
        self._too_long = False

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of the text, chunk by chunk."""
        kept = b""
        for piece in self._pieces:
            data = kept + piece
            pile, done = self._take(data, final=False)
            kept = data[done:]
            yield pile.chunk()
        pile, _ = self._take(kept, final=True)
        yield pile.chunk()

    def _take(self, data: bytes, *, final: bool) -> "tuple[_Pile, int]":
        """Return what was read of `data`, and how many bytes that was."""
        pile = _Pile(data, self._delimiter)
        place, window = 0, len(data)
        if self._too_long:
            place = self._skip_line(data)
        while place < len(data):
            spans = self._scan(data, place, min(len(data), place + window), final=final)
            self._add(pile, spans)
            advanced = spans.stop > place
            place = spans.stop
            if not spans.odd:
                if place >= len(data) or (not advanced and window >= len(data)):
                    if len(data) - place < MAX_RECORD_BYTES and not final:
                        break
                    if place >= len(data):
                        break
                else:
                    window *= 4
                    continue
            mended = self._rules.mend(data, place, self._known(), final=final)
            if mended is None:
                break
            self._add_one(pile, data, place, mended.end, mended.cells)
            place, window = mended.end, _SMALL_WINDOW
            if self._too_long:
                place = self._skip_line(data, place)
        return pile, place

    def _skip_line(self, data: bytes, start: int = 0) -> int:
        """Return the place after a line of which the beginning was refused as too long."""
        after = data.find(b"\n", start) + 1
        if not after:
            return len(data)
        self._line += 1
        self._too_long = False
        return after

    def _known(self) -> set[int]:
        most = max(self._seen.values(), default=0)
        return {width for width, count in self._seen.items() if width > 1 and count >= min(_MANY, max(most // 10, 1))}

    def _scan(self, data: bytes, start: int, stop: int, *, final: bool) -> _Spans:
        view = np.frombuffer(data, np.uint8, stop - start, start)
        quotes = np.flatnonzero(view == _QUOTE)
        newlines = np.flatnonzero(view == _NEWLINE)
        commas = np.flatnonzero(view == self._delimiter[0])
        bad = _first_odd(view, quotes, self._delimiter[0])
        ends = newlines[(np.searchsorted(quotes, newlines) & 1) == 0]
        if bad is not None:
            ends = ends[ends < bad]
        elif (
            final
            and start + len(view) == len(data)
            and len(quotes) % 2 == 0
            and (not len(ends) or ends[-1] + 1 < len(view))
        ):
            ends = np.append(ends, len(view) - 1)  # the last line of a file may have no end
        starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64) if len(ends) else np.zeros(0, np.int64)
        outside = commas[(np.searchsorted(quotes, commas) & 1) == 0]
        widths = np.searchsorted(outside, ends + 1) - np.searchsorted(outside, starts) + 1
        lines = np.searchsorted(newlines, starts)
        odd = bad is not None
        doubtful = self._doubtful(starts, ends, widths, newlines, commas)
        if doubtful is not None:
            starts, ends, widths, lines, odd = (
                starts[:doubtful],
                ends[:doubtful],
                widths[:doubtful],
                lines[:doubtful],
                True,
            )
        end = int(ends[-1]) + 1 if len(ends) else 0
        return _Spans(starts + start, ends + start + 1, widths, lines, start + end, odd)

    def _doubtful(self, starts: Places, ends: Places, widths: Places, newlines: Places, commas: Places) -> int | None:
        """Return the first record that may have swallowed others: as many delimiters within its cells as between."""
        if not len(ends):
            return None
        within = np.searchsorted(newlines, ends) > np.searchsorted(newlines, starts)
        all_commas = np.searchsorted(commas, ends + 1) - np.searchsorted(commas, starts)
        suspect = within & (all_commas >= 2 * (widths - 1)) & (widths > 1)
        suspect |= (ends - starts >= MAX_RECORD_BYTES) | (widths > MAX_FIELDS)
        found = np.flatnonzero(suspect)
        return int(found[0]) if len(found) else None

    def _add(self, pile: "_Pile", spans: _Spans) -> None:
        if not len(spans.starts):
            return
        count = len(spans.starts)
        rows = np.arange(self._row + 1, self._row + 1 + count)
        pile.spans.append((spans.starts, spans.ends, spans.widths, rows, spans.lines + self._line))
        self._row += count
        self._line += pile.data.count(b"\n", int(spans.starts[0]), int(spans.ends[-1]))
        found, counts = np.unique(spans.widths, return_counts=True)
        for width, number in zip(found.tolist(), counts.tolist(), strict=True):
            self._seen[width] = self._seen.get(width, 0) + number

    def _add_one(self, pile: "_Pile", data: bytes, start: int, end: int, cells: tuple[str, ...] | None) -> None:
        self._row += 1
        place = Place(row=self._row, line=self._line)
        if cells is not None:
            pile.cells.append((cells, place))
            self._seen[len(cells)] = self._seen.get(len(cells), 0) + 1
        else:
            self._too_long = end - start >= MAX_RECORD_BYTES
            pile.refused.append(
                RefusedRow(
                    row=place.row,
                    line=place.line,
                    reason=RefusalReason.TOO_LARGE if self._too_long else RefusalReason.UNCLOSED_QUOTE,
                    text=excerpt(data[start : min(end, start + 16_000)].decode("utf-8", "replace")),
                )
            )
            self._too_long = self._too_long and data[end - 1 : end] != b"\n"
        self._line += data.count(b"\n", start, end)


class _Pile:
    """What was read of one piece, before it is sorted into blocks of one width."""

    def __init__(self, data: bytes, delimiter: bytes) -> None:
        self.data = data
        self._delimiter = delimiter
        self.spans: list[tuple[Places, Places, Places, Places, Places]] = []
        self.cells: list[tuple[tuple[str, ...], Place]] = []
        self.refused: list[RefusedRow] = []

    def chunk(self) -> Chunk:
        """Return the blocks, refusals and blank lines."""
        blocks: list[RawBlock] = []
        blank = 0
        if self.spans:
            starts, ends, widths, rows, lines = (np.concatenate(part) for part in zip(*self.spans, strict=True))
            keep = ~self._blank(starts, ends)
            blank = int(len(keep) - keep.sum())
            for width in np.unique(widths[keep]).tolist():
                these = np.flatnonzero(keep & (widths == width))
                blocks.append(self._block(width, starts[these], ends[these], rows[these], lines[these]))
        by_width: dict[int, list[tuple[tuple[str, ...], Place]]] = {}
        for cells, place in self.cells:
            by_width.setdefault(len(cells), []).append((cells, place))
        blocks += [block_of([one[0] for one in each], [one[1] for one in each]) for each in by_width.values()]
        return Chunk(blocks=tuple(blocks), refused=tuple(self.refused), blank_lines=blank)

    def _blank(self, starts: Places, ends: Places) -> NDArray[np.bool_]:
        view = np.frombuffer(self.data, np.uint8)
        sizes = ends - starts
        first = view[np.minimum(starts, len(view) - 1)]
        is_end = (first == _NEWLINE) | (first == _RETURN)
        blank: NDArray[np.bool_] = (sizes <= 2) & is_end
        return blank

    def _block(self, width: int, starts: Places, ends: Places, rows: Places, lines: Places) -> RawBlock:
        joined = starts[1:] == ends[:-1]
        if bool(joined.all()):
            text = memoryview(self.data)[int(starts[0]) : int(ends[-1])]
        else:
            cuts = np.concatenate(([0], np.flatnonzero(~joined) + 1, [len(starts)])).tolist()
            text = memoryview(
                b"".join(_with_end(self.data[int(starts[a]) : int(ends[z - 1])]) for a, z in pairwise(cuts))
            )
        columns = self._columns(text, width)
        if columns is None or len(columns[0]) != len(rows):
            return self._slow_block(width, starts, ends, rows, lines)
        return RawBlock(columns=columns, rows=rows, lines=lines)

    def _columns(self, text: memoryview, width: int) -> tuple[pa.StringArray, ...] | None:
        names = [str(number) for number in range(width)]
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(text),
                read_options=pyarrow.csv.ReadOptions(
                    use_threads=False, block_size=min(len(text) + 1, 2**31 - 1), column_names=names
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self._delimiter.decode(), newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowException:
            return None
        return tuple(column.combine_chunks() for column in table.columns)

    def _slow_block(self, width: int, starts: Places, ends: Places, rows: Places, lines: Places) -> RawBlock:
        """Return rows that Arrow's reader cuts otherwise, as at a lone carriage return, read one by one."""
        rules = QuoteRules(self._delimiter)
        cells = []
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            body = self.data[start:end].rstrip(b"\n").removesuffix(b"\r").replace(b"\r", b"\v")
            found = rules.strict(body, 0, len(body), final=True)
            split = (found.cells or ()) if found is not None else ()
            cells.append([cell.replace("\v", "\r") for cell in (*split, *[""] * width)[:width]])
        places = [Place(row=row, line=line) for row, line in zip(rows.tolist(), lines.tolist(), strict=True)]
        return block_of(cells, places)


def _with_end(part: bytes) -> bytes:
    return part if part.endswith(b"\n") else part + b"\n"


def _first_odd(view: NDArray[np.uint8], quotes: Places, delimiter: int) -> int | None:
    """Return where the first mark stands that neither opens a cell, nor closes one, nor is one of a doubled pair."""
    if not len(quotes):
        return None
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, view[np.maximum(opening - 1, 0)], _NEWLINE)
    fine = (before == delimiter) | (before == _NEWLINE)
    if len(opening) > 1:
        fine[1:] |= opening[1:] - 1 == closing[: len(opening) - 1]
    bad_opening = np.flatnonzero(~fine)
    last = len(view) - 1
    after = np.where(closing < last, view[np.minimum(closing + 1, last)], _NEWLINE)
    fine = (after == delimiter) | (after == _NEWLINE) | (after == _RETURN) | (after == _QUOTE)
    bad_closing = np.flatnonzero(~fine)
    found = [int(places[where[0]]) for places, where in ((opening, bad_opening), (closing, bad_closing)) if len(where)]
    return min(found, default=None)
