"""Comparing: two law profiles side by side, field by field.

What flows in: two profiles. What flows out: one line for each field that either of them states.
What it must never see: I/O, a clock. It says where they differ, never which of them is right.
"""

import msgspec

from lockplate.law.profile import LawProfile
from lockplate.law.row import Row


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One field in both profiles; an empty tuple where a profile says nothing about it."""

    field: str
    left: tuple[Row, ...]
    right: tuple[Row, ...]
    same: bool
    """Whether both say the same, whatever they cite."""


def compare(left: LawProfile, right: LawProfile) -> tuple[ComparedRow, ...]:
    """Return every field of either profile, in the order of the first and then of the second."""
    left_rows, right_rows = _by_field(left), _by_field(right)
    return tuple(
        ComparedRow(
            field=field,
            left=left_rows.get(field, ()),
            right=right_rows.get(field, ()),
            same=_says(left_rows.get(field, ())) == _says(right_rows.get(field, ())),
        )
        for field in left_rows | right_rows
    )


def _by_field(profile: LawProfile) -> dict[str, tuple[Row, ...]]:
    fields: dict[str, tuple[Row, ...]] = {}
    for row in profile.rows():
        fields[row.field] = (*fields.get(row.field, ()), row)
    return fields


def _says(rows: tuple[Row, ...]) -> frozenset[str]:
    """Return the words of all rows as one set: the order and grouping of a list are not a difference."""
    return frozenset(word for row in rows for word in row.value.split(", "))
