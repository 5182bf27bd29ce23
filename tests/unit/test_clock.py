"""The clock, UTC hours, and how times are read and written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockplate.clock import (
    SetClock,
    SystemClock,
    format_time,
    monotonic_seconds,
    new_request_id,
    parse_time,
    period_of,
    period_start,
    periods_between,
    require_utc,
)
from lockplate.errors import BadInput
from lockplate.terms import Period

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
AWARE = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=ZONES)


def test_the_set_clock_stands_and_moves_as_told() -> None:
    """Tests and `--now` decide what time it is, also backwards."""
    clock = SetClock(NOON)

    assert [NOON, NOON] == [clock.now(), clock.now()]
    clock.advance(timedelta(hours=2))
    clock.advance(timedelta(minutes=-30))
    assert NOON + timedelta(minutes=90) == clock.now()


def test_the_set_clock_speaks_utc() -> None:
    """A clock set with another offset shows the same instant in UTC; a naive time is refused."""
    clock = SetClock(datetime(2026, 3, 1, 4, tzinfo=timezone(timedelta(hours=-8))))

    assert NOON == clock.now()
    assert UTC == clock.now().tzinfo
    with pytest.raises(BadInput):
        SetClock(datetime(2026, 3, 1))


def test_the_system_clock_is_aware_and_in_utc() -> None:
    """Nothing in the program ever meets a naive now."""
    assert UTC == SystemClock().now().tzinfo


def test_monotonic_seconds_never_go_back() -> None:
    """Waiting is measured on a clock that nobody sets."""
    readings = [monotonic_seconds() for _ in range(1000)]

    assert sorted(readings) == readings


@given(AWARE)
def test_require_utc_keeps_the_instant(at: datetime) -> None:
    """The instant stays, the offset becomes UTC."""
    assert at == require_utc(at)
    assert UTC == require_utc(at).tzinfo


def test_an_instant_outside_the_calendar_is_bad_input() -> None:
    """An offset that leads out of the years 1 to 9999 is the caller's fault, not a crash."""
    with pytest.raises(BadInput):
        require_utc(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    with pytest.raises(BadInput):
        parse_time("9999-12-31T23:59:59-01:00")


@given(AWARE)
@example(datetime(1, 1, 2, tzinfo=UTC))
@example(datetime(999, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC))
def test_what_is_written_is_read_again(at: datetime) -> None:
    """Writing cuts to milliseconds, never rounds up, and reading gives the written instant back."""
    text = format_time(at)
    whole = at - timedelta(microseconds=at.microsecond % 1000)

    assert len("2026-11-24T08:00:00.000Z") == len(text)
    assert whole == parse_time(text)
    assert text == format_time(parse_time(text))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T12:00:00.000Z", NOON),
        (" 2026-03-01T12:00Z\n", NOON),
        ("2026-03-01 12:00:00+00:00", NOON),
        ("2026-03-01t12:00:00z", NOON),
        ("2026-03-01T04:00:00-08:00", NOON),
        ("2026-03-01T17:30:00.25+05:30", NOON + timedelta(milliseconds=250)),
        ("2026-03-01T12:00:00.1234567Z", NOON + timedelta(microseconds=123_456)),
        ("2026-03-01", NOON - timedelta(hours=12)),
    ],
)
def test_times_that_are_read(text: str, at: datetime) -> None:
    """RFC 3339 in its usual spellings; a bare date is its first instant in UTC."""
    assert at == parse_time(text)
    assert UTC == parse_time(text).tzinfo


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "noon",
        "12:00",
        "2026-13-01",
        "2026-02-30T00:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-W48-2",
        "20260301T120000Z",
        "2026-03-01T12Z",
        "2026-03-01X12:00:00Z",
        "2026-03-01T12:00:00,5Z",
        "2026-03-01T12:00:00 Z",
        "2026-03-01T12:00:00+00:00:01",
        "٢٠٢٦-03-01T12:00:00Z",
        "1772366400",
    ],
)
def test_times_that_are_refused(text: str) -> None:
    """Anything that is not RFC 3339 is bad input, with an example of what is."""
    with pytest.raises(BadInput) as refused:
        parse_time(text)
    assert "bad_time" == refused.value.code
    assert "Z" in refused.value.next_step


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive time could be any of 26 hours; nobody guesses."""
    with pytest.raises(BadInput) as refused:
        parse_time("2026-03-01T12:00:00")
    assert "naive_time" == refused.value.code


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way than BadInput."""
    try:
        at = parse_time(text)
    except BadInput:
        return
    assert UTC == at.tzinfo


@given(AWARE)
@example(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC))
@example(datetime(9998, 1, 1, 0, 59, 59, 999_999, tzinfo=UTC))
def test_an_instant_lies_in_its_own_hour(at: datetime) -> None:
    """The period's first instant is at most an hour before, and never after, the instant."""
    start = period_start(period_of(at)) if at >= EPOCH else EPOCH + timedelta(hours=period_of(at))

    assert start <= at < start + timedelta(hours=1)


def test_an_hour_begins_on_the_hour() -> None:
    """The last microsecond belongs to the old hour, the next one to the new; offsets play no part."""
    assert Period(492_324) == period_of(NOON)
    assert Period(492_323) == period_of(NOON - timedelta(microseconds=1))
    assert Period(492_324) == period_of(NOON + timedelta(minutes=59, seconds=59, microseconds=999_999))
    assert Period(492_324) == period_of(datetime(2026, 3, 1, 17, 45, tzinfo=timezone(timedelta(hours=5, minutes=30))))
    assert NOON == period_start(Period(492_324))


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=-2), timedelta(days=3)),
)
@example(NOON, timedelta(hours=1))
@example(NOON, timedelta(microseconds=1))
@example(NOON, timedelta(0))
def test_a_window_touches_exactly_these_hours(start: datetime, length: timedelta) -> None:
    """An hour is listed if and only if some instant of [start, end) lies in it; the hours are in order, without gaps."""
    end = start + length

    first = int((start - EPOCH).total_seconds() // 3600)
    expected = [
        hour
        for hour in range(first - 2, first + 80)
        if max(EPOCH + timedelta(hours=hour), start) < min(EPOCH + timedelta(hours=hour + 1), end)
    ]
    assert expected == periods_between(start, end)


def test_request_ids_are_new_and_sort_by_time() -> None:
    """No two are alike, and what was made later in another millisecond never sorts before."""
    ids = [new_request_id() for _ in range(2000)]

    assert len(ids) == len(set(ids))
    assert sorted(one[:12] for one in ids) == [one[:12] for one in ids]
    assert {32} == {len(one) for one in ids}
