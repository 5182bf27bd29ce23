"""What is on a list, one by one: `hotlist entries|accept|remove`.

What flows in: a person's wish to look; which entries of another agency's list they take over; one to take off. What
flows out: entries, once the record that they were shown is durable; counts.
What it must never see: a way to look without a record. Only people look, accept and remove; a leaf has ids and counts.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from lockplate.errors import BadInput, NotFound
from lockplate.gate.act import Act
from lockplate.hotlist import Category, EntryId, ListId
from lockplate.listfiles.outcome import MAX_REASON_CHARACTERS
from lockplate.operations.authority import Change, authorise, carry_out, make_recorded
from lockplate.operations.foreign_lists import authorise_list
from lockplate.operations.operation import Actor, Operation
from lockplate.read import Vehicle
from lockplate.registry.entries import StoredEntry
from lockplate.registry.hotlists import HotList
from lockplate.registry.list_footing import Footing
from lockplate.terms import Action, AgencyId, LeafIndex, OperatorId, PersonId, PlateText
from lockplate.wiring.node import Node

MAX_SHOWN = 1000
"""Entries in one showing, or ids in one record; they fit one leaf."""

_ENTRY_ID = re.compile(r"e[0-9a-f]{20}")


class ListEntries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries of one list, in the order of their ids."""

    list_id: str
    waiting: bool = False
    """Only those of another agency's list that nobody here has accepted."""
    after: str = ""
    """The last id of the page before."""
    limit: int = 100


class AcceptEntries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries of another agency's list to take over: named ones, or all that wait."""

    list_id: str
    entry_ids: tuple[str, ...] = ()
    every: bool = False


class RemoveEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry to take off its list, and why."""

    entry_id: str
    reason: str


class ShownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as somebody sees it who answers for the list."""

    entry_id: EntryId
    plate_text: PlateText
    region: str | None
    category: Category
    reason: str
    expires_at: datetime
    owner_agency: AgencyId
    """Whose word it is."""
    foreign: bool
    """Another agency's than the operator's own."""
    waiting: bool
    """It matches nothing until somebody here accepts it."""
    accepted_by: PersonId | None
    accepted_at: datetime | None
    entered_at: datetime
    entered_by: PersonId | None
    """Who wrote it by hand; None for one of a file."""
    case_number: str
    vehicle: Vehicle | None
    reference: str


