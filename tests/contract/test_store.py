"""The contract of the store: one suite, every engine (design part 5, `store/surface.py`)."""

import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from lockplate.errors import BadInput
from lockplate.marks import RowMarker, sums_of
from lockplate.sealed import Probe, RowPlace, SealedColumns, SealedRead
from lockplate.store.embedded import EmbeddedStore
from lockplate.store.memory import MemoryStore
from lockplate.store.surface import DayCount, ReadStore
from lockplate.terms import OperatorId, Period, ReaderId, Token

CITY, COUNTY = OperatorId("city"), OperatorId("county")
NORTH, SOUTH = ReaderId("north"), ReaderId("south")
NOON = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
DAY = 86_400

ENGINES: dict[str, Callable[[Path], ReadStore]] = {
    "embedded": lambda folder: EmbeddedStore(folder / "store", memory_mb=1024),
    "memory": lambda folder: MemoryStore(),
}


@pytest.fixture(params=sorted(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReadStore]:
    opened = ENGINES[request.param](tmp_path)
    yield opened
    opened.close()


def row(number: int, second: int = NOON, **changes: object) -> SealedRead:
    values = {"operator": CITY, "reader": NORTH, "token": Token(number.to_bytes(8, "big")), "captured_at": second}
    return SealedRead(**(values | changes))


def find(store: ReadStore, *rows: SealedRead, start: int = 0, end: int = 4_000_000_000) -> list[SealedRead]:
    probes = [Probe(period=one.period, token=one.token) for one in rows]
    return store.find(rows[0].operator, probes, start=start, end=end)


def test_a_row_is_found_by_operator_period_and_token(store: ReadStore) -> None:
    """What was appended comes back whole, bytes of the record included."""
    kept = row(1, record=bytes(range(256)))

    store.append([kept, row(2)])

    assert [kept] == find(store, kept)


@pytest.mark.parametrize("token", [b"');--\\\0\n", b"\x00" * 8, b"\xff" * 8, b"\\x41\\x42", b"{a:Str}%"])
def test_any_eight_bytes_are_a_token(store: ReadStore, token: bytes) -> None:
    """A token is data, whatever its bytes look like in a statement."""
    kept = row(0, token=Token(token))

    store.append([kept, row(3)])

    assert [kept] == find(store, kept)


@pytest.mark.parametrize("name", ["o'brien", 'say "x"', "back\\slash", "ünïcode", "{curly:String}", "a\nb"])
def test_names_are_data(store: ReadStore, name: str) -> None:
    """A reader's or operator's name never becomes part of a statement."""
    kept = row(1, reader=ReaderId(name), operator=OperatorId(name))

    store.append([kept])

    assert [kept] == find(store, kept)
    assert {ReaderId(name): 1} == store.rows_in_period(OperatorId(name), kept.period)


def test_nothing_else_is_found(store: ReadStore) -> None:
    """Another operator, another hour, another token or a second outside the window is not an answer."""
    kept = row(1)
    store.append([kept, row(1, operator=COUNTY), row(1, NOON + 3600)])

    assert [kept] == find(store, kept)
    assert [] == find(store, row(9))
    assert [] == find(store, kept, start=NOON + 1)
    assert [] == find(store, kept, end=NOON)
    assert [kept] == find(store, kept, start=NOON, end=NOON + 1)


def test_no_probe_finds_nothing(store: ReadStore) -> None:
    """Asking for no token is not asking for all."""
    store.append([row(1)])

    assert [] == store.find(CITY, [], start=0, end=4_000_000_000)


def test_a_row_sent_again_changes_nothing(store: ReadStore) -> None:
    """The same row in one batch, in two batches and in columns counts once."""
    kept = row(1)

    store.append([kept, kept])
    store.append([kept])
    store.append_columns(columns_of([kept]))

    assert [kept] == find(store, kept)
    assert {NORTH: 1} == store.rows_in_period(CITY, kept.period)
    assert [DayCount(reader=NORTH, day=date(2026, 3, 1), reads=1)] == store.counts(
        CITY, date(2026, 3, 1), date(2026, 3, 1)
    )


def test_a_withdrawn_row_no_longer_answers(store: ReadStore) -> None:
    """A correction takes the first plate's row back, in either order, and a re-send does not revive it."""
    first, corrected = row(1), row(2)
    taken_back = row(1, withdrawn=True)

    store.append([first])
    store.append([taken_back, corrected])
    store.append([first])

    assert [corrected] == find(store, first, corrected)
    assert {NORTH: 1} == store.rows_in_period(CITY, first.period)


def test_rows_come_in_time_order_over_many_hours(store: ReadStore) -> None:
    """A month of hours is one question, answered by time."""
    rows = [row(hour, NOON + hour * 3600) for hour in range(720)]
    store.append(random.Random(7).sample(rows, len(rows)))

    assert rows == find(store, *rows)


def test_more_probes_than_fit_one_query(store: ReadStore) -> None:
    """A wide pattern over many hours is answered whole."""
    rows = [row(1), row(49_999)]
    store.append(rows)
    probes = [row(number) for number in range(50_000)]

    assert sorted(rows, key=lambda one: one.token) == find(store, *probes)


def columns_of(rows: list[SealedRead]) -> SealedColumns:
    readers = tuple(sorted({one.reader for one in rows}))
    return SealedColumns(
        operator=rows[0].operator,
        captured_at=np.array([one.captured_at for one in rows], dtype=np.uint32),
        tokens=b"".join(one.token for one in rows),
        readers=readers,
        reader_index=np.array([readers.index(one.reader) for one in rows], dtype=np.int32),
    )


def test_columns_and_rows_are_the_same_reads(store: ReadStore) -> None:
    """The bulk path stores what the single path stores."""
    rows = [row(number, NOON + number, reader=SOUTH if number % 2 else NORTH) for number in range(100)]

    store.append_columns(columns_of(rows))

    assert rows == find(store, *rows)


def test_empty_batches_are_nothing(store: ReadStore) -> None:
    """Nothing in, nothing stored, no error."""
    store.append([])
    empty = np.array([], dtype=np.uint32)
    store.append_columns(
        SealedColumns(operator=CITY, captured_at=empty, tokens=b"", readers=(), reader_index=empty.astype(np.int32))
    )

    assert [] == store.counts(CITY, date(1990, 1, 1), date(2099, 1, 1))


def test_counts_for_each_reader_and_day(store: ReadStore) -> None:
    """Counts know readers and days, of one operator, and nothing finer."""
    store.append(
        [row(1), row(2), row(3, reader=SOUTH), row(4, NOON + DAY), row(5, operator=COUNTY), row(6, NOON - DAY)]
    )

    assert [
        DayCount(reader=NORTH, day=date(2026, 3, 1), reads=2),
        DayCount(reader=SOUTH, day=date(2026, 3, 1), reads=1),
        DayCount(reader=NORTH, day=date(2026, 3, 2), reads=1),
    ] == store.counts(CITY, date(2026, 3, 1), date(2026, 3, 2))


def test_a_dropped_day_is_gone_for_its_operator_alone(store: ReadStore) -> None:
    """Dropping a day touches neither other days nor other operators; a day nobody shares goes too."""
    gone, later, other = row(1), row(1, NOON + DAY), row(1, operator=COUNTY)
    store.append([gone, later, other])

    store.drop_day(CITY, date(2026, 3, 1))

    assert [] == find(store, gone)
    assert [later] == find(store, later)
    assert [other] == find(store, other)
    store.drop_day(COUNTY, date(2026, 3, 1))
    store.drop_day(COUNTY, date(2026, 3, 1))
    assert [] == find(store, other)


def test_the_surface_has_no_other_question(store: ReadStore) -> None:
    """Promise 1: no method lists tokens of a place or time; a new public method must first change this list."""
    public = {name for name in dir(store) if not name.startswith("_")}

    assert {
        "append", "append_columns", "find", "counts", "rows_in_period", "drop_day", "close",
        # sums of keyed marks, counts, and a yes or no about a row that somebody names
        "sums", "hour_marks", "hours", "operators", "misshapen", "is_withdrawn",
    } == public  # fmt: skip


def test_what_was_closed_is_there_again(tmp_path: Path) -> None:
    """The embedded engine keeps rows over a clean close."""
    first = EmbeddedStore(tmp_path / "store", memory_mb=1024)
    first.append([row(1, record=b"x")])
    first.close()

    second = EmbeddedStore(tmp_path / "store", memory_mb=1024)

    assert [row(1, record=b"x")] == find(second, row(1))
    second.close()


WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from lockplate.sealed import SealedRead
    from lockplate.store.embedded import EmbeddedStore
    from lockplate.terms import OperatorId, Period, ReaderId, Token

    store = EmbeddedStore(Path(sys.argv[1]), memory_mb=1024)
    first, noon = int(sys.argv[2]), int(sys.argv[3])
    print("open", flush=True)
    for batch in range(first, first + 100_000):
        store.append([
            SealedRead(operator=OperatorId("city"), reader=ReaderId("north"), captured_at=noon,
                       token=Token((batch * 10 + number).to_bytes(8, "big")), record=b"r" * 64)
            for number in range(10)
        ])
        print(batch, flush=True)
""")


def _write_until_killed(folder: Path, first: int, acknowledgements: int) -> list[int]:
    """Run a writer, kill -9 it after some acknowledgements, and return the batches it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first), str(NOON)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "open\n" == process.stdout.readline()
        acknowledged = [int(process.stdout.readline()) for _ in range(acknowledgements)]
        os.kill(process.pid, signal.SIGKILL)
        return acknowledged + [int(line) for line in process.stdout.read().split("\n") if line.strip().isdigit()]


