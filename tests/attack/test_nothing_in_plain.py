"""Promise 1 on disk: whoever copies the home folder without the key finds no plate, no case and no name in it."""

import base64
import csv
import io
import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import httpx
import numpy as np
import pytest

from lockplate.hotlist import Category
from lockplate.listfiles.own import parse_list_csv
from lockplate.plate import fold
from lockplate.registry.hotlists import NewHotList
from lockplate.registry.readers import NewReader
from lockplate.terms import AgencyId, OperatorId, ReaderId, Role
from running import Home, Server

CHANCE = random.Random("plates of nobody")
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(CHANCE.randrange(256) for _ in range(600)) + b"\xff\xd9"
NAMES = {"ann": "Annika Querfeldt-Example", "ben": "Benedikt Zwischenruf-Example"}
CASES = [f"CASE-{CHANCE.randrange(10**6):06d}" for _ in range(12)]
REASONS = [f"invented reason {CHANCE.randrange(10**9)} about a van" for _ in range(6)]
LISTED_REASONS = [f"taken from driveway {CHANCE.randrange(10**9)}" for _ in range(10)]
NOW = datetime.now(UTC).replace(microsecond=0)
WINDOW = {
    "window_from": (NOW - timedelta(hours=12)).isoformat(),
    "window_to": (NOW + timedelta(hours=1)).isoformat(),
}


def plates(count: int) -> list[str]:
    """Return invented plates, long and mixed enough not to stand in any file by chance."""
    return [
        CHANCE.choice(DIGITS) + "".join(CHANCE.choices(LETTERS, k=4)) + "".join(CHANCE.choices(DIGITS, k=3))
        for _ in range(count)
    ]


PLATES = plates(200)
LISTED = PLATES[:10]
LOAD = plates(3000)


# Filling a node


def furnish(home: Home) -> dict[str, str]:
    """Make a node with people, readers and a hot list, and return the readers' keys."""
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    home.add_person("ann", "pine", Role.OFFICER, name=NAMES["ann"])
    home.add_person("ben", "pine", Role.SUPERVISOR, name=NAMES["ben"])
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["plate", "expires", "category", "reason"])
    for plate, reason in zip(LISTED, LISTED_REASONS, strict=True):
        rows.writerow([plate, (NOW + timedelta(days=9)).isoformat(), "stolen_vehicle", reason])
    with home.registries() as registries:
        made = registries.hot_lists.add(
            NewHotList(
                operator=OperatorId("pine"),
                name="own desk",
                owner_agency=AgencyId("pine"),
                categories=frozenset({Category.STOLEN_VEHICLE}),
                source="own desk",
                legal_basis="invented code 1",
                max_age=timedelta(days=2),
            )
        )
        parsed = parse_list_csv(text.getvalue().replace("\r\n", "\n").encode())
        assert len(LISTED) == registries.entries.replace(made.list_id, parsed).added
        return {
            name: registries.readers.add(NewReader(reader=ReaderId(name), operator=OperatorId("pine"), name=name))[1]
            for name in ("north", "south")
        }


