"""Fields: times under every rule, units, regions, pictures; a wrong type is an absent field and never an error."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import ClockRule, Image, Position
from lockplate.readers.fields import (
    NEVER,
    best_of,
    candidates_of,
    confidence_of,
    epoch,
    epoch_by_size,
    first_text,
    ids_of,
    inside,
    media_type_of,
    number_of,
    objects,
    picture,
    position_of,
    region_of,
    text_of,
    written,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2025, 3, 4, 12, 30, 45, 678000, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-03-04T12:30:45.678Z", NOON),
        ("2025-03-04t12:30:45.678z", NOON),
        ("2025-03-04 12:30:45.678 UTC", NOON),
        ("2025-03-04 12:30:45.678 GMT", NOON),
        ("2025-03-04T20:30:45.678+08:00", NOON),
        ("2025-03-04T20:30:45.678+0800", NOON),
        ("2025-03-04T20:30:45.678+08", NOON),
        ("2025-03-04T20:30:45.678+8:00", NOON),
        ("2025-03-04T03:00:45.678-09:30", NOON),
        ("2025-03-04T12:30:45.678-00:00", NOON),
        ("20250304123045678Z", NOON),
        ("20250304T203045.678+0800", NOON),
        ("2025/3/4 12:30:45,678Z", NOON),
        ("2025-03-04T12:30Z", NOON.replace(second=0, microsecond=0)),
        ("2025-03-04T12:30:45.678901234Z", NOON.replace(microsecond=678901)),
    ],
)
def test_a_time_with_an_offset_is_placed_by_it(text: str, at: datetime) -> None:
    """The reader's zone has no say where the text has one."""
    captured = written(f" {text} ", BERLIN)
    assert (at, text, ClockRule.OFFSET) == captured


def test_a_naive_time_is_placed_by_the_readers_zone_or_not_at_all() -> None:
    """Without a zone there is no instant, and the text is kept."""
    text = "2025-07-01 12:00:00"
    assert (None, text, ClockRule.NO_ZONE) == written(text, None)
    assert (datetime(2025, 7, 1, 10, tzinfo=UTC), text, ClockRule.READER_ZONE) == written(text, BERLIN)
    assert (datetime(2025, 7, 1, 12, tzinfo=UTC), text, ClockRule.UTC_FIELD) == written(text, BERLIN, naive_is_utc=True)


def test_summer_and_winter_differ_in_a_real_zone() -> None:
    """A zone is more than an offset: the same wall clock is another instant in winter."""
    assert datetime(2025, 1, 1, 11, tzinfo=UTC) == written("20250101 120000", BERLIN).at
    assert datetime(2025, 7, 1, 10, tzinfo=UTC) == written("20250701 120000", BERLIN).at


def test_compact_local_time_with_milliseconds_is_read() -> None:
    """One vendor writes date, space, time and milliseconds without a mark between them."""
    assert datetime(2025, 3, 4, 11, 30, 45, 678000, tzinfo=UTC) == written("20250304 123045678", BERLIN).at


@pytest.mark.parametrize(
    "text",
    [
        "yesterday", "2025-13-01 00:00:00", "2025-02-30 00:00:00", "2025-03-04 25:00:00", "2025-03-04T12:30:45+25:00",
        "2025-03-04T12:30:45+14:75", "2025-03-04T12:30:45+15:00", "1970-01-01T00:00:00Z", "0000-00-00 00:00:00", "2200-01-01T00:00:00Z", "04/03/2025 12:00",
        "2025-03-04T12:30:45+", "12:30:45", "٢٠٢٥-03-04 12:30:45",
    ],
)  # fmt: skip
@pytest.mark.parametrize("zone", [None, BERLIN])
def test_what_is_no_time_is_unreadable_and_kept(text: str, zone: ZoneInfo | None) -> None:
    """Impossible dates, offsets and years are the device's fault, with or without a zone."""
    assert (None, text, ClockRule.UNREADABLE) == written(text, zone)


@pytest.mark.parametrize("value", [None, "", "  ", True, [], {}, float("nan")])
def test_no_text_is_an_absent_time(value: object) -> None:
    """Nothing said is not a fault."""
    assert NEVER == written(value, BERLIN)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (1741091445, ClockRule.EPOCH_SECONDS),
        ("1741091445678", ClockRule.EPOCH_MILLISECONDS),
        (1741091445678000, ClockRule.EPOCH_MICROSECONDS),
        ("1741091445678000000", ClockRule.EPOCH_NANOSECONDS),
    ],
)
def test_the_unit_of_an_epoch_shows_in_its_size(value: object, rule: ClockRule) -> None:
    """Seconds to nanoseconds lie a thousand apart; every one gives the same instant."""
    captured = epoch_by_size(value)
    at = NOON if rule is not ClockRule.EPOCH_SECONDS else NOON.replace(microsecond=0)
    assert (at, str(value), rule) == captured
    assert captured == epoch(value, rule)


def test_seconds_may_have_a_fraction() -> None:
    """A float of seconds keeps its milliseconds."""
    assert NOON == epoch(1741091445.678, ClockRule.EPOCH_SECONDS).at


