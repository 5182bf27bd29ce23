"""`lockplate log policy|witnesses|cosign`: who outside cosigns a log, and what they last said.

What flows in: a policy file. What flows out: the policy, a line for each witness.
What it must never see: private details.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import FAILED, print_json, print_lines, print_table, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.operations.evidence import LogName
from lockplate.operations.witnesses import NewPolicy


def policy(
    file: Annotated[
        Path | None, typer.Option("--set", metavar="FILE", help="Ask these witnesses from now on (tlog-policy).")
    ] = None,
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Print which witnesses a log asks and how many must cosign; with --set, change it. The change is on record."""
    with told_errors(as_json=as_json):
        session = Session(settings_of(home))
        if file is None:
            told = session.run("log.witnesses", LogName(operator=operator))
        else:
            told = session.run("log.policy", NewPolicy(text=_read(file), operator=operator))
        if as_json:
            print_json(told)
        else:
            print_lines(told["policy"].rstrip("\n").split("\n") if told["policy"] else ["This log asks no witness."])


def witnesses(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Print how each witness last answered. Exit 1 when one of them contradicts the log."""
    with told_errors(as_json=as_json):
        _show(Session(settings_of(home)).run("log.witnesses", LogName(operator=operator)), as_json=as_json)


def cosign(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Sign the newest checkpoint and ask every witness now. Exit 1 when one of them contradicts the log."""
    with told_errors(as_json=as_json):
        _show(Session(settings_of(home)).run("log.cosign", LogName(operator=operator)), as_json=as_json)


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    elif not told["witnesses"]:
        print_lines(["This log asks no witness. docs/witnesses.md says how to find some."])
    else:
        rows = [
            [one["name"], one["state"].replace("_", " "), str(one["size"]), one["cosigned_at"] or "", one["url"]]
            for one in told["witnesses"]
        ]
        print_table(["witness", "last answer", "records", "cosigned at", "address"], rows)
        print_lines([f"Quorum {told['quorum']}: reached at {told['agreed_size']} records."])
        if any(one["contradicts"] for one in told["witnesses"]):
            print_lines(["A WITNESS CONTRADICTS THIS LOG. Change nothing, and compare: docs/witnesses.md."])
    if any(one["contradicts"] for one in told["witnesses"]):
        raise typer.Exit(FAILED)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"cannot read {path.name}", code="no_file") from None
