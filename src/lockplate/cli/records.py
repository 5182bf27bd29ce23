"""`lockplate record …`: what is on record and what rules found in it; reading private details is itself on record.

What flows in: an auditor's name, filters, a record's place. What flows out: records.
What it must never see: a record's private details without the operation's own record of the reading.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import convert

from lockplate.cli.new_files import FOR_OWNER, require_new, write_new
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, at
from lockplate.cli.session import Session
from lockplate.evidence.opening import Opening, write_opening
from lockplate.operations.findings import FindingsOf
from lockplate.operations.records import OpeningOf, RecordFilter, RecordName
from lockplate.terms import Action, Verdict

records = typer.Typer(no_args_is_help=True, help="What is on record, for auditors.")

OperatorName = Annotated[str, typer.Option("--operator", metavar="ID", help="Whose log.")]


@records.command("list")
def list_records(
    person: As,
    operator: Operator = "",
    action: Annotated[Action | None, typer.Option(help="Only this kind of record.")] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only records that ended so.")] = None,
    of: Annotated[str, typer.Option("--of", metavar="USER", help="Only records of this person.")] = "",
    day: Annotated[str, typer.Option(help="Only this UTC day, as 2026-11-24.")] = "",
    before: Annotated[int | None, typer.Option(help="Only records at lower places: the next page.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List records, newest first."""
    with told_errors(as_json=as_json):
        wanted = RecordFilter(operator=operator, before=before, action=action, verdict=verdict, person=of, day=day)
        page = Session(settings_of(home)).run("record.list", wanted, person=person)
        if as_json:
            print_json(page)
            return
        columns = ["place", "time (UTC)", "action", "person", "agency", "purpose", "verdict", "policies"]
        print_table(
            columns, [_row(line) for line in page["lines"]], title=f"{page['operator']}: {page['size']} records"
        )
        if page["older"] is not None:
            print_lines([f"Older ones: --before {page['older']}"])


@records.command("show")
def show_record(
    index: int, operator: OperatorName, person: As, home: Home = DEFAULT_HOME, as_json: Json = False
) -> None:
    """Show one record, as the log has it."""
    with told_errors(as_json=as_json):
        name = RecordName(operator=operator, index=index)
        line = Session(settings_of(home)).run("record.show", name, person=person)
        if as_json:
            print_json(line)
        else:
            print_lines([f"{field}: {value}" for field, value in line["record"].items() if value not in (None, [], {})])


@records.command("details")
def show_details(
    index: int,
    operator: OperatorName,
    person: As,
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Open a record's private details; this reading becomes a record too."""
    with told_errors(as_json=as_json):
        name = RecordName(operator=operator, index=index)
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        told = receipts.run(
            "record.details", name, person=person, places=lambda done: [at(operator, done["reading_index"])]
        )
        if as_json:
            print_json(told | receipts.told())
        else:
            print_lines([f"{field}: {value}" for field, value in told["values"].items()])
            print_lines([f"This reading is record {told['reading_index']}."])
        receipts.finish()


@records.command("opening")
def make_opening(
    index: int,
    operator: OperatorName,
    person: As,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="A new file for it; it names what the record keeps sealed.")
    ],
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Only this detail, such as `plate`; may be repeated."),
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Hand out a record's private details with their salts, so that others can check them; a record says so."""
    with told_errors(as_json=as_json):
        require_new(out)
        which = OpeningOf(operator=operator, index=index, names=tuple(only or ()))
        told = Session(settings_of(home)).run("record.opening", which, person=person)
        write_new(out, write_opening(convert(told["opening"], Opening)), FOR_OWNER)
        if as_json:
            names = sorted(told["opening"]["details"])
            print_json({"file": str(out), "names": names, "reading_index": told["reading_index"]})
        else:
            print_lines([f"{out}: {', '.join(sorted(told['opening']['details']))} of record {index}."])
            print_lines([f"That it was made is record {told['reading_index']}. Whoever has the file knows them."])


@records.command("findings")
def list_findings(
    person: As,
    operator: Operator = "",
    rule: Annotated[str, typer.Option(help="Only this rule.")] = "",
    since: Annotated[str, typer.Option(metavar="T", help="RFC 3339: only what has a record since then.")] = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List what rules found in the records: what to look at first, and what would make it mean something else."""
    with told_errors(as_json=as_json):
        wanted = FindingsOf(operator=operator, rule=rule, since=since)
        report = Session(settings_of(home)).run("record.findings", wanted, person=person)
        if as_json:
            print_json(report)
            return
        rows = [
            [one["rule"]["id"], one["rule"]["sure"], found["subject"], len(found["rows"]), found["last"], _first(found)]
            for one in report["rules"]
            for found in one["findings"]
        ]
        title = f"{report['operator']}: {report['records']} records, hours in {report['zone']}"
        print_table(["rule", "sure", "who or what", "records", "last (UTC)", "first records"], rows, title=title)


def _first(found: dict[str, Any]) -> str:
    rows = found["rows"]
    return ", ".join(map(str, rows[:5])) + (" …" if len(rows) > 5 else "")


def _row(line: dict[str, Any]) -> list[object]:
    record = line["record"]
    return [
        line["index"],
        record["at"],
        record["action"],
        record["person"],
        record.get("agency"),
        record.get("purpose"),
        record.get("verdict"),
        ", ".join(record.get("policy_ids") or ()),
    ]
