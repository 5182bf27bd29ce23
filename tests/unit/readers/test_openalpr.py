"""OpenALPR and Rekor Scout: groups, results, alerts, vehicles, heartbeats, and the traps between their versions."""

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lockplate.read import ClockRule, Ignored, Parsed, Position, Read, RejectReason, Vehicle
from lockplate.readers.formats import parse_body

AGENT = "AGENT0000000000000000000000000000000TEST"


def group(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "data_type": "alpr_group",
        "version": 3,
        "epoch_start": 1764000000123,
        "epoch_end": 1764000002123,
        "camera_id": 41,
        "agent_uid": AGENT,
        "gps_latitude": 44.05,
        "gps_longitude": -123.09,
        "country": "us",
        "uuids": [f"{AGENT}-41-1", f"{AGENT}-41-2"],
        "plate_indexes": [0, 0],
        "best_uuid": f"{AGENT}-41-2",
        "best_plate_number": "ZZT042",
        "best_confidence": 91.25,
        "best_region": "us-or",
        "best_plate": {"plate": "ZZT042", "confidence": 91.25, "plate_index": 0, "matches_template": 1},
        "candidates": [
            {"plate": "ZZT042", "confidence": 91.25, "matches_template": 1},
            {"plate": "ZZTO42", "confidence": 80.5, "matches_template": 0},
        ],
        "matches_template": True,
        "travel_direction": 181.5,
        "is_preview": False,
        "vehicle_signature": "1h_deadbeef",
        "vehicle": {
            "make": [{"name": "saab", "confidence": 2.5}, {"name": "volvo", "confidence": 71.0}],
            "make_model": [{"name": "volvo_240", "confidence": 60.0}],
            "color": [{"name": "green", "confidence": 50.0}, {"name": "blue", "confidence": 49.0}],
            "body_type": [{"name": "wagon", "confidence": 88.0}],
            "year": [{"name": "1990-1994", "confidence": 44.0}],
        },
    }
    return body | changes


def results(*entries: object, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "data_type": "alpr_results",
        "version": 2,
        "uuid": f"{AGENT}-41-9",
        "epoch_time": 1764000000123,
        "camera_id": 41,
        "results": list(entries),
    }
    return body | changes


def parse(body: object) -> Parsed:
    parsed = parse_body(msgspec.json.encode(body))
    assert "openalpr" == parsed.format
    return parsed


def only(body: object) -> Read:
    parsed = parse(body)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_group_says_all_that_the_agent_says() -> None:
    """Each field of a group comes from the agent's best value, in the agent's own words and scale."""
    read = only(group())
    assert ("ZZT042", "US-OR", "41") == (read.plate_text, read.region, read.reader_id)
    assert datetime(2025, 11, 24, 16, 0, 0, 123000, UTC) == read.captured_at
    assert (ClockRule.EPOCH_MILLISECONDS, "1764000000123") == (read.clock_rule, read.captured_at_raw)
    assert read.confidence is not None
    assert (91.25, "0-100") == (read.confidence.value, read.confidence.scale)
    assert "181.5" == read.direction
    assert Position(latitude=44.05, longitude=-123.09) == read.position
    assert ["ZZT042", "ZZTO42"] == [candidate.plate_text for candidate in read.candidates]


def test_vehicle_is_the_most_confident_of_each_list() -> None:
    """The first entry of a list is not always the likeliest."""
    expected = Vehicle(make="volvo", model="volvo_240", color="green", body="wagon", year="1990-1994")
    assert expected == only(group()).vehicle


def test_vehicle_signature_is_not_kept() -> None:
    """The long fingerprint of the vehicle is over-collection and is nowhere in a read."""
    assert b"deadbeef" not in msgspec.json.encode(only(group()))


def test_preview_and_its_successor_share_a_passage_id() -> None:
    """A later group supersedes an early one when they have any uuid in common."""
    early = only(group(is_preview=True, uuids=[f"{AGENT}-41-1"], best_uuid=f"{AGENT}-41-1", best_plate_number="ZZT04"))
    late = only(group())
    assert {f"{AGENT}-41-1"} == set(early.passage_ids) & set(late.passage_ids)


def test_two_plates_of_one_picture_are_two_passages() -> None:
    """One uuid names one picture; plates in it differ by their index, in results and in groups alike."""
    parsed = parse(
        results(
            {"plate": "ZZT042", "plate_index": 0, "confidence": 90.5, "matches_template": 0},
            {"plate": "QQR777", "plate_index": 1, "confidence": 88.5, "matches_template": 1},
        )
    )
    first, second = parsed.reads
    assert ["ZZT042", "QQR777"] == [read.plate_text for read in parsed.reads]
    assert not set(first.passage_ids) & set(second.passage_ids)
    assert first.event_id != second.event_id
    later = only(group(uuids=[f"{AGENT}-41-9"], plate_indexes=[1], best_uuid=None))
    assert set(second.passage_ids) == set(later.passage_ids)


