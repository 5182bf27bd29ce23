"""Dahua: four transports, one event; UTC that is local, confidence in another object, plates decoded twice."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import ClockRule, Confidence, Ignored, Parsed, Read, RejectReason, public_read
from lockplate.readers.formats import parse_body

BANGKOK = ZoneInfo("Asia/Bangkok")
REAL = 1764000000
LOCAL = REAL + 7 * 3600


def data(**changes: Any) -> dict[str, Any]:
    """A traffic event's data; a key set to None is left out."""
    event = {
        "EventID": 516,
        "GroupID": 9911,
        "Lane": 1,
        "RealUTC": REAL,
        "UTC": LOCAL,
        "UTCMS": 305,
        "LocaleTime": "2025-11-24 23:00:00",
        "Object": {"ObjectType": "Plate", "Text": "KBR-118", "Confidence": 73},
        "TrafficCar": {
            "PlateNumber": "KBR-118", "MachineName": "TEST0PAJ0001", "Lane": 2, "VehicleColor": "Blue", "UTC": LOCAL,
            "DrivingDirection": ["Leave", "out", "in"], "Country": "THA", "VehicleSign": "Toyota", "PlateColor": "White",
        },
        "Vehicle": {"Category": "SUV", "Confidence": 160},
    }  # fmt: skip
    return {key: value for key, value in (event | changes).items() if value is not None}


def manager(event: dict[str, Any] | None = None, **changes: Any) -> bytes:
    return json.dumps(
        {"Code": "TrafficJunction", "action": "Pulse", "index": "0", "data": data() if event is None else event}
        | changes
    ).encode()


def push(**picture: Any) -> bytes:
    body = {
        "Plate": {"PlateNumber": "KBR118", "Confidence": 90, "Region": "ARE"},
        "SnapInfo": {
            "AccurateTime": "2025-11-24 23:00:00.250",
            "DeviceID": "gate-1",
            "Direction": "Obverse",
            "LanNo": 2,
            "InCarPeopleNum": 3,
        },
        "Vehicle": {"VehicleColor": "Red", "VehicleType": "Motorcycle"},
    }
    return json.dumps({"Picture": body | picture}).encode()


def lines(event: dict[str, Any], number: int = 0) -> str:
    def flat(value: Any, path: str) -> list[str]:
        if isinstance(value, dict):
            return [line for key, item in value.items() for line in flat(item, f"{path}.{key}")]
        if isinstance(value, list):
            return [line for index, item in enumerate(value) for line in flat(item, f"{path}[{index}]")]
        return [f"{path}={value}"]

    return "\r\n".join(
        flat({"EventBaseInfo": {"Code": "TrafficJunction", "Action": "Pulse"}} | event, f"Events[{number}]")
    )


