"""Tally: counts over a release as it is read: rows, refusals, states and masks for each field, the period.

What flows in: fields of rows, refused rows. What flows out: numbers.
What it must never see: a row that was not counted once.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockplate.clock import format_time
from lockplate.imports.assembling import Fields
from lockplate.imports.record_tables import MOMENT
from lockplate.imports.states import CODE
from lockplate.released import RULES, STATES, RecordKind, State

_MOST_MASKS = 50
_SHOWN_MASKS = 10
_MASK_CHARACTERS = 80


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file's rows: rows = imported + duplicate + refused; headers and blank lines are no rows."""

    rows: int
    imported: int
    duplicate: int
    """Equal in every cell to an earlier row of the file."""
    refused: int
    refused_by_reason: dict[str, int]
    headers: int
    blank_lines: int
    id_repeats: int
    """Imported rows whose id an earlier row of other content has; they are kept and marked."""
    searches: int = 0
    events: int = 0
    shares: int = 0
    """Lines of sharing lists."""


class Tally:
    """Counts one release."""

    def __init__(self) -> None:
        self.imported: Counter[RecordKind] = Counter()
        self.duplicate = self.headers = self.blank_lines = self.id_repeats = 0
        self.refused: Counter[str] = Counter()
        self._states: dict[RecordKind, dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]] = {}
        self._masks: dict[str, Counter[str]] = {}
        self._rules: Counter[str] = Counter()
        self._first: int | None = None
        self._last: int | None = None

    def add(self, kind: RecordKind, fields: Fields) -> None:
        """Count rows that were imported."""
        rows = len(fields.rules)
        if not rows:
            return
        self.imported[kind] += rows
        states = self._states.setdefault(kind, {})
        for name, codes in fields.states.items():
            counts = np.bincount(codes, minlength=len(STATES))
            states[name] = states[name] + counts if name in states else counts
            if counts[CODE[State.MASKED]]:
                self._note_masks(name, fields)
        for code, number in enumerate(np.bincount(fields.rules, minlength=len(RULES)).tolist()):
            if number:
                self._rules[RULES[code].value] += number
        self._note_period(fields.values.get(MOMENT.get(kind, "")))

    def _note_masks(self, name: str, fields: Fields) -> None:
        texts = fields.raw[name] if name in fields.raw else fields.values[name]
        masked = texts.filter(pa.array(fields.states[name] == CODE[State.MASKED]))
        counted = self._masks.setdefault(name, Counter())
        for pair in pc.value_counts(masked).to_pylist():
            text = (pair["values"] or "").strip()[:_MASK_CHARACTERS]
            if text in counted or len(counted) < _MOST_MASKS:
                counted[text] += pair["counts"]

    def _note_period(self, instants: pa.Array | None) -> None:
        if instants is None or instants.null_count == len(instants):
            return
        ends = pc.min_max(instants.cast(pa.int64())).as_py()
        self._first = ends["min"] if self._first is None else min(self._first, ends["min"])
        self._last = ends["max"] if self._last is None else max(self._last, ends["max"])

    def counts(self) -> Counts:
        """Return the account of every row."""
        imported, refused = self.imported.total(), self.refused.total()
        return Counts(
            rows=imported + self.duplicate + refused,
            imported=imported,
            duplicate=self.duplicate,
            refused=refused,
            refused_by_reason=dict(sorted(self.refused.items())),
            headers=self.headers,
            blank_lines=self.blank_lines,
            id_repeats=self.id_repeats,
            searches=self.imported[RecordKind.SEARCH],
            events=self.imported[RecordKind.EVENT],
            shares=self.imported[RecordKind.SHARE],
        )

    def period(self) -> tuple[str | None, str | None]:
        """Return the first and the last instant of the rows, as RFC 3339."""
        return _instant(self._first), _instant(self._last)

    def states(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return for each kind and field how many rows are in which state."""
        return {
            kind.value: {
                name: {STATES[code].value: number for code, number in enumerate(counts.tolist()) if number}
                for name, counts in fields.items()
            }
            for kind, fields in self._states.items()
        }

    def masks(self) -> dict[str, dict[str, int]]:
        """Return for each field the masks met most often."""
        return {name: dict(counted.most_common(_SHOWN_MASKS)) for name, counted in self._masks.items()}

    def rules(self) -> Mapping[str, int]:
        """Return how many instants were read by which rule."""
        return dict(self._rules)


def _instant(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else format_time(datetime.fromtimestamp(milliseconds / 1000, UTC))
