"""`lockplate reader …`: the cameras that may send.

What flows in: a reader's id and description. What flows out: its key, once; how it is doing.
What it must never see: a read.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.new_files import FOR_OWNER, require_new, write_new
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.operations.readers import AddReader, ChangeReader, ReaderName, ReadersOf

readers = typer.Typer(no_args_is_help=True, help="Cameras that may send, each with its own key.")

STATES = {
    "off": "inactive",
    "sensitive_place": "inside a place where the law lets nobody collect",
    "place_unknown": "no position, and the law wants to know it",
    "new": "too little history yet",
}
ReaderArgument = Annotated[str, typer.Argument(metavar="READER", help="a-z, 0-9, dash.")]


@readers.command("add")
def add(
    reader: ReaderArgument,
    name: Annotated[str, typer.Option(help="Its name for people.")],
    operator: Operator = "",
    place: Annotated[str, typer.Option(help="Where it stands, in words.")] = "",
    latitude: Annotated[float | None, typer.Option(help="Degrees, WGS 84.")] = None,
    longitude: Annotated[float | None, typer.Option(help="Degrees, WGS 84.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone of its clock; the operator's when left out.")] = None,
    format_name: Annotated[
        str | None, typer.Option("--format", help="Its payload format; told by shape when left out.")
    ] = None,
    mobile: Annotated[bool, typer.Option("--mobile", help="It moves: a patrol car's.")] = False,
    origin: Annotated[
        str, typer.Option(metavar="PROFILE", help="The law its reads were made under, if another agency made them.")
    ] = "",
    groups: Annotated[
        list[str] | None, typer.Option("--group", metavar="G", help="A group of readers it is in; may be repeated.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the key into this new file, for its owner only.")
    ] = None,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add a reader and print its key, once, or put it into a file."""
    request = AddReader(
        reader=reader,
        name=name,
        operator=operator,
        place=place,
        latitude=latitude,
        longitude=longitude,
        zone=zone,
        format_name=format_name,
        mobile=mobile,
        origin=origin,
        groups=tuple(groups or ()),
    )
    with told_errors(as_json=as_json):
        if key_file is not None:
            require_new(key_file)
        told = Session(settings_of(home)).run("reader.add", request, person=person)
        if key_file is None:
            _print_key(told, as_json=as_json)
            return
        write_new(key_file, told["key"] + "\n", FOR_OWNER)
        if as_json:
            print_json({"reader": told["reader"], "key_file": str(key_file)})
        else:
            reader_told = told["reader"]
            print_lines([f"{reader_told['reader']} of {reader_told['operator']}: {reader_told['name']}."])
            print_lines([f"Its key is in {key_file.name}."])


@readers.command("change")
def change(
    reader: ReaderArgument,
    groups: Annotated[
        list[str] | None, typer.Option("--group", metavar="G", help="A group it is to be in; may be repeated.")
    ] = None,
    no_groups: Annotated[bool, typer.Option("--no-groups", help="Take it out of every group.")] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Put a reader into groups, these and no others."""
    with told_errors(as_json=as_json):
        if bool(groups) == no_groups:
            raise BadInput("nothing to change", code="no_change", next_step="Give --group, or --no-groups.")
        request = ChangeReader(reader=reader, groups=tuple(groups or ()))
        told = Session(settings_of(home)).run("reader.change", request, person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['reader']}: in {', '.join(sorted(told['groups'])) or 'no group'}."])


@readers.command("list")
def list_all(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List readers: how each does and why, when it was heard, its clock, what was amiss or refused in seven days."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("reader.list", ReadersOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
        else:
            print_table(
                ["reader", "name", "place", "state", "why", "last heard", "reads, 24 h", "clock", "rejects", "refused"],
                [_row(line) for line in lines],
            )


@readers.command("key")
def key(reader: ReaderArgument, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Give a reader another key and print it, once; the one so far stops at once."""
    with told_errors(as_json=as_json):
        request = ReaderName(reader=reader)
        _print_key(Session(settings_of(home)).run("reader.key", request, person=person), as_json=as_json)


@readers.command("deactivate")
def deactivate(reader: ReaderArgument, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Stop taking reads from a reader."""
    _set("reader.deactivate", reader, person, home, as_json=as_json)


@readers.command("activate")
def activate(reader: ReaderArgument, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Take reads from a reader again."""
    _set("reader.activate", reader, person, home, as_json=as_json)


def _set(name: str, reader: str, person: str, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run(name, ReaderName(reader=reader), person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['reader']}: {_word(told)}."])


def _print_key(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    reader = told["reader"]
    print_lines([f"{reader['reader']} of {reader['operator']}: {reader['name']}."])
    print_lines([f"Key, shown this once: {told['key']}", "The reader sends it in the header X-Reader-Key."])


def _row(line: dict[str, Any]) -> list[object]:
    reader, drift = line["reader"], line["clock_drift_seconds"]
    seen = line["last_seen"] or "never"
    refused = ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in line["refused_by_reason"].items())
    state = STATES.get(line["state"], line["state"].replace("_", " "))
    clock = "" if drift is None else f"{drift:+.1f} s"
    return [
        reader["reader"],
        reader["name"],
        reader["place"],
        state,
        line["why"],
        seen,
        line["reads"],
        clock,
        line["rejects"],
        refused or 0,
    ]


def _word(reader: dict[str, Any]) -> str:
    return "active" if reader["active"] else "inactive"