def one(parsed: Parsed) -> Read:
    assert ("dahua", 1, (), ()) == (parsed.format, len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def rpc(*events: Any) -> bytes:
    return json.dumps(
        {"id": 1, "method": "client.notifyEventStream", "params": {"SID": 5, "eventList": list(events)}}
    ).encode()


TRANSPORTS = {
    "event manager JSON": manager(),
    "event manager text": b"Code=TrafficJunction;action=Pulse;index=0;data="
    + json.dumps(data(), indent=3).encode()
    + b"\n",
    "snap manager text": lines(data()).encode(),
    "RPC": rpc({"Action": "Pulse", "Code": "TrafficJunction", "Data": data(), "Index": 0}),
    "stream": b"--myboundary\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nCode=TrafficJunction;action=Pulse;index=0;data="
    + json.dumps(data()).encode()
    + b"\r\n",
}


@pytest.mark.parametrize("body", TRANSPORTS.values(), ids=TRANSPORTS.keys())
def test_every_transport_gives_the_same_read(body: bytes) -> None:
    """JSON, key=value text, numbered lines and the RPC stream tell the same."""
    read = one(parse_body(body))
    assert ("KBR-118", "TH", "TEST0PAJ0001") == (read.plate_text, read.region, read.reader_id)
    assert (datetime(2025, 11, 24, 16, 0, 0, 305000, UTC), str(REAL), ClockRule.EPOCH_SECONDS) == (
        read.captured_at, read.captured_at_raw, read.clock_rule,
    )  # fmt: skip
    assert Confidence(value=73.0, scale="0-100") == read.confidence
    assert ("516", ("9911", "516"), "2", "Leave") == (read.event_id, read.passage_ids, read.lane, read.direction)
    assert {"make": "Toyota", "color": "Blue", "body": "SUV"} == msgspec.to_builtins(read.vehicle)


def test_utc_that_is_local_is_never_taken_for_utc() -> None:
    """Without RealUTC only the reader's zone can place the time."""
    body = manager(data(RealUTC=None))
    read = one(parse_body(body))
    assert (None, str(LOCAL), ClockRule.NO_ZONE) == (read.captured_at, read.captured_at_raw, read.clock_rule)
    read = one(parse_body(body, zone=BANGKOK))
    assert (datetime(2025, 11, 24, 16, 0, 0, 305000, UTC), str(LOCAL), ClockRule.READER_ZONE) == (
        read.captured_at, read.captured_at_raw, read.clock_rule,
    )  # fmt: skip


def test_a_local_utc_in_the_car_alone_is_local_too() -> None:
    """`TrafficCar.UTC` is no better."""
    read = one(parse_body(manager(data(RealUTC=None, UTC=None, LocaleTime=None))))
    assert (None, str(LOCAL), ClockRule.NO_ZONE) == (read.captured_at, read.captured_at_raw, read.clock_rule)


def test_written_local_time_is_the_last_resort() -> None:
    """`LocaleTime` is naive; an unset RealUTC is no time."""
    event = data(RealUTC=0, UTC=0, UTCMS=None, TrafficCar={"PlateNumber": "KBR118"})
    read = one(parse_body(manager(event), zone=BANGKOK))
    assert (datetime(2025, 11, 24, 16, tzinfo=UTC), "2025-11-24 23:00:00") == (read.captured_at, read.captured_at_raw)


@pytest.mark.parametrize("milliseconds", [-1, 1000, 5000, "x", None, True])
def test_milliseconds_out_of_range_do_not_move_the_time(milliseconds: object) -> None:
    """Only 0 to 999 are milliseconds."""
    assert datetime(2025, 11, 24, 16, tzinfo=UTC) == one(parse_body(manager(data(UTCMS=milliseconds)))).captured_at


def test_the_plate_falls_back_to_the_objects_text() -> None:
    """Some firmware leaves the car's plate out, or writes a word for none there."""
    for car in ({}, {"PlateNumber": ""}, {"PlateNumber": "Unknown"}):
        assert "KBR-118" == one(parse_body(manager(data(TrafficCar=car)))).plate_text


def test_an_object_that_is_no_plate_gives_neither_text_nor_confidence() -> None:
    """The object may be the vehicle itself."""
    event = data(Object={"ObjectType": "Vehicle", "Text": "Toyota", "Confidence": 99})
    assert ("KBR-118", None) == (one(parse_body(manager(event))).plate_text, one(parse_body(manager(event))).confidence)


def test_confidence_is_never_made_up() -> None:
    """It is in the object; without one there is none, and a figure over 100 shows the other scale."""
    assert one(parse_body(manager(data(Object=None)))).confidence is None
    assert (
        Confidence(value=204.0, scale="0-255")
        == one(parse_body(push(Plate={"PlateNumber": "A1", "Confidence": 204}))).confidence
    )


@pytest.mark.parametrize(
    ("sent", "plate"),
    [
        ("КВР118".encode().decode("latin-1"), "КВР118"),
        ("กข118".encode().decode("latin-1"), "กข118"),
        ("TÖL118", "TÖL118"),
        ("КВР118", "КВР118"),
        ("京A1180", "京A1180"),
    ],
)
def test_plates_decoded_twice_are_mended_only_when_they_are(sent: str, plate: str) -> None:
    """UTF-8 that was read as latin-1 is read again; anything else stays as sent."""
    for body in (manager(data(TrafficCar={"PlateNumber": sent})), push(Plate={"PlateNumber": sent})):
        assert plate == one(parse_body(body)).plate_text


@pytest.mark.parametrize("word", ["unknown", "Unknown", "No Plate", "--", "null", "unlicensed", "", None])
def test_words_for_no_plate_are_no_plate(word: str | None) -> None:
    """A detection without a plate is counted and never stored."""
    for body in (
        manager(data(TrafficCar={"PlateNumber": word}, Object={"Text": word})),
        push(Plate={"PlateNumber": word}),
    ):
        assert [RejectReason.NO_PLATE] == [reject.reason for reject in parse_body(body).rejects]


@pytest.mark.parametrize("code", ["VideoMotion", "AlarmLocal", "FaceDetection", "SomethingNew", "TrafficJam", "KBR118"])
def test_other_events_are_ignored(code: str) -> None:
    """Even when they carry something that looks like a plate."""
    plain = {} if code == "TrafficJam" else data()
    for body in (manager(plain, Code=code), rpc({"Code": code, "Action": "Pulse", "Data": plain})):
        kind = "other_event" if code in ("SomethingNew", "KBR118") else code
        assert ((), (), (Ignored(kind=kind),)) == msgspec.structs.astuple(parse_body(body))[1:]


def test_the_end_of_an_event_is_not_a_second_read() -> None:
    """`Stop` repeats what `Start` has said."""
    assert ([], 1) == (list(parse_body(manager(action="Stop")).reads), len(parse_body(manager(action="Stop")).ignored))
    assert "KBR-118" == one(parse_body(manager(action="Start"))).plate_text


def test_many_events_in_one_text_are_told_apart() -> None:
    """Numbered lines may be mixed; motion is ignored; a missing plate is a reject."""
    text = lines({"TrafficCar": {"PlateNumber": "aaa-111"}, "GroupID": 7}) + (
        "\nEvents[2].Code=VideoMotion"
        "\nEvents[1].Code=TrafficJunction"
        "\nEvents[2].TrafficCar.PlateNumber=NOTTHIS"
        "\nEvents[1].TrafficCar.PlateNumber=BBB 222"
        "\nReturnEvents[3].Code=TrafficJunction"
        "\nReturnEvents[3].TrafficCar.PlateNumber=Unknown"
        "\nnot a line"
    )
    parsed = parse_body(text.encode())
    assert [("aaa-111", ("7",)), ("BBB 222", ())] == [(read.plate_text, read.passage_ids) for read in parsed.reads]
    assert [RejectReason.NO_PLATE] == [reject.reason for reject in parsed.rejects]
    assert (Ignored(kind="VideoMotion"),) == parsed.ignored


def test_flat_lines_may_lack_a_code_and_may_come_as_json() -> None:
    """Some relays send the lines as keys of an object; a car without a code is a passage."""
    lone = "Events[0].TrafficCar.PlateNumber"
    for body in (f"{lone}=KBR118\n".encode(), json.dumps({lone: "KBR118", "DeviceName": "x"}).encode()):
        assert "KBR118" == one(parse_body(body)).plate_text


def test_a_snap_stream_keeps_parts_apart_and_pictures_with_their_event() -> None:
    """Every part numbers its events from zero; a heartbeat is a part of its own."""
    jpeg = b"\xff\xd8\xff\xe0" + bytes(70_000)
    parts = [
        (b"text/plain", lines({"TrafficCar": {"PlateNumber": "AAA111"}}).encode()),
        (b"image/jpeg", jpeg),
        (b"text/plain", b"Heartbeat"),
        (b"text/plain", lines({"TrafficCar": {"PlateNumber": "BBB222"}}).encode()),
    ]
    body = b"".join(
        b"--myboundary\r\nContent-Type: " + kind + b"\r\nContent-Length: 1\r\n\r\n" + part + b"\r\n"
        for kind, part in parts
    )
    for content_type in ("", "multipart/x-mixed-replace; boundary=myboundary"):
        parsed = parse_body(body, content_type=content_type)
        assert [("AAA111", [len(jpeg)]), ("BBB222", [])] == [
            (read.plate_text, [image.size for image in read.images]) for read in parsed.reads
        ]
        assert (Ignored(kind="heartbeat"),) == parsed.ignored


def test_many_events_in_one_stream_text() -> None:
    """Key=value events follow each other; broken data is a missing field and hides no other event."""
    good = "Code=TrafficJunction;action=Pulse;index=0;data=" + json.dumps(data(), indent=1)
    broken = "Code=TrafficJunction;action=Pulse;index=0;data={broken"
    text = f"{good}\n{broken}\nCode=VideoMotion;action=Start;index=0\n{good}"
    parsed = parse_body(text.encode())
    assert (2, [RejectReason.MISSING_FIELD], (Ignored(kind="VideoMotion"),)) == (
        len(parsed.reads), [reject.reason for reject in parsed.rejects], parsed.ignored,
    )  # fmt: skip


def test_a_push_is_read() -> None:
    """ITSAPI: local time, camera's name, lane, pictures; the count of people is not looked at."""
    body = push(
        CutoutPic={"PicName": "c.jpg", "Content": "/9j/" + "A" * 96},
        NormalPic={"PicName": "n.jpg", "Content": "elided..."},
        VehiclePic={"PicName": "v.jpg"},
    )
    read = one(parse_body(body, zone=BANGKOK))
    assert ("KBR118", "AE", "gate-1", "Obverse", "2") == (
        read.plate_text,
        read.region,
        read.reader_id,
        read.direction,
        read.lane,
    )
    assert (datetime(2025, 11, 24, 16, 0, 0, 250000, UTC), ClockRule.READER_ZONE) == (read.captured_at, read.clock_rule)
    assert {"color": "Red", "body": "Motorcycle"} == msgspec.to_builtins(read.vehicle)
    assert [("plate", 75, None), ("vehicle", None, "v.jpg"), ("scene", None, "elided...")] == [
        (image.kind, image.size, image.reference) for image in read.images
    ]
    assert (None, ClockRule.NO_ZONE) == (one(parse_body(body)).captured_at, one(parse_body(body)).clock_rule)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"Active": "keepAlive", "DeviceID": "gate-1"}, "heartbeat"),
        ({"Active": True, "DeviceID": "gate-1"}, "heartbeat"),
        ({"DeviceID": "gate-1", "DeviceModel": "X", "IPAddress": "192.0.2.4"}, "device_info"),
        ({"DeviceInfo": {"DeviceID": "gate-1"}}, "device_info"),
        ({"method": "global.keepAlive", "params": {"timeout": 300}, "id": 3}, "heartbeat"),
    ],
)
def test_signs_of_life_are_ignored(body: dict[str, Any], kind: str) -> None:
    """They come to the same address as the reads."""
    parsed = parse_body(json.dumps(body).encode())
    assert ("dahua", (), (), (Ignored(kind=kind),)) == msgspec.structs.astuple(parsed)


