"""Kansas: a merged file of several kinds of line; plate, state and list's name are read, the rest is free text.

What flows in: one line. What flows out: a row, or LineRefused.
What it must never see: the comments and messages of a line. A line whose list stands only in its comments is refused.
"""

import re

from lockplate.hotlist import Category
from lockplate.listfiles.checks import require_edited_plate, speaks_of_immigration
from lockplate.listfiles.codes import WORD_TYPES, Tally, day_of, reason_of
from lockplate.listfiles.layout import Layout
from lockplate.listfiles.outcome import LineRefused, ListRow, Refusal

_CANADIAN = re.compile(r"(?P<plate>[^#!]{1,20}?)\s*(?P<state>[A-Z0-9]{2})\s*CANADIAN ENTRY\b")
_NUMBERED = re.compile(r"(?P<plate>[^#!]{1,20}?)\s*(?P<state>[A-Z0]{2})\s*#\d\s+(?P<name>[A-Za-z][A-Za-z /]*)")
_DATE = re.compile(r"\b(20\d{6})$")
_NAMES = sorted({**WORD_TYPES, "SUSPENDED": Category.SUSPENDED_LICENSE}, key=len, reverse=True)
"""Longest first: a name begins the text that follows the number, and what follows the name is not read."""


def kansas_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line, or raise LineRefused."""
    found = _CANADIAN.match(line)
    if found is not None:
        category = Category.STOLEN_PLATE
    else:
        found = _NUMBERED.match(line)
        if found is None:
            raise LineRefused(Refusal.MALFORMED)
        category = _category(found["name"], tally)
    region = tally.region(found["state"])
    if found.re is _CANADIAN and not (region or "").startswith("CA-"):
        raise LineRefused(Refusal.BAD_REGION)
    dates = _DATE.findall(line)
    dated = day_of(dates[0]) if dates else None
    return ListRow(
        line=number,
        plate_text=require_edited_plate(found["plate"]),
        region=region,
        category=category,
        reason=reason_of(dated=dated),
        expires_at=None,
        dated=dated,
    )


def _category(text: str, tally: Tally) -> Category:
    """Return the category of the list's name that a text begins with, or raise LineRefused."""
    text = " ".join(text.upper().split())
    if speaks_of_immigration(text):
        raise LineRefused(Refusal.IMMIGRATION)
    for name in _NAMES:
        if text == name or text.startswith(name + " "):
            return WORD_TYPES.get(name, Category.SUSPENDED_LICENSE)
    return tally.type_category(text, {}, frozenset())


KANSAS = Layout(
    name="kansas",
    says="Kansas, merged lines of plate, state and #list",
    fits=lambda line: _NUMBERED.match(line) is not None or _CANADIAN.match(line) is not None,
    row=kansas_row,
    headers=3,
)
