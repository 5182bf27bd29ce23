"""`lockplate hotlist …`: the lists that arriving reads are matched against.

What flows in: a list's description. What flows out: the list, counts.
What it must never see: a plate in its output.
"""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import typer

from lockplate.cli.list_import import import_file
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.hotlist import AlertOn, Category, Priority
from lockplate.operations.hotlists import AddHotList, ChangeHotList, EnterPlate, HotListsOf

ALERT_ON = f"What alerts beside the exact plate, with commas: {', '.join(AlertOn)}; or none."
REPEAT = "The same entry at the same reader alerts once within this time."
LIFE = "How long an entry lives whose file gives it no end; the list's age."
OLDEST = "Refuse lines that their source dates longer ago than this."

_STATES = {
    "fresh": "fresh",
    "stale": "STALE",
    "never": "no file came",
    "grant_over": "GRANT OVER",
    "inactive": "inactive",
}

hot_lists = typer.Typer(no_args_is_help=True, help="Lists that arriving reads are matched against.")
hot_lists.command("import")(import_file)


@hot_lists.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Its name for people.")],
    categories: Annotated[list[Category], typer.Option("--category", help="What it may list; may be repeated.")],
    source: Annotated[str, typer.Option(help="Where its file comes from.")],
    legal_basis: Annotated[str, typer.Option("--basis", help="The cite that lets you match against it.")],
    max_age_hours: Annotated[float, typer.Option(help="How old its file may grow before it matches nothing.")] = 24,
    owner: Annotated[str, typer.Option(metavar="AGENCY", help="Who answers for it; the operator's own.")] = "",
    alert_on: Annotated[str, typer.Option("--alert-on", metavar="WORDS", help=ALERT_ON)] = "none",
    priority: Annotated[Priority, typer.Option("--priority", help="How much its alerts hurry.")] = Priority.NORMAL,
    repeat_after_minutes: Annotated[float, typer.Option("--repeat-after-minutes", help=REPEAT)] = 5,
    entry_life_days: Annotated[float | None, typer.Option("--entry-life-days", help=LIFE)] = None,
    oldest_days: Annotated[float | None, typer.Option("--oldest-days", help=OLDEST)] = None,
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add a hot list; it matches nothing until a file of it is imported."""
    with told_errors(as_json=as_json):
        request = AddHotList(
            name=name,
            categories=tuple(categories),
            source=source,
            legal_basis=legal_basis,
            max_age_hours=max_age_hours,
            operator=operator,
            owner_agency=owner,
            alert_on=_alert_on(alert_on),
            priority=priority,
            repeat_after_minutes=repeat_after_minutes,
            entry_life_days=entry_life_days,
            oldest_days=oldest_days,
        )
        line = Session(settings_of(home)).run("hotlist.add", request, person=person)
        if as_json:
            print_json(line)
        else:
            made = line["hot_list"]
            print_lines([f"{made['list_id']}: {made['name']} of {made['owner_agency']}.", _terms(made)])


@hot_lists.command("change")
def change(
    list_id: Annotated[str, typer.Argument(metavar="LIST", help="The list.")],
    alert_on: Annotated[str | None, typer.Option("--alert-on", metavar="WORDS", help=ALERT_ON)] = None,
    priority: Annotated[Priority | None, typer.Option("--priority", help="How much its alerts hurry.")] = None,
    repeat_after_minutes: Annotated[float | None, typer.Option("--repeat-after-minutes", help=REPEAT)] = None,
    max_age_hours: Annotated[float | None, typer.Option(help="How old its file may grow.")] = None,
    entry_life_days: Annotated[float | None, typer.Option("--entry-life-days", help=LIFE)] = None,
    oldest_days: Annotated[float | None, typer.Option("--oldest-days", help=OLDEST + " 0: however old.")] = None,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Change what a list's matches raise and how long its entries live, on record."""
    with told_errors(as_json=as_json):
        request = ChangeHotList(
            list_id=list_id,
            alert_on=None if alert_on is None else _alert_on(alert_on),
            priority=priority,
            repeat_after_minutes=repeat_after_minutes,
            max_age_hours=max_age_hours,
            entry_life_days=entry_life_days,
            oldest_days=oldest_days,
        )
        line = Session(settings_of(home)).run("hotlist.change", request, person=person)
        if as_json:
            print_json(line)
        else:
            print_lines([_terms(line["hot_list"])])


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


def _alert_on(text: str) -> tuple[AlertOn, ...]:
    """Return the words of `--alert-on`, or raise BadInput for one that is none."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["none"]:
        return ()
    try:
        return tuple(map(AlertOn, words))
    except ValueError:
        raise BadInput("no such match", code="bad_word", next_step=ALERT_ON) from None


def _terms(one: dict[str, Any]) -> str:
    again = msgspec.convert(one["repeat_after"], timedelta)
    beside = ", ".join(sorted(one["alert_on"])) or "nothing"
    return (
        f"{one['list_id']} alerts on the exact plate, and beside it on {beside}; priority {one['priority']}; "
        f"again after {again.total_seconds() / 60:g} minutes."
    )


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
