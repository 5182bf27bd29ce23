"""Times, numbers and strangers' texts as a page says them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lockplate.web.phrases import ago, counted, inert, moment, span


def test_times_are_in_a_named_zone() -> None:
    """An instant is told with its zone, and the day is the zone's own."""
    at = datetime(2026, 11, 24, 4, 5, 6, tzinfo=UTC)

    assert "24 Nov 2026, 04:05:06 UTC" == moment(at)
    assert "23 Nov 2026, 20:05:06 PST" == moment(at, "America/Los_Angeles")


def test_lengths_are_in_the_largest_whole_unit() -> None:
    """A limit reads as the law writes it."""
    lengths = [timedelta(days=30), timedelta(hours=21), timedelta(minutes=3), timedelta(days=1), timedelta(seconds=90)]

    assert ["30 days", "21 hours", "3 minutes", "1 day", "90 seconds"] == [span(one) for one in lengths]
    assert ["1 read", "1,200 reads"] == [counted(1, "read"), counted(1200, "read")]


@given(some.text())
def test_no_control_or_direction_sign_is_left(text: str) -> None:
    """A stranger's text cannot turn the page's own words around."""
    shown = inert(text)

    assert len(text) == len(shown)
    assert not {*map(chr, range(9)), *"\u200b\u202a\u202e\u2066\u2069\ufeff"} & set(shown)
    assert shown == inert(shown)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s ago"), (59.9, "59 s ago"), (60, "1 min ago"), (7199, "1 h ago"), (200_000, "2 d ago"), (-5, "0 s ago")],
)
def test_how_long_ago(seconds: float, told: str) -> None:
    """The largest unit that is full; a time to come is now, since clocks differ."""
    assert told == ago(timedelta(seconds=seconds))
