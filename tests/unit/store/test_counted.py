"""CountedStore: whatever is written, in whatever order and whatever breaks, the ledger says what the store has."""

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import StoreFailed
from lockplate.marks import RowMarker, add_sums
from lockplate.sealed import SealedColumns, SealedRead
from lockplate.store import known
from lockplate.store.counted import CountedStore
from lockplate.store.known import KnownHour
from lockplate.store.ledger import RowLedger
from lockplate.store.memory import MemoryStore
from lockplate.store.surface import HourMarks
from lockplate.terms import OperatorId, Period, ReaderId, Token

CITY, COUNTY = OperatorId("city"), OperatorId("county")
NORTH, SOUTH = ReaderId("north"), ReaderId("south")
START = 1_790_000_000 // 86_400 * 86_400
LAST = Period(2**31)


def row(number, second=START, **changes):
    values = {"operator": CITY, "reader": NORTH, "token": Token(number.to_bytes(8, "big")), "captured_at": second}
    return SealedRead(**(values | changes))


def columns(rows):
    return SealedColumns(
        operator=CITY,
        captured_at=np.array([one.captured_at for one in rows], np.uint32),
        tokens=b"".join(one.token for one in rows),
        readers=(NORTH, SOUTH),
        reader_index=np.array([(NORTH, SOUTH).index(one.reader) for one in rows], np.int32),
    )


class FailingStore(MemoryStore):
    """A store whose next append fails before or after it has done its work; then it may not answer for a while."""

    def __init__(self):
        super().__init__()
        self.fails = ""
        self.is_deaf = False

    def append(self, rows):
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise StoreFailed("the disk is full")
        super().append(rows)
        if fails == "after":
            raise StoreFailed("the disk is full")

    def is_withdrawn(self, operator, place):
        if self.is_deaf:
            raise StoreFailed("the disk is still full")
        return super().is_withdrawn(operator, place)


@pytest.fixture
def store():
    return FailingStore()


@pytest.fixture
def counted(store, open_ledger, markers):
    return CountedStore(store, open_ledger(), markers)


def booked(ledger, operator=CITY):
    return add_sums(one.sums for one in ledger.booked(operator).values())


def stored(store, markers, operator=CITY):
    return store.sums(operator, Period(0), LAST, markers[operator])


def agree(counted, store, markers):
    ledger = counted._ledger
    for operator in (CITY, COUNTY):
        assert booked(ledger, operator) == stored(store, markers, operator)
    return True


def test_new_rows_are_counted_and_rows_sent_again_are_not(counted, store, markers):
    """In one batch, in two, as columns, after a restart of everything in memory."""
    assert 2 == counted.append([row(1), row(2), row(1)])
    assert 0 == counted.append([row(1)])
    assert 1 == counted.append_columns(columns([row(1), row(3), row(3)]))
    again = CountedStore(store, counted._ledger, markers)
    assert 1 == again.append([row(2), row(4, START + 86_400)])
    assert 0 == again.append_columns(columns([]))
    assert agree(counted, store, markers)
    assert 4 == sum(one.rows for one in booked(counted._ledger).values())


def test_a_row_that_is_taken_back_is_counted_off_once(counted, store, markers):
    """Also when it is taken back twice, comes again, or comes and goes in one batch."""
    counted.append([row(1), row(2)])
    assert 0 == counted.append([row(1, withdrawn=True)])
    assert agree(counted, store, markers)
    counted.append([row(1, withdrawn=True)])
    assert 0 == counted.append([row(1)])
    assert 0 == counted.append([row(3), row(3, withdrawn=True)])
    assert 0 == counted.append([row(3)])
    assert agree(counted, store, markers)
    assert 1 == sum(one.rows for one in booked(counted._ledger).values())
    again = CountedStore(store, counted._ledger, markers)
    assert 0 == again.append([row(1), row(3), row(2)])
    assert agree(counted, store, markers)


def test_operators_do_not_mix(counted, store, markers):
    """The same token at two operators is two rows, each in its own ledger."""
    assert 2 == counted.append([row(1), row(1, operator=COUNTY)])
    assert agree(counted, store, markers)


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("is_deaf", [False, True])
def test_a_batch_that_failed_is_cleared_up_before_its_hours_are_used_again(counted, store, markers, fails, is_deaf):
    """Whether the store had it or not, and whether it can say so at once or only later."""
    counted.append([row(1)])
    store.fails = fails
    with pytest.raises(StoreFailed):
        counted.append([row(2), row(3, START + 86_400)])
    store.is_deaf = is_deaf
    if is_deaf:
        with pytest.raises(StoreFailed):
            counted.append([row(4)])
        assert store.is_withdrawn.__self__ is store
        store.is_deaf = False
    assert (2 if fails == "before" else 0) == counted.append([row(2), row(3, START + 86_400)])
    assert agree(counted, store, markers)
    assert not counted._ledger.has_doubts()


@pytest.mark.parametrize("done", [False, True])
def test_a_crash_between_ledger_and_store_is_cleared_up_at_the_next_start(store, open_ledger, markers, done):
    """A batch that was begun is looked for: it is there whole or not at all."""
    first = CountedStore(store, open_ledger(), markers)
    first.append([row(1)])
    plan = first._plan(one_batch([row(2), row(1, withdrawn=True), row(5, START + 86_400)]))
    first._ledger.begin(CITY, plan.parts)
    if done:
        store.append([row(2), row(1, withdrawn=True), row(5, START + 86_400)])
    ledger = open_ledger()
    assert ledger.has_doubts()
    ledger.resolve(store.is_withdrawn)
    assert agree(CountedStore(store, ledger, markers), store, markers)
    assert not open_ledger().has_doubts()


