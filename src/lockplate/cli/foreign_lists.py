"""`lockplate hotlist grant …` and `lockplate hotlist entries|accept|remove`: lists of others, entry by entry.

What flows in: whose lists, until when; which entries. What flows out: list grants; entries, once it is on record that
they are shown.
What it must never see: a key.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, last_of
from lockplate.cli.session import Session
from lockplate.hotlist import Category
from lockplate.operations.list_entries import AcceptEntries, ListEntries, RemoveEntry
from lockplate.operations.list_grants import ListGrantName, ListGrantsOf, ListRegister, ProposeListGrant

list_grants = typer.Typer(no_args_is_help=True, help="Another agency's lists: by a named, dated, published grant only.")

GrantArgument = Annotated[
    str, typer.Argument(metavar="GRANT", help="A list grant's id, as `hotlist grant list` shows it.")
]
ListArgument = Annotated[str, typer.Argument(metavar="LIST", help="A list's id, as `hotlist list` shows it.")]


@list_grants.command("propose")
def propose(
    owner: Annotated[str, typer.Option("--of", metavar="AGENCY", help="The agency whose lists they are.")],
    categories: Annotated[list[Category], typer.Option("--category", help="What they may list; may be repeated.")],
    valid_to: Annotated[str, typer.Option("--until", metavar="T", help="RFC 3339; at most a year.")],
    instrument: Annotated[
        str, typer.Option(metavar="TEXT", help="The paper on which the two agencies agreed; its name is published.")
    ],
    person: As,
    valid_from: Annotated[str, typer.Option("--from", metavar="T", help="RFC 3339; now when left out.")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="What the owner says of its lists; kept sealed.")] = "",
    operator: Operator = "",
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Propose that another agency's lists are matched here; it gives nothing until a supervisor accepts it."""
    request = ProposeListGrant(
        owner_agency=owner,
        categories=tuple(categories),
        valid_to=valid_to,
        instrument=instrument,
        valid_from=valid_from,
        note=note,
        operator=operator,
    )
    _run("hotlist.grant.propose", request, person, receipt, home, as_json=as_json)


@list_grants.command("accept")
def accept_grant(
    grant: GrantArgument, person: As, receipt: ReceiptFile = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """Accept a list grant, as a supervisor of the operator's agency who is not the one who proposed it."""
    _run("hotlist.grant.accept", ListGrantName(list_grant=grant), person, receipt, home, as_json=as_json)


@list_grants.command("end")
def end(
    grant: GrantArgument, person: As, receipt: ReceiptFile = None, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """End a list grant at once, as the operator or as a supervisor of the list's owner; its entries match no more."""
    _run("hotlist.grant.end", ListGrantName(list_grant=grant), person, receipt, home, as_json=as_json)


@list_grants.command("list")
def list_all(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List list grants and proposals, with who proposed and accepted them."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("hotlist.grant.list", ListGrantsOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
            return
        head = ["grant", "of", "categories", "from", "until", "paper", "proposed by", "accepted by", "note", "state"]
        print_table(head, [_row(line) for line in lines])


@list_grants.command("register")
def register(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Show every list grant ever accepted here, as the public page does."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("hotlist.grant.register", ListRegister())
        if as_json:
            print_json(lines)
            return
        head = ["operator", "of", "kind", "categories", "from", "until", "paper", "entries", "waiting", "state"]
        print_table(head, [_public_row(line) for line in lines])


def entries(
    list_id: ListArgument,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those of another agency's list that nobody here has accepted.")
    ] = False,
    after: Annotated[str, typer.Option(metavar="ENTRY", help="Go on after this entry.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, up to 1000.")] = 100,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show a list's entries one by one, and whose they are; that they were shown is on record first."""
    request = ListEntries(list_id=list_id, waiting=waiting, after=after, limit=limit)
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("hotlist.entries", request, person=person)
        if as_json:
            print_json(told)
            return
        head = ["entry", "plate", "region", "category", "reason", "until", "owner", "state"]
        print_table(head, [_entry_row(entry) for entry in told["entries"]])
        print_lines([f"On record: {told['operator']} {told['record_index']}."])
        if told["next_after"]:
            print_lines([f"There may be more: --after {told['next_after']}"])


def accept(
    list_id: ListArgument,
    entry_ids: Annotated[
        list[str] | None, typer.Option("--entry", metavar="ENTRY", help="This entry; may be repeated.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Accept entries of another agency's list, on record; only then they are matched."""
    request = AcceptEntries(list_id=list_id, entry_ids=tuple(entry_ids or ()), every=every)
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("hotlist.accept", request, person=person)
        if as_json:
            print_json(told)
        else:
            counts = f"{told['accepted']} accepted, {told['waiting']} wait"
            print_lines([f"{told['list_id']}: {counts}; {told['index_entries']} entries are matched now."])


def remove(
    entry_id: Annotated[str, typer.Argument(metavar="ENTRY", help="An entry's id, as `hotlist entries` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept sealed beside the record.")],
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Take one entry off its list by hand, on record; it matches nothing from now on."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run(
            "hotlist.remove", RemoveEntry(entry_id=entry_id, reason=reason), person=person
        )
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['entry_id']} is off {told['list_id']}; {told['index_entries']} entries are matched."])


def _run(name: str, request: object, person: str, receipt: ReceiptFile, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        told = receipts.run(name, request, person=person, places=lambda step: [last_of(step["list_grant"] | step)])
        if as_json:
            print_json(told | receipts.told())
            receipts.finish()
            return
        grant = told["list_grant"]
        whose = f"lists of {grant['owner_agency']} at {grant['operator']}"
        print_lines([f"{grant['list_grant']}: {whose}, until {grant['valid_to'][:10]}: {told['state']}."])
        receipts.finish()


def _row(line: dict[str, Any]) -> list[object]:
    grant = line["list_grant"]
    return [
        grant["list_grant"],
        grant["owner_agency"],
        ", ".join(sorted(grant["categories"])),
        grant["valid_from"][:10],
        grant["valid_to"][:10],
        grant["instrument"],
        grant["proposed_by"],
        grant["accepted_by"] or "",
        line["note"],
        line["state"],
    ]


def _public_row(line: dict[str, Any]) -> list[object]:
    return [
        line["operator"],
        line["owner_name"],
        " ".join(filter(None, (line["owner_kind"], line["owner_state"]))),
        ", ".join(line["categories"]),
        line["valid_from"][:10],
        line["valid_to"][:10],
        line["instrument"],
        line["entries"],
        line["waiting"],
        line["state"],
    ]


def _entry_row(entry: dict[str, Any]) -> list[object]:
    state = "own" if not entry["foreign"] else "WAITS" if entry["waiting"] else f"accepted by {entry['accepted_by']}"
    owner = entry["owner_agency"] + (" (foreign)" if entry["foreign"] else "")
    return [
        entry["entry_id"],
        entry["plate_text"],
        entry["region"] or "",
        entry["category"],
        entry["reason"],
        entry["expires_at"],
        owner,
        state,
    ]