@pytest.mark.parametrize(
    ("epoch", "rule"),
    [
        (1764000000, ClockRule.EPOCH_SECONDS),
        (1764000000000, ClockRule.EPOCH_MILLISECONDS),
        (1764000000000000, ClockRule.EPOCH_MICROSECONDS),
    ],
)
def test_epoch_of_old_agents_is_in_seconds(epoch: int, rule: ClockRule) -> None:
    """The 2014 agent sends seconds, later ones milliseconds, without saying so."""
    read = only({"uuid": "u", "camera_id": 3, "epoch_time": epoch, "results": [{"plate": "ZZT042", "confidence": 77}]})
    assert (rule, datetime(2025, 11, 24, 16, tzinfo=UTC)) == (read.clock_rule, read.captured_at)


def test_alert_is_read_from_its_group_and_keeps_the_list_as_a_claim() -> None:
    """Under the lenient strategy the listed plate is not the read one: the read is the group's."""
    read = only(
        {
            "data_type": "alpr_alert",
            "alert_list": "watched",
            "list_type": "Blacklist",
            "plate_number": "ZZT047",
            "description": "owned by somebody",
            "site_name": "North gate",
            "group": group(),
        }
    )
    assert ("ZZT042", "watched", "North gate") == (read.plate_text, read.claimed_list, read.place)
    assert b"somebody" not in msgspec.json.encode(read)


def test_alert_without_its_group_is_no_read() -> None:
    """The listed plate alone says what somebody looks for, not what was seen."""
    parsed = parse({"data_type": "alpr_alert", "plate_number": "ZZT047", "epoch_time": 1764000000000})
    assert ((), [RejectReason.MISSING_FIELD]) == (parsed.reads, [reject.reason for reject in parsed.rejects])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"data_type": "vehicle", "epoch_start": 1764000000123}, "vehicle_without_plate"),
        ({"data_type": "heartbeat", "agent_uid": AGENT, "video_streams": []}, "heartbeat"),
        ({"data_type": "alpr_something_new"}, "other_event"),
        (results(), "no_detection"),
    ],
)
def test_other_messages_are_ignored_by_kind(body: object, kind: str) -> None:
    """Heartbeats and vehicles without a plate share the endpoint and are no faults."""
    parsed = parse(body)
    assert ((), (), (Ignored(kind=kind),)) == (parsed.reads, parsed.rejects, parsed.ignored)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (group(best_plate_number="", best_plate={}), RejectReason.NO_PLATE),
        (group(best_plate_number="unknown", best_plate={}), RejectReason.NO_PLATE),
        (group(best_plate_number=["A"], best_plate=None), RejectReason.MISSING_FIELD),
        (results("text"), RejectReason.MISSING_FIELD),
        (results(results="text"), RejectReason.MISSING_FIELD),
        (results({"confidence": 3}), RejectReason.MISSING_FIELD),
        (results({"plate": "Z" * 41}), RejectReason.PLATE_TOO_LONG),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason(body: object, reason: RejectReason) -> None:
    """No plate and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])


def test_unset_values_of_the_agent_are_no_values() -> None:
    """-1 degrees, a receiver at (-1, -1) and the name `unnamed` are the agent's words for nothing."""
    read = only(group(travel_direction=-1, gps_latitude=-1, gps_longitude=-1, site_name="unnamed"))
    assert (None, None, None) == (read.direction, read.position, read.place)


@pytest.mark.parametrize(
    ("region", "country", "expected"),
    [("eu-de", "eu", "DE"), ("", "us", "US"), (None, "eu", None), ("br-sp", "br", "BR-SP"), ("gb", "gb", "GB")],
)
def test_region_is_iso_or_nothing(region: str | None, country: str, expected: str | None) -> None:
    """European plates come as eu-xx, which is no ISO code; a country stands in for a missing state."""
    assert expected == only(group(best_region=region, country=country)).region


def test_inline_pictures_are_described_and_carried() -> None:
    """A base64 crop becomes a picture with its size; its text is nowhere else."""
    jpeg = b"\xff\xd8\xff\xe0" + bytes(200)
    read = only(group(vehicle_crop_jpeg=base64.b64encode(jpeg).decode()))
    (image,) = read.images
    assert ("vehicle", "image/jpeg", 204, jpeg) == (image.kind, image.media_type, image.size, image.data)


def test_several_messages_in_one_list_are_all_read() -> None:
    """A relay may collect messages."""
    parsed = parse([group(), results({"plate": "QQR777", "confidence": 50}), {"data_type": "heartbeat"}])
    assert (2, 1) == (len(parsed.reads), len(parsed.ignored))
