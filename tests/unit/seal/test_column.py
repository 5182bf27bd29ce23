"""Sealed columns and details: the documented bytes, and one place each."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockplate.clock import SetClock
from lockplate.errors import SealBroken
from lockplate.keys.ring import KeyRing
from lockplate.seal.column import ColumnSealer

NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
PLACES = st.tuples(NAMES, NAMES, st.text(max_size=12))


@pytest.fixture
def sealer(open_ring: Callable[[str], KeyRing], clock: SetClock) -> ColumnSealer:
    return ColumnSealer(open_ring("city"), clock)


def test_the_known_column(vectors: dict[str, Any], known_ring: KeyRing, clock: SetClock) -> None:
    """Head, derived key and sealed bytes, as computed here from the document and as pinned; the program opens them."""
    vector, data_key = vectors["column"], bytes.fromhex(vectors["keys"]["wrapped"][1]["key"])
    nonce, plain = bytes.fromhex(vector["nonce"]), bytes.fromhex(vector["plain"])
    context = "\0".join(("column", vector["table"], vector["column"], vector["row_id"])).encode()
    head = b"\x01\x0bcolumn:hits"

    key = hmac.new(data_key, b"lockplate/column/v1\0" + context, hashlib.sha256).digest()
    sealed = head + nonce + AESGCM(key).encrypt(nonce, plain, head + context)

    assert (vector["context"], vector["column_key"], vector["sealed"]) == (context.hex(), key.hex(), sealed.hex())
    opened = ColumnSealer(known_ring, clock).open_column(vector["table"], vector["column"], vector["row_id"], sealed)
    assert plain == opened


def test_the_known_details(vectors: dict[str, Any], known_ring: KeyRing, clock: SetClock) -> None:
    """The same for a log record's details, under the month's key."""
    vector, data_key = vectors["details"], bytes.fromhex(vectors["keys"]["wrapped"][2]["key"])
    nonce, plain = bytes.fromhex(vector["nonce"]), bytes.fromhex(vector["plain"])
    context = b"details\0" + bytes.fromhex(vector["associated_data"])
    head = b"\x01\x0fdetails:2026-03"

    key = hmac.new(data_key, b"lockplate/column/v1\0" + context, hashlib.sha256).digest()
    sealed = head + nonce + AESGCM(key).encrypt(nonce, plain, head + context)

    assert (vector["context"], vector["sealed"]) == (context.hex(), sealed.hex())
    opened = ColumnSealer(known_ring, clock).open_details(sealed, bytes.fromhex(vector["associated_data"]))
    assert plain == opened


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(PLACES, PLACES, st.binary(max_size=60))
def test_a_column_opens_in_its_own_place_only(
    sealer: ColumnSealer, place: tuple[str, str, str], other: tuple[str, str, str], plain: bytes
) -> None:
    """Table, column and row together: no other place opens it, and no place's bytes are readable."""
    sealed = sealer.seal_column(*place, plain)

    assert plain == sealer.open_column(*place, sealed)
    assert len(plain) < 6 or plain not in sealed
    assert sealed != sealer.seal_column(*place, plain)
    if other != place:
        with pytest.raises(SealBroken):
            sealer.open_column(*other, sealed)


@pytest.mark.parametrize(
    "other", [("hits", "plate", "2"), ("hits", "region", "1"), ("lists", "plate", "1"), ("hits", "plate", "1\0")]
)
def test_a_value_cannot_be_moved(sealer: ColumnSealer, other: tuple[str, str, str]) -> None:
    """An insider who copies one row's sealed plate into another row, column or table gets a broken seal."""
    sealed = sealer.seal_column("hits", "plate", "1", b"7ABC123")
    sealer.seal_column("lists", "plate", "1", b"7XYZ999")

    with pytest.raises(SealBroken):
        sealer.open_column(*other, sealed)


def test_columns_and_details_never_open_as_each_other(sealer: ColumnSealer) -> None:
    """Even a table called `details` shares no place with the log's details."""
    column = sealer.seal_column("details", "plate", "1", b"7ABC123")
    details = sealer.seal_details(b"7ABC123", b"plate\x001")

    with pytest.raises(SealBroken):
        sealer.open_details(column, b"plate\x001")
    with pytest.raises(SealBroken):
        sealer.open_column("details", "plate", "1", details)


def test_details_open_for_their_own_record_only(sealer: ColumnSealer) -> None:
    """The associated data of another leaf does not open them."""
    sealed = sealer.seal_details(b"case 2026-00417", b"leaf 7")

    assert b"case 2026-00417" == sealer.open_details(sealed, b"leaf 7")
    for other in (b"leaf 8", b"leaf 77", b"", b"leaf 7\0"):
        with pytest.raises(SealBroken):
            sealer.open_details(sealed, other)


def test_any_changed_bit_breaks_the_seal(sealer: ColumnSealer) -> None:
    """Version, key name, nonce, ciphertext, tag and length are all bound."""
    sealed = sealer.seal_column("hits", "plate", "1", b"7ABC123")
    spoilt = [
        sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
        for place in range(len(sealed))
        for bit in range(8)
    ]
    spoilt += [sealed[:length] for length in range(len(sealed))] + [sealed + b"\0"]

    for damaged in spoilt:
        with pytest.raises(SealBroken):
            sealer.open_column("hits", "plate", "1", damaged)


@given(st.binary(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_other_bytes_are_a_broken_seal(sealer: ColumnSealer, noise: bytes) -> None:
    """What the database hands back may be anything; it fails in one way only."""
    for damaged in (noise, b"\x01\x0bcolumn:hits" + noise):
        with pytest.raises(SealBroken):
            sealer.open_column("hits", "plate", "1", damaged)


def test_another_operators_columns_do_not_open(open_ring: Callable[[str], KeyRing], clock: SetClock) -> None:
    """Each operator has its own data keys, though table, column, row and key-encryption key are the same."""
    city, county = ColumnSealer(open_ring("city"), clock), ColumnSealer(open_ring("county"), clock)
    sealed = city.seal_column("hits", "plate", "1", b"7ABC123")
    county.seal_column("hits", "plate", "1", b"7ABC123")

    with pytest.raises(SealBroken):
        county.open_column("hits", "plate", "1", sealed)


def test_a_month_can_be_forgotten(open_ring: Callable[[str], KeyRing], clock: SetClock) -> None:
    """Details of one month die with the month's key; the next month's still open, and so do columns."""
    ring = open_ring("city")
    sealer = ColumnSealer(ring, clock)
    march = sealer.seal_details(b"march", b"1")
    column = sealer.seal_column("hits", "plate", "1", b"7ABC123")
    clock.advance(timedelta(days=31))
    april = sealer.seal_details(b"april", b"2")
    assert b"march" == sealer.open_details(march, b"1")

    assert ring.destroy_data_key("details:2026-03", clock.now()) is not None

    with pytest.raises(SealBroken) as broken:
        sealer.open_details(march, b"1")
    assert "key_gone" == broken.value.code
    assert b"april" == sealer.open_details(april, b"2")
    assert b"7ABC123" == sealer.open_column("hits", "plate", "1", column)


def test_opening_makes_no_key(open_ring: Callable[[str], KeyRing], clock: SetClock) -> None:
    """Bytes that name a key which never was do not bring one into being."""
    ring = open_ring("city")

    with pytest.raises(SealBroken):
        ColumnSealer(ring, clock).open_column("hits", "plate", "1", b"\x01\x0bcolumn:hits" + bytes(40))
    assert ring.stored_data_key("column:hits") is None
