"""Cells: layouts of separated columns: Texas, Minnesota, Alabama, Georgia, Washington's vehicles, Florida, Indiana.

What flows in: one line. What flows out: a row, or LineRefused.
What it must never see: Indiana's persons, Florida's office names, Washington's remarks: only named columns are read,
and a line with another number of columns is refused, for its columns may have shifted.
"""

import csv
import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from lockplate.hotlist import Category
from lockplate.listfiles.checks import require_edited_plate, speaks_of_immigration
from lockplate.listfiles.codes import (
    NCIC_IMMIGRATION,
    NCIC_TYPES,
    WORD_TYPES,
    Tally,
    day_of,
    reason_of,
    reference_of,
)
from lockplate.listfiles.layout import Layout
from lockplate.listfiles.outcome import LineRefused, ListRow, Refusal

_NIC = re.compile(r"[A-Z]\d{9}")
_STATE = re.compile(r"[A-Z0]{2}|")
_YEAR = re.compile(r"\d{4}|")
_SLASHED = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_GEORGIA = re.compile(r"(?P<plate>.{8})(?P<state>[A-Z0-9 ]{2})#\d(?P<list>[A-Z ]+)")
_WASHINGTON_KEY = re.compile(r"[A-Z]{2,3}")

GEORGIA_TYPES: Mapping[str, Category] = MappingProxyType(
    {"EXPIRED": Category.REGISTRATION, "SUSPENDED": Category.SUSPENDED_LICENSE}
)
WASHINGTON_TYPES: Mapping[str, Category] = MappingProxyType({"EVS": Category.STOLEN_VEHICLE})

_TEXAS_CELLS, _MINNESOTA_CELLS, _ALABAMA_CELLS, _GEORGIA_CELLS = 11, 12, 9, 5
_WASHINGTON_CELLS, _FLORIDA_CELLS, _INDIANA_CELLS = 13, 15, 21
Cells = list[str]


def texas_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one Texas line: number, ORI, date, plate, state, plate year, then the vehicle in five."""
    cell = _require(line, _is_texas)
    return _numbered(cell, number, tally, plate_type="", vehicle=cell[6:11])


def minnesota_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one Minnesota line: as Texas, with the plate's type before the vehicle."""
    cell = _require(line, _is_minnesota)
    return _numbered(cell, number, tally, plate_type=cell[6], vehicle=cell[7:12])


def alabama_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one Alabama line: plate, two unread, make, model, colour, year, type in words, state."""
    cell = _require(line, _is_alabama)
    return ListRow(
        line=number,
        plate_text=require_edited_plate(cell[0]),
        region=tally.region(cell[8]),
        category=tally.type_category(cell[7].upper(), WORD_TYPES, frozenset()),
        reason="",
        expires_at=None,
        vehicle=tally.vehicle(cell[6], cell[3], cell[4], "", cell[5]),
    )


def georgia_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one Georgia line: plate, state and list's name in one cell, then the vehicle."""
    cell = _require(line, _is_georgia)
    found = _GEORGIA.match(cell[0])
    if found is None:
        raise LineRefused(Refusal.MALFORMED)
    return ListRow(
        line=number,
        plate_text=require_edited_plate(found["plate"]),
        region=tally.region(found["state"]),
        category=tally.type_category(found["list"].strip(), GEORGIA_TYPES, frozenset()),
        reason="",
        expires_at=None,
        vehicle=tally.vehicle(cell[2], cell[1], cell[3], "", cell[4]),
    )


def washington_vehicles_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one line of Washington's stolen vehicles; the VIN and the remarks behind are not read."""
    cell = _require(line, _is_washington)
    dated = _slashed_day(cell[12])
    return ListRow(
        line=number,
        plate_text=require_edited_plate(cell[2]),
        region=tally.region(cell[3]),
        category=tally.type_category(cell[0], WASHINGTON_TYPES, frozenset()),
        reason=reason_of(ori=cell[1], dated=dated, plate_type=cell[5], plate_year=cell[4]),
        expires_at=None,
        dated=dated,
        vehicle=tally.vehicle(cell[7], cell[8], cell[9], cell[10], cell[11]),
        reference=reference_of(cell[13]) if len(cell) > _WASHINGTON_CELLS else "",
    )


def florida_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one Florida line: type in words, ORI, its own or NCIC's number, plate, state."""
    cell = _require(line, _is_florida)
    return ListRow(
        line=number,
        plate_text=require_edited_plate(cell[10]),
        region=tally.region(cell[12]),
        category=tally.type_category(cell[0].upper(), WORD_TYPES, frozenset()),
        reason=reason_of(ori=cell[1]),
        expires_at=None,
        reference=cell[6] if _NIC.fullmatch(cell[6]) else reference_of(cell[3]),
    )


