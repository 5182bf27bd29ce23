"""A state's file of 200,000 lines, full of traps, through the real program: every line is accounted for.

Then the next day's file, which shows the difference; then one that was cut short, which changes nothing.
"""

import csv
import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from list_trap import LISTED, PERSON, Trap, line_of, make_trap
from lockplate.wiring.layout import Layout
from running import Home

DROPPED, CHANGED, ADDED = 1234, 321, 77


@pytest.fixture(scope="module")
def trap() -> Trap:
    """The file, made once."""
    return make_trap()


@pytest.fixture(scope="module")
def list_id(home: Home) -> str:
    """A node, and on it a list that takes six categories, nothing older than ten years, and tells weak matches."""
    assert 0 == home.run("init", "--operator", "pine", "--profile", "us-ca").returncode
    words = [word for category in LISTED.values() for word in ("--category", category)]
    made = home.json(
        "hotlist", "add", "State file", *words, "--source", "state bureau, daily", "--basis", "Civ. Code 1798.90.51",
        "--oldest-days", "3650", "--alert-on", "exact_key,region_unread", "--priority", "high",
        "--repeat-after-minutes", "10", "--entry-life-days", "2",
    )  # fmt: skip
    return str(made["hot_list"]["list_id"])


def written(home: Home, name: str, data: bytes) -> str:
    path = home.folder / name
    path.write_bytes(data)
    return str(path)


def take(home: Home, list_id: str, name: str, data: bytes, *words: str, code: int = 0) -> Any:
    return home.json("hotlist", "import", written(home, name, data), "--list", list_id, *words, code=code)


def entries_of(home: Home, list_id: str) -> int:
    (line,) = (one for one in home.json("hotlist", "list") if one["hot_list"]["list_id"] == list_id)
    return int(line["entries"])


def plain_bytes(home: Home) -> bytes:
    """Return all that lies on disk in the node's folder."""
    return b"".join(path.read_bytes() for path in sorted(Path(home.path).rglob("*")) if path.is_file())


def test_every_line_of_the_trap_is_accounted_for(home: Home, trap: Trap, list_id: str) -> None:
    """rows = added + refused, each reason as often as it was planted, blank lines beside; nobody in it is kept."""
    report_file = home.folder / "refused.csv"
    data = trap.data(header_count=trap.entries)
    assert 200_000 == len(trap.lines)

    report = take(home, list_id, "day1.txt", data, "--report", str(report_file))

    assert ("ncic", trap.entries, trap.blank, 1) == (
        report["layout"], report["rows"], report["blank"], report["frame"]
    )  # fmt: skip
    assert dict(trap.refused) == report["refused_by_reason"]
    assert (len(trap.good), 0, 0, 0) == (report["added"], report["changed"], report["unchanged"], report["gone"])
    assert report["rows"] == report["added"] + report["refused"]
    assert (dict(trap.types), True) == (report["unknown_types"], report["zero_for_letter"])
    assert 100 == len(report["refused_lines"])
    with report_file.open(newline="") as file:
        rows = list(csv.reader(file))
    assert ["line", "reason"] == rows[0]
    assert trap.refused == Counter(reason for _, reason in rows[1:])
    assert entries_of(home, list_id) == len(trap.good) == report["index_entries"]
    on_disk = plain_bytes(home) + json.dumps(report).encode() + report_file.read_bytes()
    assert [] == [word for word in (*PERSON.split()[:2], "7K?N041", "ICE DETAINER") if word.encode() in on_disk]


def test_the_list_says_its_terms(home: Home, list_id: str) -> None:
    """What the administrator chose is stored with the list, and a change of it is on record and stays."""
    changed = home.json("hotlist", "change", list_id, "--priority", "low", "--alert-on", "exact_key")["hot_list"]
    again = home.json("hotlist", "list")[0]["hot_list"]

    assert ("low", ["exact_key"], "PT600S") == (changed["priority"], changed["alert_on"], changed["repeat_after"])
    assert (changed["priority"], changed["alert_on"]) == (again["priority"], again["alert_on"])


def test_the_next_file_shows_what_is_different(home: Home, trap: Trap, list_id: str) -> None:
    """Added, changed and gone as they were made; whoever lives on is no change, though its end moves."""
    before = ends_of(home)
    later = Trap(lines=[trap.lines[place] for place in trap.good[DROPPED:]])
    for place in range(CHANGED):
        line = later.lines[place].ljust(58)
        later.lines[place] = line[:58] + (b"TAN" if line[58:61] != b"TAN" else b"BGE")
    later.lines += [line_of(500_000 + number, "V").encode() for number in range(ADDED)]

    report = take(home, list_id, "day2.txt", later.data(header_count=later.entries))

    kept = len(trap.good) - DROPPED
    assert (ADDED, CHANGED, kept - CHANGED, DROPPED, 0) == (
        report["added"], report["changed"], report["unchanged"], report["gone"], report["refused"]
    )  # fmt: skip
    assert kept + ADDED == entries_of(home, list_id)
    assert before < ends_of(home)
    assert (1, 1) == (len(before), len(ends_of(home)))


def test_a_file_that_was_cut_short_changes_nothing(home: Home, trap: Trap, list_id: str) -> None:
    """Half of it, or a wrong count at its end: refused whole."""
    whole = trap.data(header_count=trap.entries)
    before = entries_of(home, list_id)
    wrong_footer = trap.data(footer_count=trap.entries - 1)

    half = take(home, list_id, "half.txt", whole[: len(whole) // 2], code=2)
    wrong = take(home, list_id, "wrong.txt", wrong_footer, code=2)

    assert ["count_differs", "count_differs"] == [one["error"] for one in (half, wrong)]
    assert f"--accept-count {trap.entries}" in wrong["next_step"]
    assert before == entries_of(home, list_id)


def ends_of(home: Home) -> list[int]:
    """Return the ends of all entries, each once."""
    connection = sqlite3.connect(Layout(home.path).registry)
    try:
        return sorted(end for (end,) in connection.execute("SELECT DISTINCT expires_at FROM hot_list_entries"))
    finally:
        connection.close()
