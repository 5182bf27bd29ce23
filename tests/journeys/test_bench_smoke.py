"""The benchmarks, with a thousand reads: whoever changes the program should find them still running."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

REPO = Path(__file__).resolve().parents[2]
ROWS = (
    "ingest NDJSON",
    "ingest mapped CSV",
    "HTTP NDJSON batches",
    "HTTP single payloads",
    "HTTP single payloads, p50",
    "HTTP single payloads, p99",
    "hot list, a read",
    "hot list, a key in blocks of 5000",
    "payload to alert, p99",
    "payload to alert, p50",
    "hot list into memory at start",
    "gate and durable record, p50",
    "durable leaves in batches of 100",
    "durable records with sealed details, 16 threads",
    "question over 30 days, p99",
    "bytes a read on disk, index only",
    "bytes a read on disk, with record",
    "memory of an idle node",
    "oversight import",
    "memory of oversight import",
)
LIMIT_SECONDS = 600
"""Only to end a run that hangs; alone on two cores it takes under a minute."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that only the benchmarks use."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def whole(folder: Path) -> dict[str, Any]:
    """Return what one run of every measure wrote."""
    report = folder / "results.json"
    work = folder / "work"
    work.mkdir()
    command = [sys.executable, "tests/bench/run.py", "--size", "1K", "--json", str(report), "--folder", str(work)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    told: dict[str, Any] = msgspec.json.decode(report.read_bytes())
    return told


def test_every_budget_is_measured(whole: dict[str, Any]) -> None:
    """Each budget has its row, in order, with a figure: a measure that broke would have none."""
    assert list(ROWS) == [row["name"] for row in whole["rows"]]
    assert [] == [row["name"] for row in whole["rows"] if not row["measured"]]


def test_a_row_says_whether_its_budget_is_kept(whole: dict[str, Any]) -> None:
    """`met` follows from the figures in the row, and only a row that misses its budget says why."""
    for row in whole["rows"]:
        kept = row["measured"] <= row["budget"] if row["budget_is"] == "at most" else row["measured"] >= row["budget"]
        assert kept == row["met"], row["name"]
        assert bool(row["why"]) != row["met"], row["name"]


def test_the_alternatives_ran_beside(whole: dict[str, Any]) -> None:
    """Plain plates in the same engine were measured; PostgreSQL was, or its row says why it was not."""
    for row in whole["rows"]:
        for other in row["alternatives"]:
            assert (other["measured"] is None) == bool(other["why"]), (row["name"], other["what"])
            assert other["measured"] is not None or "PostgreSQL" in other["what"], other["why"]


def test_the_conditions_are_written_down(whole: dict[str, Any]) -> None:
    """A figure without its conditions is none."""
    wanted = {"cores", "size", "load_average_at_start", "load_average_at_end", "python", "chdb", "clickhouse", "date"}

    assert set() == wanted - whole["conditions"].keys()
    assert 1000 == whole["conditions"]["size"]


def test_nothing_is_left_behind(whole: dict[str, Any], folder: Path) -> None:
    """The folder in which everything happened is gone."""
    assert whole
    assert [] == list((folder / "work").iterdir())
