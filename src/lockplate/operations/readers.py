"""Manage readers: `reader add|list|key|activate|deactivate`.

What flows in: a reader's id and description. What flows out: the reader, its health; its key, shown once.
What it must never see: a read.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from lockplate.errors import BadInput, Conflict
from lockplate.gate.act import Act
from lockplate.intake.delivery import Refusal
from lockplate.operations.authority import Change, carry_out, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.places import denied_place_around, place_fault
from lockplate.operations.reader_health import ReaderState, reader_lines
from lockplate.operations.taking_in import only_operator
from lockplate.read import Position
from lockplate.readers.formats import format_names
from lockplate.registry.ids import require_slug
from lockplate.registry.readers import NewReader, RegisteredReader, require_groups
from lockplate.terms import Action, OperatorId, ProfileId, ReaderId
from lockplate.wiring.node import Node

T = TypeVar("T")

HEALTH_DAYS = 7


class AddReader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reader to add."""

    reader: str
    name: str
    operator: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    zone: str | None = None
    """None: the operator's."""
    format_name: str | None = None
    """None: told by shape."""
    mobile: bool = False
    origin: str = ""
    """The law profile that its reads were made under, where they are copies from another agency."""
    groups: tuple[str, ...] = ()
    """Names under which filters of alerts know several readers at once."""


class ChangeReader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reader, and the groups that it is to be in: these and no others."""

    reader: str
    groups: tuple[str, ...]


class ReaderName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reader."""

    reader: str


class ReadersOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose readers."""

    operator: str = ""


class ReaderWithKey(msgspec.Struct, frozen=True, kw_only=True):
    """A reader and its new key, which nobody can read again."""

    reader: RegisteredReader
    key: str


class ReaderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A reader as a list shows it."""

    reader: RegisteredReader
    last_seen: datetime | None
    clock_drift_seconds: float | None
    rejects: int
    """Of the last seven days."""
    rejects_by_reason: dict[str, int]
    refused: int
    """Reads of the last seven days that were understood and not kept."""
    refused_by_reason: dict[str, int]
    place_fault: Refusal | None
    """Why nothing is taken from a fixed reader where it stands; None: nothing is wrong with it."""
    state: ReaderState
    """The one thing to know of it."""
    why: str
    """In words; empty when all is well."""
    reads: int
    """Of the last 24 hours."""


def add_reader(node: Node, actor: Actor, new: AddReader) -> ReaderWithKey:
    """Add a reader and give it its key."""
    operator = only_operator(node, new.operator)
    name = ReaderId(require_slug(new.reader))
    if any(known.reader == name for known in node.registries.readers.list_all()):
        raise Conflict("a reader with this id exists already")
    if new.format_name is not None and new.format_name not in format_names():
        names = ", ".join(format_names())
        raise BadInput("no format of that name", code="unknown_format", next_step=f"One of: {names}")
    if (new.latitude is None) != (new.longitude is None):
        raise BadInput("a position has a latitude and a longitude", code="bad_position")
    described = NewReader(
        reader=name,
        operator=operator,
        name=new.name,
        place=new.place,
        position=None
        if new.latitude is None or new.longitude is None
        else Position(latitude=new.latitude, longitude=new.longitude),
        zone=new.zone,
        format=new.format_name,
        mobile=new.mobile,
        origin=_origin(node, new.origin),
        groups=require_groups(frozenset(new.groups)),
    )
    _require_lawful_place(node, described)
    change = Change(
        action=Action.READERS_CHANGED,
        facts={"change": "added", "reader": name} | ({"origin": new.origin} if new.origin else {}),
        private={"name": new.name, "place": new.place},
    )
    added, key = carry_out(
        node, actor, Act.MANAGE_READERS, [operator], change, lambda: node.registries.readers.add(described)
    )
    node.law.changed(operator)
    return ReaderWithKey(reader=added, key=key)


def _require_lawful_place(node: Node, reader: NewReader | RegisteredReader) -> None:
    """Raise Conflict for a fixed reader that stands where the law in force lets nobody collect."""
    if reader.position is None or reader.mobile:
        return
    place = denied_place_around(node, reader.operator, reader.position)
    if place is not None:
        raise Conflict(
            f"the law in force lets nobody collect at a place of the kind {place.kind.value}",
            code="sensitive_place",
            next_step=f"Put the reader elsewhere; it stands in {place.place} of `lockplate place list`.",
        )


