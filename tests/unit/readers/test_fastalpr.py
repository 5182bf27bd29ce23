"""fast-alpr: adapters' readings with characters, the library's own results, lists of both."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lockplate.read import Ignored, Parsed, Read, RejectReason
from lockplate.readers.formats import parse_body


def reading(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "plate_text": "ZZT04",
        "confidence": 0.62,
        "characters": [{"char": char, "confidence": 0.9 - place / 10} for place, char in enumerate("ZZT04")],
        "accepted": True,
        "plate_detection": {"attempted": True, "found": True, "confidence": 0.4},
    }
    return entry | changes


def parse(body: object) -> Parsed:
    parsed = parse_body(msgspec.json.encode(body))
    assert "fastalpr" == parsed.format
    return parsed


def only(body: object) -> Read:
    parsed = parse(body)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_reading_with_characters() -> None:
    """The text's confidence is not the detector's, and each character has its own."""
    read = only(reading())
    assert ("ZZT04", None) == (read.plate_text, read.captured_at)
    assert read.confidence is not None
    assert (0.62, "0-1") == (read.confidence.value, read.confidence.scale)
    assert (5, 0.9) == (len(read.character_confidence), read.character_confidence[0])


def test_callers_time_camera_and_id_are_used() -> None:
    """The library knows no time and no camera; an adapter adds them, beside the reading or around it."""
    for body in (
        reading(timestamp=1764000000.5, camera_id="cam-7", event_id="e-1"),
        {"timestamp": "2025-11-24T16:00:00.5Z", "camera": "cam-7", "results": [reading(event_id="e-1")]},
    ):
        read = only(body)
        assert (datetime(2025, 11, 24, 16, 0, 0, 500000, UTC), "cam-7", "e-1") == (
            read.captured_at,
            read.reader_id,
            read.event_id,
        )


def test_library_result_with_a_list_of_confidences() -> None:
    """The library's OCR may give one figure for each character instead of one for the text."""
    detection = {"label": "License Plate", "confidence": 0.8, "bounding_box": {"x1": 1}}
    parsed = parse(
        [
            {"detection": detection, "ocr": {"text": "ZZT04", "confidence": [0.9, 0.8, 0.7, 0.6, 0.5]}},
            {"detection": detection, "ocr": {"text": "QQR777", "confidence": 0.66}},
            {"detection": detection, "ocr": None},
        ]
    )
    first, second = parsed.reads
    assert ("ZZT04", None, 5) == (first.plate_text, first.confidence, len(first.character_confidence))
    assert second.confidence is not None
    assert ("QQR777", 0.66) == (second.plate_text, second.confidence.value)
    assert (Ignored(kind="no_detection"),) == parsed.ignored


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (reading(accepted=False), RejectReason.NO_PLATE),
        (reading(plate_text=""), RejectReason.NO_PLATE),
        (reading(plate_text={"a": 1}), RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A reading that its own reader did not accept is no plate; a text of another type is a broken message."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])


def test_nothing_found_is_ignored() -> None:
    """The detector saw no plate in the picture."""
    parsed = parse(reading(plate_text=None, confidence=None, plate_detection={"attempted": True, "found": False}))
    assert ((), (), (Ignored(kind="no_detection"),)) == (parsed.reads, parsed.rejects, parsed.ignored)


def test_broken_characters_give_no_character_confidence() -> None:
    """A figure for some characters only would be set against the wrong ones."""
    assert () == only(reading(characters=[{"char": "Z", "confidence": 0.5}, {"char": "Z"}])).character_confidence
