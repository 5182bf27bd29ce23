"""Manage hot lists: `hotlist add|import|list|expire`.

What flows in: a list's description; its file. What flows out: counts, and the lines that were refused, by number.
What it must never see: a plate in a result or a record. After a change the operator's index is loaded again.
"""

import hashlib
from datetime import timedelta
from pathlib import Path

import msgspec

from lockplate.errors import BadInput
from lockplate.gate.act import Act
from lockplate.hotlist import Category, ListId, RefusedLine, parse_list_csv
from lockplate.operations.authority import Change, authorise, follow_up, make_recorded, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.entries import ListDiff
from lockplate.registry.hotlists import HotList, NewHotList
from lockplate.terms import Action, AgencyId, OperatorId
from lockplate.wiring.node import Node

MAX_LIST_BYTES = 256 * 1024 * 1024


class AddHotList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list to add."""

    name: str
    categories: tuple[Category, ...]
    source: str
    legal_basis: str
    max_age_hours: float
    """How old its file may grow before its entries stop matching."""
    operator: str = ""
    owner_agency: str = ""
    """Empty: the operator's own."""


class ImportHotList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list's file: its text, or, for the node's own system user, where it lies."""

    list_id: str
    content: str | None = None
    path: str | None = None
    dry_run: bool = False


class HotListsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose lists."""

    operator: str = ""


class HotListLine(msgspec.Struct, frozen=True, kw_only=True):
    """A list and how much of it matches."""

    hot_list: HotList
    entries: int
    """Unexpired; a stale list's file entries are among them and match nothing."""
    stale: bool


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list's file: rows = added + changed + unchanged + refused."""

    list_id: ListId
    rows: int
    """Lines after the header that are not blank."""
    imported: int
    added: int
    changed: int
    unchanged: int
    duplicate: int
    """Lines that an earlier one repeats; they are among the refused."""
    gone: int
    """Entries of the last file that this one no longer lists."""
    blank: int
    refused: int
    refused_by_reason: dict[str, int]
    refused_lines: tuple[RefusedLine, ...]
    """The first hundred, by line number."""
    index_entries: int
    """What the operator's readers are matched against now."""
    dry_run: bool


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """How many expired entries were deleted, by list."""

    entries: int
    by_list: dict[ListId, int]


def add_hot_list(node: Node, actor: Actor, new: AddHotList) -> HotListLine:
    """Add a hot list; it matches nothing until a file of it is imported."""
    operator = only_operator(node, new.operator)
    owner = node.registries.agencies.get(
        AgencyId(new.owner_agency) if new.owner_agency else node.desk(operator).operator.agency
    ).agency
    if not 0 < new.max_age_hours <= 24 * 3660:
        raise BadInput("a list has an age at which it is stale", code="bad_list")
    categories = frozenset(new.categories)
    facts = {"change": "added", "owner": owner, "categories": ",".join(sorted(each.value for each in categories))}
    change = Change(action=Action.HOTLIST_CHANGED, facts=facts)
    authority = authorise(node, actor, Act.MANAGE_HOTLISTS, [operator], change)[operator]
    made = node.registries.hot_lists.add(
        NewHotList(
            operator=operator,
            name=new.name,
            owner_agency=owner,
            categories=categories,
            source=new.source,
            legal_basis=new.legal_basis,
            max_age=timedelta(hours=new.max_age_hours),
        )
    )
    # an empty list matches nothing, so the record may follow: only now does the list have its id
    named = Change(
        action=change.action,
        facts=facts | {"list": made.list_id},
        private={"name": made.name, "source": made.source, "legal_basis": made.legal_basis},
    )
    make_recorded(node, {operator: authority}, named, lambda: None)
    return _line(node, made)


