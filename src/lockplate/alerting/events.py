"""AlertEvent: what is told of an alert, whole or as a notice without the plate; and what else a stream tells.

What flows in: an opened hit. What flows out: the same few fields for every way out: stream, webhook, broker, mail.
What it must never see: a picture, an entry's reason, a case. A notice has no field that could hold a plate.
"""

from datetime import datetime
from typing import Any

import msgspec

from lockplate.clock import format_time
from lockplate.hotlist import Category, ListId, MatchKind, Priority
from lockplate.registry.hits import Hit, HitId, HitState
from lockplate.terms import OperatorId, PlateText, ReaderId

NOTICE_FIELDS = (
    "hit_id", "operator", "list_id", "list_name", "category", "priority", "reader", "captured_at", "recorded_at",
)  # fmt: skip
"""What a notice says; where to open the alert is added by whoever sends it."""


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, as a person may see it."""

    hit_id: HitId
    operator: OperatorId
    list_id: ListId
    list_name: str
    category: Category
    priority: Priority
    reader: ReaderId
    captured_at: datetime
    recorded_at: datetime
    kind: MatchKind
    region_agrees: bool | None
    plate_text: PlateText
    region: str | None
    listed_text: PlateText
    listed_region: str | None
    has_picture: bool

    def told(self) -> dict[str, Any]:
        """Return all of it as plain values, times in RFC 3339 with milliseconds."""
        return plain_event(self)

    def notice(self) -> dict[str, Any]:
        """Return what may leave unprotected: no plate, nor how it was read or listed."""
        told = self.told()
        return {name: told[name] for name in NOTICE_FIELDS}


class StateEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody decided a hit."""

    operator: OperatorId
    hit_id: HitId
    state: HitState


class FaultEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A fault of a reader or a list began or ended."""

    operator: OperatorId
    fault_id: str
    kind: str
    subject: str
    """The reader or the list."""
    since: datetime
    open: bool


def event_of(hit: Hit, list_name: str) -> AlertEvent:
    """Return what is told of a hit."""
    return AlertEvent(
        hit_id=hit.hit_id,
        operator=hit.operator,
        list_id=hit.list_id,
        list_name=list_name,
        category=hit.category,
        priority=hit.priority,
        reader=hit.reader,
        captured_at=hit.captured_at,
        recorded_at=hit.recorded_at,
        kind=hit.details.kind,
        region_agrees=hit.details.region_agrees,
        plate_text=hit.details.plate_text,
        region=hit.details.region,
        listed_text=hit.details.listed_text,
        listed_region=hit.details.listed_region,
        has_picture=hit.has_picture,
    )


def plain_event(event: msgspec.Struct) -> dict[str, Any]:
    """Return an event as plain values; its times as every document of ours writes them."""
    plain: dict[str, Any] = msgspec.to_builtins(event, builtin_types=(datetime,))
    return {name: format_time(value) if isinstance(value, datetime) else value for name, value in plain.items()}
