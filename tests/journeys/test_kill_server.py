"""A server that is killed in the middle of its work loses nothing that it acknowledged."""

import json
import os
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx

from running import Home, Server

CYCLES = int(os.environ.get("LOCKPLATE_KILL_CYCLES", "10"))
SENDERS = 4
CHECKED_EACH_CYCLE = 25
"""Questions after each restart; after the last one every acknowledged plate is asked for."""
FEWEST = 20
"""Plates acknowledged in a cycle before the server is killed."""


class Load:
    """Readers that send until the server dies, each writing down what it was told is safe."""

    def __init__(self, keys: dict[str, str]) -> None:
        self._keys = keys
        self._numbers = count()
        self.ledger: list[str] = []
        """Plates whose delivery was answered 200, and which must be answered for ever after."""
        self.odd: list[str] = []
        """Answers other than "all stored"; there should be none."""

    def run_until_killed(self, server: Server, seconds: float) -> None:
        """Send until some are acknowledged, and some time longer; then kill the server under the senders' hands."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._send, args=(server, name, stop))
            for name in list(self._keys) * (SENDERS // len(self._keys))
        ]
        enough, deadline = len(self.ledger) + FEWEST, time.monotonic() + 30
        for thread in threads:
            thread.start()
        while len(self.ledger) < enough and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(seconds)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()

    def _send(self, server: Server, reader: str, stop: threading.Event) -> None:
        with server.client(**{"x-reader-key": self._keys[reader]}) as client:
            while not stop.is_set():
                number = next(self._numbers)
                plates = [f"K{number:06d}"] if number % 3 else [f"K{number:06d}{letter}" for letter in "ACE"]
                try:
                    self._deliver(client, number, plates)
                except httpx.TransportError:
                    return

    def _deliver(self, client: httpx.Client, number: int, plates: list[str]) -> None:
        now = datetime.now(UTC)
        if number % 2:
            message = {
                "data_type": "alpr_results",
                "epoch_time": int(now.timestamp() * 1000),
                "uuid": f"uuid-{number}",
                "results": [{"plate": plate, "confidence": 90.0} for plate in plates],
            }
            told = client.post("/v1/reads/openalpr", content=json.dumps(message))
        else:
            lines = "\n".join(json.dumps({"plate": plate, "captured_at": now.isoformat()}) for plate in plates)
            told = client.post("/v1/reads", content=lines, headers={"content-type": "application/x-ndjson"})
        if told.status_code == 200 and told.json()["accepted"] == len(plates):
            self.ledger += plates
        else:
            self.odd.append(f"{told.status_code} {told.text}")


def test_what_was_acknowledged_survives_kill_9(home: Home) -> None:
    """Cycles of load, kill -9, restart: each acknowledged plate is answered, each log is clean, nothing is stuck."""
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    home.json("user", "add", "ann", "--agency", "pine", "--role", "officer", "--no-password")
    keys = {name: str(home.json("reader", "add", name, "--name", name)["key"]) for name in ("north", "south")}
    load, chance, asked = Load(keys), random.Random(9), 0
    start = datetime.now(UTC) - timedelta(hours=1)

    for _ in range(CYCLES):
        before = len(load.ledger)
        server = home.start()
        try:
            assert home.json("fsck")["clean"]
            asked += ask_for(server, chance.sample(load.ledger, min(CHECKED_EACH_CYCLE, before)), start)
            load.run_until_killed(server, chance.random() * 0.5)
        finally:
            server.kill()
        assert [] == load.odd[:3]
        assert len(load.ledger) >= before + FEWEST

    with home.serve() as server:
        asked += ask_for(server, load.ledger, start)
    assert asked >= len(load.ledger)
    assert home.json("fsck")["clean"]


def ask_for(server: Server, plates: list[str], start: datetime) -> int:
    """Ask about each plate, find it, and return how many were asked for."""
    headers = {"authorization": f"Bearer {server.run_token}", "x-lockplate-person": "ann"}
    end = datetime.now(UTC) + timedelta(minutes=5)
    lost = []
    with server.client(**headers) as client:
        for plate in plates:
            question = {
                "plate": plate,
                "operators": ["pine"],
                "window_from": start.isoformat(),
                "window_to": end.isoformat(),
                "purpose": "felony_investigation",
                "offense": "felony",
                "basis": "probable_cause",
                "on_behalf_of": "own",
                "case_number": "26-0009",
            }
            told = client.post("/v1/questions", content=json.dumps(question))
            assert 200 == told.status_code, told.text
            if not told.json()["operators"][0]["reads"]:
                lost.append(plate)
    assert [] == lost
    return len(plates)
