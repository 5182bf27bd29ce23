"""Utf8Stream: the same bytes, one substitute for each that is no UTF-8, wherever the pieces end."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockplate.readers.utf8 import SUBSTITUTE, Utf8Stream


def pieces(content: bytes, size: int) -> tuple[bytes, bool]:
    """Return what comes out when so many bytes are asked for at a time, and whether anything was replaced."""
    stream = Utf8Stream(io.BytesIO(content))
    found = b""
    while piece := stream.read(size):
        assert len(piece) <= max(size, 4)
        found += piece
    return found, stream.mended


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode), st.integers(4, 70))
@example("é😀".encode()[:-1], 4)
@example(b"a\xff\xfe\xed\xa0\x80b", 5)
def test_bytes_come_out_as_utf_8(content: bytes, size: int) -> None:
    """Whole letters stay, however they are cut; each other byte is one substitute."""
    told, mended = pieces(content, size)

    escaped = content.decode("utf-8", "surrogateescape")
    assert "".join(SUBSTITUTE if "\udc80" <= letter <= "\udcff" else letter for letter in escaped) == told.decode()
    assert (told != content) == mended


@pytest.mark.parametrize("size", [None, -1])
def test_all_at_once(size: int | None) -> None:
    """Without a size everything that is left comes."""
    stream = Utf8Stream(io.BytesIO("héllo".encode() + b"\xff"))

    assert "héllo\x1a".encode() == stream.read(size) + stream.read(size)
    assert stream.readable()
    assert b"" == stream.read(size)
