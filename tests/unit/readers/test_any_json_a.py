"""Any JSON, and any JSON grafted into a format's own shape: an answer each time, never an error, never a false claim."""

import copy
import math
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockplate.read import Parsed, public_read
from lockplate.readers.blueiris import BLUEIRIS
from lockplate.readers.fastalpr import FASTALPR
from lockplate.readers.format_type import Format
from lockplate.readers.formats import FORMATS, parse_body
from lockplate.readers.frigate import FRIGATE
from lockplate.readers.genetec import GENETEC
from lockplate.readers.openalpr import OPENALPR
from lockplate.readers.payload import Payload, open_payload
from lockplate.readers.platerecognizer import PLATERECOGNIZER
from lockplate.readers.unifi import UNIFI
from lockplate.readers.verkada import VERKADA

OURS: dict[str, Format] = {
    known.name: known for known in (OPENALPR, PLATERECOGNIZER, BLUEIRIS, FASTALPR, UNIFI, VERKADA, FRIGATE, GENETEC)
}

STATE = {
    "id": "1.5-a",
    "camera": "gate",
    "label": "car",
    "frame_time": 1764000000.5,
    "recognized_license_plate": ["ZZT042", 0.9],
}

BODIES: dict[str, list[Any]] = {
    "openalpr": [
        {
            "data_type": "alpr_group",
            "epoch_start": 1764000000123,
            "camera_id": 41,
            "gps_latitude": 44.0,
            "gps_longitude": -123.0,
            "uuids": ["a-41-1"],
            "plate_indexes": [0],
            "best_uuid": "a-41-1",
            "best_plate_number": "ZZT042",
            "best_confidence": 91.5,
            "best_region": "us-or",
            "best_plate": {"plate": "ZZT042", "plate_index": 0, "plate_crop_jpeg": "AAAA"},
            "candidates": [{"plate": "ZZT042", "confidence": 91.5}],
            "travel_direction": 180.5,
            "vehicle": {"make": [{"name": "volvo", "confidence": 70.5}]},
            "web_server_config": {"camera_label": "gate"},
        },
        {
            "data_type": "alpr_results",
            "uuid": "a-41-1",
            "epoch_time": 1764000000123,
            "results": [{"plate": "ZZT042", "plate_index": 0, "confidence": 91.5, "region": "us-or"}],
        },
        {"data_type": "alpr_alert", "alert_list": "l", "group": {"best_plate_number": "ZZT042", "uuids": ["u"]}},
        {"data_type": "heartbeat", "agent_uid": "a", "video_streams": []},
    ],
    "platerecognizer": [
        {
            "hook": {"target": "t", "id": "gate", "event": "recognition", "filename": "f"},
            "data": {
                "camera_id": "gate",
                "filename": "f",
                "timestamp": "2025-11-24T16:00:00Z",
                "results": [
                    {
                        "plate": "zzt042",
                        "score": 0.9,
                        "region": {"code": "us-or"},
                        "candidates": [{"plate": "zzt042", "score": 0.9}],
                        "vehicle": {"type": "Van"},
                        "model_make": [{"make": "Volvo", "model": "240", "score": 0.5}],
                        "color": [{"color": "green", "score": 0.5}],
                        "year": [{"year_range": [1990, 1993], "score": 0.4}],
                    },
                    {
                        "plate": {"props": {"plate": [{"value": "zzt042", "score": 0.9}], "region": [{"value": "gb"}]}},
                        "vehicle": {"type": "Van", "props": {"make_model": [], "color": []}},
                    },
                ],
            },
        },
        {
            "filename": "f",
            "timestamp": "2025-11-24 16:00:00",
            "results": [{"plate": "zzt042", "score": 0.9}],
            "usage": {},
        },
    ],
    "blueiris": [
        {
            "camera": "GATE",
            "timestamp": "2025-11-24T16:00:00Z",
            "plate_number": "ZZT042",
            "memo": "ZZT042:80%",
            "Image": "AAAA",
            "ai_dump": [
                {
                    "api": "alpr",
                    "found": {
                        "predictions": [{"plate": "ZZT042", "label": "Plate: ZZT042", "confidence": 0.9}],
                        "requestId": "r",
                        "timestampUTC": "Mon, 24 Nov 2025 16:00:00 GMT",
                    },
                }
            ],
        },
        {"camera": "GATE", "timestamp": "2025-11-24T16:00:00Z", "memo": "ZZT042:80%"},
        {"camera": "GATE", "plate_number": "ZZT042"},
        [{"api": "alpr", "found": {"predictions": [{"plate": "ZZT042", "confidence": 0.9}]}}],
    ],
    "fastalpr": [
        {
            "plate_text": "ZZT042",
            "confidence": 0.6,
            "characters": [{"char": "Z", "confidence": 0.6}],
            "plate_detection": {"found": True},
            "timestamp": 1764000000.5,
        },
        [{"detection": {"label": "License Plate"}, "ocr": {"text": "ZZT042", "confidence": [0.5]}}],
    ],
    "unifi": [
        {
            "alarm": {
                "sources": [{"device": "AA"}],
                "triggers": [
                    {
                        "key": "license_plate_unknown",
                        "value": "ZZT042",
                        "device": "AA",
                        "eventId": "e",
                        "timestamp": 1764000000123,
                    }
                ],
                "thumbnail": "data:image/jpeg;base64,AAAA",
            },
            "timestamp": 1764000001000,
        },
        {
            "type": "smart_detection",
            "metadata": {
                "detected_thumbnails": [{"type": "vehicle", "name": "ZZT042", "attributes": {"color": {"val": "x"}}}]
            },
        },
    ],
    "verkada": [
        {
            "org_id": "o",
            "webhook_type": "lpr",
            "created_at": 1764000000,
            "webhook_id": "w",
            "data": {"camera_id": "c", "detected": 1764000000123, "license_plate_number": "ZZT042", "confidence": 0.9},
        },
        {"camera_id": "c", "detections": [{"license_plate": "ZZT042", "timestamp": 1764000000}]},
    ],
    "frigate": [
        {"type": "lpr", "id": "1.5-a", "plate": "ZZT042", "score": 0.9, "camera": "gate", "timestamp": 1764000000.5},
        {"type": "update", "before": STATE, "after": STATE | {"data": {}}},
        {"topic": "frigate/events", "payload": '{"type": "end", "before": {}, "after": {"id": "1", "camera": "g"}}'},
    ],
    "genetec": [
        {
            "ReferenceReadId": "1",
            "Plate": "ZZT042",
            "Confidence": "0.95",
            "PlateStateProvince": "QC",
            "ReadTimeUtc": "2025-02-01T16:00:00Z",
        },
        {
            "CameraName": "Gate",
            "DateUtc": "01/02/2025",
            "TimeUtc": "16:00:00",
            "Plate": "ZZT042",
            "Attributes": {"Vehicle Make": "Volvo"},
        },
    ],
}

