"""`lockplate fault …`: what is amiss with readers, lists and the node, and that somebody has seen it.

What flows in: whose faults; one of them. What flows out: faults in words.
What it must never see: a plate.
"""

from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, Operator, settings_of
from lockplate.cli.output import FAILED, print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.operations.faults import CheckFaults, FaultName, FaultsOf

faults = typer.Typer(no_args_is_help=True, help="What is amiss with readers, lists and the node.")

HEAD = ["fault", "kind", "of", "what", "since (UTC)", "until", "seen by"]


@faults.command("list")
def list_all(
    operator: Operator = "",
    closed: Annotated[bool, typer.Option("--closed", help="Those that are over, too.")] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List what is amiss, and with --closed what was; the server looks each minute."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("fault.list", FaultsOf(operator=operator, closed=closed), person=person)
        if as_json:
            print_json(told)
        else:
            print_table(HEAD, [_row(line) for line in told])


@faults.command("check")
def check(operator: Operator = "", person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Judge every reader and list now; exit 1 while anything is amiss.

    Readers are judged only by a node that has looked for ten minutes without a gap, so best while the server runs.
    """
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("fault.check", CheckFaults(operator=operator), person=person)
        if as_json:
            print_json(told)
        else:
            if told["faults"]:
                print_table(HEAD, [_row(line) for line in told["faults"]])
            else:
                print_lines(["Nothing is amiss."])
            if not told["settled"]:
                print_lines(["Readers were not judged: the node has not looked for ten minutes without a gap yet."])
        if told["faults"]:
            raise typer.Exit(FAILED)


@faults.command("acknowledge")
def acknowledge(
    fault_id: Annotated[str, typer.Argument(metavar="FAULT", help="A fault's id, as `fault list` shows it.")],
    person: As,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Say that you have seen a fault, on record; it stays open until what is amiss is well again."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("fault.acknowledge", FaultName(fault_id=fault_id), person=person)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['fault']['fault_id']}: seen by {told['fault']['acknowledged_by']}. {told['says']}"])


def _row(line: dict[str, Any]) -> list[object]:
    fault = line["fault"]
    return [
        fault["fault_id"],
        fault["kind"].replace("_", " "),
        line["subject_name"] or fault["subject"],
        line["says"],
        fault["opened_at"],
        fault["closed_at"] or "",
        fault["acknowledged_by"] or "nobody",
    ]
