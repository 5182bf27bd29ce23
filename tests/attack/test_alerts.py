"""Promise 8 and promise 1 around alerts: no plate in a notice, a log line, a metric, an address or a file; no stream for others."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockplate.cli.session import Session
from lockplate.operations.people import NewPassword
from receiving import Webhook, ask, broker, found, needs_mosquitto, send, until, webhook
from running import Home, free_port

PLATES = ("9QXJ417", "9QXJ418", "9QXJ419")
"""Invented, and long enough not to stand anywhere by chance."""
PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def town(home: Home) -> tuple[Home, str]:
    key = found(home, *PLATES)
    session = Session(home.settings)
    with session.held():
        for person in ("olga", "sam", "ada", "uma"):
            session.run("user.password", NewPassword(person=person, password=PASSWORD))
    return home, key


@contextmanager
def hooks() -> Iterator[tuple[Webhook, Webhook]]:
    with webhook() as notices, webhook() as failing:
        failing.answer = lambda _: (500, {}, 0.0)
        yield notices, failing


def names_a_plate(text: str) -> bool:
    return any(plate in text or plate[:-1] in text for plate in PLATES)


@needs_mosquitto
def test_no_plate_where_none_may_be(town: tuple[Home, str], tmp_path: Path) -> None:
    """Notices over each way, a channel that fails, one that nobody answers: not in what leaves, the log, the metrics, a file."""
    home, key = town
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, hooks() as (notices, failing), broker(tmp_path) as running, home.serve() as server:
        for url in (notices.url, failing.url, f"http://127.0.0.1:{silent.getsockname()[1]}/{'x' * 9}"):
            ask(server, "alerts.channel.add", kind="webhook", person="olga", url=url)
        ask(server, "alerts.channel.add", kind="mqtt", person="olga", server=running.where, topic="notices")
        ask(server, "alerts.channel.add", kind="email", person="olga", server=f"127.0.0.1:{free_port()}",
            sender="node@pine.example", recipient="olga@pine.example")  # fmt: skip
        with running.subscribed("notices") as got:
            for plate in PLATES:
                send(server, key, plate)
            until(lambda: len(notices.received) == 3 and len(got) == 3)
        until(lambda: {one["attempts"] > 0 for one in ask(server, "alerts.deliveries", limit=1000)} >= {True})
        with server.client(authorization=f"Bearer {server.run_token}") as client:
            metrics = client.get("/metrics").text
        listed = json.dumps([ask(server, "alerts.deliveries"), ask(server, "alerts.channel.list")])
    told = b"".join(one.body for one in notices.received).decode() + json.dumps(got)
    assert {"hit_id", "list_name", "reader", "open_at"} <= got[0].keys()
    assert not names_a_plate(told)
    assert not names_a_plate(listed)
    assert not names_a_plate(metrics)
    log = server.output.read_text()
    assert "alert_not_delivered" in log
    assert not names_a_plate(log)
    assert not re.search("pine.example|notices|" + "x" * 9, log)
    files = [path for path in home.path.rglob("*") if path.is_file()]
    secrets = [plate.encode() for plate in PLATES] + [b"olga@pine.example", failing.url.encode()]
    assert [] == [path.name for path in files for secret in secrets if secret in path.read_bytes()]


def test_no_alert_for_an_administrator_an_auditor_or_a_stranger(town: tuple[Home, str]) -> None:
    """Neither by the stream nor by a channel in their name or in anybody else's to an address of theirs."""
    home, _ = town
    with home.serve() as server:
        for person, status in (("ada", 403), ("uma", 403)):
            with server.client() as client:
                told = client.post("/v1/sign-in", json={"name": person, "password": PASSWORD})
                assert status == client.get("/v1/alerts/stream").status_code
                token = {"x-csrf-token": told.json()["csrf_token"]}
                channel = {"kind": "webhook", "person": "olga", "content": "plate", "url": "https://mine.example/"}
                assert 403 == client.post("/v1/alerts/channel/add", json=channel, headers=token).status_code
                own = channel | {"person": person, "content": "notice"}
                assert client.post("/v1/alerts/channel/add", json=own, headers=token).status_code in {400, 403}
        with server.client() as client:
            assert 401 == client.get("/v1/alerts/stream").status_code
            assert 401 == client.post("/v1/alerts/channel/add", json={}).status_code
            assert 401 == client.post("/v1/alerts/deliveries", json={}).status_code


def test_a_page_of_another_site_reads_no_stream(town: tuple[Home, str]) -> None:
    """The stream needs no token, so no other site may read it: no leave for other origins, and the cookie stays at home."""
    home, _ = town
    with home.serve() as server, server.client() as client:
        signed = client.post("/v1/sign-in", json={"name": "olga", "password": PASSWORD})
        assert "samesite=strict" in signed.headers["set-cookie"].lower()
        with client.stream("GET", "/v1/alerts/stream", headers={"origin": "https://evil.example"}) as answer:
            assert 200 == answer.status_code
            assert not [name for name in answer.headers if name.startswith("access-control-")]
            assert ("no-store", "nosniff") == (
                answer.headers["cache-control"], answer.headers["x-content-type-options"],
            )  # fmt: skip


def test_an_officer_makes_no_channel(town: tuple[Home, str]) -> None:
    """Who sees hits does not decide where they go: that is for a supervisor, on record."""
    home, _ = town
    with home.serve() as server, server.client() as client:
        told = client.post("/v1/sign-in", json={"name": "olga", "password": PASSWORD})
        channel = {"kind": "webhook", "person": "olga", "url": "https://mine.example/"}
        token = {"x-csrf-token": told.json()["csrf_token"]}
        answer = client.post("/v1/alerts/channel/add", json=channel, headers=token)
        assert (403, "denied") == (answer.status_code, answer.json()["error"])
