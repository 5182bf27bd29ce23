"""`lockplate oversight`: released records in, with a plan that is shown and can be corrected; every row accounted for.

What flows in: files that agencies released, a plan, a folder. What flows out: releases in the folder, and their
account. What it must never see: a node, a key, a network.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from lockplate.cli.options import Json
from lockplate.cli.output import CALLER, print_error, print_json, print_lines, printable, told_errors
from lockplate.clock import SystemClock, format_time, parse_time
from lockplate.errors import BadInput
from lockplate.imports.folder import FolderWriter, writing_folder
from lockplate.imports.importing import ImportOrder, Outcome, guess_plan, import_file
from lockplate.imports.plan import MAX_PLAN_BYTES, Plan, load_plan, plan_yaml

SUMMED = ("rows", "imported", "duplicate", "refused", "headers", "blank_lines", "id_repeats")
_WORDS = {
    Outcome.IMPORTED.value: "imported",
    Outcome.ALREADY.value: "was there already: nothing changed",
    Outcome.NOTED.value: "was there already: its date, agency or copy was noted",
    Outcome.REPLACED.value: "read again by another plan, in place of what was there",
}


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV, XLSX, JSON, NDJSON, or text of a PDF.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of releases; made if need be.")],
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Which column is what, in place of the guess (YAML).")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="When the files were released or saved.")
    ] = None,
    agency: Annotated[
        str | None, typer.Option("--agency", metavar="NAME", help="Who released the files, in your words.")
    ] = None,
    no_copies: Annotated[
        bool, typer.Option("--no-copies", help="Keep the files' hashes only, not their bytes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import released audits: every row imported, a duplicate, or refused with its reason.

    An import that was stopped goes on when it is called again; a file that is there already changes nothing.
    """
    with told_errors(as_json=as_json):
        given = None if plan is None else _read_plan(plan)
        noted = None if as_of is None else format_time(parse_time(as_of))
        orders = [
            ImportOrder(path=path, plan=given, as_of=noted, agency=agency, keep_original=not no_copies)
            for path in files
        ]
        with writing_folder(out) as folder:
            reports = _run(folder, orders)
        total = sum_up(reports)
        if as_json:
            print_json(total | {"files": reports})
        else:
            for report in reports:
                _print_report(report)
            if len(reports) > 1:
                _print_account(f"all {len(reports)} files", total)
        if total["failed"]:
            raise typer.Exit(CALLER)


def show_plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A released file.")],
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Try this plan on the file instead of guessing.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how a file would be read, how sure, and why. Save it, correct it, give it to `import --plan`."""
    with told_errors(as_json=as_json):
        made, opened, counts = guess_plan(file, None if plan is None else _read_plan(plan))
        seen = {"form": opened.form, **msgspec.to_builtins(counts)}
        if as_json:
            print_json({"file": file.name, "seen": seen, "plan": msgspec.to_builtins(made), "yaml": plan_yaml(made)})
            return
        refused = ", ".join(f"{count} {reason}" for reason, count in counts.refused_by_reason.items())
        told = f"# {opened.form}; of the first {counts.rows} rows {counts.imported} can be read"
        print_lines([f"# {printable(file.name)}", told + (f", refused: {refused}" if refused else "")])
        if not made.sections:
            print_lines(["# No column of times was found: write the section by hand, from the columns' order."])
        print_lines(plan_yaml(made).splitlines())


def sum_up(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one object that accounts for the rows of every file."""
    done = [report for report in reports if "error" not in report]
    total: dict[str, Any] = {name: sum(report[name] for report in done) for name in SUMMED}
    reasons: dict[str, int] = {}
    for report in done:
        for word, count in report["refused_by_reason"].items():
            reasons[word] = reasons.get(word, 0) + count
    outcomes = {outcome.value: sum(1 for report in done if report["outcome"] == outcome.value) for outcome in Outcome}
    seconds = round(sum(report["seconds"] for report in done), 3)
    return total | {
        "refused_by_reason": reasons,
        "outcomes": outcomes,
        "failed": len(reports) - len(done),
        "seconds": seconds,
    }


def _read_plan(path: Path) -> Plan:
    try:
        with path.open("rb") as file:
            return load_plan(file.read(MAX_PLAN_BYTES + 1).decode())
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"cannot read the plan {path.name}", code="no_file") from None


def _run(folder: FolderWriter, orders: Sequence[ImportOrder]) -> list[dict[str, Any]]:
    """Import the files one after another; one that cannot be imported is told, and the others go on."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    reports: list[dict[str, Any]] = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        sizes = [order.path.stat().st_size if order.path.is_file() else 0 for order in orders]
        task = bars.add_task("", total=sum(sizes))
        before = 0
        for order, size in zip(orders, sizes, strict=True):
            bars.update(task, description=printable(order.path.name).replace("[", "("))

            def progress(done: int, before: int = before) -> None:
                bars.update(task, completed=before + done)

            try:
                reports.append(import_file(folder, order, SystemClock(), progress).public())
            except BadInput as error:
                reports.append({"file": order.path.name, "release": None, **error.public()})
            before += size
            bars.update(task, completed=before)
    return reports


def _print_report(report: dict[str, Any]) -> None:
    if "error" in report:
        print_error(report | {"message": f"{report['file']}: {report['message']}"})
        return
    _print_account(report["file"], report)
    layouts = ", ".join(report["layouts"]) or "none"
    period = f"{report['period_from']} to {report['period_to']}" if report["period_from"] else "no time"
    lines = [f"  {_WORDS[report['outcome']]}; release {report['release']}", f"  layout {layouts}; {period}"]
    if not report["layouts"]:
        lines.append("  no column of times was found: `lockplate oversight plan FILE` shows what was seen")
    if report["unsure"]:
        lines.append(f"  look at the plan: unsure of {', '.join(report['unsure'])}")
    print_lines(lines)


def _print_account(name: str, report: dict[str, Any]) -> None:
    parts = " + ".join(f"{report[word]} {word}" for word in ("imported", "duplicate", "refused"))
    lines = [f"{name}: {report['rows']} rows = {parts}"]
    lines += [f"  refused: {count} {reason}" for reason, count in report["refused_by_reason"].items()]
    if report["id_repeats"]:
        lines.append(f"  {report['id_repeats']} rows have an id that stood before, with other content; kept and marked")
    print_lines(lines)