def test_kill_9_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Dozens of times: a writer is killed in mid-stream; every acknowledged batch is there whole, no batch is half there."""
    chance = random.Random(11)
    acknowledged: list[int] = []
    for cycle in range(24):
        acknowledged += _write_until_killed(tmp_path / "store", cycle * 1_000_000, chance.randint(1, 12))
    store = EmbeddedStore(tmp_path / "store", memory_mb=1024)
    attempted = [batch + extra for batch in acknowledged for extra in (0, 1)]
    rows = [row(batch * 10 + number) for batch in dict.fromkeys(attempted) for number in range(10)]
    found = {int.from_bytes(one.token, "big") // 10: 0 for one in rows}
    for one in find(store, *rows):
        found[int.from_bytes(one.token, "big") // 10] += 1
    store.close()

    assert {10} == {found[batch] for batch in acknowledged}
    assert set(found.values()) <= {0, 10}


# What is counted and compared


MARKER = RowMarker(bytes(range(32)))
EVER = (Period(0), Period(2**31))


def test_sums_are_those_of_the_rows(store: ReadStore) -> None:
    """Each row once, by UTC day and reader, withdrawn ones left out; the engine adds nothing of its own."""
    rows = [row(number, NOON + number * 7000, reader=(NORTH, SOUTH)[number % 2]) for number in range(40)]
    store.append(rows)
    store.append([*rows[:5], row(7, rows[7].captured_at, reader=SOUTH, withdrawn=True), row(1, operator=COUNTY)])
    left = columns_of([one for one in rows if one is not rows[7]])

    marks = MARKER.marks(left.tokens, left.captured_at, left.reader_index, left.readers)
    assert sums_of(marks, left.captured_at, left.reader_index, left.readers) == store.sums(CITY, *EVER, MARKER)
    assert {} == store.sums(OperatorId("nobody"), *EVER, MARKER)
    one_hour = store.sums(CITY, rows[0].period, rows[0].period, MARKER)
    assert 1 == sum(one.rows for one in one_hour.values())


def test_an_hours_marks_are_those_of_its_rows(store: ReadStore) -> None:
    """Withdrawn rows are among them, and said to be; an hour without rows has none."""
    store.append([row(1), row(2), row(2, withdrawn=True), row(3, NOON + 3600)])
    found = store.hour_marks(CITY, row(1).period, MARKER)
    here = columns_of([row(1), row(2)])
    marks = MARKER.marks(here.tokens, here.captured_at, here.reader_index, here.readers)[:, 0]

    assert dict(zip(marks.tolist(), [False, True], strict=True)) == dict(
        zip(found.marks.tolist(), found.withdrawn.tolist(), strict=True)
    )
    assert 0 == len(store.hour_marks(CITY, Period(1), MARKER).marks)


def test_a_row_that_is_named_is_there_or_not(store: ReadStore) -> None:
    """There, taken back, or not there: by all that tells a row from others."""
    store.append([row(1), row(2), row(2, withdrawn=True)])

    def asked(number: int, second: int = NOON, reader: ReaderId = NORTH, operator: OperatorId = CITY) -> bool | None:
        token = Token(number.to_bytes(8, "big"))
        return store.is_withdrawn(operator, RowPlace(token=token, captured_at=second, reader=reader))

    assert [False, True, None] == [asked(1), asked(2), asked(3)]
    assert [None, None, None] == [asked(1, NOON + 1), asked(1, reader=SOUTH), asked(1, operator=COUNTY)]


def test_hours_and_operators_are_named(store: ReadStore) -> None:
    """Which hours have rows, and whose."""
    store.append([row(1), row(2), row(3, NOON + 3600), row(4, operator=COUNTY)])

    assert {row(1).period: 2, row(3, NOON + 3600).period: 1} == store.hours(CITY)
    assert {CITY, COUNTY} == store.operators()
    assert {} == store.hours(OperatorId("nobody"))


def test_a_batch_of_one_day_is_one_part(tmp_path: Path) -> None:
    """The ledger rests on it: of a batch, a day is stored whole or not at all, also when it is a large one."""
    store = EmbeddedStore(tmp_path / "store", memory_mb=1024)
    many = 700_000
    store.append_columns(
        SealedColumns(
            operator=CITY,
            captured_at=np.full(many, NOON, np.uint32),
            tokens=np.arange(many, dtype=">u8").tobytes(),
            readers=(NORTH,),
            reader_index=np.zeros(many, np.int32),
        )
    )
    parts = store._query("SELECT rows FROM system.parts WHERE table = 'sealed_reads_local' AND active")

    assert [(many,)] == [tuple(part) for part in parts]
    store.close()


def test_a_row_of_no_form_of_ours_is_counted(tmp_path: Path) -> None:
    """A record too short or of no known version, and a second that is not of the row's hour."""
    store = EmbeddedStore(tmp_path / "store", memory_mb=1024)
    good = bytes([1]) + bytes(40)
    store.append([row(1), row(2, record=good), row(3, record=b"\x02short"), row(4, record=bytes([3]) + bytes(40))])
    store._command(
        "INSERT INTO lockplate.sealed_reads_local (operator, period, token, captured_at, reader) "
        f"VALUES ('city', 5, 'abcdefgh', {NOON}, 'north')"
    )

    assert {row(1).period: 2, Period(5): 1} == store.misshapen(CITY)
    assert {} == store.misshapen(COUNTY)
    store.close()


def test_nobody_else_looks_at_an_hours_tokens(tmp_path: Path) -> None:
    """Promise 1: what is handed in to make marks is our own marker, not something that keeps what it sees."""

    class Curious:
        def marks(self, *seen: object) -> object:
            raise AssertionError(seen)

    store = EmbeddedStore(tmp_path / "store", memory_mb=1024)
    store.append([row(1)])
    for act in (lambda: store.sums(CITY, *EVER, Curious()), lambda: store.hour_marks(CITY, row(1).period, Curious())):
        with pytest.raises(BadInput):
            act()
    store.close()
