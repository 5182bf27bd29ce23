"""The page for lawyers names every field and every word that a profile may hold."""

import re
from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

from lockplate.law import words
from lockplate.law.checks import ProblemKind
from lockplate.law.text import ProfileText
from lockplate.terms import Purpose

PAGE = (Path(__file__).parents[3] / "docs" / "law-profiles.md").read_text()
PROSE = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
NAMED = set(re.findall(r"[a-z][a-z0-9_]*", " ".join(re.findall(r"`[^`]+`", PROSE))))
"""Every word that stands in code type; the examples are not counted."""

NOT_FOR_AUTHORS = {words.Source}
"""Enums whose words nobody writes into a file."""
ENUMS = [
    kind
    for kind in vars(words).values()
    if isinstance(kind, type)
    and issubclass(kind, StrEnum)
    and kind.__module__ == words.__name__
    and kind not in NOT_FOR_AUTHORS
]


@pytest.mark.parametrize("kind", [*ENUMS, ProblemKind, Purpose], ids=lambda kind: kind.__name__)
def test_every_word_is_on_the_page(kind: type[StrEnum]) -> None:
    """A word added to the code is explained to those who write profiles."""
    assert set() == {word.value for word in kind} - NAMED


def test_every_field_is_on_the_page() -> None:
    """A field added to the code has its line in the table, under its section."""
    missing = set()
    for section in msgspec.structs.fields(ProfileText):
        if section.name in {"profile", "default_policy"}:
            continue
        lines = [line for line in PAGE.splitlines() if f"`{section.name}." in line]
        for field in msgspec.structs.fields(section.type):
            if not any(re.search(rf"`({section.name})?\.{field.name}`", line) for line in lines):
                missing.add(f"{section.name}.{field.name}")
    assert set() == missing
