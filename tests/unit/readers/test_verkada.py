"""Verkada: both versions of the lpr webhook, other webhooks, the list of seen plates."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lockplate.read import ClockRule, Ignored, Parsed, Read, RejectReason
from lockplate.readers.formats import parse_body


def webhook(kind: str = "lpr", **data: Any) -> dict[str, Any]:
    return {
        "org_id": "00000000-0000-4000-8000-000000000001",
        "webhook_type": kind,
        "created_at": 1764000009,
        "webhook_id": "00000000-0000-4000-8000-000000000002",
        "data": {
            "camera_id": "00000000-0000-4000-8000-000000000003",
            "created": 1764000001,
            "detected": 1764000000123,
            "license_plate_number": "ZZT042",
            "license_plate_state": "us-or",
            "confidence": 0.93,
            "image_url": "https://images.example/1",
        }
        | data,
    }


def parse(body: object) -> Parsed:
    parsed = parse_body(msgspec.json.encode(body))
    assert "verkada" == parsed.format
    return parsed


def only(body: object) -> Read:
    parsed = parse(body)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_detection_in_milliseconds_comes_before_creation_in_seconds() -> None:
    """Three times in two units are in one body; the detection's is the read's."""
    read = only(webhook())
    assert (datetime(2025, 11, 24, 16, 0, 0, 123000, UTC), ClockRule.EPOCH_MILLISECONDS) == (
        read.captured_at,
        read.clock_rule,
    )
    assert ("ZZT042", "US-OR", "00000000-0000-4000-8000-000000000003") == (
        read.plate_text,
        read.region,
        read.reader_id,
    )
    assert ("00000000-0000-4000-8000-000000000002",) == read.passage_ids
    assert "https://images.example/1" == read.images[0].reference


def test_older_version_has_seconds_only() -> None:
    """Before `detected` there was `created`."""
    body = webhook()
    del body["data"]["detected"]
    read = only(body)
    assert (datetime(2025, 11, 24, 16, 0, 1, tzinfo=UTC), ClockRule.EPOCH_SECONDS) == (
        read.captured_at,
        read.clock_rule,
    )


def test_other_webhooks_are_ignored() -> None:
    """People, doors and motion share the endpoint."""
    body = webhook("notification")
    body["data"] = {"notification_type": "person_of_interest", "person_label": "Somebody", "camera_id": "c"}
    assert (Ignored(kind="other_event"),) == parse(body).ignored


def test_plate_of_interest_is_a_claim() -> None:
    """The camera's own list match is kept as a claim."""
    read = only(webhook("notification", notification_type="license_plate_of_interest"))
    assert "license_plate_of_interest" == read.claimed_list


def test_list_of_seen_plates() -> None:
    """The API's answer holds many detections of one camera."""
    seen = [{"license_plate": "ZZT042", "timestamp": 1764000000, "image_url": "u", "vehicle_image_url": "v"}]
    read = only({"camera_id": "cam-1", "detections": seen, "next_page_token": None})
    assert ("ZZT042", "cam-1", datetime(2025, 11, 24, 16, tzinfo=UTC)) == (
        read.plate_text,
        read.reader_id,
        read.captured_at,
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (webhook(license_plate_number=""), RejectReason.NO_PLATE),
        (webhook(license_plate_number=None), RejectReason.NO_PLATE),
        (webhook(license_plate_number=[]), RejectReason.MISSING_FIELD),
        ({"webhook_type": "lpr", "org_id": "o", "data": None}, RejectReason.MISSING_FIELD),
        ({"webhook_type": "lpr", "org_id": "o", "data": {}}, RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A plate that is none and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])