def test_a_bare_heartbeat_is_ignored() -> None:
    """The stream says `Heartbeat` and nothing else."""
    assert ("dahua", (Ignored(kind="heartbeat"),)) == (
        parse_body(b"Heartbeat\r\n").format,
        parse_body(b"Heartbeat\r\n").ignored,
    )


@pytest.mark.parametrize(
    "body",
    [
        manager({}),
        manager({"TrafficCar": {"Lane": 1}}),
        manager({"TrafficCar": {"PlateNumber": ["A"]}}),
        json.dumps({"Code": "TrafficJunction", "action": "Pulse"}).encode(),
        json.dumps({"Picture": {"SnapInfo": {}}}).encode(),
        push(Plate={"PlateColor": "White"}),
        json.dumps({"Picture": "none"}).encode(),
    ],
)
def test_broken_events_are_missing_fields(body: bytes) -> None:
    """A passage without the field that holds its plate is broken."""
    parsed = parse_body(body)
    assert ("dahua", [RejectReason.MISSING_FIELD]) == (parsed.format, [reject.reason for reject in parsed.rejects])


def test_zero_is_no_id() -> None:
    """Every passage with group 0 would be one passage."""
    assert () == one(parse_body(manager(data(GroupID=0, EventID=0)))).passage_ids


