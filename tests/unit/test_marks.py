"""Marks: one for each row, sums that only the same rows have, and nothing without the key."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lockplate.marks import NO_ROWS, RowMarker, RowSum, add_sums, date_text, day_of, sums_of
from lockplate.terms import ReaderId

NORTH, SOUTH = ReaderId("north"), ReaderId("south")
DAY = 86_400


def marks(rows, key=bytes(32)):
    readers = (NORTH, SOUTH)
    tokens = b"".join(number.to_bytes(8, "big") for number, _, _ in rows)
    seconds = np.array([second for _, second, _ in rows], np.uint32)
    places = np.array([readers.index(reader) for _, _, reader in rows], np.int32)
    return RowMarker(key).marks(tokens, seconds, places, readers), seconds, places, readers


def total(rows, signs=None):
    made, seconds, places, readers = marks(rows)
    return sums_of(made, seconds, places, readers, None if signs is None else np.array(signs, np.int8))


def test_a_mark_is_what_the_record_says():
    """Known answer, made with the openssl command from the words of the module."""
    made, *_ = marks([(0x0102030405060708, 1_700_000_000, NORTH)], key=bytes(range(32)))
    assert [4326744867925833684, 2301937551690575820] == made[0].tolist()


def test_every_part_of_a_row_and_the_key_change_its_mark():
    """Token, second, reader, key."""
    base = (7, 1_700_000_000, NORTH)
    others = [(8, *base[1:]), (7, base[1] + 1, NORTH), (7, base[1], SOUTH)]
    made, *_ = marks([base, *others])
    keyed, *_ = marks([base], key=bytes(31) + b"\1")
    seen = {*map(tuple, made.tolist()), *map(tuple, keyed.tolist())}
    assert 5 == len(seen)


rows_of = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 3 * DAY), st.sampled_from([NORTH, SOUTH])), min_size=1, max_size=30
)


@given(rows_of, st.randoms())
def test_a_sum_does_not_turn_on_order_or_on_how_rows_are_grouped(rows, random):
    """In one go, shuffled, or one by one: the same sums."""
    whole = total(rows)
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert whole == total(shuffled)
    assert whole == add_sums(total([row]) for row in rows)
    assert len(rows) == sum(one.rows for one in whole.values())


@given(rows_of)
def test_taking_off_what_was_added_leaves_nothing(rows):
    """Plus and minus, row by row; a sign of 0 counts nothing."""
    both = total(rows + rows, [1] * len(rows) + [-1] * len(rows))
    assert {} == both
    assert {} == total(rows, [0] * len(rows))


@given(rows_of, rows_of)
def test_other_rows_of_the_same_number_have_another_sum(one, other):
    """Counts alone would not see a row that was exchanged; the marks do."""
    if sorted(one) != sorted(other):
        assert total(one) != total(other)


def test_a_sum_knows_its_days_and_readers():
    """By UTC day of capture and reader; empty ones are left out, and an empty sum is false."""
    found = total([(1, 10, NORTH), (2, DAY + 10, NORTH), (3, DAY + 10, SOUTH), (4, DAY + 11, SOUTH)])
    assert {(0, NORTH): 1, (1, NORTH): 1, (1, SOUTH): 2} == {place: one.rows for place, one in found.items()}
    assert not NO_ROWS
    assert RowSum(low=1)
    assert "1970-01-02" == date_text(day_of(DAY))


def test_a_marker_does_not_show_its_key():
    """In a traceback or a log line."""
    assert "RowMarker(…)" == repr(RowMarker(bytes(32)))
