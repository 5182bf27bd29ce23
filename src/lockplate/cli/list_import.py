"""`lockplate hotlist import`: a list's file in, every line accounted for, with progress.

What flows in: a file. What flows out: counts; refused lines by number and reason, on the screen and in a file.
What it must never see: a plate or a line's text in its output.
"""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, settings_of
from lockplate.cli.output import print_json, print_lines, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput, NodeBusy
from lockplate.listfiles.layouts import layout_names
from lockplate.operations.list_import import ImportHotList, import_with_progress
from lockplate.operations.operation import Actor
from lockplate.operations.plain import plain
from lockplate.settings import Settings
from lockplate.terms import PersonId

LAYOUT = f"Its layout, where shape does not tell: {', '.join(layout_names())}."


def import_file(
    file: Annotated[Path, typer.Argument(help="Our own CSV, or a state's file as it comes: docs/hot-lists.md.")],
    list_id: Annotated[str, typer.Option("--list", metavar="ID", help="The list whose content it is.")],
    layout: Annotated[str, typer.Option("--layout", metavar="NAME", help=LAYOUT)] = "",
    accept_count: Annotated[
        int | None,
        typer.Option(
            "--accept-count", metavar="N", help="The file is whole and has N entries, whatever it says; recorded."
        ),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write every refused line's number and reason: CSV.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Make a file a list's content; every line is accounted for."""
    request = ImportHotList(
        list_id=list_id,
        path=str(file.absolute()),
        layout=layout,
        accept_count=accept_count,
        all_refused=report_file is not None,
        dry_run=dry_run,
    )
    with told_errors(as_json=as_json):
        report = _run(settings_of(home), request, person)
        if report_file is not None:
            _write_report(report_file, report["refused_lines"])
            report["refused_lines"] = report["refused_lines"][:100]
        if as_json:
            print_json(report)
        else:
            _print_report(report)


def _run(settings: Settings, request: ImportHotList, person: str) -> dict[str, Any]:
    """Take the file in here, or through the running server, with something to see while it lasts."""
    session = Session(settings)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("opening", total=None)

        def progress(step: str, done: int, total: int) -> None:
            bars.update(task, description=step, completed=done, total=total or None)

        try:
            node = session.open()
        except NodeBusy:
            progress("the server takes it in", 0, 0)
            told: dict[str, Any] = session.run("hotlist.import", request, person=person)
            return told
        with node:
            actor = Actor(person=PersonId(person) if person else None, is_system_user=True)
            taken: dict[str, Any] = plain(import_with_progress(node, actor, request, progress))
            return taken


def _write_report(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write each refused line's number and reason, or raise BadInput; never its text."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            written = csv.writer(file, lineterminator="\n")
            written.writerow(("line", "reason"))
            written.writerows((one["line"], one["refusal"]) for one in lines)
    except OSError:
        raise BadInput("the report cannot be written there; the list is imported", code="no_file") from None


def _print_report(report: dict[str, Any]) -> None:
    parts = [f"{report[name]} {name}" for name in ("added", "changed", "unchanged", "refused")]
    would = "would be: " if report["dry_run"] else ""
    print_lines([f"{report['list_id']}: {would}{report['rows']} rows ({report['layout']}) = " + " + ".join(parts)])
    print_lines([f"  {report['gone']} gone; {report['index_entries']} entries are matched now"])
    if report["zero_for_letter"]:
        print_lines(["  it writes the letter O as zero: a zero in its plates is matched as either"])
    print_lines([f"  refused: {word} {count}" for word, count in report["refused_by_reason"].items()])
    print_lines([f"  unknown type: {code} {count}" for code, count in report["unknown_types"].items()])
    print_lines([f"  line {one['line']}: {one['refusal']}" for one in report["refused_lines"]])
