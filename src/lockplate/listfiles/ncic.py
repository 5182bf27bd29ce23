"""NCIC's extract in fixed columns, and the states that write the same columns: Washington, Michigan, New Jersey.

What flows in: one line. What flows out: a row, or LineRefused.
What it must never see: what stands beyond the columns it knows, except to refuse what speaks of immigration.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from lockplate.hotlist import Category
from lockplate.listfiles.checks import require_edited_plate, speaks_of_immigration
from lockplate.listfiles.codes import NCIC_IMMIGRATION, NCIC_TYPES, WORD_TYPES, Tally, day_of, reason_of
from lockplate.listfiles.layout import Layout
from lockplate.listfiles.outcome import LineRefused, ListRow, Refusal

# type and number 0-10, ORI 10-19, date 19-27, plate 27-37, state 37-39, plate year 39-43, plate type 43-45,
# vehicle year 45-49, make 49-53, model 53-56, style 56-58, colour 58-65, in Michigan the list's name 65-100
_AFTER = r"[A-Z0-9 ]{9}(?:\d{8}| {8}).{10}[A-Z0-9 ]{2}"
_NCIC = re.compile(r"[A-Z]\d{9}" + _AFTER)
_WASHINGTON = re.compile(r"\d\d[A-Z]\d{7}" + _AFTER)
_NEW_JERSEY = re.compile(r"[A-Z] {26}.{10}[A-Z0-9 ]{2}")
_LIST_NAME = slice(65, 100)

MICHIGAN_LISTS: Mapping[str, Category | None] = MappingProxyType(
    {f"{words} {source}": category for words, category in WORD_TYPES.items() for source in ("MI", "NCIC")}
    # which category these mean, the type at the line's head says
    | {"CPIC DATA RECORD NCIC": None, "NCIC": None, "": None}
)
NEW_JERSEY_TYPES: Mapping[str, Category] = MappingProxyType(
    {"E": Category.REGISTRATION, "S": Category.SUSPENDED_LICENSE}
)


def ncic_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of NCIC's own extract, or raise LineRefused."""
    _require(_NCIC, line)
    if len(line) > _LIST_NAME.start and speaks_of_immigration(line[_LIST_NAME]):
        raise LineRefused(Refusal.IMMIGRATION)
    category = tally.type_category(line[0], NCIC_TYPES, NCIC_IMMIGRATION)
    return _columns(line, number, tally, category, line[:10])


def washington_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of Washington's variant: the type is the third character."""
    _require(_WASHINGTON, line)
    category = tally.type_category(line[2], NCIC_TYPES, NCIC_IMMIGRATION)
    return _columns(line, number, tally, category, line[:10])


def michigan_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of Michigan's variant: the list's name stands behind the vehicle and decides."""
    _require(_NCIC, line)
    name = line[_LIST_NAME].strip().upper()
    if name not in MICHIGAN_LISTS:
        tally.type_category(name, {}, frozenset())
    by_type = tally.type_category(line[0], NCIC_TYPES, NCIC_IMMIGRATION)
    return _columns(line, number, tally, MICHIGAN_LISTS[name] or by_type, line[:10])


def new_jersey_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of New Jersey's variant: paperwork, without number, ORI and date."""
    _require(_NEW_JERSEY, line)
    category = tally.type_category(line[0], NEW_JERSEY_TYPES, NCIC_IMMIGRATION)
    return _columns(line, number, tally, category, "")


def _require(shape: re.Pattern[str], line: str) -> None:
    """Raise LineRefused for a line that has not the shape: cut short, or shifted."""
    if not shape.match(line):
        raise LineRefused(Refusal.MALFORMED)


def _columns(line: str, number: int, tally: Tally, category: Category, reference: str) -> ListRow:
    """Return the row of the columns that all variants share."""
    plate, region = require_edited_plate(line[27:37]), tally.region(line[37:39])
    dated = day_of(line[19:27])
    return ListRow(
        line=number,
        plate_text=plate,
        region=region,
        category=category,
        reason=reason_of(ori=line[10:19], dated=dated, plate_type=line[43:45], plate_year=line[39:43]),
        expires_at=None,
        dated=dated,
        vehicle=tally.vehicle(line[45:49], line[49:53], line[53:56], line[56:58], line[58:65]),
        reference=reference,
    )


def _is_michigan(line: str) -> bool:
    name = line[_LIST_NAME].strip().upper()
    return bool(name) and name in MICHIGAN_LISTS


NCIC = Layout(
    name="ncic",
    says="NCIC extract, fixed columns, type first",
    fits=lambda line: _NCIC.match(line) is not None and not _is_michigan(line),
    row=ncic_row,
    headers=1,
)
WASHINGTON = Layout(
    name="washington",
    says="Washington's NCIC extract, fixed columns, type third",
    fits=lambda line: _WASHINGTON.match(line) is not None,
    row=washington_row,
    headers=1,
)
MICHIGAN = Layout(
    name="michigan",
    says="Michigan's NCIC extract, fixed columns, the list's name behind",
    fits=lambda line: _NCIC.match(line) is not None and _is_michigan(line),
    row=michigan_row,
)
NEW_JERSEY = Layout(
    name="new-jersey",
    says="New Jersey MVC, fixed columns: expired plates, suspended owners",
    fits=lambda line: _NEW_JERSEY.match(line) is not None,
    row=new_jersey_row,
)
