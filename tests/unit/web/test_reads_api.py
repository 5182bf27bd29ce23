"""`POST /v1/reads`: keys, acknowledgements, overload, and what a reader is told of what it sent amiss."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar.exceptions import LitestarDeprecationWarning
from litestar.testing import TestClient

from lockplate.clock import SetClock
from lockplate.errors import StoreFailed
from lockplate.registry.readers import NewReader
from lockplate.sealed import SealedRead
from lockplate.settings import Settings
from lockplate.store.surface import ReadStore
from lockplate.terms import AgencyId, OperatorId, PersonId, ProfileId, ReaderId, RecordMode, Role
from lockplate.web import reads as reads_module
from lockplate.web.application import create_application
from lockplate.web.doorway import COOKIE, Doorway
from lockplate.web.metrics import Metrics
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.node import Node, open_node

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MAX_WAITING = 40
READERS = {"north": ("city", None), "relay": ("city", "lockplate"), "south": ("city", None), "quiet-1": ("quiet", None)}


@dataclass
class Service:
    """A node behind its application, and the keys of its readers."""

    node: Node
    clock: SetClock
    client: TestClient[Any]
    keys: dict[str, str]

    def send(self, body: object, reader: str = "north", path: str = "/v1/reads", **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = {"x-reader-key": self.keys[reader], "content-type": "application/json"}
        return self.client.post(path, content=content, headers=sent | headers)

    def metrics(self) -> str:
        return self.client.get("/metrics", headers={"authorization": "Bearer run-token"}).text

    def live(self, operator: str = "city") -> int:
        day = self.clock.now().date()
        return sum(one.reads for one in self.node.store.counts(OperatorId(operator), day - timedelta(days=30), day))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    clock = SetClock(NOW)
    folder = tmp_path_factory.mktemp("reads-api")
    settings = Settings(home=folder / "home", kek_file=folder / "kek", batch_wait_ms=1, max_waiting_reads=MAX_WAITING)
    for operator, profile, mode in (("city", "us-ca", RecordMode.RECORD), ("quiet", "match-only", RecordMode.NONE)):
        found_operator(
            settings, clock, NewOperator(operator=OperatorId(operator), profile=ProfileId(profile), record_mode=mode)
        )
    with open_node(settings, clock) as node:
        node.registries.people.add(
            PersonId("ann"), agency=AgencyId("city"), display_name="Ann", roles=frozenset({Role.OFFICER})
        )
        keys = {
            name: node.registries.readers.add(
                NewReader(reader=ReaderId(name), operator=OperatorId(operator), name=name, format=kind)
            )[1]
            for name, (operator, kind) in READERS.items()
        }
        doorway = Doorway(node=node, run_token="run-token", metrics=Metrics())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LitestarDeprecationWarning)
            application = create_application(doorway)
        with TestClient(application) as client:
            yield Service(node, clock, client, keys)


def message(plate: str, *more: str, at: datetime = NOW, uuid: str | None = None) -> dict[str, object]:
    """Return an OpenALPR message with plates."""
    return {
        "data_type": "alpr_results",
        "version": 2,
        "epoch_time": int(at.timestamp() * 1000),
        "camera_id": 1,
        "uuid": uuid or f"uuid-{plate}",
        "results": [{"plate": text, "confidence": 91.5} for text in (plate, *more)],
    }


def lines(*plates: str, reader: str | None = None, at: datetime = NOW) -> bytes:
    named = {} if reader is None else {"reader": reader}
    return b"\n".join(msgspec.json.encode({"plate": plate, "captured_at": at.isoformat()} | named) for plate in plates)


NDJSON = {"content-type": "application/x-ndjson"}


def test_a_delivery_is_acknowledged_with_counts_only(service: Service) -> None:
    """200, what became of how many, and no plate in the answer."""
    before = service.live()

    told = service.send(message("7ACKN01", "8ACKN02"))

    assert (200, 2, "openalpr") == (told.status_code, told.json()["accepted"], told.json()["format"])
    assert "ACKN" not in told.text.upper()
    assert before + 2 == service.live()


def test_the_same_payload_twice_is_one_read(service: Service) -> None:
    """A retry is answered 200 and changes nothing."""
    before = service.live()

    first, second = service.send(message("7RETRY1")), service.send(message("7RETRY1"))

    assert before + 1 == service.live()
    assert (200, 200) == (first.status_code, second.status_code)


def test_an_answer_is_no_oracle(service: Service) -> None:
    """Who holds a reader's key cannot learn from answers whether a plate was just here, or is on a list."""
    new, seen = service.send(message("7ORACLE")), service.send(message("7ORACLE"))

    assert new.json() == seen.json()
    assert {"accepted", "refused", "rejected", "ignored", "clock_faults", "format", "Result"} == new.json().keys()
    bulk = service.send(lines("7ORACLE"), "relay", **NDJSON)
    assert {"rows", "accepted", "refused"} == bulk.json().keys()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-reader-key": ""},
        {"x-reader-key": "lpk_wrong"},
        {"x-reader-key": "run-token"},
        {"authorization": "Bearer run-token"},
        {"authorization": "Basic cmVhZGVyOmtleQ=="},
    ],
)
def test_without_its_key_nobody_sends(service: Service, headers: dict[str, str]) -> None:
    """401 in words that do not say which part was wrong; nothing is stored. The run token is no reader's key."""
    before = service.live()

    told = service.client.post("/v1/reads", content=msgspec.json.encode(message("7NOKEY1")), headers=headers)

    assert (401, "unauthenticated") == (told.status_code, told.json()["error"])
    assert before == service.live()


