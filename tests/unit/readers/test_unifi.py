"""UniFi Protect: several triggers in one alarm, names that must not be kept, older smart detections."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lockplate.read import ClockRule, Ignored, Parsed, Read, RejectReason, Vehicle
from lockplate.readers.formats import parse_body


def trigger(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "device": "28704E000001",
        "value": "ZZT042",
        "key": "license_plate_unknown",
        "group": {"name": "Somebody Known"},
        "zones": {"line": [], "zone": [1], "loiter": []},
        "eventId": "65f0000000000000000000a1",
        "timestamp": 1764000000123,
    }
    return entry | changes


def alarm(*triggers: object, **changes: Any) -> dict[str, Any]:
    return {
        "alarm": {
            "name": "Gate",
            "sources": [{"device": "28704E000009", "type": "include"}],
            "conditions": [{"condition": {"type": "is", "source": "license_plate_unknown"}}],
            "triggers": list(triggers),
        },
        "timestamp": 1764000009000,
    } | changes


def parse(body: object) -> Parsed:
    parsed = parse_body(msgspec.json.encode(body))
    assert "unifi" == parsed.format
    return parsed


def only(body: object) -> Read:
    parsed = parse(body)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_trigger_is_the_read() -> None:
    """Plate, camera's MAC, instant in ms and event id are the trigger's, not the alarm's."""
    read = only(alarm(trigger()))
    assert ("ZZT042", "28704E000001", "65f0000000000000000000a1") == (read.plate_text, read.reader_id, read.event_id)
    assert (datetime(2025, 11, 24, 16, 0, 0, 123000, UTC), ClockRule.EPOCH_MILLISECONDS) == (
        read.captured_at,
        read.clock_rule,
    )
    assert (None, None, (read.event_id,)) == (read.confidence, read.claimed_list, read.passage_ids)


def test_names_of_known_plates_are_not_kept() -> None:
    """A plate's group is a person's name for it, and a face trigger's value is a person."""
    parsed = parse(alarm(trigger(key="license_plate_known"), trigger(key="face_known", value="Somebody Else")))
    assert b"Some" not in msgspec.json.encode(parsed)
    assert ("license_plate_known", (Ignored(kind="other_event"),)) == (parsed.reads[0].claimed_list, parsed.ignored)


def test_two_plates_in_one_alarm() -> None:
    """Each plate trigger is a read."""
    parsed = parse(alarm(trigger(), trigger(value="QQR 777", eventId="b2")))
    assert ["ZZT042", "QQR 777"] == [read.plate_text for read in parsed.reads]


def test_one_detection_that_meets_two_conditions_is_one_read() -> None:
    """The claim of the list is kept, the detection is not counted twice."""
    read = only(alarm(trigger(), trigger(key="license_plate_of_interest")))
    assert "license_plate_of_interest" == read.claimed_list


def test_time_and_camera_fall_back_to_the_alarm() -> None:
    """A trigger without them still came from the alarm's one camera, at about the time of the webhook."""
    entry = trigger()
    del entry["timestamp"], entry["device"]
    read = only(alarm(entry))
    assert ("28704E000009", datetime(2025, 11, 24, 16, 0, 9, tzinfo=UTC)) == (read.reader_id, read.captured_at)
    both = alarm(entry)
    both["alarm"]["sources"] *= 2
    assert None is only(both).reader_id


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (alarm(trigger(key="vehicle", value=None)), "vehicle_without_plate"),
        (alarm(trigger(key="motion")), "other_event"),
        (alarm(), "other_event"),
    ],
)
def test_other_triggers_are_ignored(body: object, kind: str) -> None:
    """Motion, vehicles and the test button share the endpoint."""
    parsed = parse(body)
    assert ((), (), (Ignored(kind=kind),)) == (parsed.reads, parsed.rejects, parsed.ignored)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (alarm(trigger(value="")), RejectReason.NO_PLATE),
        (alarm(trigger(value="Unknown")), RejectReason.NO_PLATE),
        (alarm(trigger(value={"name": "x"})), RejectReason.MISSING_FIELD),
        (alarm("text"), RejectReason.MISSING_FIELD),
        ({"alarm": {"triggers": {}}}, RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A plate that is none and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])


def test_smart_detection_of_older_versions() -> None:
    """The thumbnail of a vehicle carries the plate as its name; other thumbnails are not looked at."""
    parsed = parse(
        {
            "type": "smart_detection",
            "camera": {"id": "cam-1", "name": "Gate"},
            "event": {"id": "e-1"},
            "metadata": {
                "detected_thumbnails": [
                    {
                        "type": "vehicle",
                        "name": "ZZT042",
                        "clock_best_wall": "2025-11-24T16:00:00.5Z",
                        "attributes": {"vehicle_type": {"val": "van"}, "color": {"val": "blue"}},
                    },
                    {"type": "person", "name": "Somebody"},
                    {"type": "vehicle", "name": None},
                ]
            },
        }
    )
    (read,) = parsed.reads
    assert ("ZZT042", "cam-1", "e-1", Vehicle(color="blue", body="van")) == (
        read.plate_text,
        read.reader_id,
        read.event_id,
        read.vehicle,
    )
    assert datetime(2025, 11, 24, 16, 0, 0, 500000, UTC) == read.captured_at
    assert ["other_event", "vehicle_without_plate"] == [ignored.kind for ignored in parsed.ignored]
