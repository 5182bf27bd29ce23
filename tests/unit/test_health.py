"""Health: a reader is judged against its own past, never without one, and a little more amiss is never less amiss."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.clock import period_of
from lockplate.health import (
    DECIDED_FEWEST,
    DRIFT_LIMIT_SECONDS,
    FEWEST_DAYS,
    Brought,
    Found,
    Judgement,
    ReaderPast,
    Trait,
    days_of_history,
    judge,
    judge_clock,
    judge_errors,
    judge_rate,
    judge_rejects,
    judge_silence,
    lower_share,
)
from lockplate.terms import Period

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
"""A Tuesday, at a full hour."""
HOUR = timedelta(hours=1)
DAYTIME = range(6, 20)


def usual(at: datetime, reads: int = 60) -> Brought:
    """Return what a reader brings that sleeps at night."""
    return Brought(reads=reads if at.hour in DAYTIME else 0, rejected=1 if at.hour in DAYTIME else 0)


def past(days: float = 28, *, until: datetime = NOW, heard: datetime | None = None, **more: object) -> ReaderPast:
    """Return a past of so many days of the same habit, all of it watched, up to when the reader was last heard."""
    heard = until if heard is None else heard
    first = NOW - timedelta(days=days)
    hours = [first + number * HOUR for number in range(int((until - first) / HOUR) + 1)]
    brought = {period_of(at): usual(at) for at in hours if period_of(at) < period_of(heard) and usual(at).reads}
    watched = {period_of(first + number * HOUR): 1.0 for number in range(60 * 24)}
    values: dict[str, object] = {"brought": brought, "watched": watched, "last_heard": heard}
    return ReaderPast(**(values | more))  # type: ignore[arg-type]


def changed(one: ReaderPast, hours: dict[datetime, Brought]) -> ReaderPast:
    return msgspec.structs.replace(one, brought={**one.brought, **{period_of(at): what for at, what in hours.items()}})


def recent(one: ReaderPast, what: Brought, *, hours: int = 6) -> ReaderPast:
    """Return a past whose last whole hours brought something else."""
    return changed(one, {NOW - number * HOUR: what for number in range(1, hours + 1)})


# Silence


def test_silence_by_day_is_amiss_and_says_what_is_usual() -> None:
    """An hour of nothing at noon, where sixty reads an hour are usual: amiss, with the number behind it."""
    told = judge_silence(past(heard=NOW - HOUR), NOW)

    assert (Found.AMISS, 60.0, 3600.0) == (told.found, told.numbers["usual_reads"], told.numbers["quiet_seconds"])


def test_a_reader_that_sleeps_is_not_silent_at_night() -> None:
    """Nothing from eight in the evening until six: every night is like that; half an hour into the day it is amiss."""
    evening = NOW.replace(hour=19, minute=59)
    for hours in range(1, 10):
        assert judge_silence(past(until=evening, heard=evening), evening + hours * HOUR).found is not Found.AMISS
    assert judge_silence(past(until=evening, heard=evening), evening + 11 * HOUR).found is Found.AMISS


def test_a_short_pause_is_no_silence() -> None:
    """Less than half an hour is none, however many reads are usual."""
    pausing = changed(past(heard=NOW - timedelta(minutes=29)), {NOW - HOUR: Brought(reads=31)})
    assert judge_silence(pausing, NOW).found is Found.WELL


def test_a_reader_that_rests_at_weekends_is_not_silent_then_and_is_on_monday() -> None:
    """Its own Saturdays and Sundays are compared with; a Monday like a Sunday is amiss."""
    working = past()
    rests = {hour: what for hour, what in working.brought.items() if (hour // 24 + 3) % 7 < 5}
    friday, saturday, monday = (
        NOW.replace(day=20, hour=20),
        NOW.replace(day=21, hour=18),
        NOW.replace(day=23, hour=12),
    )
    only = {hour: what for hour, what in rests.items() if hour < period_of(friday)}
    one = msgspec.structs.replace(working, brought=only, last_heard=friday)

    assert judge_silence(one, saturday).found is not Found.AMISS
    assert judge_silence(one, NOW.replace(day=22, hour=18)).found is not Found.AMISS
    assert judge_silence(one, monday).found is Found.AMISS


def test_a_reader_that_rests_at_weekends_is_compared_with_working_days() -> None:
    """An hour of nothing on a Tuesday: its empty Sundays do not hide it, since three Tuesdays are known."""
    working = past(heard=NOW - HOUR)
    rests = {hour: what for hour, what in working.brought.items() if (hour // 24 + 3) % 7 < 5}
    assert judge_silence(msgspec.structs.replace(working, brought=rests), NOW).found is Found.AMISS


def test_hours_that_nobody_watched_are_no_silence() -> None:
    """The node was off since the reader was last heard: nothing is said."""
    heard = NOW - 5 * HOUR
    off = past(heard=heard)
    asleep = {hour: 0.0 for hour in off.watched if hour >= period_of(heard)}

    assert judge_silence(off, NOW).found is Found.AMISS
    assert judge_silence(msgspec.structs.replace(off, watched={**off.watched, **asleep}), NOW).found is Found.BETWEEN


def test_an_hour_that_goes_on_counts_as_far_as_it_went() -> None:
    """Twenty minutes into an hour, all of them watched, a third of its usual reads is expected of it."""
    now = NOW + timedelta(minutes=20)
    one = past(heard=NOW - timedelta(minutes=20))
    third = msgspec.structs.replace(one, watched={**one.watched, period_of(NOW): 1 / 3})

    assert 40.0 == judge_silence(one, now).numbers["usual_reads"]
    assert 40.0 == judge_silence(third, now).numbers["usual_reads"]


def test_a_reader_that_comes_and_goes_is_not_silent() -> None:
    """Every second day it is not there: one more such day is its habit."""
    whole = past(heard=NOW - 3 * HOUR)
    every_second = {hour: what for hour, what in whole.brought.items() if (hour // 24) % 2}
    assert judge_silence(msgspec.structs.replace(whole, brought=every_second), NOW).found is not Found.AMISS


def test_a_mobile_reader_is_given_a_day() -> None:
    """A patrol car's reader is away when its car is."""
    away = past(heard=NOW - 5 * HOUR, mobile=True)
    gone = past(until=NOW - timedelta(days=3), heard=NOW - timedelta(days=3), mobile=True)

    assert judge_silence(away, NOW).found is Found.WELL
    assert judge_silence(gone, NOW).found is Found.AMISS


