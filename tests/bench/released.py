"""Released: an invented network audit imported into a folder, as `lockplate oversight import` does it.

What flows in: the ground. What flows out: rows a second, and the most memory that the import took.
What it must never see: a shortcut past import_file: hashing, the copy, recognition, states, duplicates, Parquet and syncs
are all in the measured time.
"""

import csv
import random
import resource
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alternatives import alternative
from apart import MeasureFailed, Told, run_apart
from ground import SEED, Ground
from row import Budget, Row

from lockplate.clock import SystemClock
from lockplate.imports.folder import writing_folder
from lockplate.imports.importing import ImportOrder, import_file
from lockplate.imports.tally import Counts

OF_ROWS = Budget(name="oversight import", figure=100_000, unit="rows/s", at_most=False)
OF_MEMORY = Budget(name="memory of oversight import", figure=1_000, unit="MB", at_most=True)
BUDGETS = (OF_ROWS, OF_MEMORY)
SECONDS = 3600.0
ALTERNATIVE_ROWS = 500_000
START = datetime(2025, 6, 1, tzinfo=UTC)
HEAD = (
    "Name,Org Name,Total Networks Searched,Total Devices Searched,Time Frame,License Plate,Reason,Case #,Filters,"
    "Search Time,Search Type\r\n"
)
WHY = "States, recognition and duplicates share one thread; reading and writing go beside it."
REASONS = ("investigation", "Inv", "stolen vehicle", "459 burglary", "welfare check", "hit and run", "10851 VC")


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return rows a second and the peak of memory, for one file of layout A."""
    path = ground.folder / "released.csv"
    rows = write_audit(path, ground.sizes.released_rows, told)
    counts, seconds, megabytes = run_apart(take_in, ground.folder / "released", path, told=told, seconds=SECONDS)
    if counts.imported != rows:
        raise MeasureFailed(f"of {rows} rows only {counts.imported} were imported")
    some = min(rows, ALTERNATIVE_ROWS)
    other = alternative(
        "csv module into plain SQLite, texts only",
        lambda: some / float(run_apart(plain_sqlite, path, some, told=told, seconds=SECONDS)),
    )
    details = {"rows": rows, "seconds": round(seconds, 3), "bytes_a_row": round(path.stat().st_size / rows, 1)}
    path.unlink()
    return [
        Row(
            budget=OF_ROWS,
            measured=rows / seconds,
            alternatives=(other,),
            details=details,
            why=WHY,
        ),
        Row(budget=OF_MEMORY, measured=megabytes, details={"rows": rows}, why="Eight bytes a row stand in memory."),
    ]


def take_in(folder: Path, path: Path, *, told: Told) -> tuple[Counts, float, float]:
    """Import one file into a fresh folder; return its account, the seconds, and the peak of this process in MB."""
    size = path.stat().st_size
    began = time.perf_counter()
    with writing_folder(folder) as writer:
        order = ImportOrder(path=path)
        report = import_file(writer, order, SystemClock(), lambda done: told("import released.csv", done, size))
    seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return report.manifest.counts, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plain_sqlite(path: Path, rows: int, *, told: Told) -> float:
    """Return the seconds for the first rows as texts in a table, without any reading of them."""
    database = path.with_suffix(".db")
    began = time.perf_counter()
    with closing(sqlite3.connect(database)) as connection, path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        connection.execute("CREATE TABLE search (" + ", ".join(f"c{number} TEXT" for number in range(11)) + ")")
        taken = (row for row, _ in zip(reader, range(rows), strict=False))
        connection.executemany("INSERT INTO search VALUES (" + ",".join("?" * 11) + ")", taken)
        connection.commit()
    told("plain SQLite", rows, rows)
    database.unlink()
    return time.perf_counter() - began


def write_audit(path: Path, rows: int, told: Told) -> int:
    """Write an invented network audit of layout A, with a window on two lines in each row; return how many rows."""
    chance = random.Random(SEED)
    form = "%m/%d/%Y, %I:%M:%S %p UTC"
    people = [f"Invented {number:04d}" for number in range(4000)]
    agencies = [f"Pretend {number:03d} CA PD" for number in range(400)]
    at, since, second = START, "", ""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEAD)
        for number in range(rows):
            if number % 3 == 0:  # a busy month: three searches in a second
                at += timedelta(seconds=1)
                since, second = (at - timedelta(days=chance.choice((1, 7, 30)))).strftime(form), at.strftime(form)
            file.write(
                f"{people[chance.randrange(4000)]},{agencies[chance.randrange(400)]},{chance.randrange(6000)},"
                f'{chance.randrange(80_000)},"{since}\n{second}",{chance.randrange(10)}PRT{chance.randrange(10_000):04d},'
                f'{REASONS[number % 7]},{number % 99_991:08d},"Make: X, Color: Red","{second}",search\r\n'
            )
            if number % 50_000 == 0:
                told("writing released.csv", number, rows)
    return rows
