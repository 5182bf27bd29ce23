"""Places where nobody may collect: `place add|import|list|remove`.

What flows in: a place's kind, name, centre, radius; a CSV of many. What flows out: the list, which anyone may read.
What it must never see: a read. After a change the operator's fences are loaded again.
"""

import csv
import io
from typing import Any

import msgspec

from lockplate.errors import BadInput, LockplateError
from lockplate.gate.act import Act
from lockplate.intake.delivery import Refusal
from lockplate.intake.fences import Fence, lies_in
from lockplate.law.words import Place
from lockplate.operations.authority import Change, carry_out
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.operators import OperatorName
from lockplate.operations.taking_in import only_operator
from lockplate.read import Position
from lockplate.registry.places import DEFAULT_RADIUS_METRES, KnownPlace, NewPlace
from lockplate.registry.readers import RegisteredReader
from lockplate.terms import Action, OperatorId, ReaderId
from lockplate.wiring.node import Node

MAX_LINES = 100_000
COLUMNS = ("kind", "name", "latitude", "longitude", "radius_m")


class AddPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place to add."""

    kind: Place
    name: str
    latitude: float
    longitude: float
    radius_metres: float = DEFAULT_RADIUS_METRES
    operator: str = ""


class ImportPlaces(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many places as CSV: kind,name,latitude,longitude,radius_m."""

    content: str
    operator: str = ""


class PlaceName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place."""

    place: str


class RefusedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a file that is no place."""

    line: int
    reason: str


class PlacesReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of places that were added: rows = imported + refused."""

    operator: OperatorId
    rows: int
    imported: int
    refused: int
    refused_lines: tuple[RefusedPlace, ...]
    """The first hundred."""
    denied: bool
    """Whether the law in force denies any kind among them."""
    readers_inside: tuple[ReaderId, ...]
    """Active readers that stand in one where the law lets nobody collect: what they send from now on is refused."""


class PlaceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A place as the list shows it."""

    place: KnownPlace
    denied: bool
    """The law in force lets nobody collect there."""
    readers_inside: tuple[ReaderId, ...]


def add_place(node: Node, actor: Actor, new: AddPlace) -> PlacesReport:
    """Add a place; where the law denies its kind, readers in it stop collecting at once."""
    described = NewPlace(
        kind=new.kind,
        name=new.name,
        position=Position(latitude=new.latitude, longitude=new.longitude),
        radius_metres=new.radius_metres,
    )
    return _add(node, actor, only_operator(node, new.operator), [described.check()], [])


def import_places(node: Node, actor: Actor, request: ImportPlaces) -> PlacesReport:
    """Add the places of a CSV file; every line is accounted for, and a bad one keeps no other out."""
    operator = only_operator(node, request.operator)
    places, refused = parse_places(request.content)
    return _add(node, actor, operator, places, refused)


def parse_places(content: str) -> tuple[list[NewPlace], list[RefusedPlace]]:
    """Return the places of a CSV's lines, and the lines that are none; raises BadInput for a text that is no CSV."""
    places: list[NewPlace] = []
    refused: list[RefusedPlace] = []
    try:
        lines = csv.DictReader(io.StringIO(content, newline=""))
        if tuple(name.strip().lower() for name in lines.fieldnames or ()) != COLUMNS:
            raise BadInput("the first line names the columns", code="bad_header", next_step=",".join(COLUMNS))
        for number, line in enumerate(lines, start=2):
            if number > MAX_LINES:
                raise BadInput("more than 100,000 lines", code="too_large")
            try:
                places.append(_place(line))
            except LockplateError as error:
                refused.append(RefusedPlace(line=number, reason=error.message))
    except csv.Error as error:
        raise BadInput("not a CSV file", code="bad_csv") from error
    return places, refused


def list_places(node: Node, _: Actor, name: OperatorName) -> tuple[PlaceLine, ...]:
    """List an operator's places, which readers stand in each, and whether the law denies it; public."""
    operator = only_operator(node, name.operator)
    denied = node.law.keep_rule(operator).places_denied
    readers = _active(node, operator)
    return tuple(
        PlaceLine(place=place, denied=place.kind in denied, readers_inside=_inside(readers, [place]))
        for place in node.registries.places.list_all(operator)
    )


