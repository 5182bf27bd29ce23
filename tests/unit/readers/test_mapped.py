"""Mapped files: cells become reads as the map says, in columns and one by one alike."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.read import Read
from lockplate.readers import mapped
from lockplate.readers.column_map import load_column_map
from lockplate.readers.mapped import Chunk, chunks_of_file, columns_of_chunk, reads_of_chunk, seconds_of

PLAIN = "plate: {column: p}\ncaptured_at: {column: t%s}\n"


def seconds(texts: list[str | None], extra: str) -> list[int]:
    column = pa.chunked_array([pa.array(texts, pa.string())])
    return seconds_of(column, load_column_map(PLAIN % extra)).tolist()


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("text", "extra", "expected"),
    [
        ("2026-11-01T12:00:00Z", "", "2026-11-01T12:00:00+00:00"),
        (" 2026-11-01T12:00:00.750+01:00 ", "", "2026-11-01T12:00:00+01:00"),
        ("2026-11-01T12:00:00", ", zone: Europe/Berlin", "2026-11-01T12:00:00+01:00"),
        ("2026-11-01T12:00:00Z", ", zone: Europe/Berlin", "2026-11-01T12:00:00+00:00"),
        ("2026-11-01T01:30:00", ", zone: America/New_York", "2026-11-01T01:30:00-04:00"),
        ("1793534400", ", format: epoch_s", "2026-11-01T12:00:00+00:00"),
        ("1793534400.9", ", format: epoch_s", "2026-11-01T12:00:00+00:00"),
        ("1793534400999", ", format: epoch_ms", "2026-11-01T12:00:00+00:00"),
        ("1793534400999999", ", format: epoch_us", "2026-11-01T12:00:00+00:00"),
        ("11/01/2026 12:00:00 AM", ", format: '%m/%d/%Y %I:%M:%S %p', zone: UTC", "2026-11-01T00:00:00+00:00"),
        ("11/01/2026 12:00:00 PM", ", format: '%m/%d/%Y %I:%M:%S %p', zone: UTC", "2026-11-01T12:00:00+00:00"),
        ("01.11.2026 12:00", ", format: '%d.%m.%Y %H:%M', zone: Europe/Berlin", "2026-11-01T12:00:00+01:00"),
        ("2026-11-01 01:30:00", ", format: '%Y-%m-%d %H:%M:%S', zone: America/New_York", "2026-11-01T01:30:00-04:00"),
        ("2026-11-01 12:00:00 +0100", ", format: '%Y-%m-%d %H:%M:%S %z'", "2026-11-01T12:00:00+01:00"),
    ],
)
def test_times(text: str, extra: str, expected: str) -> None:
    """Each form of time becomes the whole second that it names; a repeated hour is taken at its first passing."""
    assert [second(expected)] == seconds([text], extra)


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        (None, ""),
        ("", ""),
        ("2026-11-01T12:00:00", ""),
        ("2026-13-01T12:00:00Z", ""),
        ("0001-01-01T00:00:00", ", zone: Europe/Berlin"),
        ("9999-12-31T23:59:59", ", zone: America/New_York"),
        ("2026-03-08T02:30:00", ", zone: America/New_York"),
        ("2026-03-08 02:30:00", ", format: '%Y-%m-%d %H:%M:%S', zone: America/New_York"),
        ("2026-11-01 12:00:00", ", format: '%Y-%m-%d %H:%M:%S'"),
        ("2026-11-01 12:00:00 and more", ", format: '%Y-%m-%d %H:%M:%S', zone: UTC"),
        ("13/01/2026", ", format: '%m/%d/%Y', zone: UTC"),
        ("12", ", format: epoch_s"),
        ("-1793534400", ", format: epoch_s"),
        ("1e9", ", format: epoch_s"),
        ("nan", ", format: epoch_s"),
        ("99999999999999999999", ", format: epoch_s"),
        ("1793534400", ", format: epoch_ms"),
        (None, ", format: epoch_s"),
    ],
)
def test_what_is_no_time(text: str | None, extra: str) -> None:
    """Naive without a zone, skipped by a clock change, out of this age, or another form: refused, not guessed."""
    assert [-1, second("2026-11-01T12:00:00+00:00")] == [
        *seconds([text], extra),
        *seconds(["2026-11-01T12:00:00Z"], ""),
    ]


def test_a_gap_in_a_long_column_costs_only_itself() -> None:
    """The cells around a skipped time keep their instants."""
    texts = [f"2026-03-08 {hour:02d}:30:00" for hour in range(6)]
    found = seconds(texts, ", format: '%Y-%m-%d %H:%M:%S', zone: America/New_York")

    assert [-1] == [found[2]]
    assert [5400, 5400 - 3600, 3600, 3600] == [
        found[3] - found[1] + 1800,
        found[3] - found[1] - 1800,
        found[4] - found[3],
        found[5] - found[4],
    ]


@given(st.datetimes(datetime(1991, 1, 1), datetime(2037, 1, 1)))
def test_rfc_3339_and_strptime_agree(at: datetime) -> None:
    """Two ways to write one wall time in one zone are one instant, or both none."""
    one = seconds([at.strftime("%Y-%m-%dT%H:%M:%S")], ", zone: America/Los_Angeles")
    other = seconds([at.strftime("%Y/%m/%d %H:%M:%S")], ", format: '%Y/%m/%d %H:%M:%S', zone: America/Los_Angeles")

    assert one == other


def test_a_bad_time_format_is_the_maps_fault() -> None:
    """A pattern without a year, or none at all, places nothing and breaks nothing."""
    assert [-1] == seconds(["12:00"], ", format: '%Q', zone: UTC")


def table(**columns: list[str | None]) -> Chunk:
    return Chunk(
        table=pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), unreadable=2
    )


FULL = """
plate: {column: p, take: 7}
captured_at: {column: t}
reader: {column: r}
confidence: {column: c}
confidence_scale: 0-100
position: {column: l, order: lon lat, missing: ["-"]}
direction: {column: d}
region: {constant: US-OR}
"""


def test_columns_and_reads_agree() -> None:
    """Both ways of reading a chunk keep the same rows, count the same reasons, and make the same read of a place."""
    chunk = table(
        p=["ABC1234567", None, "unknown", "DEF 456", "GHI789"],
        t=["2026-11-01T12:00:00Z"] * 4 + ["yesterday"],
        r=["north", "north", "north", None, "south"],
        c=["91.5", None, None, "high", None],
        l=["(-122.5, 45.5)", None, None, "-", None],
        d=["N", None, None, " ", None],
    )
    column_map = load_column_map(FULL)

    columns, reads = columns_of_chunk(chunk, column_map), reads_of_chunk(chunk, column_map)

    kept = [read for read in reads if isinstance(read, Read)]
    assert (7, 7) == (columns.rows, len(reads))
    assert {"malformed": 2, "no_plate": 2, "bad_time": 1} == columns.refused
    assert [read.plate_key for read in kept] == columns.plate_keys
    assert kept == [columns.read_at(place) for place in range(len(kept))]
    first, second_read = kept
    assert ("ABC1234", "north", 91.5, "0-100", "N", "US-OR") == (
        first.plate_text,
        first.reader_id,
        first.confidence.value,
        first.confidence.scale,
        first.direction,
        first.region,
    )
    assert (45.5, -122.5) == (first.position.latitude, first.position.longitude)
    assert ("file", None, None, None) == (
        second_read.reader_id,
        second_read.confidence,
        second_read.position,
        second_read.direction,
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("(45.5, -122.5)", (45.5, -122.5)),
        ("POINT 45.5 -122.5", (45.5, -122.5)),
        ("(0, 0)", None),
        ("(0.0, 0.0)", None),
        ("(91, 0)", None),
        ("(45.5)", None),
        ("1 Main St (45.5, -122.5)", None),
        ("", None),
    ],
)
def test_positions_in_one_cell(cell: str, expected: tuple[float, float] | None) -> None:
    """Two numbers on Earth, or none: nothing is guessed from more or fewer."""
    chunk = table(p=["A1"], t=["2026-11-01T12:00:00Z"], l=[cell])
    read = reads_of_chunk(chunk, load_column_map(PLAIN % "" + "position: {column: l}\n"))[-1]

    assert expected == (None if read.position is None else (read.position.latitude, read.position.longitude))


@pytest.mark.parametrize(
    ("text", "extra", "rule"),
    [
        ("2026-11-01T12:00:00Z", "", "offset_in_text"),
        ("2026-11-01T12:00:00+01:00", ", zone: Europe/Berlin", "offset_in_text"),
        ("2026-11-01T12:00:00", ", zone: Europe/Berlin", "reader_zone"),
        ("1793534400", ", format: epoch_s", "epoch_seconds"),
        ("2026-11-01 12:00 +0100", ", format: '%Y-%m-%d %H:%M %z', zone: Europe/Berlin", "offset_in_text"),
    ],
)
def test_the_clock_rule_is_what_was_used(text: str, extra: str, rule: str) -> None:
    """An offset in the text goes before the map's zone, and the record says which it was."""
    read = reads_of_chunk(table(p=["A1"], t=[text]), load_column_map(PLAIN % extra))[-1]

    assert (rule, text) == (read.clock_rule.value, read.captured_at_raw)


