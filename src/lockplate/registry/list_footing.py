"""Footing: on what a hot list stands here: the operator's own word, or grants of the agency that owns it.

What flows in: a list, the grants by which its owner's lists are matched. What flows out: from when and until when it
may count without a gap. What it must never see: a plate, an entry.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, false, select, true

from lockplate.errors import Conflict, NotFound
from lockplate.hotlist import Category
from lockplate.registry.grants import agency_of_operator
from lockplate.registry.hotlists import NewHotList
from lockplate.registry.tables import agencies, hot_list_entries, list_grants
from lockplate.terms import AgencyId, AgencyKind, OperatorId

NEVER_MATCHED = frozenset(
    {AgencyKind.IMMIGRATION_ENFORCEMENT, AgencyKind.PRIVATE, AgencyKind.FOREIGN, AgencyKind.UNKNOWN}
)
"""Whose lists are matched on nobody's word, as the floor says; here as well, for whoever writes to the tables."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """A time without a gap in which grants cover a list: half open, [start, end)."""

    start: datetime
    end: datetime


class GrantSpan(Coverage, frozen=True, kw_only=True):
    """When one grant counts, and for what."""

    categories: frozenset[Category]


class Footing(msgspec.Struct, frozen=True, kw_only=True):
    """On what a list stands at one moment."""

    foreign_owner: AgencyId | None
    """The agency that owns it; None for the operator's own."""
    coverage: Coverage | None = None
    """The time around this moment in which grants cover it; None for one's own list, and when none does."""
    over_since: datetime | None = None
    """When the last such time ended, if nothing covers it now."""

    @property
    def stands(self) -> bool:
        """Whether the list may be matched at all: it is one's own, or a grant in force covers it."""
        return self.foreign_owner is None or self.coverage is not None

    def until(self, end: datetime) -> datetime:
        """Return an entry's end, or the end of the grants that cover its list, whichever is first."""
        return end if self.coverage is None else min(end, self.coverage.end)

    def accepted(self) -> ColumnElement[bool]:
        """Return the condition under which an entry counts: on one's own list always.

        On another agency's once a person here accepted it, since grants began to cover it: after a gap everything
        waits again.
        """
        if self.foreign_owner is None:
            return true()
        if self.coverage is None:
            return false()
        # an acceptance that is not there compares as NULL, which would be neither yes nor no where it is negated
        return hot_list_entries.c.accepted_at.is_not(None) & (hot_list_entries.c.accepted_at >= self.coverage.start)

    def is_accepted(self, accepted_at: datetime | None) -> bool:
        """Say the same of one entry."""
        if self.foreign_owner is None:
            return True
        return accepted_at is not None and self.coverage is not None and accepted_at >= self.coverage.start


def coverages(spans: Iterable[GrantSpan], categories: Collection[Category]) -> tuple[Coverage, ...]:
    """Return the times without a gap in which single grants cover all of a list's categories, oldest first."""
    wanted = sorted(
        (span for span in spans if span.categories.issuperset(categories) and span.start < span.end),
        key=lambda span: (span.start, span.end),
    )
    found: list[Coverage] = []
    for span in wanted:
        if found and span.start <= found[-1].end:
            found[-1] = Coverage(start=found[-1].start, end=max(found[-1].end, span.end))
        else:
            found.append(Coverage(start=span.start, end=span.end))
    return tuple(found)


def require_stands(footing: Footing) -> Footing:
    """Return the footing itself, or raise Conflict when it is another agency's list and no grant covers it."""
    if not footing.stands:
        raise Conflict(
            "no list grant in force covers this list of another agency",
            code="list_grant_needed",
            next_step="Propose one: `lockplate hotlist grant propose`.",
        )
    return footing


def read_footing(connection: Connection, hot_list: NewHotList, now: datetime) -> Footing:
    """Return on what a list, here or still to be added, stands at `now`, inside the caller's transaction.

    Raises NotFound when its operator or its owner does not exist.
    """
    if agency_of_operator(connection, hot_list.operator) == hot_list.owner_agency:
        return Footing(foreign_owner=None)
    owner = hot_list.owner_agency
    row = connection.execute(select(agencies.c.kind, agencies.c.active).where(agencies.c.agency == owner)).one_or_none()
    if row is None:
        raise NotFound("no agency has this id", code="unknown_agency")
    if not row.active or AgencyKind(row.kind) in NEVER_MATCHED:
        return Footing(foreign_owner=owner)
    known = coverages(_spans(connection, hot_list.operator, owner), hot_list.categories)
    around = next((one for one in known if one.start <= now < one.end), None)
    past = max((one.end for one in known if one.end <= now), default=None)
    return Footing(foreign_owner=owner, coverage=around, over_since=past if around is None else None)


def _spans(connection: Connection, operator: OperatorId, owner: AgencyId) -> list[GrantSpan]:
    """Return when each accepted grant of the pair counts: from its acceptance at the earliest, to its end by hand."""
    wanted = select(list_grants).where(
        list_grants.c.operator == operator,
        list_grants.c.owner_agency == owner,
        list_grants.c.accepted_at.is_not(None),
    )
    return [
        GrantSpan(
            start=max(row.valid_from, row.accepted_at),
            end=row.valid_to if row.ended_at is None else min(row.valid_to, row.ended_at),
            categories=frozenset(map(Category, row.categories)),
        )
        for row in connection.execute(wanted)
    ]
