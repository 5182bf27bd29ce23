"""Checkpoint: a tree head as text, signed and checked as C2SP tlog-checkpoint in a C2SP signed note.

What flows in: a tree head and a signing key; or a note from anyone and the one key we trust for it.
What flows out: the note's text; or the Checkpoint, once its signature holds.
What it must never see: I/O, the log's entries. A checkpoint whose signature was not verified never becomes a value.
"""

import re

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lockplate.errors import BadInput, LogRefused, ProofInvalid
from lockplate.merkle import HASH_BYTES
from lockplate.note import (
    Note,
    SignatureLine,
    VerifierKey,
    decode_base64,
    encode_base64,
    is_key_name,
    parse_note,
    parse_vkey,
)

SEED_BYTES = 32
MAX_TREE_SIZE = 2**63 - 1

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A tree head: which log, how many leaves, which root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text that is signed: origin, size and base64 root, a line each."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text says, or raise ProofInvalid for any other text.

    Extension lines are refused: no monitor can audit them, and our logs sign none.
    Call this on text whose signature was verified; `verify_checkpoint` does both.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise ProofInvalid("a checkpoint has exactly three lines", code="bad_checkpoint")
    origin, size, root = lines[:3]
    if not is_key_name(origin):
        raise ProofInvalid("a checkpoint's origin is empty or holds a space or a plus", code="bad_checkpoint")
    decoded = decode_base64(root)
    if len(decoded) != HASH_BYTES:
        raise ProofInvalid("a checkpoint's root does not have 32 bytes", code="bad_checkpoint")
    return Checkpoint(origin=origin, size=parse_size(size), root=decoded)


def parse_size(text: str) -> int:
    """Return a tree's size from its plain decimal form, or raise ProofInvalid."""
    if not _SIZE.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise ProofInvalid("a tree's size is not a plain decimal number", code="bad_checkpoint")
    return int(text)


class Signer:
    """A log's signing key: signs checkpoints of its own origin and nothing else."""

    __slots__ = ("_private", "verifier")

    def __init__(self, origin: str, seed: bytes) -> None:
        if not is_key_name(origin):
            raise BadInput("a log's origin is not empty and holds no space or plus", code="bad_origin")
        if len(seed) != SEED_BYTES:
            raise BadInput("a signing key's seed has 32 bytes", code="bad_seed")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name=origin, public=self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Signer({self.origin})"

    @property
    def origin(self) -> str:
        """Return the log's name, which is also the key's name."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """Return the vkey string that checks what this signer signs."""
        return self.verifier.text()

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of a checkpoint, or raise LogRefused when it is another log's.

        Signing is a promise for ever: only `evidence.publisher` calls this, after it has proved consistency.
        """
        if checkpoint.origin != self.origin:
            raise LogRefused("a log signs only its own checkpoints")
        text = checkpoint.text()
        parse_checkpoint(text)
        line = SignatureLine(name=self.origin, key_id=self.verifier.key_id, signature=self._private.sign(text.encode()))
        return Note(text=text, signatures=(line,)).written()


def verify_checkpoint(note: str, vkey: str) -> Checkpoint:
    """Return the checkpoint of a signed note, or raise ProofInvalid when the key did not sign it or it is none.

    The key's name must be the checkpoint's origin: a key is trusted for one log. Signatures by other keys are ignored.
    Raises BadInput for a malformed vkey.
    """
    key = parse_vkey(vkey)
    checkpoint = parse_checkpoint(verify_note(note, key))
    if checkpoint.origin != key.name:
        raise ProofInvalid("the checkpoint is of another log than the key", code="wrong_origin")
    return checkpoint


def verify_note(note: str, key: VerifierKey) -> str:
    """Return the text of a signed note once `key`'s signature on it holds; raises ProofInvalid otherwise."""
    parts = parse_note(note)
    own = [line.signature for line in parts.signatures if line.is_by(key)]
    if len(own) != 1:
        raise ProofInvalid("the note is not signed exactly once by this key", code="not_signed")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(own[0], parts.text.encode())
    except (InvalidSignature, ValueError) as error:
        raise ProofInvalid("the note's signature does not hold", code="bad_signature") from error
    return parts.text
