"""Spreadsheets: sheets as Excel shows them, without a library for office files; no bomb, no document type, no end."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lockplate.errors import BadInput
from lockplate.imports import spreadsheet as spreadsheet_module
from lockplate.imports.folder import open_folder
from lockplate.imports.spreadsheet import Spreadsheet
from released_files import A, Audit, imported, labels, xlsx_bytes, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = labels(A)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], list[tuple[str | None, int, list[str | None]]]]:
    """Return the rows of a spreadsheet with their sheet and number."""

    def run(data: bytes) -> list[tuple[str | None, int, list[str | None]]]:
        path = tmp_path / "book.xlsx"
        path.write_bytes(data)
        return [
            (block.sheet, int(block.rows[place]), block.cells(place))
            for chunk in Spreadsheet(path, lambda _: None).chunks()
            for block in chunk.blocks
            for place in range(len(block))
        ]

    return run


def book(sheet: str, **parts: str) -> bytes:
    """Return a book of one sheet whose XML is given."""
    whole = xlsx_bytes({"one": []})
    names = {"xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>'}
    names |= {f"xl/{name}.xml": text for name, text in parts.items()}
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    return zipped(found | names)


@pytest.mark.parametrize("inline", [True, False])
def test_sheets_are_imported(tmp_path: Path, inline: bool) -> None:
    """Each sheet has its own header; sheet and row stand with every record, as Excel shows them."""
    june, july = Audit().rows(A, 30), Audit(2).rows(A, 20)
    (tmp_path / "a.xlsx").write_bytes(
        xlsx_bytes({"June": [HEAD, *june], "July": [["Audit"], [], HEAD, *july]}, inline=inline)
    )
    (report,) = imported(tmp_path / "out", tmp_path / "a.xlsx")
    rows = [row for batch in open_folder(tmp_path / "out").batches(["sheet", "plate"]) for row in batch.to_pylist()]

    assert (51, 50, {"not_a_record": 1}) == (
        report.manifest.counts.rows, report.manifest.counts.imported, report.manifest.counts.refused_by_reason
    )  # fmt: skip
    assert [row[5] for row in (*june, *july)] == [row["plate"] for row in rows]
    assert [("June", 2), ("July", 4)] == [(rows[place]["sheet"], rows[place]["row"]) for place in (0, 30)]


def test_cells_are_what_excel_shows(read: Any) -> None:
    """Numbers without a point where they have none, dates and times of day as text, truth values, results of formulas."""
    sheet = (
        "<sheetData><row r='3'><c r='A3'><v>2510.0</v></c><c r='B3'><v>0.5</v></c><c r='C3' s='1'><v>45826.5</v></c>"
        "<c r='D3' s='1'><v>45826</v></c><c r='E3' s='1'><v>0.25</v></c><c r='F3' t='b'><v>1</v></c>"
        "<c r='G3' t='str'><f>A1</f><v>made</v></c><c r='I3' t='e'><v>#N/A</v></c><c r='J3'><v>2602250064</v></c></row></sheetData>"
    )
    styles = f"<styleSheet xmlns='{MAIN}'><numFmts><numFmt numFmtId='170' formatCode='m/d/yyyy h:mm'/></numFmts><cellXfs><xf numFmtId='0'/><xf numFmtId='170'/></cellXfs></styleSheet>"
    (row,) = read(book(sheet, styles=styles))

    assert ("one", 3) == row[:2]
    assert [
        "2510",
        "0.5",
        "2025-06-18 12:00:00.000",
        "2025-06-18",
        "06:00:00",
        "true",
        "made",
        "",
        "#N/A",
        "2602250064",
    ] == row[2]


def test_rich_text_and_missing_references(read: Any) -> None:
    """A text in several runs is one text; cells without a name follow one another."""
    sheet = "<sheetData><row><c t='inlineStr'><is><r><t>two </t></r><r><t>runs</t></r></is></c><c><v>1</v></c></row></sheetData>"

    assert [("one", 1, ["two runs", "1"])] == read(book(sheet))


def test_dates_are_imported(tmp_path: Path) -> None:
    """A time that a person's program stored as a number is the instant it shows, in no zone, taken as UTC."""
    rows = "".join(
        f"<row r='{number}'><c t='inlineStr'><is><t>id{number}</t></is></c><c s='1'><v>45826.{number}</v></c><c><v>{number}</v></c></row>"
        for number in range(1, 9)
    )
    head = "<row><c t='inlineStr'><is><t>Name</t></is></c><c t='inlineStr'><is><t>Search Time</t></is></c><c t='inlineStr'><is><t>Networks</t></is></c></row>"
    styles = f"<styleSheet xmlns='{MAIN}'><cellXfs><xf numFmtId='0'/><xf numFmtId='22'/></cellXfs></styleSheet>"
    (tmp_path / "a.xlsx").write_bytes(book(f"<sheetData>{head}{rows}</sheetData>", styles=styles))
    (report,) = imported(tmp_path / "out", tmp_path / "a.xlsx")
    (batch,) = open_folder(tmp_path / "out").batches(["searched_at"])

    assert {"naive_as_utc": 8} == report.manifest.time_rules
    assert datetime(2025, 6, 18, 12, tzinfo=UTC) == batch["searched_at"].to_pylist()[4]


