"""Packing: what was packed unpacks, and nothing else does."""

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import SealBroken
from lockplate.seal.packing import BLOCK, DICTIONARY, MAX_UNPACKED, pack, unpack


@given(st.binary(max_size=2000))
def test_what_was_packed_unpacks(plain: bytes) -> None:
    """Any bytes come back, from whole blocks."""
    packed = pack(plain)
    assert plain == unpack(packed)
    assert 0 == len(packed) % BLOCK


def test_one_record_says_nothing_of_the_next() -> None:
    """Nothing of one record gets into another's packing: the same bytes are packed alike before and after others."""
    first = pack(b"a record of a red car " * 5)
    pack(b"another one entirely, with words of its own")
    assert first == pack(b"a record of a red car " * 5)


def test_the_dictionary_is_pinned() -> None:
    """Records that were sealed under it must open for ever: a changed dictionary is another version of the format."""
    expected = "0c26809f5c9201e4485f382656818e558fec214e33be88618ee78d5f18538f49"
    assert expected == hashlib.sha256(DICTIONARY).hexdigest()


def bare(plain: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -12, 9, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
    return packer.compress(plain) + packer.flush()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xff" * 16,
        bare(b"red")[:-1],
        bare(b"red") + b"\1",
        bare(b"red") + bytes(BLOCK),
        bare(b"a" * (MAX_UNPACKED + 1)),
        bare(b"a" * 10_000_000),
    ],
)
def test_what_was_not_packed_here_does_not_unpack(packed: bytes) -> None:
    """Cut, lengthened, padded with anything but less than a block of zeros, or swollen."""
    with pytest.raises(SealBroken) as broken:
        unpack(packed)
    assert "record_packing" == broken.value.code
