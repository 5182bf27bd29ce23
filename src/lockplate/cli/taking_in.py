"""`lockplate ingest`: files in, every row accounted for, with progress.

What flows in: files, a map. What flows out: a report for each file and one that sums them up.
What it must never see: a key.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from lockplate.cli.options import DEFAULT_HOME, Home, Json, Operator, settings_of
from lockplate.cli.output import print_json, print_lines, printable, told_errors
from lockplate.cli.session import Session
from lockplate.errors import BadInput, NodeBusy
from lockplate.operations.operation import Actor
from lockplate.operations.plain import plain
from lockplate.operations.taking_in import Ingest, ingest_with_progress
from lockplate.settings import Settings

SUMMED = ("rows", "imported", "duplicate", "merged", "unkept", "refused", "ignored", "hits", "seconds")


def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Payloads, NDJSON, or tables with --map.")],
    operator: Operator = "",
    map_file: Annotated[Path | None, typer.Option("--map", help="YAML that says which column is what.")] = None,
    format_name: Annotated[
        str | None, typer.Option("--format", help="Read as this format; else told by shape.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="IANA zone of naive device times in payloads.")] = None,
    reader: Annotated[str | None, typer.Option("--reader", help="The reader of rows that name none.")] = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Take files in: matched, sealed, stored durably; every row is accounted for."""
    with told_errors(as_json=as_json):
        map_text = None if map_file is None else _read_map(map_file)
        orders = [
            Ingest(
                path=str(path.absolute()),
                operator=operator,
                map_text=map_text,
                format_name=format_name,
                zone=zone,
                reader=reader,
            )
            for path in files
        ]
        reports = _run(settings_of(home), orders)
        total = sum_up(reports)
        if as_json:
            print_json(total | {"files": reports})
        else:
            for report in reports:
                _print_report(report)
            if len(reports) > 1:
                _print_report(total | {"file": f"all {len(reports)} files", "format": ""})


def sum_up(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one object that accounts for the rows of every file."""
    total: dict[str, Any] = {name: sum(report[name] for report in reports) for name in SUMMED}
    for name in ("refused_by_reason", "ignored_by_kind"):
        total[name] = {}
        for report in reports:
            for word, count in report[name].items():
                total[name][word] = total[name].get(word, 0) + count
    return total | {"seconds": round(total["seconds"], 3)}


def _read_map(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"cannot read the map {path.name}", code="no_file") from None


def _run(settings: Settings, orders: list[Ingest]) -> list[dict[str, Any]]:
    """Take files in here with a progress bar, or through the running server without one."""
    session = Session(settings)
    try:
        node = session.open()
    except NodeBusy:
        return [session.run("ingest", order) for order in orders]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with node, Progress(*columns, console=Console(stderr=True), transient=False) as bars:
        sizes = [Path(order.path).stat().st_size if Path(order.path).is_file() else 0 for order in orders]
        task = bars.add_task("", total=sum(sizes))
        reports = []
        before = 0
        for order, size in zip(orders, sizes, strict=True):
            bars.update(task, description=printable(Path(order.path).name))

            def progress(done: int, before: int = before) -> None:
                bars.update(task, completed=before + done)

            report = ingest_with_progress(node, Actor(person=None, is_system_user=True), order, progress)
            before += size
            bars.update(task, completed=before)
            reports.append(plain(report))
        return reports


def _print_report(report: dict[str, Any]) -> None:
    head = f"{report['file']}: {report['rows']} rows"
    parts = [f"{report[name]} {name}" for name in ("imported", "duplicate", "merged", "unkept", "refused", "ignored")]
    print_lines([f"{head} = " + " + ".join(parts), f"  {report['hits']} hits, {report['seconds']:g} s"])
    for name in ("refused_by_reason", "ignored_by_kind"):
        for word, count in report[name].items():
            print_lines([f"  {name.split('_', 1)[0]}: {word} {count}"])
