"""Which hours and months are over, to the microsecond, and how a receipt writes them down."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.clock import period_of, period_start
from lockplate.errors import BadInput
from lockplate.keys.kek import Kek
from lockplate.keys.ring import KeyRing
from lockplate.law.profile import RetentionRule
from lockplate.retention.due import details_keys, details_over, due_periods
from lockplate.retention.receipt import periods_in, ranges_of
from lockplate.terms import OperatorId, Period

PINE = OperatorId("pine-county")
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[KeyRing]:
    opened = KeyRing(tmp_path / "keys.db", PINE, Kek(bytes(32)))
    yield opened
    opened.close()


# Which hours are over


def test_a_limit_from_capture_counts_from_the_first_second_of_the_hour(ring: KeyRing) -> None:
    """No read outlives the limit: the hour is over when a read of its first second would be, not a second sooner."""
    period = period_of(START)
    ring.make_period_key(period, START)
    rule = RetentionRule(limit=21 * DAY, from_capture=True)
    over = period_start(period) + rule.limit

    assert [] == due_periods(ring, lambda _: rule, over - timedelta(microseconds=1))
    assert [period] == due_periods(ring, lambda _: rule, over)


def test_a_limit_from_storage_counts_from_the_key(ring: KeyRing) -> None:
    """An old read that came today is kept for the limit from today."""
    old = period_of(START - 400 * DAY)
    ring.make_period_key(old, START)
    rule = RetentionRule(limit=30 * DAY, from_capture=False)

    assert [] == due_periods(ring, lambda _: rule, START + 30 * DAY - timedelta(milliseconds=1))
    assert [old] == due_periods(ring, lambda _: rule, START + 30 * DAY)


def test_without_a_rule_nothing_may_be_kept(ring: KeyRing) -> None:
    """A profile that keeps nothing, or none at all, makes every hour due at once."""
    periods = [period_of(START - HOUR), period_of(START)]
    for period in periods:
        ring.make_period_key(period, START)

    assert periods == due_periods(ring, lambda _: None, START)


def test_a_month_s_key_goes_only_when_nothing_young_can_be_under_it() -> None:
    """The month's last hour, and a day for records dated beside the clock, must be over."""
    first = datetime(2026, 11, 5, tzinfo=UTC)

    assert [] == details_keys(first, period_of(datetime(2026, 12, 1, 23, tzinfo=UTC) - HOUR))
    assert ["details:2026-11"] == details_keys(first, period_of(datetime(2026, 12, 1, 23, tzinfo=UTC)))
    assert ["details:2026-11", "details:2026-12"] == details_keys(first, period_of(datetime(2027, 1, 15, tzinfo=UTC)))


def test_no_profile_forgets_no_details() -> None:
    """Without a law there is no longest time for records."""
    assert None is details_over(None, START)


# The receipt's own forms


@given(st.sets(st.integers(0, 600_000), max_size=200))
def test_ranges_hold_exactly_the_hours(numbers: set[int]) -> None:
    """What is written is read again."""
    assert sorted(numbers) == periods_in(ranges_of(Period(number) for number in numbers))


def test_ranges_are_written_short() -> None:
    """Neighbours make one range."""
    assert "1-3,5,9-10" == ranges_of(Period(number) for number in (10, 1, 2, 3, 9, 5))


@pytest.mark.parametrize("text", ["a", "1-b", "--"])
def test_what_is_no_range_is_refused(text: str) -> None:
    """A receipt's hours are numbers."""
    with pytest.raises(BadInput):
        periods_in(text)
