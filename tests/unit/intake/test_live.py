"""LiveIntake: acknowledged means durable, and a failure means that nobody was told otherwise."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

import pytest

from asking import live_rows
from lockplate.errors import NotFound, Overloaded, StoreFailed
from lockplate.intake.delivery import Acknowledgement
from lockplate.intake.live import LiveIntake
from lockplate.read import Read
from lockplate.registry.hits import Recorded
from lockplate.sealed import Probe, SealedColumns, SealedRead
from lockplate.store.passages import PassageIndex
from lockplate.store.surface import DayCount, ReadStore
from lockplate.terms import OperatorId, Period, ReaderId
from lockplate.wiring.node import Node


class FailingStore:
    """A real store behind a switch: while it fails, it refuses every append."""

    def __init__(self, store: ReadStore) -> None:
        self._store = store
        self.fails = False
        self.before_append: Callable[[], None] = lambda: None
        self.appended: list[SealedRead] = []

    def append(self, rows: Sequence[SealedRead]) -> None:
        self.before_append()
        if self.fails:
            raise StoreFailed("the store refused (as told)")
        self._store.append(rows)
        self.appended += rows

    def append_columns(self, columns: SealedColumns) -> None:
        if self.fails:
            raise StoreFailed("the store refused (as told)")
        self._store.append_columns(columns)

    def find(self, operator: OperatorId, probes: Sequence[Probe], *, start: int, end: int) -> list[SealedRead]:
        return self._store.find(operator, probes, start=start, end=end)

    def counts(self, operator: OperatorId, first: object, last: object) -> list[DayCount]:
        return self._store.counts(operator, first, last)

    def rows_in_period(self, operator: OperatorId, period: Period) -> dict[ReaderId, int]:
        return self._store.rows_in_period(operator, period)

    def drop_day(self, operator: OperatorId, day: object) -> None:
        self._store.drop_day(operator, day)

    def close(self) -> None:
        """The node closes the real one."""


class Bench:
    """A LiveIntake of its own over the node's parts and a store that can fail."""

    def __init__(self, node: Node, folder: Path, max_waiting_reads: int = 1000, batch_wait_ms: int = 1) -> None:
        self.store = FailingStore(node.store)
        self.passages = PassageIndex(folder / "passages.db")
        self.heard: list[Recorded] = []
        self.live = LiveIntake(
            lanes={name: desk.lane for name, desk in node.desks.items()},
            store=self.store,
            hits=node.registries.hits,
            passages=self.passages,
            day_counts=node.registries.day_counts,
            reader_hours=node.registries.reader_hours,
            clock=node.clock,
            batch_wait=timedelta(milliseconds=batch_wait_ms),
            max_waiting_reads=max_waiting_reads,
            on_hits=lambda _, recorded: self.heard.extend(recorded),
        )

    def close(self) -> None:
        self.live.close()
        self.passages.close()


@pytest.fixture
def bench(node: Node, tmp_path: Path) -> object:
    made = Bench(node, tmp_path)
    yield made
    made.close()


def test_an_acknowledgement_comes_after_the_store_has_the_rows(
    node: Node, bench: Bench, make_read: Callable[..., Read], make_delivery: Callable[..., object], reader: ReaderId
) -> None:
    """While the store is writing, nobody has been told; once told, the row is there."""
    told: list[bool] = []
    futures: list[Future[Acknowledgement]] = []
    entered = threading.Event()

    def look() -> None:
        entered.wait(10)
        told.extend(future.done() for future in futures)

    bench.store.before_append = look
    futures.append(bench.live.submit(make_delivery(node, [make_read("ACK1001", node.clock.now())], "county", reader)))
    entered.set()

    assert 1 == futures[0].result(10).stored
    assert [False] == told
    assert 1 == len(bench.store.appended)


def test_many_deliveries_share_one_write(
    node: Node, tmp_path: Path, make_read: Callable[..., Read], make_delivery: Callable[..., object], reader: ReaderId
) -> None:
    """What comes while the store writes waits together for the next write: group commit."""
    bench = Bench(node, tmp_path, batch_wait_ms=20)
    writes: list[int] = []
    gate = threading.Event()

    def slow() -> None:
        writes.append(1)
        gate.wait(10)

    bench.store.before_append = slow
    now = node.clock.now()
    futures = [
        bench.live.submit(make_delivery(node, [make_read(f"GRP{number}", now)], "county", reader))
        for number in range(100)
    ]
    gate.set()
    told = [future.result(10) for future in futures]
    bench.close()

    assert [1] * 100 == [one.stored for one in told]
    assert len(writes) < 20


