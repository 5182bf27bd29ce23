"""Tokens: the documented HMAC, one by one and many at once."""

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.plate import fold
from lockplate.seal import token
from lockplate.seal.token import COLUMN_TAG, PASSAGE_TAG, RECORD_TAG, TOKEN_TAG, derived_key, token_of, tokens_of
from lockplate.terms import TOKEN_BYTES, PlateKey

KEYS = st.binary(min_size=32, max_size=32)
PLATE_KEYS = st.text(min_size=1).map(fold).filter(bool)


def test_known_tokens(vectors: dict[str, Any]) -> None:
    """First eight bytes of HMAC-SHA-256 over tag and plate key, as computed here and as pinned."""
    period_key, known = bytes.fromhex(vectors["tokens"]["period_key"]), vectors["tokens"]["of"]

    assert len(known) >= 5
    for vector in known:
        message = b"lockplate/token/v1\0" + vector["plate_key"].encode("utf-8")
        assert vector["token"] == hmac.new(period_key, message, hashlib.sha256).digest()[:8].hex()
        assert vector["token"] == token_of(period_key, PlateKey(vector["plate_key"])).hex()
    joined = tokens_of(period_key, [PlateKey(vector["plate_key"]) for vector in known])
    assert "".join(vector["token"] for vector in known) == joined.hex()


@given(KEYS, st.lists(PLATE_KEYS, max_size=20))
def test_many_at_once_are_the_same_as_one_by_one(period_key: bytes, plate_keys: list[PlateKey]) -> None:
    """The fast way gives the same bytes in the same order, repeats included."""
    assert b"".join(token_of(period_key, one) for one in plate_keys) == tokens_of(period_key, plate_keys)


@given(KEYS, KEYS, PLATE_KEYS, PLATE_KEYS)
def test_a_token_stands_for_one_plate_in_one_hour(one: bytes, other: bytes, plate: PlateKey, second: PlateKey) -> None:
    """The same plate and key give the same token; another plate or another hour's key another one."""
    made = token_of(one, plate)

    assert TOKEN_BYTES == len(made)
    assert made == token_of(one, plate)
    assert (one == other) == (made == token_of(other, plate))
    assert (plate == second) == (made == token_of(one, second))


def test_every_use_of_a_key_has_its_own_tag() -> None:
    """No tag is the start of another, so no input of one use is an input of another; all are listed here."""
    tags = [value for name, value in vars(token).items() if name.endswith("_TAG")]

    assert {TOKEN_TAG, RECORD_TAG, PASSAGE_TAG, COLUMN_TAG} == set(tags)
    assert 4 == len(tags)
    assert all(tag.endswith(b"\0") and 1 == tag.count(b"\0") for tag in tags)
    assert len({derived_key(b"k" * 32, tag, b"7A8C123") for tag in tags}) == 4


@pytest.mark.parametrize("tag", [RECORD_TAG, PASSAGE_TAG, COLUMN_TAG])
def test_a_derived_key_shows_no_token(tag: bytes) -> None:
    """The token of a plate, which the store sees, is no part of the key that opens the plate's record."""
    assert token_of(b"k" * 32, PlateKey("7A8C123")) not in derived_key(b"k" * 32, tag, b"7A8C123")
