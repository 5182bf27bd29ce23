"""Entry added now, car passed an hour ago: listing a plate never says where the car was; asking does, on record.

On a real node, as its people have it: commands and the server as processes of their own.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from lockplate.access import parse_leaf
from lockplate.clock import SystemClock, format_time
from lockplate.terms import Action, OperatorId, Role
from lockplate.wiring.node import open_node
from running import Home, Server, lookup_words

NOW = datetime.now(UTC).replace(microsecond=0)
PASSED = NOW - timedelta(minutes=55)
PLATE, OTHER = "7SCN417", "4QRT902"
UNTIL = format_time(NOW + timedelta(hours=8))


def message(plate: str, at: datetime) -> dict[str, Any]:
    """Return a camera's own payload."""
    return {
        "data_type": "alpr_results", "epoch_time": int(at.timestamp() * 1000), "camera_id": 1, "uuid": f"c-{plate}",
        "results": [{"plate": plate, "confidence": 96.0}],
    }  # fmt: skip


def send(server: Server, key: str, plate: str, at: datetime) -> dict[str, Any]:
    with server.client(**{"x-reader-key": key}) as client:
        told = client.post("/v1/reads", content=json.dumps(message(plate, at)))
    assert 200 == told.status_code, told.text
    return dict(told.json())


@pytest.fixture
def node(fresh_home: Home) -> Home:
    """A node with an own list of one other plate, by file: it can be matched."""
    fresh_home.json("init", "--operator", "pine", "--profile", "us-ca")
    for person, role in (("olga", Role.OFFICER), ("sam", Role.SUPERVISOR), ("uma", Role.AUDITOR)):
        fresh_home.add_person(person, "pine", role)
    return fresh_home


def listed(node: Home) -> str:
    made = node.json(
        "hotlist", "add", "BOLO", "--category", "wanted", "--source", "our desk", "--basis", "policy 4", "--as", "sam"
    )  # fmt: skip
    return str(made["hot_list"]["list_id"])


def enter(node: Home, list_id: str) -> dict[str, Any]:
    return dict(
        node.json(
            "hotlist", "enter", PLATE, "--list", list_id, "--category", "wanted", "--reason", "seen at the yard",
            "--case", "26-0815", "--until", UNTIL, "--as", "sam",
        )
    )  # fmt: skip


def hits(node: Home) -> list[dict[str, Any]]:
    return list(node.json("hits", "list", "--as", "olga")["hits"])


def metrics(server: Server) -> dict[str, float]:
    text = httpx.get(f"{server.url}/metrics", trust_env=False).text
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("lockplate") and "hit" in line)
    return {name: float(value) for name, value in lines}


def test_listing_a_plate_says_nothing_of_where_it_was(node: Home) -> None:
    """By hand and by file, for a car that passed and for one that never did: the same words, no hit, no trace; asking answers."""
    list_id = listed(node)
    key = node.json("reader", "add", "bridge", "--name", "Bridge")["key"]
    with node.serve() as server:
        assert 1 == send(server, key, PLATE, PASSED)["accepted"]
        before = metrics(server)

        passed = enter(node, list_id)
        text = "plate,expires,category,reason\n"
        text += "".join(f"{plate},{UNTIL},wanted,seen\n" for plate in (PLATE, OTHER))
        (node.folder / "list.csv").write_text(text)
        report = node.json("hotlist", "import", "list.csv", "--list", list_id, "--as", "sam")

        assert {"entry_id", "list_id", "category", "expires_at", "entered_by", "index_entries"} == set(passed)
        assert (1, 3) == (passed["index_entries"], report["index_entries"])
        assert 2 == report["added"]  # the one that passed an hour ago and the one that never did are told alike
        assert [] == hits(node)
        assert before == metrics(server)

        # the camera sends the same read again, as it does after a lost answer: it was here, so it is no new passage
        send(server, key, PLATE, PASSED)
        assert [] == hits(node)

        start, end = ((NOW + timedelta(hours=hours)).isoformat() for hours in (-2, 1))
        node.json(*lookup_words(PLATE, "pine", "sam", start, end, "--case", " "), code=3)
        answer = node.json(*lookup_words(PLATE, "pine", "olga", start, end))
        assert [PLATE] == [read["as_read"] for read in answer["reads"]]

        # from now on it is matched: a car that passes now is a hit
        assert 1 == send(server, key, PLATE, datetime.now(UTC))["accepted"]
        assert 2 == len(hits(node))  # of the entry by hand and of the file's

    with open_node(node.settings, SystemClock()) as opened:
        log = opened.desk(OperatorId("pine")).evidence.log
        records = [parse_leaf(leaf) for leaf in log.entries(0, log.size)]
    changes = [one for one in records if one.action is Action.HOTLIST_CHANGED]
    assert ["added", "entered", "imported", "imported"] == [one.facts["change"] for one in changes]
    assert all("hit" not in name for one in changes for name in (*one.counts, *one.facts))
    asked = [one for one in records if one.action in {Action.QUESTION_INTENT, Action.QUESTION_OUTCOME}]
    assert ["olga", "olga"] == [one.person for one in asked]


def test_a_file_taken_in_again_after_the_listing_is_no_scan(node: Home) -> None:
    """The operator's own file of an hour ago, ingested twice with the listing in between: nothing new, no hit."""
    list_id = listed(node)
    node.json("reader", "add", "bridge", "--name", "Bridge")
    line = {"plate": PLATE, "captured_at": PASSED.isoformat(), "reader": "bridge"}
    (node.folder / "reads.ndjson").write_text(json.dumps(line))
    assert (1, 0) == tuple(node.json("ingest", "reads.ndjson")[name] for name in ("imported", "hits"))

    enter(node, list_id)

    assert (0, 1, 0) == tuple(node.json("ingest", "reads.ndjson")[name] for name in ("imported", "duplicate", "hits"))
    assert [] == hits(node)