def _origin(node: Node, name: str) -> ProfileId | None:
    """Return the law profile that travels with a reader's reads, or raise NotFound when there is none in force."""
    return None if not name else node.profiles.on(ProfileId(name), node.clock.now().date()).id


def list_readers(node: Node, actor: Actor, which: ReadersOf) -> tuple[ReaderLine, ...]:
    """List an operator's readers and how they are doing."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.MANAGE_READERS, Act.SHOW_HIT, Act.READ_RECORDS), operator)
    now = node.clock.now()
    since = (now - timedelta(days=HEALTH_DAYS)).date()
    told = {line.reader.reader: line for line in reader_lines(node, operator, now)}
    refused = node.registries.day_counts.refused(operator, since)
    lines = []
    for reader in (line.reader for line in told.values()):
        health = node.registries.readers.health(reader.reader, since)
        by_reason: dict[str, int] = {}
        for counts in health.rejects.values():
            for reason, count in counts.items():
                by_reason[reason] = by_reason.get(reason, 0) + count
        lines.append(
            ReaderLine(
                reader=reader,
                last_seen=told[reader.reader].last_seen,
                clock_drift_seconds=health.clock_drift_seconds,
                rejects=sum(by_reason.values()),
                rejects_by_reason=by_reason,
                refused=sum(refused.get(reader.reader, {}).values()),
                refused_by_reason=refused.get(reader.reader, {}),
                place_fault=place_fault(node, reader),
                state=told[reader.reader].state,
                why=told[reader.reader].why,
                reads=told[reader.reader].reads,
            )
        )
    return tuple(lines)


def change_reader(node: Node, actor: Actor, change: ChangeReader) -> RegisteredReader:
    """Put a reader into groups; filters of alerts follow at once."""
    reader = node.registries.readers.get(ReaderId(change.reader))
    groups = require_groups(frozenset(change.groups))
    return _change(node, actor, reader, "groups", lambda: node.registries.readers.set_groups(reader.reader, groups))


def renew_key(node: Node, actor: Actor, name: ReaderName) -> ReaderWithKey:
    """Give a reader another key; the one so far stops at once."""
    reader = node.registries.readers.get(ReaderId(name.reader))
    key = _change(node, actor, reader, "key", lambda: node.registries.readers.renew_key(reader.reader))
    return ReaderWithKey(reader=reader, key=key)


def deactivate_reader(node: Node, actor: Actor, name: ReaderName) -> RegisteredReader:
    """Stop taking reads from a reader."""
    reader = node.registries.readers.get(ReaderId(name.reader))
    return _change(node, actor, reader, "deactivated", lambda: node.registries.readers.deactivate(reader.reader))


def activate_reader(node: Node, actor: Actor, name: ReaderName) -> RegisteredReader:
    """Take reads from a reader again."""
    reader = node.registries.readers.get(ReaderId(name.reader))
    _require_lawful_place(node, reader)
    return _change(node, actor, reader, "activated", lambda: node.registries.readers.activate(reader.reader))


def _change(node: Node, actor: Actor, reader: RegisteredReader, word: str, step: Callable[[], T]) -> T:
    change = Change(action=Action.READERS_CHANGED, facts={"change": word, "reader": reader.reader})
    return carry_out(node, actor, Act.MANAGE_READERS, [OperatorId(reader.operator)], change, step)


READERS = (
    Operation(name="reader.add", request=AddReader, handler=add_reader, says="Add a reader; shows its key once."),
    Operation(name="reader.list", request=ReadersOf, handler=list_readers, says="List readers and their health."),
    Operation(name="reader.change", request=ChangeReader, handler=change_reader, says="Put a reader into groups."),
    Operation(name="reader.key", request=ReaderName, handler=renew_key, says="Give a reader another key."),
    Operation(name="reader.deactivate", request=ReaderName, handler=deactivate_reader, says="Stop a reader."),
    Operation(name="reader.activate", request=ReaderName, handler=activate_reader, says="Take a reader back."),
)
