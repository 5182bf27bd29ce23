"""`lockplate retention run|receipts`: forget what the law says is over, and show what was.

What flows in: whether to act; a time that somebody vouches for. What flows out: what was forgotten, and its receipts.
What it must never see: a key.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.operators import in_days
from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import ReceiptFile, Receipts, at
from lockplate.cli.session import Session
from lockplate.errors import RecordPlace
from lockplate.operations.receipts import ReceiptsOf
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
    receipt: ReceiptFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Destroy the keys of every hour that the law says is over, with receipts; what they opened is forgotten."""
    with told_errors(as_json=as_json):
        request = RunRetention(now=now, dry_run=dry_run, operator=operator)
        receipts = Receipts(Session(settings_of(home)), receipt, as_json=as_json)
        report = receipts.run("retention.run", request, person=person, places=_completed)
        if as_json:
            print_json(report | receipts.told())
        else:
            for part in report["operators"]:
                print_lines(_lines(part, dry_run=dry_run))
        receipts.finish()


@retention.command("receipts")
def receipts(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List what was forgotten, with the law behind it; --json adds each key's commitment, to compute the hash again."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("retention.receipts", ReceiptsOf(operator=operator), person=person)
        if as_json:
            print_json(lines)
            return
        head = ["record", "at", "what", "hours or keys", "reads", "law", "limit", "by", "keys", "hash"]
        print_table(head, [_receipt(line) for line in lines])


def _completed(report: dict[str, Any]) -> list[RecordPlace]:
    """Return the records that say what is done; each names the one it completes."""
    return [at(part["operator"], index) for part in report["operators"] for index in part["completed"]]


def _lines(part: dict[str, Any], *, dry_run: bool) -> list[str]:
    """Return what happened at one operator, for a person."""
    limit = in_days(part["limit_days"])
    what = "would be forgotten" if dry_run else "forgotten"
    lines = [
        f"{part['operator']}: limit {limit}, counted from {part['counted_from']}",
        f"  {part['hours']} hours {what}, {part['rows']} reads in them; {part['hours_kept']} hours kept",
    ]
    for due in part["due"]:
        lines.append(
            f"  {due['hours']} hours from {due['oldest']} to the hour of {due['newest']}, {due['rows']} reads: "
            f"{_limit(due)}, under {', '.join(due['laws']) or 'no law'} ({due['cite']})"
        )
        if due["holds"]:
            lines.append(f"    {due['holds']} open holds cover some of them; what they cover is kept, one plate each")
    lines += [f"    {reader}: {rows}" for reader, rows in part["rows_by_reader"].items()]
    if part["recovered"]:
        lines.append(f"  {part['recovered']} hours had been destroyed before without a receipt; it is written now")
    if part["receipts"]:
        lines.append("  receipts: records " + ", ".join(map(str, part["receipts"])))
    if part["days_dropped"]:
        lines.append("  days dropped from the store: " + ", ".join(part["days_dropped"]))
    if part["details_forgotten"]:
        lines.append(f"  private details of {part['details_forgotten']} old records forgotten")
    lines += [f"  hits {what}: {category} {count}" for category, count in part["hits_forgotten"].items()]
    if part["requests_forgotten"]:
        lines.append(f"  {part['requests_forgotten']} requests that ended forgotten")
    lines += [f"  expired entries of {name} {what}: {count}" for name, count in part["entries_expired"].items()]
    if part["holds_ended"]:
        lines.append(f"  {part['holds_ended']} holds ended, and what they kept with them")
    if part["keys_destroyed"]:
        lines.append("  other keys destroyed: " + ", ".join(part["keys_destroyed"]))
    return lines


def _limit(due: dict[str, Any]) -> str:
    if due["limit_days"] is None:
        return "nothing may be kept"
    return f"{in_days(due['limit_days'])} from {due['counted_from']}"


def _receipt(line: dict[str, Any]) -> list[object]:
    hash_says = {True: "agrees", False: "DOES NOT AGREE", None: "none, recovered"}[line["agrees"]]
    limit = "" if line["limit_seconds"] is None else in_days(line["limit_seconds"] / 86_400)
    what = line["periods"] or ", ".join(key["name"] for key in line["keys"])
    rows = sum(line["rows_by_reader"].values())
    return [
        line["record_index"], line["at"], line["step"], what, rows, ", ".join(line["laws"]), limit, line["person"],
        len(line["keys"]), hash_says,
    ]  # fmt: skip
