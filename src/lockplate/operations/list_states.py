"""States of lists: fresh, stale, never loaded, without a grant; since when, and when that will change.

What flows in: an operator. What flows out: one standing for each of its hot lists.
What it must never see: a plate. A list that matches nothing says so here before anybody wonders.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.hotlist import ListId
from lockplate.registry.hotlists import HotList
from lockplate.registry.list_footing import Footing
from lockplate.terms import AgencyId, OperatorId
from lockplate.wiring.desk import list_age
from lockplate.wiring.node import Node


class ListState(StrEnum):
    """Whether the entries of a list's file are matched at a moment, and if not, why."""

    FRESH = "fresh"
    STALE = "stale"
    """Its file is older than the list's own age or the law's."""
    NEVER = "never"
    """No file of it ever came."""
    GRANT_OVER = "grant_over"
    """It is another agency's, and no list grant in force covers it."""
    INACTIVE = "inactive"
    """Set aside here."""


class ListStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How one list stands at a moment."""

    list_id: ListId
    name: str
    foreign_owner: AgencyId | None
    """The agency that owns it; None for the operator's own."""
    state: ListState
    since: datetime | None
    """When this state began; None when nobody noted it (an owner set inactive, a list set aside)."""
    stale_at: datetime | None
    """When its file is, or was, too old; None when none came."""
    refreshed_at: datetime | None
    granted_until: datetime | None
    """When the grants that cover another agency's list end; None for one's own, and when none covers it."""
    entries: int
    """Unexpired and, on another agency's list, accepted. While the list is not fresh, those of its file match
    nothing."""
    waiting: int
    """Of another agency's list: not accepted yet."""


def list_states(node: Node, operator: OperatorId) -> tuple[ListStanding, ...]:
    """Return how each list of an operator stands at this moment, by name."""
    return tuple(list_standing(node, one) for one in node.registries.hot_lists.list_all(operator))


def list_standing(node: Node, hot_list: HotList) -> ListStanding:
    """Return how one list stands at this moment."""
    now, law_age = node.clock.now(), list_age(node.law, hot_list.operator)
    footing = node.registries.list_grants.footing(hot_list, now)
    counts = node.registries.list_grants.counts(hot_list, now)
    state, since = state_of(hot_list, footing, law_age, now)
    return ListStanding(
        list_id=hot_list.list_id,
        name=hot_list.name,
        foreign_owner=footing.foreign_owner,
        state=state,
        since=since,
        stale_at=hot_list.stale_at(law_age),
        refreshed_at=hot_list.refreshed_at,
        granted_until=None if footing.coverage is None else footing.coverage.end,
        entries=counts.entries,
        waiting=counts.waiting,
    )


def state_of(
    hot_list: HotList, footing: Footing, law_age: timedelta | None, now: datetime
) -> tuple[ListState, datetime | None]:
    """Return a list's state at `now` and when it began: stale from the very instant of its age, not a moment later."""
    if not hot_list.active:
        return ListState.INACTIVE, None
    if not footing.stands:
        return ListState.GRANT_OVER, footing.over_since
    stale_at = hot_list.stale_at(law_age)
    if stale_at is None:
        return ListState.NEVER, hot_list.created_at
    return (ListState.STALE, stale_at) if now >= stale_at else (ListState.FRESH, hot_list.refreshed_at)