def test_a_cell_over_two_lines_is_one_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with a line end inside quotes does not break the row, wherever a block ends."""
    monkeypatch.setattr(mapped, "BLOCK_BYTES", 500)
    path = tmp_path / "two-lines.csv"
    rows = "".join(f'P{number},2026-11-01T12:00:00Z,"1 Main St\n(45.5, -122.{number})"\n' for number in range(100))
    path.write_text("p,t,l\n" + rows)
    column_map = load_column_map(PLAIN % "" + "place: {column: l}\n")

    made = [
        read for chunk in chunks_of_file(path, column_map, lambda _: None) for read in reads_of_chunk(chunk, column_map)
    ]

    assert [f"P{number}" for number in range(100)] == [read.plate_text for read in made]


def test_every_row_of_every_block_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that break the file's syntax are counted in whichever block they stand, the last one too."""
    monkeypatch.setattr(mapped, "BLOCK_BYTES", 300)
    path = tmp_path / "ragged.csv"
    rows = [f"P{number},2026-11-01T12:00:00Z" + ",extra" * (number % 5 == 4) for number in range(100)]
    path.write_text("p,t\n" + "\n".join(rows) + "\n")
    seen: list[int] = []

    chunks = list(chunks_of_file(path, load_column_map(PLAIN % ""), seen.append))

    assert 80 == sum(chunk.table.num_rows for chunk in chunks)
    assert 20 == sum(chunk.unreadable for chunk in chunks)
    assert sorted(seen) == seen


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.struct([("a", pa.int64())])])
def test_a_column_that_is_no_cell(tmp_path: Path, kind: pa.DataType) -> None:
    """A list or a struct is no plate."""
    path = tmp_path / "nested.parquet"
    pa.parquet.write_table(pa.table({"p": pa.array([None], kind), "t": ["2026-11-01T12:00:00Z"]}), path)

    with pytest.raises(BadInput) as caught:
        list(chunks_of_file(path, load_column_map("format: parquet\n" + PLAIN % ""), lambda _: None))
    assert "bad_file" == caught.value.code


