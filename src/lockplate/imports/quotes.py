"""Quotes: one record of a delimited text, read with care, where the quick way over whole blocks saw something odd.

What flows in: UTF-8 bytes and a place in them. What flows out: the record's cells and where it ends, or that there is
none. What it must never see: what a column means.

A mark that opens and does not close would swallow the rest of a file. So a record that does not read strictly is read
again on its own line alone; when that gives no record of a known width, the line is refused, with those after it that
begin none, and the next line that begins one goes on.
"""

import re
from collections.abc import Collection

import msgspec

from lockplate.imports.rows import MAX_FIELDS, MAX_RECORD_BYTES

PROBE_BYTES = 64 * 1024
"""How far ahead a line is read to see whether it begins a record."""
MAX_SKIPPED_LINES = 64


class OneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record's cells, and the place after it; no cells: refused."""

    cells: tuple[str, ...] | None
    end: int


class QuoteRules:
    """How fields of one delimiter are written; made once for a file."""

    def __init__(self, delimiter: bytes) -> None:
        mark = re.escape(delimiter)
        # possessive: a field that does not end well is given up at once, not tried again in every other way
        self._field = re.compile(rb'"((?:[^"]++|"")*+)"|([^"\r\n' + mark + rb"]*+)")
        self._loose = re.compile(rb'"([^\r\n]*?)"(?=' + mark + rb"|\r?\n|\r?$)|([^\r\n" + mark + rb"]*+)")
        self._delimiter = delimiter

    def strict(self, data: bytes, start: int, stop: int, *, final: bool) -> OneRecord | None:
        """Return the record that begins at `start` and ends by `stop`, or None; `final`: the text ends at `stop`."""
        return self._read(self._field, data, start, stop, final=final)

    def on_one_line(self, data: bytes, start: int, stop: int) -> OneRecord | None:
        """Return the line's cells, where a mark within a cell is a character like any other; None: it stays open."""
        found = self._read(self._loose, data, start, stop, final=True)
        if found is None or any(cell.startswith('"') for cell in found.cells or ()):
            return None
        return found

    def _read(self, field: re.Pattern[bytes], data: bytes, start: int, stop: int, *, final: bool) -> OneRecord | None:
        cells: list[str] = []
        place = start
        while len(cells) < MAX_FIELDS:
            match = field.match(data, place, stop)
            if match is None:
                return None
            quoted = match[1]
            cells.append((match[2] if quoted is None else quoted.replace(b'""', b'"')).decode("utf-8", "replace"))
            place = match.end()
            if data.startswith(self._delimiter, place, stop):
                place += len(self._delimiter)
                continue
            end = _line_end(data, place, stop, final=final)
            return None if end is None else OneRecord(cells=tuple(cells), end=end)
        return None

    def swallows_rows(self, data: bytes, start: int, end: int, width: int) -> bool:
        """Say whether lines within a record, its first and last left out, are records of the same width themselves."""
        place = data.find(b"\n", start, end) + 1
        while 0 < place < end:
            after = data.find(b"\n", place, end) + 1
            if not after or after >= end:
                return False
            inner = self.strict(data, place, after, final=True)
            if inner is not None and len(inner.cells or ()) == width:
                return True
            place = after
        return False

    def mend(self, data: bytes, start: int, widths: Collection[int], *, final: bool) -> OneRecord | None:
        """Return the record at `start`, or the stretch to refuse for it; None: more of the text must be seen first."""
        stop = min(len(data), start + MAX_RECORD_BYTES)
        at_end = final and stop == len(data)
        found = self.strict(data, start, stop, final=at_end)
        if found is not None and (not widths or len(found.cells or ()) in widths):
            if not self.swallows_rows(data, start, found.end, len(found.cells or ())):
                return found
        elif not at_end and stop == len(data):
            return None
        line_end = data.find(b"\n", start, stop) + 1 or (stop if at_end else 0)
        if not line_end:
            return OneRecord(cells=None, end=stop)
        alone = self.on_one_line(data, start, line_end)
        if alone is not None and len(alone.cells or ()) in widths:
            return alone
        return OneRecord(cells=None, end=self._next_record(data, line_end, widths, final=final))

    def _next_record(self, data: bytes, place: int, widths: Collection[int], *, final: bool) -> int:
        """Return where the next record begins, at `place` or some lines below it."""
        for _ in range(MAX_SKIPPED_LINES):
            if place >= len(data) or not widths:
                return place
            stop = min(len(data), place + PROBE_BYTES)
            probe = self.strict(data, place, stop, final=final and stop == len(data))
            if probe is not None and len(probe.cells or ()) in widths:
                return place
            line_end = data.find(b"\n", place, stop) + 1 or (stop if final and stop == len(data) else 0)
            if not line_end:
                return place
            if self.on_one_line_of_width(data, place, line_end, widths):
                return place
            place = line_end
        return place

    def on_one_line_of_width(self, data: bytes, start: int, stop: int, widths: Collection[int]) -> bool:
        """Say whether one line alone is a record of a known width."""
        alone = self.on_one_line(data, start, stop)
        return alone is not None and len(alone.cells or ()) in widths


def _line_end(data: bytes, place: int, stop: int, *, final: bool) -> int | None:
    """Return the place after the line's end that stands at `place`, or None when none does."""
    for mark in (b"\r\n", b"\n"):
        if data.startswith(mark, place, stop):
            return place + len(mark)
    at_end = place >= stop or (data.startswith(b"\r", place, stop) and place + 1 >= stop)
    return stop if final and at_end else None