def test_a_reader_of_few_reads_is_given_days() -> None:
    """Three reads a day: silent after a week, not after a day."""
    heard = NOW - timedelta(days=1)
    few = {period: Brought(reads=3) for period in past(35).brought if period % 24 == 9}
    one = past(35, heard=heard)
    quiet = msgspec.structs.replace(one, brought={hour: what for hour, what in few.items() if hour < period_of(heard)})

    assert judge_silence(quiet, NOW).found is not Found.AMISS
    assert judge_silence(quiet, heard + timedelta(days=7)).found is Found.AMISS


def test_silence_ends_when_the_reader_brings_what_it_should() -> None:
    """A single sign of life after hours does not close the fault; a quarter of the usual hour does."""
    quiet = past(heard=NOW - 4 * HOUR)
    sign = msgspec.structs.replace(changed(quiet, {NOW: Brought(reads=1)}), last_heard=NOW + timedelta(minutes=59))
    back = msgspec.structs.replace(changed(quiet, {NOW: Brought(reads=40)}), last_heard=NOW + timedelta(minutes=59))

    assert Found.BETWEEN is judge_silence(sign, NOW + HOUR).found
    assert Found.WELL is judge_silence(back, NOW + HOUR).found


@given(st.integers(min_value=1, max_value=30 * 24), st.integers(min_value=0, max_value=30 * 24))
@settings(max_examples=60, deadline=None)
def test_longer_silence_is_never_less_amiss(first: int, more: int) -> None:
    """Once a reader is silent it stays so until it is heard."""
    heard = NOW.replace(hour=12)
    one = past(until=heard, heard=heard)
    earlier, later = (judge_silence(one, heard + hours * HOUR).found for hours in (first, first + more))

    assert later is Found.AMISS or earlier is not Found.AMISS


# No history, no alarm


WILD = st.builds(
    Brought,
    reads=st.integers(0, 10_000),
    rejected=st.integers(0, 10_000),
    refused=st.integers(0, 10_000),
)


