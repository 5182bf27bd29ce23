"""Manage hot lists: `hotlist add|change|enter|list|expire`; files are taken in by operations.list_import.

What flows in: a list's description; its file. What flows out: counts, and the lines that were refused, by number.
What it must never see: a plate in a result or a record. After a change the operator's index is loaded again.
"""

from datetime import datetime, timedelta

import msgspec

from lockplate.clock import format_time, parse_time
from lockplate.errors import BadInput
from lockplate.gate.act import Act
from lockplate.hotlist import LOW_LEVEL, AlertOn, Category, EntryId, ListId, Priority
from lockplate.operations.authority import Change, authorise, carry_out, make_recorded, require_any
from lockplate.operations.foreign_lists import authorise_list
from lockplate.operations.list_import import ImportHotList, import_hot_list
from lockplate.operations.list_states import ListStanding, list_standing
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.read import Vehicle
from lockplate.registry.entries import NewEntry, StoredEntry
from lockplate.registry.hotlists import HotList, ListChange, NewHotList
from lockplate.terms import Action, AgencyId, OperatorId, PersonId
from lockplate.wiring.desk import list_age, listed_debts
from lockplate.wiring.node import Node

MAX_VEHICLE_WORD = 40
LONGEST_SHIFT = timedelta(hours=12)
"""How long an entry made by hand may stand where the law ends it with the shift. Ours: no law says how long it is."""


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
    alert_on: tuple[AlertOn, ...] = ()
    """What may raise an alert beside the exact text with a region that does not disagree."""
    priority: Priority = Priority.NORMAL
    repeat_after_minutes: float = 5
    entry_life_days: float | None = None
    """How long an entry lives whose file gives it no end; None: as long as the file is believed."""
    oldest_days: float | None = None
    """Lines that their source dates longer ago are refused; None: however old."""


class ChangeHotList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes different about a list; what is left out stays."""

    list_id: str
    alert_on: tuple[AlertOn, ...] | None = None
    priority: Priority | None = None
    repeat_after_minutes: float | None = None
    max_age_hours: float | None = None
    entry_life_days: float | None = None
    oldest_days: float | None = None
    """0: however old."""


class EnterPlate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One plate to list by hand."""

    plate: str
    list_id: str
    category: Category
    reason: str = ""
    until: str = ""
    """RFC 3339: when it stops matching and is deleted. Every entry has an end."""
    region: str = ""
    case_number: str = ""
    """Every entry made by hand belongs to a case."""
    case_open: bool = False
    """The case goes on after the shift: then the entry may stand longer, where the law ends it with the shift."""
    make: str = ""
    model: str = ""
    color: str = ""
    body: str = ""
    """Type of vehicle: car, truck, motorcycle…"""
    year: str = ""


class EnteredPlate(msgspec.Struct, frozen=True, kw_only=True):
    """An entry made by hand; its plate is not said again."""

    entry_id: EntryId
    list_id: ListId
    category: Category
    expires_at: datetime
    entered_by: PersonId
    index_entries: int
    """What the operator's readers are matched against now."""


class HotListsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose lists."""

    operator: str = ""


class HotListLine(msgspec.Struct, frozen=True, kw_only=True):
    """A list and how much of it matches."""

    hot_list: HotList
    entries: int
    """Unexpired and, on another agency's list, accepted; a stale list's file entries are among them and match
    nothing."""
    stale: bool
    standing: ListStanding
    """Whether its file is matched, since when, until when, and what waits."""


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
    _require_lawful(node, operator, categories)
    facts = {"change": "added", "owner": owner, "categories": ",".join(sorted(each.value for each in categories))}
    change = Change(action=Action.HOTLIST_CHANGED, facts=facts)
    new_list = NewHotList(
        operator=operator,
        name=new.name,
        owner_agency=owner,
        categories=categories,
        source=new.source,
        legal_basis=new.legal_basis,
        max_age=timedelta(hours=new.max_age_hours),
        alert_on=frozenset(new.alert_on),
        priority=new.priority,
        repeat_after=_span(minutes=new.repeat_after_minutes),
        entry_life=None if new.entry_life_days is None else _span(days=new.entry_life_days),
        oldest=None if new.oldest_days is None else _span(days=new.oldest_days),
    )
    authority = authorise_list(node, actor, new_list, change)
    made = node.registries.hot_lists.add(new_list)
    # an empty list matches nothing, so the record may follow: only now does the list have its id
    named = Change(
        action=change.action,
        facts=facts | {"list": made.list_id},
        private={"name": made.name, "source": made.source, "legal_basis": made.legal_basis},
    )
    make_recorded(node, {operator: authority}, named, lambda: None)
    return _line(node, made)


def change_hot_list(node: Node, actor: Actor, request: ChangeHotList) -> HotListLine:
    """Change what a list's matches raise and how long its entries live; what it may list is fixed when it is added."""
    hot_list = node.registries.hot_lists.get(ListId(request.list_id))
    asked = {name: getattr(request, name) for name in request.__struct_fields__ if name != "list_id"}
    said = {name: _in_words(value) for name, value in asked.items() if value is not None}
    if not said:
        raise BadInput("nothing was asked to change", code="no_change", next_step="Name what changes: --priority high")
    wanted = ListChange(
        alert_on=None if request.alert_on is None else frozenset(request.alert_on),
        priority=request.priority,
        repeat_after=None if request.repeat_after_minutes is None else _span(minutes=request.repeat_after_minutes),
        max_age=None if request.max_age_hours is None else _span(hours=request.max_age_hours),
        entry_life=None if request.entry_life_days is None else _span(days=request.entry_life_days),
        oldest=None if request.oldest_days is None else _span(days=request.oldest_days),
    )
    facts = {"change": "terms", "list": hot_list.list_id} | said
    change = Change(action=Action.HOTLIST_CHANGED, facts=facts)

    def step() -> HotList:
        return node.registries.hot_lists.change(hot_list.list_id, wanted)

    made = carry_out(node, actor, Act.MANAGE_HOTLISTS, [hot_list.operator], change, step)
    node.desk(hot_list.operator).reload_index(node.registries.entries, node.clock)
    return _line(node, made)


def _in_words(value: object) -> str:
    """Return a closed word, several of them, or a number, as a record says it."""
    return ",".join(sorted(map(str, value))) or "none" if isinstance(value, tuple) else str(value)


def _span(*, days: float = 0, hours: float = 0, minutes: float = 0) -> timedelta:
    """Return a length of time, or raise BadInput for one that no calendar holds."""
    try:
        return timedelta(days=days, hours=hours, minutes=minutes)
    except (OverflowError, ValueError):
        raise BadInput("no such length of time", code="bad_list") from None


def _require_lawful(node: Node, operator: OperatorId, categories: frozenset[Category]) -> None:
    """Raise BadInput for debts and paperwork that the operator's law does not name."""
    barred = sorted(each.value for each in categories & LOW_LEVEL - listed_debts(node.law, operator))
    if barred:
        raise BadInput(
            f"the operator's law names no hot list of {', '.join(barred)}",
            code="category_not_in_law",
            next_step="Debts and paperwork are listed only where the law names them: hotlist.low_level in `law show`.",
        )