OTHERS: list[Any] = [
    {
        "Picture": {
            "Plate": {"PlateNumber": "ZZT042", "Confidence": 90},
            "SnapInfo": {"AccurateTime": "2025-11-24 16:00:00"},
        }
    },
    {"Events": [{"Code": "TrafficJunction", "TrafficCar": {"PlateNumber": "ZZT042"}, "Object": {"Confidence": 90}}]},
    {
        "packetCounter": "1",
        "capture_timestamp": "1764000000123",
        "plateUTF8": "ZZT042",
        "carID": "7",
        "carState": "new",
    },
    {"event": "LPR", "device": "Cam", "time": "2025-11-24 16:00:00", "plate": "ZZT042", "plateColor": "white"},
    {"CAR_ID": "5", "LPR": "ZZT042", "TS": "1764000000123456", "THRESHOLD": 0.9},
    {"EventNotificationAlert": {"eventType": "ANPR", "ANPR": {"licensePlate": "ZZT042", "confidenceLevel": 90}}},
    {
        "format": "lockplate",
        "plate_text": "ZZT042",
        "plate_key": "22T042",
        "confidence": {"value": 0.5, "scale": "0-1"},
    },
    {"plate": "ZZT042", "captured_at": "2025-11-24T16:00:00Z", "reader": "r", "confidence": 0.5},
    {"plate_number": "ZZT042"},
    {"data_type": "sensor", "plate": "ZZT042"},
    {},
    [],
    None,
    3,
    "text",
]

