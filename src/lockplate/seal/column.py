"""Sealed columns and details: everything else at rest that names a plate, a case or a person.

What flows in: plain bytes and where they will lie. What flows out: sealed bytes that open only in that place.
What it must never see: the store of reads, a permit. Keys are the operator's named data keys.

Bytes: version (1) ‖ length of key name (1) ‖ key name ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockplate.clock import Clock
from lockplate.errors import SealBroken
from lockplate.keys.ring import KeyRing
from lockplate.seal.token import COLUMN_TAG, derived_key

_VERSION = 1
_MONTHLY = {"hits": "hits", "waiting_requests": "requests"}
"""Tables whose rows end: each month has a key of its own, such as `hits:2026-11`, so that it can be forgotten."""


class ColumnSealer:
    """Seals columns of the registry and details of the log under the operator's data keys."""

    def __init__(self, ring: KeyRing, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock

    def seal_column(self, table: str, column: str, row_id: str, plain: bytes) -> bytes:
        """Return the bytes sealed for one column of one row; they open nowhere else."""
        monthly = _MONTHLY.get(table)
        name = f"column:{table}" if monthly is None else f"{monthly}:{self._clock.now():%Y-%m}"
        return self._seal(name, _place(table, column, row_id), plain)

    def open_column(self, table: str, column: str, row_id: str, sealed: bytes) -> bytes:
        """Return the plain bytes, or raise SealBroken: another place, a destroyed key, a changed byte."""
        return self._open(_place(table, column, row_id), sealed)

    def seal_details(self, plain: bytes, aad: bytes) -> bytes:
        """Return a log record's private details sealed under this month's key, so that a month can be forgotten."""
        return self._seal(f"details:{self._clock.now():%Y-%m}", b"details\0" + aad, plain)

    def open_details(self, blob: bytes, aad: bytes) -> bytes:
        """Return the private details, or raise SealBroken: another record, a destroyed key, a changed byte."""
        return self._open(b"details\0" + aad, blob)

    def _seal(self, key_name: str, context: bytes, plain: bytes) -> bytes:
        key = self._ring.data_key(key_name, self._clock.now())
        name, nonce = key_name.encode(), secrets.token_bytes(12)
        head = bytes((_VERSION, len(name))) + name
        cipher = AESGCM(derived_key(key, COLUMN_TAG, context))
        return head + nonce + cipher.encrypt(nonce, plain, head + context)

    def _open(self, context: bytes, sealed: bytes) -> bytes:
        if len(sealed) < 2 or sealed[0] != _VERSION:
            raise SealBroken("a sealed value of an unknown version", code="column_version")
        end = 2 + sealed[1]
        key = self._ring.stored_data_key(sealed[2:end].decode("utf-8", "replace"))
        if key is None:
            raise SealBroken("the key of a sealed value was destroyed or never made", code="key_gone")
        try:
            cipher = AESGCM(derived_key(key, COLUMN_TAG, context))
            return cipher.decrypt(sealed[end : end + 12], sealed[end + 12 :], sealed[:end] + context)
        except (InvalidTag, ValueError):
            raise SealBroken("a sealed value does not open in this place") from None


def _place(table: str, column: str, row_id: str) -> bytes:
    """Table and column are names in our schema and hold no NUL; the row's id comes last and may be anything."""
    return f"column\0{table}\0{column}\0{row_id}".encode()
