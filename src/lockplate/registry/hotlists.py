"""HotLists: the lists an operator matches against, who owns each, and on what legal footing.

What flows in: a list's description. What flows out: the list, and whether its file is still young enough to believe.
What it must never see: an entry; those are in registry.entries.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound
from lockplate.hotlist import PLAIN_TERMS, AlertOn, Category, ListId, ListTerms, Priority
from lockplate.listfiles.checks import speaks_of_immigration
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.tables import agencies, hot_lists, operators
from lockplate.terms import AgencyId, AgencyKind, OperatorId


class NewHotList(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says of a list."""

    operator: OperatorId
    name: str
    owner_agency: AgencyId
    """Who answers for what is on it."""
    categories: frozenset[Category]
    """What its file may list; lines of other categories are refused, since files mix them and policy picks them."""
    source: str
    """Where the file comes from, in words: a state bulletin, our own desk."""
    legal_basis: str
    """The cite that lets this operator match against it."""
    max_age: timedelta
    """How old its file may grow before its entries stop matching (AR 24 h, NE each shift, NH daily)."""
    alert_on: frozenset[AlertOn] = frozenset()
    """What may raise an alert beside the exact text with a region that does not disagree."""
    priority: Priority = Priority.NORMAL
    repeat_after: timedelta = PLAIN_TERMS.repeat_after
    entry_life: timedelta | None = None
    """How long an entry lives whose file gives it no end; None: as long as the file is believed. Never for ever."""
    oldest: timedelta | None = None
    """Lines that their source dates longer ago are refused as expired; None: however old."""

    @property
    def life(self) -> timedelta:
        """Return how long an entry lives whose file gives it no end."""
        return self.max_age if self.entry_life is None else self.entry_life


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes different about a list; None leaves a thing as it is."""

    alert_on: frozenset[AlertOn] | None = None
    priority: Priority | None = None
    repeat_after: timedelta | None = None
    max_age: timedelta | None = None
    entry_life: timedelta | None = None
    oldest: timedelta | None = None
    """No time at all: lines are taken however old."""


class HotList(NewHotList, frozen=True, kw_only=True):
    """A list as the registry knows it."""

    list_id: ListId
    active: bool
    created_at: datetime
    refreshed_at: datetime | None
    """When its file was last taken in whole."""
    layout: str | None = None
    """What its last file was in."""
    counted: bool = False
    """Its last file said how many entries it has: one that does not is cut short."""

    @property
    def terms(self) -> ListTerms:
        """Return what the list says of all its entries' alerts."""
        return ListTerms(alert_on=self.alert_on, priority=self.priority, repeat_after=self.repeat_after)

    def stale_at(self, law_age: timedelta | None = None) -> datetime | None:
        """Return when its file is too old: at its own age or at the law's, whichever is less; None when none came."""
        if self.refreshed_at is None:
            return None
        return self.refreshed_at + (self.max_age if law_age is None else min(self.max_age, law_age))

    def is_stale(self, now: datetime, law_age: timedelta | None = None) -> bool:
        """Say whether its file is too old, or never came: its entries then match nothing."""
        at = self.stale_at(law_age)
        return at is None or now >= at


