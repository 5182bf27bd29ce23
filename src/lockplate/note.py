"""Note: a text and the signature lines below it, as C2SP signed-note has them, and the key strings that name signers.

What flows in: a note or a key string from anyone. What flows out: its parts, checked for form; a key; base64.
What it must never see: I/O, a private key. Nothing here is proved: who uses a text verifies a signature over it first.

Key string (vkey): `<name>+<8 hex digits of key id>+<base64(type ‖ public key)>`;
key id = SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4].
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from enum import IntEnum

import msgspec

from lockplate.errors import BadInput, ProofInvalid

KEY_ID_BYTES = 4
MAX_NOTE_CHARACTERS = 131_072
"""signed-note: verifiers accept at least 16 signatures, of up to 5 kB each."""

_FIELD = 2**255 - 19
_CURVE = -121665 * pow(121666, -1, _FIELD) % _FIELD
"""The prime and the constant d of Ed25519's curve (RFC 8032, 5.1)."""
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_SIGNATURE_MARK = "— "
_VKEY_HELP = "Copy the whole key: name+8 hex digits+base64, as its owner published it."


class SignatureType(IntEnum):
    """What a key signs, as signed-note numbers it."""

    ED25519 = 0x01
    """A log's own signature over the note's text."""
    ED25519_COSIGNATURE = 0x04
    MLDSA44_COSIGNATURE = 0x06


PUBLIC_BYTES = {
    SignatureType.ED25519: 32,
    SignatureType.ED25519_COSIGNATURE: 32,
    SignatureType.MLDSA44_COSIGNATURE: 1312,
}
"""How long a public key is (RFC 8032; FIPS 204)."""


class VerifierKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that somebody chose to trust for one name and one kind of signature."""

    name: str
    public: bytes
    kind: SignatureType = SignatureType.ED25519

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that name this key in a signature line."""
        material = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(material).digest()[:KEY_ID_BYTES]

    def text(self) -> str:
        """Return the vkey string, as it is published and given to `--key`."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.kind]) + self.public)}"


class SignatureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One signature as a note carries it: whose, and the bytes; whether it holds is not known yet."""

    name: str
    key_id: bytes
    signature: bytes

    def text(self) -> str:
        """Return the line, with its newline."""
        return f"{_SIGNATURE_MARK}{self.name} {encode_base64(self.key_id + self.signature)}\n"

    def is_by(self, key: VerifierKey) -> bool:
        """Say whether this line claims to be by a key; name and id together name it."""
        return (self.name, self.key_id) == (key.name, key.key_id)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note's text, with its last newline, and its signature lines in order."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def written(self) -> str:
        """Return the whole note."""
        return self.text + "\n" + "".join(line.text() for line in self.signatures)

    def with_lines(self, lines: Iterable[SignatureLine]) -> "Note":
        """Return the note with further lines; one by the same name and key id is replaced in its place."""
        merged = {(line.name, line.key_id): line for line in (*self.signatures, *lines)}
        return msgspec.structs.replace(self, signatures=tuple(merged.values()))


def parse_note(note: str) -> Note:
    """Return a note's parts, or raise ProofInvalid when any part of it is malformed."""
    if len(note) > MAX_NOTE_CHARACTERS:
        raise ProofInvalid("the note is too long", code="bad_note")
    if any(character < " " and character != "\n" for character in note) or not _is_unicode(note):
        raise ProofInvalid("the note holds a control character or is not Unicode text", code="bad_note")
    text, separator, signed = note.rpartition("\n\n")
    if not separator or not text:
        raise ProofInvalid("the note has no text, or no signature", code="bad_note")
    return Note(text=text + "\n", signatures=parse_lines(signed))


def parse_lines(text: str) -> tuple[SignatureLine, ...]:
    """Return one or more signature lines, each ended by a newline; raises ProofInvalid when one is malformed."""
    if len(text) > MAX_NOTE_CHARACTERS or not text.endswith("\n"):
        raise ProofInvalid("the note has no text, or no signature", code="bad_note")
    return tuple(_parse_line(line) for line in text[:-1].split("\n"))


def parse_vkey(text: str, kinds: Iterable[SignatureType] = (SignatureType.ED25519,)) -> VerifierKey:
    """Return the key that a vkey string says, or raise BadInput.

    Refused: malformed, of a kind that is not asked for, with another key's id, or one under which anyone can sign.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        decoded = decode_base64(encoded)
    except ProofInvalid as error:
        raise BadInput("not a verifier key", code="bad_vkey", next_step=_VKEY_HELP) from error
    kind = next((kind for kind in kinds if decoded[:1] == bytes([kind])), None)
    if kind is None or not is_key_name(name) or not _KEY_ID.fullmatch(key_id):
        raise BadInput("not a verifier key", code="bad_vkey", next_step=_VKEY_HELP)
    if len(decoded) != 1 + PUBLIC_BYTES[kind]:
        raise BadInput("the verifier key is too short or too long", code="bad_vkey", next_step=_VKEY_HELP)
    if kind is not SignatureType.MLDSA44_COSIGNATURE and _binds_nobody(decoded[1:]):
        raise BadInput("signatures under this key bind nobody", code="weak_vkey", next_step="Trust no such signer.")
    key = VerifierKey(name=name, public=decoded[1:], kind=kind)
    if key.key_id.hex() != key_id:
        raise BadInput("the verifier key's id does not belong to its key", code="bad_vkey", next_step=_VKEY_HELP)
    return key


def is_key_name(name: str) -> bool:
    """Say whether a text can name a key: not empty, no space of any kind, no plus."""
    return bool(name) and "+" not in name and _is_unicode(name) and not any(c.isspace() or c < " " for c in name)


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


def _binds_nobody(public: bytes) -> bool:
    """Say whether an Ed25519 public key is a point of small order, or a second spelling of a point.

    Under such a point anyone can make signatures, so that its owner could disown every one of them.
    """
    y, z = int.from_bytes(public, "little") & (2**255 - 1), 1
    if y >= _FIELD:
        return True
    for _ in range(3):  # the point is doubled, by its y/z alone; small order means that eight times it is the identity
        yy, zz = y * y % _FIELD, z * z % _FIELD
        over, under = yy - zz, _CURVE * yy + zz  # x² as a fraction
        y, z = (yy * under + over * zz) % _FIELD, (zz * under - _CURVE * over * yy) % _FIELD
    return y == z


def _parse_line(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    if not line.startswith(_SIGNATURE_MARK) or not is_key_name(name):
        raise ProofInvalid("a signature line is malformed", code="bad_note")
    decoded = decode_base64(encoded)
    if len(decoded) <= KEY_ID_BYTES:
        raise ProofInvalid("a signature line holds no signature", code="bad_note")
    return SignatureLine(name=name, key_id=decoded[:KEY_ID_BYTES], signature=decoded[KEY_ID_BYTES:])


def _is_unicode(text: str) -> bool:
    """Say whether a text can be written as UTF-8 (a lone surrogate cannot)."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
