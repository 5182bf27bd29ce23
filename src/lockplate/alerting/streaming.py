"""AlertStream: what one person who watches is told, alert by alert, each judged and on record first.

What flows in: ids of new alerts; a person; a filter. What flows out: events to send.
What it must never see: a socket. Nothing is taken for granted from the moment of opening: whoever lost their session or
their role is told nothing more.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from lockplate.alerting.bus import AlertsCame, BusEvent
from lockplate.alerting.events import AlertEvent, StateEvent, event_of, plain_event
from lockplate.alerting.showing import Alerting, Watcher
from lockplate.clock import Clock
from lockplate.errors import NotFound
from lockplate.evidence.noting import Recording
from lockplate.gate.decision import Gate
from lockplate.hotlist import ListId
from lockplate.registry.channel_filters import AlertFacts, ChannelFilter
from lockplate.registry.hits import Hit, HitId, Hits
from lockplate.terms import OperatorId, ReaderId

MAX_RESUMED = 500
"""Alerts that a watcher who comes back is told of; more are on the page of hits."""


class StreamParts(msgspec.Struct, frozen=True, kw_only=True):
    """What one stream needs of a node."""

    operator: OperatorId
    hits: Hits
    gate: Gate
    recorder: Recording
    watcher: Callable[[], Watcher]
    """The person and the operator as they are at this moment; raises Unauthenticated once the session is over."""
    groups: Callable[[ReaderId], frozenset[str]]
    list_name: Callable[[ListId], str]
    clock: Clock


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """What came since a watcher was last here."""

    hit_ids: tuple[HitId, ...]
    complete: bool
    """False: the last one they saw is gone, or more came than are told again; the page of hits has them."""


class AlertStream:
    """One person's stream of one operator's alerts."""

    def __init__(self, parts: StreamParts, chosen: ChannelFilter) -> None:
        self._parts = parts
        self._chosen = chosen
        self._alerting = Alerting(hits=parts.hits, gate=parts.gate, recorder=parts.recorder, clock=parts.clock)

    def judge(self) -> "AlertStream":
        """Return the stream itself while the person may watch, or raise Unauthenticated, or Denied, on record."""
        self._alerting.show_wanted(self._parts.watcher(), [], {})
        return self

    def missed(self, after: HitId) -> Resumed:
        """Return the alerts that were recorded since a hit, oldest first."""
        try:
            found = self._parts.hits.alerts_since(self._parts.operator, after, MAX_RESUMED + 1)
        except NotFound:
            return Resumed(hit_ids=(), complete=False)
        return Resumed(hit_ids=found[:MAX_RESUMED], complete=len(found) <= MAX_RESUMED)

    def tell(self, hit_ids: Sequence[HitId]) -> tuple[AlertEvent, ...]:
        """Return those of these alerts that the filter lets through, once one record says that they were shown.

        Raises Unauthenticated and Denied as `judge` does. A hit that was forgotten meanwhile is left out.
        """
        who = self._parts.watcher()
        wanted = [hit for hit in map(self._opened, hit_ids) if hit is not None and self._passes(hit)]
        shown = self._alerting.show_wanted(who, wanted, {})
        return () if shown is None else tuple(event_of(hit, self._parts.list_name(hit.list_id)) for hit in shown.hits)

    def concerns(self, event: BusEvent) -> bool:
        """Say whether word on the bus is of this stream's operator."""
        return event.operator == self._parts.operator

    def _opened(self, hit_id: HitId) -> Hit | None:
        try:
            return self._parts.hits.get(hit_id)
        except NotFound:
            return None

    def _passes(self, hit: Hit) -> bool:
        facts = AlertFacts(
            hit_id=hit.hit_id,
            operator=hit.operator,
            list_id=hit.list_id,
            category=hit.category,
            priority=hit.priority,
            reader=hit.reader,
        )
        groups = self._parts.groups(hit.reader) if self._chosen.groups else frozenset()
        return self._chosen.passes(facts, groups)


def alert_frame(event: AlertEvent) -> bytes:
    """Return an alert as a server-sent event; its id is the hit's, so that a browser comes back after it."""
    return frame("alert", event.told(), event_id=event.hit_id)


def word_frame(event: BusEvent) -> bytes:
    """Return a decision or a fault as a server-sent event; new alerts have to be told, not passed on."""
    if isinstance(event, StateEvent):
        return frame("state", {"hit_id": event.hit_id, "state": event.state.value})
    if isinstance(event, AlertsCame):
        raise TypeError("alerts are judged and on record before they are sent")
    told = plain_event(event)
    del told["operator"]
    return frame("fault", told)


def frame(name: str, data: dict[str, Any], *, event_id: str | None = None) -> bytes:
    """Return one server-sent event; its data is one line of JSON."""
    head = f"event: {name}\n" + (f"id: {event_id}\n" if event_id is not None else "")
    return head.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"
