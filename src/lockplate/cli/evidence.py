"""`lockplate log …` and `lockplate fsck`: what anyone can check, and the checking of it.

What flows in: operators, indices, proof files. What flows out: checkpoints, proofs, verdicts.
What it must never see: private details.
"""

import base64
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from lockplate.access import parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import FAILED, print_json, print_lines, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import Report, check_export, check_log
from lockplate.evidence.proof_file import FIRST_LINE, open_proof
from lockplate.operations.evidence import LogEntry, LogExport, LogName
from lockplate.operations.plain import plain
from lockplate.terms import OperatorId

log = typer.Typer(no_args_is_help=True, help="The log that anyone can check.")


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
def prove(index: int, operator: Operator = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Print the proof file of a record: it verifies offline with the log's key."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("log.prove", LogEntry(index=index, operator=operator))
        if as_json:
            print_json(told)
        else:
            print_lines(told["proof"].rstrip("\n").split("\n"))


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


@log.command("verify")
def verify(
    file: Path,
    key: Annotated[str, typer.Option("--key", metavar="K", help="The log's key, `name+hash+base64`, or a file of it.")],
    as_json: Json = False,
) -> None:
    """Verify a proof file or a checkpoint with a log's key. Needs no node and no network."""
    with told_errors(as_json=as_json):
        text, vkey = _read(file), _key(key)
        if text.startswith(FIRST_LINE):
            proven = open_proof(text, vkey)
            record = plain(parse_leaf(proven.entry))
            signed = proven.checkpoint
            told = {"verified": "proof", "index": proven.index, "record": record}
        else:
            signed = verify_checkpoint(text, vkey)
            told = {"verified": "checkpoint"}
        told |= {"origin": signed.origin, "size": signed.size, "root": base64.b64encode(signed.root).decode()}
        if as_json:
            print_json(told)
            return
        print_lines([f"Holds: {told['verified']} of {signed.origin}, {signed.size} records."])
        if "record" in told:
            print_lines([f"Record {told['index']}: {msgspec.json.encode(told['record']).decode()}"])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"cannot read {path.name}", code="no_file") from None


def _key(key: str) -> str:
    """Return the key itself, from the option or from the file that it names."""
    return key.strip() if "+" in key and not Path(key).is_file() else _read(Path(key)).strip()


def fsck(
    export_folder: Annotated[
        Path | None, typer.Option("--export", help="Check an exported folder instead; needs --key.")
    ] = None,
    key: Annotated[str, typer.Option("--key", metavar="K", help="The log's key, for --export.")] = "",
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Rebuild each log from its entries and compare; repairs nothing. Exit 1 when something does not hold."""
    with told_errors(as_json=as_json):
        reports = (
            check_folder(export_folder, key)
            if export_folder
            else check_node(Session(settings_of(home)), home, operator)
        )
        if as_json:
            print_json({"clean": not any(one["findings"] for one in reports), "logs": reports})
        else:
            for one in reports:
                counted = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in one["counts"].items())
                print_lines([f"{one['log']}: {'DAMAGED' if one['findings'] else 'clean'} · {counted}"])
                print_lines(
                    [f"  {damage['code']} at {damage['where']}: {damage['says']}" for damage in one["findings"]]
                )
    if any(one["findings"] for one in reports):
        raise typer.Exit(FAILED)


def check_node(session: Session, home: Path, operator: str) -> list[dict[str, Any]]:
    """Check the logs of a node, running or not; the files are read beside whoever owns them."""
    keys = session.run("log.keys", LogName(operator=operator))
    reports = []
    for name, vkey in keys.items():
        files = EvidenceFolder.of(home, OperatorId(name))
        reports.append(_told(name, check_log(files.log, files.heads, files.details, vkey)))
    return reports


def check_folder(folder: Path, key: str) -> list[dict[str, Any]]:
    """Check an exported folder with a log's key."""
    if not key:
        raise BadInput("an exported folder is checked with the log's key", code="no_key", next_step="Give --key.")
    return [_told(folder.name, check_export(folder, _key(key)))]


def _told(name: str, report: Report) -> dict[str, Any]:
    return {"log": name} | dict(plain(report))
