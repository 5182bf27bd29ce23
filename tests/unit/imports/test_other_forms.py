"""JSON and text of tables: rows as their own form gives them, each with its number."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.imports import json_rows as json_module
from lockplate.imports.folder import open_folder
from lockplate.imports.json_rows import JsonRows
from lockplate.imports.reading import searches
from lockplate.imports.rows import RefusalReason
from lockplate.imports.table_text import TableText, header_of
from lockplate.released import Field, State
from released_files import D_LABELS, A, Audit, D, imported, labels, ndjson_bytes, table_text

HEAD = labels(A)


def rows_of(source: Any) -> tuple[list[dict[str, str | None]], dict[int, RefusalReason]]:
    rows, refused = [], {}
    for chunk in source.chunks():
        for block in chunk.blocks:
            rows += [dict(zip(block.labels or (), block.cells(place), strict=True)) for place in range(len(block))]
        refused |= {row.row: row.reason for row in chunk.refused}
    return rows, refused


def lines(*texts: bytes) -> tuple[list[dict[str, str | None]], dict[int, RefusalReason]]:
    return rows_of(JsonRows(iter([b"\n".join(texts)]), by_lines=True))


@pytest.mark.parametrize("form", ["array", "wrapped", "lines"])
def test_json_is_imported(tmp_path: Any, form: str) -> None:
    """An array, an object that holds one, a line for each: the same records; null is blank, a missing key not exported."""
    rows = [dict(zip(HEAD, row, strict=True)) for row in Audit().rows(A, 20)]
    made: list[dict[str, Any]] = [
        {**row, "Total Networks Searched": int(row["Total Networks Searched"])} for row in rows
    ]
    made[3]["Reason"] = None
    del made[4]["Reason"]
    text = {
        "array": json.dumps(made),
        "wrapped": json.dumps({"count": 20, "data": made}),
        "lines": "\n".join(map(json.dumps, made)),
    }
    (tmp_path / "a.json").write_text(text[form])
    (report,) = imported(tmp_path / "out", tmp_path / "a.json")
    (batch,) = open_folder(tmp_path / "out").batches()
    found = list(searches(batch))

    assert (20, "A", "ndjson" if form == "lines" else "json") == (
        report.manifest.counts.imported, report.manifest.layouts[0], report.manifest.form
    )  # fmt: skip
    assert [State.GIVEN, State.BLANK, State.NOT_EXPORTED] == [
        found[number].states[Field.REASON] for number in (2, 3, 4)
    ]
    assert [row["License Plate"] for row in rows] == [one.plate for one in found]
    assert [int(row["Total Networks Searched"]) for row in rows] == [one.networks for one in found]


def test_lines_that_are_no_objects_are_refused() -> None:
    """By their number, each with its reason; blank lines are no rows."""
    rows, refused = lines(
        b'{"a": 1}', b"", b"[1]", b"{", b"{}", b"[" * 9999, b'{"a": [1, {"b": null}]}', b'{"b": true}'
    )

    assert [{"a": "1", "b": None}, {"a": '[1,{"b":null}]', "b": None}, {"a": None, "b": "true"}] == rows
    assert {
        2: RefusalReason.NOT_AN_OBJECT, 3: RefusalReason.BAD_JSON, 4: RefusalReason.EMPTY_ROW, 5: RefusalReason.BAD_JSON
    } == refused  # fmt: skip


def test_names_without_end_are_refused() -> None:
    """A row that would bring the file beyond five hundred columns is refused, not the rows before it."""
    rows, refused = lines(
        b'{"a": "1"}', json.dumps({f"n{number}": "" for number in range(600)}).encode(), b'{"a": "2"}'
    )

    assert [{"a": "1"}, {"a": "2"}] == rows
    assert {2: RefusalReason.FIELD_COUNT} == refused


def test_half_a_letter_is_refused() -> None:
    """JSON can write what no text can hold; that row is lost, and is told."""
    assert ([{"a": "\U0001f600"}], {1: RefusalReason.BAD_JSON}) == lines(
        b'{"a": "\\ud800"}', b'{"a": "\\ud83d\\ude00"}'
    )


@pytest.mark.parametrize("text", [b'{"a": 1', b'[{"a": 1}', b'{"a": [1], "b": [2]}', b'{"a": 1}', b"[" * 99_999])
def test_a_document_that_holds_no_table_is_refused(text: bytes) -> None:
    """Cut off, without an array, with two of them, too deep: refused as a whole, with what to do."""
    with pytest.raises(BadInput) as told:
        list(JsonRows(iter([text]), by_lines=False).chunks())

    assert told.value.next_step


def test_a_document_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would have to stand in memory whole; lines need not."""
    monkeypatch.setattr(json_module, "MAX_DOCUMENT_BYTES", 100)
    with pytest.raises(BadInput):
        list(JsonRows(iter([b'[{"a": 1}]' + b" " * 100]), by_lines=False).chunks())


