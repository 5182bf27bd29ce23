"""The life of a hold as docs/holds.md tells it: refused, opened, answering alone, drawn out, listed, lifted, gone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from running import Home, lookup_words

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = ((NOW - timedelta(minutes=minutes)).isoformat() for minutes in (180, 60))
LATER, MUCH_LATER = ((NOW + timedelta(days=days)).isoformat() for days in (91, 180))
PLATE, OTHER, CASE = "7HLD417", "8XYZ902", "26-0815"
WINDOW = ("--plate", PLATE, "--from", START, "--to", END, "--case", CASE)


@pytest.fixture(scope="module")
def node(home: Home) -> Home:
    """A node under Tennessee's law, a defender's office, an immigration agency, and two reads two hours old."""
    home.json("init", "--operator", "pine", "--profile", "us-tn")
    home.json("agency", "add", "defender", "--name", "Pine Public Defender", "--kind", "defense", "--state", "TN")
    home.json("agency", "add", "removal", "--name", "Removal Office", "--kind", "immigration_enforcement")
    for person, agency, role in (
        ("olga", "pine", "officer"), ("sam", "pine", "supervisor"), ("uma", "pine", "auditor"),
        ("dora", "defender", "officer"), ("rolf", "removal", "officer"),
    ):  # fmt: skip
        home.json("user", "add", person, "--agency", agency, "--role", role, "--no-password")
    at = (NOW - timedelta(hours=2)).isoformat()
    lines = [json.dumps({"plate": plate, "captured_at": at, "reader": "bridge"}) for plate in (PLATE, OTHER)]
    (home.folder / "reads.ndjson").write_text("\n".join(lines))
    assert 2 == home.json("ingest", "reads.ndjson")["imported"]
    return home


def reads(node: Home, plate: str = PLATE, *more: str) -> list[tuple[str, str | None]]:
    """Ask as olga and return what was read, with the hold that each read stands under."""
    answer = node.json(*lookup_words(plate, "pine", "olga", START, END, *more))
    return [(read["as_read"], read["held_under"]) for read in answer["reads"]]


def refused(node: Home, *words: str) -> list[str]:
    """Run a command that is denied, and return the policies."""
    return [reason["policy_id"] for reason in node.json(*words, code=3)["reasons"]]


def test_a_hold_from_refusal_to_its_end(node: Home) -> None:
    """Each step as a command; the count of reads is in none of them."""
    open_case = ("hold", "open", "--kind", "case", "--as", "olga")
    assert ["floor-hold-needs", "hold-without-end"] == refused(node, *open_case, "--from", START, "--to", END)
    assert ["hold-bulk"] == refused(node, *open_case, *WINDOW, "--plate", "7HLD41?", "--until", LATER)
    assert ["floor-asking-immigration-enforcement"] == refused(
        node, "hold", "open", "--kind", "case", *WINDOW, "--until", LATER, "--as", "rolf"
    )

    opened = node.json(*open_case, *WINDOW, "--until", (NOW + timedelta(days=30)).isoformat())
    hold = opened["hold"]["hold_id"]
    assert ("open", CASE, 0) == (opened["hold"]["state"], opened["case_number"], opened["hold"]["renewals"])
    assert PLATE not in json.dumps(opened)
    assert [(PLATE, None)] == reads(node)

    renewed = node.json("hold", "renew", hold, "--until", MUCH_LATER, "--as", "sam")
    assert 1 == renewed["hold"]["renewals"]
    with node.serve():
        (line,) = node.json("hold", "list", "--as", "uma")
        assert (hold, "open", CASE) == (line["hold"]["hold_id"], line["hold"]["state"], line["case_number"])
    node.json("retention", "run", "--now", LATER)
    assert [(PLATE, hold)] == reads(node)
    assert [] == reads(node, OTHER)
    assert [] == reads(node, PLATE, "--case", "26-0816")

    closed = node.json("hold", "close", hold, "--reason", "no_charge", "--as", "sam")
    assert ("lifted", "no_charge") == (closed["hold"]["state"], closed["hold"]["end_reason"])
    assert [] == reads(node)
    again = node.json("hold", "close", hold, "--reason", "no_charge", "--as", "sam", code=2)
    assert "hold_over" == again["error"]


def test_a_defender_needs_no_more(node: Home) -> None:
    """The same words but for the ground; the office sees its own hold, the police cannot lift it, nor see its case."""
    made = node.json(
        "hold", "open", "--kind", "defense_request", *WINDOW, "--until", LATER, "--as", "dora"
    )["hold"]["hold_id"]  # fmt: skip

    assert [(made, CASE)] == seen_by(node, "dora")
    assert (made, "") in seen_by(node, "olga")
    assert ["hold-close-defense"] == refused(node, "hold", "close", made, "--reason", "withdrawn", "--as", "sam")
    assert "lifted" == node.json("hold", "close", made, "--reason", "withdrawn", "--as", "dora")["hold"]["state"]


def test_people_read_plain_sentences(node: Home) -> None:
    """Without --json: a line for a hold, a table of them, a refusal with its rule."""
    table = node.run("hold", "list", "--as", "uma").stdout
    assert all(word in table for word in ("hold", "ground", "lifted"))
    said = node.run("hold", "open", "--kind", "case", *WINDOW, "--as", "olga")
    assert 3 == said.returncode
    assert "hold-without-end" in said.stderr
    done = node.run("hold", "open", "--kind", "case", *WINDOW, "--until", LATER, "--as", "olga")
    assert ": case at pine: open until " in done.stdout


def seen_by(node: Home, person: str) -> list[tuple[Any, Any]]:
    return [(line["hold"]["hold_id"], line["case_number"]) for line in node.json("hold", "list", "--as", person)]
