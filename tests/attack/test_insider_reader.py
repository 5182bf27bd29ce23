"""Somebody with a reader's key: an installer, a stolen camera. docs/trust.md says the same in words."""

from datetime import timedelta

import msgspec
import pytest
from insiders import LAKE, PINE, Stage

from lockplate.hotlist import Category
from lockplate.listfiles.own import parse_list_csv
from lockplate.operations.operation import Actor
from lockplate.operations.readers import ReaderName
from lockplate.operations.table import OPERATIONS, operation
from lockplate.registry.hotlists import NewHotList
from lockplate.terms import AgencyId
from lockplate.wiring.desk import Desk

LISTED = "8WANT88"


def rows(town: Stage, operator: str) -> int:
    day = town.clock.now().date()
    return sum(one.reads for one in town.node.store.counts(operator, day - timedelta(days=90), day))


def line(town: Stage, plate: str, **more: str) -> dict[str, str]:
    return {"plate": plate, "captured_at": town.clock.now().isoformat()} | more


@pytest.fixture(scope="module")
def listed(town: Stage) -> Stage:
    """Put a plate on a hot list of Pine."""
    made = town.node.registries.hot_lists.add(
        NewHotList(
            operator=PINE, name="own desk", owner_agency=AgencyId("pine"), source="own desk",
            categories=frozenset({Category.STOLEN_VEHICLE}), legal_basis="invented code 1", max_age=timedelta(days=2),
        )
    )  # fmt: skip
    ends = (town.clock.now() + timedelta(days=1)).isoformat()
    text = f"plate,expires,category,reason\n{LISTED},{ends},stolen_vehicle,taken\n"
    assert 1 == town.node.registries.entries.replace(made.list_id, parse_list_csv(text.encode())).added
    desk: Desk = town.node.desk(PINE)
    desk.reload_index(town.node.registries.entries, town.clock)
    return town


def test_it_can_send_false_reads_for_its_own_reader(town: Stage) -> None:
    """What the thief can do: reads that never were, under this reader's name, which the reader's counts show."""
    before = rows(town, PINE)
    told = town.send("north", line(town, "7FAKE01"), line(town, "7FAKE02"))
    assert 2 == told.json()["accepted"]
    assert before + 2 == rows(town, PINE)
    counted = town.node.store.counts(PINE, town.clock.now().date(), town.clock.now().date())
    assert {"north"} <= {one.reader for one in counted if one.reads}


def test_it_cannot_send_for_another_reader_or_operator(town: Stage) -> None:
    """A body that names another reader is a reader's of the same operator at most when the key is a relay's."""
    before = rows(town, LAKE)
    for other in ("shore", "nobody"):
        town.send("north", line(town, "7FAKE03", reader=other))
    assert before == rows(town, LAKE)
    for path in ("/v1/reads/lockplate?operator=lake", "/v1/reads?reader=shore"):
        town.send("north", line(town, "7FAKE04"), path=path)
    assert before == rows(town, LAKE)


@pytest.mark.parametrize("path", ["/v1/reads", "/v1/reads/lockplate"])
def test_it_cannot_plant_a_sighting_older_than_the_law_keeps(town: Stage, path: str) -> None:
    """A read that a reader sends is not older than the limit, also where the limit counts from storage."""
    before = rows(town, PINE)
    limit = town.node.desk(PINE).rule.limit
    for age, accepted in (
        (limit + timedelta(minutes=1), 0),
        (timedelta(days=4000), 0),
        (limit - timedelta(hours=1), 1),
    ):
        told = town.send(
            "north", line(town, f"7FAK{len(path):03d}", captured_at=(town.clock.now() - age).isoformat()), path=path
        )
        assert accepted == told.json()["accepted"], (age, told.text)
        assert accepted or {"past_retention": 1} == told.json()["refused"], told.text
    assert before + 1 == rows(town, PINE)


def test_it_cannot_plant_one_in_a_vendors_format_either(town: Stage) -> None:
    """The same for single payloads, whose time is the camera's word."""
    old = town.clock.now() - timedelta(days=400)
    message = {
        "data_type": "alpr_results", "epoch_time": int(old.timestamp() * 1000), "camera_id": 1, "uuid": "u-old",
        "results": [{"plate": "7FAKE09", "confidence": 91.0}],
    }  # fmt: skip
    before = rows(town, PINE)
    headers = {"x-reader-key": town.keys["south"], "content-type": "application/json"}
    told = town.client.post("/v1/reads/openalpr", content=msgspec.json.encode(message), headers=headers)
    assert (200, 0) == (told.status_code, told.json()["accepted"]), told.text
    assert before == rows(town, PINE)


def test_it_is_not_told_what_hits_or_repeats(listed: Stage) -> None:
    """A wanted plate and any other, new or seen before, are acknowledged in the same words."""
    answers = []
    for plate in (LISTED, "7EVERY7", LISTED, "7EVERY7"):
        told = listed.send("south", line(listed, plate))
        answers.append((told.status_code, told.json(), sorted(told.headers)))
    assert [answers[0]] * 4 == answers
    assert [LISTED] == [str(one.details.plate_text) for one in listed.node.registries.hits.list_recent(PINE)][:1]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_it_opens_no_command(town: Stage, name: str) -> None:
    """As a header of readers and as a bearer: 401."""
    path = "/v1/" + name.replace(".", "/")
    for headers in ({"x-reader-key": town.keys["north"]}, {"authorization": f"Bearer {town.keys['north']}"}):
        assert 401 == town.client.post(path, content=b"{}", headers=headers).status_code


@pytest.mark.parametrize("path", ["/metrics", "/app/ask", "/app/records", "/app/readers", "/app/findings"])
def test_it_opens_no_page(town: Stage, path: str) -> None:
    """Pages are for people, metrics for the system user."""
    for headers in ({"x-reader-key": town.keys["north"]}, {"authorization": f"Bearer {town.keys['north']}"}):
        told = town.client.get(path, headers=headers, follow_redirects=False)
        assert told.status_code in {303, 401, 403}, path


def test_a_new_key_ends_the_old_one_at_once(town: Stage) -> None:
    """What the operator does once the theft is known; the change is on record."""
    old = town.keys["south"]
    told = operation("reader.key").handler(
        town.node, Actor(person=None, is_system_user=True), ReaderName(reader="south")
    )
    assert 401 == town.send("south", line(town, "7FAKE07"), key=old).status_code
    assert 200 == town.send("south", line(town, "7FAKE08"), key=told.key).status_code
    town.keys["south"] = told.key
    assert {"change": "key", "reader": "south"} == town.records()[-1].facts


def test_the_key_itself_is_nowhere_on_disk(town: Stage) -> None:
    """The registry keeps a hash: who reads it can send nothing."""
    for path in town.node.layout.registry.parent.rglob("*"):
        if path.is_file():
            assert town.keys["north"].encode() not in path.read_bytes(), path.name


def test_a_flood_is_sent_away_and_nothing_else_breaks(town: Stage) -> None:
    """Bodies over the limit are refused unread; the server goes on."""
    huge = b"x" * (65 * 1024 * 1024)
    told = town.client.post("/v1/reads", content=huge, headers={"x-reader-key": town.keys["north"]})
    assert 413 == told.status_code
    assert "ok" == msgspec.json.decode(town.client.get("/health").content)["status"]
