"""Frigate: updates, events whose plate comes late or as a pair, reviews, envelopes, and labels that are people's."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lockplate.read import ClockRule, Ignored, Parsed, Read, RejectReason
from lockplate.readers.formats import parse_body

TRACKED = "1764000000.123456-abc123"


def update(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "lpr",
        "id": TRACKED,
        "name": "Somebody's car",
        "plate": "ZZT 042",
        "score": 0.95,
        "camera": "gate",
        "timestamp": 1764000000.123456,
        "plate_box": [1, 2, 3, 4],
    }
    return body | changes


def event(kind: str = "update", **after: Any) -> dict[str, Any]:
    before: dict[str, Any] = {
        "id": TRACKED,
        "camera": "gate",
        "frame_time": 1764000000.5,
        "start_time": 1763999999.5,
        "end_time": None,
        "label": "car",
        "sub_label": None,
        "score": 0.7,
        "recognized_license_plate": None,
    }
    return {"type": kind, "before": before, "after": before | after}


REVIEW = {
    "type": "end",
    "before": {"id": "r", "camera": "gate", "severity": "alert", "data": {"detections": [TRACKED]}},
    "after": {
        "id": "r",
        "camera": "gate",
        "severity": "alert",
        "data": {"detections": [TRACKED], "sub_labels": ["Bob"]},
    },
}


def parse(body: object) -> Parsed:
    parsed = parse_body(body if isinstance(body, bytes) else msgspec.json.encode(body))
    assert "frigate" == parsed.format
    return parsed


def only(body: object) -> Read:
    parsed = parse(body)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_update_is_a_read() -> None:
    """Plate, score, camera, float seconds and the tracked object's id are read; the name is not."""
    read = only(update())
    assert ("ZZT 042", "gate", TRACKED, (TRACKED,)) == (
        read.plate_text,
        read.reader_id,
        read.event_id,
        read.passage_ids,
    )
    assert (datetime(2025, 11, 24, 16, 0, 0, 123456, UTC), ClockRule.EPOCH_SECONDS) == (
        read.captured_at,
        read.clock_rule,
    )
    assert read.confidence is not None
    assert (0.95, "0-1") == (read.confidence.value, read.confidence.scale)
    assert b"Somebody" not in msgspec.json.encode(read)


@pytest.mark.parametrize("sub_label", [None, "Somebody", ["Somebody", 0.8]])
@pytest.mark.parametrize(
    "plate",
    [
        {"recognized_license_plate": "ZZT042", "recognized_license_plate_score": 0.9},
        {"recognized_license_plate": ["ZZT042", 0.9]},
        {"data": {"recognized_license_plate": "ZZT042", "recognized_license_plate_score": 0.9}},
    ],
)
def test_event_with_a_plate(plate: dict[str, Any], sub_label: object) -> None:
    """The plate is text, or text with its score, whatever type the label next to it has today."""
    read = only(event(sub_label=sub_label, **plate))
    assert ("ZZT042", TRACKED) == (read.plate_text, read.event_id)
    assert read.confidence is not None
    assert 0.9 == read.confidence.value
    assert datetime(2025, 11, 24, 16, 0, 0, 500000, UTC) == read.captured_at
    assert b"Somebody" not in msgspec.json.encode(read)


def test_score_of_the_object_is_not_the_plates() -> None:
    """Without a plate score there is no confidence: `score` is how surely it is a car."""
    assert None is only(event(recognized_license_plate="ZZT042")).confidence


def test_update_and_event_share_the_passage() -> None:
    """All messages of one tracked object have its id."""
    assert only(update()).passage_ids == only(event("end", recognized_license_plate="ZZT042")).passage_ids


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (event(), "vehicle_without_plate"),
        (event("new", sub_label="ZZT042"), "vehicle_without_plate"),
        (event(label="person"), "other_object"),
        (REVIEW, "review"),
        (update(type="face", name="Somebody"), "other_event"),
        (update(type="description", description="a man"), "other_event"),
        ({"topic": "frigate/available", "payload": "online"}, "other_event"),
        ({"topic": "frigate/stats", "payload": {"cameras": {}}}, "other_event"),
    ],
)
def test_other_messages_are_ignored(body: object, kind: str) -> None:
    """Cars not yet read, people, reviews, faces and states share the broker."""
    parsed = parse(body)
    assert ((), (), (Ignored(kind=kind),)) == (parsed.reads, parsed.rejects, parsed.ignored)


def test_envelopes() -> None:
    """A relay wraps topic and payload, the payload as JSON or as text, under any topic prefix."""
    text = msgspec.json.encode(update()).decode()
    bodies: list[object] = [
        {"topic": "frigate/tracked_object_update", "payload": update()},
        {"topic": "home/nvr/tracked_object_update", "payload": text, "qos": 0},
        {"topic": "tracked_object_update", "payload": text},
        {"topic": "frigate/tracked_object_update", "payload": text, "payload_json": update()},
        [{"topic": "frigate/tracked_object_update", "payload": update()}],
        f"frigate/tracked_object_update {text}\n".encode(),
    ]
    assert ["ZZT 042"] * len(bodies) == [only(body).plate_text for body in bodies]
    assert (Ignored(kind="review"),) == parse({"topic": "frigate/reviews", "payload": REVIEW}).ignored


def test_one_message_a_line() -> None:
    """A broker's log holds a message in each line."""
    lines = b"\n".join(msgspec.json.encode(update(plate=plate)) for plate in ("ZZT042", "QQR777"))
    assert ["ZZT042", "QQR777"] == [read.plate_text for read in parse(lines + b"\n").reads]


def test_label_of_a_person_is_no_vehicle() -> None:
    """Only the labels of vehicles describe a vehicle."""
    described = [
        only(event(label=label, recognized_license_plate="ZZT042")).vehicle for label in ("car", "person", None)
    ]
    assert ["car", None, None] == [vehicle and vehicle.body for vehicle in described]


def test_http_events() -> None:
    """The HTTP API lists events with the plate in `data`."""
    state = {"id": TRACKED, "camera": "gate", "label": "car", "start_time": 1764000000.0, "sub_label": None}
    parsed = parse([state | {"data": {"recognized_license_plate": "ZZT042"}}, state | {"data": {}}])
    assert (["ZZT042"], 1) == ([read.plate_text for read in parsed.reads], len(parsed.ignored))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (update(plate=""), RejectReason.NO_PLATE),
        (update(plate=None), RejectReason.NO_PLATE),
        (update(plate={"a": 1}), RejectReason.MISSING_FIELD),
        (event(recognized_license_plate="unknown"), RejectReason.NO_PLATE),
        (event(recognized_license_plate={"a": 1}), RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A plate that is none and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])
