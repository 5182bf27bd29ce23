"""Alerts: when each alert came out of a running server, seen by an officer who watches.

What flows in: a server, who watches. What flows out: the moment of each alert, by the instant that its read was captured.
What it must never see: a way around the gate: an alert counts once a person has been shown it, on record.
"""

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

STREAM = "/v1/alerts/stream"
POLL_SECONDS = 0.002


class Watcher:
    """Notes the moment of each alert, by the capture of its read in milliseconds since 1970."""

    def __init__(self) -> None:
        self.seen_at: dict[int, float] = {}
        self.by = ""
        """What was watched: the stream, or what stands in for it."""
        self.stop = threading.Event()
        self.ready = threading.Event()

    def note(self, captured_at: str) -> None:
        """Note an alert now; a second one of the same read does not count."""
        self.seen_at.setdefault(milliseconds_of(captured_at), time.monotonic())

    def follow_stream(self, client: httpx.Client) -> None:
        """Read the stream of alerts until told to stop; closing the client ends it, too."""
        with contextlib.suppress(httpx.TransportError, httpx.StreamError), client.stream("GET", STREAM) as answer:
            answer.raise_for_status()
            self.ready.set()
            event = ""
            for line in answer.iter_lines():
                if self.stop.is_set():
                    return
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:") and event == "alert":
                    self.note(json.loads(line.removeprefix("data:"))["captured_at"])

    def follow_registry(self, client: httpx.Client, registry: Path, operator: str) -> None:
        """Where there is no stream: wait for the hit's row, then have it shown, past the gate and on record."""
        connection = sqlite3.connect(f"file:{registry}?mode=ro", uri=True)
        try:
            last = connection.execute("SELECT coalesce(max(rowid), 0) FROM hits").fetchone()[0]
            self.ready.set()
            while not self.stop.is_set():
                rows = connection.execute(
                    "SELECT rowid, hit_id FROM hits WHERE rowid > ? ORDER BY rowid", (last,)
                ).fetchall()
                if rows:
                    last = rows[-1][0]
                    body = {"operator": operator, "hit_ids": [hit_id for _, hit_id in rows]}
                    for hit in client.post("/v1/hits/show", json=body).raise_for_status().json()["hits"]:
                        self.note(hit["captured_at"])
                else:
                    time.sleep(POLL_SECONDS)
        finally:
            connection.close()


@contextmanager
def watched(port: int, token: str, person: str, registry: Path, operator: str) -> Iterator[Watcher]:
    """Yield a watcher that follows the server's alerts beside the block."""
    headers = {"authorization": f"Bearer {token}", "x-lockplate-person": person}
    watcher = Watcher()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, trust_env=False) as client:
        with client.stream("GET", STREAM) as answer:
            has_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        if has_stream:
            watcher.by = "the stream of alerts (server-sent events)"
            thread = threading.Thread(target=watcher.follow_stream, args=(client,), daemon=True)
        else:
            watcher.by = "the hit's row, then `hits.show`: there is no stream here"
            arguments = (client, registry, operator)
            thread = threading.Thread(target=watcher.follow_registry, args=arguments, daemon=True)
        thread.start()
        if not watcher.ready.wait(30):
            raise RuntimeError("nobody could watch the alerts")
        try:
            yield watcher
        finally:
            watcher.stop.set()
            if not has_stream:
                thread.join(30)


def milliseconds_of(text: str) -> int:
    """Return RFC 3339 in UTC as milliseconds since 1970."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
