"""Spans of time: no calendar may make a limit longer, or a duty to keep shorter, than the program reads it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.law.words import LawfulUse, Span, Unit
from lockplate.terms import Purpose

REFUSED_BY_FLOOR = {
    Purpose.IMMIGRATION,
    Purpose.REPRODUCTIVE_CARE,
    Purpose.GENDER_AFFIRMING_CARE,
    Purpose.PROTECTED_SPEECH,
    Purpose.PROTECTED_CLASS,
}


def _later(start: date, months: int) -> timedelta:
    """Return the time from the first of a month to the first of the month `months` later."""
    month = start.year * 12 + start.month - 1 + months
    return date(month // 12, month % 12 + 1, 1) - start


STARTS = [date(year, month, 1) for year in range(2019, 2027) for month in range(1, 13)]


@given(st.integers(1, 60), st.sampled_from(STARTS))
def test_a_month_is_never_read_longer_than_a_calendar_has(months: int, start: date) -> None:
    """shortest ≤ what the calendar says ≤ longest, for every number of months and every start."""
    span = Span(n=months, unit=Unit.MONTHS)
    assert span.shortest() <= _later(start, months) <= span.longest()


@given(st.integers(1, 8), st.sampled_from(STARTS))
def test_a_year_is_never_read_longer_than_a_calendar_has(years: int, start: date) -> None:
    """The same for years, leap years included."""
    span = Span(n=years, unit=Unit.YEARS)
    assert span.shortest() <= _later(start, years * 12) <= span.longest()


@pytest.mark.parametrize("months", range(1, 12))
def test_months_are_read_no_stricter_than_some_calendar(months: int) -> None:
    """The bounds are reached by real months: they are not just safely wide."""
    real = {_later(start, months) for start in STARTS}
    span = Span(n=months, unit=Unit.MONTHS)
    assert (min(real), max(real)) == (span.shortest(), span.longest())


@pytest.mark.parametrize(
    ("expected", "span"),
    [
        (timedelta(minutes=3), Span(n=3, unit=Unit.MINUTES)),
        (timedelta(hours=72), Span(n=72, unit=Unit.HOURS)),
        (timedelta(days=21), Span(n=21, unit=Unit.DAYS)),
    ],
)
def test_short_units_have_one_length(expected: timedelta, span: Span) -> None:
    """Minutes, hours and days mean the same in every calendar."""
    assert (expected, expected) == (span.shortest(), span.longest())


def test_five_years_can_hold_two_leap_days() -> None:
    """A duty to keep for 5 years is read as 1,827 days, a limit of 5 years as 1,825."""
    span = Span(n=5, unit=Unit.YEARS)
    assert (timedelta(days=1825), timedelta(days=1827)) == (span.shortest(), span.longest())


def test_words_for_people() -> None:
    """One day is a day, and two are days."""
    expected = ["1 year", "18 months"]
    assert expected == [Span(n=1, unit=Unit.YEARS).words(), Span(n=18, unit=Unit.MONTHS).words()]


def test_every_purpose_the_floor_lets_pass_can_stand_in_an_allow_list() -> None:
    """A purpose added to the program must be added here, or a closed list would refuse it for ever."""
    assert {purpose.value for purpose in Purpose if purpose not in REFUSED_BY_FLOOR} <= {use.value for use in LawfulUse}


def test_no_purpose_the_floor_refuses_can_stand_in_an_allow_list() -> None:
    """No profile can even write that immigration enforcement is allowed."""
    assert set() == {purpose.value for purpose in REFUSED_BY_FLOOR} & {use.value for use in LawfulUse}
