"""Genetec: camera pushes, older JSON with day-first dates, XML export, hits, and states without a country."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lockplate.read import ClockRule, Parsed, Read, RejectReason, Vehicle
from lockplate.readers.formats import parse_body
from lockplate.readers.region_names import state_of

INSTANT = datetime(2025, 2, 1, 16, 0, 0, 123000, UTC)


def pushed(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "ReferenceReadId": "1802300000000001",
        "ReferenceCameraId": "ACCC8E000001",
        "Plate": "ZZT042",
        "Confidence": "0.95",
        "PlateStateProvince": "QC",
        "CameraName": "Gate",
        "VehicleDirection": "In",
        "ReadTimeUtc": "2025-02-01T16:00:00.123Z",
    }
    return body | changes


def older(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "CameraName": "Gate",
        "DateUtc": "01/02/2025",
        "TimeUtc": "16:00:00",
        "Plate": "ZZT042",
        "State": "CA",
        "ConfidenceScore": "85",
        "Attributes": {
            "Vehicle Make": "Volvo",
            "Vehicle Model": "240",
            "Vehicle Color": "Green",
            "Vehicle Type": "Wagon",
            "Relative Motion": "Moving Away",
            "Confidence Score": "50",
        },
    }
    return body | changes


def parse(body: object, **options: Any) -> Parsed:
    parsed = parse_body(body if isinstance(body, bytes) else msgspec.json.encode(body), **options)
    assert "genetec" == parsed.format
    return parsed


def only(body: object, **options: Any) -> Read:
    parsed = parse(body, **options)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_camera_push() -> None:
    """The camera's serial, not its name, is the reader; the read's own id is the event."""
    read = only(pushed())
    assert ("ZZT042", "CA-QC", "ACCC8E000001", "In") == (
        read.plate_text,
        read.region,
        read.reader_id,
        read.direction,
    )
    assert (INSTANT, ("1802300000000001",)) == (read.captured_at, read.passage_ids)
    assert None is read.claimed_list


@pytest.mark.parametrize(
    ("text", "rule"),
    [("2025-02-01T16:00:00.123Z", ClockRule.OFFSET), ("2025-02-01T16:00:00.123", ClockRule.UTC_FIELD)],
)
def test_read_time_is_utc_with_or_without_z(text: str, rule: ClockRule) -> None:
    """The field is UTC by name; a reader's zone does not move it."""
    read = only(pushed(ReadTimeUtc=text), zone=ZoneInfo("Asia/Tokyo"))
    assert (INSTANT, rule) == (read.captured_at, read.clock_rule)


@pytest.mark.parametrize(("sent", "scale"), [("0.95", "0-1"), (0.95, "0-1"), ("95", "0-100"), (1, "0-1")])
def test_confidence_scale_is_told_by_size(sent: object, scale: str) -> None:
    """Cameras fill one field on two scales."""
    read = only(pushed(Confidence=sent))
    assert read.confidence is not None
    assert scale == read.confidence.scale


def test_older_form_has_day_first_dates_and_attributes() -> None:
    """01/02/2025 is the first of February, UTC."""
    read = only(older())
    assert (datetime(2025, 2, 1, 16, tzinfo=UTC), ClockRule.UTC_FIELD, "01/02/2025 16:00:00") == (
        read.captured_at,
        read.clock_rule,
        read.captured_at_raw,
    )
    assert Vehicle(make="Volvo", model="240", color="Green", body="Wagon") == read.vehicle
    assert ("Gate", "Moving Away", "US-CA") == (read.reader_id, read.direction, read.region)
    assert read.confidence is not None
    assert (85.0, "0-100") == (read.confidence.value, read.confidence.scale)


@pytest.mark.parametrize("date", ["31/02/2025", "13/13/2025", "soon", "99/99/9999"])
def test_impossible_dates_are_unreadable(date: str) -> None:
    """A date that is none gives no instant, and its text is kept."""
    read = only(older(DateUtc=date))
    assert (None, ClockRule.UNREADABLE, f"{date} 16:00:00") == (
        read.captured_at,
        read.clock_rule,
        read.captured_at_raw,
    )


def test_year_first_dates_are_read_too() -> None:
    """Some exports write the date year first."""
    assert datetime(2025, 2, 1, 16, tzinfo=UTC) == only(older(DateUtc="2025-02-01")).captured_at


def test_hit_is_a_claim_and_its_action_is_not_kept() -> None:
    """Another system's hit is a foreign claim; what an officer did with it is nobody's business here."""
    read = only(older(HitID="H-9", HotlistName="Permits", UserAction="Enforced", Patroller="Unit 7"))
    assert ("Permits", "H-9") == (read.claimed_list, read.event_id)
    assert b"Enforced" not in msgspec.json.encode(read)


XML = b"""<?xml version="1.0"?>
<x:Export xmlns:x="urn:example">
  <x:Read><x:Plate>ZZT042</x:Plate><x:DateUtc>01/02/2025</x:DateUtc><x:TimeUtc>16:00:00.123</x:TimeUtc>
    <x:CameraName>Gate</x:CameraName>
    <x:Attributes><x:Attribute Name="Vehicle Make">Volvo</x:Attribute></x:Attributes></x:Read>
  <x:Hit><x:HitID>H-9</x:HitID><x:UserAction>Enforced</x:UserAction>
    <x:Read><x:Plate>QQR777</x:Plate><x:ReadTimeUtc>2025-02-01T16:00:00.123Z</x:ReadTimeUtc></x:Read></x:Hit>
  <x:Read><x:Plate/><x:DateUtc>01/02/2025</x:DateUtc><x:TimeUtc>16:00:00</x:TimeUtc></x:Read>
</x:Export>"""


def test_xml_export() -> None:
    """Reads and hits of an export, whatever its namespace; an empty plate is rejected, not lost."""
    parsed = parse(XML)
    first, second = parsed.reads
    assert (["ZZT042", "QQR777"], {INSTANT}) == (
        [read.plate_text for read in parsed.reads],
        {read.captured_at for read in parsed.reads},
    )
    assert (Vehicle(make="Volvo"), None, "hit", "H-9") == (
        first.vehicle,
        first.claimed_list,
        second.claimed_list,
        second.event_id,
    )
    assert [RejectReason.NO_PLATE] == [reject.reason for reject in parsed.rejects]
    assert b"Enforced" not in msgspec.json.encode(parsed)


def test_lists_and_other_letter_case() -> None:
    """Reads may come in a list, and Security Center does not mind the case of names."""
    lower = {key[0].lower() + key[1:]: value for key, value in pushed(Plate="QQR777").items()}
    parsed = parse({"Reads": [pushed(), lower]})
    assert ["ZZT042", "QQR777"] == [read.plate_text for read in parsed.reads]


@pytest.mark.parametrize(
    ("word", "country", "expected"),
    [
        ("DE", None, "US-DE"),
        ("DE", "DEU", "DE"),
        ("Ontario", None, "CA-ON"),
        ("us-tx", None, "US-TX"),
        ("FRA", None, "FR"),
        ("AXIS", None, None),
        ("", "USA", "US"),
        ("TX", "us", "US-TX"),
    ],
)
def test_state_or_province(word: str, country: str | None, expected: str | None) -> None:
    """A field called state or province holds one, unless the country beside it says otherwise."""
    assert expected == state_of(word, country)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (pushed(Plate=""), RejectReason.NO_PLATE),
        (pushed(Plate="unlicensed"), RejectReason.NO_PLATE),
        (pushed(Plate=[]), RejectReason.MISSING_FIELD),
        ({key: value for key, value in pushed().items() if key != "Plate"}, RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A plate that is none and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])
