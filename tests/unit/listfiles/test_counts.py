"""Counts: a file whose own count differs from its lines is refused whole; a person's word is checked, too."""

import pytest

from list_lines import SAMPLES, ncic
from lockplate.errors import BadInput
from lockplate.listfiles.counts import require_no_collapse, require_whole
from lockplate.listfiles.layouts import parse_list
from lockplate.listfiles.outcome import ParsedList

CLEW = next(sample for sample in SAMPLES if sample.layout == "california-clew")


def file_of(*, header: str = "VEHEXTRT", footer: str = "", entries: int = 3) -> ParsedList:
    lines = [header, *(ncic(f"7KTN{number:03d}", number=number) for number in range(entries)), "", footer, ""]
    return parse_list("\n".join(lines).encode(), "ncic")


def counted(entries: int = 3, *claims: int, footer_missing: bool = False) -> ParsedList:
    return ParsedList(lines=entries, rows=(), refused=(), blank=0, claims=claims, footer_missing=footer_missing)


@pytest.mark.parametrize(
    ("header", "footer", "claims"),
    [
        ("VEHEXTRT 20261124", "", ()),
        ("VEHEXTRT RECORDS 3", "", (3,)),
        ("VEHEXTRT RECORD COUNT: 0000003", "", (3,)),
        ("COUNT=3", "TOTAL RECORD 0000003", (3, 3)),
        ("VEHEXTRT", "TOTAL RECORDS: 7", (7,)),
        ("VEHEXTRT", "  total record 0000003  ", (3,)),
    ],
)
def test_what_a_file_claims(header: str, footer: str, claims: tuple[int, ...]) -> None:
    """Header and footer are told from entries, and each may name a count."""
    found = file_of(header=header, footer=footer)

    assert (claims, 3) == (found.claims, found.entries)


def test_a_footer_is_no_entry_and_an_entry_no_footer() -> None:
    """A plate that reads TOTAL stays a plate; a count before the end is no footer, so that two files in one show."""
    twice = f"{CLEW.lines[0]}\nTOTAL RECORD 0000001\n{CLEW.lines[1]}\nTOTAL RECORD 0000001\n"
    plate = parse_list(b"TOTAL   CA1920261002\nTOTAL RECORD 0000001\n", "california-clew")
    found = parse_list(twice.encode(), "california-clew")

    assert ["TOTAL"] == [row.plate_text for row in plate.rows]
    assert ((1,), 3) == (found.claims, found.entries)


@pytest.mark.parametrize(
    ("parsed", "accepted", "was_counted", "code"),
    [
        (counted(3), None, False, None),
        (counted(3, 3), None, True, None),
        (counted(3, 3, 3), None, False, None),
        (counted(3, 4), None, False, "count_differs"),
        (counted(3, 3, 4), None, False, "count_differs"),
        (counted(3, 4), 3, False, None),
        (counted(3, 4), 4, False, "count_differs"),
        (counted(3), 2, False, "count_differs"),
        (counted(3), None, True, "count_missing"),
        (counted(3), 3, True, None),
        (counted(3, footer_missing=True), None, False, "count_missing"),
        (counted(3, footer_missing=True), 3, False, None),
    ],
)
def test_a_file_is_whole(parsed: ParsedList, accepted: int | None, was_counted: bool, code: str | None) -> None:
    """Its count agrees with its lines, or a person says so and is right."""
    if code is None:
        require_whole(parsed, accepted=accepted, was_counted=was_counted)
        return
    with pytest.raises(BadInput) as caught:
        require_whole(parsed, accepted=accepted, was_counted=was_counted)
    assert (code, True) == (caught.value.code, "3" in caught.value.message + caught.value.next_step)


def test_california_lacks_its_footer() -> None:
    """CLEW's tables always end with their count: without it the transfer was cut short."""
    assert parse_list("\n".join(CLEW.lines).encode(), "california-clew").footer_missing
    assert not parse_list(CLEW.text().encode()).footer_missing


@pytest.mark.parametrize(
    ("known", "gone", "claims", "accepted", "refused"),
    [
        (1000, 501, (), None, True),
        (1000, 500, (), None, False),
        (1000, 1000, (3,), None, False),
        (1000, 1000, (), 3, False),
        (99, 99, (), None, False),
    ],
)
def test_a_list_does_not_collapse(
    known: int, gone: int, claims: tuple[int, ...], accepted: int | None, refused: bool
) -> None:
    """More than half of a hundred entries or more go only when a count says that the file is whole."""
    if not refused:
        require_no_collapse(counted(3, *claims), known=known, gone=gone, accepted=accepted)
        return
    with pytest.raises(BadInput) as caught:
        require_no_collapse(counted(3, *claims), known=known, gone=gone, accepted=accepted)
    assert "list_shrunk" == caught.value.code