ENTITY = f"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet xmlns='{MAIN}'><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 and no more",
        zipped({"readme.txt": "not a book"}),
        book("<sheetData><row><c t='s'><v>7</v></c></row></sheetData>"),
        book("<sheetData><row r='x'/></sheetData>"),
        book("<sheetData><row>"),
        zipped({"xl/workbook.xml": ENTITY}),
        book("<sheetData/>", workbook="<workbook xmlns='x'><sheets><sheet name='a'/></sheets></workbook>"),
    ],
)  # fmt: skip
def test_what_is_no_book_is_refused(read: Any, data: bytes) -> None:
    """A broken archive, another archive, a text that is not there, a document type: refused, or no rows."""
    try:
        assert [] == read(data)
    except BadInput as error:
        assert "bad_file" == error.code  # noqa: PT017 - no rows would be as good


@pytest.mark.parametrize(
    "doctype", ["<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!DOCTYPE a SYSTEM 'file:///etc/hostname'>"]
)
def test_a_document_type_is_refused(read: Any, doctype: str) -> None:
    """No book has one, with or without entities."""
    sheet = "<sheetData><row><c><v>1</v></c></row></sheetData>"
    assert 1 == len(read(book(sheet)))
    with pytest.raises(BadInput):
        read(book(sheet, styles=f"{doctype}<styleSheet/>"))


def test_bombs_are_refused(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that grows beyond all measure, or one element without end, is never read to its end."""
    flat = book("<sheetData>" + "<row><c><v>1</v></c></row>" * 200_000 + "</sheetData>")
    with pytest.raises(BadInput) as told:
        read(flat)
    assert "too_large" == told.value.code

    monkeypatch.setattr(spreadsheet_module, "MAX_ELEMENT_BYTES", 100_000)
    monkeypatch.setattr(spreadsheet_module, "MAX_RATIO", 100_000)
    for endless in ("<row>" + "<c/>" * 100_000 + "</row>", "<row><c t='str'><v>" + "x" * 400_000 + "</v></c></row>"):
        with pytest.raises(BadInput):
            read(book(f"<sheetData>{endless}</sheetData>"))
    assert 3 == len(read(book("<sheetData>" + "<row><c><v>1</v></c></row>" * 3 + "</sheetData>")))


def test_wide_rows_end(read: Any) -> None:
    """Columns beyond what a table has are left out; a far one makes no row of millions."""
    (row,) = read(book("<sheetData><row><c r='A1'><v>1</v></c><c r='ZZZ1'><v>2</v></c></row></sheetData>"))

    assert ["1"] == row[2]
