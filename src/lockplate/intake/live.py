"""LiveIntake: deliveries in, one durable write for many of them, acknowledgements out.

What flows in: parsed deliveries of authenticated readers. What flows out: rows in the store, hits in the registry,
and an acknowledgement for each delivery *after* both are durable. What it must never see: a question. No plate waits
on disk unsealed: what is not yet durable is in memory, and a crash loses only what nobody was told is safe.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import structlog

from lockplate.clock import Clock, monotonic_seconds
from lockplate.errors import LockplateError, NotFound, Overloaded, StoreFailed
from lockplate.intake.counting import brought_by, came_in, count_hits
from lockplate.intake.delivery import Acknowledgement, Delivery, placed_in_time, tally
from lockplate.intake.lane import Lane
from lockplate.intake.passages import KEPT_SECONDS, Decision, Passage, PassageBook, StoredPlace, Superseded, Verdict
from lockplate.read import Read
from lockplate.registry.day_counts import DayCounts
from lockplate.registry.hits import Hits, NewHit, Recorded
from lockplate.registry.reader_hours import ReaderHours
from lockplate.sealed import SealedRead
from lockplate.store.passages import PassageIndex, PassagePlace
from lockplate.store.surface import RowSink
from lockplate.terms import SECONDS_PER_PERIOD, OperatorId, Period, PlateKey

MAX_BATCH_READS = 4000
SUPERSEDED = "\0superseded"
"""Added to a vendor's id: the name under which the row that its correction took back is noted."""
_STOP = None

HitListener = Callable[[OperatorId, Sequence[Recorded]], None]


