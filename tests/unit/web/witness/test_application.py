"""The witness over HTTP: the protocol's statuses and types, limits, and nothing of a node behind it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from lockplate.clock import SetClock
from lockplate.cosigning.cosignature import COSIGNER_KINDS, cosignatures
from lockplate.errors import StoreFailed
from lockplate.note import parse_lines, parse_note, parse_vkey
from lockplate.web.witness import application
from lockplate.web.witness.application import HEADERS, create_witness_application
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.state import origin_hash
from lockplate.witnessing.submission import MAX_SUBMISSION_BYTES, Submission
from lockplate.witnessing.trusting import trust_log
from lockplate.witnessing.witness import Witness
from witnessed import PlainLog

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
LOG = PlainLog()
TYPE = "text/plain; charset=utf-8"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def witness(tmp_path: Path, clock: SetClock) -> Iterator[Witness]:
    folder = WitnessFolder.at(tmp_path / "witness")
    folder.create("clerk.example/w1", clock.now())
    with folder.open_state() as state:
        trust_log(state, LOG.vkey, clock.now())
    with folder.open(clock) as opened:
        yield opened


@pytest.fixture
def client(witness: Witness) -> Iterator[TestClient[Any]]:
    with TestClient(create_witness_application(witness)) as opened:
        yield opened


def ask(client: TestClient[Any], old: int, new: int, log: PlainLog = LOG) -> Any:
    return client.post("/add-checkpoint", content=log.body(old, new))


def test_a_checkpoint_is_cosigned(client, witness):
    """Two signature lines and nothing else, which hold over the checkpoint."""
    answer = ask(client, 0, 7)
    assert (200, TYPE) == (answer.status_code, answer.headers["content-type"])
    note = parse_note(LOG.note(7)).with_lines(parse_lines(answer.text))
    keys = [parse_vkey(vkey, COSIGNER_KINDS) for vkey in witness.vkeys]
    assert [NOW, NOW] == [one.at for one in cosignatures(note, keys)]


def test_another_size_is_told_as_the_protocol_says(client):
    """The plain number and a newline, under exactly that media type."""
    ask(client, 0, 7)
    answer = ask(client, 3, 9)
    assert (409, "text/x.tlog.size", b"7\n") == (answer.status_code, answer.headers["content-type"], answer.content)


def test_each_refusal_has_its_status(client, clock):
    """400, 404, 403, 422, 503: words for a person, in plain text."""
    ask(client, 0, 7)
    unsigned = LOG.body(7, 9).replace(b"\n9\n", b"\n10\n")
    statuses = [
        client.post("/add-checkpoint", content=b"garbage").status_code,
        ask(client, 0, 7, PlainLog(origin="lockplate.example/farfield")).status_code,
        client.post("/add-checkpoint", content=unsigned).status_code,
        ask(client, 7, 7, LOG.told("false")).status_code,
    ]
    assert [400, 404, 403, 422] == statuses
    clock.advance(timedelta(seconds=-2))
    answer = ask(client, 7, 9)
    assert (503, "2", TYPE) == (answer.status_code, answer.headers["retry-after"], answer.headers["content-type"])
    clock.advance(timedelta(days=-2))
    answer = ask(client, 7, 9)
    assert (503, False) == (answer.status_code, "retry-after" in answer.headers)
    assert "clock" in answer.text


def test_monitors_read_the_cosigned_checkpoint_from_anywhere(client):
    """Under the hash of the origin, also from another site's page."""
    path = f"/{origin_hash(LOG.origin)}/checkpoint"
    assert 404 == client.get(path).status_code
    lines = ask(client, 0, 7).text
    answer = client.get(path)
    assert (200, TYPE, "*") == (
        answer.status_code, answer.headers["content-type"], answer.headers["access-control-allow-origin"],
    )  # fmt: skip
    assert LOG.note(7) + lines == answer.text
    assert 404 == client.get(f"/{origin_hash('x')}/checkpoint").status_code


def test_a_body_has_a_limit(client):
    """The longest body is read; one byte more is not."""
    longest = b"old 0\n\n".ljust(MAX_SUBMISSION_BYTES, b"x")
    assert 400 == client.post("/add-checkpoint", content=longest).status_code
    assert 413 == client.post("/add-checkpoint", content=longest + b"x").status_code