@given(
    moment=st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)),
    unit=st.sampled_from([1_000, 1_000_000, 1_000_000_000]),
)
def test_no_epoch_loses_a_millisecond(moment: datetime, unit: int) -> None:
    """Floating point never moves an instant into the next millisecond, whatever the unit."""
    at = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    rule = {
        1_000: ClockRule.EPOCH_MILLISECONDS,
        1_000_000: ClockRule.EPOCH_MICROSECONDS,
        1_000_000_000: ClockRule.EPOCH_NANOSECONDS,
    }[unit]
    assert at == epoch(str(milliseconds * (unit // 1000)), rule).at


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0, ClockRule.ABSENT), ("0", ClockRule.ABSENT), (None, ClockRule.ABSENT), ("", ClockRule.ABSENT), ([1], ClockRule.ABSENT),
        (-5, ClockRule.UNREADABLE), ("soon", ClockRule.UNREADABLE), (1000, ClockRule.UNREADABLE), (1e300, ClockRule.UNREADABLE),
        ("9" * 400, ClockRule.UNREADABLE),
    ],
)  # fmt: skip
def test_an_epoch_that_cannot_be(value: object, rule: ClockRule) -> None:
    """Zero is an unset clock; negative, tiny and vast numbers are broken ones."""
    captured = epoch(value, ClockRule.EPOCH_SECONDS)
    assert (None, rule) == (captured.at, captured.rule)


def test_the_best_placed_time_wins() -> None:
    """A time that places itself beats a local one, which beats none, whatever comes first."""
    placed, local, none = (
        written("2025-03-04T12:30:45Z", None),
        written("2025-03-04 12:30:45", BERLIN),
        written("2025-03-04 12:30:45", None),
    )
    assert placed == best_of(NEVER, none, local, placed)
    assert local == best_of(none, local, NEVER)
    assert none == best_of(NEVER, none)
    assert NEVER == best_of()


@given(value=JSON, zone=st.sampled_from([None, BERLIN, timezone(timedelta(hours=-9))]))
def test_no_value_raises(value: object, zone: ZoneInfo | None) -> None:
    """Whatever a payload holds where a field is expected, the answer is a value or None."""
    written(value, zone)
    epoch_by_size(value)
    region_of(value)
    picture("plate", value)
    text_of(value)
    number_of(value)
    confidence_of(value, "0-1")
    candidates_of([(value, value)], "0-1")
    position_of(value, value)
    inside(value, "a", 0, "b")
    assert all(isinstance(item, dict) for item in objects(value))


@pytest.mark.parametrize(
    ("word", "region"),
    [
        ("us-mo", "US-MO"), ("US_CA", "US-CA"), ("POL", "PL"), ("gb", "GB"), ("uk", "GB"), ("eu-de", "DE"), ("CZE", "CZ"),
        ("KGZ", "KG"), ("ZWE", "ZW"), (" de ", "DE"),
        ("NON", None), ("XX", None), ("QQ", None), ("unknown", None), ("Germany!", None), ("", None), (None, None), (49, None),
    ],
)  # fmt: skip
def test_regions_map_to_iso_or_to_nothing(word: object, region: str | None) -> None:
    """Only codes that exist come out."""
    assert region == region_of(word)


def test_positions_are_degrees_or_nothing() -> None:
    """Out of range, unset and missing are no position."""
    assert Position(latitude=1.5, longitude=-2.0) == position_of("1.5", -2)
    assert [None] * 4 == [position_of(91, 0), position_of(0, 0), position_of(None, 5), position_of(5, 181)]


def test_a_picture_is_decoded_or_described() -> None:
    """Base64 becomes bytes with the type its first bytes say; a name stays a name; nothing is nothing."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(100)
    encoded = base64.b64encode(png).decode()
    wanted = (Image(kind="plate", media_type="image/png", size=len(png), data=png),)
    wrapped = "\n".join(encoded[at : at + 60] for at in range(0, len(encoded), 60))
    assert [wanted, wanted, wanted] == [
        picture("plate", text) for text in (encoded, wrapped, "data:image/png;base64," + encoded)
    ]
    assert (Image(kind="scene", reference="images/a.jpg"),) == picture("scene", "images/a.jpg")
    assert ((), ()) == (picture("plate", ""), picture("plate", 7))


def test_a_long_text_that_is_no_picture_is_not_kept() -> None:
    """A reference is short; anything else is only said to have been there."""
    assert (Image(kind="plate"),) == picture("plate", "!" * 301)


def test_media_types_show_in_the_first_bytes() -> None:
    """The declared type may be wrong; the bytes are not."""
    assert ["image/jpeg", "image/png", None] == [
        media_type_of(data) for data in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"ABC123")
    ]


def test_texts_and_ids() -> None:
    """Numbers are written out, empty is absent, an id comes once."""
    assert ("7", "a", None, None) == (text_of(7), text_of(" a "), text_of(" "), text_of(True))
    assert "b" == first_text(None, "", "b", "c")
    assert ("1", "x") == ids_of(1, "x", "1", None, "")


def test_paths_end_where_a_step_is_missing() -> None:
    """A wrong step anywhere gives None."""
    assert (5, 6, None, None, None) == (
        inside({"a": [{"b": 5}]}, "a", 0, "b"),
        inside([1, 6], -1),
        inside({"a": 1}, "a", "b"),
        inside([1], 1),
        inside(None, "a"),
    )
