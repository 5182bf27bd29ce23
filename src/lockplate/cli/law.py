"""`lockplate law list|show|check|compare`: what each law says, with its cite; needs no node.

What flows in: a profile's id, a day. What flows out: values, cites, problems, decision cases.
What it must never see: a node.
"""

from datetime import date
from typing import Annotated, Any

import typer

from lockplate.cli.operators import in_days
from lockplate.cli.options import Json
from lockplate.cli.output import FAILED, print_json, print_lines, print_table, told_errors
from lockplate.clock import SystemClock
from lockplate.operations.law import checked_law, compared_laws, day_of, law_page, law_table, laws_on
from lockplate.operations.plain import plain
from lockplate.wiring.policies import policy_folder, shipped_gate, shipped_profiles

law = typer.Typer(no_args_is_help=True, help="Law profiles: dated values, each with its cite.")

On = Annotated[str, typer.Option("--on", metavar="DAY", help="As of this day; today when left out.")]
TABLE_HEADS = [
    "profile", "unmatched reads", "in the state", "out of state", "federal", "private", "purposes denied",
    "record fields required", "reports due",
]  # fmt: skip
Profile = Annotated[str, typer.Argument(metavar="PROFILE", help="Such as us-va; `law list` shows all.")]


@law.command("list")
def list_all(on: On = "", as_json: Json = False) -> None:
    """List every law profile and how long it lets an unmatched read live."""
    with told_errors(as_json=as_json):
        lines = plain(laws_on(shipped_profiles(), _day(on)))
        if as_json:
            print_json(lines)
            return
        rows = [
            [one["profile"], one["title"], _kept(one), one["retention_source"] or "", one["verified_on"] or "nobody"]
            for one in lines
        ]
        print_table(["profile", "title", "unmatched reads", "whose limit", "text checked"], rows)


@law.command("table")
def table(
    on: On = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table for a document.")] = False,
    as_json: Json = False,
) -> None:
    """Show every law in force, one line each: how long, who may be shown reads, what is denied, what is reported."""
    with told_errors(as_json=as_json):
        lines = plain(law_table(shipped_profiles(), _day(on)))
        if as_json:
            print_json(lines)
            return
        rows = [_table_row(line) for line in lines]
        if markdown:
            print_lines(markdown_table(TABLE_HEADS, rows))
        else:
            print_table(TABLE_HEADS, rows)


@law.command("show")
def show(profile: Profile, on: On = "", as_json: Json = False) -> None:
    """Show a profile as of a day: every value with its cite, and where this program is stricter."""
    with told_errors(as_json=as_json):
        told = plain(law_page(shipped_profiles(), profile, _day(on)))
        if as_json:
            print_json(told)
            return
        until = "" if told["effective_to"] is None else f" to {told['effective_to']}"
        checked = told["verified_on"]
        print_lines(
            [
                f"{told['profile']}: {told['title']}",
                f"  {told['cite']}; in force from {told['effective_from']}{until}",
                "  NOT checked by a person against the official text"
                if checked is None
                else f"  checked against the official text on {checked}",
                f"  hash: {told['hash']}",
            ]
        )
        rows = [[row["field"], row["value"], row["cite"], row["mark"], row["source"]] for row in told["rows"]]
        print_table(["field", "value", "cite", "how known", "whose"], rows)


@law.command("check")
def check(as_json: Json = False) -> None:
    """Check the profiles, and run every decision case through the gate. Exit 1 when a case comes out wrong."""
    with told_errors(as_json=as_json):
        told = plain(checked_law(shipped_profiles(), shipped_gate(SystemClock()), policy_folder() / "cases"))
        if as_json:
            print_json(told)
        else:
            print_table(
                ["profile", "version", "what", "field", "says"],
                [[one["profile"], one["version"], one["kind"], one["field"], one["says"]] for one in told["problems"]],
            )
            for result in told["failed"]:
                got = ", ".join(reason["policy_id"] for reason in result["reasons"])
                print_lines([f"FAILED {result['name']}: {result['title']} Got {result['got']} ({got})."])
            failed = len(told["failed"])
            print_lines(
                [
                    f"{told['profiles']} profiles, {len(told['problems'])} things to know about them.",
                    f"{told['cases']} decision cases, {failed} failed.",
                    f"Hash of the policies that ship: {told['policy_set_hash']}",
                    "A node where words were added has another: see `operator show` and `words list`.",
                ]
            )
    if not told["passed"]:
        raise typer.Exit(FAILED)


@law.command("compare")
def compare(left: Profile, right: Profile, on: On = "", as_json: Json = False) -> None:
    """Show two profiles side by side: a mark where they differ."""
    with told_errors(as_json=as_json):
        rows = plain(compared_laws(shipped_profiles(), left, right, _day(on)))
        if as_json:
            print_json(rows)
        else:
            table = [
                [one["field"], _values(one["left"]), _values(one["right"]), "" if one["same"] else "differs"]
                for one in rows
            ]
            print_table(["field", left, right, ""], table)


def _day(on: str) -> date:
    return day_of(on, SystemClock().now().date())


def _kept(one: dict[str, Any]) -> str:
    return in_days(one["retention_days"]) if one["in_force"] else "no version in force"


def _values(rows: list[dict[str, Any]]) -> str:
    return "; ".join(row["value"] for row in rows)


def markdown_table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table as lines of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cell or " " for cell in line) + " |" for line in lines]


def _table_row(line: dict[str, Any]) -> list[str]:
    shares = [line[name].replace("_", " ") for name in ("in_state", "out_of_state", "federal", "private")]
    words = [", ".join(line[name]).replace("_", " ") for name in ("purposes_denied", "record_fields")]
    return [line["profile"], line["retention"], *shares, *words, line["reports"]]
