"""Passwords: the FIPS path, slow on purpose."""

import hashlib
from base64 import b64decode

import pytest

from lockplate.errors import BadInput, Unauthenticated
from lockplate.registry.passwords import Passwords


def test_the_default_is_the_promised_one() -> None:
    """PBKDF2-HMAC-SHA-256, 600,000 iterations, 32-byte salt, and hashlib alone finds the same digest."""
    scheme, iterations, salt, digest = Passwords().make_line("a long enough password").split("$")
    assert ("pbkdf2-sha256", "600000", 32) == (scheme, iterations, len(b64decode(salt)))
    assert hashlib.pbkdf2_hmac("sha256", b"a long enough password", b64decode(salt), 600_000) == b64decode(digest)


def test_match_and_mismatch(passwords: Passwords) -> None:
    """The right password returns its line; any other raises."""
    line = passwords.make_line("correct battery staple")
    assert line == passwords.require_match("correct battery staple", line)
    for wrong in ("", "correct battery staplE", "correct battery staple ", "x" * 5000, "\udcff"):
        with pytest.raises(Unauthenticated):
            passwords.require_match(wrong, line)


def test_two_lines_of_one_password_differ(passwords: Passwords) -> None:
    """Salts are random."""
    assert passwords.make_line("correct battery staple") != passwords.make_line("correct battery staple")


def test_nobody_never_matches(passwords: Passwords) -> None:
    """Without a line nothing matches."""
    with pytest.raises(Unauthenticated):
        passwords.require_match("correct battery staple", None)


def test_keyboards_agree(passwords: Passwords) -> None:
    """One password typed composed and decomposed is one password."""
    line = passwords.make_line("caf\u00e9 by the river")
    assert line == passwords.require_match("cafe\u0301 by the river", line)


def test_an_older_line_still_matches() -> None:
    """A line says its own iterations, so raising the number locks nobody out."""
    line = Passwords(iterations=500).make_line("correct battery staple")
    assert line == Passwords(iterations=1000).require_match("correct battery staple", line)


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1025])
def test_lengths(passwords: Passwords, password: str) -> None:
    """Shorter than 12 or longer than 1,024 characters is no password."""
    with pytest.raises(BadInput):
        passwords.make_line(password)