class _Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery and the promise made to its sender."""

    delivery: Delivery
    future: "Future[Acknowledgement]"


class _Work(msgspec.Struct, kw_only=True):
    """What one batch will write; filled while the batch is decided, then written at once."""

    rows: list[SealedRead]
    hits: list[NewHit]
    hit_passages: list[Passage]
    """The passage of each hit."""
    places: list[PassagePlace]
    decisions: list[Decision]


class LiveIntake:
    """One worker thread gathers deliveries and commits them together; many threads may submit."""

    def __init__(  # noqa: PLR0913 - intake has this many parts, each named at the one call
        self,
        *,
        lanes: Mapping[OperatorId, Lane],
        store: RowSink,
        hits: Hits,
        passages: PassageIndex,
        day_counts: DayCounts,
        reader_hours: ReaderHours,
        clock: Clock,
        batch_wait: timedelta,
        max_waiting_reads: int,
        on_hits: HitListener,
    ) -> None:
        self._lanes = lanes
        self._store = store
        self._hits = hits
        self._passages = passages
        self._day_counts = day_counts
        self._reader_hours = reader_hours
        self._clock = clock
        self._batch_wait = batch_wait.total_seconds()
        self._max_waiting = max_waiting_reads
        self._on_hits = on_hits
        self._book = PassageBook()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_reads = 0
        self._open = True
        self._remembers_from = monotonic_seconds() + KEPT_SECONDS
        self._next_prune = 0.0
        self._began = 0.0
        self._worker = threading.Thread(target=self._run, name="intake", daemon=True)
        self._worker.start()

    @property
    def waiting_reads(self) -> int:
        """Reads that wait for a durable write."""
        return self._waiting_reads

    def submit(self, delivery: Delivery) -> "Future[Acknowledgement]":
        """Take a delivery; the future resolves once it is durable, or with the error that stopped it.

        Raises Overloaded at once when too many reads wait, NotFound for an operator that this node does not serve.
        """
        if delivery.operator not in self._lanes:
            raise NotFound("this node does not serve that operator", code="unknown_operator")
        future: Future[Acknowledgement] = Future()
        # a sender that hangs up must not be able to cancel what the worker has in hand
        future.set_running_or_notify_cancel()
        with self._lock:
            if not self._open or self._waiting_reads + len(delivery.parsed.reads) > self._max_waiting:
                raise Overloaded("too many reads are waiting", next_step="Send again after the time in Retry-After.")
            self._waiting_reads += len(delivery.parsed.reads)
            self._queue.put(_Waiting(delivery=delivery, future=future))
        return future

    def close(self) -> None:
        """Finish what was taken, then stop; nothing new is taken from now on."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._queue.put(_STOP)
        self._worker.join()

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is _STOP:
                return
            batch, stopping = self._gather(first)
            self._began = monotonic_seconds()
            self._commit(batch)
            with _kept_alive("tidy"):
                self._tidy()
            if stopping:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Return the deliveries of one batch: all that wait, up to a size.

        Batches begin at least the wait apart; when the last one took longer than that, nobody waits for company.
        """
        batch, reads = [first], len(first.delivery.parsed.reads)
        end = self._began + self._batch_wait
        while reads < MAX_BATCH_READS:
            try:
                waiting = self._queue.get(timeout=max(end - monotonic_seconds(), 0))
            except queue.Empty:
                return batch, False
            if waiting is _STOP:
                return batch, True
            batch.append(waiting)
            reads += len(waiting.delivery.parsed.reads)
        return batch, False

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        """Decide, seal and write a batch, then keep each promise; on an error nobody is told that anything is safe."""
        work = _no_work()
        told = [(waiting, taken) for waiting in batch if (taken := self._taken(waiting, work)) is not None]
        try:
            self._store.append(work.rows)
            recorded = self._hits.record(work.hits)
            _note_alerts(work, recorded)
        except Exception as error:  # noqa: BLE001 - whatever failed, each sender must hear it and the worker must live
            self._forget(work)
            self._settle([waiting for waiting, _ in told], _failure(error))
            return
        for waiting, acknowledgement in told:
            waiting.future.set_result(acknowledgement)
        self._settle([waiting for waiting, _ in told], None)
        with _kept_alive("places"):
            # only now: a place of a row that was never stored would swallow the read when it is sent again
            if work.places:
                self._passages.put(work.places)
        with _kept_alive("day_counts"):
            self._count(told, work.hits, recorded)
        with _kept_alive("hit_listener"):
            self._announce(work.hits, recorded)

    def _taken(self, waiting: _Waiting, batch_work: _Work) -> Acknowledgement | None:
        """Add a delivery to the batch's work; one that cannot be decided fails alone and leaves nothing behind."""
        work = _no_work()
        try:
            taken = self._take(waiting.delivery, work)
        except Exception as error:  # noqa: BLE001 - one sender's trouble is not the others'
            self._forget(work)
            self._settle([waiting], _failure(error))
            return None
        batch_work.rows += work.rows
        batch_work.hits += work.hits
        batch_work.hit_passages += work.hit_passages
        batch_work.places += work.places
        batch_work.decisions += work.decisions
        return taken

    def _forget(self, work: _Work) -> None:
        """Undo decisions that led to no durable row; what earlier batches stored is looked up again."""
        self._book.forget(work.decisions)
        self._remembers_from = monotonic_seconds() + KEPT_SECONDS

    def _settle(self, batch: Sequence[_Waiting], failure: LockplateError | None) -> None:
        for waiting in batch:
            if failure is not None:
                waiting.future.set_exception(failure)
        with self._lock:
            self._waiting_reads -= sum(len(waiting.delivery.parsed.reads) for waiting in batch)

    def _count(
        self,
        told: Sequence[tuple[_Waiting, Acknowledgement]],
        new_hits: Sequence[NewHit],
        recorded: Sequence[Recorded],
    ) -> None:
        """Count what came in, on the day it came; a read sent again is counted again, a hit is not."""
        for waiting, one in told:
            delivery = waiting.delivery
            counts = came_in(len(delivery.parsed.reads), one.stored, one.unkept, one.refused)
            self._day_counts.add(delivery.operator, delivery.reader, delivery.received_at.date(), counts)
            if delivery.sent:
                brought = brought_by(delivery, one)
                self._reader_hours.note(delivery.operator, delivery.reader, delivery.received_at, brought)
        count_hits(self._day_counts, self._clock.now().date(), new_hits, recorded)

    def _announce(self, new_hits: Sequence[NewHit], recorded: Sequence[Recorded]) -> None:
        for operator in {new.operator for new in new_hits}:
            fresh = [
                one
                for new, one in zip(new_hits, recorded, strict=True)
                if new.operator == operator and (one.is_new or one.alerts)
            ]
            if fresh:
                self._on_hits(operator, fresh)

    def _take(self, delivery: Delivery, work: _Work) -> Acknowledgement:
        """Decide what becomes of one delivery and add it to the batch's work."""
        lane = self._lanes[delivery.operator]
        place = (delivery.operator, delivery.reader)
        whole = delivery.parsed.reads
        misplaced = [lane.place_refusal(delivery.reader, read.position) for read in whole]
        # before anything else: what may not be collected where it was made belongs to no passage and is not matched
        lawful = [read for read, refusal in zip(whole, misplaced, strict=True) if refusal is None]
        placed = [placed_in_time(read, delivery.received_at) for read in lawful]
        reads = [read for read, _, _ in placed]
        seconds = [int(at.timestamp()) for _, at, _ in placed]
        if lane.keeps and monotonic_seconds() <= self._remembers_from:
            self._recall(lane, delivery, reads, seconds)
        now = int(delivery.received_at.timestamp())
        decisions = self._book.decide(place, reads, seconds, now)
        work.decisions += decisions
        refused = [refusal.value for refusal in misplaced if refusal is not None]
        turned_away: dict[int, str] = {}
        verdicts: list[Verdict] = []
        hits_before, unkept = len(work.hits), 0
        for (read, at, _), decision in zip(placed, decisions, strict=True):
            if decision.verdict is Verdict.MERGED:
                if id(decision.passage) in turned_away:
                    refused.append(turned_away[id(decision.passage)])
                else:
                    verdicts.append(decision.verdict)
                    later = lane.later_hits(read, delivery.reader, at, decision.passage.alerted)
                    _add_hits(work, decision.passage, later)
                continue
            _add_hits(work, decision.passage, lane.hits(read, delivery.reader, at))
            if not lane.keeps:
                unkept += 1
                continue
            refusal = lane.refusal(at, delivery.received_at, delivery.reader, sent=True)
            row = refusal or lane.seal(read, delivery.reader, at, delivery.received_at)
            if isinstance(row, SealedRead):
                verdicts.append(decision.verdict)
                self._add_row(lane, read, row, decision, work)
            else:
                refused.append(row.value)
                turned_away[id(decision.passage)] = row.value
                self._book.forget([decision])
        return Acknowledgement(
            stored=verdicts.count(Verdict.STORED),
            merged=verdicts.count(Verdict.MERGED),
            corrected=verdicts.count(Verdict.CORRECTED),
            unkept=unkept,
            hits=len(work.hits) - hits_before,
            refused=tally(refused),
            rejected=tally(reject.reason.value for reject in delivery.parsed.rejects),
            ignored=tally(ignored.kind for ignored in delivery.parsed.ignored),
            clock_faults=sum(fault for _, _, fault in placed),
        )

    def _add_row(self, lane: Lane, read: Read, row: SealedRead, decision: Decision, work: _Work) -> None:
        stored = StoredPlace(token=row.token, captured_at=row.captured_at, reader=row.reader)
        withdrawn = [old for old in decision.withdraw if old != stored]
        work.rows.append(row)
        work.rows += [
            SealedRead(
                operator=lane.operator, token=old.token, captured_at=old.captured_at, reader=old.reader, withdrawn=True
            )
            for old in withdrawn
        ]
        decision.passage.rows.append(stored)
        for vendor_id in read.passage_ids:
            work.places += self._places(lane, vendor_id, stored, withdrawn)

    def _places(
        self, lane: Lane, vendor_id: str, row: StoredPlace, withdrawn: Sequence[StoredPlace]
    ) -> Iterator[PassagePlace]:
        """Yield what the next run must know of a vendor's id: where its row lies, and the last one taken back."""
        noted_at = int(self._clock.now().timestamp())
        for name, one in ((vendor_id, row), *((vendor_id + SUPERSEDED, old) for old in withdrawn[-1:])):
            passage_hash = lane.sealer.passage_hash(row.reader, name, Period(one.captured_at // SECONDS_PER_PERIOD))
            if passage_hash is not None:
                yield PassagePlace(
                    operator=lane.operator,
                    hash=passage_hash,
                    token=one.token,
                    captured_at=one.captured_at,
                    reader=one.reader,
                    noted_at=noted_at,
                )

    def _recall(self, lane: Lane, delivery: Delivery, reads: Sequence[Read], seconds: Sequence[int]) -> None:
        """After a restart, find the rows that an earlier run stored for passages these reads may belong to."""
        place = (delivery.operator, delivery.reader)
        found: dict[StoredPlace, dict[str, PassagePlace | None]] = {}
        for read, second in zip(reads, seconds, strict=True):
            for vendor_id in read.passage_ids:
                row = None if self._book.knows(place, vendor_id) else self._noted(lane, delivery, vendor_id, second)
                if row is not None:
                    old = self._noted(lane, delivery, vendor_id + SUPERSEDED, second)
                    found.setdefault(_stored(row), {})[vendor_id] = old
        for row_place, olds in found.items():
            shown = [read for read in reads if not olds.keys().isdisjoint(read.passage_ids)]
            old = next((one for one in olds.values() if one is not None), None)
            old_key = None if old is None else _plate_at(lane, _stored(old), shown)
            self._book.remember(
                place,
                frozenset(olds),
                row_place,
                plate_key=_plate_at(lane, row_place, shown),
                superseded=(
                    None if old is None or old_key is None else Superseded(plate_key=old_key, second=old.captured_at)
                ),
                now=int(delivery.received_at.timestamp()),
            )

    def _noted(self, lane: Lane, delivery: Delivery, name: str, second: int) -> PassagePlace | None:
        """Return the noted place of a name in the hour of a second, or in the hour before."""
        hour = second // SECONDS_PER_PERIOD
        for period in (Period(hour), Period(hour - 1)):
            passage_hash = lane.sealer.passage_hash(delivery.reader, name, period)
            found = None if passage_hash is None else self._passages.get(lane.operator, passage_hash)
            if found is not None:
                return found
        return None

    def _tidy(self) -> None:
        """Forget passages that are over; now and then also in the table."""
        now = int(self._clock.now().timestamp())
        self._book.expire(now - KEPT_SECONDS)
        if monotonic_seconds() >= self._next_prune:
            self._next_prune = monotonic_seconds() + KEPT_SECONDS / 2
            self._passages.prune(now - KEPT_SECONDS)


def _no_work() -> _Work:
    return _Work(rows=[], hits=[], hit_passages=[], places=[], decisions=[])


def _add_hits(work: _Work, passage: Passage, new_hits: Sequence[NewHit]) -> None:
    """Add a read's hits; of an entry for which its passage alerted there is no second alert."""
    for new in new_hits:
        alerted = passage.alerted.get(new.entry_id)
        work.hits.append(new if alerted is None else msgspec.structs.replace(new, repeat_of=alerted))
        work.hit_passages.append(passage)


def _note_alerts(work: _Work, recorded: Sequence[Recorded]) -> None:
    for new, passage, one in zip(work.hits, work.hit_passages, recorded, strict=True):
        if one.alerts:
            passage.alerted.setdefault(new.entry_id, one.hit_id)


def _stored(place: PassagePlace) -> StoredPlace:
    return StoredPlace(token=place.token, captured_at=place.captured_at, reader=place.reader)


def _plate_at(lane: Lane, place: StoredPlace, reads: Sequence[Read]) -> PlateKey | None:
    """Return the plate of the reads at hand that lies at a place, or None when it is none of theirs."""
    same = (read.plate_key for read in reads if lane.sealer.same_plate(place.captured_at, place.token, read))
    return next(same, None)


def _failure(error: Exception) -> LockplateError:
    """Return what a sender is told of an error."""
    if isinstance(error, LockplateError):
        return error
    failure = StoreFailed("the batch could not be stored")
    failure.__cause__ = error
    return failure


@contextmanager
def _kept_alive(step: str) -> Iterator[None]:
    """Let nothing that goes wrong after the acknowledgement stop the worker; its kind goes to the log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the next batch must be taken whatever happened to this step
        structlog.get_logger("lockplate.intake").error("step_failed", step=step, kind=type(error).__name__)