def message(plate: str, minutes: int) -> dict[str, object]:
    """Return a vendor's payload with a picture and a second reading."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)
    result = {
        "plate": plate,
        "confidence": 91.5,
        "candidates": [{"plate": plate, "confidence": 91.5}, {"plate": plate[::-1], "confidence": 40.0}],
        "vehicle_crop_jpeg": base64.b64encode(PICTURE).decode(),
    }
    return {
        "data_type": "alpr_results",
        "epoch_time": int(at.timestamp() * 1000),
        "camera_id": 1,
        "uuid": f"camera-{plate}-{minutes}",
        "results": [result],
    }


def fill(home: Home, server: Server, keys: dict[str, str]) -> None:
    """Send plates in every way there is, and ask about them in every way that ends differently."""
    with server.client(**{"x-reader-key": keys["north"]}) as client:
        for number, plate in enumerate(PLATES[:100]):
            told = client.post("/v1/reads", content=json.dumps(message(plate, 0 if plate in LISTED else number)))
            assert (200, 1) == (told.status_code, told.json()["accepted"])
        lines = "\n".join(
            json.dumps({"plate": plate, "captured_at": (NOW - timedelta(minutes=5)).isoformat()})
            for plate in PLATES[100:150]
        )
        told = client.post("/v1/reads", content=lines, headers={"content-type": "application/x-ndjson"})
        assert 50 == told.json()["accepted"]
    rows = "p,t\n" + "".join(f"{plate},{(NOW - timedelta(hours=2)).isoformat()}\n" for plate in PLATES[150:])
    (home.folder / "reads.csv").write_text(rows)
    (home.folder / "map.yaml").write_text("plate: {column: p}\ncaptured_at: {column: t}\n")
    assert 50 == home.json("ingest", "reads.csv", "--map", "map.yaml")["imported"]
    ask_around(server)


def ask_around(server: Server) -> None:
    """Answered, denied, waiting, approved and refused questions, with cases and reasons."""
    ways = [
        (200, {"reason": REASONS[0]}),
        (403, {"purpose": "immigration", "reason": REASONS[1]}),
        (202, {"reason": f"ICE detainer; {REASONS[2]}"}),
        (202, {"reason": f"protest; {REASONS[3]}"}),
        (403, {"on_behalf_of": "ice", "reason": REASONS[4]}),
        (200, {"reason": REASONS[5]}),
    ]
    waiting = []
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        for number, case in enumerate(CASES):
            status, changes = ways[number % len(ways)]
            told = client.post(
                "/v1/questions",
                content=json.dumps(question(PLATES[number * 7]) | {"case_number": case} | changes),
                headers={"x-lockplate-person": "ann"},
            )
            assert status == told.status_code, told.text
            waiting += [told.json()["request_id"]] if status == 202 else []
        hits = client.post("/v1/hits/list", content="{}", headers={"x-lockplate-person": "ann"})
        assert len(LISTED) == len(hits.json()["hits"]), hits.text
        for step, request_id in zip(("approve", "refuse"), waiting, strict=False):
            name = {"request_id": request_id, "operator": "pine"}
            told = client.post(f"/v1/request/{step}", content=json.dumps(name), headers={"x-lockplate-person": "ben"})
            assert 200 == told.status_code, told.text


def question(plate: str) -> dict[str, object]:
    return WINDOW | {
        "plate": plate,
        "operators": ["pine"],
        "purpose": "felony_investigation",
        "offense": "felony",
        "basis": "probable_cause",
        "on_behalf_of": "own",
    }


# Looking for what must not be there


def forms(text: str) -> Iterator[bytes]:
    """Yield a text as somebody might find it on disk: any case, wide, in hex, in base64 at each alignment."""
    cases = {text, text.upper(), text.lower()}
    plain = [one.encode(encoding) for one in cases for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    yield from plain
    for one in plain:
        yield one.hex().encode()
        yield one.hex().upper().encode()
        for shift in range(3):
            # the characters that depend on what stands before and after are left out
            coded = base64.b64encode(b"\0" * shift + one).rstrip(b"=")
            yield coded[(0, 2, 3)[shift] : len(coded) - 1]


def needles() -> dict[bytes, str]:
    texts = [*PLATES, *map(fold, PLATES), *(plate[::-1] for plate in PLATES[:100]), *LOAD]
    texts += [*CASES, *REASONS, *LISTED_REASONS, *NAMES.values()]
    return {form: text for text in texts for form in forms(text)} | {PICTURE[4:40]: "a picture"}


class Haystack:
    """Finds any of many needles in bytes: by their first four bytes, then whole."""

    def __init__(self, wanted: dict[bytes, str]) -> None:
        self._by_head: dict[int, list[bytes]] = {}
        for needle in wanted:
            self._by_head.setdefault(int.from_bytes(needle[:4], "little"), []).append(needle)
        self._heads = np.array(sorted(self._by_head), dtype=np.uint32)
        self._wanted = wanted

    def search(self, content: bytes) -> set[str]:
        found: set[str] = set()
        for shift in range(4):
            whole = (len(content) - shift) // 4 * 4
            if whole <= 0:
                continue
            words = np.frombuffer(content, dtype="<u4", count=whole // 4, offset=shift)
            places = np.searchsorted(self._heads, words)
            hits = np.flatnonzero(self._heads[np.minimum(places, len(self._heads) - 1)] == words)
            for hit in hits.tolist():
                start = shift + hit * 4
                for needle in self._by_head[int(words[hit])]:
                    if content.startswith(needle, start):
                        found.add(self._wanted[needle])
        return found


def engine_content(store: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every row of every table that the engine keeps, its own logs too, as it stands unpacked."""
    client = clickhouse_connect.get_client(interface="chdb", path=str(store))
    try:
        tables = client.query(
            "SELECT database, name FROM system.tables WHERE engine LIKE '%MergeTree' OR engine LIKE '%Log'"
        ).result_rows
        for database, name in tables:
            yield f"{database}.{name}", client.raw_query(f"SELECT * FROM `{database}`.`{name}`", fmt="TabSeparatedRaw")
    finally:
        client.close()


