"""Run: every fault harness, one after the other: cases injected, runs died, bad outcomes, and the planted bugs.

What flows in: `--long`, `--only NAME…`, `--json FILE`. What flows out: a table, and JSON; exit 1 for a bad outcome, a
planted bug that was not caught, a harness that could not run. What it must never see: a real node: everything happens
in a temporary folder that is removed at the end.

    make faults            short form
    make faults LONG=1     each call of each act, more images, longer loops
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import clock_jumps
import full_disk
import injection
import killing
import msgspec
import partition
import power_loss
import racing
import wrong_clock
from harness import Harness, Outcome, show
from rich.console import Console
from rich.table import Table

HARNESSES: tuple[Harness, ...] = (
    *injection.HARNESSES,
    *power_loss.HARNESSES,
    killing.HARNESS,
    full_disk.HARNESS,
    racing.HARNESS,
    clock_jumps.HARNESS,
    wrong_clock.HARNESS,
    partition.HARNESS,
)
WIDTH = 130


def main() -> int:
    """Run what was asked for, print, write; 0 when nothing was bad and every planted bug was caught."""
    options = _options()
    console = Console(highlight=False, width=WIDTH)
    outcomes: list[Outcome] = []
    skipped: list[str] = []
    for harness in (one for one in HARNESSES if not options.only or one.name in options.only):
        if missing := harness.lacks():
            skipped.append(f"SKIPPED: {harness.name}, because {missing[0]} is missing")
            continue
        with (
            tempfile.TemporaryDirectory(prefix="lockplate-faults-", dir=options.folder) as folder,
            Console(stderr=True).status(harness.name) as status,
        ):
            outcomes.append(show(harness, Path(folder), long=options.long, told=status.update))
    console.print(_table(outcomes))
    failures = [line for outcome in outcomes for line in outcome.faults]
    for line in (*skipped, *failures):
        console.print(line, markup=False)
    told = {"form": "long" if options.long else "short", "harnesses": outcomes, "skipped": skipped}
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    console.print(f"Written to {options.json}")
    return 1 if failures or not outcomes or (skipped and os.environ.get("LOCKPLATE_NO_SKIPS")) else 0


def _options() -> argparse.Namespace:
    names = [harness.name for harness in HARNESSES]
    parser = argparse.ArgumentParser(description="Breaks nodes in every way we know, and looks at what is left.")
    parser.add_argument("--long", action="store_true", help="every case, not a sample")
    parser.add_argument("--only", nargs="+", choices=names, default=[], help="run only these")
    parser.add_argument("--json", type=Path, default=Path("fault-results.json"), help="where the figures go")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where homes are made")
    return parser.parse_args()


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("harness")
    for column in ("cases injected", "runs died", "bad outcomes", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("planted bug")
    table.add_column("caught", justify="right")
    for one in outcomes:
        figures = (f"{one.cases:,}", f"{one.died:,}", f"{one.bad:,}", f"{one.seconds:,.0f}")
        for place, control in enumerate(one.controls):
            caught = f"{control.bad:,} bad in {control.cases:,}" if control.caught else "NOT CAUGHT"
            table.add_row(*((one.harness, *figures) if place == 0 else ("",) * 5), control.name, caught)
    total = (sum(one.cases for one in outcomes), sum(one.died for one in outcomes), sum(one.bad for one in outcomes))
    seconds = sum(one.seconds for one in outcomes)
    controls = [control for one in outcomes for control in one.controls]
    caught = f"{sum(one.caught for one in controls)} of {len(controls)}"
    table.add_section()
    table.add_row("all", *(f"{number:,}" for number in total), f"{seconds:,.0f}", "", caught)
    return table


if __name__ == "__main__":
    sys.exit(main())
