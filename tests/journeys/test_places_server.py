"""T10 on a running server: near a school Washington lets nobody collect, and California says nothing of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.terms import Role
from running import Home, Server, lookup_words

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = ((NOW + timedelta(hours=hours)).isoformat() for hours in (-3, 1))
BEFORE, VENDOR, LINE = "7FLD111", "7VND222", "7LNE333"
NORTH, WEST = "47.6205", "-122.3493"
AWAY = "47.7205"


@contextmanager
def served(folder: Path, profile: str) -> Iterator[tuple[Home, Server]]:
    """A served node under a law, with an officer, a supervisor, a hot list that names the plates, and a school."""
    home = Home(folder)
    home.json("init", "--operator", "pine", "--profile", profile)
    for person, role in (("olga", Role.OFFICER), ("sam", Role.SUPERVISOR)):
        home.json("user", "add", person, "--agency", "pine", "--role", role.value, "--no-password")
    made = home.json(
        "hotlist", "add", "Stolen", "--category", "stolen_vehicle", "--source", "our desk", "--basis", "an invented cite"
    )  # fmt: skip
    (folder / "list.csv").write_text(
        "".join(["plate,expires\n", *[f"{plate},{NOW + timedelta(days=2):%Y-%m-%d}\n" for plate in (VENDOR, LINE)]])
    )
    home.json("hotlist", "import", "list.csv", "--list", made["hot_list"]["list_id"])
    with home.serve() as server:
        home.json(
            "place", "add", "k12", "--name", "Fir School", "--latitude", NORTH, "--longitude", WEST, "--radius", "200"
        )
        yield home, server


def add_reader(home: Home, name: str, latitude: str, code: int = 0) -> Any:
    return home.json(
        "reader", "add", name, "--name", name.title(), "--latitude", latitude, "--longitude", WEST, code=code
    )  # fmt: skip


def send_line(server: Server, key: str, plate: str, reader: str) -> Any:
    """Send one line of our own format, the bulk way in."""
    body = json.dumps({"plate": plate, "captured_at": datetime.now(UTC).isoformat(), "reader": reader})
    with server.client(**{"x-reader-key": key, "content-type": "application/x-ndjson"}) as client:
        answer = client.post("/v1/reads", content=body)
    assert 200 == answer.status_code
    return answer.json()


def send_payload(server: Server, key: str, plate: str) -> Any:
    """Send a camera's own message, the live way in."""
    body = {
        "data_type": "alpr_results", "version": 2, "epoch_time": int(datetime.now(UTC).timestamp() * 1000), "camera_id": 1,
        "uuid": f"uuid-{plate}", "results": [{"plate": plate, "confidence": 91.5}],
    }  # fmt: skip
    with server.client(**{"x-reader-key": key}) as client:
        answer = client.post("/v1/reads", json=body)
    assert 200 == answer.status_code
    return answer.json()


def plates_found(home: Home, *plates: str) -> list[str]:
    """Ask about each plate and return those that were found; an index alone does not say them."""
    answers = {plate: home.json(*lookup_words(plate, "pine", "olga", START, END)) for plate in plates}
    assert {"permitted"} == {answer["decision"] for answer in answers.values()}
    return [plate for plate, answer in answers.items() for _ in answer["reads"]]


def hits_of(home: Home) -> int:
    return len(home.json("hits", "list", "--as", "olga")["hits"])


def line_of(home: Home, reader: str) -> Any:
    return next(one for one in home.json("reader", "list") if one["reader"]["reader"] == reader)


@pytest.mark.parametrize("mode", ["record", "index_only"])
def test_washington_lets_nobody_collect_at_a_school(tmp_path: Path, mode: str) -> None:
    """A reader in the zone is refused; a place added later stops one that stood there, with no restart."""
    with served(tmp_path, "us-wa") as (home, server):
        home.json("operator", "change", "--record-mode", mode)
        assert "sensitive_place" == add_reader(home, "gate", NORTH, code=2)["error"]
        key = add_reader(home, "field", AWAY)["key"]
        assert (1, {}) == ((told := send_line(server, key, BEFORE, "field"))["accepted"], told["refused"])

        added = home.json("place", "add", "health", "--name", "Oak Clinic", "--latitude", AWAY, "--longitude", WEST)
        assert (["field"], True) == (added["readers_inside"], added["denied"])
        told = send_payload(server, key, VENDOR)
        assert (0, {"sensitive_place": 1}) == (told["accepted"], told["refused"])
        told = send_line(server, key, LINE, "field")
        assert (0, {"sensitive_place": 1}) == (told["accepted"], told["refused"])

        assert [BEFORE] == plates_found(home, BEFORE, VENDOR, LINE)
        assert 0 == hits_of(home)
        shown = line_of(home, "field")
        assert ({"sensitive_place": 2}, "sensitive_place") == (shown["refused_by_reason"], shown["place_fault"])
        table = home.run("reader", "list").stdout
        assert "sensitive place 2" in " ".join(table.split())

        (clinic,) = [one["place"] for one in home.json("place", "list") if one["readers_inside"]]
        home.json("place", "remove", clinic["place"])
        assert 1 == send_payload(server, key, VENDOR)["accepted"]
        assert 1 == hits_of(home)
    log = server.output.read_text()
    assert VENDOR not in log
    assert LINE not in log


def test_california_says_nothing_of_schools(tmp_path: Path) -> None:
    """The same reader in the same zone is registered, its reads are matched, stored and found."""
    with served(tmp_path, "us-ca") as (home, server):
        key = add_reader(home, "gate", NORTH)["key"]
        assert (1, {}) == ((told := send_payload(server, key, VENDOR))["accepted"], told["refused"])
        assert (1, {}) == ((told := send_line(server, key, LINE, "gate"))["accepted"], told["refused"])

        assert [VENDOR, LINE] == plates_found(home, VENDOR, LINE)
        assert 2 == hits_of(home)
        assert ({}, None) == (line_of(home, "gate")["refused_by_reason"], line_of(home, "gate")["place_fault"])
        (tmp_path / "places.csv").write_text(
            f"kind,name,latitude,longitude,radius_m\ncourt,Oak Court,{AWAY},{WEST},\nbarn,Barn,1,1,1\n"
        )
        told = home.json("place", "import", "places.csv")
        assert (2, 1, [3]) == (told["rows"], told["imported"], [one["line"] for one in told["refused_lines"]])
        assert {"k12": False, "court": False} == {
            one["place"]["kind"]: one["denied"] for one in home.json("place", "list")
        }
