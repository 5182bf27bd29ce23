"""Layout: the shape of one source's lines, and the one way in which all of them are read, line by line.

What flows in: a file's text, a layout. What flows out: a ParsedList that accounts for every line.
What it must never see: a line's text in anything that it returns or raises.
"""

import re
from collections.abc import Callable, Sequence
from itertools import islice

import msgspec

from lockplate.errors import BadInput
from lockplate.listfiles.codes import Tally
from lockplate.listfiles.outcome import LineRefused, ListRow, ParsedList, Progress, Refusal, RefusedLine, silent

MAX_LINE_CHARACTERS = 1000
"""Longer than any layout's line; remarks included."""
SAMPLE = 300
"""Lines that detection looks at, spread over the file."""
_STEP = 20_000
_DAMAGED_FILE = re.compile(r"[^\n\r\x20-\x7e]")
_DAMAGED = re.compile(r"[^\x20-\x7e]")
_FOOTER = re.compile(r"\s*TOTAL RECORDS?\s*[:=]?\s*(\d{1,9})\s*")
_HEADER_COUNT = re.compile(r"\b(?:RECORDS?|RECORD COUNT|COUNT)\s*[:=]?\s*(\d{1,9})\b")


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """One source's lines."""

    name: str
    """As `--layout` takes it."""
    says: str
    """What it is, for help and documents."""
    fits: Callable[[str], bool]
    """Whether a line has the shape."""
    row: Callable[[str, int, Tally], ListRow]
    """The row of a line and its number; raises LineRefused."""
    headers: int = 0
    """How many lines before the first entry may be a header."""
    has_footer: bool = False
    """A whole file ends with its count."""


def text_lines(data: bytes) -> list[str]:
    """Return a file's lines, without their ends.

    Each byte is one character, so that columns keep their place; what is not ASCII is refused line by line.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return text.removesuffix("\n").split("\n") if text else []


def sample_of(lines: Sequence[str]) -> list[str]:
    """Return some lines, spread over the file, that are not blank."""
    step = max(1, len(lines) // SAMPLE)
    spread = (line.rstrip() for line in islice(lines, 0, None, step))
    return [line for line in spread if line]


def parse_lines(lines: list[str], layout: Layout, progress: Progress = silent) -> ParsedList:
    """Return every line as a row, a refusal, blank, or part of a header or footer.

    Raises BadInput when the file has no entries at all.
    """
    tally = Tally()
    rows: list[ListRow] = []
    refused: list[RefusedLine] = []
    start, claims = _header(lines, layout)
    end, footer = _footer(lines, start)
    claims += footer
    blank = 0
    may_be_damaged = any(map(_DAMAGED_FILE.search, lines))
    for number in range(start + 1, end + 1):
        if number % _STEP == 0:
            progress("reading", number, end)
        line = lines[number - 1].rstrip(" \r")
        if not line:
            blank += 1
            continue
        try:
            _require_readable(line, may_be_damaged=may_be_damaged)
            rows.append(layout.row(line, number, tally))
        except LineRefused as refusal:
            refused.append(RefusedLine(line=number, refusal=refusal.refusal))
    # blank lines beside a header or a footer are accounted for with them
    outside = sum(not line.strip(" \r") for line in (*lines[:start], *lines[end:]))
    parsed = ParsedList(
        lines=end - start + outside,
        rows=tuple(rows),
        refused=tuple(refused),
        blank=blank + outside,
        frame=len(lines) - (end - start + outside),
        layout=layout.name,
        claims=claims,
        footer_missing=layout.has_footer and not footer,
        zero_for_letter=tally.zero_for_letter,
        unknown_types=tally.told_types(),
    )
    if not parsed.entries:
        raise BadInput("the file lists nothing", code="empty_list", next_step="Was the transfer cut short?")
    return parsed


def _require_readable(line: str, *, may_be_damaged: bool) -> None:
    """Raise LineRefused for a line that is too long, or holds bytes that no layout knows."""
    if len(line) > MAX_LINE_CHARACTERS:
        raise LineRefused(Refusal.LINE_TOO_LONG)
    if "\r" in line or (may_be_damaged and _DAMAGED.search(line)):
        raise LineRefused(Refusal.BAD_BYTES)


def _header(lines: Sequence[str], layout: Layout) -> tuple[int, tuple[int, ...]]:
    """Return how many lines stand before the entries, and the count that they claim."""
    claims: tuple[int, ...] = ()
    start = seen = 0
    for number, line in enumerate(lines[: layout.headers * 4], 1):
        if not line.strip(" \r"):
            continue
        if seen == layout.headers or layout.fits(line.rstrip(" \r")) or _FOOTER.fullmatch(line):
            break
        seen, start = seen + 1, number
        claims += tuple(map(int, _HEADER_COUNT.findall(line.upper())))
    return start, claims


def _footer(lines: Sequence[str], start: int) -> tuple[int, tuple[int, ...]]:
    """Return where the entries end, and the count that a last line claims."""
    for place in range(len(lines), start, -1):
        if lines[place - 1].strip(" \r"):
            found = _FOOTER.fullmatch(lines[place - 1].upper())
            return (place - 1, (int(found[1]),)) if found else (len(lines), ())
    return len(lines), ()
