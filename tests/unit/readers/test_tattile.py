"""Tattile: one XML message a transit, with a date and a time in two fields."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import ClockRule, Confidence, Ignored, Parsed, Read, RejectReason, public_read
from lockplate.readers.formats import parse_body

MADRID = ZoneInfo("Europe/Madrid")
TAGS = {
    "PLATE_STRING": "7459KBR", "DATE": "2025-11-24", "TIME": "17:00:00", "DEVICE_SN": "TAT0000001", "DEVICE_NAME": "Puente",
    "OCRSCORE": "92.5", "DIRECTION": "GOAWAY", "LANE_ID": "1", "LANE_DESCR": "Carril", "PLATE_COUNTRY_CODE": "ESP", "TRANSIT_ID": "88",
    "BRAND": "SEAT", "COLOR": "RED", "IMAGE_OCR": "elided", "IMAGE_CTX": "elided",
}  # fmt: skip


def message(**changes: str | None) -> bytes:
    tags = {name: value for name, value in (TAGS | changes).items() if value is not None}
    return ("<Msg>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in tags.items()) + "</Msg>").encode()


def one(parsed: Parsed) -> Read:
    assert ("tattile", 1, (), ()) == (parsed.format, len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_a_message_is_read() -> None:
    """The serial number names the reader; the device's name is a place."""
    read = one(parse_body(message(), zone=MADRID))
    assert ("7459KBR", "ES", "TAT0000001", "Puente", "GOAWAY", "1") == (
        read.plate_text, read.region, read.reader_id, read.place, read.direction, read.lane,
    )  # fmt: skip
    assert (datetime(2025, 11, 24, 16, tzinfo=UTC), "2025-11-24 17:00:00", ClockRule.READER_ZONE) == (
        read.captured_at, read.captured_at_raw, read.clock_rule,
    )  # fmt: skip
    assert (Confidence(value=92.5, scale="0-100"), "88", ("88",)) == (read.confidence, read.event_id, read.passage_ids)
    assert ({"make": "SEAT", "color": "RED"}, ["plate", "scene"]) == (
        msgspec.to_builtins(read.vehicle), [image.kind for image in read.images],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("2025-11-24", "17:00:00.305"), ("2025-11-24", "17-00-00-305"), ("2025/11/24", "17:00:00,305"), ("24/11/2025", "17.00.00.305"),
        ("24-11-2025", "17:00:00:305"),
    ],
)  # fmt: skip
def test_dates_and_times_as_firmware_joins_them(day: str, clock: str) -> None:
    """Hyphens throughout, day first, milliseconds behind any mark."""
    read = one(parse_body(message(DATE=day, TIME=clock), zone=MADRID))
    assert (datetime(2025, 11, 24, 16, 0, 0, 305000, UTC), f"{day} {clock}") == (read.captured_at, read.captured_at_raw)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, ClockRule.NO_ZONE), ({"TIME": "later"}, ClockRule.UNREADABLE), ({"DATE": None, "TIME": None}, ClockRule.ABSENT),
        ({"TIME": None}, ClockRule.UNREADABLE),
    ],
)  # fmt: skip
def test_times_that_place_nothing(changes: dict[str, str | None], rule: ClockRule) -> None:
    """Naive without a zone, broken, or not there."""
    read = one(parse_body(message(**changes)))
    assert (None, rule) == (read.captured_at, read.clock_rule)


@pytest.mark.parametrize("word", ["", "NOTREAD", "NO_READ", "unknown", "--", "No Plate"])
def test_words_for_no_plate_are_no_plate(word: str) -> None:
    """A transit without a plate is counted and never stored."""
    assert [RejectReason.NO_PLATE] == [reject.reason for reject in parse_body(message(PLATE_STRING=word)).rejects]


def test_several_messages_and_none() -> None:
    """Messages may be wrapped together; one without a plate field is broken, one that says it lives is ignored."""
    both = b"<Messages>" + message() + message(PLATE_STRING="1204MRN") + b"</Messages>"
    assert ["7459KBR", "1204MRN"] == [read.plate_text for read in parse_body(both).reads]
    assert [RejectReason.MISSING_FIELD] == [
        reject.reason for reject in parse_body(b"<Msg><DATE>x</DATE></Msg>").rejects
    ]
    assert (Ignored(kind="heartbeat"),) == parse_body(b"<Msg><KEEP_ALIVE>1</KEEP_ALIVE></Msg>").ignored


@given(
    grafts=st.dictionaries(
        st.sampled_from(sorted(TAGS)),
        st.none()
        | st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"), max_size=15),
    )
)
def test_no_message_raises(grafts: dict[str, str | None]) -> None:
    """Whatever stands in the tags, every outcome can be shown."""
    parsed = parse_body(message(**grafts), format_name="tattile", zone=MADRID)
    assert 1 == len(parsed.reads) + len(parsed.rejects)
    assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]
