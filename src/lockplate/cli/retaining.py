"""`lockplate retention run`: forget what the law says is over.

What flows in: whether to act; a time that somebody vouches for. What flows out: what was forgotten, and its receipts.
What it must never see: a key.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.operators import in_days
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.cli.session import Session
from lockplate.operations.retaining import RunRetention

retention = typer.Typer(no_args_is_help=True, help="Forgetting is destroying a key; a receipt is in the log.")


@retention.callback()
def group() -> None:
    """Forgetting is destroying a key; a receipt is in the log."""


@retention.command("run")
def run(
    now: Annotated[
        str, typer.Option("--now", metavar="T", help="RFC 3339: the time you vouch for, instead of the clock's.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be forgotten.")] = False,
    operator: Operator = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Destroy the keys of every hour that the law says is over, with receipts; what they opened is forgotten."""
    with told_errors(as_json=as_json):
        request = RunRetention(now=now, dry_run=dry_run, operator=operator)
        report = Session(settings_of(home)).run("retention.run", request, person=person)
        if as_json:
            print_json(report)
            return
        for part in report["operators"]:
            print_lines(_lines(part, dry_run=dry_run))


def _lines(part: dict[str, Any], *, dry_run: bool) -> list[str]:
    """Return what happened at one operator, for a person."""
    limit = in_days(part["limit_days"])
    what = "would be forgotten" if dry_run else "forgotten"
    lines = [
        f"{part['operator']}: limit {limit}, counted from {part['counted_from']}",
        f"  {part['hours']} hours {what}, {part['rows']} reads in them; {part['hours_kept']} hours kept",
    ]
    if part["hours"]:
        lines.append(f"  from {part['oldest']} to the hour of {part['newest']}")
    lines += [f"    {reader}: {rows}" for reader, rows in part["rows_by_reader"].items()]
    if part["recovered"]:
        lines.append(f"  {part['recovered']} hours had been destroyed before without a receipt; it is written now")
    if part["receipts"]:
        lines.append("  receipts: records " + ", ".join(map(str, part["receipts"])))
    if part["days_dropped"]:
        lines.append("  days dropped from the store: " + ", ".join(part["days_dropped"]))
    if part["details_forgotten"]:
        lines.append(f"  private details of {part['details_forgotten']} old records forgotten")
    return lines