SHAPES = [(name, place) for name, bodies in BODIES.items() for place in range(len(bodies))]

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.just(math.nan),
    st.text(max_size=60),
    st.sampled_from(
        ["", "unknown", "--", "9" * 400, "2025-13-45T99:99:99Z", "0000-00-00 00:00:00", "A" * 100, "1e999"]
    ),
)
ANY_JSON = st.recursive(
    HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


def grafted(body: Any, path: tuple[Any, ...], graft: Any) -> Any:
    if not path:
        return graft
    whole = copy.deepcopy(body)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = graft
    return whole


def must_be_an_answer(parsed: Parsed, name: str) -> None:
    assert name == parsed.format
    assert parsed.reads or parsed.rejects or parsed.ignored
    for read in parsed.reads:
        msgspec.json.encode(public_read(read))
        assert read.plate_text == read.plate_text.strip() != ""


@pytest.mark.parametrize(("name", "place"), SHAPES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_json_grafted_into_the_shape_is_answered(name: str, place: int, data: st.DataObject) -> None:
    """Wrong types anywhere, NaN and huge numbers end in a read, a reject or an ignored, whoever claims the body."""
    body = BODIES[name][place]
    for _ in range(2):
        body = grafted(body, data.draw(st.sampled_from(list(paths(body)))), data.draw(ANY_JSON))
    payload = Payload(json=body)
    must_be_an_answer(OURS[name].parse(payload, None), name)
    for known in OURS.values():
        assert known.claims(payload) in (True, False)


@pytest.mark.parametrize(("name", "place"), SHAPES)
def test_a_number_too_long_to_write_out_is_answered(name: str, place: int) -> None:
    """Python refuses to write integers of over 4,300 digits; in any place of a body that is no error."""
    for path in paths(BODIES[name][place]):
        payload = Payload(json=grafted(BODIES[name][place], path, 10**5000))
        must_be_an_answer(OURS[name].parse(payload, None), name)


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=ANY_JSON)
def test_any_json_at_all_is_answered(name: str, body: Any) -> None:
    """A format that is told to read a body of any shape answers."""
    must_be_an_answer(OURS[name].parse(Payload(json=body), None), name)


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=200))
def test_text_and_elements_are_answered(name: str, text: str) -> None:
    """So it does for text and for XML of any shape."""
    must_be_an_answer(OURS[name].parse(Payload(text=text), None), name)
    root = Element("Export")
    read = SubElement(root, "Read", {"Plate": "ZZT042", "HitID": "h"})
    SubElement(read, "DateUtc").text = text
    must_be_an_answer(OURS[name].parse(Payload(xml=root), None), name)


@pytest.mark.parametrize("name", OURS)
@given(body=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_answered(name: str, body: bytes) -> None:
    """The way in from bytes holds the same promise, with the format named or not."""
    must_be_an_answer(parse_body(body, format_name=name), name)
    assert parse_body(body).format


@pytest.mark.parametrize(("name", "place"), SHAPES)
def test_each_body_is_claimed_by_its_own_format_only(name: str, place: int) -> None:
    """Detection by shape: no two of these formats claim one body, and the first to claim is the right one."""
    payload = Payload(json=BODIES[name][place])
    assert [name] == [known.name for known in OURS.values() if known.claims(payload)]
    assert name == next(known.name for known in FORMATS if known.claims(payload))
    assert name == parse_body(msgspec.json.encode(BODIES[name][place])).format


@pytest.mark.parametrize("body", OTHERS)
def test_other_vendors_bodies_are_not_claimed(body: Any) -> None:
    """What a camera of another vendor sends, or nobody, is left to others."""
    assert [] == [known.name for known in OURS.values() if known.claims(Payload(json=body))]


@pytest.mark.parametrize(
    "body",
    [
        b"<EventNotificationAlert><ANPR><licensePlate>ZZT042</licensePlate></ANPR></EventNotificationAlert>",
        b"<Msg><PLATE_STRING>ZZT042</PLATE_STRING><DATE>2025-11-24</DATE><TIME>16-00-00</TIME></Msg>",
        b"<Plate>ZZT042</Plate>",
        b"--edge\nEvents[0].TrafficCar.PlateNumber=ZZT042\n",
        b"timestamp,plate\n2025-11-24T16:00:00Z,ZZT042\n",
        b"Code=TrafficJunction;action=Pulse;index=0",
    ],
)
def test_other_vendors_xml_and_text_are_not_claimed(body: bytes) -> None:
    """So is XML and text of others."""
    assert [] == [known.name for known in OURS.values() if known.claims(open_payload(body))]


@pytest.mark.parametrize(("name", "place"), SHAPES)
def test_every_invented_body_is_read(name: str, place: int) -> None:
    """The bodies above are good ones, so that grafting starts from what is read."""
    parsed = parse_body(msgspec.json.encode(BODIES[name][place]))
    assert () == parsed.rejects
    assert parsed.reads or parsed.ignored
