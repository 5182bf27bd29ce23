"""Traps: each that people met who loaded released audits, as an invented file, with every row accounted for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from imported import MANY, same, told
from lockplate.released import Field, State
from released_files import (
    A,
    Audit,
    B,
    csv_bytes,
    labels,
    vendor_time,
)

HEAD = labels(A)
WITHOUT_ORGANISATION = tuple(field for field in A if field != "organisation")


# Headers


def test_labels_with_a_leading_space(take: Any) -> None:
    """A space before a label is no other label."""
    rows = Audit().rows(A, MANY)
    taken = take(csv_bytes([[f" {name}" for name in HEAD], *rows]))

    assert ("A",) == taken.manifest.layouts
    same(taken, rows, A)


@pytest.mark.parametrize("gone", ["Org Name", "Reason", "Time Frame", "Search Time", "Filters"])
def test_a_label_is_gone_and_all_later_ones_stand_one_column_off(take: Any, gone: str) -> None:
    """The cells tell where the labels belong, and every moved column says so."""
    rows = Audit().rows(A, MANY)
    taken = take(csv_bytes([[name for name in HEAD if name != gone], *rows]))

    assert MANY == taken.counts.imported
    for place, column in enumerate(taken.manifest.plan.sections[0].columns):
        assert column.role.value in {A[place], "extra"}
        assert column.confidence <= 0.7 or place < HEAD.index(gone) or column.role.value == "extra"
    assert told(rows, A, "searched_at") == [vendor_time(at) for at in taken.column("searched_at")]


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_label_too_many_moves_all_later_ones(take: Any, place: int) -> None:
    """As many labels as columns, one of them wrong: what comes after stands one off, and is read where it belongs."""
    rows = Audit().rows(A, MANY)
    taken = take(csv_bytes([[*HEAD[:place], "Badge", *HEAD[place:-1]], *rows]))

    same(taken, rows, A[:-1])


def test_two_counts_that_cannot_be_told_apart_are_asked_about(take: Any) -> None:
    """Networks or devices: with one of the labels gone, nothing in the cells tells, and the plan says so."""
    rows = Audit().rows(A, MANY)
    taken = take(csv_bytes([[name for name in HEAD if name != "Total Networks Searched"], *rows]))

    assert any("devices" in one for one in taken.manifest.unsure)


def test_blank_labels(take: Any) -> None:
    """A column without a label is what the layout around it has, if its cells agree; else it is kept by its number."""
    rows = Audit().rows(A, MANY)
    taken = take(csv_bytes([["" if name in {"Org Name", "Reason"} else name for name in HEAD], *rows]))
    same(taken, rows, A)

    added = take(csv_bytes([[*HEAD, ""], *[[*row, "x"] for row in rows]]))
    assert {"column 12": "x"} == added.records[0].extra


def test_a_label_that_the_cells_contradict(take: Any) -> None:
    """Two labels exchanged: neither is believed against its cells, and a person is asked to look."""
    rows = Audit().rows(A, MANY)
    names = list(HEAD)
    names[4], names[9] = names[9], names[4]
    taken = take(csv_bytes([names, *rows]))

    (section,) = taken.manifest.plan.sections
    assert ["", ""] == [section.columns[place].label for place in (4, 9)]
    assert all(section.columns[place].confidence <= 0.6 for place in (4, 9))
    assert [vendor_time(one.searched_at) for one in taken.records] == told(rows, A, "searched_at")


def test_a_second_header_inside(take: Any) -> None:
    """It is counted as a header, and the rows below it go on."""
    rows, more = Audit().rows(A, MANY), Audit(2).rows(A, MANY)
    taken = take(csv_bytes([HEAD, *rows, HEAD, *more]))

    assert (2 * MANY, 2) == (taken.counts.imported, taken.counts.headers)
    same(taken, [*rows, *more], A)
    assert 2 + MANY + 1 == taken.records[MANY].provenance.row


@pytest.mark.parametrize("header", [True, False])
def test_two_exports_stacked(take: Any, header: bool) -> None:
    """B below A, with its header or without: two sections, and nothing of one read as the other."""
    rows, more = Audit().rows(A, MANY), Audit(2).rows(B, MANY)
    taken = take(csv_bytes([HEAD, *rows, *([labels(B)] if header else []), *more]))

    assert ("A", "B") == taken.manifest.layouts
    assert [*told(rows, A, "reason"), *told(more, B, "reason")] == taken.column("reason")
    assert [State.NOT_EXPORTED] * MANY + [State.GIVEN] * MANY == [one.states[Field.ID] for one in taken.records]


def test_two_exports_of_one_layout_stacked(take: Any) -> None:
    """Without a header between there is nothing to see: one file of more rows."""
    rows, more = Audit().rows(A, MANY), Audit(2).rows(A, MANY)
    same(take(csv_bytes([HEAD, *rows, *more])), [*rows, *more], A)


def test_rows_of_one_width_in_another_order(take: Any) -> None:
    """Stacked without a header and with its columns turned round: times and windows are read, the rest is asked about."""
    rows, more = Audit().rows(A, MANY), Audit(2).rows(tuple(reversed(A)), MANY)
    taken = take(csv_bytes([HEAD, *rows, *more]))
    turned = taken.records[MANY:]

    assert 2 * MANY == taken.counts.imported
    assert [row[1] for row in more] == [vendor_time(one.searched_at) for one in turned]
    assert {row[3] for row in more} == {one.extra["column 4"] for one in turned}
    assert taken.manifest.unsure
    assert {State.NOT_EXPORTED} == {one.states[Field.USER] for one in turned}


def test_a_column_is_absent_in_one_month(take: Any) -> None:
    """With its header it is a section of its own; without one it is told by its cells, or refused when they do not tell."""
    rows, more = Audit().rows(A, MANY), Audit(2).rows(WITHOUT_ORGANISATION, MANY)
    for header in ([labels(WITHOUT_ORGANISATION)], []):
        taken = take(csv_bytes([HEAD, *rows, *header, *more]))
        assert [*told(rows, A, "user"), *told(more, WITHOUT_ORGANISATION, "user")] == taken.column("user")
        assert State.NOT_EXPORTED is taken.records[-1].states[Field.ORGANISATION]

    taken = take(csv_bytes([HEAD, *rows, *more[:5]]))
    assert {"field_count": 5} == taken.counts.refused_by_reason  # too few to tell by

    no_devices = tuple(field for field in A if field != "devices")
    taken = take(csv_bytes([HEAD, *rows, *Audit(2).rows(no_devices, MANY)]))
    assert {"field_count": MANY} == taken.counts.refused_by_reason
    assert [*range(MANY + 2, 2 * MANY + 2)] == sorted(taken.refusals)


def test_rows_of_which_a_cell_was_cut_in_two(take: Any) -> None:
    """An unquoted comma in a reason gives a row one cell too many: refused by its number, not read shifted."""
    rows = Audit().rows(A, MANY)
    cut = [*rows[4][:6], "a", "b", *rows[4][7:]]
    taken = take(csv_bytes([HEAD, *rows[:4], cut, *rows[5:]]))

    assert {6: "field_count"} == taken.refusals
    same(taken, [*rows[:4], *rows[5:]], A)


def test_cells_moved_by_one_within_rows(take: Any) -> None:
    """Rows edited so that all fields moved: told by what no longer reads, and read where they are."""
    rows, more = Audit().rows(A, MANY), Audit(2).rows(A, MANY)
    taken = take(csv_bytes([HEAD, *rows, *[["", *row[:-1]] for row in more]]))

    assert [*told(rows, A, "plate"), *told(more, A, "plate")] == taken.column("plate")
    assert [*told(rows, A, "networks"), *told(more, A, "networks")] == [str(one) for one in taken.column("networks")]


def test_titles_and_totals_are_no_records(take: Any) -> None:
    """What stands above the header and below the rows is refused by its number, blank lines are counted apart."""
    rows = Audit().rows(A, MANY)
    data = csv_bytes([["Network Audit"], ["Pinewood", "June"], [], HEAD, *rows, [], ["Total", "30"], [""] * 11])
    taken = take(data)

    assert {1: "not_a_record", 2: "not_a_record", MANY + 6: "not_a_record", MANY + 7: "empty_row"} == taken.refusals
    assert (1, 2) == (taken.counts.headers, taken.counts.blank_lines)
    same(taken, rows, A)


# Cells


def test_masks_wildcards_and_blanks(take: Any) -> None:
    """`***` is a mask and `Z*0028*` a search; withheld, empty and not exported are counted as three things."""
    rows = Audit().rows(A, MANY)
    for number, plate in enumerate(
        ("***", "Z*0028*", " REDACTED", "[REDACTED]", "###", "* * *", "7923.600 GC", "", "none", "0")
    ):
        rows[number][5] = plate
    rows[0][2], rows[1][0] = "——", "REDACTED, see policy"
    taken = take(csv_bytes([HEAD, *rows]))

    assert {"given": MANY - 7, "masked": 6, "blank": 1} == taken.manifest.states["search"]["plate"]
    assert ["Z*0028*", "none", "0"] == [taken.records[number].plate for number in (1, 8, 9)]
    assert (State.MASKED, None, "——") == (
        taken.records[0].states[Field.NETWORKS], taken.records[0].networks, taken.records[0].raw[Field.NETWORKS]
    )  # fmt: skip
    assert {"***": 1, "REDACTED": 1, "[REDACTED]": 1, "###": 1, "* * *": 1, "7923.600 GC": 1} == taken.manifest.masks[
        "plate"
    ]


def test_what_is_no_time_is_kept(take: Any) -> None:
    """A row whose time cannot be read is a record all the same, with the text that stands there."""
    rows = Audit().rows(A, MANY)
    rows[2][9], rows[3][4] = "some time in June", "last week"
    taken = take(csv_bytes([HEAD, *rows]))

    assert MANY == taken.counts.imported
    assert (State.UNREADABLE, "some time in June") == (
        taken.records[2].states[Field.SEARCHED_AT], taken.records[2].raw[Field.SEARCHED_AT]
    )  # fmt: skip
    assert "last week" == taken.records[3].raw[Field.FRAME_FROM] == taken.records[3].raw[Field.FRAME_TO]


def test_a_count_of_zero_is_a_number(take: Any) -> None:
    """Zero networks does not mean none; the record says 0 and no more."""
    rows = Audit().rows(A, MANY)
    rows[0][2] = "0"
    taken = take(csv_bytes([HEAD, *rows]))

    assert (0, State.GIVEN) == (taken.records[0].networks, taken.records[0].states[Field.NETWORKS])


def test_equal_rows_and_equal_ids(take: Any) -> None:
    """Equal in every cell: a duplicate, not kept twice. The same id with other content: kept, and marked."""
    rows = Audit().rows(B, MANY)
    ticked = [[*row[:3], str(int(row[3]) + 1), *row[4:]] for row in rows[:3]]
    taken = take(csv_bytes([labels(B), *rows, *rows[:5], *ticked]))

    assert (MANY + 3, 5, 3) == (taken.counts.imported, taken.counts.duplicate, taken.counts.id_repeats)
    assert [False] * MANY + [True] * 3 == [one.id_repeats for one in taken.records]


def test_a_row_that_only_looks_equal_is_kept(take: Any) -> None:
    """White space, and a missing cell against an empty one, make rows that are not equal in every cell."""
    rows = Audit().rows(A, 3)
    spaced = [row.copy() for row in rows]
    for row in spaced:
        row[6] += " "
    taken = take(csv_bytes([HEAD, *rows, *spaced]))

    assert (6, 0) == (taken.counts.imported, taken.counts.duplicate)


def test_a_month_is_cut_at_local_midnight(take: Any) -> None:
    """The period is that of the rows, whatever the file is called."""
    rows = Audit(start=datetime(2025, 4, 30, 23, 0, tzinfo=UTC)).rows(A, MANY)
    taken = take(csv_bytes([HEAD, *rows]), "audit-2024-04.csv")

    assert "2025-04-30" == (taken.manifest.period_from or "")[:10]
    assert "2025-05-01" == (taken.manifest.period_to or "")[:10]


def test_a_file_cut_in_the_middle_of_a_row(take: Any) -> None:
    """The last row is refused, or is not there; the others are."""
    rows = Audit().rows(A, MANY)
    data = csv_bytes([HEAD, *rows])
    taken = take(data[: data.rindex(b'"') - 4])

    assert (MANY - 1, {MANY + 1: "unclosed_quote"}) == (taken.counts.imported, taken.refusals)


HOSTILE = (
    "=HYPERLINK(1)",
    "\x1b[31mred\x1b[0m",
    "a\0b",
    "<script>x</script>",
    "\u202eabc",
    "california9AAA999",
    "x" * 100_000,
)


def test_free_text_is_kept_as_it_is(take: Any) -> None:
    """Formulas, escapes, markup, zero bytes and very long text are text, in records and in refusals."""
    rows = Audit().rows(A, MANY)
    for number, text in enumerate(HOSTILE):
        rows[number][6] = text
    taken = take(csv_bytes([HEAD, *rows, ["\x1b[31m", "\x9b31m"]]))

    assert list(HOSTILE) == taken.column("reason")[: len(HOSTILE)]
    (refusal,) = taken.folder.refusals(taken.manifest.release)
    assert "\x1b[31m | \x9b31m" == refusal.text
    for path in taken.folder.path.rglob("refusals.ndjson"):
        assert all(32 <= byte < 127 or byte == 10 for byte in path.read_bytes())


def test_unknown_columns_are_kept_and_named(take: Any) -> None:
    """A column that no field means stands in `extra` under its label, the same label twice under two names."""
    rows = Audit().rows(A, MANY)
    taken = take(csv_bytes([[*HEAD, "Shift", "Shift"], *[[*row, "day", ""] for row in rows]]))

    assert {"Shift": "day", "Shift (13)": ""} == taken.records[0].extra
    assert ("A with more columns",) == taken.manifest.layouts


def test_a_layout_that_nobody_has_seen(take: Any) -> None:
    """Unknown labels over a column of times: the times are read, everything else is kept."""
    rows = [[one[0], one[9], one[2]] for one in Audit().rows(A, MANY)]
    taken = take(csv_bytes([["Qui", "Wann", "Kameras"], *rows]))

    assert (MANY, 1) == (taken.counts.imported, taken.counts.headers)
    assert {"Qui": rows[0][0], "Kameras": rows[0][2]} == taken.records[0].extra


def test_no_table_at_all(take: Any) -> None:
    """A letter is no audit: every line is refused, and says why."""
    taken = take(b"Dear resident,\n\nthere are no records.\n")

    assert {1: "unknown_layout", 3: "unknown_layout"} == taken.refusals
    assert () == taken.manifest.layouts


def test_an_empty_file(take: Any) -> None:
    """No rows, and an account of none."""
    taken = take(b"")

    assert (0, 0) == (taken.counts.rows, taken.counts.headers)


def test_the_day_first(take: Any) -> None:
    """When some times read only with the day first, and none only with the month first, all are read so."""
    rows = Audit().rows(A, MANY)
    for number, row in enumerate(rows):
        row[9] = f"{number % 28 + 1:02d}/06/2025 10:00:00"
    taken = take(csv_bytes([HEAD, *rows]))

    assert taken.manifest.plan.day_first
    assert [number % 28 + 1 for number in range(MANY)] == [one.searched_at.day for one in taken.records]
