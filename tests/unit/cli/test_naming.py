"""`lockplate oversight agencies`: no node needed; names, files, lists, decisions; text and JSON."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def nowhere(make_line: Any, tmp_path: Path) -> Any:
    """A command line whose home folder does not exist, and must not be made."""
    made = make_line(tmp_path / "nowhere")
    yield made
    assert not made.home.exists()


def test_names_are_explained(nowhere: Any) -> None:
    """Each name with its agency, kind and steps; an ambiguous one with both readings; and the counts."""
    told = nowhere.run("oversight", "agencies", "Pine County CA SO", "La Mesa PD", "NCRIC")

    assert 0 == told.exit_code
    for words in (
        "ca:pine:sheriff", "“so” says that it is a sheriff (certain)", "[la:mesa:police]", "[~:lamesa:police]",
        "2 readings are as good", "marker unknown", "3 names: 1 agencies, 1 ambiguous, 1 unknown; 0 confirmed by a person.",
    ):  # fmt: skip
        assert words in told.stdout


def test_json_has_every_reading_and_the_counts(nowhere: Any) -> None:
    """The one agency stands beside its readings, and is null where there is none."""
    told = nowhere.json("oversight", "agencies", "[Federal] FBI", "HSI")

    assert {"names": 2, "agencies": 1, "one": 1, "ambiguous": 1, "unknown": 0, "confirmed": 0} == told["counts"]
    assert ["us:fbi", None] == [one["agency"] and one["agency"]["key"] for one in told["names"]]
    assert ["us:ice-hsi", "?:hsi"] == [reading["agency"]["key"] for reading in told["names"][1]["readings"]]
    assert {"marker": "immigration", "words": "hsi", "sure": "hint"} in told["names"][1]["marks"]


def test_files_lists_and_decisions(nowhere: Any, tmp_path: Path) -> None:
    """A file of names, a list that the user brings, and a decision that wins and is shown as such."""
    names, listed, confirmed = (tmp_path / name for name in ("names.txt", "list.csv", "confirmed.yaml"))
    names.write_text("\ufeffNCRIC\r\n\r\nLa Mesa PD\r\n", encoding="utf-8")
    listed.write_text("name,alias,kind,state\nValley Intelligence,NCRIC,oversight,CA\n")
    confirmed.write_text("confirmed:\n- {name: la-mesa-pd, agency: La Mesa CA PD, by: Ann, day: 2026-11-24}\n")
    words = ("oversight", "agencies", "--file", str(names), "--list", str(listed), "--confirmed", str(confirmed))
    told = nowhere.json(*words)

    assert [("NCRIC", "listed", "oversight"), ("La Mesa PD", "confirmed", "municipal")] == [
        (one["name"], one["authority"], one["agency"]["kind"]) for one in told["names"]
    ]
    assert 1 == told["counts"]["confirmed"]
    assert "confirmed by Ann on 2026-11-24" in nowhere.run(*words).stdout


def test_a_name_from_a_release_does_nothing_to_the_terminal(nowhere: Any) -> None:
    """Escapes are shown as replacement characters."""
    told = nowhere.run("oversight", "agencies", "Pine\x1b[31m CA PD")

    assert (0, False) == (told.exit_code, "\x1b" in told.stdout)


def test_what_cannot_be_read_says_what_to_do(nowhere: Any, tmp_path: Path) -> None:
    """No name, no file, a file that is no text, a list without a header: exit 2, with a code."""
    bad = tmp_path / "bad"
    bad.write_bytes(b"\xff\xfe")
    for words, code in (
        ((), "no_name"),
        (("--file", str(tmp_path / "none")), "no_file"),
        (("--file", str(bad)), "bad_encoding"),
        (("x", "--list", str(bad)), "agency_list"),
        (("x", "--confirmed", str(bad)), "confirmed"),
    ):
        told = nowhere.run("oversight", "agencies", *words, "--json")
        assert (2, code) == (told.exit_code, json.loads(told.stdout)["error"])
