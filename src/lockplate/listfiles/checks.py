"""Checks: plates, regions and categories as list files and people write them; what may not be listed is refused here.

What flows in: text of one cell. What flows out: the value, or LineRefused.
What it must never see: a line's other cells, a list.
"""

import re

from lockplate.hotlist import Category
from lockplate.listfiles.outcome import LineRefused, Refusal
from lockplate.plate import MAX_PLATE_CHARACTERS, UNKNOWN_CHARACTERS, fold
from lockplate.read import NO_PLATE_WORDS
from lockplate.terms import PlateText

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_BARE = re.compile(r"[A-Za-z0-9]+")
_NONE_WORDS = NO_PLATE_WORDS | {"UNK"}
_IMMIGRATION_WORDS = frozenset({"ice", "ero", "cbp", "uscis", "alien", "detainer", "removal"})
_IMMIGRATION_STEMS = ("immigra", "deport", "undocument")


def speaks_of_immigration(text: str) -> bool:
    """Say whether a type, a category or a list's name speaks of immigration status, in any of its usual words."""
    parts = re.split(r"[^a-z]+", text.lower())
    return not _IMMIGRATION_WORDS.isdisjoint(parts) or any(part.startswith(_IMMIGRATION_STEMS) for part in parts)


def parse_category(text: str) -> Category:
    """Return the category a text names, or raise LineRefused; whatever speaks of immigration is always refused."""
    word = re.sub(r"[\s-]+", "_", text.strip().lower())
    if not word:
        raise LineRefused(Refusal.CATEGORY_MISSING)
    if speaks_of_immigration(word):
        raise LineRefused(Refusal.IMMIGRATION)
    try:
        return Category(word)
    except ValueError:
        raise LineRefused(Refusal.CATEGORY_UNKNOWN) from None


def require_listed_plate(text: str) -> PlateText:
    """Return a list's plate without surrounding white space, or raise LineRefused."""
    trimmed = text.strip()
    if not fold(trimmed):
        raise LineRefused(Refusal.NO_PLATE)
    if len(trimmed) > MAX_PLATE_CHARACTERS:
        raise LineRefused(Refusal.PLATE_TOO_LONG)
    return PlateText(trimmed)


def require_edited_plate(text: str) -> PlateText:
    """Return a plate that keeps the edit rule of state systems (Wisconsin TIME manual), or raise LineRefused.

    Letters and digits only; no partial plate, no word for none, no junk of zeros.
    """
    plate = text.strip()
    if not _BARE.fullmatch(plate):
        raise LineRefused(_fault_of(plate))
    if len(plate) > MAX_PLATE_CHARACTERS:
        raise LineRefused(Refusal.PLATE_TOO_LONG)
    if plate.upper() in _NONE_WORDS:
        raise LineRefused(Refusal.NO_PLATE)
    if not plate.strip("0"):
        raise LineRefused(Refusal.JUNK_PLATE)
    return PlateText(plate)


def require_region(text: str) -> str | None:
    """Return an ISO 3166-1 or 3166-2 code in upper case, None for an empty cell, or raise LineRefused."""
    code = text.strip().upper()
    if code and not _REGION.fullmatch(code):
        raise LineRefused(Refusal.BAD_REGION)
    return code or None


def _fault_of(plate: str) -> Refusal:
    """Return why a text that is not bare letters and digits is no plate."""
    if not plate:
        return Refusal.NO_PLATE
    return Refusal.PARTIAL_PLATE if not UNKNOWN_CHARACTERS.isdisjoint(plate) else Refusal.PLATE_SYMBOLS
