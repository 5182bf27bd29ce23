"""Released files: invented audits in every layout that was met, and what they should come to.

What flows in: a layout, a number of rows, a seed. What flows out: labels and rows, as CSV, XLSX, JSON or text.
What it must never see: a real release. Agencies, people, plates and cases are made up.
"""

import csv
import io
import json
import random
import uuid
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from lockplate.clock import SystemClock
from lockplate.imports.folder import writing_folder
from lockplate.imports.importing import ImportOrder, ImportReport, import_file
from lockplate.imports.plan import Plan

START = datetime(2025, 6, 1, 7, tzinfo=UTC)
ORGANISATIONS = (
    "Pinewood CA PD",
    "Elm County CA SO",
    "Ridge UT Police Department",
    "Oakvale State Patrol",
    "Fern TX PD",
)
PEOPLE = ("A. Larch", "Birch, Ben", "C. Rowan", "D. Alder", "Hazel, E.")
REASONS = (
    "investigation",
    "Inv",
    "stolen vehicle",
    "459 burglary",
    "welfare check, elderly",
    "10851 VC",
    "hit and run",
)
OFFENSES = ("Robbery", "Larceny/Theft Offenses", "Drugs/Narcotics")
FILTERS = ("Make: Volvo, Color: Red", "", "Color: White", "Body: Sedan, State: CA")
LABELS = {
    "id": "ID", "user": "Name", "organisation": "Org Name", "networks": "Total Networks Searched",
    "devices": "Total Devices Searched", "frame": "Time Frame", "plate": "License Plate", "reason": "Reason",
    "case_number": "Case #", "filters": "Filters", "searched_at": "Search Time", "search_type": "Search Type",
    "prompt": "Text Prompt", "moderation": "Moderation",
}  # fmt: skip
A = (
    "user",
    "organisation",
    "networks",
    "devices",
    "frame",
    "plate",
    "reason",
    "case_number",
    "filters",
    "searched_at",
    "search_type",
)
B = ("id", *A, "prompt", "moderation")
PORTAL = {
    "id": "id", "user": "userId", "searched_at": "searchDate", "networks": "networkCount", "devices": "cameraCount",
    "reason": "reason", "case_number": "caseNumber", "offense": "offenseType",
}  # fmt: skip
D = (
    "id",
    "organisation",
    "networks",
    "devices",
    "frame_from",
    "frame_to",
    "reason",
    "searched_at",
    "search_type",
    "moderation",
)
D_LABELS = {
    "id": "ID", "organisation": "Org_Name", "networks": "Total_Networks_Searched", "devices": "Total_Devices_Searched",
    "frame_from": "Time_Frame_Start", "frame_to": "Time_Frame_End", "reason": "Reason", "searched_at": "Search_Time",
    "search_type": "Search_Type", "moderation": "Moderation",
}  # fmt: skip


def vendor_time(at: datetime) -> str:
    """Return a time as the vendor's exports write it."""
    return at.strftime("%m/%d/%Y, %I:%M:%S %p UTC")


