"""Milesight: posts whose keys an operator may rename, naive times, placeholders that were not filled in."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import ClockRule, Confidence, Parsed, Read, RejectReason, public_read
from lockplate.readers.formats import parse_body

BERLIN = ZoneInfo("Europe/Berlin")


def post(**changes: Any) -> dict[str, Any]:
    """A camera's post; a key set to None is left out."""
    body = {
        "device": "Gate camera", "time": "2025-11-24 17:00:00", "plate": "KBR118", "plate_color": "White", "vehicle_type": "Car",
        "vehicle_color": "Blue", "vehicle_brand": "Skoda", "direction": "In", "detection_region": 2, "region": "POL", "confidence": "0.93",
        "type": "Black", "plate_image": "elided",
    }  # fmt: skip
    return {key: value for key, value in (body | changes).items() if value is not None}


def one(parsed: Parsed) -> Read:
    assert ("milesight", 1, (), ()) == (parsed.format, len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_a_post_is_read() -> None:
    """Everything that the post may say about plate and vehicle."""
    read = one(parse_body(json.dumps(post()).encode(), zone=BERLIN))
    assert ("KBR118", "PL", "Gate camera", "In", "2", "Black") == (
        read.plate_text, read.region, read.reader_id, read.direction, read.lane, read.claimed_list,
    )  # fmt: skip
    assert (datetime(2025, 11, 24, 16, tzinfo=UTC), ClockRule.READER_ZONE) == (read.captured_at, read.clock_rule)
    assert (Confidence(value=0.93, scale="0-1"), ["plate"]) == (read.confidence, [image.kind for image in read.images])
    assert {"make": "Skoda", "color": "Blue", "body": "Car"} == msgspec.to_builtins(read.vehicle)


def test_without_a_zone_there_is_no_instant() -> None:
    """The post's time is naive."""
    read = one(parse_body(json.dumps(post()).encode()))
    assert (None, "2025-11-24 17:00:00", ClockRule.NO_ZONE) == (read.captured_at, read.captured_at_raw, read.clock_rule)


@pytest.mark.parametrize(
    ("changes", "at", "rule"),
    [
        (
            {"time_msec": "2025-11-24 17:00:00.305"},
            datetime(2025, 11, 24, 16, 0, 0, 305000, UTC),
            ClockRule.READER_ZONE,
        ),
        ({"time_msec": 305}, datetime(2025, 11, 24, 16, 0, 0, 305000, UTC), ClockRule.READER_ZONE),
        ({"time": 1764000000305}, datetime(2025, 11, 24, 16, 0, 0, 305000, UTC), ClockRule.EPOCH_MILLISECONDS),
        ({"time": "2025-11-24T16:00:00Z"}, datetime(2025, 11, 24, 16, tzinfo=UTC), ClockRule.OFFSET),
    ],
)
def test_finer_and_better_times_are_preferred(changes: dict[str, Any], at: datetime, rule: ClockRule) -> None:
    """Milliseconds in a field of their own, an epoch, or an offset."""
    read = one(parse_body(json.dumps(post(**changes)).encode(), zone=BERLIN))
    assert (at, rule) == (read.captured_at, read.clock_rule)


def test_keys_may_be_spelt_another_way() -> None:
    """Capitals, spaces and hyphens make no other key."""
    body = {
        "Device Name": "Gate camera",
        "Time": "2025-11-24 17:00:00",
        "License Plate": "KBR118",
        "Plate-Color": "White",
        "Device SN": "SN9",
    }
    read = one(parse_body(json.dumps(body).encode()))
    assert ("KBR118", "SN9") == (read.plate_text, read.reader_id)


def test_a_serial_number_comes_before_a_name() -> None:
    """The name changes; a figure over one is out of a hundred."""
    read = one(parse_body(json.dumps(post(device_sn="SN9", confidence=93)).encode()))
    assert ("SN9", Confidence(value=93.0, scale="0-100")) == (read.reader_id, read.confidence)


@pytest.mark.parametrize(
    "word",
    [
        "unknown",
        "No Plate",
        "--",
        "null",
        "unlicensed",
        "",
        "%PLATE%",
        "$plate",
        "{{plate}}",
        "<plate>",
        "#PLATE_READ#",
    ],
)
def test_words_and_placeholders_are_no_plate(word: str) -> None:
    """A placeholder that the camera did not fill in is no plate."""
    assert [RejectReason.NO_PLATE] == [
        reject.reason for reject in parse_body(json.dumps(post(plate=word)).encode()).rejects
    ]


@pytest.mark.parametrize("value", [{}, [], True, 1.5])
def test_another_type_is_a_missing_field(value: object) -> None:
    """The plate is text."""
    assert [RejectReason.MISSING_FIELD] == [
        reject.reason for reject in parse_body(json.dumps(post(plate=value)).encode()).rejects
    ]


def test_a_plate_of_digits_may_be_a_number() -> None:
    """A template without quotation marks writes it so."""
    assert "118204" == one(parse_body(json.dumps(post(plate=118204)).encode())).plate_text


def test_other_posts_with_a_plate_are_not_claimed() -> None:
    """A plate and a time are not enough to be this vendor's."""
    assert "milesight" != parse_body(b'{"plate": "KBR118", "time": "2025-11-24 17:00:00", "type": "lpr"}').format


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    grafts=st.dictionaries(
        st.sampled_from([*sorted(post()), "time_msec", "latitude", "longitude", "full_image"]) | st.text(max_size=6),
        JSON,
        max_size=6,
    )
)
def test_no_post_raises(grafts: dict[str, Any]) -> None:
    """Whatever stands in the fields, every outcome can be shown."""
    for body in (post() | grafts, grafts, [grafts, post()]):
        parsed = parse_body(json.dumps(body).encode(), format_name="milesight", zone=BERLIN)
        assert parsed.reads or parsed.rejects or parsed.ignored
        assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]
