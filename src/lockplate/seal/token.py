"""Token: eight bytes that stand for a plate key within one operator and hour.

What flows in: a period key and plate keys. What flows out: tokens (design part 6).
What it must never see: a read, the store. Without the period key a token says nothing; with it, only yes or no to a
plate that somebody already names.
"""

import hashlib
import hmac
from collections.abc import Sequence

from lockplate.terms import TOKEN_BYTES, PlateKey, Token

TOKEN_TAG = b"lockplate/token/v1\0"
RECORD_TAG = b"lockplate/record/v1\0"
PASSAGE_TAG = b"lockplate/passage/v1\0"
COLUMN_TAG = b"lockplate/column/v1\0"
"""Domain tags: every use of a key has its own, so that no output of one use means anything in another."""

_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))
"""HMAC's two pads (RFC 2104) as translation tables: a question sets 720 keys up, one for each hour."""


def token_of(period_key: bytes, plate_key: PlateKey) -> Token:
    """Return the first 8 bytes of HMAC-SHA-256(period key, tag ‖ plate key as UTF-8)."""
    return Token(hmac.digest(period_key, TOKEN_TAG + plate_key.encode(), hashlib.sha256)[:TOKEN_BYTES])


def tokens_of(period_key: bytes, plate_keys: Sequence[PlateKey]) -> bytes:
    """Return the tokens of many plate keys of one period, joined, 8 bytes each, in the same order.

    The same values as `token_of`, with the keyed hash state copied instead of built for each plate.
    """
    block = period_key.ljust(64, b"\0")
    inner = hashlib.sha256(block.translate(_INNER_PAD) + TOKEN_TAG)
    outer = hashlib.sha256(block.translate(_OUTER_PAD))
    copy_inner, copy_outer = inner.copy, outer.copy
    joined = bytearray()
    for plate_key in plate_keys:
        first = copy_inner()
        first.update(plate_key.encode())
        second = copy_outer()
        second.update(first.digest())
        joined += second.digest()[:TOKEN_BYTES]
    return bytes(joined)


def derived_key(key: bytes, tag: bytes, context: bytes) -> bytes:
    """Return a 32-byte key for one use: HMAC-SHA-256(key, tag ‖ context)."""
    return hmac.digest(key, tag + context, hashlib.sha256)