def portal_time(at: datetime) -> str:
    """Return a time as the portals of 2026 write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Audit:
    """Invented searches, one after another; the same for the same seed."""

    def __init__(self, seed: int = 1, start: datetime = START) -> None:
        self._chance = random.Random(seed)
        self._at = start

    def search(self) -> dict[str, str]:
        """Return one search with every field that any layout has, as text."""
        chance = self._chance
        self._at += timedelta(seconds=chance.randrange(1, 900), milliseconds=chance.randrange(1000))
        since = self._at - timedelta(days=chance.choice((1, 7, 30)))
        plate = (
            f"{chance.randrange(1, 10)}"
            + "".join(chance.choices("ABCDEFGHJKLMNP", k=3))
            + f"{chance.randrange(1000):03d}"
        )
        return {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "user": chance.choice(PEOPLE),
            "organisation": chance.choice(ORGANISATIONS),
            "networks": str(chance.randrange(1, 6000)),
            "devices": str(chance.randrange(1, 80_000)),
            "frame": f"{vendor_time(since)}\n{vendor_time(self._at)}",
            "frame_from": vendor_time(since),
            "frame_to": vendor_time(self._at),
            "plate": plate,
            "reason": chance.choice(REASONS),
            "case_number": f"25-{chance.randrange(100_000):05d}",
            "offense": chance.choice(OFFENSES),
            "filters": chance.choice(FILTERS),
            "searched_at": vendor_time(self._at),
            "portal_time": portal_time(self._at),
            "naive_time": self._at.strftime("%Y-%m-%d %H:%M:%S.") + f"{self._at.microsecond // 1000:03d}",
            "date": self._at.strftime("%m/%d/%Y"),
            "clock": self._at.strftime("%I:%M:%S %p"),
            "search_type": chance.choice(("search", "lookup", "search - Mobile", "convoy")),
            "prompt": "",
            "moderation": chance.choice(("", "allow")),
        }

    def rows(self, fields: Sequence[str], count: int) -> list[list[str]]:
        """Return rows of these fields."""
        made = (self.search() for _ in range(count))
        return [[one[field] for field in fields] for one in made]


def labels(fields: Sequence[str], names: dict[str, str] = LABELS) -> list[str]:
    """Return the header of these fields."""
    return [names[field] for field in fields]


def csv_bytes(
    rows: Sequence[Sequence[str]], *, delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL, end: str = "\r\n"
) -> bytes:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return out.getvalue().encode()


def ndjson_bytes(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as one object a line."""
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()


def xlsx_bytes(sheets: dict[str, Sequence[Sequence[str]]], *, inline: bool = False) -> bytes:
    """Return sheets as XLSX: texts shared or inline, empty cells left out."""
    shared: dict[str, int] = {}
    parts: dict[str, str] = {}
    for number, rows in enumerate(sheets.values(), 1):
        lines = []
        for row, cells in enumerate(rows, 1):
            made = ""
            for place, cell in enumerate(cells):
                name = f"{chr(65 + place)}{row}"
                if cell == "":
                    continue
                if cell.isdigit() and len(cell) < 10:
                    made += f'<c r="{name}"><v>{cell}</v></c>'
                elif inline:
                    made += f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
                else:
                    made += f'<c r="{name}" t="s"><v>{shared.setdefault(cell, len(shared))}</v></c>'
            lines.append(f'<row r="{row}">{made}</row>')
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        )
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in shared)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{texts}</sst>'
    named = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>' for number, name in enumerate(sheets, 1)
    )
    parts["xl/workbook.xml"] = f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{named}</sheets></workbook>'
    links = "".join(
        f'<Relationship Id="rId{number}" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    parts["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>'
    return zipped({"[Content_Types].xml": "<Types/>", **parts})


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def zipped(parts: dict[str, str]) -> bytes:
    """Return parts as a packed archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def table_text(names: Sequence[str], rows: Sequence[Sequence[str]], *, page: int = 20) -> bytes:
    """Return rows as `pdftotext -layout` shows a table: columns of spaces, a header on each page, page numbers."""
    wide = [max(len(cell) for cell in column) + 3 for column in zip(names, *rows, strict=True)]
    lines: list[str] = []
    for first in range(0, len(rows), page):
        shown = (names, *rows[first : first + page])
        lines += ["".join(cell.ljust(size) for cell, size in zip(row, wide, strict=True)).rstrip() for row in shown]
        lines += ["", f"Page {first // page + 1} of {-(-len(rows) // page)}", "\f"]
    return "\n".join(lines).encode()


def imported(
    folder: Path, *files: Path, plan: Plan | None = None, as_of: str | None = None, keep: bool = True
) -> list[ImportReport]:
    """Import files into a folder and return their reports."""
    with writing_folder(folder) as writer:
        orders = [ImportOrder(path=path, plan=plan, as_of=as_of, keep_original=keep) for path in files]
        return [import_file(writer, order, SystemClock(), lambda _: None) for order in orders]
