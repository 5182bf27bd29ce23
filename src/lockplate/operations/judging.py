"""Judging: every reader and every hot list of an operator, compared with its own past and its own limit.

What flows in: an open node, the time. What flows out: each reader's judgements and last 24 hours; each list's state.
What it must never see: a plate, a read. Nothing is changed here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.clock import period_of
from lockplate.health import Brought, Judgement, ReaderPast, days_of_history, judge
from lockplate.hotlist import ListId
from lockplate.operations.list_states import ListStanding, ListState, list_standing
from lockplate.registry.hits import HitState
from lockplate.registry.hotlists import HotList
from lockplate.registry.reader_hours import KEPT
from lockplate.registry.readers import RegisteredReader
from lockplate.terms import OperatorId, Period, ReaderId
from lockplate.wiring.node import Node

ERROR_WINDOW = timedelta(days=30)
FIRST_FILE_WITHIN = timedelta(hours=1)
"""A new list without a file for longer than this is a fault, unless people list on it by hand."""
SOON_SHARE = 6
"""A list is soon stale when less than a sixth of its age is left."""
SHOWN_HOURS = 24
UNDECIDED = frozenset({HitState.UNCONFIRMED, HitState.DUPLICATE})
"""States that say nothing of whether the reader read right."""


class ListJudgement(StrEnum):
    """What is to be said of a hot list: its state (`list_states`), and whether that needs anybody's care."""

    OFF = "off"
    NEVER = "never"
    """No file ever came and nothing is on it."""
    NEW = "new"
    """Made less than an hour ago: no file yet."""
    BY_HAND = "by_hand"
    """No file ever came; people list on it by hand, and each entry has its own end."""
    UNGRANTED = "ungranted"
    """Another agency's, and no list grant in force covers it: it matches nothing."""
    STALE = "stale"
    SOON_STALE = "soon_stale"
    FRESH = "fresh"


class JudgedReader(msgspec.Struct, frozen=True, kw_only=True):
    """One reader: what it brought and what is to be said of it."""

    reader: ReaderId
    last_heard: datetime | None
    judgements: tuple[Judgement, ...]
    days: int
    """Of history, watched; with fewer than seven nothing is said of its habit."""
    hours: tuple[Brought, ...]
    """The last 24 UTC hours, oldest first; the last one goes on."""
    watched: tuple[float, ...]
    """The share of each of them that was watched."""


class JudgedList(msgspec.Struct, frozen=True, kw_only=True):
    """One hot list."""

    hot_list: HotList
    state: ListJudgement
    entries: int
    """Unexpired; a stale list's file entries are among them and match nothing."""
    stale_at: datetime | None
    """When its file is, or was, too old; None when none came."""


def judged_readers(node: Node, operator: OperatorId, now: datetime) -> dict[ReaderId, JudgedReader]:
    """Return every registered reader of an operator, judged."""
    registries = node.registries
    hours = registries.reader_hours.of(operator, now)
    watched = registries.watched.hours(now - KEPT)
    found = registries.hits.findings_by_reader(operator, now - ERROR_WINDOW, now)
    seen = registries.readers.last_seen(operator)
    return {
        one.reader: _judged(
            one, hours.get(one.reader, {}), watched, seen.get(one.reader), found.get(one.reader, {}), now
        )
        for one in registries.readers.list_all(operator)
    }


def judged_lists(node: Node, operator: OperatorId, now: datetime) -> dict[ListId, JudgedList]:
    """Return every hot list of an operator, judged by the law of today and by its own age."""
    by_hand = node.registries.faults.hand_kept()
    found = {}
    for one in node.registries.hot_lists.list_all(operator):
        standing = list_standing(node, one)
        state = _list_judgement(one, standing, now, is_hand_kept=one.list_id in by_hand)
        found[one.list_id] = JudgedList(hot_list=one, state=state, entries=standing.entries, stale_at=standing.stale_at)
    return found


def _judged(
    reader: RegisteredReader,
    hours: Mapping[Period, Brought],
    watched: Mapping[Period, float],
    seen: datetime | None,
    found: Mapping[HitState, int],
    now: datetime,
) -> JudgedReader:
    newest = hours[max(hours)].last_at if hours else None
    heard = max((at for at in (seen, newest) if at is not None and at <= now), default=None)
    past = ReaderPast(
        brought=hours,
        watched=watched,
        last_heard=heard,
        mobile=reader.mobile,
        wrong_reads=found.get(HitState.WRONG_READ, 0),
        decided=sum(count for state, count in found.items() if state not in UNDECIDED),
    )
    shown = range(period_of(now) - SHOWN_HOURS + 1, period_of(now) + 1)
    return JudgedReader(
        reader=reader.reader,
        last_heard=heard,
        judgements=judge(past, now),
        days=days_of_history(past, now),
        hours=tuple(hours.get(Period(hour), Brought()) for hour in shown),
        watched=tuple(watched.get(Period(hour), 0.0) for hour in shown),
    )


def _list_judgement(hot_list: HotList, standing: ListStanding, now: datetime, *, is_hand_kept: bool) -> ListJudgement:
    if standing.state is ListState.NEVER:
        if standing.entries or is_hand_kept:
            return ListJudgement.BY_HAND
        return ListJudgement.NEVER if now - hot_list.created_at > FIRST_FILE_WITHIN else ListJudgement.NEW
    stale_at, refreshed_at = standing.stale_at, hot_list.refreshed_at
    if standing.state is not ListState.FRESH or stale_at is None or refreshed_at is None:
        return _AS_IT_STANDS[standing.state]
    soon = (stale_at - refreshed_at) / SOON_SHARE
    return ListJudgement.SOON_STALE if stale_at - now < soon else ListJudgement.FRESH


_AS_IT_STANDS = {
    ListState.INACTIVE: ListJudgement.OFF,
    ListState.GRANT_OVER: ListJudgement.UNGRANTED,
    ListState.STALE: ListJudgement.STALE,
    ListState.FRESH: ListJudgement.FRESH,
}