@given(st.dictionaries(st.integers(0, FEWEST_DAYS * 24 - 8), WILD, max_size=40), st.integers(1, 30 * 24), st.booleans())
@settings(max_examples=200, deadline=None)
def test_nothing_is_said_of_a_habit_with_too_little_history(
    hours: dict[int, Brought], quiet: int, mobile: bool
) -> None:
    """Whatever a reader of less than a week did: neither silent, nor changed in rate or rejects."""
    began = NOW - timedelta(days=FEWEST_DAYS)
    brought = {Period(period_of(began) + 7 + hour): what for hour, what in hours.items()}
    watched = {Period(period_of(began) + hour): 1.0 for hour in range(60 * 24)}
    for now in (NOW, NOW + quiet * HOUR):
        one = ReaderPast(brought=brought, watched=watched, last_heard=NOW, mobile=mobile)
        assert [] == [told for told in judge(one, min(now, NOW + timedelta(days=6))) if told.found is Found.AMISS]


@given(st.integers(0, 10**6))
def test_nothing_is_said_of_a_reader_that_was_never_heard(seconds: int) -> None:
    """No past, no judgement, at any time."""
    one = ReaderPast(brought={}, watched={}, last_heard=None)
    told = {judgement.trait: judgement.found for judgement in judge(one, NOW + timedelta(seconds=seconds))}
    assert set(Trait) == set(told)
    assert {Found.TOO_LITTLE, Found.BETWEEN} >= set(told.values())


def test_too_little_history_says_so() -> None:
    """Six days are too few, eight are enough."""
    assert Found.TOO_LITTLE is judge_silence(past(6, heard=NOW - 5 * HOUR), NOW).found
    assert Found.AMISS is judge_silence(past(9, heard=NOW - 5 * HOUR), NOW).found
    assert Found.TOO_LITTLE is judge_rate(past(6), NOW).found
    assert Found.TOO_LITTLE is judge_rejects(past(6), NOW).found
    assert [0, 6, 9] == [
        days_of_history(one, NOW) for one in (ReaderPast(brought={}, watched={}, last_heard=None), past(6), past(9))
    ]


# Rate


def found_of(told: Judgement) -> tuple[Found, float | None]:
    return told.found, told.numbers.get("usual_reads")


def test_the_usual_rate_is_well() -> None:
    """As every day, and with a fifth more or less."""
    assert (Found.WELL, 360.0) == found_of(judge_rate(past(), NOW))
    assert Found.WELL is judge_rate(recent(past(), Brought(reads=48)), NOW).found
    assert Found.WELL is judge_rate(recent(past(), Brought(reads=72)), NOW).found


def test_a_fall_and_a_rise_are_amiss() -> None:
    """A tenth, and ten times as many, in the last six hours."""
    assert (Found.AMISS, 360.0) == found_of(judge_rate(recent(past(), Brought(reads=6)), NOW))
    assert (Found.AMISS, 360.0) == found_of(judge_rate(recent(past(), Brought(reads=600)), NOW))


def test_between_two_limits_what_was_held_stands() -> None:
    """Two fifths of the usual neither open nor close a fault."""
    assert Found.BETWEEN is judge_rate(recent(past(), Brought(reads=24)), NOW).found


def test_an_outage_that_is_over_is_no_fall() -> None:
    """Five hours of nothing, and a last hour as always."""
    over = changed(recent(past(), Brought()), {NOW - HOUR: usual(NOW - HOUR)})
    assert judge_rate(over, NOW).found is not Found.AMISS


def test_a_wild_day_in_the_past_changes_no_habit() -> None:
    """Robust: one day of a hundred times the reads, and one of none, move neither limit far."""
    wild = {NOW - timedelta(days=3) - number * HOUR: Brought(reads=6000) for number in range(24)}
    none = {NOW - timedelta(days=5) - number * HOUR: Brought() for number in range(24)}
    assert (Found.WELL, 360.0) == found_of(judge_rate(changed(past(), wild | none), NOW))
    assert Found.AMISS is judge_rate(recent(changed(past(), wild | none), Brought(reads=6)), NOW).found


def test_a_silent_reader_has_one_fault() -> None:
    """That nothing comes is said once: as silence, not as a fall too."""
    told = {one.trait: one.found for one in judge(past(until=NOW - 7 * HOUR, heard=NOW - 7 * HOUR), NOW)}
    assert (Found.AMISS, Found.BETWEEN) == (told[Trait.SILENT], told[Trait.RATE])


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_fewer_reads_are_never_less_of_a_fall(one: int, other: int) -> None:
    """Monotone: what is amiss at some count is amiss at every lower one."""
    low, high = sorted((one, other))
    found = [judge_rate(recent(past(), Brought(reads=reads)), NOW).found for reads in (low, high)]
    assert found[0] is Found.AMISS or found[1] is not Found.AMISS