def test_nothing_about_people_is_kept() -> None:
    """Seats, riders, helmets and calls are in the message and in no outcome."""
    event = data(
        CommInfo={"Seat": [{"SafeBelt": "SECRETVALUE"}]},
        NonMotor={"RiderList": [{"Age": "SECRETVALUE", "Bag": "SECRETVALUE", "Helmet": "SECRETVALUE"}]},
        MainSeat={"DriverCalling": "SECRETVALUE"},
    )
    for body in (manager(event), lines(event).encode(), push(SnapInfo={"InCarPeopleNum": "SECRETVALUE"})):
        assert b"SECRETVALUE" not in msgspec.json.encode(parse_body(body))


KEYS = st.sampled_from(
    [
        "PlateNumber",
        "Text",
        "Confidence",
        "RealUTC",
        "UTC",
        "UTCMS",
        "ObjectType",
        "DrivingDirection",
        "Enable",
        "GPSInfo",
        "Content",
        "0",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["KBR118", 1764000000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=9,
)
FIELDS = st.sampled_from(
    [
        "TrafficCar",
        "Object",
        "Vehicle",
        "CommInfo",
        "RealUTC",
        "UTC",
        "UTCMS",
        "EventID",
        "GroupID",
        "Lane",
        "LocaleTime",
        "Plate",
        "SnapInfo",
        "CutoutPic",
    ]
)


@given(grafts=st.dictionaries(FIELDS, JSON, max_size=5), code=JSON, zone=st.sampled_from([None, BANGKOK]))
def test_no_event_raises(grafts: dict[str, Any], code: Any, zone: ZoneInfo | None) -> None:
    """Whatever stands in the fields, on any transport, every outcome can be shown."""
    for body in (
        manager(data() | grafts),
        manager(grafts, Code=code),
        push(**grafts),
        rpc(grafts, code),
        rpc({"Code": code, "Data": grafts}),
    ):
        parsed = parse_body(body, format_name="dahua", zone=zone)
        assert parsed.reads or parsed.rejects or parsed.ignored
        assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]


@given(
    text=st.lists(
        st.sampled_from(
            [
                "Events[0].",
                "Events[1].",
                "Code=",
                "TrafficCar",
                ".PlateNumber=",
                "A1",
                "\n",
                "[0]",
                "=",
                "data={",
                "}",
                ";action=Pulse;",
                "Events[x]",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_text_raises(text: str) -> None:
    """Lines may break off anywhere and contradict each other."""
    parsed = parse_body(b"Events[0].Code=TrafficJunction\n" + text.encode(), format_name="dahua")
    assert parsed.reads or parsed.rejects or parsed.ignored
