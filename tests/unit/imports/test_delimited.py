"""Delimited text: rows as the csv module reads them, quickly; a stray mark costs its own row and no other."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.imports.delimited import Delimited
from lockplate.imports.encoding import TextStream
from lockplate.imports.opening import sniff_delimiter
from lockplate.imports.rows import MAX_RECORD_BYTES, RefusalReason, RefusedRow

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12)


class Read:
    """What one text came to."""

    def __init__(self, data: bytes, *, piece: int = 1 << 23, delimiter: str = ",") -> None:
        self.rows: dict[int, list[str | None]] = {}
        self.lines: dict[int, int] = {}
        self.refused: dict[int, RefusedRow] = {}
        self.blank = 0
        pieces = (data[start : start + piece] for start in range(0, len(data), piece))
        for chunk in Delimited(pieces, delimiter).chunks():
            self.blank += chunk.blank_lines
            for block in chunk.blocks:
                assert block.lines is not None
                for place, (row, line) in enumerate(zip(block.rows.tolist(), block.lines.tolist(), strict=True)):
                    assert row not in self.rows
                    self.rows[row], self.lines[row] = block.cells(place), line
            for one in chunk.refused:
                assert one.row not in self.refused
                self.refused[one.row] = one

    def in_order(self) -> list[list[str | None]]:
        return [self.rows[row] for row in sorted(self.rows)]

    def reasons(self) -> dict[int, RefusalReason]:
        return {row: one.reason for row, one in self.refused.items()}


def written(rows: list[list[str]], quoting: Any = csv.QUOTE_MINIMAL, end: str = "\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator=end).writerows(rows)
    return out.getvalue().encode()


@given(
    st.integers(2, 5).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 60),
)
def test_what_was_written_is_read(rows: list[list[str]], quoting: Any, end: str, piece: int) -> None:
    """Any cells, quoted as CSV quotes them, cut into any pieces: the same cells, and nothing refused."""
    data = written([["first", *["label"] * 3][: len(rows[0]) if rows else 2], *rows], quoting, end)
    read = Read(data, piece=piece)

    assert {} == read.refused
    assert rows == read.in_order()[1:]
    assert [*range(1, len(rows) + 2)] == sorted(read.rows)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(['"', ",", "\n", "\r\n", "\r", "a", "b c", "é", '""', "1,2,3\n", '"x","y","z"\n', "\0"]),
        max_size=60,
    ),
    st.integers(1, 80),
)
def test_any_text_is_accounted_for(parts: list[str], piece: int) -> None:
    """Rows, refusals and blank lines are numbered from 1 without a gap or a double, and do not depend on the pieces."""
    data = "".join(parts).encode()
    whole, cut = Read(data), Read(data, piece=piece)

    for read in (whole, cut):
        count = len(read.rows) + len(read.refused) + read.blank
        assert count == len({*read.rows, *read.refused}) + read.blank
        assert all(1 <= row <= count for row in (*read.rows, *read.refused))
        assert (count == 0) == (not data)
    assert whole.rows == cut.rows
    assert whole.reasons() == cut.reasons()


GOOD = [[f"{number}", f"name {number}", "two\nlines", 'a "word"'] for number in range(40)]
HEAD = written([["id", "name", "frame", "note"], *GOOD[:20]])
TAIL = written(GOOD[20:])


@pytest.mark.parametrize(
    "broken",
    [
        b'X,"never closed,2,3\n',
        b'X,never "closed,2,"3\n',
        b'X,"never closed,"2\n3",4\n',
        b'"X","a"b,"c","d\n',
        b'X,"open, and one more "" inside,2,3\n',
        b'X,"' + b"y" * 3000 + b",2,3\n",
    ],
)
def test_an_unclosed_quote_costs_one_row(broken: bytes) -> None:
    """All rows before and after are there; the broken one is refused with its number and its text."""
    read = Read(HEAD + broken + TAIL)

    assert GOOD == read.in_order()[1:]
    assert {22: RefusalReason.UNCLOSED_QUOTE} == read.reasons()
    assert read.refused[22].text.startswith(broken[:8].decode())
    assert read.refused[22].line == 2 + 20 * 2


def test_an_unclosed_quote_in_a_file_without_others() -> None:
    """Where no other mark could end it, it still ends with its line."""
    rows = [f"{number},b,c\n".encode() for number in range(3000)]
    read = Read(b"".join([*rows[:10], b'X,"y,z\n', *rows[10:]]))

    assert (3000, {11: RefusalReason.UNCLOSED_QUOTE}) == (len(read.rows), read.reasons())


def test_two_marks_that_would_swallow_rows_between() -> None:
    """One cell that holds whole rows of the file is an unclosed mark and a stray one."""
    read = Read(b'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n10,11,12\n13,14",15\n16,17,18\n')

    assert [["7", "8", "9"], ["10", "11", "12"]] == read.in_order()[2:4]
    assert {3: RefusalReason.UNCLOSED_QUOTE} == read.reasons()


def test_many_broken_rows() -> None:
    """A broken row in every ten: each costs itself."""
    parts = [b'%d,"x\ny",z\n' % number if number % 10 else b'%d,"x,z\n' % number for number in range(2000)]
    read = Read(b"".join([b"a,b,c\n", *parts]))

    assert (1801, 200) == (len(read.rows), len(read.refused))


def test_text_of_many_lines_and_commas_is_one_cell() -> None:
    """What looks like rows but has another number of cells is somebody's long text."""
    text = "one, two\nthree, four\nfive, six\n"
    read = Read(written([["id", "note", "end"], ["1", text, "x"], ["2", text * 5, "y"]]))

    assert [["1", text, "x"], ["2", text * 5, "y"]] == read.in_order()[1:]


