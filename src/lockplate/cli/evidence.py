"""`lockplate log …`: what anyone can check; `verifying` checks a receipt without a node, `checking` a whole node.

What flows in: operators, indices, request ids. What flows out: checkpoints, receipts, verdicts.
What it must never see: private details.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.new_files import require_new, write_new
from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.receipts import beside
from lockplate.cli.session import Session
from lockplate.cli.verifying import verify
from lockplate.errors import RecordPlace
from lockplate.operations.evidence import LogEntry, LogExport, LogName, LogRequest

log = typer.Typer(no_args_is_help=True, help="The log that anyone can check.")
log.command("verify")(verify)

NewFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to a new file instead.")]


@log.command("checkpoint")
def checkpoint(operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Sign and print the newest checkpoint, and the key that checks it."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("log.checkpoint", LogName(operator=operator))
        if as_json:
            print_json(told)
        else:
            print_lines([*told["note"].rstrip("\n").split("\n"), "", f"key: {told['vkey']}"])


@log.command("prove")
def prove(
    index: Annotated[int, typer.Argument(metavar="N", help="The record's place in the log.")],
    operator: Operator = "",
    out: NewFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Print the receipt of a record, or write it to a new file: it verifies offline with the log's key."""
    with told_errors(as_json=as_json):
        if out is not None:
            require_new(out)
        told = Session(settings_of(home)).run("log.prove", LogEntry(index=index, operator=operator))
        if out is not None:
            write_new(out, told["proof"])
        if as_json:
            print_json(told if out is None else told | {"file": str(out)})
        elif out is None:
            print_lines(told["proof"].rstrip("\n").split("\n"))
        else:
            print_lines([f"Receipt of record {told['index']} of {told['operator']}: {out}"])


@log.command("receipts")
def receipts(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="A question's id, as its answer says it.")],
    operator: Operator = "",
    out: NewFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show every record of one question, from asking to answer; --out writes a receipt of each beside FILE."""
    with told_errors(as_json=as_json):
        request = LogRequest(request_id=request_id, operator=operator)
        found = Session(settings_of(home)).run("log.receipts", request)
        files = [None if out is None else require_new(_named(out, one)) for one in found]
        for file, one in zip(files, found, strict=True):
            if file is not None:
                write_new(file, one["proof"])
        if as_json:
            print_json([one | {"file": file and str(file)} for file, one in zip(files, found, strict=True)])
            return
        rows = [
            [one["index"], one["at"], one["action"], one["verdict"], file or ""]
            for file, one in zip(files, found, strict=True)
        ]
        print_table(["record", "time (UTC)", "action", "verdict", "receipt"], rows)


def _named(out: Path, one: dict[str, Any]) -> Path:
    return beside(out, RecordPlace(operator=one["operator"], index=one["index"]))


@log.command("export")
def export(folder: Path, operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Write a log as plain files: checkpoint, tiles, entry bundles, key."""
    with told_errors(as_json=as_json):
        request = LogExport(folder=str(folder.absolute()), operator=operator)
        told = Session(settings_of(home)).run("log.export", request)
        if as_json:
            print_json(told)
        else:
            print_lines([f"{told['operator']}: {told['size']} records, {told['files']} files written.", told["vkey"]])
