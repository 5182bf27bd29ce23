"""Each door of a running server opens for its own key only, and nothing that is shouted at one comes out in a log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from lockplate.operations.table import OPERATIONS
from lockplate.registry.readers import NewReader
from lockplate.registry.sessions import Session
from lockplate.terms import OperatorId, PersonId, ReaderId, Role
from lockplate.web.doorway import COOKIE
from running import Home, Server

NOW = datetime.now(UTC).replace(microsecond=0)
SHOUTED = "7SHOUT99"
"""A plate that stands in everything malformed that is sent here, and must come out nowhere."""


@dataclass
class Town:
    """A running server, a reader's key, and the sessions of its people."""

    home: Home
    server: Server
    reader_key: str
    sessions: dict[str, Session]

    def as_person(self, person: str, token: str | None = None) -> dict[str, str]:
        session = self.sessions[person]
        return {
            "cookie": f"{COOKIE}={session.session_id}",
            "x-csrf-token": session.csrf_token if token is None else token,
        }

    def as_system(self, person: str = "") -> dict[str, str]:
        headers = {"authorization": f"Bearer {self.server.run_token}"}
        return headers | ({"x-lockplate-person": person} if person else {})


@pytest.fixture(scope="module")
def town(home: Home) -> Iterator[Town]:
    home.json("init", "--operator", "pine", "--profile", "us-ca")
    for person, role in (("ann", Role.OFFICER), ("ben", Role.SUPERVISOR), ("ada", Role.AUDITOR)):
        home.add_person(person, "pine", role)
    with home.registries() as registries:
        new = NewReader(reader=ReaderId("north"), operator=OperatorId("pine"), name="North")
        _, key = registries.readers.add(new)
        sessions = {name: registries.sessions.open(PersonId(name)) for name in ("ann", "ben", "ada")}
    with home.serve() as server:
        yield Town(home, server, key, sessions)


def question(plate: str) -> dict[str, object]:
    return {
        "plate": plate,
        "operators": ["pine"],
        "window_from": (NOW - timedelta(hours=1)).isoformat(),
        "window_to": (NOW + timedelta(hours=1)).isoformat(),
        "purpose": "felony_investigation",
        "offense": "felony",
        "basis": "warrant",
        "on_behalf_of": "own",
        "case_number": "26-77",
    }


def post(town: Town, path: str, body: object, headers: dict[str, str]) -> tuple[int, str]:
    with town.server.client() as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = client.post(path, content=content, headers=headers)
        return told.status_code, told.text


