"""A person watches alerts as they come: signed in, on record, until their session or the server ends."""

import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from lockplate.cli.session import Session
from lockplate.operations.people import NewPassword
from receiving import ask, found, send, until
from running import Home, Server

PASSWORD = "a long enough password"
PLATES = tuple(f"4HJK{number:03d}" for number in range(100, 160))


@pytest.fixture(scope="module")
def key(home: Home) -> str:
    key = found(home, *PLATES)
    session = Session(home.settings)
    with session.held():
        for person in ("olga", "uma", "ada"):
            session.run("user.password", NewPassword(person=person, password=PASSWORD))
    return key


@pytest.fixture
def server(home: Home, key: str) -> Iterator[Server]:
    with home.serve() as running:
        yield running


@dataclass
class Watching:
    """What a stream told so far."""

    events: list[tuple[str, str, Any]] = field(default_factory=list)
    """Name, id, data."""
    status: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def alerts(self) -> list[Any]:
        return [data for name, _, data in self.events if name == "alert"]


@contextmanager
def watching(client: httpx.Client, query: str = "", **headers: str) -> Iterator[Watching]:
    """Watch in a thread until the block ends."""
    seen, opened = Watching(), threading.Event()
    leave = threading.Event()

    def read() -> None:
        with (
            contextlib.suppress(httpx.HTTPError),
            client.stream("GET", f"/v1/alerts/stream{query}", headers=headers, timeout=20) as answer,
        ):
            seen.status = answer.status_code
            name, event_id = "", ""
            for line in answer.iter_lines():
                opened.set()
                word, _, rest = line.partition(": ")
                if word == "event":
                    name, event_id = rest, ""
                elif word == "id":
                    event_id = rest
                elif word == "data":
                    seen.events.append((name, event_id, json.loads(rest)))
                if leave.is_set():
                    return
        opened.set()
        seen.ended.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert opened.wait(20)
    time.sleep(0.3)  # the first frame is on its way before the feed hears the bus
    try:
        yield seen
    finally:
        leave.set()


@contextmanager
def signed_in(server: Server, person: str) -> Iterator[tuple[httpx.Client, str]]:
    with server.client() as client:
        told = client.post("/v1/sign-in", json={"name": person, "password": PASSWORD})
        assert 200 == told.status_code, told.text
        yield client, told.json()["csrf_token"]


def as_olga(server: Server) -> Any:
    return server.client(authorization=f"Bearer {server.run_token}", **{"x-lockplate-person": "olga"})


def test_an_officer_sees_an_alert_as_it_comes(server: Server, key: str) -> None:
    """One event with what to compare; a record under the officer's name says that it was shown; no token is needed."""
    with signed_in(server, "olga") as (client, _), watching(client) as seen:
        send(server, key, PLATES[0])
        until(seen.alerts)
    ((name, event_id, told),) = seen.events
    assert ("alert", told["hit_id"]) == (name, event_id)
    assert {
        "hit_id", "operator", "list_id", "list_name", "category", "priority", "reader", "captured_at", "recorded_at",
        "kind", "region_agrees", "plate_text", "region", "listed_text", "listed_region", "has_picture",
    } == told.keys()  # fmt: skip
    assert (PLATES[0], PLATES[0], "Stolen today", "bridge") == (
        told["plate_text"], told["listed_text"], told["list_name"], told["reader"],
    )  # fmt: skip
    newest = ask(server, "record.list", "uma", action="alert:shown")["lines"][0]["record"]
    assert ("olga", "permitted", told["hit_id"]) == (newest["person"], newest["verdict"], newest["facts"]["hits"])


def test_whoever_watches_hears_that_somebody_decided(server: Server, key: str) -> None:
    """One officer's finding reaches the other's screen at once: two do not go after one car."""
    with as_olga(server) as client, watching(client) as seen:
        send(server, key, PLATES[50])
        until(seen.alerts)
        hit_id = seen.alerts()[0]["hit_id"]
        ask(server, "hits.confirm", "olga", hit_id=hit_id, found="wrong_read")
        until(lambda: len(seen.events) == 2)
    assert ("state", "wrong_read", hit_id) == (
        seen.events[1][0],
        seen.events[1][2]["state"],
        seen.events[1][2]["hit_id"],
    )


def test_who_comes_back_misses_nothing(server: Server, key: str) -> None:
    """Last-Event-ID brings what was recorded since, once; an id that nobody knows is said to leave a gap."""
    with as_olga(server) as client, watching(client) as seen:
        send(server, key, PLATES[1])
        until(seen.alerts)
    last = seen.alerts()[0]["hit_id"]
    for plate in PLATES[2:5]:
        send(server, key, plate)
    with as_olga(server) as client, watching(client, **{"last-event-id": last}) as again:
        until(lambda: len(again.alerts()) == 3)
        send(server, key, PLATES[5])
        until(lambda: len(again.alerts()) == 4)
    assert list(PLATES[2:6]) == [one["plate_text"] for one in again.alerts()]
    with as_olga(server) as client, watching(client, **{"last-event-id": "h" + "0" * 20}) as lost:
        until(lambda: lost.events)
    assert "gap" == lost.events[0][0]