def test_a_key_in_the_url_does_not_count(service: Service) -> None:
    """URLs end up in logs."""
    key = service.keys["north"]
    told = service.client.post(f"/v1/reads?key={key}&x-reader-key={key}", content=b"{}")

    assert 401 == told.status_code


def test_a_signed_in_person_is_no_reader(service: Service) -> None:
    """A session cannot send reads, with or without its token."""
    session = service.node.registries.sessions.open(PersonId("ann"))
    headers = {"cookie": f"{COOKIE}={session.session_id}", "x-csrf-token": session.csrf_token}

    assert 401 == service.client.post("/v1/reads", content=b"{}", headers=headers).status_code


def test_a_readers_key_opens_nothing_else(service: Service) -> None:
    """Sending is all that it is for: no question, no command, no metrics."""
    for name in ("north", "relay"):
        for headers in ({"x-reader-key": service.keys[name]}, {"authorization": f"Bearer {service.keys[name]}"}):
            for path in ("/v1/questions", "/v1/lookup", "/v1/log/checkpoint", "/v1/ingest"):
                assert 401 == service.client.post(path, content=b"{}", headers=headers).status_code, path
            assert 401 == service.client.get("/metrics", headers=headers).status_code


def test_a_reader_that_was_stopped_is_refused(service: Service) -> None:
    """A key works until the reader is set inactive, and again after."""
    readers = service.node.registries.readers
    assert 200 == service.send(message("7STOP01"), "south").status_code

    readers.deactivate(ReaderId("south"))
    refused = service.send(message("7STOP02"), "south")
    readers.activate(ReaderId("south"))

    assert 401 == refused.status_code
    assert 200 == service.send(message("7STOP02"), "south").status_code


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b'{"data_type": "alpr_results", "results": [{"plate": "7SECRET"', "application/json"),
        (b"7SECRET", "text/plain"),
        (b"<a><b>7SECRET</a>", "application/xml"),
        (b'<!DOCTYPE x [<!ENTITY e "7SECRET">]><x>&e;</x>', "application/xml"),
        (b"[" * 100_000, "application/json"),
        (b'{"plates": ["7SECRET"]}', "application/json"),
        (b"--b\r\n7SECRET", "multipart/form-data; boundary=b"),
        (b"7SECRET", "multipart/form-data"),
        (b"\xff\xfe\x00", "application/octet-stream"),
    ],
)
def test_what_nobody_can_read_is_a_clear_refusal(service: Service, body: bytes, content_type: str) -> None:
    """400 with the reason counted, so that the sender stops; nothing of the body is said back."""
    told = service.send(body, **{"content-type": content_type})

    assert 400 == told.status_code, told.text
    assert told.json()["rejected"]
    assert "SECRET" not in told.text


