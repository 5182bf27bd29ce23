"""Assembling: a block of raw rows and its section become fields with states, and those become a table of records.

What flows in: text columns, what each is, how times are read. What flows out: values, states, rules; tables.
What it must never see: other rows than these; a value that was not in the file.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockplate.imports.labels import TEXT_ROLES, Role
from lockplate.imports.plan import Section
from lockplate.imports.record_tables import FIELDS, MOMENT, SCHEMAS, extras, rule_words, state_words, typed
from lockplate.imports.rows import RawBlock
from lockplate.imports.states import CODE, Codes, read_counts, states_of, trimmed
from lockplate.imports.times import RULE_CODE, Instants, TimeWords, read_times, read_window
from lockplate.released import State, TimeRule

_COUNTS = (Role.NETWORKS, Role.DEVICES)
_WINDOW = (Role.FRAME_FROM, Role.FRAME_TO)
_GIVEN, _UNREADABLE = CODE[State.GIVEN], CODE[State.UNREADABLE]


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a block's rows."""

    values: Mapping[str, pa.Array]
    states: Mapping[str, Codes]
    raw: Mapping[str, pa.StringArray]
    rules: NDArray[np.int8]

    def unreadable(self) -> NDArray[np.bool_]:
        """Return which rows hold a text where a time or a count should be."""
        found = np.zeros(len(self.rules), np.bool_)
        for name in self.raw:
            found |= self.states[name] == _UNREADABLE
        return found

    def readable(self) -> NDArray[np.int64]:
        """Return how many times and counts each row holds, given or masked."""
        found = np.zeros(len(self.rules), np.int64)
        for name in self.raw:
            codes = self.states[name]
            found += (codes == _GIVEN) | (codes == CODE[State.MASKED])
        return found

    def only(self, kept: NDArray[np.bool_]) -> "Fields":
        """Return the fields of some rows."""
        mask = pa.array(kept)
        return Fields(
            values={name: values.filter(mask) for name, values in self.values.items()},
            states={name: codes[kept] for name, codes in self.states.items()},
            raw={name: texts.filter(mask) for name, texts in self.raw.items()},
            rules=self.rules[kept],
        )


def fields_of(block: RawBlock, section: Section, words: TimeWords) -> Fields:
    """Return the fields of a block's rows; the section must be as wide as the block."""
    making = _Making(block, section, words)
    return making.fields()


class _Making:
    def __init__(self, block: RawBlock, section: Section, words: TimeWords) -> None:
        self._block = block
        self._section = section
        self._words = words
        self._values: dict[str, pa.Array] = {}
        self._states: dict[str, Codes] = {}
        self._raw: dict[str, pa.StringArray] = {}
        self._rules = np.full(len(block), RULE_CODE[TimeRule.NONE], np.int8)

    def fields(self) -> Fields:
        kind = self._section.kind
        for role in _COUNTS:
            self._count(role)
        self._window()
        if kind in MOMENT:
            self._moment(MOMENT[kind])
        for role in (Role.ID, *TEXT_ROLES):
            self._text(role)
        names = [field.value for field in FIELDS[kind]]
        return Fields(
            values={name: self._values[name] for name in names if name in self._values},
            states={name: self._states.get(name, self._absent()) for name in names},
            raw={name: self._raw[name] for name in typed(kind) if name in self._raw},
            rules=self._rules,
        )

    def _absent(self) -> Codes:
        return np.full(len(self._block), CODE[State.NOT_EXPORTED], np.int8)

    def _column(self, role: Role) -> pa.StringArray | None:
        place = self._section.place(role)
        return None if place is None else self._block.columns[place]

    def _count(self, role: Role) -> None:
        texts = self._column(role)
        if texts is not None:
            values, states = read_counts(texts)
            self._keep(role.value, values, states, texts)

    def _window(self) -> None:
        texts = self._column(Role.FRAME)
        if texts is not None:
            for role, end in zip(_WINDOW, read_window(texts, self._words), strict=True):
                self._keep_instants(role.value, end, texts)
            return
        for role in _WINDOW:
            texts = self._column(role)
            if texts is not None:
                self._keep_instants(role.value, read_times(texts, self._words), texts)

    def _moment(self, name: str) -> None:
        texts = next((texts for role in (Role.SEARCHED_AT, Role.AT) if (texts := self._column(role)) is not None), None)
        if texts is None:
            days, clocks = self._column(Role.SEARCHED_DATE), self._column(Role.SEARCHED_CLOCK)
            texts = days if clocks is None else _joined(days, clocks)
        if texts is not None:
            found = read_times(texts, self._words)
            self._keep_instants(name, found, texts)
            self._rules = found.rules

    def _text(self, role: Role) -> None:
        texts = self._column(role)
        if texts is None:
            return
        states = states_of(texts)
        there = (states == _GIVEN) | (states == CODE[State.MASKED])
        plain = trimmed(texts)
        self._values[role.value] = plain if there.all() else pc.if_else(pa.array(there), plain, _NO_TEXT)
        self._states[role.value] = states

    def _keep_instants(self, name: str, found: Instants, texts: pa.StringArray) -> None:
        self._keep(name, found.array(), found.states, texts)

    def _keep(self, name: str, values: pa.Array, states: Codes, texts: pa.StringArray) -> None:
        self._values[name] = values
        self._states[name] = states
        told = (states == CODE[State.MASKED]) | (states == _UNREADABLE)
        self._raw[name] = (
            pc.if_else(pa.array(told), texts, _NO_TEXT) if told.any() else pa.nulls(len(texts), pa.string())
        )


_NO_TEXT = pa.scalar(None, pa.string())


def _joined(days: pa.StringArray | None, clocks: pa.StringArray) -> pa.StringArray | None:
    """Return date and time of day as one text; a mask in either stands for the whole."""
    if days is None:
        return None
    masked = states_of(clocks, count=True) == CODE[State.MASKED]
    whole = pc.binary_join_element_wise(trimmed(days), trimmed(clocks), " ")
    one_masked = masked | (states_of(days, count=True) == CODE[State.MASKED])
    return pc.if_else(pa.array(one_masked), "***", trimmed(whole)) if one_masked.any() else trimmed(whole)


def table_of(block: RawBlock, section: Section, number: int, fields: Fields, repeats: NDArray[np.bool_]) -> pa.Table:
    """Return a block's rows as records; `number`: which section of the plan, `repeats`: rows whose id stood before."""
    rows, kind = len(block), section.kind
    schema = SCHEMAS[kind]
    places = [place for place, role in enumerate(section.roles) if role is Role.EXTRA]
    names = section.names()
    made: dict[str, pa.Array] = {
        "row": pa.array(block.rows),
        "line": pa.nulls(rows, pa.int64()) if block.lines is None else pa.array(block.lines),
        "sheet": pa.nulls(rows, pa.string()) if block.sheet is None else pa.repeat(block.sheet, rows),
        "section": pa.repeat(pa.scalar(number, pa.int16()), rows),
        "time_rule": rule_words(fields.rules),
        "id_repeats": pa.array(repeats, pa.bool_()),
        "extra": extras([names[place] for place in places], [block.columns[place] for place in places], rows),
    }
    for field in FIELDS[kind]:
        name = field.value
        made[name] = fields.values.get(name)
        made[f"{name}_state"] = state_words(fields.states[name])
    for name in typed(kind):
        made[f"{name}_raw"] = fields.raw.get(name)
    columns = [pa.nulls(rows, field.type) if made[field.name] is None else made[field.name] for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)
