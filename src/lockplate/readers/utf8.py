"""Utf8: a file's bytes as UTF-8, so that one broken row cannot take the others with it.

What flows in: a binary file. What flows out: the same bytes; each that is no UTF-8 replaced by one SUBSTITUTE.
What it must never see: what the bytes mean. The table reader gives a broken row's text to us, and fails when that text
is not UTF-8; whoever uses this looks for SUBSTITUTE in the cells that count.
"""

import codecs
import io
import re
from typing import IO

SUBSTITUTE = "\x1a"
"""ASCII's own character for a byte that could not be read."""
_ESCAPED = re.compile("[\udc80-\udcff]")


class Utf8Stream(io.BufferedIOBase):
    """A readable file; `mended` says whether any byte was replaced so far."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._waiting = False
        self.mended = False

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most `size` bytes, or what is left; empty at the end."""
        bounded = size is not None and size >= 0
        while True:
            # the last letter of one piece may begin in the piece before: up to three bytes wait
            chunk = self._raw.read(max(1, (size or 0) - 3)) if bounded else self._raw.read()
            told = self._plain(chunk)
            if told or not chunk:
                return told

    def _plain(self, chunk: bytes) -> bytes:
        if chunk.isascii() and chunk and not self._waiting:
            return chunk
        text = self._decoder.decode(chunk, final=not chunk)
        self._waiting = bool(self._decoder.getstate()[0])
        plain = _ESCAPED.sub(SUBSTITUTE, text)
        self.mended = self.mended or plain != text
        return plain.encode()
