"""HitNumbers: how many hits there are, what became of them and how old their entries were, without opening one.

What flows in: an operator, two instants, by what to count. What flows out: counts.
What it must never see: a plate, a picture: no sealed column is read. What was forgotten is in no count.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

import msgspec
from sqlalchemy import Engine, func, select

from lockplate.registry.database import reading
from lockplate.registry.hits import HitState
from lockplate.registry.tables import hits
from lockplate.terms import OperatorId


class By(StrEnum):
    """What hits are counted by."""

    LIST = "list"
    READER = "reader"
    CATEGORY = "category"


_COLUMNS = {By.LIST: hits.c.list_id, By.READER: hits.c.reader, By.CATEGORY: hits.c.category}
_BUCKETS = (
    ("under_1_hour", timedelta(hours=1)),
    ("under_1_day", timedelta(days=1)),
    ("under_7_days", timedelta(days=7)),
    ("under_30_days", timedelta(days=30)),
)
OLDER = "older"
BUCKETS = (*(name for name, _ in _BUCKETS), OLDER)


class EntryAge(msgspec.Struct, frozen=True, kw_only=True):
    """How old entries were when their plates passed."""

    known: int = 0
    """Hits of which it is known."""
    median_seconds: float | None = None
    buckets: dict[str, int] = {}


class HitTally(msgspec.Struct, frozen=True, kw_only=True):
    """Hits that are still here, counted."""

    alerts: int = 0
    repeats: int = 0
    weaker: int = 0
    """Neither: a match that its list does not alert on, or one that came too late to be an alert."""
    states: dict[HitState, int] = {}
    age: EntryAge = EntryAge()

    @property
    def hits(self) -> int:
        """Return how many there are."""
        return sum(self.states.values())


class HitNumbers:
    """Counts over the hits of every operator here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tally(self, operator: OperatorId, since: datetime, until: datetime, by: By) -> dict[str, HitTally]:
        """Return the hits recorded in [since, until), by list, reader or category."""
        key = _COLUMNS[by]
        here = hits.c.operator == operator, hits.c.recorded_at >= since, hits.c.recorded_at < until
        repeat = hits.c.repeat_of.is_not(None)
        counted = (
            select(key.label("name"), hits.c.state, hits.c.alerts, repeat.label("repeat"), func.count().label("hits"))
            .where(*here)
            .group_by(key, hits.c.state, hits.c.alerts, repeat)
        )
        states: dict[str, Counter[HitState]] = {}
        kinds: dict[str, Counter[str]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(counted):
                states.setdefault(row.name, Counter())[HitState(row.state)] += row.hits
                kind = "alerts" if row.alerts else "repeats" if row.repeat else "weaker"
                kinds.setdefault(row.name, Counter())[kind] += row.hits
            times = select(key.label("name"), hits.c.entered_at, hits.c.captured_at)
            ages: dict[str, list[timedelta]] = {}
            for row in connection.execute(times.where(*here, hits.c.entered_at.is_not(None))):
                ages.setdefault(row.name, []).append(max(row.captured_at - row.entered_at, timedelta()))
        return {
            name: HitTally(
                alerts=kinds[name]["alerts"],
                repeats=kinds[name]["repeats"],
                weaker=kinds[name]["weaker"],
                states=dict(states[name]),
                age=entry_age(ages.get(name, [])),
            )
            for name in sorted(states)
        }

    def age(self, operator: OperatorId, since: datetime, until: datetime) -> EntryAge:
        """Return how old the entries of all hits recorded in [since, until) were when their plates passed."""
        here = hits.c.operator == operator, hits.c.recorded_at >= since, hits.c.recorded_at < until
        wanted = select(hits.c.entered_at, hits.c.captured_at).where(*here, hits.c.entered_at.is_not(None))
        with reading(self._engine) as connection:
            known = connection.execute(wanted)
            return entry_age(max(row.captured_at - row.entered_at, timedelta()) for row in known)


def entry_age(ages: Iterable[timedelta]) -> EntryAge:
    """Return the median of ages, and how many lie in each bucket."""
    seconds = [age.total_seconds() for age in ages]
    buckets = Counter(_bucket(one) for one in seconds)
    return EntryAge(
        known=len(seconds),
        median_seconds=median(seconds) if seconds else None,
        buckets={name: buckets[name] for name in BUCKETS} if seconds else {},
    )


def _bucket(seconds: float) -> str:
    return next((name for name, end in _BUCKETS if seconds < end.total_seconds()), OLDER)
