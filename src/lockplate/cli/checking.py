"""`lockplate fsck` and `law announce`: a node held against its logs, an exported log against its key.

What flows in: a home folder or an exported one, checkpoints kept from before. What flows out: findings, an exit code.
What it must never see: private details. It says how far it is on standard error, when that is a terminal.

Exit codes: 0 clean · 1 findings · 2 the call cannot be understood, or there is no node · 5 could not check.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.checking.node import Part
from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import CALLER, FAILED, print_json, print_lines, printable, told_errors
from lockplate.cli.session import Session, require_node
from lockplate.cli.verifying import evidence_text, read_key
from lockplate.errors import BadInput, EvidenceError, LockplateError
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import Damage, Report, check_export, check_log
from lockplate.operations.checking import AnnouncePolicies, CheckPart, MendedLog
from lockplate.operations.evidence import LogName
from lockplate.operations.plain import plain
from lockplate.retention.revived import KeysRevived
from lockplate.settings import Settings
from lockplate.terms import OperatorId
from lockplate.wiring.log_keys import log_keys, mend_logs

COULD_NOT = 5
NODE = "node"
_OF_OPERATOR = (Part.ROWS, Part.KEYS, Part.DETAILS)


def fsck(
    export_folder: Annotated[
        Path | None, typer.Option("--export", help="Check an exported folder instead; needs --key.")
    ] = None,
    key: Annotated[str, typer.Option("--key", metavar="K", help="The log's key, for --export.")] = "",
    saw: Annotated[
        list[Path] | None,
        typer.Option("--saw", metavar="FILE", help="A checkpoint kept from before: the log must still begin with it."),
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="First make tiles and counters again from the entries; the node must not run."),
    ] = False,
    operator: Operator = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Hold a node, running or not, against its own logs, and say everything that does not fit.

    Each log's tree, tiles and counters are built again from its entries; checkpoints kept from before, sealed details,
    keys, the rows of the store and the registry are compared with what the log says. Nothing is changed without
    --rebuild, and nothing but tiles and counters with it; what was made again is printed and goes on record.

    Exit 0: clean. Exit 1: findings; docs/fsck.md says what each means. Exit 2: no node, or the call is wrong. Exit 5:
    it could not be checked.
    """
    try:
        with told_errors(as_json=as_json):
            settings = settings_of(home)
            mended: list[dict[str, Any]] = []
            if export_folder:
                if rebuild or saw:
                    raise BadInput("an exported folder is compared with its key alone", code="bad_option")
                reports = check_folder(export_folder, key)
            else:
                require_node(settings)
                mended = _mend(settings, operator) if rebuild else []
                reports = check_node(Session(settings), settings, operator, [evidence_text(path) for path in saw or ()])
            _print(reports, mended, as_json=as_json)
    except typer.Exit as stopped:
        raise typer.Exit(CALLER if stopped.exit_code == CALLER else COULD_NOT) from None
    if any(one["findings"] for one in reports):
        raise typer.Exit(FAILED)


def announce(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Put the policies of this release on record in every log; `fsck` names policies that no record announced."""
    with told_errors(as_json=as_json):
        told = Session(settings_of(home)).run("law.announce", AnnouncePolicies())
        if as_json:
            print_json(told)
        else:
            names = ", ".join(told["operators"]) or "no log: all of them knew it"
            print_lines([f"Policies {told['policy_set_hash']}", f"Put on record in {names}."])


def check_node(session: Session, settings: Settings, operator: str, seen: Sequence[str]) -> list[dict[str, Any]]:
    """Check a node, running or not; the evidence's files are read beside whoever owns them.

    A node that does not open because its evidence or its keys contradict themselves is a finding; its logs are checked
    all the same.
    """
    try:
        with session.held():
            return _check_open(session, settings, operator, seen)
    except LockplateError as error:
        if not _is_contradiction(error):
            raise
        refused = Damage(code=str(error.public()["error"]), where=NODE, says=f"does not open: {error.message}")
        report = Report(findings=(refused,), counts={"findings": 1})
        kept = {str(name): vkey for name, vkey in log_keys(settings, operator).items()}
        return [_told(NODE, report), *_check_logs(settings, kept, seen)]


def check_folder(folder: Path, key: str) -> list[dict[str, Any]]:
    """Check an exported folder with a log's key."""
    if not key:
        raise BadInput("an exported folder is checked with the log's key", code="no_key", next_step="Give --key.")
    return [_told(folder.name, check_export(folder, read_key(key)))]


def _check_open(session: Session, settings: Settings, operator: str, seen: Sequence[str]) -> list[dict[str, Any]]:
    keys: dict[str, str] = session.run("log.keys", LogName(operator=operator))
    reports = list(_check_logs(settings, keys, seen))
    _say(f"{NODE}: registry")
    reports.append(_told(NODE, None) | session.run("fsck.check", CheckPart(part=Part.REGISTRY)))
    for name in keys:
        for part in _OF_OPERATOR:
            _say(f"{name}: {part.value}")
            told = session.run("fsck.check", CheckPart(part=part, operator=name))
            reports.append(_told(f"{name} {part.value}", None) | told)
    return reports


def _check_logs(settings: Settings, keys: dict[str, str], seen: Sequence[str]) -> Iterator[dict[str, Any]]:
    origins = {vkey.partition("+")[0] for vkey in keys.values()}
    for note in seen:
        if _origin(note) not in origins:
            raise BadInput("a checkpoint that is of none of these logs", code="foreign_checkpoint")
    for name, vkey in keys.items():
        _say(f"{name}: log")
        files = EvidenceFolder.of(settings.home, OperatorId(name))
        own = [note for note in seen if _origin(note) == vkey.partition("+")[0]]
        report = check_log(files.log, files.heads, files.details, vkey, seen=own, witnesses_path=files.witnesses)
        yield _told(name, report)


def _mend(settings: Settings, operator: str) -> list[dict[str, Any]]:
    """Make derived parts again, and put on record what was; the node opens after that."""
    session, told = Session(settings), []
    for name, mended in mend_logs(settings, operator).items():
        if mended:
            place = session.run("fsck.mended", MendedLog.of(name, mended))
            told.append({"log": name, "record": place} | dict(plain(mended)))
    return told


def _is_contradiction(error: LockplateError) -> bool:
    told = error.public()  # the running server's errors come as one class, in its own words
    return bool(told["fault"] == EvidenceError.fault or told["error"] == KeysRevived.default_code)


def _origin(note: str) -> str:
    return note.partition("\n")[0]


def _print(reports: list[dict[str, Any]], mended: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"clean": not any(one["findings"] for one in reports), "logs": reports, "rebuilt": mended})
        return
    for one in mended:
        parts = ", ".join([*(f"tile {name}" for name in one["tiles"]), *one["counters"]])
        print_lines([f"{one['log']}: made again from the entries, and on record at {one['record']}: {parts}"])
    for one in reports:
        counted = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in one["counts"].items())
        print_lines([f"{one['log']}: {'DAMAGED' if one['findings'] else 'clean'} · {counted}"])
        print_lines([f"  {damage['code']} at {damage['where']}: {damage['says']}" for damage in one["findings"]])


def _say(step: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"checking {printable(step)}…\n")


def _told(name: str, report: Report | None) -> dict[str, Any]:
    return {"log": name} | ({} if report is None else dict(plain(report)))