def test_a_detection_without_a_plate_is_taken_and_counted(service: Service) -> None:
    """Sent well, with nothing in it: 200, or the reader would send it for ever."""
    told = service.send(message(""))

    assert (200, {"no_plate": 1}, 0) == (told.status_code, told.json()["rejected"], told.json()["accepted"])


def test_health_is_noted(service: Service) -> None:
    """When a reader was heard, how far its clock is off, what it sent amiss: vendor payloads and bulk alike."""
    readers = service.node.registries.readers
    service.send(message("7DRIFT1", at=NOW - timedelta(seconds=95)))
    health = readers.health(ReaderId("north"), NOW.date())
    assert (service.clock.now(), -95) == (health.last_seen, health.clock_drift_seconds)
    known = health.rejects.get(NOW.date(), {}).get("no_plate", 0)

    service.send(message(""))
    health = readers.health(ReaderId("north"), NOW.date())
    assert (-95, known + 1) == (health.clock_drift_seconds, health.rejects[NOW.date()]["no_plate"])

    service.send(lines("7BULKH1") + b"\n{\n", "relay", **NDJSON)
    health = readers.health(ReaderId("relay"), NOW.date())
    assert (service.clock.now(), {"malformed": 1}) == (health.last_seen, health.rejects[NOW.date()])


def test_metrics_count_without_a_plate(service: Service) -> None:
    """Counters by outcome and reason, for the run token only."""
    service.send(message("7METRIC"))

    text = service.metrics()

    assert 'lockplate_reads_total{outcome="stored"}' in text
    assert "lockplate_rejects_total" in text
    assert "METRIC" not in text
    assert 401 == service.client.get("/metrics").status_code


