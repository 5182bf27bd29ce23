"""Times: columns of text become instants, with the rule that was used, or stay unreadable.

What flows in: text columns, the zone for texts that carry none, whether the day stands first. What flows out:
milliseconds since 1970 in UTC, a state and a rule for each row.
What it must never see: a row's other columns; a time that no calendar has.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockplate.imports.states import CODE, Codes, states_of
from lockplate.released import RULES, State, TimeRule

RULE_CODE = {rule: code for code, rule in enumerate(RULES)}
EARLIEST = 631_152_000_000
"""1990, before any of these systems; what is earlier or later is a typing error or no time at all."""
LATEST = 4_102_444_800_000
_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?\s*(?P<p>[AaPp]\.?[Mm]\.?)?"
_ZONE = r"\s*(?P<z>UTC|GMT|Z|[+-]\d{2}:?\d{2}|(?:[ECMP][SD]T))?"
_ISO = rf"^\s*(?P<y>\d{{4}})-(?P<m>\d{{1,2}})-(?P<d>\d{{1,2}})(?:[T,\s]\s*{_CLOCK}{_ZONE})?\s*$"
_SLASHED = rf"^\s*(?P<m>\d{{1,2}})[/.-](?P<d>\d{{1,2}})[/.-](?P<y>\d{{4}}|\d{{2}})(?:,?\s+{_CLOCK}{_ZONE})?\s*$"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDED = (
    rf"^\s*(?:[A-Za-z]{{3,9}},?\s+)?(?P<b>[A-Za-z]{{3,9}})\.?\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}})"
    rf"(?:,?\s+(?:at\s+)?{_CLOCK}{_ZONE})?\s*$"
)
_CLOCK_ONLY = rf"^\s*{_CLOCK}{_ZONE}\s*$"
_DATE_ONLY = (
    r"^\s*(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|[A-Za-z]{3,9}\.? \d{1,2}, \d{4})\s*$"
)
_FORMS = (_SLASHED, _ISO, _WORDED)
_MILLISECONDS = r"^\s*(1\d{12})\s*$"
_OFFSETS = {"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420}
"""Minutes from UTC of the names that exports of American agencies carry."""
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
    states = states_of(texts, count=True)
    milliseconds = np.zeros(len(texts), np.int64)
    rules = np.full(len(texts), RULE_CODE[TimeRule.NONE], np.int8)
    left = np.flatnonzero(states == CODE[State.GIVEN])
    for form in _FORMS:
        if not len(left):
            break
        found, values, by = _read_form(texts if len(left) == len(texts) else texts.take(pa.array(left)), form, words)
        milliseconds[left[found]], rules[left[found]] = values[found], by[found]
        left = np.asarray(left[~found])
    if len(left):
        left = _epoch_milliseconds(texts, left, milliseconds, rules)
    states[left] = CODE[State.UNREADABLE]
    return Instants(milliseconds, states, rules)


def _epoch_milliseconds(
    texts: pa.StringArray, left: NDArray[np.int64], milliseconds: NDArray[np.int64], rules: NDArray[np.int8]
) -> NDArray[np.int64]:
    some = texts.take(pa.array(left))
    found = np.asarray(pc.match_substring_regex(some, _MILLISECONDS))
    if found.any():
        numbers = pc.cast(pc.utf8_trim_whitespace(some.filter(pa.array(found))), pa.int64())
        milliseconds[left[found]] = np.asarray(numbers)
        rules[left[found]] = RULE_CODE[TimeRule.UTC_IN_TEXT]
    rest: NDArray[np.int64] = left[~found]
    return rest


def _read_form(
    texts: pa.StringArray, form: str, words: TimeWords
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int8]]:
    parts = pc.extract_regex(texts, form)
    found = np.asarray(parts.is_valid())
    if not found.any():
        return found, np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int8)
    year, day = _number(parts, "y"), _number(parts, "d")
    month = _month(parts) if form == _WORDED else _number(parts, "m")
    if form == _SLASHED and words.day_first:
        month, day = day, month
    year = np.where(year < 100, year + 2000, year)
    clock, sound = _clock(parts)
    days, real = _days(year, month, day)
    values = days * 86_400_000 + clock
    values, rules = _placed(values, _zones(parts), words)
    found &= real & sound & (values >= EARLIEST) & (values < LATEST)
    return found, values, rules


def _number(parts: pa.StructArray, name: str) -> NDArray[np.int64]:
    text = parts.field(name)
    return np.asarray(pc.cast(pc.if_else(pc.fill_null(pc.equal(text, ""), True), "0", text), pa.int64()))


def _month(parts: pa.StructArray) -> NDArray[np.int64]:
    names = pc.utf8_lower(pc.utf8_slice_codeunits(parts.field("b"), 0, 3))
    return np.asarray(pc.fill_null(pc.index_in(names, pa.array(_MONTHS)), -1)).astype(np.int64) + 1


def _clock(parts: pa.StructArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return milliseconds into the day, and where they are a time that a clock shows."""
    hour, minute, second = _number(parts, "H"), _number(parts, "M"), _number(parts, "S")
    half = pc.fill_null(pc.utf8_lower(pc.utf8_slice_codeunits(parts.field("p"), 0, 1)), "")
    is_half = np.asarray(pc.not_equal(half, ""))
    is_later = np.asarray(pc.equal(half, "p"))
    sound = (minute < 60) & (second < 61) & np.where(is_half, (hour >= 1) & (hour <= 12), hour < 24)
    hour = np.where(is_half, hour % 12 + np.where(is_later, 12, 0), hour)
    fraction = pc.utf8_rpad(pc.utf8_slice_codeunits(pc.fill_null(parts.field("f"), ""), 0, 3), 3, "0")
    thousandths = np.asarray(pc.cast(fraction, pa.int64()))
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


def _zones(parts: pa.StructArray) -> pa.StringArray:
    return pc.fill_null(parts.field("z"), "")


def _placed(
    values: NDArray[np.int64], zones: pa.StringArray, words: TimeWords
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the instants in UTC: by the zone in the text, or by the one for texts that carry none."""
    encoded = zones.dictionary_encode()
    names: Sequence[str] = encoded.dictionary.to_pylist()
    indices = np.asarray(encoded.indices)
    rules = np.zeros(len(values), np.int8)
    values = values.copy()
    for number, name in enumerate(names):
        here = indices == number
        if not name:
            rules[here] = RULE_CODE[words.naive_rule]
            if words.zone != "UTC":
                values[here] = _from_zone(values[here], words.zone)
        elif name.upper() in {"UTC", "GMT", "Z"}:
            rules[here] = RULE_CODE[TimeRule.UTC_IN_TEXT]
        else:
            rules[here] = RULE_CODE[TimeRule.OFFSET_IN_TEXT]
            values[here] -= _minutes(name) * 60_000
    return values, rules


def _minutes(name: str) -> int:
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
    halves = pc.split_pattern_regex(texts, _SEPARATOR, max_splits=1)
    counts = np.asarray(pc.fill_null(pc.list_value_length(halves), 0))
    if bool((counts == 2).all()):
        first, second = pc.list_element(halves, 0), pc.list_element(halves, 1)
    else:
        # a cell without a second time is no window; what state it is in, is told by the whole cell
        pair = pa.array(counts == 2)
        padded = pc.if_else(pair, halves, pc.if_else(pair, halves, pa.scalar(["", ""], halves.type)))
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
