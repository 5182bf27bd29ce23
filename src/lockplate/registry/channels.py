"""Channels: by which ways a named person hears of alerts.

What flows in: a person, a way, a target with its secrets, a filter. What flows out: the channel; its target, opened,
for whoever sends.
What it must never see: an alert. The target lies sealed and goes when the channel ends; a channel is never changed, so
that what went where stays true of its id.
"""

import threading
from datetime import datetime
from typing import Any, NewType
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import Conflict, NotFound
from lockplate.registry.channel_filters import AlertFacts, ChannelFilter
from lockplate.registry.channel_targets import ChannelKind, Content, Target
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.sealing import SealerOf
from lockplate.registry.tables import alert_channels, operators, readers
from lockplate.terms import OperatorId, PersonId

ChannelId = NewType("ChannelId", str)

MAX_CHANNELS = 64
"""Active ones of a node: each may need a connection of its own at the same moment."""
_TABLE = "alert_channels"


class NewChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel to make."""

    operator: OperatorId
    person: PersonId
    kind: ChannelKind
    content: Content
    target: Target
    filter: ChannelFilter


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A named person's way to hear of alerts."""

    channel: ChannelId
    operator: OperatorId
    person: PersonId
    kind: ChannelKind
    content: Content
    where: str
    """Where it leads, for people, without secrets; empty once it has ended."""
    filter: ChannelFilter
    made_at: datetime
    ended_at: datetime | None


class Channels:
    """The channels of every operator here; the active ones are held in memory, and read again when one changes."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock) -> None:
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock
        self._lock = threading.Lock()
        self._changes = 0
        self._held: dict[OperatorId, tuple[tuple[ChannelId, ChannelFilter], ...]] = {}

    def add(self, channel: ChannelId, new: NewChannel) -> Channel:
        """Make a channel under a fresh id.

        Raises BadInput for a target or a filter that cannot be, Conflict when there are too many.
        """
        new.target.check(new.kind, new.content)
        new.filter.check()
        sealer = self._sealer_of(new.operator)
        values = {
            "channel": channel,
            "operator": new.operator,
            "person": new.person,
            "kind": new.kind.value,
            "content": new.content.value,
            "target_sealed": sealer.seal_column(_TABLE, "target_sealed", channel, msgspec.json.encode(new.target)),
            "filter": msgspec.json.encode(new.filter, order="sorted").decode(),
            "made_at": self._clock.now(),
        }
        with writing(self._engine, "a channel names an operator or a person that does not exist") as connection:
            active = select(func.count()).select_from(alert_channels).where(alert_channels.c.ended_at.is_(None))
            if connection.execute(active).scalar_one() >= MAX_CHANNELS:
                raise Conflict("this node has as many channels as it serves", code="too_many_channels")
            connection.execute(insert(alert_channels).values(values))
        self._changed()
        return self.get(channel)

    def get(self, channel: ChannelId) -> Channel:
        """Return a channel, ended or not, or raise NotFound."""
        with reading(self._engine) as connection:
            return self._channel(_row(connection, channel))

    def target(self, channel: ChannelId) -> Target:
        """Return where an active channel leads, secrets and all, or raise NotFound."""
        with reading(self._engine) as connection:
            row = _row(connection, channel)
        if row.target_sealed is None:
            raise NotFound("the channel has ended", code="channel_ended")
        return self._target(row)

    def list_all(self, operator: OperatorId, *, ended: bool = False) -> tuple[Channel, ...]:
        """Return an operator's channels, oldest first; `ended`: those that have ended, too."""
        wanted = select(alert_channels).where(alert_channels.c.operator == operator)
        if not ended:
            wanted = wanted.where(alert_channels.c.ended_at.is_(None))
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(alert_channels.c.made_at, alert_channels.c.channel)).all()
        return tuple(self._channel(row) for row in rows)

    def end(self, channel: ChannelId) -> Channel:
        """End a channel for good; its target is deleted. Raises NotFound, Conflict when it has ended already."""
        here = alert_channels.c.channel == channel
        with writing(self._engine) as connection:
            _row(connection, channel)
            values = {"ended_at": self._clock.now(), "target_sealed": None}
            active = (here, alert_channels.c.ended_at.is_(None))
            if connection.execute(update(alert_channels).where(*active).values(values)).rowcount != 1:
                raise Conflict("the channel has ended already", code="channel_ended")
        self._changed()
        return self.get(channel)

    def wanting(self, connection: Connection, alert: AlertFacts) -> tuple[ChannelId, ...]:
        """Return the active channels whose filter wants an alert at this moment, inside the caller's transaction."""
        active = self._active(connection, alert.operator)
        if not active:
            return ()
        groups = groups_of(connection, alert.reader)
        zone = connection.execute(select(operators.c.zone).where(operators.c.operator == alert.operator)).scalar_one()
        local = self._clock.now().astimezone(ZoneInfo(zone))
        return tuple(channel for channel, wanted in active if wanted.wants(alert, groups, local))

    def wanting_faults(self, connection: Connection, operator: OperatorId) -> tuple[ChannelId, ...]:
        """Return the active channels that take faults, inside the caller's transaction."""
        return tuple(channel for channel, wanted in self._active(connection, operator) if wanted.faults)

    def _active(self, connection: Connection, operator: OperatorId) -> tuple[tuple[ChannelId, ChannelFilter], ...]:
        with self._lock:
            known, changes = self._held.get(operator), self._changes
        if known is not None:
            return known
        wanted = select(alert_channels.c.channel, alert_channels.c.filter).where(
            alert_channels.c.operator == operator, alert_channels.c.ended_at.is_(None)
        )
        rows = connection.execute(wanted.order_by(alert_channels.c.made_at, alert_channels.c.channel))
        found = tuple((ChannelId(row.channel), _filter(row.filter)) for row in rows)
        with self._lock:
            # a channel that was made or ended while these were read is not among them for ever
            if self._changes == changes:
                self._held[operator] = found
        return found

    def _changed(self) -> None:
        with self._lock:
            self._changes += 1
            self._held.clear()

    def _channel(self, row: Row[Any]) -> Channel:
        kind = ChannelKind(row.kind)
        return Channel(
            channel=ChannelId(row.channel),
            operator=OperatorId(row.operator),
            person=PersonId(row.person),
            kind=kind,
            content=Content(row.content),
            where="" if row.target_sealed is None else self._target(row).where(kind),
            filter=_filter(row.filter),
            made_at=row.made_at,
            ended_at=row.ended_at,
        )

    def _target(self, row: Row[Any]) -> Target:
        sealer = self._sealer_of(OperatorId(row.operator))
        plain = sealer.open_column(_TABLE, "target_sealed", row.channel, row.target_sealed)
        return msgspec.json.decode(plain, type=Target)


def new_channel_id() -> ChannelId:
    """Return a fresh id, so that the record of a channel can name it before it is there."""
    return ChannelId(new_id("c"))


def groups_of(connection: Connection, reader: str) -> frozenset[str]:
    """Return a reader's groups inside the caller's transaction; none for a reader that was never registered here."""
    found = connection.execute(select(readers.c.groups).where(readers.c.reader == reader)).scalar_one_or_none()
    return frozenset() if found is None else found


def _filter(text: str) -> ChannelFilter:
    return msgspec.json.decode(text, type=ChannelFilter)


def _row(connection: Connection, channel: ChannelId) -> Row[Any]:
    row = connection.execute(select(alert_channels).where(alert_channels.c.channel == channel)).one_or_none()
    if row is None:
        raise NotFound("no channel has this id", code="unknown_channel")
    return row