def enter_plate(node: Node, actor: Actor, request: EnterPlate) -> EnteredPlate:
    """Put one plate on a hot list by hand: a reason, a case, a person who answers for it, an end; all on record.

    It is matched against reads that arrive from now on. Where the car was before is a question, which the gate answers.
    """
    hot_list = node.registries.hot_lists.get(ListId(request.list_id))
    person = actor.require_person(node).person
    _require_lawful(node, hot_list.operator, frozenset({request.category}))
    until = parse_time(request.until) if request.until else None
    facts = {"change": "entered", "list": hot_list.list_id, "category": request.category.value}
    facts |= {"case_open": "yes" if request.case_open else "no"}
    private = {"plate": request.plate, "reason": request.reason, "case_number": request.case_number}
    private |= {"vehicle": " ".join(filter(None, _described(request)))}
    change = Change(
        action=Action.HOTLIST_CHANGED,
        facts=facts if until is None else facts | {"until": format_time(until)},
        private={name: value for name, value in private.items() if value},
    )

    def enter() -> StoredEntry:
        end = _entry_end(node, hot_list.operator, request, until)
        new = NewEntry(
            list_id=hot_list.list_id,
            plate_text=request.plate,
            region=request.region,
            category=request.category,
            reason=request.reason,
            expires_at=end,
            case_number=request.case_number,
            vehicle=_vehicle(request),
        )
        return node.registries.entries.add(new, by=person)

    made = carry_out(node, actor, Act.MANAGE_HOTLISTS, [hot_list.operator], change, enter)
    desk = node.desk(hot_list.operator)
    desk.index_entry(node.registries.entries, made.entry_id, node.clock)
    return EnteredPlate(
        entry_id=made.entry_id,
        list_id=made.list_id,
        category=made.category,
        expires_at=made.expires_at,
        entered_by=person,
        index_entries=len(desk.lane.index),
    )


def _entry_end(node: Node, operator: OperatorId, request: EnterPlate, until: datetime | None) -> datetime:
    """Return when an entry ends, or raise BadInput: none given, or later than the operator's law lets it stand."""
    law = node.facts.profile(operator)
    if not request.reason.strip():
        raise BadInput("an entry made by hand needs a reason", code="reason_missing")
    if not request.case_number.strip():
        raise BadInput("an entry made by hand needs a case", code="case_missing", next_step="Give --case N.")
    if until is None:
        raise BadInput("an entry made by hand has an end", code="no_end", next_step="Give --until.")
    life = None if law is None else law.manual_entry_life
    if life == "end_of_shift":
        if request.case_open:
            return until
        life = LONGEST_SHIFT
    if life is not None and until - node.clock.now() > life:
        raise BadInput(
            "the law ends an entry made by hand before that",
            code="entry_too_long",
            next_step="Give an earlier --until; where the law ends it with the shift, an open case may go on: "
            "--case-open.",
        )
    return until


def _described(request: EnterPlate) -> tuple[str, ...]:
    return tuple(each.strip() for each in (request.year, request.color, request.make, request.model, request.body))


def _vehicle(request: EnterPlate) -> Vehicle | None:
    """Return the vehicle as it was described, None when it was not, or raise BadInput."""
    year, color, make, model, body = (each or None for each in _described(request))
    if any(each is not None and len(each) > MAX_VEHICLE_WORD for each in (year, color, make, model, body)):
        raise BadInput("a word about the vehicle is too long", code="text_too_long")
    vehicle = Vehicle(make=make, model=model, color=color, body=body, year=year)
    return None if vehicle == Vehicle() else vehicle


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


def _line(node: Node, hot_list: HotList) -> HotListLine:
    standing = list_standing(node, hot_list)
    return HotListLine(
        hot_list=hot_list,
        entries=standing.entries,
        stale=hot_list.is_stale(node.clock.now(), list_age(node.law, hot_list.operator)),
        standing=standing,
    )


HOT_LISTS = (
    Operation(name="hotlist.add", request=AddHotList, handler=add_hot_list, says="Add a hot list."),
    Operation(
        name="hotlist.change", request=ChangeHotList, handler=change_hot_list, says="Change what a list's alerts say."
    ),
    Operation(name="hotlist.import", request=ImportHotList, handler=import_hot_list, says="Take a list's file in."),
    Operation(name="hotlist.enter", request=EnterPlate, handler=enter_plate, says="List one plate by hand."),
    Operation(name="hotlist.list", request=HotListsOf, handler=list_hot_lists, says="List hot lists."),
    Operation(name="hotlist.expire", request=HotListsOf, handler=expire_hot_lists, says="Delete expired entries."),
)
