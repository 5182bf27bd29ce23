"""`lockplate agency …`: the organisations that this node knows.

What flows in: an id, a name, a kind. What flows out: what is registered.
What it must never see: a key.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.agencies import AgencyName, AllAgencies, NewAgency
from lockplate.terms import AgencyKind

agencies = typer.Typer(no_args_is_help=True, help="Organisations that can ask, and what each is in law.")


@agencies.command("add")
def add(
    agency: Annotated[str, typer.Argument(metavar="ID", help="a-z, 0-9, dash.")],
    name: Annotated[str, typer.Option(help="Its name for people.")],
    kind: Annotated[AgencyKind, typer.Option(help="What it is in law; the floor turns on it.")],
    state: Annotated[str, typer.Option(help="Two capital letters; empty when it belongs to none.")] = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add an agency."""
    _run("agency.add", NewAgency(agency=agency, name=name, kind=kind, state=state), person, home, as_json=as_json)


@agencies.command("list")
def list_all(person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List every agency that this node knows."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("agency.list", AllAgencies(), person=person)
        if as_json:
            print_json(lines)
        else:
            rows = [[one["agency"], one["name"], one["kind"], one["state"], _word(one)] for one in lines]
            print_table(["agency", "name", "kind", "state", ""], rows)


@agencies.command("deactivate")
def deactivate(
    agency: Annotated[str, typer.Argument(metavar="ID")],
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Set an agency inactive: from the next question on it is answered nothing."""
    _run("agency.deactivate", AgencyName(agency=agency), person, home, as_json=as_json)


@agencies.command("activate")
def activate(
    agency: Annotated[str, typer.Argument(metavar="ID")],
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Set an agency active again."""
    _run("agency.activate", AgencyName(agency=agency), person, home, as_json=as_json)


def _run(name: str, request: object, person: str, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        line = Session(settings_of(home)).run(name, request, person=person)
        if as_json:
            print_json(line)
        else:
            print_lines([f"{line['agency']}: {line['name']}, {line['kind']}, {_word(line)}."])


def _word(line: dict[str, Any]) -> str:
    return "active" if line["active"] else "inactive"