def test_timestamps_keep_their_instant(tmp_path: Path) -> None:
    """A column in any zone, at any unit, is the same instant; one without a zone is naive."""
    at = datetime(2026, 7, 1, 3, 4, 5, 999_000, tzinfo=UTC)
    for unit in ("s", "ms", "us", "ns"):
        for zone in ("UTC", "America/Los_Angeles", "+05:30"):
            path = tmp_path / "instant.parquet"
            value = at if unit != "s" else at.replace(microsecond=0)
            pa.parquet.write_table(pa.table({"p": ["A1"], "t": pa.array([value], pa.timestamp(unit, zone))}), path)
            column_map = load_column_map("format: parquet\n" + PLAIN % ", zone: Asia/Tokyo")
            (chunk,) = chunks_of_file(path, column_map, lambda _: None)
            (read,) = reads_of_chunk(chunk, column_map)
            assert at.replace(microsecond=0) == read.captured_at, (unit, zone)
            assert "offset_in_text" == read.clock_rule.value


def test_a_row_that_is_broken_and_no_utf_8_costs_only_itself(tmp_path: Path) -> None:
    """The table reader tells us a broken row's text; bytes of another encoding in it must not take the file down."""
    path = tmp_path / "broken.csv"
    good = b"P1,2026-11-01T12:00:00Z\n"
    path.write_bytes(b"p,t\n" + good + b"P2,\xe9,extra\n" + good)

    chunks = list(chunks_of_file(path, load_column_map(PLAIN % ""), lambda _: None))

    assert (2, 1) == (sum(chunk.table.num_rows for chunk in chunks), sum(chunk.unreadable for chunk in chunks))


def test_another_encoding_than_the_maps_is_refused(tmp_path: Path) -> None:
    """A byte that is no UTF-8 in a cell that counts says that the map is wrong: no plate is guessed."""
    path = tmp_path / "latin.csv"
    path.write_bytes(b"p,t\nP\xc4,2026-11-01T12:00:00Z\n")

    with pytest.raises(BadInput) as caught:
        list(chunks_of_file(path, load_column_map(PLAIN % ""), lambda _: None))
    assert "bad_file" == caught.value.code
    latin = load_column_map("encoding: latin-1\n" + PLAIN % "")
    assert ["PÄ"] == [
        read.plate_text
        for chunk in chunks_of_file(path, latin, lambda _: None)
        for read in reads_of_chunk(chunk, latin)
    ]


def test_a_parquet_text_that_is_no_utf8_is_the_files_fault(tmp_path: Path) -> None:
    """Parquet says that it is text and nobody checked: refused as a file, not found out cell by cell."""
    path, column_map = tmp_path / "broken.parquet", load_column_map("format: parquet\n" + PLAIN % "")
    content = b"2026-11-01T12:00:00\xff"
    offsets = pa.array([0, len(content)], pa.int32()).buffers()[1]
    times = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(content)])
    pa.parquet.write_table(pa.table({"p": ["A1"], "t": times}), path)
    with pytest.raises(BadInput) as caught:
        list(chunks_of_file(path, column_map, lambda _: None))
    assert "bad_file" == caught.value.code


def test_a_cut_parquet_file_is_the_files_fault_and_a_missing_one_the_disks(tmp_path: Path) -> None:
    """What the table reader says of content is bad input; what the operating system says stays what it is."""
    path, column_map = tmp_path / "cut.parquet", load_column_map("format: parquet\n" + PLAIN % "")
    pa.parquet.write_table(pa.table({"p": ["A1"] * 100, "t": ["2026-11-01T12:00:00Z"] * 100}), path)
    whole = bytearray(path.read_bytes())
    for at in range(8, 120):
        whole[at] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(BadInput):
        list(chunks_of_file(path, column_map, lambda _: None))
    with pytest.raises(FileNotFoundError):
        list(chunks_of_file(tmp_path / "none.parquet", column_map, lambda _: None))