def test_a_store_that_fails_acknowledges_nobody_and_the_same_sent_again_is_stored(
    node: Node,
    bench: Bench,
    make_read: Callable[..., Read],
    make_delivery: Callable[..., object],
    reader: ReaderId,
    ask: Callable[..., list[object]],
) -> None:
    """After StoreFailed nothing is promised, and a re-send is a new read: stored, not swallowed as one known."""
    delivery = make_delivery(node, [make_read("FAIL777", node.clock.now(), "vendor-1")], "county", reader)
    bench.store.fails = True
    first, second = bench.live.submit(delivery), bench.live.submit(delivery)
    for future in (first, second):
        with pytest.raises(StoreFailed):
            future.result(10)
    assert [] == ask("FAIL777")
    assert 0 == bench.live.waiting_reads

    bench.store.fails = False
    told = bench.live.submit(delivery).result(10)

    assert (1, 0) == (told.stored, told.merged)
    assert 1 == len(ask("FAIL777"))


def test_a_correction_that_failed_still_corrects_when_it_comes_again(
    node: Node,
    bench: Bench,
    make_read: Callable[..., Read],
    make_delivery: Callable[..., object],
    reader: ReaderId,
    ask: Callable[..., list[object]],
) -> None:
    """A failed batch forgets what it decided; the misread that an earlier batch stored is found again."""
    now = node.clock.now()
    bench.live.submit(make_delivery(node, [make_read("MISG23", now, "vendor-2")], "county", reader)).result(10)
    correction = make_delivery(node, [make_read("MISC23", now, "vendor-2")], "county", reader)
    bench.store.fails = True
    with pytest.raises(StoreFailed):
        bench.live.submit(correction).result(10)
    bench.store.fails = False

    assert 1 == bench.live.submit(correction).result(10).corrected
    assert ([], 1) == (ask("MISG23"), len(ask("MISC23")))


def test_a_hit_is_told_once_also_after_a_failure(
    node: Node,
    bench: Bench,
    make_read: Callable[..., Read],
    make_delivery: Callable[..., object],
    reader: ReaderId,
    list_plate: Callable[[str, str], object],
) -> None:
    """A hit of a failed batch is not lost to the live alerts, and not told twice when the read comes a third time."""
    list_plate("county", "HOTFAIL")
    delivery = make_delivery(node, [make_read("HOTFAIL", node.clock.now())], "county", reader)
    bench.store.fails = True
    with pytest.raises(StoreFailed):
        bench.live.submit(delivery).result(10)
    bench.store.fails = False

    assert 1 == bench.live.submit(delivery).result(10).hits
    bench.live.submit(delivery).result(10)
    bench.live.close()
    assert [True] == [one.is_new for one in bench.heard]


def test_a_sender_that_hangs_up_does_not_stop_the_worker(
    node: Node, bench: Bench, make_read: Callable[..., Read], make_delivery: Callable[..., object], reader: ReaderId
) -> None:
    """A cancelled promise is no reason for the next sender to wait for ever."""
    release = threading.Event()
    bench.store.before_append = lambda: release.wait(10) and None
    now = node.clock.now()
    first = bench.live.submit(make_delivery(node, [make_read("HANG001", now)], "county", reader))
    first.cancel()
    release.set()

    assert 1 == bench.live.submit(make_delivery(node, [make_read("HANG002", now)], "county", reader)).result(10).stored


def test_a_listener_that_breaks_does_not_stop_the_worker(
    node: Node,
    tmp_path: Path,
    make_read: Callable[..., Read],
    make_delivery: Callable[..., object],
    reader: ReaderId,
    list_plate: Callable[[str, str], object],
) -> None:
    """Whoever shows alerts may fail; reads are taken all the same."""
    list_plate("county", "HOTBREAK")
    bench = Bench(node, tmp_path)

    def broken(_: OperatorId, __: Sequence[Recorded]) -> None:
        raise RuntimeError("the stream is gone")

    bench.live._on_hits = broken
    now = node.clock.now()
    first = bench.live.submit(make_delivery(node, [make_read("HOTBREAK", now)], "county", reader)).result(10)
    second = bench.live.submit(make_delivery(node, [make_read("AFTER01", now)], "county", reader)).result(10)
    bench.close()

    assert (1, 1, 1) == (first.hits, first.stored, second.stored)


