"""Axis: License Plate Verifier and FF events in JSON, forms, ONVIF metadata and the XML log; heartbeats that are text."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import ClockRule, Confidence, Ignored, Image, Parsed, Position, Read, RejectReason, public_read
from lockplate.readers.formats import parse_body

STOCKHOLM = ZoneInfo("Europe/Stockholm")
AT = datetime(2025, 11, 24, 16, 0, 0, 305000, UTC)
JPEG = b"\xff\xd8\xff\xe0" + bytes(200)


def event(**changes: Any) -> dict[str, Any]:
    """A camera's event; a key set to None is left out."""
    body = {
        "packetCounter": "901", "capture_timestamp": "1764000000305", "capture_ts": "1764000000305000000", "frame_timestamp": "0",
        "datetime": "20251124 170000305", "plateText": "WRN6677", "plateUnicode": "MRN6677", "plateUTF8": "MRN6677", "plateASCII": "MRN6677",
        "plateCountry": "SWE", "plateConfidence": "0.730000", "carState": "new", "roiID": "1", "geotag": {"lat": 59.1, "lon": "18.2"},
        "imageType": "plate", "carMoveDirection": "out", "carID": "77", "plateList": "", "plateListMode": "",
        "imagesURI": ["/local/x/tools.cgi?name=1_lp_MRN6677.jpg", "/local/x/tools.cgi?name=1_roi_MRN6677.jpg"],
        "vehicle_info": {"type": "CAR", "brand": "Volvo", "model": "V60", "color": "GRAY", "view": "front"},
        "camera_info": {"SerialNumber": "ACCC8E000001", "MACAddress": "AC:CC:8E:00:00:01", "ProdShortName": "AXIS TEST"},
        "sensorProviderID": "North gate",
    }  # fmt: skip
    return {key: value for key, value in (body | changes).items() if value is not None}


def sent(**changes: Any) -> bytes:
    return json.dumps(event(**changes)).encode()