def test_filters(server: Server, key: str) -> None:
    """By list, priority, category and group of readers; what does not pass is neither sent nor on record."""
    with as_olga(server) as client:
        with (
            watching(client, "?group=north&priority=normal&category=stolen_vehicle") as wanted,
            watching(client, "?group=south") as other,
            watching(client, "?priority=high") as urgent,
        ):
            send(server, key, PLATES[6])
            until(wanted.alerts)
        assert ([], []) == (other.events, urgent.events)
    shown = ask(server, "record.list", "uma", action="alert:shown")["lines"]
    assert 1 == sum(one["record"]["facts"].get("hits") == wanted.alerts()[0]["hit_id"] for one in shown)


@pytest.mark.parametrize(
    ("query", "code"),
    [("?plate=4HJK100", "bad_request"), ("?priority=soon", "bad_filter"), ("?list=4HJK100", "bad_filter"),
     ("?group=4HJK100", "bad_id"), ("?operator=elsewhere", "unknown_operator")],
)  # fmt: skip
def test_what_an_address_may_not_say(server: Server, query: str, code: str) -> None:
    """A name it does not know, or a value that is no id, is refused; neither is repeated in the answer or the log."""
    with as_olga(server) as client:
        answer = client.get(f"/v1/alerts/stream{query}")
    assert code == answer.json()["error"]
    assert "4HJK100" not in answer.text
    assert "4HJK100" not in server.output.read_text()


@pytest.mark.parametrize("person", ["uma", "ada"])
def test_who_may_not_see_hits_gets_no_stream(server: Server, person: str) -> None:
    """Auditors and administrators are denied, and the denial is on record with its place."""
    with signed_in(server, person) as (client, _):
        answer = client.get("/v1/alerts/stream")
    assert (403, "denied") == (answer.status_code, answer.json()["error"])
    record = ask(server, "record.show", "uma", operator="pine", index=answer.json()["record_index"])["record"]
    assert ("alert:shown", "denied", person) == (record["action"], record["verdict"], record["person"])


def test_a_stranger_gets_no_stream(server: Server) -> None:
    """Without a session, with a wrong one, with a reader's key or with the system user's token alone: 401."""
    for headers in (
        {},
        {"cookie": "lockplate_session=guess"},
        {"authorization": "Bearer guess"},
        {"authorization": f"Bearer {server.run_token}"},
    ):
        with server.client(**headers) as client:
            assert 401 == client.get("/v1/alerts/stream").status_code


def test_the_end_of_a_session_ends_its_stream(server: Server, key: str) -> None:
    """After sign-out the next alert is not shown: the stream says why it ends, and ends."""
    with signed_in(server, "olga") as (client, token), watching(client) as seen:
        with server.client(**{"x-csrf-token": token}) as other:
            other.cookies = client.cookies
            assert 201 >= other.post("/v1/sign-out").status_code
        send(server, key, PLATES[7])
        assert seen.ended.wait(20)
    assert [("end", {"why": "unauthenticated"})] == [(name, data) for name, _, data in seen.events]


def test_a_role_taken_away_ends_the_stream(server: Server, key: str) -> None:
    """Whoever is no officer any more is told nothing more, and the denial is on record."""
    with as_olga(server) as client, watching(client) as seen:
        ask(server, "user.roles", "ada", person="olga", roles=["auditor"])
        send(server, key, PLATES[8])
        assert seen.ended.wait(20)
    ask(server, "user.roles", "ada", person="olga", roles=["officer"])
    assert [("end", {"why": "denied"})] == [(name, data) for name, _, data in seen.events]
    newest = ask(server, "record.list", "uma", action="alert:shown", verdict="denied")["lines"][0]["record"]
    assert "olga" == newest["person"]


def test_the_server_stops_though_somebody_watches(home: Home, key: str) -> None:
    """Whoever watches is told that the server stops; it does not wait for them to leave."""
    with home.serve() as server, as_olga(server) as client, watching(client) as seen:
        server.process.send_signal(signal.SIGTERM)
        assert 0 == server.process.wait(20)
        assert seen.ended.wait(20)
    assert [("end", {"why": "stopping"})] == [(name, data) for name, _, data in seen.events]


def test_somebody_who_does_not_read_is_not_buffered_for(server: Server, key: str) -> None:
    """A watcher that takes nothing costs nobody else anything: others have every alert, and the server stops at once."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        idle.sendall(
            f"GET /v1/alerts/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.run_token}\r\n"
            "X-Lockplate-Person: olga\r\n\r\n".encode()
        )
        with as_olga(server) as client, watching(client) as seen:
            for number, plate in enumerate(PLATES[10:40]):
                send(server, key, plate, number)
            until(lambda: len(seen.alerts()) == 30)


def test_watching_from_the_command_line(home: Home, server: Server, key: str) -> None:
    """`alerts watch` prints each alert as a line, or as JSON, and stops after as many as it was asked for."""
    command = [*home.command, "alerts", "watch", "--as", "olga", "--count", "1"]
    environment = home._environment()
    with (
        subprocess.Popen([*command, "--json"], env=environment, stdout=subprocess.PIPE, text=True) as as_json,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as as_text,
    ):
        with server.client(authorization=f"Bearer {server.run_token}") as client:
            until(lambda: "lockplate_alert_streams 2.0" in client.get("/metrics").text)
        send(server, key, PLATES[41])
        line, _ = as_json.communicate(timeout=60)
        text, _ = as_text.communicate(timeout=60)
    assert PLATES[41] == json.loads(line)["data"]["plate_text"]
    assert f"read {PLATES[41]}, listed {PLATES[41]} (exact_text, region unknown)" in text
    assert 3 == home.run("alerts", "watch", "--as", "uma").returncode
