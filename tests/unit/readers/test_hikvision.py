"""Hikvision: one event under many namespaces, as XML or JSON, with pictures or without; people's fields never kept."""

import json
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import (
    Candidate,
    ClockRule,
    Confidence,
    Ignored,
    Image,
    Parsed,
    Position,
    Read,
    RejectReason,
    public_read,
)
from lockplate.readers.formats import parse_body

SPACES = [
    "http://www.hikvision.com/ver20/XMLSchema",
    "http://www.isapi.org/ver20/XMLSchema",
    "http://www.std-cgi.com/ver20/XMLSchema",
]


def event(anpr: str = "<licensePlate>QZX 471</licensePlate>", *, kind: str = "ANPR", more: str = "") -> str:
    return (
        f"<macAddress>02:00:5e:10:20:30</macAddress><dateTime>2025-11-03T08:15:30.250-08:00</dateTime>"
        f"<eventType>{kind}</eventType><eventState>active</eventState><ANPR>{anpr}</ANPR>{more}"
    )


def alert(inner: str, space: str = SPACES[0]) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><EventNotificationAlert version="2.0" xmlns="{space}">{inner}</EventNotificationAlert>'.encode()


def one(parsed: Parsed) -> Read:
    assert ("hikvision", 1, (), ()) == (parsed.format, len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


@pytest.mark.parametrize("space", SPACES)
def test_every_namespace_is_the_same_event(space: str) -> None:
    """Three namespaces name one format."""
    read = one(parse_body(alert(event(), space)))
    assert ("QZX 471", datetime(2025, 11, 3, 16, 15, 30, 250000, UTC)) == (read.plate_text, read.captured_at)
    assert (ClockRule.OFFSET, "2025-11-03T08:15:30.250-08:00") == (read.clock_rule, read.captured_at_raw)
    assert "02:00:5e:10:20:30" == read.reader_id


@pytest.mark.parametrize("declared", [' xmlns:ns1="http://www.isapi.org/ver20/XMLSchema"', ""])
def test_a_prefixed_event_is_the_same_event(declared: str) -> None:
    """Some firmware puts a prefix in front of every name; a relay that cuts the event out loses its declaration."""
    body = (
        f'<ns1:EventNotificationAlert{declared} version="2.0"><ns1:eventType>ANPR</ns1:eventType>'
        "<ns1:dateTime>2025-11-03T08:15:30+01:00</ns1:dateTime>"
        "<ns1:ANPR><ns1:licensePlate>QZX471</ns1:licensePlate></ns1:ANPR></ns1:EventNotificationAlert>"
    )
    assert "QZX471" == one(parse_body(body.encode())).plate_text


def test_all_that_may_be_kept_is_kept() -> None:
    """Confidence, characters, lane, direction, vehicle, ids, list claim, position, resent."""
    anpr = (
        "<country>64</country><CRIndex>64</CRIndex><licensePlate>QZX471</licensePlate><line>2</line><direction>reverse</direction>"
        "<confidenceLevel>87.5</confidenceLevel><plateCharBelieve>99,98,97,60,99,91</plateCharBelieve>"
        "<vehicleType>pickupTruck</vehicleType><vehicleInfo><color>green</color><vehicleLogoRecog>1036</vehicleLogoRecog>"
        "<vehileModel>0</vehileModel></vehicleInfo><originalLicensePlate>0ZX471</originalLicensePlate>"
        "<vehicleListName>blackList</vehicleListName><pictureInfoList><pictureInfo><fileName>licensePlatePicture.jpg</fileName>"
        "<type>licensePlatePicture</type><pId>P-1</pId></pictureInfo><pictureInfo><fileName>pilotPicture.jpg</fileName>"
        "<type>pilotPicture</type><pId>P-2</pId></pictureInfo></pictureInfoList>"
    )
    more = (
        "<UUID>U-9</UUID><isDataRetransmission>true</isDataRetransmission><channelName>Gate 4</channelName><DeviceGPSInfo>"
        "<longitudeType>W</longitudeType><latitudeType>N</latitudeType><Longitude><degree>123</degree><minute>30</minute>"
        "<sec>36.0</sec></Longitude><Latitude><degree>44</degree><minute>3</minute><sec>0</sec></Latitude></DeviceGPSInfo>"
    )
    read = one(parse_body(alert(event(anpr, more=more))))
    assert ("TH", Confidence(value=87.5, scale="0-100")) == (read.region, read.confidence)
    assert (99.0, 98.0, 97.0, 60.0, 99.0, 91.0) == read.character_confidence
    assert (Candidate(plate_text="0ZX471"),) == read.candidates
    assert ("2", "reverse", "Gate 4", "blackList", True) == (
        read.lane, read.direction, read.place, read.claimed_list, read.resent,
    )  # fmt: skip
    assert ("U-9", ("U-9", "P-1", "P-2")) == (read.event_id, read.passage_ids)
    assert {"color": "green", "body": "pickupTruck"} == msgspec.to_builtins(read.vehicle)
    assert Position(latitude=44.05, longitude=-123.51) == read.position
    assert (Image(kind="plate", reference="licensePlatePicture.jpg"),) == read.images


def test_a_form_brings_the_pictures_but_never_the_drivers() -> None:
    """Pictures are matched by file name; one of a driver is not even described."""
    anpr = (
        "<licensePlate>QZX471</licensePlate><pictureInfoList><pictureInfo><fileName>detectionPicture.jpg</fileName>"
        "<type>detectionPicture</type></pictureInfo></pictureInfoList>"
    )
    jpeg = b"\xff\xd8\xff\xe0" + b"\0" * 90_000
    body = b"".join(
        b'--cam\r\nContent-Disposition: form-data; name="'
        + name
        + b'"; filename="'
        + name
        + b'"\r\nContent-Type: '
        + kind
        + b"\r\n\r\n"
        + data
        + b"\r\n"
        for name, kind, data in (
            (b"anpr.xml", b"text/xml", alert(event(anpr))),
            (b"licensePlatePicture.jpg", b"image/jpeg", jpeg[:500]),
            (b"detectionPicture.jpg", b"image/jpeg", jpeg),
            (b"pilotPicture.jpg", b"image/jpeg", jpeg[:600]),
        )
    )
    for content_type in ("multipart/form-data; boundary=cam", ""):
        images = one(parse_body(body + b"--cam--\r\n", content_type=content_type)).images
        assert [("scene", "image/jpeg", len(jpeg)), ("plate", "image/jpeg", 500)] == [
            (image.kind, image.media_type, image.size) for image in images
        ]


def test_a_saved_stream_gives_every_alert() -> None:
    """Heartbeats and two cars in one stream are three outcomes."""
    beat = event(kind="videoloss").replace("active", "inactive")
    parts = [alert(beat), alert(event()), alert(event("<licensePlate>KDM882</licensePlate>"))]
    body = b"".join(
        b"--b\r\nContent-Type: application/xml\r\nContent-Length: 9\r\n\r\n" + part + b"\r\n" for part in parts
    )
    parsed = parse_body(body, content_type="multipart/mixed; boundary=b")
    assert ["QZX 471", "KDM882"] == [read.plate_text for read in parsed.reads]
    assert (Ignored(kind="heartbeat"),) == parsed.ignored


@pytest.mark.parametrize(
    ("kind", "ignored"),
    [
        ("VMD", "VMD"),
        ("linedetection", "linedetection"),
        ("heartBeat", "heartbeat"),
        ("AID", "other_event"),
        ("QZX471", "other_event"),
    ],
)
def test_other_events_are_ignored_under_a_known_word(kind: str, ignored: str) -> None:
    """Motion is no read; a word that we do not know never becomes a counter's name."""
    parsed = parse_body(alert(event(kind=kind)))
    assert ((), (), (Ignored(kind=ignored),)) == (parsed.reads, parsed.rejects, parsed.ignored)


@pytest.mark.parametrize(
    "word", ["unknown", "Unknown", "No Plate", "--", "null", "unlicensed", "", "  ", "无车牌", "NOREAD"]
)
def test_words_for_no_plate_are_no_plate(word: str) -> None:
    """A detection without a plate is counted and never stored."""
    for body in (
        alert(event(f"<licensePlate>{word}</licensePlate>")),
        json.dumps({"eventType": "ANPR", "ANPR": {"licensePlate": word}}).encode(),
    ):
        assert [RejectReason.NO_PLATE] == [reject.reason for reject in parse_body(body).rejects]


def test_the_original_plate_stands_in_for_a_missing_one() -> None:
    """When the corrected plate is a word for none, what was recognised counts."""
    anpr = "<licensePlate>unknown</licensePlate><originalLicensePlate>QZX471</originalLicensePlate>"
    assert "QZX471" == one(parse_body(alert(event(anpr)))).plate_text


@pytest.mark.parametrize(
    "inner",
    [
        "<eventType>ANPR</eventType>",
        "<eventType>ANPR</eventType><ANPR/>",
        event("<line>1</line>"),
        "<ipAddress>192.0.2.1</ipAddress>",
    ],
)
def test_a_broken_event_is_a_missing_field(inner: str) -> None:
    """A plate event without its plate, or an alert without its type, is broken."""
    assert [RejectReason.MISSING_FIELD] == [reject.reason for reject in parse_body(alert(inner)).rejects]


@pytest.mark.parametrize(
    ("fields", "region"),
    [
        ("<country>3</country><CRIndex>3</CRIndex>", "DE"),
        ("<country>30</country>", "KZ"),
        ("<country>0</country>", None),
        ("<country>GBR</country>", "GB"),
    ],
)
def test_the_country_comes_from_the_index(fields: str, region: str | None) -> None:
    """The vendor numbers countries."""
    assert region == one(parse_body(alert(event("<licensePlate>A1</licensePlate>" + fields)))).region


@pytest.mark.parametrize(("word", "region"), [("POL", "PL"), ("NON", None)])
def test_an_abbreviation_overrules_the_index(word: str, region: str | None) -> None:
    """The index may be the country that the camera is set up for; "NON" says that none was recognised."""
    body = alert(
        event(
            "<country>3</country><licensePlate>A1</licensePlate>",
            more=f"<countryAbbreviation>{word}</countryAbbreviation>",
        )
    )
    assert region == one(parse_body(body)).region


def test_a_naive_time_waits_for_the_readers_zone() -> None:
    """Old firmware leaves the offset out."""
    body = alert(event()).replace(b".250-08:00", b"")
    read = one(parse_body(body))
    assert (None, ClockRule.NO_ZONE) == (read.captured_at, read.clock_rule)


def test_the_picture_time_stands_in_for_a_missing_one() -> None:
    """`absTime` is local and only used when the alert has no time."""
    anpr = "<licensePlate>A1</licensePlate><pictureInfoList><pictureInfo><absTime>20251103081530250</absTime></pictureInfo></pictureInfoList>"
    body = alert(event(anpr)).replace(b"<dateTime>2025-11-03T08:15:30.250-08:00</dateTime>", b"")
    read = one(parse_body(body, zone=UTC))
    assert (datetime(2025, 11, 3, 8, 15, 30, 250000, UTC), ClockRule.READER_ZONE) == (read.captured_at, read.clock_rule)


@pytest.mark.parametrize("key", ["ANPR", "aNPR"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_the_json_form_is_the_same_event(key: str, wrapped: bool) -> None:
    """Newer firmware sends JSON, in two spellings."""
    body: dict[str, Any] = {
        "ipAddress": "192.0.2.7",
        "macAddress": "02:00:5e:10:20:31",
        "dateTime": "2025-11-03T08:15:30+08:00",
        "eventType": "ANPR",
        "eventState": "active",
        key: {"licensePlate": "QZX471", "line": 3, "confidenceLevel": "66", "vehicleInfo": {"color": "white"}},
        "UUID": "U-1",
        "isDataRetransmission": False,
    }
    read = one(parse_body(json.dumps({"EventNotificationAlert": body} if wrapped else body).encode()))
    assert ("QZX471", "3", 66.0, "U-1", False) == (
        read.plate_text, read.lane, read.confidence.value, read.event_id, read.resent,
    )  # fmt: skip
    assert datetime(2025, 11, 3, 0, 15, 30, tzinfo=UTC) == read.captured_at


def test_a_polled_list_gives_every_row() -> None:
    """The camera also answers a list of plates when asked."""
    body = (
        '<Plates xmlns="http://www.hikvision.com/ver10/XMLSchema"><Plate><captureTime>20251103T081530+0100</captureTime>'
        "<plateNumber>QZX471</plateNumber><picName>p1</picName><country>POL</country><laneNo>1</laneNo></Plate>"
        "<Plate><captureTime>20251103T081600+0100</captureTime><plateNumber>unknown</plateNumber></Plate></Plates>"
    )
    parsed = parse_body(body.encode())
    assert [("QZX471", "p1", "PL", datetime(2025, 11, 3, 7, 15, 30, tzinfo=UTC))] == [
        (read.plate_text, read.event_id, read.region, read.captured_at) for read in parsed.reads
    ]
    assert [RejectReason.NO_PLATE] == [reject.reason for reject in parsed.rejects]


def test_nothing_about_people_is_kept() -> None:
    """Belts, phones, smoking, masks and children are in the message and in no outcome."""
    people = "".join(
        f"<{name}>SECRETVALUE</{name}>"
        for name in (
            "pilotsafebelt",
            "vicepilotsafebelt",
            "uphone",
            "smoking",
            "pilotmask",
            "vicepilotMask",
            "frontChild",
            "helmet",
            "pdvs",
        )
    )
    assert b"SECRETVALUE" not in msgspec.json.encode(
        parse_body(alert(event("<licensePlate>A1</licensePlate>" + people)))
    )


NAMES = st.sampled_from(
    ["licensePlate", "originalLicensePlate", "confidenceLevel", "plateCharBelieve", "country", "line", "vehicleInfo",
     "pictureInfoList", "pictureInfo", "type", "color", "fileName", "pId"]
)  # fmt: skip
TREES = st.recursive(
    st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"), max_size=12).map(
        escape
    ),
    lambda inner: st.lists(st.tuples(NAMES, inner), max_size=4).map(
        lambda items: "".join(f"<{name}>{value}</{name}>" for name, value in items)
    ),
    max_leaves=12,
)


@given(anpr=TREES, more=TREES)
def test_no_event_raises(anpr: str, more: str) -> None:
    """Whatever stands in the fields, every outcome can be shown."""
    parsed = parse_body(alert(event(anpr, more=f"<DeviceGPSInfo>{more}</DeviceGPSInfo>{more}")))
    assert 1 == len(parsed.reads) + len(parsed.rejects) + len(parsed.ignored)
    assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(
    anpr=JSON,
    kind=JSON,
    rest=st.dictionaries(
        st.sampled_from(["UUID", "dateTime", "macAddress", "DeviceGPSInfo", "countryAbbreviation"]), JSON
    ),
)
def test_no_json_event_raises(anpr: Any, kind: Any, rest: dict[str, Any]) -> None:
    """The JSON form takes arbitrary values in every field."""
    parsed = parse_body(json.dumps({"eventType": kind, "ANPR": anpr, **rest}).encode(), format_name="hikvision")
    assert 1 == len(parsed.reads) + len(parsed.rejects) + len(parsed.ignored)
