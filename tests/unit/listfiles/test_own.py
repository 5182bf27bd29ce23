"""Our own list file: every line of it is accounted for, and no column about a person is taken."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.hotlist import Category
from lockplate.listfiles.checks import parse_category
from lockplate.listfiles.outcome import LineRefused, ListRow, Refusal
from lockplate.listfiles.own import parse_list_csv
from lockplate.terms import PlateText

HEADER = "plate,region,category,reason,expires\n"


def test_a_file_is_parsed() -> None:
    """Columns in any order, quotes, a byte-order mark, Windows line ends: rows as written."""
    text = '\ufeffexpires,Plate,Reason\r\n2026-06-01,7ZOO814,"taken, from a lot"\r\n\r\n2026-06-01T08:00:00-08:00, x1 ,\r\n'
    parsed = parse_list_csv(text.encode())
    assert (
        ListRow(
            line=2,
            plate_text=PlateText("7ZOO814"),
            region=None,
            category=None,
            reason="taken, from a lot",
            expires_at=datetime(2026, 6, 1, tzinfo=UTC),
        ),
        ListRow(
            line=4,
            plate_text=PlateText("x1"),
            region=None,
            category=None,
            reason="",
            expires_at=datetime(2026, 6, 1, 16, tzinfo=UTC),
        ),
    ) == parsed.rows
    assert (3, 1, ()) == (parsed.lines, parsed.blank, parsed.refused)


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("--,US-CA,amber,r,2026-06-01", Refusal.NO_PLATE),
        ("A" * 41 + ",US-CA,amber,r,2026-06-01", Refusal.PLATE_TOO_LONG),
        ("A1,California,amber,r,2026-06-01", Refusal.BAD_REGION),
        ("A1,US-CA,gang member,r,2026-06-01", Refusal.CATEGORY_UNKNOWN),
        ("A1,US-CA,Immigration Violator,r,2026-06-01", Refusal.IMMIGRATION),
        ("A1,US-CA,amber," + "r" * 1001 + ",2026-06-01", Refusal.REASON_TOO_LONG),
        ("A1,US-CA,amber,r,", Refusal.EXPIRY_MISSING),
        ("A1,US-CA,amber,r,soon", Refusal.EXPIRY_UNREADABLE),
        ("A1,US-CA,amber,r,2026-06-01T08:00:00", Refusal.EXPIRY_UNREADABLE),
        ("A1,US-CA,amber,r,0001-01-01T00:00:00+14:00", Refusal.EXPIRY_UNREADABLE),
        ("A1,US-CA,amber,r", Refusal.MALFORMED),
        ("A1,US-CA,amber,r,2026-06-01,more", Refusal.MALFORMED),
        ('A1,US-CA,amber,"r,2026-06-01', Refusal.MALFORMED),
        ('A1,US-CA,amber,"r"x,2026-06-01', Refusal.MALFORMED),
        ("A1,US-CA,am\rber,r,2026-06-01", Refusal.MALFORMED),
    ],
)
def test_refused_lines(line: str, refusal: Refusal) -> None:
    """A line that cannot be an entry is refused by reason, and the lines around it are not touched."""
    good = "B2,US-CA,amber,r,2026-06-01\n"
    parsed = parse_list_csv((HEADER + good + line + "\n" + good).encode())
    assert [(3, refusal)] == [(one.line, one.refusal) for one in parsed.refused]
    assert [2, 4] == [row.line for row in parsed.rows]


@pytest.mark.parametrize(
    "text",
    [
        "immigration",
        "Immigration Violator",
        "ICE",
        "ice_detainer",
        "ERO hold",
        "deported felon",
        "removal",
        "undocumented",
    ],
)
def test_immigration_is_no_category(text: str) -> None:
    """However it is put, a category about immigration is refused as such."""
    with pytest.raises(LineRefused) as caught:
        parse_category(text)
    assert Refusal.IMMIGRATION == caught.value.refusal


@pytest.mark.parametrize("category", list(Category))
def test_categories_as_people_write_them(category: Category) -> None:
    """Capitals, spaces and hyphens are no difference; no allowed category sounds like immigration."""
    assert category == parse_category(category.value.replace("_", " ").title())
    assert category == parse_category(category.value.replace("_", "-").upper())


@pytest.mark.parametrize(
    "header", ["plate,expires,driver name", "plate,expires,DOB", "Owner_Address,plate,expires", "plate,expires,suspect"]
)
def test_columns_about_people_are_refused(header: str) -> None:
    """A file that carries a person is refused whole; nothing of it is taken."""
    with pytest.raises(BadInput) as caught:
        parse_list_csv((header + "\nA1,2026-06-01,x\n").encode())
    assert "person_column" == caught.value.code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"plate,reason\nA1,x\n",
        b"plate,expires,expires\n",
        b"plate,expires,vin\n",
        b"7ZOO814,US-CA,amber,r,2026-06-01\n",
        b'"plate,expires\n',
        b"plate,expires\n\xff\xfe\n",
    ],
)
def test_files_that_are_no_list(data: bytes) -> None:
    """A missing, repeated, unknown or lost header, or bytes that are not UTF-8: refused, and no plate in the message."""
    with pytest.raises(BadInput) as caught:
        parse_list_csv(data)
    assert "7ZOO814" not in str(caught.value.public())


@given(st.lists(st.text(alphabet='A1,"- \r2026', max_size=30), max_size=12))
def test_every_line_is_accounted_for(lines: list[str]) -> None:
    """Whatever is in a file, its lines are rows, refusals or blank, each once, in order."""
    parsed = parse_list_csv((HEADER + "".join(line + "\n" for line in lines)).encode())
    assert len(lines) == parsed.lines == len(parsed.rows) + len(parsed.refused) + parsed.blank
    assert len(parsed.rows) + len(parsed.refused) == len(
        {row.line for row in parsed.rows} | {line.line for line in parsed.refused}
    )
