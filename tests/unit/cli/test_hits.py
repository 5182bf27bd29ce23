"""`hits show|confirm|outcome`: what a person compares at a terminal, in words and without telling anybody to act."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.cli.hit_sheet import sheet_of
from lockplate.clock import format_time
from lockplate.operations.plain import plain
from lockplate.simulate.picture import draw


@pytest.fixture(scope="module")
def hit(line: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A hit of a look-alike, from a list of one plate."""
    folder, now = tmp_path_factory.mktemp("hit"), datetime.now(UTC)
    line.run("reader", "add", "bridge-1", "--name", "Mill Bridge", "--place", "Mill Road")
    made = line.json(
        "hotlist", "add", "Stolen", "--category", "stolen_vehicle", "--source", "our desk", "--basis", "Veh. Code 10851"
    )  # fmt: skip
    file, reads = folder / "list.csv", folder / "reads.ndjson"
    file.write_text(f"plate,region,reason,expires\n7LOC842,US-CA,taken,{now + timedelta(days=2):%Y-%m-%d}\n")
    line.json("hotlist", "import", str(file), "--list", made["hot_list"]["list_id"])
    read = {
        "plate": "7L0C842",
        "region": "US-CA",
        "captured_at": format_time(now),
        "reader": "bridge-1",
        "color": "red",
    }
    reads.write_text(json.dumps(read) + "\n", encoding="utf-8")
    assert 1 == line.json("ingest", str(reads))["hits"]
    (found,) = line.json("hits", "list", "--as", "olga", "--weaker")["hits"]
    return str(found["hit_id"])


def test_a_hit_beside_its_entry(line: Any, hit: str) -> None:
    """The two texts over each other, the doubt in words, region, vehicle, list, source, and what is still to be done."""
    told = line.run("hits", "show", hit, "--as", "olga")

    assert 0 == told.exit_code, told.output
    lines = told.stdout.splitlines()
    assert "As read   7 L 0 C 8 4 2" in lines
    assert "Listed    7 L O C 8 4 2" in lines
    assert "              ^" in lines
    for words in (
        "Character 3: read 0, listed O: these look alike.",
        "Region    read US-CA, listed US-CA. The region as read is the region as listed.",
        "Vehicle   colour: read red, listed - (the list does not say)",
        "Picture   none came", "Reader    Mill Bridge, Mill Road", "List      Stolen, pine-county", "Source    our desk",
        "Ask by    the plate: the list gives no number", "Reason    taken", "Ask the source again",
        "This is a match and nothing more: nobody has compared it yet.",
    ):  # fmt: skip
        assert words in told.stdout, words
    assert "stop" not in told.stdout.lower()


def test_json_has_everything_to_compare(line: Any, hit: str) -> None:
    """A program gets the characters, the marks and how the hit stands."""
    told = line.json("hits", "show", hit, "--as", "olga")
    (compared,) = told["compared"]

    assert ["same", "same", "alike", "same", "same", "same", "same"] == [
        one["sameness"] for one in compared["characters"]
    ]
    assert (["by_eye"], False) == (compared["needs"], compared["standing"]["compared_and_listed"])
    assert told["hits"][0]["hit_id"] == compared["hit_id"] == hit


def test_a_picture_that_did_not_come(line: Any, hit: str, tmp_path: Path) -> None:
    """Asked for in vain: said so, no file left; a file that is there is never written over."""
    wanted = tmp_path / "picture.jpg"
    assert 2 == line.run("hits", "show", hit, "--as", "olga", "--picture", str(wanted)).exit_code
    assert not wanted.exists()
    wanted.write_bytes(draw("KEEP"))
    assert 2 == line.run("hits", "show", hit, "--as", "olga", "--picture", str(wanted)).exit_code
    assert draw("KEEP") == wanted.read_bytes()


def test_found_and_what_became_of_it(line: Any, hit: str) -> None:
    """Seen by eye, still listed, correct: the words say when, and that policy decides; then the outcome, once."""
    early = line.run("hits", "outcome", hit, "--outcome", "nothing", "--as", "olga")
    found = line.run(
        "hits", "confirm", hit, "--found", "correct", "--source", "still_listed", "--seen-by-eye", "--as", "olga"
    )  # fmt: skip
    said = line.run("hits", "outcome", hit, "--outcome", "recovery", "--as", "sam")
    again = line.run("hits", "outcome", hit, "--outcome", "recovery", "--as", "olga")

    assert [2, 0, 0, 2] == [one.exit_code for one in (early, found, said, again)]
    assert "Compared and still listed at " in found.stdout
    assert "Your policy decides what you may do; a match alone is no suspicion." in found.stdout
    assert "stop" not in found.stdout.lower()
    assert f"{hit}: recovery, said by sam." in said.stdout
    shown = line.run("hits", "show", hit, "--as", "olga").stdout
    assert "Found correct by olga" in shown
    assert "Outcome: recovery, said by sam" in shown


def test_everything_odd_has_its_line(line: Any, hit: str) -> None:
    """A foreign list, an entry that is gone, a contradiction: in capitals, since a terminal has no other mark."""
    told = line.json("hits", "show", hit, "--as", "olga")
    shown, compared = told["hits"][0], told["compared"][0]
    compared["listed"] |= {"foreign": True, "owner": "farfield", "still_on_list": False}
    compared["vehicle"] = [{"part": "body", "read": "motorcycle", "listed": "PK", "stand": "contradicts"}]
    shown["details"]["confidence"] = plain({"value": 93.1, "scale": "0-100"})
    shown["details"]["direction"] = "east"

    sheet = "\n".join(sheet_of(shown, compared))

    for words in (
        "FOREIGN, of farfield", "NO LONGER on this node's copy of the list",
        "kind: read motorcycle, listed PK (CONTRADICTS: these cannot be one vehicle)",
        "93.1 on the reader's scale 0-100", "heading east",
    ):  # fmt: skip
        assert words in sheet, words