def test_lines_are_stored_in_bulk(service: Service) -> None:
    """A relay's lines are stored for the readers that they name, its own for those that name none."""
    told = service.send(lines("7LINE01", "7LINE02", reader="north") + b"\n" + lines("7LINE03"), "relay", **NDJSON)

    assert (200, 3, 3, {}) == (told.status_code, *(told.json()[name] for name in ("rows", "accepted", "refused")))
    by_reader = service.node.store.rows_in_period(OperatorId("city"), int(NOW.timestamp()) // 3600)
    assert {"north", "relay"} <= by_reader.keys()


def test_a_reader_speaks_for_itself_only(service: Service) -> None:
    """A camera's key cannot place reads at another camera, and a relay's none at another operator's."""
    body = b"\n".join([lines("7FORGE1", reader="relay"), lines("7FORGE2", reader="north"), lines("7FORGE3")])
    told = service.send(body, "north", **NDJSON).json()
    foreign = service.send(lines("7FORGE4", reader="quiet-1"), "relay", **NDJSON).json()

    assert (3, 2, {"unknown_reader": 1}) == (told["rows"], told["accepted"], told["refused"])
    assert (0, {"unknown_reader": 1}) == (foreign["accepted"], foreign["refused"])


def test_match_only_keeps_nothing(service: Service) -> None:
    """Taken, matched, not stored: by the vendor's way and in bulk."""
    live = service.send(message("7QUIET1"), "quiet-1").json()
    bulk = service.send(lines("7QUIET2"), "quiet-1", **NDJSON).json()

    assert [1, 1] == [one["accepted"] for one in (live, bulk)]
    assert 0 == service.live("quiet")


def test_a_path_names_a_format(service: Service) -> None:
    """`/v1/reads/openalpr` reads as that format; an unknown one is a clear refusal; another method is refused."""
    assert 200 == service.send(message("7PATH01"), path="/v1/reads/openalpr").status_code
    assert 400 <= service.send(message("7PATH02"), path="/v1/reads/no-such-format").status_code < 500
    assert 404 == service.send(message("7PATH03"), path="/v1/reads/a/b").status_code
    assert 405 == service.client.get("/v1/reads").status_code


def test_too_much_at_once_is_sent_away(service: Service) -> None:
    """More reads than may wait: 503 with Retry-After, counted, nothing stored; later it is taken."""
    plates = [f"7OVER{number:03d}" for number in range(MAX_WAITING + 1)]
    before = service.live()

    told = service.send(message(*plates))

    assert (503, "1", "overloaded") == (told.status_code, told.headers["retry-after"], told.json()["error"])
    assert before == service.live()
    assert "lockplate_overloads_total 1.0" in service.metrics()
    assert 200 == service.send(message(*plates[:MAX_WAITING])).status_code


def test_too_many_bulk_bodies_are_sent_away(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulk bodies are large, so few may wait; the next is told to come again."""
    monkeypatch.setattr(reads_module, "BULK_WAITING", 0)
    told = service.send(lines("7BULK01"), "relay", **NDJSON)
    monkeypatch.undo()

    assert (503, "1") == (told.status_code, told.headers["retry-after"])
    assert 200 == service.send(lines("7BULK01"), "relay", **NDJSON).status_code


class RefusingStore:
    """A real store that refuses to write."""

    def __init__(self, store: ReadStore) -> None:
        self._store = store

    def append(self, rows: Sequence[SealedRead]) -> None:
        raise StoreFailed("the store refused (as told)")

    def append_columns(self, columns: object) -> None:
        raise StoreFailed("the store refused (as told)")

    def __getattr__(self, name: str) -> Callable[..., object]:
        return getattr(self._store, name)


def test_a_store_that_fails_is_503_and_the_retry_is_stored(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """No 200 without a durable row: the reader sends again, and then it is stored."""
    for part in (service.node.live, service.node.bulk):
        monkeypatch.setattr(part, "_store", RefusingStore(service.node.store))
    refused = [service.send(message("7FAILS1")), service.send(lines("7FAILS2"), "relay", **NDJSON)]
    monkeypatch.undo()
    retried = [service.send(message("7FAILS1")), service.send(lines("7FAILS2"), "relay", **NDJSON)]

    assert [(503, "store_failed")] * 2 == [(one.status_code, one.json()["error"]) for one in refused]
    assert [(200, 1)] * 2 == [(one.status_code, one.json()["accepted"]) for one in retried]


def test_many_senders_at_once_are_each_told_their_own(service: Service) -> None:
    """Under concurrency every 200 is for the sender's own read, and each is stored once."""
    before = service.live()

    def deliver(number: int) -> tuple[int, int]:
        told = service.send(message(f"7MANY{number:03d}", uuid=f"many-{number}"))
        return told.status_code, told.json().get("accepted", 0)

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(deliver, range(120)))

    assert 120 == told.count((200, 1)) + sum(status == 503 for status, _ in told)
    assert before + told.count((200, 1)) == service.live()


def test_the_same_payload_from_several_senders_at_once_is_one_row(service: Service) -> None:
    """A reader that retries over two connections, or two relays with one feed: one row, whoever comes first."""
    before = service.live()
    body = message("7SAMEAT", uuid="same-at-once")

    with ThreadPoolExecutor(8) as threads:
        told = [one.json() for one in threads.map(lambda _: service.send(body), range(24))]

    assert [1] * 24 == [one["accepted"] for one in told]
    assert before + 1 == service.live()


def test_pictures_are_dropped_at_the_door(service: Service) -> None:
    """A picture of an unmatched read is nowhere in the home folder."""
    sent = message("7PICTUR")
    sent["results"][0]["vehicle_crop_jpeg"] = "/9j/4AAQ" + "PICTUREBYTES" * 20

    assert 200 == service.send(sent).status_code
    service.node.publish()
    for path in service.node.settings.home.rglob("*"):
        if path.is_file():
            assert b"PICTUREBYTES" not in path.read_bytes(), path.name
