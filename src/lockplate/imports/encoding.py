"""Encoding: the bytes of a text file as UTF-8, in pieces that end at a line's end where there is one.

What flows in: a file open for reading. What flows out: UTF-8 bytes, and what they were before.
What it must never see: delimiters, columns.

UTF-16 and UTF-8 are told by their marks or, without one, by their zero bytes. Within a file of bytes each line that is
not UTF-8 is read as Windows-1252, since stacked exports mix both.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from lockplate.imports.rows import Progress

PIECE_BYTES = 8 * 1024 * 1024
_HEAD_BYTES = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNDEFINED = {byte: byte for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
"""Bytes that Windows-1252 leaves out; they stay what they are in Latin-1."""


class TextStream:
    """Reads one file as UTF-8; `encoding` and `other_lines` tell what was found so far."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self.other_lines = 0
        """Lines that were not UTF-8 and were read as Windows-1252."""
        head = file.read(_HEAD_BYTES)
        mark, self.encoding = next(
            ((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", _by_zeros(head))
        )
        file.seek(len(mark))
        self._only_returns = b"\r" in head and b"\n" not in head and self.encoding == "utf-8"

    def pieces(self) -> Iterator[bytes]:
        """Yield the file as UTF-8; a piece ends at a line's end unless a line is longer than a piece."""
        for piece in self._utf8() if self.encoding == "utf-8" else self._utf16():
            yield piece.replace(b"\r", b"\n") if self._only_returns else piece

    def _utf16(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        while data := self._file.read(PIECE_BYTES):
            self._progress(self._file.tell())
            yield decoder.decode(data).encode("utf-8", "replace")
        if rest := decoder.decode(b"", final=True):
            yield rest.encode("utf-8", "replace")

    def _utf8(self) -> Iterator[bytes]:
        kept = b""
        while data := self._file.read(PIECE_BYTES):
            self._progress(self._file.tell())
            data = kept + data
            cut = data.rfind(b"\n") + 1
            if not cut and len(data) >= PIECE_BYTES:
                cut = _before_part(data)
            kept = data[cut:]
            if cut:
                yield self._sound(data[:cut])
        if kept:
            yield self._sound(kept)

    def _sound(self, piece: bytes) -> bytes:
        try:
            piece.decode()
        except UnicodeDecodeError:
            return b"".join(self._sound_line(line) for line in piece.splitlines(keepends=True))
        return piece

    def _sound_line(self, line: bytes) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError:
            self.other_lines += 1
            return codecs.charmap_decode(line, "strict", _WINDOWS)[0].encode()
        return line


_WINDOWS = "".join(chr(byte) if byte in _UNDEFINED else bytes([byte]).decode("cp1252") for byte in range(256))


def _by_zeros(head: bytes) -> str:
    """Return UTF-16 when every other byte of the beginning is mostly zero, as in a file that lost its mark."""
    if len(head) < 8:
        return "utf-8"
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > len(odd) * 0.7 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    if even.count(0) > len(even) * 0.7 and odd.count(0) < len(odd) * 0.1:
        return "utf-16-be"
    return "utf-8"


def _before_part(data: bytes) -> int:
    """Return where to cut so that no character is cut in two."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            return len(data) - back if back < 4 else len(data)
    return len(data)