def found_in(home: Home, haystack: Haystack) -> dict[str, set[str]]:
    """Return what stands where in the home folder, in the engine's tables, and in what the server printed."""
    found = {
        str(path.relative_to(home.folder)): haystack.search(path.read_bytes())
        for path in [*home.path.rglob("*"), *home.folder.glob("*.log")]
        if path.is_file()
    }
    assert {"home/registry.db", "home/keys/pine.db", "home/evidence/pine/details.db"} <= found.keys()
    tables = dict(engine_content(home.path / "store"))
    assert tables["lockplate.sealed_reads_local"].count(b"north") >= 100
    found |= {name: haystack.search(content) for name, content in tables.items()}
    return {name: texts for name, texts in found.items() if texts}


@pytest.fixture(scope="module")
def haystack() -> Haystack:
    return Haystack(needles())


@pytest.mark.parametrize("text", [PLATES[3], CASES[0], NAMES["ann"]])
def test_the_search_would_find(haystack: Haystack, text: str) -> None:
    """Each form of a text is found, wherever it begins and whatever stands around it."""
    for number, form in enumerate(forms(text)):
        assert {text} <= haystack.search(b"\1" * (number % 7) + form + b"\2"), form
    for before in range(3):
        coded = base64.b64encode(b"q" * before + text.encode() + b"rest")
        assert {text} <= haystack.search(coded)
    assert set() == haystack.search(b"nothing of the kind" * 100)


def test_a_node_that_was_stopped_holds_nothing_in_plain(fresh_home: Home, haystack: Haystack) -> None:
    """After a clean stop: reads, hits with pictures, lists, requests, answers, records: all sealed; logs say nothing."""
    keys = furnish(fresh_home)
    with fresh_home.serve() as server:
        fill(fresh_home, server, keys)
    fresh_home.json("log", "export", str(fresh_home.path / "exported"))

    assert {} == found_in(fresh_home, haystack)


def test_a_node_that_was_killed_holds_nothing_in_plain(fresh_home: Home, haystack: Haystack) -> None:
    """After kill -9 in mid-load: no journal, log or half-written file holds more than the finished ones."""
    keys = furnish(fresh_home)
    server = fresh_home.start()
    try:
        fill(fresh_home, server, keys)
        kill_in_mid_load(server, keys)
    finally:
        server.kill()

    assert {} == found_in(fresh_home, haystack)


def kill_in_mid_load(server: Server, keys: dict[str, str]) -> None:
    """Let two readers send as fast as they can, and end the server while they do."""
    acknowledged: list[str] = []
    enough = threading.Event()

    def deliver(reader: str, own: list[str]) -> None:
        with server.client(**{"x-reader-key": keys[reader]}) as client:
            for plate in own:
                try:
                    told = client.post("/v1/reads", content=json.dumps(message(plate, 1)))
                except httpx.TransportError:
                    return
                acknowledged.append(plate)
                assert 200 == told.status_code
                if len(acknowledged) >= 60:
                    enough.set()

    halves = zip(keys, (LOAD[::2], LOAD[1::2]), strict=True)
    threads = [threading.Thread(target=deliver, args=half) for half in halves]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    server.kill()
    for thread in threads:
        thread.join()
    assert len(acknowledged) < len(LOAD)
