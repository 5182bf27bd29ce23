"""Passwords: hashed on the FIPS path, and compared in constant time.

What flows in: a password. What flows out: a hash line, or Unauthenticated.
What it must never see: whose password it is.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata

from lockplate.errors import BadInput, Unauthenticated

ITERATIONS = 600_000
SALT_BYTES = 32
MIN_CHARACTERS = 12
MAX_CHARACTERS = 1024
_SCHEME = "pbkdf2-sha256"


class Passwords:
    """PBKDF2-HMAC-SHA-256 with a 32-byte salt; a line says its own iterations, so that they can grow."""

    def __init__(self, iterations: int = ITERATIONS) -> None:
        self._iterations = iterations
        self._nobody = self._line(secrets.token_urlsafe(SALT_BYTES))

    def make_line(self, password: str) -> str:
        """Return the line to store, or raise BadInput for a password shorter than 12 characters or over 1,024."""
        if not MIN_CHARACTERS <= len(_prepared(password)) <= MAX_CHARACTERS:
            raise BadInput(f"a password has at least {MIN_CHARACTERS} characters", code="bad_password")
        return self._line(password)

    def require_match(self, password: str, line: str | None) -> str:
        """Return the line when the password is its own, else raise Unauthenticated.

        None stands for a person who does not exist or has no password: refused after the same work.
        """
        scheme, iterations, salt, expected = (line or self._nobody).split("$")
        actual = _digest(password[:MAX_CHARACTERS], base64.b64decode(salt, validate=True), int(iterations))
        same = hmac.compare_digest(actual, base64.b64decode(expected, validate=True))
        if line is None or scheme != _SCHEME or not same or len(password) > MAX_CHARACTERS:
            raise wrong_credentials()
        return line

    def _line(self, password: str) -> str:
        salt = secrets.token_bytes(SALT_BYTES)
        digest = _digest(password, salt, self._iterations)
        return "$".join(
            (_SCHEME, str(self._iterations), base64.b64encode(salt).decode(), base64.b64encode(digest).decode())
        )


def wrong_credentials() -> Unauthenticated:
    """Return the one refusal for an unknown person, a wrong password, a locked and an inactive person."""
    return Unauthenticated(
        "the name or the password is not right",
        next_step="After five wrong tries in 15 minutes an administrator must release the account.",
    )


def _prepared(password: str) -> str:
    """Return the password as every keyboard sends it (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _digest(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", _prepared(password).encode("utf-8", "replace"), salt, iterations)
