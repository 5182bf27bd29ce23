"""LiveIntake: acknowledged means durable, and a failure means that nobody was told otherwise."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockplate.clock import period_of
from lockplate.errors import NotFound, Overloaded, StoreFailed
from lockplate.intake.delivery import Acknowledgement
from lockplate.intake.live import LiveIntake
from lockplate.read import ClockRule, Ignored, Image, Parsed, Read, Reject, RejectReason
from lockplate.registry.hits import Recorded
from lockplate.sealed import Probe, SealedColumns, SealedRead
from lockplate.store.passages import PassageIndex
from lockplate.store.surface import DayCount, ReadStore
from lockplate.terms import OperatorId, Period, ReaderId
from lockplate.wiring.node import Node

PICTURE = b"\xff\xd8\xff\xe0 not a real picture \xff\xd9"


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


def count(node: Node, operator: str = "county") -> int:
    """Return how many live rows an operator has."""
    day = node.clock.now().date()
    return sum(one.reads for one in node.store.counts(OperatorId(operator), day - timedelta(days=400), day))


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


# What becomes of a read


def test_the_same_body_twice_is_one_row(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """A read sent again is told "merged" and changes nothing."""
    reads = [make_read("TWICE01", node.clock.now())]

    first, second = deliver(reads), deliver(reads)

    assert (1, 0) == (first.stored, first.merged)
    assert (0, 1) == (second.stored, second.merged)
    assert 1 == len(ask("TWICE01"))


def test_fifty_results_of_one_car_are_one_row(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """As a camera at 17 frames a second sends them."""
    now = node.clock.now()
    for place in range(50):
        deliver([make_read("FIFTY50", now + timedelta(milliseconds=60 * place), f"uuid-{place}")])

    assert 1 == len(ask("FIFTY50"))


def test_a_correction_answers_for_the_right_plate_only(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """After an update of the vendor's, the misread plate was never there."""
    now = node.clock.now()

    told = [deliver([make_read(plate, now, "id-9")]) for plate in ("CORG111", "CORC111")]

    assert (1, 1) == (told[0].stored, told[1].corrected)
    assert ([], 1) == (ask("CORG111"), len(ask("CORC111")))


