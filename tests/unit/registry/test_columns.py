"""Column types: what goes in comes out, on integers and JSON."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from lockplate.errors import BadInput
from lockplate.registry.columns import UtcTime, WordSet

DIALECT = sqlite.dialect()


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_times_come_back_and_keep_their_order(one: datetime, other: datetime) -> None:
    """An instant survives to the microsecond, and the stored integers sort as the instants do."""
    column = UtcTime()
    try:
        one, other = one.astimezone(UTC), other.astimezone(UTC)
    except OverflowError:
        return
    stored, stored_other = (column.process_bind_param(at, DIALECT) for at in (one, other))
    assert one == column.process_result_value(stored, DIALECT)
    assert (one < other) == (stored < stored_other)


def test_an_offset_is_the_same_instant() -> None:
    """A time in another zone is stored as the UTC instant it names."""
    column = UtcTime()
    there = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=1)))
    assert column.process_bind_param(datetime(2026, 3, 2, 8, tzinfo=UTC), DIALECT) == column.process_bind_param(
        there, DIALECT
    )


def test_a_naive_time_is_refused() -> None:
    """Nobody guesses a zone on the way into the database."""
    with pytest.raises(BadInput):
        UtcTime().process_bind_param(datetime(2026, 3, 2), DIALECT)


@given(st.frozensets(st.text()))
def test_sets_come_back(words: frozenset[str]) -> None:
    """A set of words survives, whatever is in it."""
    column = WordSet()
    assert words == column.process_result_value(column.process_bind_param(words, DIALECT), DIALECT)


def test_none_stays_none() -> None:
    """An absent value is absent, not an empty one."""
    assert (None, None) == (UtcTime().process_bind_param(None, DIALECT), WordSet().process_bind_param(None, DIALECT))
