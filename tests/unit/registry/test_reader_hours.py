"""What each hour brought, and which hours were watched: added up, read back, forgotten in time, and never lost by an error."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from lockplate.clock import period_of
from lockplate.errors import Conflict
from lockplate.health import Brought
from lockplate.registry.reader_hours import KEPT, ReaderHours
from lockplate.registry.watched import LONG_GAP, SETTLED_AFTER, Watched
from lockplate.terms import OperatorId, ReaderId

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
PINE = OperatorId("pine-county")
ELM = ReaderId("elm-1")
HOUR = timedelta(hours=1)


@pytest.mark.usefixtures("county")
def test_an_hour_adds_up_over_flushes_and_restarts(engine: Engine) -> None:
    """Counts add, the best drift and the last moment stand; another process reads the same."""
    hours = ReaderHours(engine)
    hours.note(PINE, ELM, NOW, Brought(reads=3, timed=3, least_drift=-7.0))
    hours.flush()
    hours.note(PINE, ELM, NOW + timedelta(minutes=5), Brought(reads=2, rejected=1, timed=2, least_drift=1.5))
    hours.note(PINE, ELM, NOW - HOUR, Brought(reads=9))

    told = hours.of(PINE, NOW + timedelta(minutes=10))[ELM]

    assert {period_of(NOW), period_of(NOW - HOUR)} == set(told)
    one = told[period_of(NOW)]
    assert (5, 1, 5, 1.5, NOW + timedelta(minutes=5)) == (
        one.reads, one.rejected, one.timed, one.least_drift, one.last_at,
    )  # fmt: skip
    assert told == ReaderHours(engine).of(PINE, NOW + timedelta(minutes=10))[ELM]


@pytest.mark.usefixtures("county")
def test_what_is_old_or_ahead_is_left_out(engine: Engine) -> None:
    """Hours before 35 days, and hours that a clock which went back has not reached yet."""
    hours = ReaderHours(engine)
    for at in (NOW - KEPT - HOUR, NOW - KEPT + 10 * HOUR, NOW, NOW + 3 * HOUR):
        hours.note(PINE, ELM, at, Brought(reads=1))
    assert 2 == len(hours.of(PINE, NOW)[ELM])
    assert 3 == len(hours.of(PINE, NOW + 4 * HOUR)[ELM])
    assert 2 == len(hours.of(PINE, NOW)[ELM]), "a clock that went back"
    assert 1 == hours.prune(NOW - KEPT)
    assert 3 == len(ReaderHours(engine).of(PINE, NOW + 4 * HOUR)[ELM])


@pytest.mark.usefixtures("county")
def test_counts_that_cannot_be_written_stay(engine: Engine) -> None:
    """An operator that is not here makes the whole flush fail; once it is gone from what is pending, the rest is written."""
    hours = ReaderHours(engine)
    hours.note(PINE, ELM, NOW, Brought(reads=3))
    with _unknown_operator(hours), pytest.raises(Conflict):
        hours.flush()
    hours.note(PINE, ELM, NOW, Brought(reads=1))
    assert 4 == hours.of(PINE, NOW)[ELM][period_of(NOW)].reads


@contextmanager
def _unknown_operator(hours: ReaderHours) -> Iterator[None]:
    hours.note(OperatorId("nowhere"), ELM, NOW, Brought(reads=1))
    yield
    hours._pending.pop((OperatorId("nowhere"), ELM, period_of(NOW)))


def test_only_steady_looking_is_watched(engine: Engine) -> None:
    """Five minutes apart is steady and credited; more is a gap; a clock that goes back is one, too; a long one is told."""
    watched = Watched(engine)
    assert not watched.tick(NOW).is_settled
    for minutes in range(5, 65, 5):
        told = watched.tick(NOW + timedelta(minutes=minutes))
    assert (True, None) == (told.is_settled, told.away_since)
    assert {0.5} == set(watched.hours(NOW - HOUR).values())

    short = watched.tick(NOW + timedelta(minutes=70))
    assert (False, None) == (short.is_settled, short.away_since)
    back = watched.tick(NOW + timedelta(minutes=70) - LONG_GAP)
    assert (False, NOW + timedelta(minutes=70)) == (back.is_settled, back.away_since)
    assert not watched.last(NOW + timedelta(days=1)).is_settled
    at = NOW + timedelta(minutes=70) - LONG_GAP
    while at - back.at < SETTLED_AFTER:
        at += timedelta(minutes=1)
        told = watched.tick(at)
    assert (True, None) == (told.is_settled, told.away_since)
    assert all(share <= 1 for share in watched.hours(NOW - HOUR).values())
    assert 1 == watched.prune(NOW + HOUR)
