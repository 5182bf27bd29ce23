"""`lockplate operator …`: whose reads this node keeps, and under which law.

What flows in: an operator's id. What flows out: law, limit, log key.
What it must never see: a key of the ring.
"""

from typing import Any

import typer

from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.operators import AllOperators, OperatorName

operators = typer.Typer(no_args_is_help=True, help="Whose reads this node keeps; `lockplate init` adds one.")


@operators.command("list")
def list_all(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """List the operators of this node."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("operator.list", AllOperators())
        if as_json:
            print_json(lines)
            return
        rows = [
            [one["operator"], one["name"], one["agency"], one["profile"], one["keeps"], in_days(one["retention_days"])]
            for one in lines
        ]
        print_table(["operator", "name", "agency", "law profile", "keeps", "for"], rows)


@operators.command("show")
def show(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Show an operator: its law, what it keeps, and the key that checks its log."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("operator.show", OperatorName(operator=operator))
        if as_json:
            print_json(told)
        else:
            print_lines(page(told))


def page(told: dict[str, Any]) -> list[str]:
    """Return an operator's page as lines."""
    checked = told["profile_verified_on"]
    since = "" if told["retention_from"] is None else f", counted from {told['retention_from']}"
    return [
        f"{told['operator']}: {told['name']}",
        f"  agency: {told['agency']} ({told['agency_name']})",
        f"  law profile: {told['profile']}, version of {told['profile_from']}"
        + ("; NOT checked against the official text" if checked is None else f"; checked on {checked}"),
        f"  keeps: {told['keeps']}, {in_days(told['retention_days'])}{since}",
        f"  hours that can answer: {told['hours_kept']}; forgotten: {told['hours_forgotten']}",
        f"  forgetting: {forgetting_in_words(told['forgetting'])}",
        f"  log: {told['log_origin']}, {told['log_size']} records",
        f"  key: {told['log_vkey']}",
        f"  policies in force: {told['policy_set_hash']}",
    ]


def in_days(days: float | None) -> str:
    """Return a limit in words."""
    if days is None:
        return "nothing kept"
    return f"{days:g} days" if days != 1 else "1 day"


def forgetting_in_words(state: dict[str, Any]) -> str:
    """Return whether forgetting goes on, for a person."""
    last = state["last_run"] or "never"
    if state["stopped_since"] is None:
        return f"last run {last}"
    if state["why"] == "clock_jumped":
        return (
            f"STOPPED since {state['stopped_since']} because the clock jumped; if the clock is right, say so with "
            "`lockplate retention run --now T`"
        )
    return f"STOPPED since {state['stopped_since']} because it failed ({state['code']}); last run {last}"
