"""Opening: what kind of file a released file is, and the source that reads it.

What flows in: a path. What flows out: the file's form in words, and its chunks of raw rows.
What it must never see: what a column means, beyond telling a table's header from prose.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from lockplate.errors import BadInput
from lockplate.imports.delimited import Delimited
from lockplate.imports.encoding import TextStream
from lockplate.imports.json_rows import JsonRows
from lockplate.imports.labels import is_header
from lockplate.imports.quotes import QuoteRules
from lockplate.imports.rows import Chunk, Progress
from lockplate.imports.spreadsheet import Spreadsheet
from lockplate.imports.table_text import TableText, header_of

_DELIMITERS = (",", "\t", ";", "|")
_HEAD_BYTES = 256 * 1024
_HEAD_RECORDS = 200
_MAGIC = (
    (b"%PDF", "a PDF", "Make text of it with `pdftotext -layout` and import that."),
    (b"\xd0\xcf\x11\xe0", "an old office file", "Save it as XLSX or CSV."),
    (b"\x1f\x8b", "packed with gzip", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"\x89PNG", "a picture", "Ask the agency for the table itself."),
    (b"\xff\xd8\xff", "a picture", "Ask the agency for the table itself."),
)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A file that can be read: its form, and its rows."""

    form: str
    """`csv`, `xlsx`, `json`, `ndjson` or `text table`."""
    delimiter: str | None
    chunks: Iterator[Chunk]
    notes: Callable[[], dict[str, str]]
    """What was found while reading, such as the encoding; complete when the chunks are at their end."""


def open_source(path: Path, file: BinaryIO, progress: Progress, delimiter: str | None = None) -> Opened:
    """Return the source of a file's rows; raises BadInput for what is no table, with what can be done about it.

    `delimiter`: as a plan says, or None to tell it by the first lines. The file stays open until the chunks are read.
    """
    head = file.read(8)
    file.seek(0)
    for magic, words, next_step in _MAGIC:
        if head.startswith(magic):
            raise BadInput(f"the file is {words}", code="no_table", next_step=next_step)
    if head.startswith(b"PK\x03\x04"):
        chunks = Spreadsheet(path, progress).chunks()
        return Opened(form="xlsx", delimiter=None, chunks=chunks, notes=dict)
    return _open_text(TextStream(file, progress), delimiter)


def _open_text(text: TextStream, delimiter: str | None) -> Opened:
    pieces = text.pieces()
    first = next(pieces, b"")

    def again() -> Iterator[bytes]:
        yield first
        yield from pieces

    def notes() -> dict[str, str]:
        mixed = f", {text.other_lines} lines as windows-1252" if text.other_lines else ""
        return {"encoding": text.encoding + mixed}

    start = first[:_HEAD_BYTES].lstrip()
    form = _json_form(start)
    if form:
        chunks = JsonRows(again(), by_lines=form == "ndjson").chunks()
        return Opened(form=form, delimiter=None, chunks=chunks, notes=notes)
    if delimiter is None and _is_table_text(first[:_HEAD_BYTES]):
        return Opened(form="text table", delimiter=None, chunks=TableText(again()).chunks(), notes=notes)
    found = delimiter or sniff_delimiter(first[:_HEAD_BYTES])
    return Opened(form="csv", delimiter=found, chunks=Delimited(again(), found).chunks(), notes=notes)


def _json_form(start: bytes) -> str:
    """Return `json`, `ndjson`, or nothing when the text begins otherwise."""
    if start[:1] == b"[":
        return "json" if start[1:].lstrip()[:1] in {b"{", b"]"} else ""
    if start[:1] != b"{" or start[1:].lstrip()[:1] not in {b'"', b"}"}:
        return ""
    line, _, rest = start.partition(b"\n")
    try:
        first = msgspec.json.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return "json"
    holds_records = any(isinstance(value, list) and value and isinstance(value[0], dict) for value in first.values())
    return "json" if holds_records and not rest.strip() else "ndjson"


def _is_table_text(head: bytes) -> bool:
    """Say whether the first labels stand in columns made of spaces rather than between delimiters."""
    for line in head.decode("utf-8", "replace").splitlines()[:60]:
        if header_of(line) is not None:
            return not any(is_header(line.split(delimiter)) for delimiter in _DELIMITERS)
    return False


def sniff_delimiter(head: bytes) -> str:
    """Return the delimiter that cuts the first records into the most even rows; a comma when none does."""
    return max(_DELIMITERS, key=lambda delimiter: (_evenness(head, delimiter), -_DELIMITERS.index(delimiter)))


def _evenness(head: bytes, delimiter: str) -> float:
    rules = QuoteRules(delimiter.encode())
    widths: list[int] = []
    place = 0
    while place < len(head) and len(widths) < _HEAD_RECORDS:
        found = rules.strict(head, place, len(head), final=True)
        end = found.end if found is not None else head.find(b"\n", place) + 1 or len(head)
        widths.append(len(found.cells or ()) if found is not None else 0)
        place = max(end, place + 1)
    most = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
    # a text that is cut nowhere is even, too, and says nothing
    return 0.0 if most < 2 else widths.count(most) / len(widths) + min(most, 20) / 100
