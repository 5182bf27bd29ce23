"""Run: measures what the design promises, and what the alternatives do with the same work on the same machine.

What flows in: `--size 1M|10M|100M`, `--only NAME…`, `--json FILE`. What flows out: a table, and JSON.
What it must never see: a real node: everything happens in a temporary folder that is removed at the end.

    .venv/bin/python tests/bench/run.py --size 1M --only ingest gate
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import appends
import disk
import gate
import hot_list
import http_load
import ingest
import live_path
import memory
import month
import msgspec
import plain_clickhouse
import postgres
import questions
import released
from apart import MeasureFailed, Told, run_apart
from ground import Ground
from report import conditions, load_average, print_table, write_json
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from row import Budget, Row
from sizes import Sizes, parse_size

SECONDS = 4 * 3600.0
TABLE_WIDTH = 150


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """One name of `--only`, and what it measures."""

    measure: Callable[..., list[Row]]
    budgets: tuple[Budget, ...]
    needs_month: bool = False


BENCHES = {
    "ingest": Bench(measure=ingest.measure, budgets=ingest.BUDGETS),
    "http-bulk": Bench(measure=http_load.measure_bulk, budgets=http_load.BULK_BUDGETS),
    "http-single": Bench(measure=http_load.measure_single, budgets=http_load.SINGLE_BUDGETS),
    "hotlist": Bench(measure=hot_list.measure, budgets=hot_list.BUDGETS),
    "live": Bench(measure=live_path.measure, budgets=live_path.BUDGETS),
    "gate": Bench(measure=gate.measure, budgets=gate.BUDGETS),
    "appends": Bench(measure=appends.measure, budgets=appends.BUDGETS),
    "questions": Bench(measure=questions.measure, budgets=questions.BUDGETS, needs_month=True),
    "disk": Bench(measure=disk.measure, budgets=disk.BUDGETS, needs_month=True),
    "memory": Bench(measure=memory.measure, budgets=memory.BUDGETS, needs_month=True),
    "oversight": Bench(measure=released.measure, budgets=released.BUDGETS),
}


def main() -> int:
    """Measure, print, write; 0 when every measure ran, whether or not its budget is met."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupted)
    console = Console(highlight=False, width=max(TABLE_WIDTH, shutil.get_terminal_size().columns))
    sizes: Sizes = options.size
    free = shutil.disk_usage(options.folder).free
    if free < sizes.free_bytes_needed:
        console.print(f"{sizes.free_bytes_needed / 1e9:.1f} GB of disk are needed, {free / 1e9:.1f} GB are free.")
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lockplate-bench-", dir=options.folder)))
        started_at = datetime.now(UTC)
        socket, server, reason = _postgres(stack, console)
        told = stack.enter_context(_progress())
        engine = _engine(folder, told)
        about = conditions(sizes.reads, started_at, engine, server or reason)
        ground = Ground(folder=folder, sizes=sizes, started_at=started_at, postgres=socket, no_postgres=reason)
        rows = _measured(ground, options.only, told)
        about["load_average_at_end"] = load_average()
    print_table(console, rows, about)
    write_json(options.json, rows, about)
    console.print(f"Written to {options.json}")
    return 1 if any(row.measured is None for row in rows) else 0


def _interrupted(number: int, frame: object) -> None:
    """End as Ctrl-C ends: what was started is stopped, what was written is removed."""
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the budgets of the design.")
    parser.add_argument("--size", type=parse_size, default="1M", help="reads in the store: 1M, 10M, 100M")
    parser.add_argument("--only", nargs="+", choices=tuple(BENCHES), default=tuple(BENCHES), help="measure only these")
    parser.add_argument("--json", type=Path, default=Path("bench-results.json"), help="where the figures go")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the temporary folder is made"
    )
    return parser.parse_args()


def _measured(ground: Ground, only: list[str], told: Told) -> list[Row]:
    rows: list[Row] = []
    for name in (name for name in BENCHES if name in only):
        bench = BENCHES[name]

        def telling(word: str, done: int, total: int, name: str = name) -> None:
            told(f"{name}: {word}", done, total)

        try:
            if bench.needs_month and not ground.month.exists():
                run_apart(month.fill, ground, told=telling, seconds=SECONDS)
            rows += run_apart(bench.measure, ground, told=telling, seconds=SECONDS)
        except MeasureFailed as error:
            rows += [Row(budget=one, measured=None, why=f"FAILED: {error}") for one in bench.budgets]
    return rows


def _postgres(stack: ExitStack, console: Console) -> tuple[str | None, str, str]:
    """Return socket folder and version of a cluster of our own, or why there is none."""
    try:
        socket = stack.enter_context(postgres.cluster())
    except postgres.NoPostgres as error:
        console.print(f"SKIPPED: the PostgreSQL alternative: {error}", markup=False)
        return None, "", str(error)
    return socket, postgres.version(socket), ""


def _engine(folder: Path, told: Told) -> str:
    try:
        return str(run_apart(plain_clickhouse.engine_version, folder / "version", told=told, seconds=60))
    except MeasureFailed as error:
        return str(error)


@contextmanager
def _progress() -> Iterator[Told]:
    """Show what is being done and how far it is, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None, count="")

        def told(word: str, done: int, total: int) -> None:
            count = f"{done:,} of {total:,}" if total else ""
            bars.update(task, description=word, completed=done, total=total or None, count=count)

        yield told


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped; nothing is left behind.")
