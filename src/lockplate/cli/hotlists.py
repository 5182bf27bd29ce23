"""`lockplate hotlist …`: the lists that arriving reads are matched against.

What flows in: a list's description, its file. What flows out: counts; refused lines by number and reason.
What it must never see: a plate in its output.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.hotlist import Category
from lockplate.operations.hotlists import AddHotList, EnterPlate, HotListsOf, ImportHotList

_STATES = {
    "fresh": "fresh",
    "stale": "STALE",
    "never": "no file came",
    "grant_over": "GRANT OVER",
    "inactive": "inactive",
}

hot_lists = typer.Typer(no_args_is_help=True, help="Lists that arriving reads are matched against.")


@hot_lists.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Its name for people.")],
    categories: Annotated[list[Category], typer.Option("--category", help="What it may list; may be repeated.")],
    source: Annotated[str, typer.Option(help="Where its file comes from.")],
    legal_basis: Annotated[str, typer.Option("--basis", help="The cite that lets you match against it.")],
    max_age_hours: Annotated[float, typer.Option(help="How old its file may grow before it matches nothing.")] = 24,
    owner: Annotated[str, typer.Option(metavar="AGENCY", help="Who answers for it; the operator's own.")] = "",
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add a hot list; it matches nothing until a file of it is imported."""
    request = AddHotList(
        name=name,
        categories=tuple(categories),
        source=source,
        legal_basis=legal_basis,
        max_age_hours=max_age_hours,
        operator=operator,
        owner_agency=owner,
    )
    with told_errors(as_json=as_json):
        line = Session(settings_of(home)).run("hotlist.add", request, person=person)
        if as_json:
            print_json(line)
        else:
            made = line["hot_list"]
            print_lines([f"{made['list_id']}: {made['name']} of {made['owner_agency']}."])


@hot_lists.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, UTF-8: plate,region,category,reason,expires")],
    list_id: Annotated[str, typer.Option("--list", metavar="ID", help="The list whose content it is.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Make a file a list's content; every line is accounted for."""
    request = ImportHotList(list_id=list_id, path=str(file.absolute()), dry_run=dry_run)
    with told_errors(as_json=as_json):
        report = Session(settings_of(home)).run("hotlist.import", request, person=person)
        if as_json:
            print_json(report)
        else:
            _print_report(report)


@hot_lists.command("enter")
def enter(
    plate: Annotated[str, typer.Argument(help="The plate to list.")],
    list_id: Annotated[str, typer.Option("--list", metavar="ID", help="The list it goes on.")],
    category: Annotated[Category, typer.Option("--category", help="One of the list's.")],
    until: Annotated[str, typer.Option("--until", metavar="T", help="RFC 3339: when it stops matching.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; whoever judges a hit reads it.")] = "",
    case_number: Annotated[str, typer.Option("--case", metavar="N", help="The case behind it; needed.")] = "",
    case_open: Annotated[bool, typer.Option("--case-open", help="The case goes on after the shift.")] = False,
    region: Annotated[str, typer.Option("--region", help="State or country of the plate, if known.")] = "",
    make: Annotated[str, typer.Option("--make", help="Of the vehicle, if known; so too the next four.")] = "",
    model: Annotated[str, typer.Option("--model", help="Model.")] = "",
    color: Annotated[str, typer.Option("--color", help="Color.")] = "",
    body: Annotated[str, typer.Option("--body", help="Type: car, truck, motorcycle…")] = "",
    year: Annotated[str, typer.Option("--year", help="Model year.")] = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List one plate by hand, on record, with a reason and a case, until a time; the law may end it with the shift."""
    request = EnterPlate(
        plate=plate,
        list_id=list_id,
        category=category,
        reason=reason,
        until=until,
        region=region,
        case_number=case_number,
        case_open=case_open,
        make=make,
        model=model,
        color=color,
        body=body,
        year=year,
    )
    with told_errors(as_json=as_json):
        made = Session(settings_of(home)).run("hotlist.enter", request, person=person)
        if as_json:
            print_json(made)
        else:
            print_lines(
                [f"{made['entry_id']} on {made['list_id']} until {made['expires_at']}, by {made['entered_by']}."]
            )


@hot_lists.command("list")
def list_all(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List hot lists: how many entries, how old, whether they are matched, since when and until when."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("hotlist.list", HotListsOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
        else:
            head = ["list", "name", "owner", "categories", "entries", "wait", "state", "since", "stale at"]
            print_table(head, [_row(line) for line in lines])


@hot_lists.command("expire")
def expire(person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Delete every entry whose time is over."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("hotlist.expire", HotListsOf(), person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['entries']} expired entries deleted."])


def _print_report(report: dict[str, Any]) -> None:
    parts = [f"{report[name]} {name}" for name in ("added", "changed", "unchanged", "refused")]
    would = "would be: " if report["dry_run"] else ""
    print_lines([f"{report['list_id']}: {would}{report['rows']} rows = " + " + ".join(parts)])
    print_lines([f"  {report['gone']} gone; {report['index_entries']} entries are matched now"])
    print_lines([f"  refused: {word} {count}" for word, count in report["refused_by_reason"].items()])
    print_lines([f"  line {one['line']}: {one['refusal']}" for one in report["refused_lines"]])


def _row(line: dict[str, Any]) -> list[object]:
    one = line["hot_list"]
    standing = line["standing"]
    owner = one["owner_agency"] + (" (foreign)" if standing["foreign_owner"] else "")
    categories = ", ".join(sorted(one["categories"]))
    return [
        one["list_id"],
        one["name"],
        owner,
        categories,
        line["entries"],
        standing["waiting"],
        _STATES[standing["state"]],
        standing["since"] or "",
        standing["stale_at"] or "",
    ]
