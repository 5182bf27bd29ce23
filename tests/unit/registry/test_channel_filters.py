"""Filters: what passes, by every sort, and the hours of a day in a zone where clocks change."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.hotlist import Category, ListId, Priority
from lockplate.registry.channel_filters import AlertFacts, ChannelFilter, Hours, Weekday
from lockplate.terms import OperatorId, ReaderId

LIST, OTHER = ListId("l" + "0" * 20), ListId("l" + "1" * 20)
ALERT = AlertFacts(
    hit_id="h1",
    operator=OperatorId("pine"),
    list_id=LIST,
    category=Category.AMBER,
    priority=Priority.HIGH,
    reader=ReaderId("bridge"),
)
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NONE: frozenset[str] = frozenset()


def chosen(**fields: Any) -> ChannelFilter:
    return ChannelFilter(**fields)


@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        ({}, True),
        ({"lists": frozenset({LIST})}, True),
        ({"lists": frozenset({OTHER})}, False),
        ({"lists": frozenset({LIST, OTHER})}, True),
        ({"priorities": frozenset({Priority.HIGH})}, True),
        ({"priorities": frozenset({Priority.LOW})}, False),
        ({"categories": frozenset({Category.AMBER})}, True),
        ({"categories": frozenset({Category.WANTED})}, False),
        ({"readers": frozenset({ReaderId("bridge")})}, True),
        ({"readers": frozenset({ReaderId("gate")})}, False),
        ({"groups": frozenset({"north"})}, True),
        ({"groups": frozenset({"south"})}, False),
        ({"readers": frozenset({ReaderId("gate")}), "groups": frozenset({"north"})}, True),
        ({"lists": frozenset({LIST}), "priorities": frozenset({Priority.LOW})}, False),
        ({"alerts": False, "faults": True}, False),
    ],
)
def test_what_passes(fields: dict[str, Any], *, passes: bool) -> None:
    """One of a sort is enough, every sort that is named must agree, and a channel of faults takes no alert."""
    assert passes == chosen(**fields).check().wants(ALERT, frozenset({"north", "river"}), MONDAY)


def test_a_reader_in_no_group_passes_no_filter_of_groups() -> None:
    """A reader that was never registered here is in none."""
    assert not chosen(groups=frozenset({"north"})).wants(ALERT, NONE, MONDAY)


@pytest.mark.parametrize(
    ("hours", "at", "inside"),
    [
        (("08:00", "17:00", ()), "08:00", True),
        (("08:00", "17:00", ()), "16:59", True),
        (("08:00", "17:00", ()), "17:00", False),
        (("22:00", "06:00", ()), "23:30", True),
        (("22:00", "06:00", ()), "05:59", True),
        (("22:00", "06:00", ()), "06:00", False),
        (("22:00", "06:00", ()), "12:00", False),
        (("00:00", "00:00", ()), "12:00", True),
        (("00:00", "00:00", ("tue",)), "12:00", False),
        (("22:00", "06:00", ("mon",)), "23:00", True),
        (("22:00", "06:00", ("mon",)), "05:00", False),
        (("22:00", "06:00", ("sun",)), "05:00", True),
        (("22:00", "06:00", ("sun",)), "23:00", False),
    ],
)
def test_hours(hours: tuple[str, str, tuple[str, ...]], at: str, *, inside: bool) -> None:
    """On a Monday; hours over midnight belong to the day on which they begin."""
    start, end, days = hours
    moment = datetime.combine(MONDAY.date(), time.fromisoformat(at), UTC)

    assert inside == Hours(start=start, end=end, days=frozenset(map(Weekday, days))).check().include(moment)


def test_hours_are_those_of_the_zone() -> None:
    """Half past six in the morning in Los Angeles is half past two in the afternoon in UTC."""
    morning = Hours(start="06:00", end="07:00")
    at = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)

    assert morning.include(at.astimezone(ZoneInfo("America/Los_Angeles")))
    assert not morning.include(at)


@given(st.times(), st.times(), st.times())
def test_a_day_is_split_in_two(start: time, end: time, at: time) -> None:
    """Whatever the hours, each minute is in them or in their rest, never in both."""
    first, last = (f"{one:%H:%M}" for one in (start, end))
    moment = datetime.combine(MONDAY.date(), at.replace(tzinfo=None), UTC)
    inside = Hours(start=first, end=last).include(moment)

    assert first == last or inside != Hours(start=last, end=first).include(moment)


@given(st.integers(0, 7 * 24 * 60))
def test_hours_of_single_days_make_the_week(minutes: int) -> None:
    """The same hours of all seven days, one by one, hold exactly what those of every day hold."""
    at = MONDAY + timedelta(minutes=minutes)
    each = [Hours(start="21:00", end="04:00", days=frozenset({day})).include(at) for day in Weekday]

    assert Hours(start="21:00", end="04:00").include(at) == any(each)
    assert sum(each) <= 1


@pytest.mark.parametrize(
    "fields",
    [
        {"alerts": False},
        {"lists": frozenset({ListId("4HJK882")})},
        {"groups": frozenset({"4HJK882"})},
        {"readers": frozenset({ReaderId("4 HJK")})},
        {"hours": Hours(start="8:00", end="17:00")},
        {"hours": Hours(start="08:00", end="")},
        {"hours": Hours(start="08:00", end="24:00")},
        {"groups": frozenset(f"g{number}" for number in range(201))},
    ],
)
def test_what_is_no_filter(fields: dict[str, Any]) -> None:
    """What lets nothing through, what is no id, and hours that are none are refused; a plate is none of them."""
    with pytest.raises(BadInput):
        chosen(**fields).check()