# Rejects


def test_a_reader_that_suddenly_sends_junk_is_amiss() -> None:
    """One in sixty is usual; half is not."""
    told = judge_rejects(recent(past(), Brought(reads=30, rejected=30)), NOW)
    assert (Found.AMISS, 0.5) == (told.found, told.numbers["share"])
    assert Found.WELL is judge_rejects(past(), NOW).found


def test_a_reader_that_always_sends_junk_is_as_always() -> None:
    """A third of rejects for weeks is its habit; more than half is still not called well."""
    third = {hour: Brought(reads=40, rejected=20) for hour in past().brought}
    most = {hour: Brought(reads=20, rejected=40) for hour in past().brought}
    assert Found.WELL is judge_rejects(msgspec.structs.replace(past(), brought=third), NOW).found
    assert Found.BETWEEN is judge_rejects(msgspec.structs.replace(past(), brought=most), NOW).found


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_more_junk_is_never_less_amiss(one: int, other: int) -> None:
    """Monotone in what is rejected."""
    low, high = sorted((one, other))
    found = [
        judge_rejects(recent(past(), Brought(reads=60 - rejected, rejected=rejected)), NOW).found
        for rejected in (low, high)
    ]
    assert found[1] is Found.AMISS or found[0] is not Found.AMISS


# Clock


@pytest.mark.parametrize(
    ("drift", "found"),
    [(0.0, Found.WELL), (-19.0, Found.WELL), (25.0, Found.BETWEEN), (30.5, Found.AMISS), (-3600.0, Found.AMISS)],
)
def test_a_clock_has_a_limit_and_a_band(drift: float, found: Found) -> None:
    """Over thirty seconds is amiss, within twenty is well, between the two what was held stands."""
    one = changed(past(), {NOW: Brought(reads=5, timed=5, least_drift=drift)})
    assert found is judge_clock(one, NOW).found


def test_reads_that_waited_do_not_make_a_clock_wrong() -> None:
    """The read that was least off counts; two reads are too few to say anything."""
    waited = changed(past(), {NOW: Brought(reads=9, timed=9, least_drift=-7200.0)})
    fresh = changed(past(), {NOW: Brought(timed=8, least_drift=-7200.0).plus(Brought(timed=1, least_drift=1.5))})
    few = changed(past(), {NOW: Brought(reads=2, timed=2, least_drift=-7200.0)})

    assert [Found.AMISS, Found.WELL, Found.BETWEEN] == [judge_clock(one, NOW).found for one in (waited, fresh, few)]


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_clock_further_off_is_never_less_amiss(one: float, other: float) -> None:
    """Monotone, on either side."""
    low, high = sorted((one, other))
    for sign in (1, -1):
        found = [
            judge_clock(changed(past(1), {NOW: Brought(timed=3, least_drift=sign * drift)}), NOW).found
            for drift in (low, high)
        ]
        assert found[1] is Found.AMISS or found[0] is not Found.AMISS
    assert DRIFT_LIMIT_SECONDS == 30


# Wrong reads


@pytest.mark.parametrize(
    ("wrong", "decided", "found"),
    [
        (19, 19, Found.TOO_LITTLE),
        (7, 20, Found.BETWEEN),
        (9, 20, Found.AMISS),
        (2, 20, Found.WELL),
        (60, 200, Found.AMISS),
        (45, 200, Found.BETWEEN),
    ],
)
def test_wrong_reads_need_enough_decisions(wrong: int, decided: int, found: Found) -> None:
    """Twenty decided hits at least; the lower end of the interval decides, so few hits need a higher share."""
    assert found is judge_errors(past(1, wrong_reads=wrong, decided=decided)).found


@given(st.integers(0, 400), st.integers(0, 400), st.integers(DECIDED_FEWEST, 400))
def test_more_wrong_reads_are_never_less_amiss(one: int, other: int, decided: int) -> None:
    """Monotone, and the lower end is a share below the plain one."""
    low, high = sorted((min(one, decided), min(other, decided)))
    found = [judge_errors(past(1, wrong_reads=wrong, decided=decided)).found for wrong in (low, high)]
    assert found[1] is Found.AMISS or found[0] is not Found.AMISS
    assert 0 <= lower_share(low, decided) <= low / decided
    assert lower_share(0, 0) == 0
