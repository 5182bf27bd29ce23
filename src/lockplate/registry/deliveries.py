"""Deliveries: the outbox. What is to be told, to which channel, and what became of it.

What flows in: new alerts and faults, inside the transaction that keeps them; later, how each try went. What flows out:
what is due, and how every channel stands.
What it must never see: a plate, a target. A row names a hit, a channel and a code.

A row is written with its hit or not at all, so that no crash lies between a match and its alert. It waits until it is
delivered, dead (given up; a person can ask for it again) or dropped (there is nothing left to tell).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, delete, func, insert, or_, select, update

from lockplate.clock import Clock
from lockplate.errors import Conflict, NotFound
from lockplate.registry.channel_filters import AlertFacts
from lockplate.registry.channels import ChannelId, Channels
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.tables import alert_channels, alert_deliveries
from lockplate.terms import LeafIndex, OperatorId

DeliveryId = NewType("DeliveryId", str)

MAX_LISTED = 1000
KEPT_SETTLED = timedelta(days=90)
"""A settled delivery is kept this long; that of a hit goes with its hit if that is earlier."""
LONGEST_WAIT = timedelta(hours=8)
"""Between two tries; what would wait longer was put off by a clock that has been set back since."""


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up after many tries, too old, or its person may not see it: the code says which."""
    DROPPED = "dropped"
    """There is nothing left to tell, or nobody to tell it to: the hit was forgotten, the channel has ended."""


