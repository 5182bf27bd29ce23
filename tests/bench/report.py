"""Report: the rows as a table for a person and as JSON for a program, with the conditions they were measured under.

What flows in: rows. What flows out: a table, a file.
What it must never see: a rounded-up figure: the table shows what the file says.
"""

import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from row import Row

import lockplate

WORD = {True: "[green]yes[/]", False: "[red]MISSED[/]"}


def conditions(size: int, started_at: datetime, engine: str, postgres: str) -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "lockplate": lockplate.__version__,
        "date": started_at.isoformat(timespec="seconds"),
        "size": size,
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_average_at_start": load_average(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "chdb": version("chdb"),
        "clickhouse": engine,
        "postgresql": postgres,
    }


def load_average() -> list[float]:
    """Return how many processes wanted to run, over the last 1, 5 and 15 minutes."""
    return [round(one, 2) for one in os.getloadavg()]


def write_json(path: Path, rows: list[Row], about: dict[str, Any]) -> None:
    """Write everything to a file."""
    whole = {"conditions": about, "rows": [row.public() for row in rows]}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")


def print_table(console: Console, rows: list[Row], about: dict[str, Any]) -> None:
    """Print the rows, then why each missed one is missed."""
    load = about["load_average_at_start"][0]
    title = f"{about['size']:,} reads · {about['cores']} cores · load {load:g} at start · Python {about['python']}"
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for name in ("measured", "budget"):
        table.add_column(name, justify="right")
    for name in ("met", "alternative in the same run"):
        table.add_column(name)
    table.add_column("times better", justify="right")
    for row in rows:
        budget = f"{'≤' if row.budget.at_most else '≥'} {figure(row.budget.figure)} {row.budget.unit}"
        cells = [(f"{one.what}: {figure(one.measured)}", figure(row.ratio(one))) for one in row.alternatives]
        first, *others = cells or [("", "")]
        table.add_row(row.budget.name, figure(row.measured), budget, WORD[row.met], *first)
        for other in others:
            table.add_row("", "", "", "", *other)
    console.print(table)
    for row in rows:
        if not row.met:
            console.print(f"{row.budget.name}: {row.why or 'no reason was found'}", markup=False)
        for one in row.alternatives:
            if one.why:
                console.print(f"SKIPPED in {row.budget.name}: {one.what}: {one.why}", markup=False)


def figure(number: float | None) -> str:
    """Return a number with as many digits as mean something."""
    if number is None:
        return "none"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) >= 1 else f"{number:.3f}"
