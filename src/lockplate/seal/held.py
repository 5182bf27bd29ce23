"""HoldSealer: reads and papers of a hold under the hold's own key, which dies with the hold.

What flows in: a permit and reads that it opened; a hold's paper. What flows out: sealed bytes, and back with a permit.
What it must never see: the store, the registry. A held read opens only for the plate that a live permit names.

Bytes: version (1) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag. Key of a read: HMAC-SHA-256(hold key, tag ‖ plate
key); of the paper: HMAC-SHA-256(hold key, tag). Associated data: version, operator, hold, and the read's mark.
"""

import hashlib
import hmac
import secrets
import struct

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockplate.clock import Clock
from lockplate.errors import SealBroken
from lockplate.gate.permit import Permit, PermitInvalid, require_permit
from lockplate.keys.ring import KeyRing
from lockplate.seal.record import RecordContents
from lockplate.seal.sealer import Opened
from lockplate.seal.token import derived_key
from lockplate.sealed import SealedRead
from lockplate.terms import HoldId, OperatorId, PlateKey, ReaderId, Token

HELD_TAG = b"lockplate/held-read/v1\0"
MARK_TAG = b"lockplate/held-mark/v1\0"
PAPER_TAG = b"lockplate/hold-paper/v1\0"
"""Domain tags, as those in `seal.token`."""

_VERSION = 1
_NONCE_BYTES = 12
_MARK_BYTES = 16


class HeldRead(msgspec.Struct, frozen=True, kw_only=True):
    """One read as it lies in the registry: nothing about it is plain."""

    mark: bytes
    """Keyed hash of the row under the hold's key: the same read kept twice is one."""
    sealed: bytes


class _Held(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    token: bytes
    captured_at: int
    reader: str
    contents: RecordContents | None


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Held)


class HoldSealer:
    """Seals and opens for the holds of one operator."""

    def __init__(self, operator: OperatorId, ring: KeyRing, clock: Clock) -> None:
        self._operator = operator
        self._ring = ring
        self._clock = clock

    def seal_paper(self, hold: HoldId, plain: bytes) -> bytes:
        """Return a hold's paper sealed; the hold's key is made on first use and never again after its end."""
        key = self._ring.data_key(_key_name(hold), self._clock.now())
        return _seal(derived_key(key, PAPER_TAG, b""), self._context(hold, b""), plain)

    def open_paper(self, hold: HoldId, sealed: bytes) -> bytes:
        """Return a hold's paper, or raise SealBroken: another hold, a changed byte, or a hold that has ended."""
        return _open(derived_key(self._key(hold), PAPER_TAG, b""), self._context(hold, b""), sealed)

    def keep(self, permit: Permit, hold: HoldId, read: Opened) -> HeldRead:
        """Return a read that a live permit opened, sealed under the hold's key.

        Raises PermitInvalid when the permit does not cover it, SealBroken when the hold has ended.
        """
        self._require(permit, read.plate_key, read.row)
        key = self._key(hold)
        row = read.row
        held = _Held(token=row.token, captured_at=row.captured_at, reader=row.reader, contents=read.contents)
        name = struct.pack(">I", row.captured_at) + row.token + row.reader.encode()
        mark = hmac.digest(key, MARK_TAG + name, hashlib.sha256)[:_MARK_BYTES]
        sealed = _seal(_read_key(key, read.plate_key), self._context(hold, mark), _ENCODER.encode(held))
        return HeldRead(mark=mark, sealed=sealed)

    def open(self, permit: Permit, hold: HoldId, held: HeldRead, plate_key: PlateKey) -> Opened | None:
        """Return a held read for a plate that a live permit names; None when it lies outside the permit's window.

        Raises PermitInvalid for another operator's permit, an old one, or one that does not name the plate; SealBroken
        for another plate or hold, a changed byte, or a hold that has ended.
        """
        self._require_live(permit).require_plate(plate_key)
        plain = _open(_read_key(self._key(hold), plate_key), self._context(hold, held.mark), held.sealed)
        try:
            read = _DECODER.decode(plain)
        except msgspec.MsgspecError:
            raise SealBroken("a held read of an unknown form") from None
        row = SealedRead(
            operator=self._operator,
            token=Token(read.token),
            captured_at=read.captured_at,
            reader=ReaderId(read.reader),
        )
        if not _covers(permit, row):
            return None
        return Opened(row=row, plate_key=plate_key, contents=read.contents)

    def is_alive(self, hold: HoldId) -> bool:
        """Say whether a hold's key is there: without it the hold is over, whatever the registry says."""
        return self._ring.stored_data_key(_key_name(hold)) is not None

    def commitment(self, hold: HoldId) -> str | None:
        """Return the commitment to a hold's key, hex, also after its end; None when it never had one."""
        found = self._ring.data_commitment(_key_name(hold))
        return None if found is None else found.commitment

    def forget(self, hold: HoldId) -> None:
        """Destroy a hold's key, durably: nothing that it sealed opens again. Without a key, nothing happens."""
        self._ring.destroy_data_key(_key_name(hold), self._clock.now())

    def _key(self, hold: HoldId) -> bytes:
        key = self._ring.stored_data_key(_key_name(hold))
        if key is None:
            raise SealBroken("the hold has ended; what it kept is forgotten", code="key_gone")
        return key

    def _require(self, permit: Permit, plate_key: PlateKey, row: SealedRead) -> None:
        self._require_live(permit).require_plate(plate_key)
        if row.operator != self._operator or not _covers(permit, row):
            raise PermitInvalid("the permit does not cover this row")

    def _require_live(self, permit: Permit) -> Permit:
        live = require_permit(permit).require_live(self._clock.now())
        if live.operator != self._operator:
            raise PermitInvalid("the permit is for another operator")
        return live

    def _context(self, hold: HoldId, mark: bytes) -> bytes:
        """Associated data: what is cut out of one hold and pasted into another opens nowhere."""
        operator, name = self._operator.encode(), hold.encode()
        return struct.pack(">BHHB", _VERSION, len(operator), len(name), len(mark)) + operator + name + mark


def _covers(permit: Permit, row: SealedRead) -> bool:
    return permit.window_from.timestamp() <= row.captured_at < permit.window_to.timestamp()


def _key_name(hold: HoldId) -> str:
    return f"hold:{hold}"


def _read_key(key: bytes, plate_key: PlateKey) -> bytes:
    return derived_key(key, HELD_TAG, plate_key.encode())


def _seal(key: bytes, context: bytes, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return bytes((_VERSION,)) + nonce + AESGCM(key).encrypt(nonce, plain, context)


def _open(key: bytes, context: bytes, sealed: bytes) -> bytes:
    if sealed[:1] != bytes((_VERSION,)):
        raise SealBroken("a held value of an unknown version", code="held_version")
    start = 1 + _NONCE_BYTES
    try:
        return AESGCM(key).decrypt(sealed[1:start], sealed[start:], context)
    except (InvalidTag, ValueError):
        raise SealBroken("a held value does not open for this plate and hold") from None
