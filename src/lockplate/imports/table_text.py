"""Text of tables: what `pdftotext -layout` makes of a PDF, as blocks of columns.

What flows in: UTF-8 text whose columns stand below one another. What flows out: chunks of rows; lines refused.
What it must never see: what a column means.

The first line that holds three known labels gives the places of the columns. A line that fills few of them continues
the row above it. Page numbers and repeated headers are counted as headers.
"""

import re
from collections.abc import Iterator

from lockplate.imports.labels import roles_of
from lockplate.imports.rows import Chunk, Place, RefusalReason, RefusedRow, block_of, excerpt

ROWS_A_CHUNK = 20_000
MAX_LINE = 4_000
_SEGMENT = re.compile(r"\S+(?: \S+)*")
_PAGE = re.compile(r"\s*(?:page\s+)?\d{1,5}(?:\s*(?:of|/)\s*\d{1,5})?\s*", re.IGNORECASE)


def header_of(line: str) -> list[tuple[str, int]] | None:
    """Return the labels of a header line with the place where each begins, or None when it is none."""
    found = [(match[0], match.start()) for match in _SEGMENT.finditer(line[:MAX_LINE])]
    return found if sum(1 for label, _ in found if roles_of(label)) >= 3 else None


class TableText:
    """Reads one text; made for one file and used once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._header: list[tuple[str, int]] | None = None
        self._rows: list[list[str]] = []
        self._places: list[Place] = []
        self._refused: list[RefusedRow] = []
        self._headers = 0
        self._blank = 0
        self._row = 0

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of the text, chunk by chunk."""
        for number, line in enumerate(self._lines(), 1):
            self._take(line, number)
            if len(self._rows) > ROWS_A_CHUNK:
                yield self._chunk(keep=1)
        yield self._chunk(keep=0)

    def _lines(self) -> Iterator[str]:
        kept = b""
        for piece in self._pieces:
            *lines, kept = (kept + piece).split(b"\n")
            for line in lines:
                yield line[: MAX_LINE * 4].decode("utf-8", "replace")
            kept = kept[: MAX_LINE * 4]
        if kept:
            yield kept.decode("utf-8", "replace")

    def _take(self, line: str, number: int) -> None:
        line = line.strip("\f\r")
        if not line.strip():
            self._blank += 1
            return
        header = header_of(line)
        if header is not None:
            self._row += 1
            self._headers += 1
            self._header = header
        elif _PAGE.fullmatch(line):
            self._row += 1
            self._headers += 1
        elif self._header is None or len(line) > MAX_LINE:
            self._row += 1
            reason = RefusalReason.NOT_A_RECORD if self._header is None else RefusalReason.TOO_LARGE
            self._refused.append(RefusedRow(row=self._row, line=number, reason=reason, text=excerpt(line)))
        else:
            self._take_cells(self._cells(line, self._header), line, number)

    def _take_cells(self, cells: list[str], line: str, number: int) -> None:
        filled = sum(1 for cell in cells if cell)
        if filled * 2 >= len(cells):
            self._row += 1
            self._rows.append(cells)
            self._places.append(Place(row=self._row, line=number))
        elif self._rows and len(self._rows[-1]) == len(cells):
            above = self._rows[-1]
            self._rows[-1] = [_joined(one, other) for one, other in zip(above, cells, strict=True)]
        else:
            self._row += 1
            self._refused.append(
                RefusedRow(row=self._row, line=number, reason=RefusalReason.NOT_A_RECORD, text=excerpt(line))
            )

    def _cells(self, line: str, header: list[tuple[str, int]]) -> list[str]:
        cells = [""] * len(header)
        for match in _SEGMENT.finditer(line):
            # numbers are set to the right: a text's end may stand where its label ends
            off = [min(abs(match.start() - start), abs(match.end() - start - len(label))) for label, start in header]
            best = off.index(min(off))
            cells[best] = _joined(cells[best], match[0])
        return cells

    def _chunk(self, *, keep: int) -> Chunk:
        """Return what is complete; the last row waits for what may continue it."""
        cut = len(self._rows) - keep
        rows, places = self._rows[:cut], self._places[:cut]
        by_width: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            by_width.setdefault(len(row), []).append(number)
        labels = tuple(label for label, _ in self._header or ())
        blocks = tuple(
            block_of(
                [rows[number] for number in numbers],
                [places[number] for number in numbers],
                labels=labels if width == len(labels) else None,
            )
            for width, numbers in by_width.items()
        )
        chunk = Chunk(blocks=blocks, refused=tuple(self._refused), blank_lines=self._blank, headers=self._headers)
        self._rows, self._places, self._refused = self._rows[cut:], self._places[cut:], []
        self._headers = self._blank = 0
        return chunk


def _joined(above: str, below: str) -> str:
    if not above or not below:
        return above or below
    return above + below if above.endswith("-") else f"{above} {below}"
