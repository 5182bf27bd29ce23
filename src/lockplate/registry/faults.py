"""Faults: what is amiss with readers, lists and the node itself, from when to when, and who has seen it.

What flows in: what was found amiss, what was found well. What flows out: faults, opened, renewed and closed.
What it must never see: a plate, a person's name; a fault's facts are numbers. What is to be told of a fault's opening
and closing is written in the same transaction as the fault (`announce`), so that neither is without the other.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import Conflict, NotFound
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.tables import faults, hand_kept_lists
from lockplate.terms import OperatorId, PersonId

FaultId = NewType("FaultId", str)

CLOSED_KEPT = timedelta(days=400)
"""So long after its end a fault can still be listed."""


class FaultKind(StrEnum):
    """What is amiss."""

    READER_SILENT = "reader_silent"
    READER_CLOCK = "reader_clock"
    READER_REJECTS = "reader_rejects"
    READER_RATE = "reader_rate"
    READER_ERRORS = "reader_errors"
    LIST_STALE = "list_stale"
    """Its file is too old: its entries match nothing, so it raises no alert."""
    LIST_NEVER = "list_never"
    """No file of it ever came, and nobody lists by hand on it."""
    LIST_UNGRANTED = "list_ungranted"
    """Another agency's list that no list grant in force covers: it matches nothing."""
    ALERTS_UNDELIVERED = "alerts_undelivered"
    """Alerts or faults do not get through on a channel: some are given up, or wait for long."""
    NODE_CLOCK = "node_clock"
    """Most readers' clocks are off to the same side: it is this node's own clock, or something that they share."""
    RETENTION_STOPPED = "retention_stopped"
    WATCH_GAP = "watch_gap"
    """The node was off for an hour or more, or its clock jumped: readers are judged again once it has looked."""


OF_READERS = frozenset(
    {
        FaultKind.READER_SILENT, FaultKind.READER_CLOCK, FaultKind.READER_REJECTS, FaultKind.READER_RATE,
        FaultKind.READER_ERRORS,
    }
)  # fmt: skip
OF_LISTS = frozenset({FaultKind.LIST_STALE, FaultKind.LIST_NEVER, FaultKind.LIST_UNGRANTED})

Subject = tuple[FaultKind, str]
"""What a fault is of: its kind, and the id of a reader, a list or the node."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing amiss; open until it is closed."""

    fault_id: FaultId
    operator: OperatorId
    kind: FaultKind
    subject: str
    opened_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None
    acknowledged_by: PersonId | None
    acknowledged_at: datetime | None
    facts: dict[str, float]
    """As last seen; times as seconds, instants as seconds since 1970."""

    @property
    def is_open(self) -> bool:
        """Whether it is amiss still."""
        return self.closed_at is None


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found amiss."""

    kind: FaultKind
    subject: str
    facts: dict[str, float] = {}


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What one look changed."""

    opened: tuple[Fault, ...] = ()
    closed: tuple[Fault, ...] = ()


Announce = Callable[[Connection, Fault], None]
"""Called within the transaction that opens or closes a fault; what it raises undoes both."""


def announce_nothing(_: Connection, __: Fault) -> None:
    """Tell nobody."""