class HotLists:
    """The hot lists of every operator here."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, new: NewHotList) -> HotList:
        """Add a list.

        Raises BadInput (words missing, no category, no age, an owner that enforces immigration law), NotFound
        (operator, owner), Conflict (the operator has a list of this name).
        """
        if not (new.name.strip() and new.source.strip() and new.legal_basis.strip()):
            raise BadInput("a list has a name, a source and a legal basis", code="bad_list")
        if not new.categories or new.max_age <= timedelta():
            raise BadInput("a list has at least one category, and an age at which it is stale", code="bad_list")
        if speaks_of_immigration(new.name):
            raise BadInput("lists of immigration enforcement are not matched", code="floor_immigration")
        _require_spans(new.repeat_after, new.entry_life, new.oldest, new.max_age)
        made = HotList(
            **msgspec.structs.asdict(new),
            list_id=ListId(new_id("l")),
            active=True,
            created_at=self._clock.now(),
            refreshed_at=None,
        )
        with writing(self._engine, "the operator has a list of this name already") as connection:
            _require_owner(connection, new)
            connection.execute(
                insert(hot_lists).values(
                    list_id=made.list_id,
                    operator=made.operator,
                    name=made.name.strip(),
                    owner_agency=made.owner_agency,
                    categories=made.categories,
                    source=made.source.strip(),
                    legal_basis=made.legal_basis.strip(),
                    max_age_seconds=int(made.max_age.total_seconds()),
                    active=True,
                    created_at=made.created_at,
                    alert_on=made.alert_on or None,
                    priority=made.priority.value,
                    repeat_after_seconds=_seconds(made.repeat_after),
                    entry_life_seconds=_seconds(made.entry_life),
                    oldest_seconds=_seconds(made.oldest),
                    counted=False,
                )
            )
        return self.get(made.list_id)

    def change(self, list_id: ListId, change: ListChange) -> HotList:
        """Change what a list says of its entries. Raises NotFound, BadInput (a length that is none)."""
        _require_spans(change.repeat_after, change.entry_life, change.oldest or None, change.max_age)
        values: dict[str, Any] = {
            "alert_on": change.alert_on,
            "priority": change.priority,
            "repeat_after_seconds": _seconds(change.repeat_after),
            "max_age_seconds": _seconds(change.max_age),
            "entry_life_seconds": _seconds(change.entry_life),
            "oldest_seconds": _seconds(change.oldest),
        }
        values = {name: value for name, value in values.items() if value is not None}
        if change.oldest == timedelta():
            values["oldest_seconds"] = None
        with writing(self._engine) as connection:
            if values:
                connection.execute(update(hot_lists).where(hot_lists.c.list_id == list_id).values(values))
            return read_hot_list(connection, list_id)

    def get(self, list_id: ListId) -> HotList:
        """Return a list, or raise NotFound."""
        with reading(self._engine) as connection:
            return read_hot_list(connection, list_id)

    def list_all(self, operator: OperatorId | None = None) -> tuple[HotList, ...]:
        """Return every list, or those of one operator, by name."""
        wanted = select(hot_lists).order_by(hot_lists.c.operator, hot_lists.c.name)
        if operator is not None:
            wanted = wanted.where(hot_lists.c.operator == operator)
        with reading(self._engine) as connection:
            return tuple(_hot_list(row) for row in connection.execute(wanted))

    def deactivate(self, list_id: ListId) -> HotList:
        """Stop matching against a list; its entries stay until they expire. Raises NotFound."""
        return self._set_active(list_id, active=False)

    def activate(self, list_id: ListId) -> HotList:
        """Match against a list again. Raises NotFound."""
        return self._set_active(list_id, active=True)

    def _set_active(self, list_id: ListId, *, active: bool) -> HotList:
        with writing(self._engine) as connection:
            connection.execute(update(hot_lists).where(hot_lists.c.list_id == list_id).values(active=active))
            return read_hot_list(connection, list_id)


def read_hot_list(connection: Connection, list_id: ListId) -> HotList:
    """Return a list inside the caller's transaction, or raise NotFound."""
    row = connection.execute(select(hot_lists).where(hot_lists.c.list_id == list_id)).one_or_none()
    if row is None:
        raise NotFound("no hot list has this id", code="unknown_list")
    return _hot_list(row)


def list_hot_lists(connection: Connection) -> tuple[HotList, ...]:
    """Return every list inside the caller's transaction, by id."""
    return tuple(_hot_list(row) for row in connection.execute(select(hot_lists).order_by(hot_lists.c.list_id)))


def _require_owner(connection: Connection, new: NewHotList) -> None:
    """Raise NotFound or BadInput when the operator or the owner will not do."""
    if connection.execute(select(operators.c.operator).where(operators.c.operator == new.operator)).first() is None:
        raise NotFound("no operator has this id", code="unknown_operator")
    kind = connection.execute(select(agencies.c.kind).where(agencies.c.agency == new.owner_agency)).scalar_one_or_none()
    if kind is None:
        raise NotFound("no agency has this id", code="unknown_agency")
    if kind == AgencyKind.IMMIGRATION_ENFORCEMENT.value:
        raise BadInput("lists of immigration enforcement are not matched", code="floor_immigration")


def _hot_list(row: Row[Any]) -> HotList:
    return HotList(
        list_id=ListId(row.list_id),
        operator=OperatorId(row.operator),
        name=row.name,
        owner_agency=AgencyId(row.owner_agency),
        categories=frozenset(map(Category, row.categories)),
        source=row.source,
        legal_basis=row.legal_basis,
        max_age=timedelta(seconds=row.max_age_seconds),
        active=row.active,
        created_at=row.created_at,
        refreshed_at=row.refreshed_at,
        alert_on=frozenset(map(AlertOn, row.alert_on or ())),
        priority=Priority(row.priority),
        repeat_after=timedelta(seconds=row.repeat_after_seconds),
        entry_life=_span(row.entry_life_seconds),
        oldest=_span(row.oldest_seconds),
        layout=row.layout,
        counted=row.counted,
    )


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _require_spans(repeat_after: timedelta | None, *lives: timedelta | None) -> None:
    """Raise BadInput for a length that is none, or that would mean for ever."""
    longest = timedelta(days=3660)
    if repeat_after is not None and not timedelta() <= repeat_after <= timedelta(days=1):
        raise BadInput("alerts repeat after at most a day", code="bad_list")
    if any(life is not None and not timedelta() < life <= longest for life in lives):
        raise BadInput("a list and its entries live for a time: more than none, and not for ever", code="bad_list")
