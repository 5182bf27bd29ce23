"""Watched: how far the node looked after its readers, and since when it has looked without a gap.

What flows in: the clock's time, each minute. What flows out: the share of each hour that was watched; how steady it is.
What it must never see: a reader. Hours in which the node was off, or over which its clock jumped, are nobody's silence.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update

from lockplate.clock import period_of, period_start, periods_between
from lockplate.registry.database import reading, writing
from lockplate.registry.tables import watched_hours, watching
from lockplate.terms import SECONDS_PER_PERIOD, Period

LONGEST_STEP = timedelta(minutes=5)
"""Two looks further apart than this have a gap between them; so have two between which the clock went back."""
SETTLED_AFTER = timedelta(minutes=10)
"""So long after a gap nothing is said of readers."""
LONG_GAP = timedelta(hours=1)
"""A gap that is itself told as a fault."""
_NODE = "node"


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """How the node has looked, at one time."""

    at: datetime
    steady_since: datetime
    away_since: datetime | None = None
    """The last look before a gap of an hour or more, or before a clock that went back so far; until it has settled."""

    @property
    def is_settled(self) -> bool:
        """Whether what is seen now can be compared with a habit."""
        return self.at - self.steady_since >= SETTLED_AFTER


class Watched:
    """One node's looking after its readers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tick(self, now: datetime) -> Watch:
        """Note a look, credit the time since the last one when there was no gap, and say how steady it is."""
        with writing(self._engine) as connection:
            row = connection.execute(select(watching).where(watching.c.watch == _NODE)).one_or_none()
            if row is None:
                connection.execute(insert(watching).values(watch=_NODE, steady_since=now, last_at=now))
                return Watch(at=now, steady_since=now)
            gap = now - row.last_at
            if timedelta() <= gap <= LONGEST_STEP:
                _credit(connection, row.last_at, now)
                watch = Watch(at=now, steady_since=row.steady_since, away_since=row.away_since)
                if watch.is_settled:
                    watch = msgspec.structs.replace(watch, away_since=None)
            else:
                long = abs(gap) >= LONG_GAP
                watch = Watch(at=now, steady_since=now, away_since=row.last_at if long else row.away_since)
            values = {"steady_since": watch.steady_since, "last_at": now, "away_since": watch.away_since}
            connection.execute(update(watching).where(watching.c.watch == _NODE).values(values))
        return watch

    def last(self, now: datetime) -> Watch:
        """Return how steady the looking is, without looking; at a gap since the last look it is not steady."""
        with reading(self._engine) as connection:
            row = connection.execute(select(watching).where(watching.c.watch == _NODE)).one_or_none()
        if row is None or not timedelta() <= now - row.last_at <= LONGEST_STEP:
            return Watch(at=now, steady_since=now, away_since=None if row is None else row.away_since)
        return Watch(at=now, steady_since=row.steady_since, away_since=row.away_since)

    def hours(self, since: datetime) -> dict[Period, float]:
        """Return the share, 0 to 1, of each hour from a time on that was watched."""
        wanted = select(watched_hours).where(watched_hours.c.hour >= period_of(since))
        with reading(self._engine) as connection:
            return {Period(row.hour): min(1.0, row.seconds / SECONDS_PER_PERIOD) for row in connection.execute(wanted)}

    def prune(self, before: datetime) -> int:
        """Delete the hours before a time, and return how many."""
        with writing(self._engine) as connection:
            return connection.execute(delete(watched_hours).where(watched_hours.c.hour < period_of(before))).rowcount


def _credit(connection: Connection, start: datetime, end: datetime) -> None:
    """Add the time between two looks to the hours that it lies in."""
    for hour in periods_between(start, end):
        begins = period_start(hour)
        inside = min(end, begins + timedelta(hours=1)) - max(start, begins)
        seconds = round(inside.total_seconds())
        here = watched_hours.c.hour == hour
        changed = connection.execute(
            update(watched_hours).where(here).values(seconds=watched_hours.c.seconds + seconds)
        )
        if not changed.rowcount:
            connection.execute(insert(watched_hours).values(hour=hour, seconds=seconds))
