"""Spreadsheets: the sheets of an XLSX file as blocks of columns, without any library for office files.

What flows in: a zip archive of XML. What flows out: chunks of rows with sheet and row number; numbers and dates as
text. What it must never see: formulas (their stored results are read), macros, links; a document type or an entity.

An archive is a way to hide a bomb: every part is read through a counter, and XML through defusedxml.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from lockplate.errors import BadInput
from lockplate.imports.rows import MAX_FIELDS, Chunk, Place, Progress, block_of

MAX_PART_BYTES = 2 * 1024 * 1024 * 1024
MAX_TEXTS_BYTES = 512 * 1024 * 1024
MAX_ELEMENT_BYTES = 16 * 1024 * 1024
MAX_RATIO = 300
"""Times that a part may be larger than what it is packed in; sheets of real files reach 30."""
MAX_SHEETS = 64
MAX_CELL_CHARACTERS = 1024 * 1024
ROWS_A_CHUNK = 20_000
_DATE_FORMATS = frozenset({*range(14, 23), *range(45, 48)})
_DATE_SIGNS = re.compile(r"[ymdhs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
_LINKS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class _Counted:
    """A part of the archive; BadInput when it, or one element of it, grows beyond what it may."""

    def __init__(self, part: IO[bytes], most: int, progress: Callable[[int], None]) -> None:
        self._part = part
        self._left = most
        self._progress = progress
        self.of_one_element = 0

    def read(self, size: int = -1) -> bytes:
        data = self._part.read(size if size > 0 else 64 * 1024)
        self._left -= len(data)
        self.of_one_element += len(data)
        self._progress(len(data))
        if self._left < 0 or self.of_one_element > MAX_ELEMENT_BYTES:
            raise BadInput("a part of the spreadsheet is too large", code="too_large", next_step="Save it as CSV.")
        return data


class Spreadsheet:
    """Reads one XLSX file; made for one file and used once."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._progress = progress
        self._read = 0
        self._total = 1

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of every sheet; raises BadInput for what is no spreadsheet, or a bomb."""
        try:
            with zipfile.ZipFile(self._path) as archive:
                self._total = max(1, sum(info.file_size for info in archive.infolist()))
                texts = self._texts(archive)
                dates, epoch = self._date_styles(archive), self._epoch(archive)
                for name, part in self._sheets(archive):
                    yield from self._sheet(archive, name, part, texts, dates, epoch)
        except (
            zipfile.BadZipFile, zlib.error, EOFError, ParseError, DefusedXmlException, NotImplementedError,
            RuntimeError, LookupError, ValueError, OverflowError, OSError, struct.error, RecursionError, AssertionError,
        ) as error:  # fmt: skip
            raise BadInput(
                f"the spreadsheet cannot be read ({type(error).__name__})",
                code="bad_file",
                next_step="Save it as CSV with the program that made it.",
            ) from None

    def _parts(self, archive: zipfile.ZipFile, name: str, wanted: frozenset[str], most: int) -> Iterator[Element]:
        """Yield the wanted elements of one part, each forgotten afterwards."""
        info = archive.getinfo(name)
        if info.file_size > most or info.file_size > max(info.compress_size * MAX_RATIO, 1024 * 1024):
            raise BadInput("a part of the spreadsheet is too large", code="too_large", next_step="Save it as CSV.")
        with archive.open(info) as part:
            counted: Any = _Counted(part, most, self._count)
            stack: list[Element] = []
            for event, element in iterparse(counted, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    stack.append(element)
                    continue
                stack.pop()
                if element.tag.rpartition("}")[2] in wanted:
                    counted.of_one_element = 0
                    yield element
                    element.clear()
                    if stack:
                        stack[-1].remove(element)

    def _count(self, more: int) -> None:
        self._read += more
        self._progress(min(self._size, self._size * self._read // self._total))

    def _texts(self, archive: zipfile.ZipFile) -> list[str]:
        if "xl/sharedStrings.xml" not in archive.namelist():
            return []
        found = self._parts(archive, "xl/sharedStrings.xml", frozenset({"si"}), MAX_TEXTS_BYTES)
        return [_plain_text(element) for element in found]

    def _date_styles(self, archive: zipfile.ZipFile) -> frozenset[int]:
        """Return the numbers of cell styles that show a number as a date."""
        if "xl/styles.xml" not in archive.namelist():
            return frozenset()
        dates = set(_DATE_FORMATS)
        styles: list[int] = []
        for element in self._parts(archive, "xl/styles.xml", frozenset({"numFmt", "cellXfs"}), MAX_TEXTS_BYTES):
            if element.tag.endswith("numFmt"):
                if _DATE_SIGNS.search(_QUOTED.sub("", element.get("formatCode", ""))):
                    dates.add(int(element.get("numFmtId", "0")))
            else:
                styles = [int(one.get("numFmtId", "0")) for one in element]
        return frozenset(number for number, form in enumerate(styles) if form in dates)

    def _epoch(self, archive: zipfile.ZipFile) -> datetime:
        for element in self._parts(archive, "xl/workbook.xml", frozenset({"workbookPr"}), MAX_TEXTS_BYTES):
            if element.get("date1904") in {"1", "true"}:
                return datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet's dates carry no zone
        return datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates carry no zone

    def _sheets(self, archive: zipfile.ZipFile) -> list[tuple[str, str]]:
        links = {
            str(one.get("Id")): str(one.get("Target"))
            for one in self._parts(archive, "xl/_rels/workbook.xml.rels", frozenset({"Relationship"}), MAX_TEXTS_BYTES)
        }
        sheets = [
            (str(one.get("name")), links[str(one.get(_LINKS))])
            for one in self._parts(archive, "xl/workbook.xml", frozenset({"sheet"}), MAX_TEXTS_BYTES)
        ]
        named = [
            (name, target.lstrip("/") if target.startswith("/") else f"xl/{target}")
            for name, target in sheets[:MAX_SHEETS]
        ]
        return [(name, part) for name, part in named if part in archive.namelist()]

    def _sheet(
        self,
        archive: zipfile.ZipFile,
        name: str,
        part: str,
        texts: list[str],
        dates: frozenset[int],
        epoch: datetime,
    ) -> Iterator[Chunk]:
        rows: list[list[str]] = []
        places: list[Place] = []
        number = blank = 0
        for element in self._parts(archive, part, frozenset({"row"}), MAX_PART_BYTES):
            number = max(number + 1, int(element.get("r") or number + 1))
            cells = _row_cells(element, texts, dates, epoch)
            if any(cells):
                rows.append(cells)
                places.append(Place(row=number))
            else:
                blank += 1
            if len(rows) >= ROWS_A_CHUNK:
                yield _chunk(rows, places, name, blank)
                rows, places, blank = [], [], 0
        yield _chunk(rows, places, name, blank)


def _row_cells(row: Element, texts: list[str], dates: frozenset[int], epoch: datetime) -> list[str]:
    cells: list[str] = []
    for cell in row:
        reference = _REFERENCE.fullmatch(cell.get("r") or "")
        place = _column_number(reference[1]) if reference else len(cells)
        if place >= MAX_FIELDS:
            break
        cells += [""] * (place + 1 - len(cells))
        cells[place] = _cell_text(cell, texts, dates, epoch)[:MAX_CELL_CHARACTERS]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell_text(cell: Element, texts: list[str], dates: frozenset[int], epoch: datetime) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _plain_text(cell)
    value = next((one.text or "" for one in cell if one.tag.rpartition("}")[2] == "v"), "")
    if kind == "s":
        return texts[int(value)] if value else ""
    if kind == "b":
        return {"1": "true", "0": "false"}.get(value, value)
    if kind != "n" or not value:
        return value
    if int(cell.get("s") or 0) in dates:
        return _date_text(value, epoch)
    # numbers are written as floats: 2510 may be 2510.0 or 2.51E3
    return str(int(float(value))) if float(value).is_integer() and abs(float(value)) < 2**53 else value


def _date_text(value: str, epoch: datetime) -> str:
    try:
        days = float(value)
        at = epoch + timedelta(milliseconds=round(days * 86_400_000))
    except (ValueError, OverflowError):
        return value
    if days < 1:
        return at.strftime("%H:%M:%S")
    return at.strftime("%Y-%m-%d") if days.is_integer() else at.isoformat(" ", "milliseconds")


def _plain_text(element: Element) -> str:
    """Return the text of a shared or inline string, without its phonetic reading."""
    parts: list[str] = []
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            parts.append(child.text or "")
        elif tag in {"r", "is"}:
            parts.append(_plain_text(child))
    return "".join(parts)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _chunk(rows: list[list[str]], places: list[Place], sheet: str, blank: int) -> Chunk:
    """Return rows as one block: cells that a row leaves out at its end are blank, since sheets have no widths."""
    if not rows:
        return Chunk(blocks=(), blank_lines=blank)
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    return Chunk(blocks=(block_of(padded, places, sheet=sheet),), blank_lines=blank)
