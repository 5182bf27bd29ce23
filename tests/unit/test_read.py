"""Read and its neighbours: what one detection keeps, and what is no plate."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.plate import MAX_PLATE_CHARACTERS, fold
from lockplate.read import (
    NO_PLATE_WORDS,
    Candidate,
    ClockRule,
    Confidence,
    Image,
    Position,
    Read,
    Reject,
    RejectReason,
    Vehicle,
    picture_type,
    plate_fields,
    public_read,
)
from lockplate.terms import PlateKey, PlateText, ReaderId

INSTANT = datetime(2026, 3, 1, 12, 0, 0, 123_999, tzinfo=UTC)
CONTRACT = {
    "format", "plate_text", "plate_key", "region", "captured_at", "captured_at_raw", "clock_rule", "confidence",
    "reader_id", "event_id", "passage_ids", "direction", "vehicle", "candidates", "images",
}  # fmt: skip
"""The fields of a printed read that design part 11 promises."""
NEVER_KEPT = (
    "driver",
    "passenger",
    "occupant",
    "phone",
    "belt",
    "age",
    "mask",
    "signature",
    "face",
    "gender",
    "person",
)


def make_read(**changes: object) -> Read:
    values = {"format": "invented", "plate_text": PlateText("7abc-123"), "plate_key": PlateKey("7A8C123")}
    return Read(**(values | changes))


@pytest.mark.parametrize("words", sorted(NO_PLATE_WORDS))
def test_a_word_for_none_is_no_plate(words: str) -> None:
    """Readers say "none" in many words; in any case and with any punctuation they are not a plate."""
    for text in (words, words.lower(), f" {words.title()} ", "-".join(words), words.replace("NO", "No ")):
        found = plate_fields(text)
        assert isinstance(found, Reject)
        assert RejectReason.NO_PLATE == found.reason


@pytest.mark.parametrize("value", [None, 7, 7.5, b"7ABC123", ["7ABC123"], {}, True, "", "  ", "--", "🚗", "\u200d"])
def test_nothing_and_other_types_are_no_plate(value: object) -> None:
    """A missing field, another type, or a text without a plate character is a reject that says so."""
    found = plate_fields(value)

    assert isinstance(found, Reject)
    assert RejectReason.NO_PLATE == found.reason


def test_a_plate_keeps_its_text_and_gains_its_key() -> None:
    """Only white space around the text is lost."""
    assert (PlateText("7abc-123"), PlateKey("7A8C123")) == plate_fields("\t 7abc-123 \n")
    assert (PlateText("Ö 1"), PlateKey("Ö1")) == plate_fields("Ö 1")
    assert (PlateText("NOPLATE1"), PlateKey("N0PLATE1")) == plate_fields("NOPLATE1")


def test_forty_characters_fit_and_forty_one_do_not() -> None:
    """The text as sent is measured, without the space around it; the reject holds no part of it."""
    assert (PlateText("W" * 40), PlateKey("W" * 40)) == plate_fields(" " + "W" * MAX_PLATE_CHARACTERS + " ")
    too_long = plate_fields("W" * 41)
    assert isinstance(too_long, Reject)
    assert RejectReason.PLATE_TOO_LONG == too_long.reason
    assert "W" not in too_long.detail


@given(st.one_of(st.text(), st.text(min_size=30, max_size=60)))
def test_any_text_is_a_plate_or_a_reject(text: str) -> None:
    """The key is the fold of the text, the text is what was sent, and a reject never repeats what was sent."""
    found = plate_fields(text)

    if isinstance(found, Reject):
        sent = text.strip()
        assert len(sent) < 6 or sent not in found.detail
    else:
        assert (text.strip(), fold(text)) == found
        assert found[1]


@pytest.mark.parametrize(("value", "scale"), [(0.93, "0-1"), (93.0, "0-100"), (0.5, "0-100"), (0.0, "0-1")])
def test_confidence_keeps_value_and_scale(value: float, scale: str) -> None:
    """A figure is never rescaled: half a percent and one half stay different, for a read and for its candidates."""
    confidence = Confidence(value=value, scale=scale)
    read = make_read(
        confidence=confidence, candidates=(Candidate(plate_text=PlateText("7A8C123"), confidence=confidence),)
    )

    public = public_read(read)

    assert {"value": value, "scale": scale} == public["confidence"]
    assert [{"plate_text": "7A8C123", "confidence": {"value": value, "scale": scale}}] == public["candidates"]
    assert Confidence(value=0.5, scale="0-1") != Confidence(value=0.5, scale="0-100")


def test_a_figure_without_a_scale_cannot_be_said() -> None:
    """The scale has no default, so no module can forget it."""
    with pytest.raises(TypeError):
        Confidence(value=0.5)  # type: ignore[call-arg]


def test_three_kinds_of_time_are_three_things() -> None:
    """The device's own text, the rule used, and the instant stand apart; our receive time is no field of a read."""
    public = public_read(
        make_read(captured_at=INSTANT, captured_at_raw="03/01/2026 04:00:00.123999", clock_rule=ClockRule.READER_ZONE)
    )

    assert ("2026-03-01T12:00:00.123Z", "03/01/2026 04:00:00.123999", "reader_zone") == (
        public["captured_at"], public["captured_at_raw"], public["clock_rule"],
    )  # fmt: skip
    assert not [name for name in Read.__struct_fields__ if "received" in name]


