"""Ingest: a file of reads in, matched, sealed and durable, as `lockplate ingest` does it.

What flows in: the ground. What flows out: a row for NDJSON and one for a mapped CSV.
What it must never see: a shortcut past FileIntake: reading, folding, matching, sealing and the counts of its report are
all in the measured time.
"""

import shutil
import time
from pathlib import Path

import plain_clickhouse
import postgres
from alternatives import alternative, in_postgres
from apart import MeasureFailed, Told, run_apart
from ground import OPERATOR, Ground, founded, opened
from row import Alternative, Budget, Row
from traffic import TABLE_MAP, write_lines, write_table

from lockplate.intake.files import FileOrder, FileReport
from lockplate.readers.column_map import load_column_map
from lockplate.terms import RecordMode

OF_LINES = Budget(name="ingest NDJSON", figure=200_000, unit="reads/s", at_most=False)
OF_TABLE = Budget(name="ingest mapped CSV", figure=200_000, unit="reads/s", at_most=False)
BUDGETS = (OF_LINES, OF_TABLE)
SECONDS = 900.0


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return reads a second for both kinds of file, each into a fresh node."""
    lines, table = ground.folder / "reads.ndjson", ground.folder / "reads.csv"
    rows = write_lines(lines, ground.sizes.file_rows, ground.started_at, told)
    write_table(table, lines)
    measured = []
    for budget, path in ((OF_LINES, lines), (OF_TABLE, table)):
        report, seconds = run_apart(take_in, ground, path, told=told, seconds=SECONDS)
        others = _alternatives(ground, path, rows, told)
        measured.append(_row(budget, path, report, seconds, others))
    lines.unlink()
    table.unlink()
    return measured


def take_in(ground: Ground, path: Path, *, told: Told) -> tuple[FileReport, float]:
    """Take one file into a fresh index-only node; return the report and the seconds."""
    home = ground.folder / f"ingest-{path.suffix[1:]}"
    column_map = load_column_map(TABLE_MAP) if path.suffix == ".csv" else None
    size = path.stat().st_size
    with opened(founded(home, RecordMode.INDEX_ONLY)) as node:
        order = FileOrder(path=path, operator=OPERATOR, column_map=column_map)
        started = time.perf_counter()
        report = node.files.ingest(order, lambda done: told(f"ingest {path.name}", done, size))
        seconds = time.perf_counter() - started
    shutil.rmtree(home)
    return report, seconds


def _alternatives(ground: Ground, path: Path, rows: int, told: Told) -> tuple[Alternative, ...]:
    plain = ground.folder / f"plain-{path.suffix[1:]}"
    if path.suffix == ".ndjson":
        load, copy = plain_clickhouse.load_lines, postgres.load_lines
    else:
        load, copy = plain_clickhouse.load_table, postgres.load_table
    found = (
        alternative(
            "plain plates, same engine", lambda: rows / float(run_apart(load, plain, path, told=told, seconds=SECONDS))
        ),
        in_postgres("PostgreSQL, two indexes", ground, lambda socket: rows / copy(socket, path, told=told)),
    )
    shutil.rmtree(plain, ignore_errors=True)
    return found


def _row(budget: Budget, path: Path, report: FileReport, seconds: float, others: tuple[Alternative, ...]) -> Row:
    if report.imported + report.duplicate != report.rows or report.imported < report.rows * 0.99:
        raise MeasureFailed(f"of {report.rows} rows only {report.imported} were imported")
    return Row(
        budget=budget,
        measured=report.rows / seconds,
        alternatives=others,
        details={
            "rows": report.rows,
            "imported": report.imported,
            "seconds": round(seconds, 3),
            "bytes_a_row": round(path.stat().st_size / report.rows, 1),
            "keeps": "index only",
        },
        why="Parsing, folding and sealing share one Python thread; the store writes beside it.",
    )
