"""Cosignature: a witness's dated statement that a checkpoint extends all it saw before (C2SP tlog-cosignature).

What flows in: a checkpoint, a time, a witness's seed; or a note and the witnesses' public keys.
What flows out: a signature line; or the cosignatures that hold.
What it must never see: I/O. Whether a checkpoint may be cosigned is the witness's decision, not this module's.

Two forms. Ed25519 (0x04) signs two lines and the note's text. ML-DSA-44 (0x06) signs a binary message that also names
the cosigner, so that one key cannot speak under two names. Both are timestamped.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from lockplate.checkpoint import SEED_BYTES, Checkpoint, parse_checkpoint
from lockplate.errors import BadInput, ProofInvalid
from lockplate.note import Note, SignatureLine, SignatureType, VerifierKey, is_key_name

COSIGNER_KINDS = (SignatureType.ED25519_COSIGNATURE, SignatureType.MLDSA44_COSIGNATURE)
TIME_BYTES = 8
MAX_TIME = 253_402_300_799
"""The last second of the year 9999; the format allows more, no clock of ours does."""
_SIGNATURE_BYTES = {SignatureType.ED25519_COSIGNATURE: 64, SignatureType.MLDSA44_COSIGNATURE: 2420}
_LABEL = b"subtree/v1\n\0"
MAX_NAME_BYTES = 255
"""The ML-DSA form carries the length of a name in one byte."""


class Cosignature(msgspec.Struct, frozen=True, kw_only=True):
    """A cosignature that holds: by which key, and when it was made (aware UTC, whole seconds)."""

    key: VerifierKey
    at: datetime


class Cosigner:
    """A witness's signing keys: one seed gives both forms, under one name."""

    __slots__ = ("_ed25519", "_mldsa", "keys")

    def __init__(self, name: str, seed: bytes) -> None:
        """Take a name that others will trust, and 32 secret bytes for each form (64 in all)."""
        if not is_key_name(name) or len(name.encode()) > MAX_NAME_BYTES:
            raise BadInput("a witness's name has 1 to 255 bytes, no space and no plus", code="bad_witness_name")
        if len(seed) != 2 * SEED_BYTES:
            raise BadInput("a witness's seed has 64 bytes", code="bad_seed")
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(seed[:SEED_BYTES])
        self._mldsa = MLDSA44PrivateKey.from_seed_bytes(seed[SEED_BYTES:])
        self.keys = (
            VerifierKey(
                name=name,
                public=self._ed25519.public_key().public_bytes_raw(),
                kind=SignatureType.ED25519_COSIGNATURE,
            ),
            VerifierKey(
                name=name, public=self._mldsa.public_key().public_bytes_raw(), kind=SignatureType.MLDSA44_COSIGNATURE
            ),
        )

    def __repr__(self) -> str:
        return f"Cosigner({self.name})"

    @property
    def name(self) -> str:
        """Return the witness's name."""
        return self.keys[0].name

    def cosign(self, checkpoint: Checkpoint, at: datetime) -> tuple[SignatureLine, ...]:
        """Return one line of each form over a checkpoint, dated `at` (aware UTC, cut to whole seconds).

        Only `witnessing.witness` calls this, after the checkpoint is proved to extend the last one and is on disk.
        """
        time = int(at.timestamp())
        ed25519, mldsa = self.keys
        signatures = (
            self._ed25519.sign(_signed_message(ed25519, checkpoint, time)),
            self._mldsa.sign(_signed_message(mldsa, checkpoint, time)),
        )
        return tuple(
            SignatureLine(name=key.name, key_id=key.key_id, signature=time.to_bytes(TIME_BYTES) + signature)
            for key, signature in zip(self.keys, signatures, strict=True)
        )


def verify_line(line: SignatureLine, checkpoint: Checkpoint, key: VerifierKey) -> Cosignature:
    """Return the cosignature that a line is, or raise ProofInvalid when it is not `key`'s over this checkpoint."""
    if key.kind not in COSIGNER_KINDS or not line.is_by(key):
        raise ProofInvalid("the line is not by this witness", code="not_cosigned")
    if len(line.signature) != TIME_BYTES + _SIGNATURE_BYTES[key.kind]:
        raise ProofInvalid("the cosignature is too short or too long", code="bad_cosignature")
    time = int.from_bytes(line.signature[:TIME_BYTES])
    if not 0 < time <= MAX_TIME:
        raise ProofInvalid("the cosignature is undated", code="bad_cosignature")
    message, signature = _signed_message(key, checkpoint, time), line.signature[TIME_BYTES:]
    try:
        if key.kind is SignatureType.ED25519_COSIGNATURE:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        else:
            MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise ProofInvalid("the cosignature does not hold", code="bad_cosignature") from error
    return Cosignature(key=key, at=datetime.fromtimestamp(time, UTC))


def cosignatures(note: Note, keys: Iterable[VerifierKey]) -> tuple[Cosignature, ...]:
    """Return the cosignatures by `keys` on a checkpoint, one for each key at most; lines by other keys are ignored.

    Raises ProofInvalid when a line claims to be by one of the keys and does not hold, or stands there twice: a note
    that was tampered with is refused whole (signed-note).
    """
    checkpoint = parse_checkpoint(note.text)
    found = []
    for key in keys:
        own = [line for line in note.signatures if line.is_by(key)]
        if len(own) > 1:
            raise ProofInvalid("a witness's cosignature stands twice on the checkpoint", code="bad_cosignature")
        found += [verify_line(line, checkpoint, key) for line in own]
    return tuple(found)


def _signed_message(key: VerifierKey, checkpoint: Checkpoint, time: int) -> bytes:
    if key.kind is SignatureType.ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{checkpoint.text()}".encode()
    name, origin = key.name.encode(), checkpoint.origin.encode()
    if max(len(name), len(origin)) > MAX_NAME_BYTES:
        raise ProofInvalid("a name is too long for an ML-DSA cosignature", code="bad_cosignature")
    return b"".join(
        (
            _LABEL,
            bytes([len(name)]) + name,
            time.to_bytes(TIME_BYTES),
            bytes([len(origin)]) + origin,
            bytes(8),  # a checkpoint's subtree starts at leaf 0
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        )
    )
