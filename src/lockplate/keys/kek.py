"""The key-encryption key: where it comes from, and how it wraps other keys.

What flows in: a file or an environment value. What flows out: a Kek that wraps and unwraps.
What it must never see: the node's database; the two never lie in one folder.
"""

import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockplate.errors import Conflict, KeyUnavailable, SettingRefused, StoreFailed
from lockplate.folders import make_private_file

KEY_BYTES = 32
_NONCE_BYTES = 12
_WRAP_VERSION = b"\x01"


class Kek:
    """Wraps keys with AES-256-GCM; the context (operator, kind, name) is bound as associated data."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise SettingRefused("a key-encryption key has 32 bytes", code="bad_kek")
        self._cipher = AESGCM(secret)

    def __repr__(self) -> str:
        return "Kek(…)"

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Return version ‖ nonce ‖ ciphertext; only `unwrap` under the same context opens it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _WRAP_VERSION + nonce + self._cipher.encrypt(nonce, key, _WRAP_VERSION + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return the key, or raise KeyUnavailable: another KEK, another context, or damage."""
        if wrapped[:1] != _WRAP_VERSION:
            raise KeyUnavailable("a wrapped key of an unknown version", code="key_version")
        try:
            return self._cipher.decrypt(wrapped[1:13], wrapped[13:], _WRAP_VERSION + context)
        except (InvalidTag, ValueError):
            raise KeyUnavailable(
                "a key does not unwrap with this key-encryption key",
                code="wrong_kek",
                next_step="Start the node with the key-encryption key it was made with.",
            ) from None


def make_kek_file(path: Path) -> None:
    """Write a new key-encryption key, durably, to a file that only its owner can read.

    Raises Conflict when there is a file already: it is never touched, since all that it wrapped would be lost.
    StoreFailed when the disk refuses. The file gets its name only once it is whole, so that a crash
    leaves no half of a key that would stand in the way of the next attempt.
    """
    try:
        make_private_file(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
    except OSError as error:
        if isinstance(error, FileExistsError) and os.path.lexists(path):
            raise Conflict(
                "the key-encryption key's file exists already",
                code="kek_exists",
                next_step="Keep it, or name another file in LOCKPLATE_KEK_FILE.",
            ) from None
        raise StoreFailed("the key-encryption key could not be written", next_step="Look at the disk.") from error


def load_kek(*, file: Path, value: str | None) -> Kek:
    """Return the key-encryption key, from the given value if there is one, else from the file.

    Raises SettingRefused when there is none, when it is not 64 hex digits, or when others may read the file.
    """
    if value is None:
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
            value = file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            raise SettingRefused(
                "the key-encryption key cannot be read",
                code="no_kek",
                next_step="Set LOCKPLATE_KEK_FILE or LOCKPLATE_KEK; without it nothing can be opened.",
            ) from None
        if mode & 0o077:
            raise SettingRefused(
                "the key-encryption key's file can be read by others",
                code="kek_exposed",
                next_step="chmod 600 the file.",
            )
    try:
        return Kek(bytes.fromhex(value.strip()))
    except ValueError:
        raise SettingRefused("the key-encryption key is not 64 hex digits", code="bad_kek") from None
