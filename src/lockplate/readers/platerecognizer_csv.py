"""Plate Recognizer Stream's CSV: one row a read, with Python literals in the cells that hold more than one value.

What flows in: the text of the file. What flows out: rows in the shape of a webhook's result, for one reading of both.
What it must never see: anything but that text. A cell is a literal and is never run.
"""

import ast
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from lockplate.read import Ignored, Reject, RejectReason
from lockplate.readers.fields import nth
from lockplate.readers.outcome import NO_DETECTION, missing

MAX_CELL = 20_000
"""Characters; a Stream cell with all candidates has a few hundred."""
_HEADER = frozenset({"timestamp", "plate", "score"})
_STREAM_ONLY = frozenset({"dscore", "file", "source_url", "position_sec", "model_make"})
_LITERALS = ("box", "model_make", "color", "vehicle", "region", "orientation", "candidates", "year")
_CAMERA = re.compile(r"^/?(?:.*/)?([^/]+)_screenshots/")
"""Stream keeps pictures in a folder named for the camera; the CSV has no other word of it."""


def is_stream_csv(text: str) -> bool:
    """Say whether a text starts with the header of Stream's CSV."""
    header = {cell.strip().strip('"') for cell in text.split("\n", 1)[0].split(",")}
    return header >= _HEADER and bool(header & _STREAM_ONLY)


def rows_of(text: str) -> Iterator[dict[str, Any] | Reject | Ignored]:
    """Yield each row as a webhook's result with its own time, camera and picture name; a broken row as its Reject."""
    if not is_stream_csv(text):
        yield missing("not the header of a Stream CSV")
        return
    seen: Counter[str] = Counter()
    empty = True
    try:
        for row in csv.DictReader(io.StringIO(text, newline="")):
            empty = False
            yield _result(row, seen)
    except csv.Error:
        empty = False
        yield Reject(reason=RejectReason.MALFORMED, detail="the rest of the file is not CSV")
    if empty:
        yield NO_DETECTION


def _result(row: dict[str | Any, Any], seen: Counter[str]) -> dict[str, Any] | Reject:
    if row.get("plate") is None:
        return missing("a row without a plate cell")
    result: dict[str, Any] = {key: value for key, value in row.items() if isinstance(key, str)}
    result |= {key: _literal(result.get(key)) for key in _LITERALS if key in result}
    file = result.get("file")
    if isinstance(file, str) and file:
        camera = _CAMERA.match(file)
        result["filename"] = nth(file, seen[file])
        result.setdefault("camera_id", camera[1] if camera else None)
        seen[file] += 1
    return result


def _literal(cell: object) -> Any:
    """Return the value a cell writes, or the cell itself when it is plain text; nothing is evaluated."""
    if not isinstance(cell, str) or len(cell) > MAX_CELL or not cell.lstrip().startswith(("{", "[")):
        return cell
    try:
        value = ast.literal_eval(cell.strip())
        # a literal can spell what no JSON can: half a surrogate pair, a complex number
        return msgspec.json.decode(msgspec.json.encode(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, msgspec.MsgspecError):
        return None
