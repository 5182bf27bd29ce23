"""Times: every form that was met, by a rule that is told; what no calendar has is unreadable, and kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.imports.states import read_counts
from lockplate.imports.times import Instants, TimeWords, read_times, read_window
from lockplate.released import RULES, STATES, State, TimeRule

FORMS = (
    ("06/01/2025, 01:02:03 AM UTC", datetime(2025, 6, 1, 1, 2, 3), TimeRule.UTC_IN_TEXT),
    ("6/1/2025, 12:02:03 PM UTC", datetime(2025, 6, 1, 12, 2, 3), TimeRule.UTC_IN_TEXT),
    ("06/01/2025, 12:00:00 AM UTC", datetime(2025, 6, 1), TimeRule.UTC_IN_TEXT),
    ("2025-06-18 00:02:04.789", datetime(2025, 6, 18, 0, 2, 4, 789000), TimeRule.NAIVE_AS_UTC),
    ("2026-02-25T00:05:05.983Z", datetime(2026, 2, 25, 0, 5, 5, 983000), TimeRule.UTC_IN_TEXT),
    ("2026-02-25T00:05:05.9Z", datetime(2026, 2, 25, 0, 5, 5, 900000), TimeRule.UTC_IN_TEXT),
    ("2026-02-25T00:05:05.123456789Z", datetime(2026, 2, 25, 0, 5, 5, 123000), TimeRule.UTC_IN_TEXT),
    ("2026-02-25T00:05:05+02:00", datetime(2026, 2, 24, 22, 5, 5), TimeRule.OFFSET_IN_TEXT),
    ("2026-02-25 00:05:05 -0800", datetime(2026, 2, 25, 8, 5, 5), TimeRule.OFFSET_IN_TEXT),
    ("02/29/2024 23:59", datetime(2024, 2, 29, 23, 59), TimeRule.NAIVE_AS_UTC),
    ("Jun 18, 2025, 1:02 PM PDT", datetime(2025, 6, 18, 20, 2), TimeRule.OFFSET_IN_TEXT),
    ("Wed, June 18, 2025 at 13:02:00 UTC", datetime(2025, 6, 18, 13, 2), TimeRule.UTC_IN_TEXT),
    ("1750000000000", datetime(2025, 6, 15, 15, 6, 40), TimeRule.UTC_IN_TEXT),
    ("  06/01/25 10:00  ", datetime(2025, 6, 1, 10), TimeRule.NAIVE_AS_UTC),
    ("06/01/2025", datetime(2025, 6, 1), TimeRule.NAIVE_AS_UTC),
)  # fmt: skip
NONE = (
    "06/31/2025, 01:02:03 AM UTC", "02/29/2025 10:00", "13/01/2025 10:00:00", "06/01/2025, 13:02:03 AM UTC", "06/01/2025, 24:00:00",
    "06/01/2025, 10:60:00", "06/01/0025 10:00", "06/01/1980 10:00", "yesterday", "0", "12345", "2025-06-18T", "Foo 18, 2025", "9" * 13,
)  # fmt: skip


def column(*texts: str | None) -> pa.StringArray:
    return pa.array(texts, pa.string())


def one(text: str, words: TimeWords | None = None) -> tuple[datetime | None, State, TimeRule]:
    found: Instants = read_times(column(text), words or TimeWords())
    return found.array()[0].as_py(), STATES[found.states[0]], RULES[found.rules[0]]


@pytest.mark.parametrize(("text", "at", "rule"), FORMS)
def test_a_form_is_read(text: str, at: datetime, rule: TimeRule) -> None:
    """Instant and rule of each form."""
    assert (at.replace(tzinfo=UTC), State.GIVEN, rule) == one(text)


@pytest.mark.parametrize("text", NONE)
def test_what_no_calendar_has_is_unreadable(text: str) -> None:
    """No day is rolled over into the next month, and no word becomes a time."""
    assert (None, State.UNREADABLE, TimeRule.NONE) == one(text)


def test_masks_and_blanks_are_no_times() -> None:
    """A mask stays a mask, a blank a blank."""
    found = read_times(column("***", "", None, "——", "REDACTED"), TimeWords())

    assert [State.MASKED, State.BLANK, State.NOT_EXPORTED, State.MASKED, State.MASKED] == [
        STATES[code] for code in found.states
    ]


def test_a_zone_of_the_plan_places_naive_times_only() -> None:
    """What carries its own zone keeps it; in the hour that a clock change repeats, the earlier instant is taken."""
    words = TimeWords(zone="America/Los_Angeles", zone_of_plan=True)

    assert (datetime(2025, 7, 1, 19, tzinfo=UTC), State.GIVEN, TimeRule.ZONE_OF_PLAN) == one("07/01/2025 12:00", words)
    assert datetime(2025, 7, 1, 12, tzinfo=UTC) == one("07/01/2025 12:00 UTC", words)[0]
    assert datetime(2025, 11, 2, 8, 30, tzinfo=UTC) == one("11/02/2025 01:30", words)[0]


def test_the_day_may_stand_first() -> None:
    """03/04 is 3 April when the plan says so."""
    assert datetime(2025, 4, 3, 1, tzinfo=UTC) == one("03/04/2025 01:00", TimeWords(day_first=True))[0]


@given(
    st.lists(st.datetimes(datetime(1991, 1, 1), datetime(2098, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(
        ["%m/%d/%Y, %I:%M:%S %p UTC", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S", "%b %d, %Y, %I:%M:%S %p"]
    ),
)
def test_a_column_reads_as_strptime_does(moments: list[datetime], form: str) -> None:
    """Against the library's own reading, for columns of one form."""
    texts = [moment.strftime(form) for moment in moments]
    wanted = [datetime.strptime(text, form).replace(tzinfo=UTC) for text in texts]
    cut = [at - timedelta(microseconds=at.microsecond % 1000) for at in wanted]

    assert cut == read_times(column(*texts), TimeWords()).array().to_pylist()


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=30), st.sampled_from([*NONE, *(text for text, _, _ in FORMS)])),
        max_size=30,
    )
)
def test_any_column_reads_row_by_row(texts: list[str | None]) -> None:
    """What a row's time is does not depend on its neighbours."""
    sound = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    together = read_times(column(*sound), TimeWords())
    alone = [read_times(column(text), TimeWords()) for text in sound]

    assert [int(each.states[0]) for each in alone] == together.states.tolist()
    assert [each.array()[0].as_py() for each in alone] == together.array().to_pylist()