def indiana_row(line: str, number: int, tally: Tally) -> ListRow:
    """Return the row of one Indiana line: of a list of persons only the plate, its state and the vehicle's year.

    The list's category must be one: the line's own words are about a person.
    """
    cell = _require(line, _is_indiana)
    if speaks_of_immigration(f"{cell[12]} {cell[13]}"):
        raise LineRefused(Refusal.IMMIGRATION)
    return ListRow(
        line=number,
        plate_text=require_edited_plate(cell[20]),
        region=tally.region(cell[16]),
        category=None,
        reason=reason_of(plate_type=cell[19]),
        expires_at=None,
        vehicle=tally.vehicle(cell[18], "", "", "", ""),
    )


def _numbered(cell: Cells, number: int, tally: Tally, *, plate_type: str, vehicle: Cells) -> ListRow:
    """Return the row of a line that begins as NCIC's do: number, ORI, date, plate, state, plate year."""
    year, make, model, body, color = vehicle
    dated = day_of(cell[2])
    return ListRow(
        line=number,
        category=tally.type_category(cell[0][0], NCIC_TYPES, NCIC_IMMIGRATION),
        plate_text=require_edited_plate(cell[3]),
        region=tally.region(cell[4]),
        reason=reason_of(ori=cell[1], dated=dated, plate_type=plate_type, plate_year=cell[5]),
        expires_at=None,
        dated=dated,
        vehicle=tally.vehicle(year, make, model, body, color),
        reference=cell[0],
    )


def _cells(line: str, separator: str) -> Cells:
    """Return a line's cells without surrounding spaces; broken quoting gives none."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        return [cell.strip() for cell in next(csv.reader((line,), delimiter=separator, strict=True), [])]
    except csv.Error:
        return []


def _require(line: str, shape: Callable[[str], Cells | None]) -> Cells:
    """Return a line's cells, or raise LineRefused when they have not the shape."""
    found = shape(line)
    if found is None:
        raise LineRefused(Refusal.MALFORMED)
    return found


def _is_texas(line: str) -> Cells | None:
    cell = _cells(line, ",")
    return cell if len(cell) == _TEXAS_CELLS and _NIC.fullmatch(cell[0]) else None


def _is_minnesota(line: str) -> Cells | None:
    cell = _cells(line, ",")
    return cell if len(cell) == _MINNESOTA_CELLS and _NIC.fullmatch(cell[0]) else None


def _is_alabama(line: str) -> Cells | None:
    cell = _cells(line, ",")
    fits = len(cell) == _ALABAMA_CELLS and _STATE.fullmatch(cell[8]) and _YEAR.fullmatch(cell[6])
    return cell if fits else None


def _is_georgia(line: str) -> Cells | None:
    cell = _cells(line, ",") if line[10:11] == "#" else []
    return cell if len(cell) == _GEORGIA_CELLS and _GEORGIA.match(cell[0]) else None


def _is_washington(line: str) -> Cells | None:
    cell = _cells(line, ",")
    fits = len(cell) >= _WASHINGTON_CELLS and _WASHINGTON_KEY.fullmatch(cell[0]) and _SLASHED.fullmatch(cell[12])
    return cell if fits and _STATE.fullmatch(cell[3]) and _YEAR.fullmatch(cell[7]) else None


def _is_florida(line: str) -> Cells | None:
    cell = _cells(line, ";")
    return cell if len(cell) == _FLORIDA_CELLS and _STATE.fullmatch(cell[12]) else None


def _is_indiana(line: str) -> Cells | None:
    cell = _cells(line, ",")
    fits = len(cell) == _INDIANA_CELLS and _STATE.fullmatch(cell[16]) and _YEAR.fullmatch(cell[18])
    return cell if fits else None


def _slashed_day(text: str) -> date | None:
    found = _SLASHED.fullmatch(text)
    return day_of(f"{found[3]}{found[1]}{found[2]}") if found else None


def _fits(shape: Callable[[str], Cells | None]) -> Callable[[str], bool]:
    return lambda line: shape(line) is not None


TEXAS = Layout(name="texas", says="Texas NCIC, 11 columns, commas", fits=_fits(_is_texas), row=texas_row)
MINNESOTA = Layout(
    name="minnesota", says="Minnesota NCIC, 12 columns, commas", fits=_fits(_is_minnesota), row=minnesota_row, headers=1
)
ALABAMA = Layout(name="alabama", says="Alabama, 9 columns, commas", fits=_fits(_is_alabama), row=alabama_row)
GEORGIA = Layout(name="georgia", says="Georgia, 5 columns, commas: paperwork", fits=_fits(_is_georgia), row=georgia_row)
WASHINGTON_VEHICLES = Layout(
    name="washington-vehicles",
    says="Washington's stolen vehicles, 13 columns or more, commas",
    fits=_fits(_is_washington),
    row=washington_vehicles_row,
    headers=1,
)
FLORIDA = Layout(
    name="florida", says="Florida, 15 columns, semicolons", fits=_fits(_is_florida), row=florida_row, headers=1
)
INDIANA = Layout(
    name="indiana",
    says="Indiana, 21 columns, commas: persons, of whom only plates are read",
    fits=_fits(_is_indiana),
    row=indiana_row,
)
