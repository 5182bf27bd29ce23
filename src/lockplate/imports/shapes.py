"""Shapes: texts of a column that differ in their digits alone, read together.

What flows in: a text column. What flows out: groups of rows whose texts have one form of a time, with their numbers.
What it must never see: a calendar; whether the numbers are a time is for times.py to say.

An export writes one or a few shapes a million times. The first text of a shape is matched in words, and the places of
its numbers hold for all others of the shape.
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?\s*(?P<p>[AaPp]\.?[Mm]\.?)?"
_ZONE = r"\s*(?P<z>UTC|GMT|Z|[+-]\d{2}:?\d{2}|(?:[ECMP][SD]T))?"
_SLASHED = r"(?P<m>\d{1,2})(?P<slash>[/.-])(?P<d>\d{1,2})[/.-](?P<y>\d{4}|\d{2})"
_ISO = r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
_WORDED = r"(?:[A-Za-z]{3,9},?\s+)?(?P<b>[A-Za-z]{3,9})\.?\s+(?P<d>\d{1,2}),?\s+(?P<y>\d{4})"
_FORMS = tuple(
    re.compile(rf"\s*{form}\s*", re.ASCII)
    for form in (
        rf"{_SLASHED}(?:,?\s+{_CLOCK}{_ZONE})?",
        rf"{_ISO}(?:[T,\s]\s*{_CLOCK}{_ZONE})?",
        rf"{_WORDED}(?:,?\s+(?:at\s+)?{_CLOCK}{_ZONE})?",
        r"(?P<ms>\d{13})",
    )
)
MAX_CHARACTERS = 64
MAX_SHAPES = 256
"""Of one batch; texts of more shapes are read one by one."""
_ZERO, _NINE = 48, 57


class Shaped:
    """Texts of one shape: `rows` of them, with the numbers that stand at the places of a form's parts."""

    def __init__(self, match: re.Match[str], letters: NDArray[np.uint8]) -> None:
        self._match = match
        self._letters = letters
        self.rows = len(letters)

    def has(self, part: str) -> bool:
        """Say whether the form has a part and the texts fill it."""
        return self._match.groupdict().get(part) is not None

    def text(self, part: str) -> str:
        """Return a part's text, the same in all rows but for its digits; empty when it is not there."""
        return self._match.groupdict().get(part) or ""

    def number(self, part: str) -> NDArray[np.int64]:
        """Return a part's number in each row; 0 when it is not there."""
        found = np.zeros(self.rows, np.int64)
        if self.has(part):
            for place in range(*self._match.span(part)):
                found = found * 10 + (self._letters[:, place] - _ZERO)
        return found


def shapes_of(texts: pa.StringArray) -> Iterator[tuple[NDArray[np.int64], Shaped]]:
    """Yield rows of one shape with their numbers; rows that have the form of no time are in no group."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4).astype(np.int64)
    body = np.frombuffer(data, np.uint8)
    sizes = np.diff(ends)
    number = 0
    for size in np.unique(sizes).tolist():
        if not 8 <= size <= MAX_CHARACTERS:
            continue
        rows = np.flatnonzero(sizes == size)
        letters = body[ends[rows][:, None] + np.arange(size)]
        classes = np.where((letters >= _ZERO) & (letters <= _NINE), np.uint8(_ZERO), letters)
        while len(rows) and number < MAX_SHAPES:
            number += 1
            same = (classes == classes[0]).all(axis=1)
            match = _matched(letters[0].tobytes())
            if match is not None:
                yield rows[same], Shaped(match, letters[same])
            rows, letters, classes = rows[~same], letters[~same], classes[~same]
        for place in range(len(rows)):
            match = _matched(letters[place].tobytes())
            if match is not None:
                yield rows[place : place + 1], Shaped(match, letters[place : place + 1])


def _matched(text: bytes) -> re.Match[str] | None:
    # one character for each byte, so that places in the text are places in the row
    shown = text.decode("latin-1")
    return next((match for form in _FORMS if (match := form.fullmatch(shown)) is not None), None)
