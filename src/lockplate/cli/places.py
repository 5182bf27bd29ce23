"""`lockplate place …`: schools, clinics, courts and the like, where a law may let nobody collect.

What flows in: places, one by one or as CSV. What flows out: the list, and the readers that stand in one.
What it must never see: a read.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.law.words import Place
from lockplate.operations.operators import OperatorName
from lockplate.operations.places import AddPlace, ImportPlaces, PlaceName
from lockplate.registry.places import DEFAULT_RADIUS_METRES

places = typer.Typer(no_args_is_help=True, help="Places where a law may let nobody collect; the list is public.")

MAX_BYTES = 16 * 1024 * 1024


@places.command("add")
def add(
    kind: Annotated[Place, typer.Argument(help="What it is.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    latitude: Annotated[float, typer.Option(help="Degrees, WGS 84.")],
    longitude: Annotated[float, typer.Option(help="Degrees, WGS 84.")],
    radius: Annotated[float, typer.Option(metavar="METRES", help="How far around it.")] = DEFAULT_RADIUS_METRES,
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add a place; where the law denies its kind, readers in it stop collecting at once."""
    with told_errors(as_json=as_json):
        request = AddPlace(
            kind=kind, name=name, latitude=latitude, longitude=longitude, radius_metres=radius, operator=operator
        )
        _print_report(Session(settings_of(home)).run("place.add", request, person=person), as_json=as_json)


@places.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: kind,name,latitude,longitude,radius_m.")],
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add the places of a CSV file; every line is accounted for."""
    with told_errors(as_json=as_json):
        request = ImportPlaces(content=_content(file), operator=operator)
        _print_report(Session(settings_of(home)).run("place.import", request, person=person), as_json=as_json)


@places.command("list")
def list_all(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List places, whether the law lets anybody collect there, and which readers stand in each."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("place.list", OperatorName(operator=operator))
        if as_json:
            print_json(lines)
            return
        print_table(
            ["id", "kind", "name", "centre", "metres", "collecting", "readers in it"], [_row(one) for one in lines]
        )


@places.command("remove")
def remove(
    place: Annotated[str, typer.Argument(metavar="ID", help="As `place list` shows it.")],
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Take a place off the list."""
    with told_errors(as_json=as_json):
        gone = Session(settings_of(home)).run("place.remove", PlaceName(place=place), person=person)
        if as_json:
            print_json(gone)
        else:
            print_lines([f"Removed {gone['kind']} {gone['name']}."])


def _content(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError:
        raise BadInput("there is no such file", code="no_file") from None
    if len(content) > MAX_BYTES:
        raise BadInput("the file is too large", code="too_large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text", code="bad_text", next_step="Save it as UTF-8.") from None


def _row(line: dict[str, Any]) -> list[str]:
    place = line["place"]
    centre = f"{place['position']['latitude']:.5f}, {place['position']['longitude']:.5f}"
    return [
        place["place"],
        place["kind"],
        place["name"],
        centre,
        f"{place['radius_metres']:g}",
        "denied" if line["denied"] else "allowed",
        ", ".join(line["readers_inside"]),
    ]


def _print_report(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    lines = [f"{told['imported']} of {told['rows']} added at {told['operator']}, {told['refused']} refused"]
    lines += [f"  line {one['line']}: {one['reason']}" for one in told["refused_lines"]]
    if not told["denied"]:
        lines.append("  the law in force denies no place of these kinds: they are listed, and nothing is refused there")
    if told["readers_inside"]:
        lines.append(
            "  readers that stand in one and collect nothing from now on: " + ", ".join(told["readers_inside"])
        )
    print_lines(lines)
