"""What raises an alert at intake: once for a passage, as soon as one of its reads is good enough, and never for the past."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from lockplate.hotlist import Category, ListId
from lockplate.intake.delivery import Delivery
from lockplate.read import Image, Read
from lockplate.registry.entries import NewEntry
from lockplate.registry.hits import Hit
from lockplate.terms import OperatorId, PersonId, ReaderId
from lockplate.wiring.node import Node

COUNTY = OperatorId("county")
Send = Callable[..., None]


@pytest.fixture
def list_in_california(node: Node, list_plate: Callable[[str, str], ListId]) -> Callable[[str], None]:
    """List a plate of California, beside whatever the list holds."""

    def listed(plate: str) -> None:
        list_id = list_plate("county", f"UNSEEN {plate}")
        new = NewEntry(
            list_id=list_id,
            plate_text=plate,
            region="US-CA",
            category=Category.STOLEN_VEHICLE,
            reason="a test",
            expires_at=node.clock.now() + timedelta(days=30),
            case_number="T-1",
        )
        node.registries.entries.add(new, by=PersonId("officer.county"))
        node.desk(COUNTY).reload_index(node.registries.entries, node.clock)

    return listed


@pytest.fixture
def send(node: Node, make_delivery: Callable[..., Delivery], reader: ReaderId) -> Send:
    def sent(*reads: Read) -> None:
        node.live.submit(make_delivery(node, list(reads), "county", reader)).result(10)

    return sent


def hits_of(node: Node, plate: str) -> list[Hit]:
    """Return the hits of a listed plate, oldest first."""
    found = [hit for hit in node.registries.hits.list_recent(COUNTY, limit=1000) if hit.details.listed_text == plate]
    return sorted(found, key=lambda hit: hit.captured_at)


def test_fifty_frames_are_one_alert(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """The first frames have no region and raise none; the one that has it raises the alert; the rest add nothing."""
    list_in_california("FRAMES1")
    began = node.clock.now()
    for number in range(50):
        node.clock.advance(timedelta(milliseconds=60))
        region = None if number < 20 else "US-CA"
        read = make_read("FRAMES1", began + timedelta(milliseconds=60 * number), f"v-{number}")
        send(msgspec.structs.replace(read, region=region))
    assert [(False, None), (True, True)] == [
        (hit.alerts, hit.details.region_agrees) for hit in hits_of(node, "FRAMES1")
    ]


def test_a_frame_with_the_right_letter_alerts(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """The first look takes an O for a zero; the second has it right."""
    list_in_california("ABO1234")
    now = node.clock.now()
    for number, text in enumerate(("AB01234", "ABO1234", "AB01234")):
        read = make_read(text, now + timedelta(seconds=number), "v-letter")
        send(msgspec.structs.replace(read, region="US-CA"))
    assert [("exact_key", False), ("exact_text", True)] == [
        (hit.details.kind.value, hit.alerts) for hit in hits_of(node, "ABO1234")
    ]


def test_a_message_of_the_same_instant_with_the_region_makes_the_hit_an_alert(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """A group message is as old as its first frame and knows more: one hit, with what the group knows."""
    list_in_california("SAMETIM")
    read = make_read("SAMETIM", node.clock.now(), "v-same")
    send(read)
    send(msgspec.structs.replace(read, region="US-CA"))
    send(read)
    (hit,) = hits_of(node, "SAMETIM")
    assert (True, True, "US-CA") == (hit.alerts, hit.details.region_agrees, hit.details.region)


def test_a_car_that_stands_there_all_day_is_one_alert(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """Seen each minute for five hours: a row an hour, one alert."""
    list_in_california("PARKED1")
    for _ in range(300):
        node.clock.advance(timedelta(minutes=1))
        send(msgspec.structs.replace(make_read("PARKED1", node.clock.now()), region="US-CA"))
    hits = hits_of(node, "PARKED1")
    assert [True] + [False] * (len(hits) - 1) == [hit.alerts for hit in hits]
    assert {hits[0].hit_id} == {hit.repeat_of for hit in hits[1:]}
    assert len(hits) in {5, 6}


def test_it_comes_again_another_day(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """A new passage is a new alert."""
    list_in_california("AGAIN01")
    for _ in range(2):
        node.clock.advance(timedelta(hours=3))
        send(msgspec.structs.replace(make_read("AGAIN01", node.clock.now()), region="US-CA"))
    assert [True, True] == [hit.alerts for hit in hits_of(node, "AGAIN01")]


def test_what_was_hours_ago_is_no_alert(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """A reader that was cut off sends its reads late: the hit is there, nobody is sent after it."""
    list_in_california("LATE001")
    node.clock.advance(timedelta(hours=3))
    send(msgspec.structs.replace(make_read("LATE001", node.clock.now() - timedelta(hours=2)), region="US-CA"))
    assert [False] == [hit.alerts for hit in hits_of(node, "LATE001")]


def test_where_a_car_was_before_it_was_listed_is_no_hit(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """Neither late, nor again, nor as a later read of a passage of before; five minutes count as the same moment."""
    before = node.clock.now() - timedelta(minutes=30)
    read = msgspec.structs.replace(make_read("BEFORE1", before), region="US-CA")
    send(read)
    list_in_california("BEFORE1")
    send(read)
    send(msgspec.structs.replace(make_read("BEFORE1", before + timedelta(seconds=5)), region="US-CA"))
    send(msgspec.structs.replace(make_read("BEFORE1", before + timedelta(minutes=24)), region="US-CA"))
    assert [] == hits_of(node, "BEFORE1")
    send(msgspec.structs.replace(make_read("BEFORE1", node.clock.now() - timedelta(minutes=4)), region="US-CA"))
    assert [True] == [hit.alerts for hit in hits_of(node, "BEFORE1")]


def test_what_no_page_can_show_is_no_picture(
    node: Node, send: Send, make_read: Callable[..., Read], list_in_california: Callable[[str], None]
) -> None:
    """A hit with bytes that are no picture has none, so that a person must say that they see the vehicle itself."""
    list_in_california("PICTUR1")
    images = [Image(kind="vehicle", data=b"\0video frame"), Image(kind="plate", data=b"\xff\xd8\xff\xe0 a plate")]
    for kept, seconds in ((images[:1], 0), (images, 90)):
        at = node.clock.now() - timedelta(seconds=200 - seconds)
        send(msgspec.structs.replace(make_read("PICTUR1", at), region="US-CA", images=tuple(kept)))
    assert [False, True] == [hit.has_picture for hit in hits_of(node, "PICTUR1")]