def test_times_that_cannot_be_used_give_way_to_ours(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """No time: ours, without a fault; a time ahead of ours, or before 1990: ours, with one. The record says so."""
    now = node.clock.now()

    none = deliver([make_read("NOTIME1", None)])
    ahead = deliver([make_read("FUTURE1", now + timedelta(hours=1))])
    unset = deliver([make_read("UNSET70", datetime(1970, 1, 2, tzinfo=UTC))])
    near = deliver([make_read("NEAR001", now + timedelta(minutes=4))])

    assert [0, 1, 1, 0] == [one.clock_faults for one in (none, ahead, unset, near)]
    for plate in ("NOTIME1", "FUTURE1", "UNSET70"):
        (found,) = ask(plate)
        assert (now, ClockRule.RECEIVE_TIME.value) == (found.captured_at, found.clock_rule)
    assert (now + timedelta(hours=1)).isoformat() == ask("FUTURE1")[0].device_time
    assert now + timedelta(minutes=4) == ask("NEAR001")[0].captured_at


def test_a_read_past_retention_is_refused_where_the_limit_counts_from_capture(
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    ask: Callable[..., list[object]],
) -> None:
    """Washington counts 21 days from capture; California's limit counts from storage, so an old read is kept."""
    old = node.clock.now() - timedelta(days=22)
    reads = [make_read("OLDREAD", old), make_read("OLDREAD", old + timedelta(seconds=5))]

    refused, kept = deliver(reads, "wash"), deliver(reads, "county")

    assert ({"past_retention": 2}, 0) == (refused.refused, refused.stored)
    assert {"past_retention": 2} == deliver(reads, "wash").refused
    assert (1, 1, {}) == (kept.stored, kept.merged, kept.refused)
    assert 1 == len(ask("OLDREAD", "county", start=old - timedelta(hours=1)))


def test_what_was_forgotten_is_not_kept_again(
    deliver: Callable[..., Acknowledgement], make_read: Callable[..., Read], node: Node
) -> None:
    """A read of an hour whose key was destroyed is refused, each time it comes, and makes no new key."""
    at = node.clock.now() - timedelta(days=3, hours=5)
    period = period_of(at)
    desk = node.desk(OperatorId("county"))
    deliver([make_read("FORGET1", at)])
    desk.ring.destroy_periods([period], node.clock.now())

    told = [deliver([make_read("FORGET2", at), make_read("FORGET2", at)]) for _ in range(2)]

    assert [{"forgotten": 2}] * 2 == [one.refused for one in told]
    assert [0, 0] == [one.stored + one.merged for one in told]
    assert desk.ring.period_key(period) is None


@pytest.mark.parametrize("operator", ["quiet", "lawless"])
def test_match_only_stores_nothing_and_matches_hot_lists(
    operator: str,
    deliver: Callable[..., Acknowledgement],
    make_read: Callable[..., Read],
    node: Node,
    list_plate: Callable[[str, str], object],
) -> None:
    """Under match-only, and without any profile, the only trace of a read is the hit of a listed plate."""
    plate = f"HOT{operator[:3]}".upper()
    list_plate(operator, plate)
    now = node.clock.now()
    picture = Image(kind="vehicle", media_type="image/jpeg", size=len(PICTURE), data=PICTURE)

    told = deliver([make_read(plate, now, images=(picture,)), make_read("NOBODY1", now)], operator)

    assert (0, 2, 1) == (told.stored, told.unkept, told.hits)
    assert 0 == count(node, operator)
    assert [] == node.desk(OperatorId(operator)).ring.stored_periods()
    (hit,) = node.registries.hits.list_recent(OperatorId(operator))
    assert plate == hit.details.plate_text
    assert PICTURE == node.registries.hits.picture(hit.hit_id)


def test_rejects_and_ignored_parts_are_counted(
    node: Node, reader: ReaderId, make_read: Callable[..., Read], make_delivery: Callable[..., object]
) -> None:
    """The acknowledgement accounts for what was no read."""
    delivery = make_delivery(node, [make_read("REJECT1", node.clock.now())], "county", reader)
    parsed = Parsed(
        format="test",
        reads=delivery.parsed.reads,
        rejects=(Reject(reason=RejectReason.NO_PLATE), Reject(reason=RejectReason.NO_PLATE)),
        ignored=(Ignored(kind="heartbeat"),),
    )

    told = node.live.submit(type(delivery)(**{**_fields(delivery), "parsed": parsed})).result(10)

    assert ({"no_plate": 2}, {"heartbeat": 1}, 1) == (told.rejected, told.ignored, told.stored)


def _fields(delivery: object) -> dict[str, object]:
    return {name: getattr(delivery, name) for name in ("operator", "reader", "received_at")}


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
    rows = count(node)

    bench = Bench(node, tmp_path)
    told = [send(bench, same), send(bench, same, correct), send(bench, *frame)]
    bench.close()
    assert (1, 0) == (told[0].merged, told[0].stored)
    assert (1, 1) == (told[1].merged, told[1].corrected)
    assert rows == count(node)

    for _ in range(2):
        bench = Bench(node, tmp_path)
        assert 1 == send(bench, misread).merged
        send(bench, correct)
        bench.close()
        assert rows == count(node)
    assert ([], 1, 1, 1, 1) == (
        ask("RESMG33"),
        *(len(ask(plate)) for plate in ("RESMC33", "RESTART", "FRAMEA1", "XXWW992")),
    )


def test_operators_and_readers_do_not_share_passages(
    node: Node,
    make_read: Callable[..., Read],
    deliver: Callable[..., Acknowledgement],
    ask: Callable[..., list[object]],
) -> None:
    """The same plate and id at another reader, or of another operator, is another passage, with keys of its own."""
    reads = [make_read("SHARED1", node.clock.now(), "s-1")]

    told = [deliver(reads), deliver(reads, "index"), deliver(reads, reader=ReaderId("the-other-one"))]

    assert [1, 1, 1] == [one.stored for one in told]
    assert (2, 1) == (len(ask("SHARED1")), len(ask("SHARED1", "index")))
    keys = {
        operator: node.desk(OperatorId(operator)).ring.period_key(period_of(node.clock.now()))
        for operator in ("county", "index")
    }
    assert keys["county"] != keys["index"]