def one_batch(rows):
    counted_module = CountedStore.__module__
    return __import__(counted_module, fromlist=["_batch_of_rows"])._batch_of_rows(CITY, rows)


def test_what_was_settled_and_not_written_survives_a_crash(store, open_ledger, markers):
    """Settling costs no write: the batch is in doubt after a crash, and found."""
    counted = CountedStore(store, open_ledger(), markers)
    counted.append([row(1)])
    ledger = open_ledger()
    assert ledger.has_doubts()
    ledger.resolve(store.is_withdrawn)
    assert booked(ledger) == stored(store, markers)


def test_the_same_rows_at_the_same_time_are_counted_once(store, open_ledger, markers):
    """Eight threads, overlapping batches, one of them failing now and then."""
    counted = CountedStore(store, open_ledger(), markers)

    def send(seed):
        chance = random.Random(seed)
        for _ in range(40):
            if chance.random() < 0.1:
                store.fails = chance.choice(["before", "after"])
            rows = [
                row(chance.randrange(60), START + chance.randrange(4) * 1800) for _ in range(chance.randrange(1, 9))
            ]
            with suppress(StoreFailed):
                counted.append(rows)

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.fails = ""
    counted.append([row(1)])
    assert agree(counted, store, markers)


steps = st.lists(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 3), st.sampled_from([NORTH, SOUTH]), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    max_size=12,
)


@settings(deadline=None)
@given(steps, st.integers(0, 12), st.sampled_from(["", "before", "after"]), st.integers(0, 3))
def test_the_ledger_says_what_the_store_has(tmp_path_factory, batches, at, fails, bound):
    """Any batches, with repeats and corrections, a failure somewhere, hours forgotten from memory all the time."""
    markers = {CITY: RowMarker(b"\1" * 32), COUNTY: RowMarker(b"\2" * 32)}
    folder = tmp_path_factory.mktemp("ledger")
    store, ledger = FailingStore(), RowLedger(folder / "ledger.db", markers, _Clock())
    ledger.found(CITY, {})
    counted = CountedStore(store, ledger, markers)
    before, known.MAX_KNOWN = known.MAX_KNOWN, bound
    try:
        for number, batch in enumerate(batches):
            rows = [
                row(token, START + hour * 3600 * 9, reader=reader, withdrawn=gone)
                for token, hour, reader, gone in batch
            ]
            store.fails = fails if number == at else ""
            try:
                counted.append(rows)
            except StoreFailed:
                counted.append(rows)
        assert agree(counted, store, markers)
        assert ledger.is_whole(CITY)
    finally:
        known.MAX_KNOWN = before
        ledger.close()


class _Clock:
    def now(self):
        return datetime(2026, 11, 24, tzinfo=UTC)


def test_an_hour_is_seen_changing_until_store_and_ledger_both_have_it(counted, monkeypatch):
    """The number is odd from before the store has a batch until the ledger has settled it, and another one after."""
    hour, seen = Period(START // 3600), []
    before = counted.changes(CITY, hour)
    for part, name in ((counted._store, "append"), (counted._ledger, "settle")):
        step = getattr(part, name)

        def watched(*values, step=step):
            done = step(*values)
            seen.append(counted.changes(CITY, hour) % 2)
            return done

        monkeypatch.setattr(part, name, watched)
    counted.append([row(1)])
    assert [1, 1] == seen
    assert before % 2 == counted.changes(CITY, hour) % 2 == 0
    assert before != counted.changes(CITY, hour)


def test_a_known_hour_finds_what_it_was_given():
    """Runs of any size, looked up together."""
    chance = np.random.default_rng(1)
    numbers = np.unique(chance.integers(0, 2**63, 3000).astype(np.uint64))
    there, not_there = numbers[::2], numbers[1::2]
    hour = KnownHour(HourMarks(marks=there[:10], withdrawn=np.zeros(10, np.bool_)))
    for start in range(10, len(there), 7):
        hour.add(there[start : start + 7], there[start : start + 1])
    assert hour.has(there).all()
    assert not hour.has(not_there).any()
    assert len(there) == len(hour)
    assert hour.is_withdrawn(there[10:11]).all()
    assert not hour.is_withdrawn(there[11:12]).any()
    assert len(hour._runs) < 12


def test_the_least_used_hours_are_let_go(counted, monkeypatch):
    """Memory is bounded; an hour that is in use stays."""
    monkeypatch.setattr(known, "MAX_KNOWN", 2)
    for number in range(5):
        counted.append([row(number, START + 3600 * number)])
    assert 2 == len(counted._known._known)
    assert 0 == counted.append([row(0), row(1, START + 3600)])


def test_rows_are_booked_on_the_day_they_came(counted, clock, store, markers):
    """And never on a day that is closed, not even when the clock went back."""
    counted.append([row(1)])
    clock.advance(timedelta(days=1))
    counted.append([row(2)])
    ledger = counted._ledger
    days = sorted(ledger.booked(CITY))
    assert 2 == len(days)
    ledger.close_day(CITY, days[0])
    ledger.close_day(CITY, days[1])
    clock.advance(timedelta(days=-1))
    counted.append([row(3)])
    assert [days[1] + 1] == list(ledger.booked(CITY))
    assert days[1] == ledger.closed_through(CITY)
