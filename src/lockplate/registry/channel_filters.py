"""ChannelFilter: which alerts a channel wants: by list, priority, category, reader, group of readers and hours.

What flows in: the few facts of a new alert. What flows out: whether the channel wants it.
What it must never see: a plate, a person, a key. Ids and words from closed lists only, so a filter lies in plain.
"""

import re
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Self

import msgspec

from lockplate.errors import BadInput
from lockplate.hotlist import Category, ListId, Priority
from lockplate.registry.ids import require_slug
from lockplate.terms import OperatorId, ReaderId

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LIST_ID = re.compile(r"l[0-9a-f]{20}")
MAX_NAMED = 200
"""Ids of one sort in one filter."""


class Weekday(StrEnum):
    """A day of the week, as a filter names it."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


_WEEK = tuple(Weekday)


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Some hours of some days, in the operator's own time zone; `22:00` to `06:00` goes over midnight."""

    start: str = "00:00"
    end: str = "00:00"
    """The first minute outside; equal to `start`: the whole day."""
    days: frozenset[Weekday] = frozenset()
    """On which the hours begin; empty: on every day."""

    def include(self, at: datetime) -> bool:
        """Say whether a local time lies in these hours; those that go over midnight belong to the day they begin on."""
        start, end, now = _clock_time(self.start), _clock_time(self.end), at.time()
        today, yesterday = self._on(at), self._on(at - timedelta(days=1))
        if start == end:
            return today
        if start < end:
            return today and start <= now < end
        return (today and now >= start) or (yesterday and now < end)

    def check(self) -> Self:
        """Return the hours themselves, or raise BadInput."""
        if not (_TIME.fullmatch(self.start) and _TIME.fullmatch(self.end)):
            raise BadInput("hours are written HH:MM-HH:MM", code="bad_hours", next_step="Example: 22:00-06:00")
        return self

    def _on(self, day: datetime) -> bool:
        return not self.days or _WEEK[day.weekday()] in self.days


class AlertFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter may look at of one alert."""

    hit_id: str
    operator: OperatorId
    list_id: ListId
    category: Category
    priority: Priority
    reader: ReaderId


class ChannelFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel wants; an empty set means all of them."""

    lists: frozenset[ListId] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    categories: frozenset[Category] = frozenset()
    readers: frozenset[ReaderId] = frozenset()
    groups: frozenset[str] = frozenset()
    """Groups of readers; an alert passes by its reader or by one of that reader's groups."""
    hours: Hours | None = None
    alerts: bool = True
    """It takes alerts."""
    faults: bool = False
    """It takes faults of readers and lists; hours hold for alerts only."""

    def wants(self, alert: AlertFacts, groups: frozenset[str], local: datetime) -> bool:
        """Say whether an alert passes; `groups`: of its reader, `local`: now in the operator's time zone."""
        return self.alerts and self.passes(alert, groups) and (self.hours is None or self.hours.include(local))

    def passes(self, alert: AlertFacts, groups: frozenset[str]) -> bool:
        """Say whether an alert passes whatever the hour."""
        by_place = not (self.readers or self.groups) or alert.reader in self.readers or bool(self.groups & groups)
        return (
            by_place
            and (not self.lists or alert.list_id in self.lists)
            and (not self.priorities or alert.priority in self.priorities)
            and (not self.categories or alert.category in self.categories)
        )

    def check(self) -> Self:
        """Return the filter itself, or raise BadInput for what is no id, or for one that lets nothing through."""
        for names in (self.lists, self.readers, self.groups):
            if len(names) > MAX_NAMED:
                raise BadInput("a filter names at most 200 of one sort", code="bad_filter")
        if any(not _LIST_ID.fullmatch(name) for name in self.lists):
            raise BadInput(
                "a filter names lists by their ids", code="bad_filter", next_step="See `lockplate hotlist list`."
            )
        for name in (*self.readers, *self.groups):
            require_slug(name)
        if self.hours is not None:
            self.hours.check()
        if not (self.alerts or self.faults):
            raise BadInput("a channel takes alerts, faults, or both", code="bad_filter")
        return self


def _clock_time(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))
