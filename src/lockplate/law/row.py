"""Row: one cited value of a profile as a line of a table, for `law show`, the pages and the record.

What flows in: a version's text. What flows out: flat rows, in the order of the file.
What it must never see: I/O, a clock. A row says whose value it is: the law's, or this program's.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import msgspec

from lockplate.law.text import AgeGate, Cited, Header, LogTerm, ProfileText, Section, VendorAudit
from lockplate.law.words import Mark, Source, Span

NOT_STATED = "not stated"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One value: where it stands in the profile, what it is, where it is written, and how well we know it."""

    field: str
    """`section.field`; a list in several groups has several rows."""
    value: str
    """In words; `not stated` when the source states none."""
    cite: str
    mark: Mark
    note: str
    source: Source


def cited_values(text: ProfileText) -> Iterator[tuple[str, Cited[Any]]]:
    """Yield every cited value of a version with its field path, in the order of the file."""
    for name in text.__struct_fields__:
        part = getattr(text, name)
        if not isinstance(part, Header):
            yield from _within(name, part)


def rows_of(text: ProfileText) -> tuple[Row, ...]:
    """Return every cited value of a version as a row."""
    return tuple(
        Row(
            field=path,
            value=in_words(cited.value),
            cite=cited.cite,
            mark=cited.mark,
            note=cited.note,
            source=cited.source,
        )
        for path, cited in cited_values(text)
    )


def in_words(value: object) -> str:  # noqa: PLR0911 - one return for each kind of value is what is easiest to read
    """Return a value as a person reads it."""
    if value is None:
        return NOT_STATED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Span):
        return value.words()
    if isinstance(value, LogTerm):
        ends = (("at least", value.min), ("at most", value.max))
        return ", ".join(f"{word} {span.words()}" for word, span in ends if span is not None)
    if isinstance(value, AgeGate):
        return f"older than {value.older_than.words()}: {' or '.join(need.value for need in value.needs)}"
    if isinstance(value, VendorAudit):
        often = [word for word, wanted in (("monthly", value.monthly), ("quarterly", value.quarterly)) if wanted]
        return f"{' and '.join(often)}, posted within {value.post_within_days} days"
    if isinstance(value, tuple):
        return ", ".join(in_words(item) for item in value)
    return str(value.value if isinstance(value, Enum) else value)


def _within(path: str, part: object) -> Iterator[tuple[str, Cited[Any]]]:
    if isinstance(part, Cited):
        yield path, part
    elif isinstance(part, Section):
        for name in part.__struct_fields__:
            yield from _within(f"{path}.{name}", getattr(part, name))
    elif isinstance(part, tuple):
        for item in part:
            yield from _within(path, item)
