"""Times: columns of text become instants, with the rule that was used, or stay unreadable.

What flows in: text columns, the zone for texts that carry none, whether the day stands first. What flows out:
milliseconds since 1970 in UTC, a state and a rule for each row.
What it must never see: a row's other columns; a time that no calendar has.
"""

from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockplate.imports.shapes import Shaped, shapes_of
from lockplate.imports.states import CODE, Codes, states_of
from lockplate.released import RULES, State, TimeRule

RULE_CODE = {rule: code for code, rule in enumerate(RULES)}
EARLIEST = 631_152_000_000
"""1990, before any of these systems; what is earlier or later is a typing error or no time at all."""
LATEST = 4_102_444_800_000
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE_ONLY = (
    r"^\s*(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|[A-Za-z]{3,9}\.? \d{1,2}, \d{4})\s*$"
)
_OFFSETS = {"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420}
"""Minutes from UTC of the names that exports of American agencies carry."""
FIRST_MILLISECOND, LAST_MILLISECOND = 10**12, 2 * 10**12
"""Thirteen digits alone are milliseconds since 1970 when they begin with a 1: from 2001 to 2033."""
_SEPARATOR = r"\s*(?:\r?\n|\s+(?:to|through|-|–|—)\s+|\s*→\s*)\s*"


class TimeWords(msgspec.Struct, frozen=True, kw_only=True):
    """How a file writes times."""

    zone: str = "UTC"
    """IANA name of the zone of texts that carry none."""
    zone_of_plan: bool = False
    """Whether a person named the zone."""
    day_first: bool = False

    @property
    def naive_rule(self) -> TimeRule:
        """The rule for a text that carries no zone."""
        return TimeRule.ZONE_OF_PLAN if self.zone_of_plan else TimeRule.NAIVE_AS_UTC


class Instants(msgspec.Struct, frozen=True):
    """One column of times."""

    milliseconds: NDArray[np.int64]
    states: Codes
    rules: NDArray[np.int8]

    def array(self) -> pa.Array:
        """Return the instants as Arrow holds them; null where there is none."""
        values = pa.array(self.milliseconds, pa.int64(), mask=self.states != CODE[State.GIVEN])
        return values.cast(pa.timestamp("ms", tz="UTC"))


def read_times(texts: pa.StringArray, words: TimeWords) -> Instants:
    """Return a column's instants; texts that are none of the known forms are unreadable."""
    milliseconds = np.zeros(len(texts), np.int64)
    states = np.full(len(texts), CODE[State.UNREADABLE], np.int8)
    rules = np.full(len(texts), RULE_CODE[TimeRule.NONE], np.int8)
    for rows, form in shapes_of(texts):
        values, sound = _values(form, words)
        good = rows[sound]
        milliseconds[good], states[good] = values[sound], CODE[State.GIVEN]
        rules[good] = RULE_CODE[_rule(form, words)]
    left = np.flatnonzero(states != CODE[State.GIVEN])
    if len(left):
        # what is no time may be a mask, or nothing
        told = states_of(texts.take(pa.array(left)), count=True)
        states[left] = np.where(told == CODE[State.GIVEN], CODE[State.UNREADABLE], told)
    return Instants(milliseconds, states, rules)


def _values(form: Shaped, words: TimeWords) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return milliseconds since 1970 of texts of one shape, and which of them the calendar and the clock have."""
    if form.has("ms"):
        values = form.number("ms")
        return values, (values >= FIRST_MILLISECOND) & (values < LAST_MILLISECOND)
    year, day = form.number("y"), form.number("d")
    month = _month(form) if form.has("b") else form.number("m")
    if form.has("slash") and words.day_first:
        month, day = day, month
    days, real = _days(year + 2000 if len(form.text("y")) == 2 else year, month, day)
    clock, sound = _clock(form)
    zone = form.text("z")
    values = days * 86_400_000 + clock - _minutes(zone) * 60_000
    if not zone and words.zone != "UTC":
        values = _from_zone(values, words.zone)
    return values, real & sound & (values >= EARLIEST) & (values < LATEST)


def _rule(form: Shaped, words: TimeWords) -> TimeRule:
    zone = form.text("z")
    if form.has("ms"):
        return TimeRule.UTC_IN_TEXT
    if not zone:
        return words.naive_rule
    return TimeRule.UTC_IN_TEXT if zone.upper() in {"UTC", "GMT", "Z"} else TimeRule.OFFSET_IN_TEXT


def _month(form: Shaped) -> NDArray[np.int64]:
    name = form.text("b")[:3].lower()
    return np.full(form.rows, _MONTHS.index(name) + 1 if name in _MONTHS else 0, np.int64)


def _clock(form: Shaped) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return milliseconds into the day, and where they are a time that a clock shows."""
    hour, minute, second = form.number("H"), form.number("M"), form.number("S")
    half = form.text("p")[:1].lower()
    sound = (minute < 60) & (second < 61) & ((hour >= 1) & (hour <= 12) if half else hour < 24)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    digits = len(form.text("f"))
    fraction = form.number("f")
    thousandths = fraction * 10 ** (3 - digits) if digits <= 3 else fraction // 10 ** (digits - 3)
    return ((hour * 60 + minute) * 60 + second) * 1000 + thousandths, sound


def _days(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return days since 1970, and where the calendar has such a day."""
    sound = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1970) & (year < 2200)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[D]").astype(np.int64)
    days = first + day - 1
    return np.where(sound, days, 0), sound & (days < after)


def _minutes(name: str) -> int:
    """Return minutes east of UTC."""
    if name.upper() in {"", "UTC", "GMT", "Z"}:
        return 0
    if name in _OFFSETS:
        return _OFFSETS[name]
    digits = name[1:].replace(":", "")
    return (1 if name[0] == "+" else -1) * (int(digits[:2]) * 60 + int(digits[2:]))


def _from_zone(values: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Return local milliseconds as UTC; in the hour that a clock change repeats, the earlier instant is taken."""
    ZoneInfo(zone)  # a plan was checked for this; a wrong name must not get as far as Arrow
    within = np.clip(values, EARLIEST, LATEST)
    naive = pa.array(within, pa.int64()).cast(pa.timestamp("ms"))
    placed = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")
    return np.where(within == values, np.asarray(placed.cast(pa.int64())), values)


def read_window(texts: pa.StringArray, words: TimeWords) -> tuple[Instants, Instants]:
    """Return a searched window's two ends out of one cell: two lines, or with "to" or a dash between."""
    halves = pc.split_pattern(texts, "\n", max_splits=1)
    if not pc.all(pc.equal(pc.list_value_length(halves), 2)).as_py():
        halves = pc.split_pattern_regex(texts, _SEPARATOR, max_splits=1)
    counts = np.asarray(pc.fill_null(pc.list_value_length(halves), 0))
    if bool((counts == 2).all()):
        first, second = pc.list_element(halves, 0), pc.list_element(halves, 1)
    else:
        # a cell without a second time is no window; what state it is in, is told by the whole cell
        pair = pa.array(counts == 2)
        padded = pc.if_else(pair, halves, pa.scalar(["", ""], halves.type))
        first = pc.if_else(pair, pc.list_element(padded, 0), texts)
        second = pc.if_else(pair, pc.list_element(padded, 1), texts)
    ends = tuple(read_times(part, words) for part in (first, second))
    single = counts != 2
    for end in ends:
        lone = single & (end.states == CODE[State.GIVEN])
        end.states[lone] = CODE[State.UNREADABLE]
    return ends[0], ends[1]


def is_time(text: str) -> bool:
    """Say whether one text is an instant with its time of day."""
    column = pa.array([text], pa.string())
    return read_times(column, TimeWords()).states[0] == CODE[State.GIVEN] and not is_date(text)


def is_date(text: str) -> bool:
    """Say whether one text is a day without a time."""
    return bool(pc.match_substring_regex(pa.array([text]), _DATE_ONLY)[0].as_py())
