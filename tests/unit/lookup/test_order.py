"""The order of promise 3: the record first, then tokens, rows and plain text, and a record of the outcome last."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import pytest

from asking import COUNTY, MakeRequest, See, proven
from lockplate.access import AccessRecord
from lockplate.clock import SetClock
from lockplate.errors import StoreFailed
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.gate.permit import Permit
from lockplate.lookup.asking import Lookup, OperatorParts
from lockplate.seal.sealer import Opened, Sealer
from lockplate.sealed import Probe, SealedRead
from lockplate.store.surface import ReadStore
from lockplate.terms import Action, LeafIndex, OperatorId, Period, PlateKey
from lockplate.wiring.node import Node


class Watch:
    """The real parts, with what happens written down in order, and the log looked at from outside."""

    def __init__(self, node: Node) -> None:
        self.events: list[str] = []
        self.durable_at_find: list[int] = []
        self.durable_at_open: list[int] = []
        self.fails = False
        self._node = node
        desk = node.desk(COUNTY)
        real = node.lookup._parts[COUNTY]
        parts = OperatorParts(
            sealer=WatchedSealer(desk.sealer, self),
            recorder=WatchedRecorder(desk.recorder, self),
            view=real.view,
            held=real.held,
            over=real.over,
        )
        self.lookup = Lookup(
            facts=node.facts,
            gate=node.gate,
            store=WatchedStore(node.store, self),
            parts={COUNTY: parts},
            waiting=node.registries.waiting,
            clock=node.clock,
        )

    def durable(self) -> int:
        """Return how many records another reader of the file sees: what is committed, not what is in memory."""
        with TileLog.open(EvidenceFolder.of(self._node.settings.home, COUNTY).log) as log:
            return log.size


class WatchedStore:
    def __init__(self, store: ReadStore, watch: Watch) -> None:
        self._store, self._watch = store, watch

    def find(self, operator: OperatorId, probes: Sequence[Probe], *, start: int, end: int) -> list[SealedRead]:
        self._watch.events.append("find")
        self._watch.durable_at_find.append(self._watch.durable())
        if self._watch.fails:
            raise StoreFailed("the store refused (as told)")
        return self._store.find(operator, probes, start=start, end=end)


class WatchedRecorder:
    def __init__(self, recorder: Recorder, watch: Watch) -> None:
        self._recorder, self._watch = recorder, watch

    def record(self, record: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        index = self._recorder.record(record, private)
        self._watch.events.append(record.action.value)
        return index


class WatchedSealer:
    def __init__(self, sealer: Sealer, watch: Watch) -> None:
        self._sealer, self._watch = sealer, watch

    def probes(self, permit: Permit, over: Collection[Period]) -> object:
        self._watch.events.append("probes")
        return self._sealer.probes(permit, over)

    def open(self, permit: Permit, row: SealedRead, plate_key: PlateKey) -> Opened:
        self._watch.events.append("open")
        self._watch.durable_at_open.append(self._watch.durable())
        return self._sealer.open(permit, row, plate_key)


def test_the_record_comes_first_and_last(node: Node, see: See, make_request: MakeRequest) -> None:
    """Intent durable → tokens → rows → open → outcome durable → answer, and nothing in another order."""
    see(node, "ORDER01")
    watch = Watch(node)
    before = watch.durable()

    (part,) = watch.lookup.ask(make_request(node, "ORDER01")).operators

    assert ["question:intent", "probes", "find", "open", "question:outcome"] == watch.events
    assert ([before + 1], [before + 1]) == (watch.durable_at_find, watch.durable_at_open)
    assert (before, before + 1, before + 2) == (part.record_index, part.outcome_index, watch.durable())
    intent, outcome = proven(node, part.record_index), proven(node, part.outcome_index)
    assert (Action.QUESTION_INTENT, Action.QUESTION_OUTCOME) == (intent.action, outcome.action)
    assert part.record_index == outcome.refers_to
    assert (1, 1, 0) == tuple(outcome.counts[name] for name in ("plates", "reads", "unopened"))
    assert {"plate", "case_number"} == set(intent.commitments)


def test_a_store_that_fails_leaves_an_intent_and_no_answer(node: Node, see: See, make_request: MakeRequest) -> None:
    """The question stands on record without an outcome: whoever reads the log sees that nothing was shown."""
    see(node, "NOSTORE")
    watch = Watch(node)
    watch.fails = True
    before = watch.durable()

    with pytest.raises(StoreFailed):
        watch.lookup.ask(make_request(node, "NOSTORE"))

    assert ["question:intent", "probes", "find"] == watch.events
    assert before + 1 == watch.durable()


def test_an_outcome_that_cannot_be_recorded_shows_nothing(node: Node, see: See, make_request: MakeRequest) -> None:
    """When the log refuses the outcome, what was found stays here."""
    see(node, "NOOUTCM")
    watch = Watch(node)
    recorder = watch.lookup._parts[COUNTY].recorder
    record = recorder.record

    def refused(entry: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        if entry.action is Action.QUESTION_OUTCOME:
            raise StoreFailed("the log refused (as told)")
        return record(entry, private)

    recorder.record = refused  # type: ignore[method-assign]

    with pytest.raises(StoreFailed):
        watch.lookup.ask(make_request(node, "NOOUTCM"))
    assert "open" in watch.events


def test_a_permit_is_not_used_after_its_time(node: Node, see: See, make_request: MakeRequest, clock: SetClock) -> None:
    """A log that takes longer than a permit lives leaves nothing to open with."""
    see(node, "LATE001")
    watch = Watch(node)
    recorder = watch.lookup._parts[COUNTY].recorder
    record = recorder.record

    def slow(entry: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        index = record(entry, private)
        clock.advance(timedelta(minutes=3))
        return index

    recorder.record = slow  # type: ignore[method-assign]

    with pytest.raises(Exception, match="not in force"):
        watch.lookup.ask(make_request(node, "LATE001"))
    assert "find" not in watch.events