def test_a_time_that_cannot_be_placed_is_no_instant() -> None:
    """A naive text of a reader whose zone nobody set keeps its text and gives no instant."""
    public = public_read(make_read(captured_at_raw="2026-03-01 04:00:00", clock_rule=ClockRule.NO_ZONE))

    assert (None, "2026-03-01 04:00:00", "no_zone") == (
        public["captured_at"], public["captured_at_raw"], public["clock_rule"],
    )  # fmt: skip
    assert ClockRule.ABSENT == make_read().clock_rule


def test_a_printed_read_is_the_contract() -> None:
    """Every promised field is there, also when it is empty, and the whole is plain JSON."""
    full = make_read(
        region="US-CA",
        captured_at=INSTANT,
        reader_id=ReaderId("pole-7"),
        passage_ids=("a", "b"),
        vehicle=Vehicle(make="Tatra", color="red"),
        position=Position(latitude=1.5, longitude=-2.5),
        images=(Image(kind="plate", media_type="image/jpeg", size=3, reference="x.jpg", data=b"\xff\xd8\xff"),),
        lane="2",
        place="Bridge",
    )

    for read in (full, make_read()):
        public = public_read(read)
        assert set(public) >= CONTRACT
        assert public == msgspec.json.decode(msgspec.json.encode(public))


def test_a_printed_read_has_no_picture() -> None:
    """A picture is described, never printed."""
    public = public_read(make_read(images=(Image(kind="plate", media_type="image/png", size=8, data=b"picture!"),)))

    assert [{"kind": "plate", "media_type": "image/png", "size": 8, "reference": None}] == public["images"]
    assert b"picture!" not in msgspec.json.encode(public)
    assert b"cGljdHVyZSE" not in msgspec.json.encode(public)


@pytest.mark.parametrize("kind", [Read, Vehicle, Image, Candidate, Position, Confidence])
def test_no_field_exists_for_the_people_in_a_car(kind: type[msgspec.Struct]) -> None:
    """Keep by allow-list: there is no place to put a driver, a passenger or a fingerprint of the vehicle."""
    words = {part for name in kind.__struct_fields__ for part in name.split("_")}

    assert not words & set(NEVER_KEPT)


def test_values_do_not_change() -> None:
    """A read is frozen once it is made."""
    read = make_read()

    with pytest.raises(AttributeError):
        read.plate_text = PlateText("OTHER")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"BM6", "image/bmp"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"<svg onload=x>", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_a_browser_shows(start: bytes, expected: str | None) -> None:
    """By its own first bytes, not by what somebody calls it; a drawing that could hold a script is none."""
    assert expected == picture_type(start + (b" rest" if expected else b""))