def import_hot_list(node: Node, actor: Actor, request: ImportHotList) -> ImportReport:
    """Make a file a list's content; every line is accounted for."""
    hot_list = node.registries.hot_lists.get(ListId(request.list_id))
    data = _content(actor, request)
    change = Change(
        action=Action.HOTLIST_CHANGED,
        facts={"change": "compared" if request.dry_run else "imported", "list": hot_list.list_id},
        # a list of one plate could be guessed from a bare hash, so the leaf only commits to it
        private={"file_sha256": hashlib.sha256(data).hexdigest()},
    )
    authority = authorise(node, actor, Act.MANAGE_HOTLISTS, [hot_list.operator], change)[hot_list.operator]
    parsed = parse_list_csv(data)
    if request.dry_run:
        return _report(node, hot_list.operator, node.registries.entries.compare(hot_list.list_id, parsed), dry_run=True)
    recorder = node.desk(hot_list.operator).recorder
    place = recorder.record(authority.record(node, hot_list.operator, change), change.private)
    try:
        diff = node.registries.entries.replace(hot_list.list_id, parsed)
    finally:
        # an import that was cut short has changed something, too
        node.desk(hot_list.operator).reload_index(node.registries.entries, node.clock)
    counts = {"added": diff.added, "changed": diff.changed, "gone": diff.gone, "refused": len(diff.refused)}
    done = Change(action=change.action, facts=change.facts | {"outcome": "done"}, counts=counts)
    follow_up(node, hot_list.operator, authority, done, place)
    return _report(node, hot_list.operator, diff, dry_run=False)


def list_hot_lists(node: Node, actor: Actor, which: HotListsOf) -> tuple[HotListLine, ...]:
    """List an operator's hot lists: how many entries, how old, whether still believed."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.MANAGE_HOTLISTS, Act.SHOW_HIT, Act.READ_RECORDS), operator)
    return tuple(_line(node, hot_list) for hot_list in node.registries.hot_lists.list_all(operator))


def expire_hot_lists(node: Node, actor: Actor, which: HotListsOf) -> Expired:
    """Delete entries whose time is over, of every list of this node, and load the indexes again."""
    operators = [only_operator(node, which.operator)] if which.operator else list(node.desks)
    if set(operators) != set(node.desks):
        raise BadInput(
            "entries expire in all lists of a node at once", code="all_lists", next_step="Leave --operator out."
        )
    change = Change(action=Action.HOTLIST_CHANGED, facts={"change": "expired"})
    authorities = authorise(node, actor, Act.MANAGE_HOTLISTS, operators, change)
    by_list = make_recorded(node, authorities, change, lambda: node.registries.entries.expire(node.clock.now()))
    for desk in node.desks.values():
        desk.reload_index(node.registries.entries, node.clock)
    return Expired(entries=sum(by_list.values()), by_list=by_list)


def _content(actor: Actor, request: ImportHotList) -> bytes:
    """Return the file's bytes, or raise BadInput; a path is taken from the node's own system user only."""
    if (request.path is None) == (request.content is None):
        raise BadInput("give the list's text or where it lies", code="no_file")
    if request.content is not None:
        return request.content.encode("utf-8", "surrogatepass")
    actor.require_system_user()
    path = Path(request.path or "")
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise BadInput("the list is too large", code="too_large")
        return path.read_bytes()
    except OSError:
        raise BadInput("there is no such file", code="no_file") from None


def _report(node: Node, operator: OperatorId, diff: ListDiff, *, dry_run: bool) -> ImportReport:
    by_reason = diff.refused_by_reason()
    return ImportReport(
        list_id=diff.list_id,
        rows=diff.lines - diff.blank,
        imported=diff.added + diff.changed + diff.unchanged,
        added=diff.added,
        changed=diff.changed,
        unchanged=diff.unchanged,
        duplicate=by_reason.get("duplicate", 0),
        gone=diff.gone,
        blank=diff.blank,
        refused=len(diff.refused),
        refused_by_reason=by_reason,
        refused_lines=diff.refused[:100],
        index_entries=len(node.desk(operator).lane.index),
        dry_run=dry_run,
    )


def _line(node: Node, hot_list: HotList) -> HotListLine:
    now = node.clock.now()
    return HotListLine(
        hot_list=hot_list,
        entries=node.registries.entries.counts(now).get(hot_list.list_id, 0),
        stale=hot_list.is_stale(now),
    )


HOT_LISTS = (
    Operation(name="hotlist.add", request=AddHotList, handler=add_hot_list, says="Add a hot list."),
    Operation(name="hotlist.import", request=ImportHotList, handler=import_hot_list, says="Take a list's file in."),
    Operation(name="hotlist.list", request=HotListsOf, handler=list_hot_lists, says="List hot lists."),
    Operation(name="hotlist.expire", request=HotListsOf, handler=expire_hot_lists, says="Delete expired entries."),
)