def call(app: Litestar, receive: Any) -> tuple[int, bytes]:
    """Send one request to cosign whose body comes as `receive` gives it; return status and answer."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/add-checkpoint", "raw_path": b"/add-checkpoint", "query_string": b"",
        "headers": [], "client": None, "server": ("testserver", 80), "scheme": "http", "root_path": "", "asgi": {},
        "http_version": "1.1", "extensions": {},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], sent[1]["body"]


def test_a_body_that_never_comes_is_not_waited_for(witness, monkeypatch):
    """Somebody who sends a byte and then nothing loses the connection, and nobody else waits."""
    monkeypatch.setattr(application, "BODY_SECONDS", 0.05)
    first = iter([{"type": "http.request", "body": b"o", "more_body": True}])

    async def receive() -> Any:
        for message in first:
            return message
        return await asyncio.Event().wait()

    status, _ = call(create_witness_application(witness), receive)
    assert 408 == status


def test_too_many_at_once_are_turned_away(witness, monkeypatch):
    """Rather than piling up behind the disk."""
    monkeypatch.setattr(application, "MAX_WAITING", 0)

    async def receive() -> Any:
        return {"type": "http.request", "body": LOG.body(0, 7), "more_body": False}

    status, _ = call(create_witness_application(witness), receive)
    assert 503 == status
    assert witness.logs()[0].newest is None


def test_health_follows_the_disk(client, witness, monkeypatch):
    """Well at first; not after an answer that could not be written down; well again after one that could."""
    assert (200, {"status": "ok"}) == ((answer := client.get("/health")).status_code, answer.json())

    def refuse(_: bytes) -> None:
        raise StoreFailed("the witness's state could not be written")

    with monkeypatch.context() as patched:
        patched.setattr(witness, "add_checkpoint", refuse)
        answer = ask(client, 0, 7)
        assert (503, "1") == (answer.status_code, answer.headers["retry-after"])
    assert 503 == client.get("/health").status_code
    assert 200 == ask(client, 0, 7).status_code
    assert 200 == client.get("/health").status_code


def test_a_refused_log_does_not_spoil_health(client):
    """Only the disk does."""
    ask(client, 0, 7)
    ask(client, 7, 7, LOG.told("false"))
    assert 200 == client.get("/health").status_code


def test_a_fault_shows_nothing(client, witness, monkeypatch):
    """No text of ours, no trace."""

    def fail(_: bytes) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(witness, "add_checkpoint", fail)
    answer = ask(client, 0, 7)
    assert (500, "something broke here\n") == (answer.status_code, answer.text)


def test_every_answer_carries_its_headers(client):
    """Also refusals and what is not there."""
    for answer in (client.get("/"), client.get("/nothing"), client.get("/add-checkpoint"), ask(client, 3, 7)):
        assert HEADERS == {name: answer.headers.get(name) for name in HEADERS}
    assert [404, 405] == [client.get(path).status_code for path in ("/nothing", "/add-checkpoint")]
    assert 404 == client.get("/static/../witness.db").status_code
    assert 404 == client.get("/static/other.css").status_code


def test_no_caller_is_logged(client, capsys):
    """Neither address nor agent nor a word of the request is in any line of the witness's log."""
    ask(client, 0, 7)
    submission = msgspec.structs.replace(LOG.told("false").submission(7, 7))
    client.post(
        "/add-checkpoint", content=submission.body(), headers={"user-agent": "curious", "x-forwarded-for": "1.2.3.4"}
    )
    client.post("/add-checkpoint", content=Submission(old=0, proof=(), note="private").body())
    told = "".join(capsys.readouterr())
    assert "suspicion" in told
    assert not {"curious", "1.2.3.4", "private", "testclient"} & set(told.replace("=", " ").split())


def test_nothing_of_a_node_is_loaded():
    """The server of a witness is imported without the store's engine, the policy engine, or any part of a node."""
    wanted = (
        "import lockplate.web.witness.serving, sys; "
        "parts = ('chdb', 'clickhouse_connect', 'cedarpy', 'sqlalchemy', 'lockplate.wiring', 'lockplate.operations', "
        "'lockplate.store', 'lockplate.gate', 'lockplate.keys', 'lockplate.seal', 'lockplate.registry'); "
        "print([part for part in parts if part in sys.modules], 'lockplate.witnessing.witness' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True, check=True, timeout=120)
    assert "[] True" == done.stdout.strip()