@given(
    st.lists(
        st.dictionaries(st.text(max_size=4), st.one_of(st.none(), st.text(max_size=6), st.integers(-9, 9)), min_size=1),
        max_size=9,
    )
)
def test_what_was_written_is_read(objects: list[dict[str, Any]]) -> None:
    """Every key of every object, as text; what an object lacks is no empty cell."""
    rows, refused = rows_of(JsonRows(iter([json.dumps(objects).encode()]), by_lines=False)) if objects else ([], {})
    wanted = [{key: "" if value is None else str(value) for key, value in one.items()} for one in objects]

    assert {} == refused
    assert wanted == [{key: value for key, value in row.items() if value is not None} for row in rows]


# Text of tables


def test_a_table_of_text(tmp_path: Any) -> None:
    """Numbers set to the right, wrapped cells, a header on each page: rows as the table has them."""
    text = (
        "  Search audit of an invented agency\n\n"
        "ID          Org Name             Networks    Search Time              Reason\n"
        "a-1         Pinewood CA PD             12    06/01/2025, 01:02 AM     stolen car\n"
        "a-2         Elm County CA SO          600    06/01/2025, 01:03 AM     a long reason that\n"
        "                                                                      goes on below\n"
        "\f"
        "ID          Org Name             Networks    Search Time              Reason\n"
        "a-3         Fern TX PD                  1    06/01/2025, 01:04 AM\n"
        "                     2 of 2\n"
    )
    (tmp_path / "a.txt").write_text(text)
    (report,) = imported(tmp_path / "out", tmp_path / "a.txt")
    (batch,) = open_folder(tmp_path / "out").batches()
    found = list(searches(batch))

    assert ["a-1", "a-2", "a-3"] == [one.id for one in found]
    assert ["stolen car", "a long reason that goes on below", None] == [one.reason for one in found]
    assert [12, 600, 1] == [one.networks for one in found]
    assert [4, 5, 8] == [one.provenance.line for one in found]
    assert (4, 3, {"not_a_record": 1}) == (
        report.manifest.counts.rows, report.manifest.counts.headers, report.manifest.counts.refused_by_reason
    )  # fmt: skip


def test_a_row_on_two_pages_of_reading() -> None:
    """What continues a row belongs to it, wherever the text was cut."""
    data = table_text(labels(D, D_LABELS), Audit().rows(D, 45), page=7)
    whole = rows_of(TableText(iter([data])))
    cut = rows_of(TableText(data[start : start + 97] for start in range(0, len(data), 97)))

    assert whole == cut
    assert 45 == len(whole[0])


def test_prose_is_no_header() -> None:
    """Three labels in columns make one; words in a sentence do not."""
    assert header_of("Name, reason and search time are withheld.") is None
    assert header_of("Name    Reason    Search Time")


def test_lines_in_ndjson_are_numbered(tmp_path: Any) -> None:
    """Row and line of a record are those of its object."""
    data = ndjson_bytes(HEAD, Audit().rows(A, 3)).replace(b"\n", b"\n\n", 1)
    (tmp_path / "a.ndjson").write_bytes(data)
    imported(tmp_path / "out", tmp_path / "a.ndjson")
    (batch,) = open_folder(tmp_path / "out").batches(["line"])

    assert [(1, 1), (2, 3), (3, 4)] == list(zip(batch["row"].to_pylist(), batch["line"].to_pylist(), strict=True))