def test_a_record_without_end_is_refused_and_passed_over() -> None:
    """A row of more than a megabyte is refused by its beginning, and what follows its line is read."""
    for huge in (b"x" * (MAX_RECORD_BYTES * 3), b'"' + b"x" * (MAX_RECORD_BYTES * 2)):
        read = Read(b"a,b\n1,2\n" + huge + b"\n3,4\n", piece=300_000)

        assert [["a", "b"], ["1", "2"], ["3", "4"]] == read.in_order()
        assert {3: RefusalReason.TOO_LARGE} == read.reasons()
        assert len(read.refused[3].text) <= 4000


def test_lines_are_those_of_the_file() -> None:
    """A record's line is where it begins, whatever spans lines above it."""
    read = Read(b'a,b\n\n1,"x\ny\nz"\n\n2,3\n')

    assert ({1: 1, 3: 3, 5: 7}, 2) == (read.lines, read.blank)


def test_a_lone_return_within_a_cell_ends_no_row() -> None:
    """Where Arrow's reader would see a line's end, the row is read by our own."""
    assert [["a", "b"], ["1", "x\ry"], ["2", "z"]] == Read(b"a,b\n1,x\ry\n2,z\n").in_order()


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_delimiter_is_told_by_the_first_rows(delimiter: str) -> None:
    """Times with commas inside do not mislead."""
    head = "\n".join(delimiter.join(["a", '"06/01/2025, 01:02:03"', "x y", str(number)]) for number in range(9))

    assert delimiter == sniff_delimiter(head.encode())
    assert "," == sniff_delimiter(b"one column\nof words\n")


def streamed(data: bytes) -> tuple[bytes, TextStream]:
    stream = TextStream(io.BytesIO(data), lambda _: None)
    return b"".join(stream.pieces()), stream


TEXT = "Näme,Ørg\r\n1,“x”\r\n" * 50


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_an_encoding_is_told(encoding: str) -> None:
    """With its mark or without, a text is the same text; UTF-16 without a mark by its zero bytes."""
    told, _ = streamed(TEXT.encode(encoding))

    assert TEXT == told.decode()


def test_lines_of_two_encodings_in_one_file() -> None:
    """Each line that is no UTF-8 is read as Windows-1252 and counted, and any bytes are text."""
    told, stream = streamed("é\n".encode() + "é\n".encode("cp1252") + b"\x81\x9d\n")

    assert ("é\né\n\x81\x9d\n", 2) == (told.decode(), stream.other_lines)


def test_old_line_ends() -> None:
    """A file whose lines end with a return alone is cut at them."""
    assert b"a,b\n1,2\n" == streamed(b"a,b\r1,2\r")[0]


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_are_text(data: bytes, piece: int) -> None:
    """Whatever the bytes: UTF-8 comes out, the same for every size of piece."""
    whole = streamed(data)[0]
    whole.decode()
    assert whole == b"".join(_small_pieces(data, piece))


def _small_pieces(data: bytes, piece: int) -> Iterator[bytes]:
    class Slow(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size if self.reads == 1 else piece)

    yield from TextStream(Slow(data), lambda _: None).pieces()