class Subject(StrEnum):
    """What a delivery tells."""

    HIT = "hit"
    FAULT = "fault"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell over one channel."""

    delivery: DeliveryId
    operator: OperatorId
    channel: ChannelId
    subject: Subject
    subject_id: str
    """The hit's or the fault's id."""
    fault_kind: str | None
    state: DeliveryState
    attempts: int
    next_try_at: datetime
    last_code: str | None
    """How the last try went: `http_503`, `unreachable`, a policy's id."""
    created_at: datetime
    asked_again_at: datetime | None
    """When a person asked for it again."""
    settled_at: datetime | None
    leaf: LeafIndex | None
    """The record that says it was shown."""

    @property
    def since(self) -> datetime:
        """From when its age counts."""
        return self.asked_again_at or self.created_at


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries of one channel stand."""

    waiting: int = 0
    delivered: int = 0
    dead: int = 0
    dropped: int = 0
    oldest_waiting: datetime | None = None
    last_delivered: datetime | None = None
    last_code: str | None = None
    """Of the newest waiting delivery that was tried: why the channel does not get through."""


class Deliveries:
    """The outbox of every operator here."""

    def __init__(self, engine: Engine, channels: Channels, clock: Clock) -> None:
        self._engine = engine
        self._channels = channels
        self._clock = clock

    def enqueue_hits(self, connection: Connection, alerts: Sequence[AlertFacts]) -> int:
        """Write a delivery of each alert for each channel that wants it, and return how many, in the caller's hands."""
        return sum(
            self._enqueue(connection, alert.operator, channel, Subject.HIT, alert.hit_id, None)
            for alert in alerts
            for channel in self._channels.wanting(connection, alert)
        )

    def enqueue_fault(self, connection: Connection, operator: OperatorId, fault_id: str, kind: str) -> int:
        """Write a delivery of a fault for each channel that takes faults, and return how many, in the caller's hands.

        `kind` is a word from a closed list. Call it in the transaction that keeps the fault, and tell the bus when it
        is committed, so that the worker wakes.
        """
        return sum(
            self._enqueue(connection, operator, channel, Subject.FAULT, fault_id, kind)
            for channel in self._channels.wanting_faults(connection, operator)
        )

    def get(self, delivery: DeliveryId) -> Delivery:
        """Return a delivery, or raise NotFound."""
        with reading(self._engine) as connection:
            found = connection.execute(_select().where(alert_deliveries.c.delivery == delivery)).one_or_none()
        if found is None:
            raise NotFound("no delivery has this id", code="unknown_delivery")
        return _delivery(found)

    def next_due(self, channel: ChannelId, now: datetime) -> Delivery | None:
        """Return a channel's oldest delivery that is due, or None."""
        wanted = _select().where(alert_deliveries.c.channel == channel, *_due(now))
        with reading(self._engine) as connection:
            row = connection.execute(wanted.order_by(alert_deliveries.c.number).limit(1)).one_or_none()
        return None if row is None else _delivery(row)

    def channels_due(self, now: datetime) -> frozenset[ChannelId]:
        """Return the channels with something due."""
        with reading(self._engine) as connection:
            return frozenset(
                map(
                    ChannelId,
                    connection.execute(select(alert_deliveries.c.channel).where(*_due(now)).distinct()).scalars(),
                )
            )

    def next_at(self) -> datetime | None:
        """Return when the next try is due, or None when nothing waits."""
        waiting = alert_deliveries.c.state == DeliveryState.WAITING.value
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.min(alert_deliveries.c.next_try_at)).where(waiting)
            ).scalar_one_or_none()

    def settle(
        self, delivery: DeliveryId, state: DeliveryState, code: str, *, leaf: LeafIndex | None, tried: bool
    ) -> None:
        """Write down what became of a waiting delivery, for good; one that is settled already stays as it is."""
        self._set(delivery, {"state": state.value, "settled_at": self._clock.now()}, code, leaf, tried=tried)

    def try_again(self, delivery: DeliveryId, at: datetime, code: str, *, leaf: LeafIndex | None) -> None:
        """Write down a try that failed, and when the next one is due."""
        self._set(delivery, {"next_try_at": at}, code, leaf, tried=True)

    def put_off(self, channel: ChannelId, now: datetime, until: datetime) -> None:
        """Let what is due on a channel wait with the one that just failed; no try is counted."""
        due = (alert_deliveries.c.channel == channel, *_due(now))
        with writing(self._engine) as connection:
            connection.execute(update(alert_deliveries).where(*due).values(next_try_at=until))

    def bring_forward(self, channel: ChannelId, now: datetime) -> None:
        """Make everything that waits on a channel due: it gets through again."""
        waiting = alert_deliveries.c.channel == channel, alert_deliveries.c.state == DeliveryState.WAITING.value
        with writing(self._engine) as connection:
            connection.execute(
                update(alert_deliveries).where(*waiting, alert_deliveries.c.next_try_at > now).values(next_try_at=now)
            )

    def revive(self, operator: OperatorId, delivery: DeliveryId | None) -> int:
        """Ask for a dead delivery again, or for all of an operator's, and return how many; their tries begin anew.

        Raises NotFound for another operator's, Conflict for one that is not dead or whose channel has ended.
        """
        now = self._clock.now()
        active = select(alert_channels.c.channel).where(alert_channels.c.ended_at.is_(None))
        wanted: list[ColumnElement[bool]] = [
            alert_deliveries.c.operator == operator,
            alert_deliveries.c.state == DeliveryState.DEAD.value,
            alert_deliveries.c.channel.in_(active),
        ]
        if delivery is not None:
            if self.get(delivery).operator != operator:
                raise NotFound("no delivery has this id", code="unknown_delivery")
            wanted.append(alert_deliveries.c.delivery == delivery)
        values = {
            "state": DeliveryState.WAITING.value,
            "attempts": 0,
            "next_try_at": now,
            "asked_again_at": now,
            "settled_at": None,
        }
        with writing(self._engine) as connection:
            count = connection.execute(update(alert_deliveries).where(*wanted).values(values)).rowcount
        if delivery is not None and count == 0:
            raise Conflict("the delivery is not dead, or its channel has ended", code="not_dead")
        return count

    def list_all(
        self,
        operator: OperatorId,
        *,
        state: DeliveryState | None = None,
        channel: ChannelId | None = None,
        limit: int = 100,
    ) -> tuple[Delivery, ...]:
        """Return an operator's deliveries, newest first, at most 1,000."""
        wanted = _select().where(alert_deliveries.c.operator == operator)
        if state is not None:
            wanted = wanted.where(alert_deliveries.c.state == state.value)
        if channel is not None:
            wanted = wanted.where(alert_deliveries.c.channel == channel)
        newest = wanted.order_by(alert_deliveries.c.number.desc()).limit(min(limit, MAX_LISTED))
        with reading(self._engine) as connection:
            return tuple(_delivery(row) for row in connection.execute(newest))

    def standings(self, operator: OperatorId) -> dict[ChannelId, Standing]:
        """Return how the deliveries of each of an operator's channels stand; a channel without any is left out."""
        table = alert_deliveries.c
        counted = (
            select(
                table.channel,
                table.state,
                func.count().label("count"),
                func.min(table.created_at).label("oldest"),
                func.max(table.settled_at).label("newest"),
            )
            .where(table.operator == operator)
            .group_by(table.channel, table.state)
        )
        tried = (
            select(table.channel, table.last_code)
            .where(table.operator == operator, table.state == DeliveryState.WAITING.value, table.last_code.is_not(None))
            .order_by(table.number)
        )
        standings: dict[ChannelId, Standing] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(counted):
                known = standings.get(ChannelId(row.channel), Standing())
                more: dict[str, Any] = {row.state: row.count}
                if row.state == DeliveryState.WAITING.value:
                    more["oldest_waiting"] = row.oldest
                if row.state == DeliveryState.DELIVERED.value:
                    more["last_delivered"] = row.newest
                standings[ChannelId(row.channel)] = msgspec.structs.replace(known, **more)
            for row in connection.execute(tried):
                channel = ChannelId(row.channel)
                standings[channel] = msgspec.structs.replace(standings[channel], last_code=row.last_code)
        return standings

    def tidy(self, now: datetime) -> int:
        """Delete what was settled long ago, and return how many rows went."""
        old = alert_deliveries.c.settled_at <= now - KEPT_SETTLED
        with writing(self._engine) as connection:
            return connection.execute(delete(alert_deliveries).where(old)).rowcount

    def _enqueue(
        self,
        connection: Connection,
        operator: OperatorId,
        channel: ChannelId,
        subject: Subject,
        subject_id: str,
        fault_kind: str | None,
    ) -> int:
        now = self._clock.now()
        row = {
            "delivery": new_id("d"),
            "operator": operator,
            "channel": channel,
            "subject": subject.value,
            "subject_id": subject_id,
            "fault_kind": fault_kind,
            "state": DeliveryState.WAITING.value,
            "attempts": 0,
            "next_try_at": now,
            "created_at": now,
        }
        return connection.execute(insert(alert_deliveries).values(row)).rowcount

    def _set(
        self, delivery: DeliveryId, values: dict[str, Any], code: str, leaf: LeafIndex | None, *, tried: bool
    ) -> None:
        table = alert_deliveries.c
        values = values | {"last_code": code}
        if leaf is not None:
            values["leaf"] = leaf
        if tried:
            values["attempts"] = table.attempts + 1
        waiting = table.delivery == delivery, table.state == DeliveryState.WAITING.value
        with writing(self._engine) as connection:
            connection.execute(update(alert_deliveries).where(*waiting).values(values))


def forget_deliveries(connection: Connection, hit_ids: Select[tuple[str]]) -> None:
    """Delete the deliveries of hits that are about to go, inside the caller's transaction."""
    of_hits = alert_deliveries.c.subject == Subject.HIT.value, alert_deliveries.c.subject_id.in_(hit_ids)
    connection.execute(delete(alert_deliveries).where(*of_hits))


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    table = alert_deliveries.c
    return (
        table.state == DeliveryState.WAITING.value,
        or_(table.next_try_at <= now, table.next_try_at > now + LONGEST_WAIT),
    )


def _select() -> Select[Any]:
    return select(alert_deliveries)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        delivery=DeliveryId(row.delivery),
        operator=OperatorId(row.operator),
        channel=ChannelId(row.channel),
        subject=Subject(row.subject),
        subject_id=row.subject_id,
        fault_kind=row.fault_kind,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        last_code=row.last_code,
        created_at=row.created_at,
        asked_again_at=row.asked_again_at,
        settled_at=row.settled_at,
        leaf=None if row.leaf is None else LeafIndex(row.leaf),
    )