def test_thirteen_digits_are_milliseconds_whatever_stands_above_them() -> None:
    """The first of a shape speaks for none of the others: each begins with a 1, or is no time."""
    texts = ["0000000000000", "1718668924789", "2000000000000", "1000000000000"]
    for order in (texts, texts[::-1]):
        read = read_times(column(*order), TimeWords()).array().is_valid().to_pylist()
        assert [text.startswith("1") for text in order] == read


def test_more_shapes_than_are_read_together() -> None:
    """Times of more shapes than a batch has room for are read one by one."""
    texts = [f"{'x' * (number % 40)}{number:05d}{chr(97 + number % 26)}" for number in range(600)] + [
        "2025-06-18 00:02:04"
    ]

    assert 1 == read_times(column(*texts), TimeWords()).array().is_valid().sum().as_py()


FIRST, LAST = "06/01/2025, 01:00:00 AM UTC", "06/30/2025, 11:59:59 PM UTC"


@pytest.mark.parametrize("between", ["\n", "\r\n", " \n ", " to ", " - ", " – ", " through ", " → "])
def test_a_window_is_two_times(between: str) -> None:
    """Two lines of one cell, or words between."""
    start, end = read_window(column(FIRST + between + LAST), TimeWords())

    assert [datetime(2025, 6, 1, 1, tzinfo=UTC)] == start.array().to_pylist()
    assert [datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC)] == end.array().to_pylist()


def test_half_a_window_is_none() -> None:
    """One time alone is no window; a mask and a blank say what they are, on both ends."""
    start, end = read_window(column(FIRST, "***", "", None, f"{FIRST} to ever", f"{FIRST}\n{LAST}"), TimeWords())
    told = [State.UNREADABLE, State.MASKED, State.BLANK, State.NOT_EXPORTED, State.GIVEN, State.GIVEN]

    assert told == [STATES[code] for code in start.states]
    assert [*told[:4], State.UNREADABLE, State.GIVEN] == [STATES[code] for code in end.states]


def test_counts() -> None:
    """Numbers as people write them; 0 is a number, dashes are a mask, words are unreadable."""
    values, states = read_counts(column("94", " 2,510 ", "0", "——", "-", "", None, "many", "1.5", "***", "9" * 30))

    assert [94, 2510, 0, *[None] * 8] == values.to_pylist()
    assert [
        State.GIVEN, State.GIVEN, State.GIVEN, State.MASKED, State.MASKED, State.BLANK, State.NOT_EXPORTED, State.UNREADABLE,
        State.UNREADABLE, State.MASKED, State.UNREADABLE,
    ] == [STATES[code] for code in states]  # fmt: skip


def test_zones_agree_with_the_library() -> None:
    """Naive times in a zone, against zoneinfo, through a year."""
    zone = ZoneInfo("America/Denver")
    moments = [datetime(2025, 1, 1, 0, 30) + timedelta(hours=37 * number) for number in range(230)]
    found = read_times(column(*(at.strftime("%Y-%m-%d %H:%M:%S") for at in moments)), TimeWords(zone="America/Denver"))

    assert [at.replace(tzinfo=zone).astimezone(UTC) for at in moments] == found.array().to_pylist()