def get(town: Town, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    with town.server.client() as client:
        told = client.get(path, headers=headers or {})
        return told.status_code, told.content


# Whose key opens which door


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_command_runs_for_nobody(town: Town, name: str) -> None:
    """Without credentials, with a reader's key, with a wrong token, with a session of nobody: 401, for each command."""
    path = "/v1/" + name.replace(".", "/")
    for headers in (
        {},
        {"x-reader-key": town.reader_key},
        {"authorization": f"Bearer {town.reader_key}"},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {town.server.run_token}x"},
        {"authorization": town.server.run_token},
        {"x-lockplate-person": "ann"},
        {"cookie": f"{COOKIE}=nobody", "x-csrf-token": "x"},
    ):
        assert 401 == post(town, path, {}, headers)[0], headers


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_command_runs_for_a_forged_form(town: Town, name: str) -> None:
    """A session without its own token, or with another's: 403, for each command."""
    path = "/v1/" + name.replace(".", "/")
    for token in ("", "x", town.sessions["ben"].csrf_token):
        status, told = post(town, path, {}, town.as_person("ann", token))
        assert (403, "forged_form") == (status, json.loads(told)["error"])


def test_a_session_does_what_its_person_may(town: Town) -> None:
    """An officer asks; and cannot take files in, export the log, see metrics, send reads or read records."""
    ann = town.as_person("ann")

    assert 200 == post(town, "/v1/questions", question("7QQQ111"), ann)[0]
    for name, one in OPERATIONS.items():
        if one.is_for_system_user:
            status, told = post(town, "/v1/" + name.replace(".", "/"), {}, ann)
            assert (401, "system_user_only") == (status, json.loads(told)["error"])
    assert 401 == get(town, "/metrics", ann)[0]
    assert 401 == post(town, "/v1/reads", b"{}", ann)[0]
    assert 200 == get(town, "/app/records", town.as_person("ada"))[0]
    assert 403 == get(town, "/app/records", ann)[0]
    status, told = post(town, "/v1/record/list", {}, ann)
    assert (403, "denied") == (status, json.loads(told)["error"])


def test_a_session_cannot_name_another_person(town: Town) -> None:
    """The header that names a person belongs to the run token; with a session it means nothing."""
    before = town.home.json("log", "checkpoint")["size"]
    status, told = post(
        town, "/v1/questions", question("7QQQ222"), town.as_person("ann") | {"x-lockplate-person": "ben"}
    )
    index = json.loads(told)["operators"][0]["record_index"]

    proof = town.home.json("log", "prove", str(index))
    (town.home.folder / "proof.txt").write_text(proof["proof"])
    record = town.home.json("log", "verify", "proof.txt", "--key", proof["vkey"])["record"]
    assert (200, "ann") == (status, record["person"])
    assert index >= before


def test_the_system_user_asks_nothing_without_a_person(town: Town) -> None:
    """The run token opens the commands; a question still needs somebody whom the gate judges."""
    assert 401 == post(town, "/v1/questions", question("7QQQ333"), town.as_system())[0]
    assert 404 == post(town, "/v1/questions", question("7QQQ333"), town.as_system("nobody"))[0]
    assert 403 == post(town, "/v1/questions", question("7QQQ333"), town.as_system("ada"))[0]
    assert 200 == post(town, "/v1/questions", question("7QQQ333"), town.as_system("ann"))[0]


def test_the_servers_note_is_for_its_own_user(town: Town) -> None:
    """Only the system user can read where the server is and with what token."""
    assert 0o600 == town.server.note.stat().st_mode & 0o777
    assert 0o700 == town.server.note.parent.stat().st_mode & 0o777
    assert town.server.run_token not in town.server.output.read_text()


# Files


@pytest.mark.parametrize(
    "path",
    [
        "/log/pine/tile/../../../registry.db",
        "/log/pine/tile/..%2f..%2f..%2fregistry.db",
        "/log/pine/tile/%2e%2e/%2e%2e/%2e%2e/registry.db",
        "/log/pine/tile/....//....//registry.db",
        "/log/..%2fpine/checkpoint",
        "/log/../keys/pine.db",
        "/log/pine%00/checkpoint",
        "/log/-node/checkpoint",
        "/log//checkpoint",
        "/log/pine/tile/entries/000%0a",
        "/log/pine/tile/0/-1",
        "/log/pine/tile/0/x001/000",
        "/log/pine/tile/63/000",
        "/log/pine/tile/99999999999999999999/000",
        "/log/pine/tile/entries/x999/x999/x999/x999/999",
        "/log/pine/details",
        "/static/../../pyproject.toml",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2fetc%2fpasswd",
        "/registry.db",
        "/keys/pine.db",
        "/run/server.json",
        "//etc/passwd",
        "/v1/reads/../metrics",
    ],
)
def test_no_path_leads_out(town: Town, path: str) -> None:
    """4xx, and no file: the log serves tiles, the pages their own files, and nothing else is served."""
    status, content = get(town, path)

    assert 400 <= status < 500
    for mark in (b"SQLite", b"token", b"root:", b"[project]", b"Traceback"):
        assert mark not in content


def test_the_log_is_for_anyone_and_says_no_plate(town: Town) -> None:
    """Checkpoint, key, tiles and entries without credentials; the entries name who asked, and not for what plate."""
    assert 200 == post(town, "/v1/questions", question("7LOGGED"), town.as_person("ann"))[0]
    size = town.home.json("log", "checkpoint")["size"]

    assert 200 == get(town, "/log/pine/checkpoint")[0]
    assert 200 == get(town, "/log/pine/vkey")[0]
    status, entries = get(town, f"/log/pine/tile/entries/000.p/{size}")
    assert 200 == status
    assert b'"person":"ann"' in entries
    assert b"7LOGGED" not in entries
    assert b"26-77" not in entries


# What is shouted comes out nowhere


def shouts() -> Iterator[tuple[str, bytes, str]]:
    """Yield path, body and content type of deliveries that break on the way, each with the plate in it."""
    plate = SHOUTED.encode()
    result = {"plate": SHOUTED, "confidence": 91.0}
    message = {"data_type": "alpr_results", "epoch_time": int(NOW.timestamp() * 1000), "results": [result]}
    whole = json.dumps(message).encode()
    for body in (
        plate,
        whole[:-1],
        whole + whole,
        whole.replace(b"91.0", b"NaN"),
        whole.replace(b"91.0", b"1e999"),
        whole.replace(b'"confidence": 91.0', b'"confidence": {"a": []}'),
        whole.replace(SHOUTED.encode(), b"7SHOUT99" * 20),
        whole.replace(SHOUTED.encode(), b"7SHOUT99\\ud800"),
        whole.replace(SHOUTED.encode(), b"7SHOUT99\\u0000\\n"),
        whole.replace(str(message["epoch_time"]).encode(), b'"7SHOUT99"'),
        whole.replace(str(message["epoch_time"]).encode(), b"99999999999999999999999"),
        json.dumps({**message, "results": [{"plate": [SHOUTED]}]}).encode(),
        json.dumps({**message, "results": SHOUTED}).encode(),
        json.dumps({**message, "data_type": SHOUTED}).encode(),
        b"[" * 5000 + plate + b"]" * 5000,
        b"\xef\xbb\xbf" + whole,
        b"<EventNotificationAlert><ANPR><licensePlate>7SHOUT99</EventNotificationAlert>",
        b'<!DOCTYPE a [<!ENTITY b "7SHOUT99"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        b"--b\r\nContent-Disposition: form-data; name=json\r\n\r\n{7SHOUT99\r\n--b--",
    ):
        for path in (
            "/v1/reads",
            "/v1/reads/openalpr",
            "/v1/reads/hikvision",
            "/v1/reads/frigate",
            "/v1/reads/7SHOUT99",
        ):
            for content_type in ("application/json", "application/xml", "multipart/form-data; boundary=b", "7SHOUT99"):
                yield path, body, content_type
    line = json.dumps({"plate": SHOUTED, "captured_at": NOW.isoformat()}).encode()
    for body in (
        line[:-1],
        line.replace(b'"plate"', b'"7SHOUT99"'),
        line.replace(NOW.isoformat().encode(), plate),
        json.dumps({"plate": SHOUTED, "captured_at": NOW.isoformat(), "reader": SHOUTED}).encode(),
        b"\xff" + line,
    ):
        yield "/v1/reads", body, "application/x-ndjson"


def test_a_broken_delivery_is_never_repeated(town: Town) -> None:
    """Hundreds of malformed bodies: no answer, no log line and no metric says a word of them, and the server lives."""
    statuses = set()
    with town.server.client(**{"x-reader-key": town.reader_key}) as client:
        for path, body, content_type in shouts():
            told = client.post(path, content=body, headers={"content-type": content_type})
            statuses.add(told.status_code)
            assert "SHOUT" not in told.text.upper(), (path, content_type, told.text)
            assert told.status_code < 500, (path, content_type, body[:80], told.text)
        assert 200 == client.get("/health").status_code
    assert {200, 400} <= statuses
    assert "SHOUT" not in town.server.output.read_text().upper()
    assert b"SHOUT" not in get(town, "/metrics", town.as_system())[1].upper()


def test_a_broken_question_is_never_repeated(town: Town) -> None:
    """The plate in the wrong field, as a name, a number, a list: a clear refusal that does not say it back."""
    good = question(SHOUTED)
    bodies: list[object] = [
        SHOUTED.encode(),
        json.dumps(good).encode()[:-1],
        {SHOUTED: 1},
        good | {SHOUTED: 1},
        *(good | {field: SHOUTED} for field in ("purpose", "offense", "basis", "window_from", "operators")),
        *(good | {field: [SHOUTED]} for field in ("plate", "purpose", "case_number")),
        good | {"operators": [SHOUTED]},
        good | {"plate": SHOUTED + "?" * 9},
        good | {"plate": SHOUTED * 9},
        good | {"window_to": good["window_from"]},
        good | {"reason": SHOUTED * 999},
        good | {"case_number": SHOUTED * 99},
        b"[" * 5000 + SHOUTED.encode(),
    ]
    for body in bodies:
        for path in ("/v1/questions", "/v1/lookup/preview", "/v1/request/resume", f"/v1/{SHOUTED}"):
            status, told = post(town, path, body, town.as_person("ann"))
            assert 400 <= status < 500, (path, body, told)
            assert "SHOUT" not in told.upper(), (path, told)
    assert "SHOUT" not in town.server.output.read_text().upper()


def test_the_servers_own_log_is_lines_of_json(town: Town) -> None:
    """After all of the above: what the server wrote is its greeting and JSON, and no traceback."""
    lines = [line for line in town.server.output.read_text().splitlines() if line.strip()]

    assert lines[0].startswith("Serving ")
    for line in lines[1:]:
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()
