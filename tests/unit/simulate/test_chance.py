"""Chance: draws depend on their names alone."""

import hashlib
import uuid

from hypothesis import given
from hypothesis import strategies as st

from lockplate.simulate.chance import Chance, hex_of, number_of, uuid_of

NAMES = st.lists(st.one_of(st.integers(), st.text(max_size=8)), min_size=1, max_size=4)


@given(NAMES)
def test_the_same_names_give_the_same_stream(names):
    """Two streams of one name agree for longer than one block of digests."""
    one, other = Chance(*names), Chance(*names)

    assert [one.word() for _ in range(20)] == [other.word() for _ in range(20)]


def test_a_stream_is_what_it_was():
    """The draws are fixed by BLAKE2b for ever: a seed in somebody's notes keeps its meaning."""
    digest = hashlib.blake2b(b"7/example", salt=bytes(16)).digest()

    assert int.from_bytes(digest[-8:], "little") == Chance(7, "example").word()
    assert Chance(7, "example").below(100) == 51


def test_other_names_give_other_draws():
    """A thousand streams do not start alike."""
    assert len({Chance("stream", number).word() for number in range(1000)}) == 1000


@given(NAMES)
def test_fractions_stay_in_range(names):
    """A fraction is never one, and never below zero."""
    chance = Chance(*names)

    assert all(0 <= chance.fraction() < 1 for _ in range(30))


def test_probabilities_are_kept():
    """Of ten thousand draws, about a tenth happen at a probability of 0.1; none at 0, all at 1."""
    chance = Chance("probability")
    happened = sum(chance.happens(0.1) for _ in range(10_000))

    assert 900 < happened < 1100
    assert not any(chance.happens(0) for _ in range(100))
    assert all(chance.happens(1) for _ in range(100))


@given(NAMES)
def test_ids_are_well_formed(names):
    """A UUID is one, of version 8; hex text has its length; a number is below its limit."""
    assert uuid.UUID(uuid_of(*names)).version == 8
    assert uuid.UUID(uuid_of(*names)).variant == uuid.RFC_4122
    assert len(hex_of(24, *names)) == 24
    assert 0 <= number_of(17, *names) < 17
