"""Checkpoint: a tree head as text, signed and checked as C2SP tlog-checkpoint in a C2SP signed note.

What flows in: a tree head and a signing key; or a note from anyone and the one key we trust for it.
What flows out: the note's text; or the Checkpoint, once its signature holds.
What it must never see: I/O, the log's entries. A checkpoint whose signature was not verified never becomes a value.

Key string (vkey): `<name>+<8 hex digits of key id>+<base64(0x01 ‖ Ed25519 public key)>`;
key id = SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[:4].
"""

import base64
import binascii
import hashlib
import re

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lockplate.errors import BadInput, LogRefused, ProofInvalid
from lockplate.merkle import HASH_BYTES

ED25519_TYPE = b"\x01"
KEY_ID_BYTES = 4
SEED_BYTES = 32
MAX_NOTE_CHARACTERS = 131_072
"""signed-note: verifiers accept at least 16 signatures, of up to 5 kB each."""
MAX_TREE_SIZE = 2**63 - 1

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_SIGNATURE_MARK = "— "


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
    if not _is_key_name(origin):
        raise ProofInvalid("a checkpoint's origin is empty or holds a space or a plus", code="bad_checkpoint")
    if not _SIZE.fullmatch(size) or int(size) > MAX_TREE_SIZE:
        raise ProofInvalid("a checkpoint's size is not a plain decimal number", code="bad_checkpoint")
    decoded = decode_base64(root)
    if len(decoded) != HASH_BYTES:
        raise ProofInvalid("a checkpoint's root does not have 32 bytes", code="bad_checkpoint")
    return Checkpoint(origin=origin, size=int(size), root=decoded)


class VerifierKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that somebody chose to trust for one name."""

    name: str
    public: bytes
    """Ed25519, 32 bytes (RFC 8032)."""

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that name this key in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519_TYPE + self.public).digest()[:KEY_ID_BYTES]

    def text(self) -> str:
        """Return the vkey string, as it is published and given to `--key`."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(ED25519_TYPE + self.public)}"


def parse_vkey(text: str) -> VerifierKey:
    """Return the key that a vkey string says, or raise BadInput: malformed, not Ed25519, or with another key's id."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        decoded = decode_base64(encoded)
    except ProofInvalid as error:
        raise BadInput("not a verifier key", code="bad_vkey", next_step=_VKEY_HELP) from error
    if not _is_key_name(name) or not _KEY_ID.fullmatch(key_id) or len(decoded) != 33 or decoded[:1] != ED25519_TYPE:
        raise BadInput("not a verifier key", code="bad_vkey", next_step=_VKEY_HELP)
    key = VerifierKey(name=name, public=decoded[1:])
    if key.key_id.hex() != key_id:
        raise BadInput("the verifier key's id does not belong to its key", code="bad_vkey", next_step=_VKEY_HELP)
    return key


_VKEY_HELP = "Copy the whole key: name+8 hex digits+base64, as the log's owner published it."


class Signer:
    """A log's signing key: signs checkpoints of its own origin and nothing else."""

    __slots__ = ("_private", "verifier")

    def __init__(self, origin: str, seed: bytes) -> None:
        if not _is_key_name(origin):
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
        signature = self.verifier.key_id + self._private.sign(text.encode())
        return f"{text}\n{_SIGNATURE_MARK}{self.origin} {encode_base64(signature)}\n"


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
    text, signatures = _split_note(note)
    own = [signature for name, key_id, signature in signatures if (name, key_id) == (key.name, key.key_id)]
    if len(own) != 1:
        raise ProofInvalid("the note is not signed exactly once by this key", code="not_signed")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(own[0], text.encode())
    except (InvalidSignature, ValueError) as error:
        raise ProofInvalid("the note's signature does not hold", code="bad_signature") from error
    return text


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return a note's text and its signature lines as (name, key id, signature); every line must be well formed."""
    if len(note) > MAX_NOTE_CHARACTERS:
        raise ProofInvalid("the note is too long", code="bad_note")
    if any(character < " " and character != "\n" for character in note) or not _is_unicode(note):
        raise ProofInvalid("the note holds a control character or is not Unicode text", code="bad_note")
    text, separator, signed = note.rpartition("\n\n")
    if not separator or not text or not signed.endswith("\n"):
        raise ProofInvalid("the note has no text, or no signature", code="bad_note")
    return text + "\n", [_parse_signature(line) for line in signed[:-1].split("\n")]


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    if not line.startswith(_SIGNATURE_MARK) or not _is_key_name(name):
        raise ProofInvalid("a signature line is malformed", code="bad_note")
    decoded = decode_base64(encoded)
    if len(decoded) <= KEY_ID_BYTES:
        raise ProofInvalid("a signature line holds no signature", code="bad_note")
    return name, decoded[:KEY_ID_BYTES], decoded[KEY_ID_BYTES:]


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and _is_unicode(name) and not any(c.isspace() or c < " " for c in name)


def _is_unicode(text: str) -> bool:
    """Say whether a text can be written as UTF-8 (a lone surrogate cannot)."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def encode_base64(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Return what standard base64 says, or raise ProofInvalid: each byte string has one spelling, no other is read."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofInvalid("not base64", code="bad_base64") from error
    if encode_base64(decoded) != text:
        raise ProofInvalid("base64 in another spelling than the standard's", code="bad_base64")
    return decoded