def remove_place(node: Node, actor: Actor, name: PlaceName) -> KnownPlace:
    """Take a place off the list; what readers send from there is collected again from now on."""
    place = node.registries.places.get(name.place)
    change = Change(
        action=Action.READERS_CHANGED,
        facts={"change": "place removed", "place": place.place, "kind": place.kind.value},
        private={"name": place.name},
    )
    step = node.registries.places
    removed = carry_out(node, actor, Act.MANAGE_READERS, [place.operator], change, lambda: step.remove(place.place))
    node.desk(place.operator).reload_fences(step)
    return removed


def denied_place_around(node: Node, operator: OperatorId, position: Position) -> KnownPlace | None:
    """Return a place that a position lies in and that the law in force denies, or None."""
    denied = node.law.keep_rule(operator).places_denied
    listed = node.registries.places.list_all(operator) if denied else ()
    return next((one for one in listed if one.kind in denied and lies_in(position, _fence(one))), None)


def place_fault(node: Node, reader: RegisteredReader) -> Refusal | None:
    """Return why nothing is taken from a fixed reader where it stands, or None; a mobile one's reads say it each."""
    return None if reader.mobile else node.desk(reader.operator).lane.place_refusal(reader.reader)


def _add(
    node: Node, actor: Actor, operator: OperatorId, places: list[NewPlace], refused: list[RefusedPlace]
) -> PlacesReport:
    kinds = sorted({one.kind.value for one in places})
    change = Change(
        action=Action.READERS_CHANGED,
        facts={"change": "places added", "kinds": ",".join(kinds)},
        counts={"places": len(places), "refused": len(refused)},
        private={"names": "; ".join(one.name for one in places[:100])},
    )
    registry = node.registries.places
    made = carry_out(node, actor, Act.MANAGE_READERS, [operator], change, lambda: registry.add(operator, places))
    node.desk(operator).reload_fences(registry)
    denied = [one for one in made if one.kind in node.law.keep_rule(operator).places_denied]
    return PlacesReport(
        operator=operator,
        rows=len(places) + len(refused),
        imported=len(made),
        refused=len(refused),
        refused_lines=tuple(refused[:100]),
        denied=bool(denied),
        readers_inside=_inside(_active(node, operator), denied),
    )


def _place(line: dict[Any, Any]) -> NewPlace:
    """Return a CSV line's place, or raise BadInput."""
    if None in line:
        raise BadInput("more cells than columns", code="bad_place")
    words = {name.strip().lower(): (value or "").strip() for name, value in line.items()}
    try:
        return NewPlace(
            kind=Place(words["kind"]),
            name=words["name"],
            position=Position(latitude=float(words["latitude"]), longitude=float(words["longitude"])),
            radius_metres=float(words["radius_m"] or DEFAULT_RADIUS_METRES),
        ).check()
    except (KeyError, ValueError):
        kinds = ", ".join(kind.value for kind in Place)
        raise BadInput(f"not a place: kind is one of {kinds}, the rest a name and numbers", code="bad_place") from None


def _active(node: Node, operator: OperatorId) -> list[RegisteredReader]:
    """Return the readers that take reads where they stand; a mobile one stands nowhere."""
    listed = node.registries.readers.list_all(operator)
    return [one for one in listed if one.active and one.position is not None and not one.mobile]


def _inside(readers: list[RegisteredReader], places: list[KnownPlace]) -> tuple[ReaderId, ...]:
    return tuple(
        one.reader
        for one in readers
        if one.position is not None and any(lies_in(one.position, _fence(place)) for place in places)
    )


def _fence(place: KnownPlace) -> Fence:
    return Fence(place=place.place, kind=place.kind, centre=place.position, radius_metres=place.radius_metres)


PLACES = (
    Operation(name="place.add", request=AddPlace, handler=add_place, says="Add a place where nobody may collect."),
    Operation(name="place.import", request=ImportPlaces, handler=import_places, says="Add the places of a CSV."),
    Operation(name="place.list", request=OperatorName, handler=list_places, says="List places; public."),
    Operation(name="place.remove", request=PlaceName, handler=remove_place, says="Take a place off the list."),
)
