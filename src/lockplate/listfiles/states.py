"""Fixed columns of single states: New York, Illinois with its labelled parts, California's CLEW with its footer.

What flows in: one line. What flows out: a row, or LineRefused.
What it must never see: the person that Illinois writes behind a wanted or missing plate; only labels are read there.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from lockplate.hotlist import Category
from lockplate.listfiles.checks import require_edited_plate
from lockplate.listfiles.codes import NCIC_IMMIGRATION, NCIC_TYPES, REGIONS, Tally, day_of, reason_of, reference_of
from lockplate.listfiles.layout import Layout
from lockplate.listfiles.outcome import LineRefused, ListRow, Refusal

# New York: plate 0-10, state 10-12, plate type 12-15, list 15, make 16-20, colour 20-27
_NEW_YORK = re.compile(r"(?![A-Z]\d{9}|\d\d[A-Z]\d{7})[A-Z0-9].{9}(?P<state>[A-Z0 ]{2})[A-Z ]{3}[A-Z]")
NEW_YORK_TYPES: Mapping[str, Category] = MappingProxyType(
    {code: NCIC_TYPES[code] for code in "MPRTVW"}
    | {"S": Category.SEX_OFFENDER, "X": Category.REGISTRATION, "Z": Category.SUSPENDED_LICENSE}
)
"""X is not NCIC's X: a registration that is suspended or false."""

# Illinois: plate 0-8, state 8-10, plate type 10-12, list 12-19, then labelled parts
_ILLINOIS = re.compile(r"[A-Z0-9].{7}[A-Z0-9 ]{2}[A-Z0-9 ]{2}[A-Z]{3}")
ILLINOIS_TYPES: Mapping[str, Category] = MappingProxyType(
    {"STOLEN": Category.STOLEN_VEHICLE, "MISSING": Category.MISSING, "WANTED": Category.WANTED}
)
_VEHICLE_LABEL = re.compile(r"\b(VYR|VMA|VMO|VST|VCO)/(\S{1,12})")
_NUMBER_LABEL = re.compile(r"\bLDS/([A-Z0-9]{1,10})\b")

# California: plate 0-8, state 8-10, county 10-12, date 12-20
_CALIFORNIA = re.compile(r"[A-Z0-9].{7}[A-Z0-9 ]{2}\d{2}\d{8}")


def new_york_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of New York's list, or raise LineRefused."""
    if not _NEW_YORK.match(line):
        raise LineRefused(Refusal.MALFORMED)
    category = tally.type_category(line[15], NEW_YORK_TYPES, NCIC_IMMIGRATION)
    return ListRow(
        line=number,
        plate_text=require_edited_plate(line[:10]),
        region=tally.region(line[10:12]),
        category=category,
        reason=reason_of(plate_type=line[12:15]),
        expires_at=None,
        vehicle=tally.vehicle("", line[16:20], "", "", line[20:27]),
    )


def illinois_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of Illinois LEADS: of a person's line only the source's number is read."""
    if not _ILLINOIS.match(line):
        raise LineRefused(Refusal.MALFORMED)
    category = tally.type_category(line[12:19].strip(), ILLINOIS_TYPES, frozenset())
    found = _NUMBER_LABEL.findall(line, 19)
    part = dict(_VEHICLE_LABEL.findall(line, 19)) if category is Category.STOLEN_VEHICLE else {}
    labels = ("VYR", "VMA", "VMO", "VST", "VCO")
    return ListRow(
        line=number,
        plate_text=require_edited_plate(line[:8]),
        region=tally.region(line[8:10]),
        category=category,
        reason=reason_of(plate_type=line[10:12]),
        expires_at=None,
        vehicle=tally.vehicle(*(part.get(label, "") for label in labels)) if part else None,
        reference=reference_of(found[-1]) if found else "",
    )


def california_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of a CLEW table: each table is of one category, which the list supplies."""
    if not _CALIFORNIA.match(line):
        raise LineRefused(Refusal.MALFORMED)
    dated = day_of(line[12:20])
    return ListRow(
        line=number,
        plate_text=require_edited_plate(line[:8]),
        region=tally.region(line[8:10]),
        category=None,
        reason=", ".join(filter(None, (f"county {line[10:12]}", reason_of(dated=dated)))),
        expires_at=None,
        dated=dated,
    )


def _is_new_york(line: str) -> bool:
    found = _NEW_YORK.match(line)
    return found is not None and line[:10].rstrip().isalnum() and found["state"].replace("0", "O") in REGIONS


def _is_illinois(line: str) -> bool:
    return _ILLINOIS.match(line) is not None and line[12:19].strip() in ILLINOIS_TYPES


NEW_YORK = Layout(
    name="new-york",
    says="New York, fixed columns",
    fits=lambda line: _is_new_york(line) and not _is_illinois(line),
    row=new_york_row,
    headers=1,
)
ILLINOIS = Layout(
    name="illinois",
    says="Illinois LEADS, fixed columns with labelled parts",
    fits=_is_illinois,
    row=illinois_row,
)
CALIFORNIA = Layout(
    name="california-clew",
    says="California DOJ CLEW (svs, sfr, slr), fixed columns, a count at the end",
    fits=lambda line: _CALIFORNIA.fullmatch(line) is not None,
    row=california_row,
    headers=1,
    has_footer=True,
)