def one(parsed: Parsed) -> Read:
    assert ("axis", 1, (), ()) == (parsed.format, len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_an_event_is_read_whole() -> None:
    """The UTF-8 plate comes first, the serial number names the reader, the list of camera pictures is described."""
    read = one(parse_body(sent()))
    assert ("MRN6677", "SE", "ACCC8E000001", "North gate", "out") == (
        read.plate_text,
        read.region,
        read.reader_id,
        read.place,
        read.direction,
    )
    assert (AT, "1764000000305", ClockRule.EPOCH_MILLISECONDS) == (
        read.captured_at,
        read.captured_at_raw,
        read.clock_rule,
    )
    assert (Confidence(value=0.73, scale="0-1"), "901", ("77",)) == (read.confidence, read.event_id, read.passage_ids)
    assert {"make": "Volvo", "model": "V60", "color": "GRAY", "body": "CAR"} == msgspec.to_builtins(read.vehicle)
    assert Position(latitude=59.1, longitude=18.2) == read.position
    assert ["plate", "scene"] == [image.kind for image in read.images]
    assert read.claimed_list is None


@pytest.mark.parametrize("state", ["new", "update", "lost"])
def test_every_state_of_a_car_is_a_read_of_one_passage(state: str) -> None:
    """An update may change the plate; the passage id stays."""
    first, later = (
        one(parse_body(sent())),
        one(parse_body(sent(carState=state, plateUTF8="HRN6677", packetCounter="902"))),
    )
    assert (first.passage_ids, "HRN6677") == (later.passage_ids, later.plate_text)
    assert first.event_id != later.event_id


@pytest.mark.parametrize(
    ("missing", "plate"),
    [
        (("plateUTF8",), "MRN6677"),
        (("plateUTF8", "plateUnicode"), "WRN6677"),
        (("plateUTF8", "plateUnicode", "plateText"), "MRN6677"),
    ],
)
def test_the_other_spellings_stand_in(missing: tuple[str, ...], plate: str) -> None:
    """Older firmware sends fewer of the four."""
    assert plate == one(parse_body(sent(**dict.fromkeys(missing)))).plate_text


def test_letters_outside_ascii_stay() -> None:
    """`TÖ` is not mended into anything."""
    assert "TÖLSX19" == one(parse_body(json.dumps(event(plateUTF8="TÖLSX19"), ensure_ascii=False).encode())).plate_text


@pytest.mark.parametrize(
    ("changes", "zone", "at", "rule"),
    [
        ({"capture_timestamp": None}, None, AT, ClockRule.EPOCH_NANOSECONDS),
        ({"capture_timestamp": "0", "capture_ts": "0"}, STOCKHOLM, AT, ClockRule.READER_ZONE),
        ({"capture_timestamp": "", "capture_ts": None}, None, None, ClockRule.NO_ZONE),
        ({"capture_timestamp": "x", "capture_ts": "y", "datetime": "z"}, STOCKHOLM, None, ClockRule.UNREADABLE),
        ({"capture_timestamp": None, "capture_ts": None, "datetime": None}, None, None, ClockRule.ABSENT),
    ],
)
def test_time_falls_back_to_what_is_left(
    changes: dict[str, Any], zone: ZoneInfo | None, at: datetime | None, rule: ClockRule
) -> None:
    """Milliseconds, else nanoseconds, else the camera's wall clock by the reader's zone."""
    read = one(parse_body(sent(**changes), zone=zone))
    assert (at, rule) == (read.captured_at, read.clock_rule)


@pytest.mark.parametrize(
    ("fields", "region"),
    [
        ({"plateCountry": "USA", "plateRegionCode": "CA"}, "US-CA"),
        ({"plateCountry": "DEU", "plateRegionCode": "TÖL", "plateRegion": "Bad Tölz"}, "DE"),
        ({"plateCountry": "CZE", "plateRegionCode": "A"}, "CZ"),
        ({"plateCountry": "DEU", "plateRegionCode": "HH"}, "DE"),
        ({"plateCountry": "USA", "plateISO3166-2": "US-NV", "plateRegionCode": "??"}, "US-NV"),
        ({"plateCountry": ""}, None),
    ],
)
def test_regions(fields: dict[str, Any], region: str | None) -> None:
    """A plate's own district code is not an ISO code."""
    assert region == one(parse_body(sent(**fields))).region


def test_a_list_match_is_a_foreign_claim() -> None:
    """The camera's own list is kept as its word; the list's free text about a person is not."""
    read = one(parse_body(sent(plateList="Block list", plateListMode="block", plateListDescription="SECRETVALUE")))
    assert "Block list" == read.claimed_list
    assert b"SECRETVALUE" not in msgspec.json.encode(read)


def test_inline_pictures_and_files() -> None:
    """A picture comes in the JSON or as a part of the form beside the event."""
    inline = one(
        parse_body(
            sent(
                ImageArray=[
                    {"ImageType": "vehicle", "ImageFormat": "jpg", "BinaryImage": base64.b64encode(JPEG).decode()}
                ]
            )
        )
    )
    assert (Image(kind="vehicle", media_type="image/jpeg", size=len(JPEG), data=JPEG),) == inline.images
    body = (
        b'--b\r\nContent-Disposition: form-data; name="event"; filename="event.json"\r\nContent-Type: application/json\r\n\r\n'
        + sent()
        + b'\r\n--b\r\nContent-Disposition: form-data; name="image"; filename="lp.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + JPEG
        + b"\r\n--b--\r\n"
    )
    formed = one(parse_body(body, content_type="multipart/form-data; boundary=b"))
    assert (
        Image(kind="plate", media_type="image/jpeg", size=len(JPEG), reference="lp.jpg", data=JPEG),
    ) == formed.images


@pytest.mark.parametrize(
    "body",
    [
        b"heartbeat",
        b"Heartbeat from ACCC8E000001 2025-11-24 17:00:00",
        b'{"camera_info": {"SerialNumber": "ACCC8E000001"}}',
    ],
)
def test_heartbeats_are_ignored(body: bytes) -> None:
    """A sign of life is text, or JSON without a plate."""
    assert ((), (), (Ignored(kind="heartbeat"),)) == msgspec.structs.astuple(parse_body(body))[1:]


@pytest.mark.parametrize("word", ["unknown", "Unknown", "No Plate", "--", "null", "unlicensed", "", None])
def test_words_for_no_plate_are_no_plate(word: str | None) -> None:
    """A detection without a plate is counted and never stored."""
    body = json.dumps(event() | dict.fromkeys(("plateUTF8", "plateUnicode", "plateText", "plateASCII"), word)).encode()
    assert [RejectReason.NO_PLATE] == [reject.reason for reject in parse_body(body).rejects]


def test_a_plate_of_another_type_is_a_missing_field() -> None:
    """An object where the plate should be is a broken message."""
    body = sent(plateUTF8={}, plateUnicode=[], plateText=None, plateASCII=True)
    assert [RejectReason.MISSING_FIELD] == [reject.reason for reject in parse_body(body).rejects]


def notification(topic: str, **items: str) -> str:
    data = "".join(f'<tt:SimpleItem Name="{name}" Value="{value}"/>' for name, value in items.items())
    return (
        f"<wsnt:NotificationMessage><wsnt:Topic>{topic}</wsnt:Topic><wsnt:ProducerReference><wsa5:Address>uri://dev-1/ProducerReference"
        f'</wsa5:Address></wsnt:ProducerReference><wsnt:Message><tt:Message UtcTime="2025-11-24T16:00:09Z"><tt:Data>{data}</tt:Data>'
        "</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )


def stream(*notifications: str) -> bytes:
    return (
        '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
        f'xmlns:wsa5="http://www.w3.org/2005/08/addressing"><tt:Event>{"".join(notifications)}</tt:Event></tt:MetadataStream>'
    ).encode()


def test_onvif_metadata_gives_every_plate_event() -> None:
    """Two topics of the recogniser, one of motion, one that saw no plate."""
    parsed = parse_body(
        stream(
            notification(
                "tnsaxis:CameraApplicationPlatform/ALPV.RealTime",
                timestamp="1764000000305",
                isDetected="1",
                lpText="MRN6677",
                carID="4",
            ),
            notification(
                "tnsaxis:CameraApplicationPlatform/ALPV.AllPlates", text="KBD118", country="SWE", listName="Allow list"
            ),
            notification("tns1:VideoSource/MotionAlarm", State="1"),
            notification("tnsaxis:CameraApplicationPlatform/ALPV.RealTime", isDetected="0", lpText=""),
        )
    )
    assert [
        ("MRN6677", AT, ClockRule.EPOCH_MILLISECONDS, "dev-1", ("4",)),
        ("KBD118", datetime(2025, 11, 24, 16, 0, 9, tzinfo=UTC), ClockRule.OFFSET, "dev-1", ()),
    ] == [
        (read.plate_text, read.captured_at, read.clock_rule, read.reader_id, read.passage_ids) for read in parsed.reads
    ]
    assert ("axis", "SE", "Allow list", 2, ()) == (
        parsed.format, parsed.reads[1].region, parsed.reads[1].claimed_list, len(parsed.ignored), parsed.rejects,
    )  # fmt: skip


def test_the_cameras_own_log_is_read() -> None:
    """`events.cgi` answers XML rows with microseconds."""
    row = "<TS>1764000000305123</TS><CAR_ID>77</CAR_ID><LPR>MRN6677</LPR><THRESHOLD>0.71</THRESHOLD><COUNTRY>CZE</COUNTRY><DIRECTION>2</DIRECTION>"
    read = one(parse_body(f"<events><event>{row}</event></events>".encode()))
    assert ("MRN6677", datetime(2025, 11, 24, 16, 0, 0, 305123, UTC), "CZ", "in", ("77",)) == (
        read.plate_text, read.captured_at, read.region, read.direction, read.passage_ids,
    )  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lat", "lon", "BinaryImage", "ImageType", "SerialNumber", "type"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(
    grafts=st.dictionaries(
        st.sampled_from([*sorted(event()), "ImageArray", "plateRegionCode", "plateISO3166-2"]), JSON, max_size=6
    ),
    zone=st.sampled_from([None, STOCKHOLM]),
)
def test_no_event_raises(grafts: dict[str, Any], zone: ZoneInfo | None) -> None:
    """Whatever stands in the fields, every outcome can be shown."""
    for body in (json.dumps(event() | grafts), json.dumps(grafts), json.dumps([grafts, event()])):
        parsed = parse_body(body.encode(), format_name="axis", zone=zone)
        assert parsed.reads or parsed.rejects or parsed.ignored
        assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]


@given(
    topic=st.sampled_from(["ALPV.x", "other", ""]),
    items=st.dictionaries(
        st.sampled_from(["lpText", "text", "timestamp", "country", "carID", "isDetected"]),
        st.text("AZ019 .-", max_size=8),
    ),
)
def test_no_notification_raises(topic: str, items: dict[str, str]) -> None:
    """Items may be missing, empty or nonsense."""
    parsed = parse_body(stream(notification(topic, **items)), format_name="axis")
    assert 1 == len(parsed.reads) + len(parsed.rejects) + len(parsed.ignored)