def test_one_delivery_that_cannot_be_sealed_fails_alone(
    node: Node, tmp_path: Path, make_read: Callable[..., Read], make_delivery: Callable[..., object], reader: ReaderId
) -> None:
    """Half of a surrogate pair in a field cannot be sealed; its batch-mates are stored."""
    bench = Bench(node, tmp_path, batch_wait_ms=30)
    now = node.clock.now()
    good = make_delivery(node, [make_read("GOOD001", now)], "county", reader)
    bad = make_delivery(node, [make_read("BAD0001", now, direction="\ud800")], "county", ReaderId("bad-reader"))
    futures = [bench.live.submit(one) for one in (good, bad)]

    assert 1 == futures[0].result(10).stored
    with pytest.raises(StoreFailed):
        futures[1].result(10)
    bench.close()


def test_too_much_waiting_is_overloaded_at_once(
    node: Node, tmp_path: Path, make_read: Callable[..., Read], make_delivery: Callable[..., object], reader: ReaderId
) -> None:
    """Above the limit a delivery is refused before it is taken; what was taken is kept; later there is room again."""
    bench = Bench(node, tmp_path, max_waiting_reads=3)
    release = threading.Event()
    bench.store.before_append = lambda: release.wait(10) and None
    now = node.clock.now()
    taken = bench.live.submit(
        make_delivery(node, [make_read(f"OVER{number}", now) for number in range(3)], "county", reader)
    )
    one_more = make_delivery(node, [make_read("OVER9", now)], "county", reader)

    with pytest.raises(Overloaded):
        bench.live.submit(one_more)
    release.set()
    assert 3 == taken.result(10).stored
    assert 1 == bench.live.submit(one_more).result(10).stored
    bench.close()


def test_nothing_is_taken_after_closing(
    node: Node, tmp_path: Path, make_read: Callable[..., Read], make_delivery: Callable[..., object], reader: ReaderId
) -> None:
    """What was taken is finished; what comes later is refused; an operator that is not here is not found."""
    bench = Bench(node, tmp_path, batch_wait_ms=50)
    delivery = make_delivery(node, [make_read("LAST001", node.clock.now())], "county", reader)
    with pytest.raises(NotFound):
        bench.live.submit(make_delivery(node, [], "nowhere", reader))
    taken = bench.live.submit(delivery)
    bench.close()

    assert 1 == taken.result(0).stored
    with pytest.raises(Overloaded):
        bench.live.submit(delivery)


# Across a restart


def test_after_a_restart_the_same_and_a_correction_still_find_their_row(
    node: Node,
    make_read: Callable[..., Read],
    make_delivery: Callable[..., object],
    reader: ReaderId,
    tmp_path: Path,
    ask: Callable[..., list[object]],
) -> None:
    """A new run of intake over the same store and index merges re-sends, corrects misreads, and undoes neither."""
    now = node.clock.now()

    def send(bench: Bench, *reads: Read) -> Acknowledgement:
        return bench.live.submit(make_delivery(node, reads, "county", reader)).result(10)

    same = make_read("RESTART", now, "r-1")
    misread, correct = make_read("RESMG33", now, "r-2", "r-2b"), make_read("RESMC33", now, "r-2", "r-2b")
    frame = (make_read("FRAMEA1", now, "r-3"), make_read("XXWW992", now, "r-3"))
    bench = Bench(node, tmp_path)
    for body in ([same], [misread], frame):
        send(bench, *body)
    bench.close()
    rows = live_rows(node)

    bench = Bench(node, tmp_path)
    told = [send(bench, same), send(bench, same, correct), send(bench, *frame)]
    bench.close()
    assert (1, 0) == (told[0].merged, told[0].stored)
    assert (1, 1) == (told[1].merged, told[1].corrected)
    assert rows == live_rows(node)

    for _ in range(2):
        bench = Bench(node, tmp_path)
        assert 1 == send(bench, misread).merged
        send(bench, correct)
        bench.close()
        assert rows == live_rows(node)
    assert ([], 1, 1, 1, 1) == (
        ask("RESMG33"),
        *(len(ask(plate)) for plate in ("RESMC33", "RESTART", "FRAMEA1", "XXWW992")),
    )