class Faults:
    """The faults of every operator here."""

    def __init__(self, engine: Engine, clock: Clock, announce: Announce = announce_nothing) -> None:
        self._engine = engine
        self._clock = clock
        self._announce = announce

    def settle(self, operator: OperatorId, wrong: Sequence[Wrong], well: Collection[Subject]) -> Changes:
        """Open what is newly wrong, renew what is still wrong, close what is well again; all or nothing.

        Of what neither names, nothing changes. The same call again changes nothing. Raises whatever `announce` raises.
        """
        open_now = self.list_open(operator)
        if not wrong and not any((one.kind, one.subject) in well for one in open_now):
            return Changes()
        now = self._clock.now()
        opened: list[Fault] = []
        closed: list[Fault] = []
        with writing(self._engine) as connection:
            known = {(one.kind, one.subject): one for one in _open(connection, operator)}
            for one in wrong:
                here = known.get((one.kind, one.subject))
                if here is None:
                    opened.append(_opened(connection, operator, one, now))
                else:
                    values = {"last_seen_at": now, "facts": _text(one.facts)}
                    connection.execute(update(faults).where(faults.c.fault_id == here.fault_id).values(values))
            ended = [fault for subject, fault in known.items() if subject in well]
            closed += [_closed(connection, fault, now) for fault in ended]
            for fault in (*opened, *closed):
                self._announce(connection, fault)
        return Changes(opened=tuple(opened), closed=tuple(closed))

    def list_open(self, operator: OperatorId) -> tuple[Fault, ...]:
        """Return an operator's open faults, oldest first."""
        with reading(self._engine) as connection:
            return _open(connection, operator)

    def list_all(self, operator: OperatorId, *, limit: int = 200) -> tuple[Fault, ...]:
        """Return an operator's faults, open ones first, then the newest that are closed."""
        wanted = (
            select(faults)
            .where(faults.c.operator == operator)
            .order_by(faults.c.closed_at.is_not(None), faults.c.opened_at.desc(), faults.c.fault_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(_fault(row) for row in connection.execute(wanted))

    def get(self, fault_id: FaultId) -> Fault:
        """Return a fault, or raise NotFound."""
        with reading(self._engine) as connection:
            return _get(connection, fault_id)

    def counts(self) -> dict[FaultKind, int]:
        """Return how many faults are open at all operators, by kind; every kind is named."""
        wanted = select(faults.c.kind, func.count().label("open")).where(faults.c.closed_at.is_(None))
        with reading(self._engine) as connection:
            found = {row.kind: row.open for row in connection.execute(wanted.group_by(faults.c.kind))}
        return {kind: found.get(kind.value, 0) for kind in FaultKind}

    def acknowledge(self, fault_id: FaultId, *, by: PersonId) -> Fault:
        """Note that a person has seen a fault. Raises NotFound, Conflict (closed, or somebody has seen it already)."""
        with writing(self._engine) as connection:
            fault = _get(connection, fault_id)
            if not fault.is_open:
                raise Conflict("the fault is closed", code="fault_closed")
            if fault.acknowledged_by is not None:
                raise Conflict("somebody has acknowledged this fault already", code="fault_acknowledged")
            values = {"acknowledged_by": by, "acknowledged_at": self._clock.now()}
            connection.execute(update(faults).where(faults.c.fault_id == fault_id).values(values))
            return _get(connection, fault_id)

    def hand_kept(self) -> frozenset[str]:
        """Return the lists that were once seen with entries and without ever a file: an empty one is no fault."""
        with reading(self._engine) as connection:
            return frozenset(connection.execute(select(hand_kept_lists.c.list_id)).scalars())

    def note_hand_kept(self, list_ids: Collection[str]) -> None:
        """Remember that people list by hand on these lists."""
        if not list_ids:
            return
        with writing(self._engine) as connection:
            known = set(connection.execute(select(hand_kept_lists.c.list_id)).scalars())
            for list_id in sorted(set(list_ids) - known):
                connection.execute(insert(hand_kept_lists).values(list_id=list_id, seen_at=self._clock.now()))

    def prune(self, before: datetime) -> int:
        """Delete the faults that were closed before a time, and return how many."""
        with writing(self._engine) as connection:
            return connection.execute(delete(faults).where(faults.c.closed_at < before)).rowcount


def _open(connection: Connection, operator: OperatorId) -> tuple[Fault, ...]:
    here = faults.c.operator == operator, faults.c.closed_at.is_(None)
    wanted = select(faults).where(*here).order_by(faults.c.opened_at, faults.c.fault_id)
    return tuple(_fault(row) for row in connection.execute(wanted))


def _opened(connection: Connection, operator: OperatorId, wrong: Wrong, now: datetime) -> Fault:
    fault_id = FaultId(new_id("f"))
    connection.execute(
        insert(faults).values(
            fault_id=fault_id,
            operator=operator,
            kind=wrong.kind.value,
            subject=wrong.subject,
            opened_at=now,
            last_seen_at=now,
            facts=_text(wrong.facts),
        )
    )
    return _get(connection, fault_id)


def _closed(connection: Connection, fault: Fault, now: datetime) -> Fault:
    # a clock that went back closes nothing before it was opened
    ended = max(now, fault.opened_at)
    connection.execute(update(faults).where(faults.c.fault_id == fault.fault_id).values(closed_at=ended))
    return _get(connection, fault.fault_id)


def _text(facts: dict[str, float]) -> str:
    return msgspec.json.encode(dict(sorted(facts.items()))).decode()


def _get(connection: Connection, fault_id: FaultId) -> Fault:
    row = connection.execute(select(faults).where(faults.c.fault_id == fault_id)).one_or_none()
    if row is None:
        raise NotFound("no fault has this id", code="unknown_fault")
    return _fault(row)


def _fault(row: Row[Any]) -> Fault:
    return Fault(
        fault_id=FaultId(row.fault_id),
        operator=OperatorId(row.operator),
        kind=FaultKind(row.kind),
        subject=row.subject,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        closed_at=row.closed_at,
        acknowledged_by=None if row.acknowledged_by is None else PersonId(row.acknowledged_by),
        acknowledged_at=row.acknowledged_at,
        facts=msgspec.json.decode(row.facts, type=dict[str, float]),
    )