class ShownEntries(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, and the record that says they were shown."""

    operator: OperatorId
    record_index: LeafIndex
    list_id: ListId
    entries: tuple[ShownEntry, ...]
    next_after: EntryId | None
    """Where the next page begins; None after the last."""


class AcceptedEntries(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries were taken over."""

    list_id: ListId
    accepted: int
    waiting: int
    """Still."""
    index_entries: int
    """What the operator's readers are matched against now."""


class RemovedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is off its list; its plate is not said again."""

    entry_id: EntryId
    list_id: ListId
    index_entries: int


def list_entries(node: Node, actor: Actor, which: ListEntries) -> ShownEntries:
    """Show what is on a list, one by one; that it was shown, and which entries, is on record first."""
    if not 1 <= which.limit <= MAX_SHOWN:
        raise BadInput(f"between 1 and {MAX_SHOWN} entries are shown at once", code="bad_limit")
    after = _require_id(which.after) if which.after else ""
    hot_list = node.registries.hot_lists.get(ListId(which.list_id))
    actor.require_person(node)
    facts = {"list": hot_list.list_id, "waiting": "yes" if which.waiting else "no"}
    asked = Change(action=Action.ENTRIES_SHOWN, facts=facts)
    authority = authorise(node, actor, Act.MANAGE_HOTLISTS, [hot_list.operator], asked)[hot_list.operator]
    ids = node.registries.acceptances.ids(hot_list.list_id, waiting=which.waiting, after=after, limit=which.limit)
    shown = Change(action=asked.action, facts=facts | {"entries": ",".join(ids)}, counts={"entries": len(ids)})
    place = node.desk(hot_list.operator).recorder.record(authority.record(node, hot_list.operator, shown))
    footing = node.registries.list_grants.footing(hot_list, node.clock.now())
    return ShownEntries(
        operator=hot_list.operator,
        record_index=place,
        list_id=hot_list.list_id,
        entries=tuple(_shown(one, hot_list, footing) for one in _open(node, ids)),
        next_after=ids[-1] if len(ids) == which.limit else None,
    )


def accept_entries(node: Node, actor: Actor, request: AcceptEntries) -> AcceptedEntries:
    """Take entries of another agency's list over, on record by id; only then they match."""
    if request.every == bool(request.entry_ids):
        raise BadInput("name entries, or take all that wait", code="bad_selection")
    if len(request.entry_ids) > MAX_SHOWN:
        raise BadInput(f"at most {MAX_SHOWN} entries are named at once", code="too_many_entries")
    named = tuple(dict.fromkeys(map(_require_id, request.entry_ids)))
    person = actor.require_person(node).person
    hot_list = node.registries.hot_lists.get(ListId(request.list_id))
    facts = {"change": "entries_accepted", "list": hot_list.list_id, "owner": hot_list.owner_agency}
    authority = authorise_list(node, actor, hot_list, Change(action=Action.HOTLIST_CHANGED, facts=facts))
    acceptances = node.registries.acceptances
    ids = acceptances.ids(hot_list.list_id, waiting=True) if request.every else named
    desk = node.desk(hot_list.operator)
    if ids:
        change = Change(action=Action.HOTLIST_CHANGED, facts=facts | entries_facts(ids), counts={"entries": len(ids)})
        try:
            make_recorded(
                node,
                {hot_list.operator: authority},
                change,
                lambda: acceptances.accept(hot_list.list_id, ids, by=person),
            )
        finally:
            desk.reload_index(node.registries.entries, node.clock)
    return AcceptedEntries(
        list_id=hot_list.list_id,
        accepted=len(ids),
        waiting=node.registries.list_grants.counts(hot_list, node.clock.now()).waiting,
        index_entries=len(desk.lane.index),
    )


def remove_entry(node: Node, actor: Actor, request: RemoveEntry) -> RemovedEntry:
    """Take one entry off its list by hand, with a reason; it matches nothing from now on."""
    entry_id = _require_id(request.entry_id)
    actor.require_person(node)
    if not request.reason.strip() or len(request.reason) > MAX_REASON_CHARACTERS:
        raise BadInput("taking an entry off needs a reason", code="reason_missing")
    list_id = node.registries.entries.list_of(entry_id)
    operator = node.registries.hot_lists.get(list_id).operator
    change = Change(
        action=Action.HOTLIST_CHANGED,
        facts={"change": "removed", "list": list_id, "entry": entry_id},
        private={"reason": request.reason},
    )
    desk = node.desk(operator)
    try:
        carry_out(
            node, actor, Act.MANAGE_HOTLISTS, [operator], change, lambda: node.registries.entries.remove(entry_id)
        )
    finally:
        desk.index_entry(node.registries.entries, entry_id, node.clock)
    return RemovedEntry(entry_id=entry_id, list_id=list_id, index_entries=len(desk.lane.index))


def entries_facts(ids: Sequence[EntryId]) -> dict[str, str]:
    """Return which entries a record is about: their ids where they fit a leaf, and the SHA-256 of all of them.

    The hash is over the sorted ids, a line each, so that whoever has them can check.
    """
    digest = hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()
    named = {"entries": ",".join(ids)} if len(ids) <= MAX_SHOWN else {}
    return named | {"entries_sha256": digest}


def _open(node: Node, ids: Sequence[EntryId]) -> list[StoredEntry]:
    """Return entries, opened; one that went this moment is left out."""
    found = []
    for entry_id in ids:
        try:
            found.append(node.registries.entries.get(entry_id))
        except NotFound:
            continue
    return found


def _shown(entry: StoredEntry, hot_list: HotList, footing: Footing) -> ShownEntry:
    accepted = footing.foreign_owner is not None and footing.is_accepted(entry.accepted_at)
    return ShownEntry(
        entry_id=entry.entry_id,
        plate_text=entry.plate_text,
        region=entry.region,
        category=entry.category,
        reason=entry.reason,
        expires_at=entry.expires_at,
        owner_agency=hot_list.owner_agency,
        foreign=footing.foreign_owner is not None,
        waiting=not footing.is_accepted(entry.accepted_at),
        accepted_by=entry.accepted_by if accepted else None,
        accepted_at=entry.accepted_at if accepted else None,
        entered_at=entry.entered_at,
        entered_by=entry.entered_by,
        case_number=entry.case_number,
        vehicle=entry.vehicle,
        reference=entry.reference,
    )


def _require_id(entry_id: str) -> EntryId:
    """Return an id that has an entry's form, or raise NotFound: what somebody typed must not stand in a record."""
    if not _ENTRY_ID.fullmatch(entry_id):
        raise NotFound("no entry has this id", code="unknown_entry")
    return EntryId(entry_id)


LIST_ENTRIES = (
    Operation(
        name="hotlist.entries", request=ListEntries, handler=list_entries, says="Show a list's entries; on record."
    ),
    Operation(
        name="hotlist.accept", request=AcceptEntries, handler=accept_entries, says="Accept another agency's entries."
    ),
    Operation(name="hotlist.remove", request=RemoveEntry, handler=remove_entry, says="Take one entry off its list."),
)
