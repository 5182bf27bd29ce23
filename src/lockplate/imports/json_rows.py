"""JSON: an array of objects, a document that holds one, or a line for each, as blocks of columns.

What flows in: UTF-8 text. What flows out: chunks of rows, one column for each name; lines that are no objects, refused.
What it must never see: what a column means.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from lockplate.errors import BadInput
from lockplate.imports.rows import (
    MAX_FIELDS,
    MAX_RECORD_BYTES,
    Chunk,
    Place,
    RefusalReason,
    RefusedRow,
    block_of,
    excerpt,
)

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
ROWS_A_CHUNK = 20_000
_DECODE = msgspec.json.Decoder()
_DECODE_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_DECODE_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class JsonRows:
    """Reads one JSON text; made for one file and used once."""

    def __init__(self, pieces: Iterator[bytes], *, by_lines: bool) -> None:
        self._pieces = pieces
        self._by_lines = by_lines
        self._labels: dict[str, None] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows; raises BadInput for a document that is no JSON, too large, or without an array of objects."""
        if self._by_lines:
            yield from self._line_chunks()
            return
        items = self._items()
        for first in range(0, len(items), ROWS_A_CHUNK):
            part = items[first : first + ROWS_A_CHUNK]
            yield self._chunk([(bytes(item), Place(row=first + number)) for number, item in enumerate(part, 1)])

    def _line_chunks(self) -> Iterator[Chunk]:
        kept, line, row = b"", 0, 0
        waiting: list[tuple[bytes, Place]] = []
        blank = 0
        for piece in self._pieces:
            *lines, kept = (kept + piece).split(b"\n")
            for text in lines:
                line += 1
                row, blank = self._note(text, line, row, blank, waiting)
                if len(waiting) >= ROWS_A_CHUNK:
                    yield self._chunk(waiting)
                    waiting = []
        row, blank = self._note(kept, line + 1, row, blank if kept else blank - 1, waiting)
        yield self._chunk(waiting, blank)

    def _note(
        self, text: bytes, line: int, row: int, blank: int, waiting: list[tuple[bytes, Place]]
    ) -> tuple[int, int]:
        if not text.strip():
            return row, blank + 1
        waiting.append((text, Place(row=row + 1, line=line)))
        return row + 1, blank

    def _items(self) -> Sequence[msgspec.Raw]:
        text = bytearray()
        for piece in self._pieces:
            text += piece
            if len(text) > MAX_DOCUMENT_BYTES:
                raise BadInput(
                    "a JSON document of this size cannot be read whole",
                    code="too_large",
                    next_step="Write one object a line (NDJSON), which can be of any size.",
                )
        try:
            return self._array(bytes(text))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise BadInput("not a JSON document", code="bad_file", next_step="Is the file whole?") from None

    def _array(self, text: bytes) -> Sequence[msgspec.Raw]:
        if text.lstrip()[:1] == b"[":
            return _DECODE_ARRAY.decode(text)
        lists = [part for part in _DECODE_PARTS.decode(text).values() if bytes(part).lstrip()[:1] == b"["]
        if len(lists) != 1:
            raise BadInput(
                "the JSON document holds no array of records, or several",
                code="bad_file",
                next_step="Cut the one array out of it.",
            )
        return _DECODE_ARRAY.decode(lists[0])

    def _chunk(self, items: Sequence[tuple[bytes, Place]], blank: int = 0) -> Chunk:
        objects: list[dict[str, Any]] = []
        places: list[Place] = []
        refused: list[RefusedRow] = []
        for text, place in items:
            found = self._object(text)
            if isinstance(found, RefusalReason):
                shown = excerpt(text[:16_000].decode("utf-8", "replace"))
                refused.append(RefusedRow(row=place.row, line=place.line, reason=found, text=shown))
            else:
                objects.append(found)
                places.append(place)
        labels = tuple(self._labels)
        rows = [[_text(one[label]) if label in one else None for label in labels] for one in objects]
        blocks = (block_of(rows, places, labels=labels),) if rows else ()
        return Chunk(blocks=blocks, refused=tuple(refused), blank_lines=blank)

    def _object(self, text: bytes) -> dict[str, Any] | RefusalReason:
        if len(text) > MAX_RECORD_BYTES:
            return RefusalReason.TOO_LARGE
        try:
            found = _DECODE.decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return RefusalReason.BAD_JSON
        if not isinstance(found, dict):
            return RefusalReason.NOT_AN_OBJECT
        if not found:
            return RefusalReason.EMPTY_ROW
        fresh = [name for name in found if name not in self._labels]
        if len(self._labels) + len(fresh) > MAX_FIELDS:
            return RefusalReason.FIELD_COUNT
        self._labels.update(dict.fromkeys(fresh))
        return found


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()
