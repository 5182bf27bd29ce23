"""The demo county's hot lists: invented reports of vehicles that will pass soon, so that alerts can be seen and judged.

What flows in: an open node, the invented fleet. What flows out: a list for each operator, kept by hand.
What it must never see: anything real. Only a simulator knows who will pass; nothing in Lockplate does.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from lockplate.clock import format_time
from lockplate.hotlist import Category
from lockplate.operations.hotlists import AddHotList, EnterPlate, add_hot_list, enter_plate
from lockplate.operations.operation import Actor
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.passage import Passage
from lockplate.terms import OperatorId, PersonId, ReaderId
from lockplate.wiring.node import Node

MINUTES = (1.5, 2, 2.5, 3, 4, 5, 7, 9, 12, 16, 22, 30)
"""After live traffic begins: about when a listed vehicle passes, if its reader reads it right."""
NOBODY = "0XX0000"
"""A plate that no vehicle of the county has: a report that nobody has seen yet."""


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says beyond the plate, so that each kind of alert can be met."""

    region: str | None
    """None: the report names none. Empty: the plate's own."""
    body: str = ""
    """Other than the vehicle's own: a contradiction to be seen."""
    describes: bool = True


_REPORTS = (
    _Report(region=None),
    _Report(region=None, describes=False),
    _Report(region=""),
    _Report(region=None, body="motorcycle"),
    _Report(region="US-NV"),
    _Report(region=None),
)


def add_own_list(
    node: Node, operator: OperatorId, author: PersonId, fleet: Fleet, readers: Collection[ReaderId], live_from: datetime
) -> None:
    """Add an operator's list, with entries by hand for vehicles that its readers will see in the next half hour."""
    made = add_hot_list(
        node,
        Actor(person=None, is_system_user=True),
        AddHotList(
            operator=operator,
            name="Own desk",
            categories=(Category.STOLEN_VEHICLE, Category.MISSING),
            source="reports taken at the operator's own desk (invented)",
            legal_basis="demo only",
            max_age_hours=30 * 24,
        ),
    )
    until = format_time(node.clock.now() + timedelta(days=14))
    coming = list(_coming(fleet, readers, live_from))
    for number, (plate, passage) in enumerate([*((one.plate, one) for one in coming), (NOBODY, None)], start=1):
        report = _REPORTS[number % len(_REPORTS)]
        entry = EnterPlate(
            plate=plate,
            list_id=made.hot_list.list_id,
            category=Category.MISSING if number % 5 == 0 else Category.STOLEN_VEHICLE,
            reason=f"invented report {number}",
            until=until,
            case_number=f"D-26-{number}",
            case_open=True,
        )
        described = entry if passage is None else _described(entry, report, passage)
        enter_plate(node, Actor(person=author), described)


def _described(entry: EnterPlate, report: _Report, passage: Passage) -> EnterPlate:
    region = passage.region if report.region == "" else report.region or ""
    if not report.describes:
        return msgspec.structs.replace(entry, region=region)
    look = passage.look
    return msgspec.structs.replace(
        entry, region=region, make=look.make, model=look.model, color=look.color, body=report.body or look.body
    )


def _coming(fleet: Fleet, readers: Collection[ReaderId], live_from: datetime) -> Iterator[Passage]:
    """Yield a passage after each of the minutes, each of another vehicle, none of a parked one."""
    passages: Sequence[Passage] = [
        one
        for one in fleet.passages(live_from, live_from + timedelta(minutes=max(MINUTES) + 10))
        if one.reader in readers and not one.parked_seconds
    ]
    seen: set[str] = set()
    for minutes in MINUTES:
        since = live_from + timedelta(minutes=minutes)
        found = next((one for one in passages if one.at >= since and one.plate not in seen), None)
        if found is not None:
            seen.add(found.plate)
            yield found
