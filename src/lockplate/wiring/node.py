"""Node: one owned home folder with all its parts, open.

What flows in: settings, a clock. What flows out: an open Node for one command or for the server's life.
What it must never see: a request. `open_node` is the one way to a working program; tests use it too.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Engine

from lockplate.access import AccessRequest
from lockplate.alerting.bus import AlertBus
from lockplate.alerting.delivering import DeliveryWorker
from lockplate.clock import Clock, period_of
from lockplate.errors import NotFound, SettingRefused
from lockplate.folders import make_folder
from lockplate.gate.decision import Gate
from lockplate.intake.bulk import BulkIntake
from lockplate.intake.files import FileIntake
from lockplate.intake.lane import Lane
from lockplate.intake.live import HitListener, LiveIntake
from lockplate.keys.kek import Kek, load_kek
from lockplate.keys.ring import KeyRing
from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.lookup.asking import HoursOver, Lookup, OperatorParts
from lockplate.lookup.elsewhere import Elsewhere, ElsewhereParts
from lockplate.lookup.facts import FactFinder
from lockplate.lookup.held import HeldReads
from lockplate.lookup.opening import ReadView
from lockplate.registry.database import close_database, migrate, open_database
from lockplate.registry.hits import Recorded
from lockplate.registry.readers import RegisteredReader
from lockplate.retention.due import due_periods, rules_by_origin
from lockplate.retention.receipts import Receipts, notes_path
from lockplate.retention.revived import require_not_revived
from lockplate.retention.run import Retention
from lockplate.seal.column import ColumnSealer
from lockplate.settings import Settings
from lockplate.store.counted import CountedStore
from lockplate.store.embedded import EmbeddedStore
from lockplate.store.ledger import RowLedger
from lockplate.store.ownership import Ownership
from lockplate.store.passages import PassageIndex
from lockplate.store.surface import ReadStore
from lockplate.terms import OperatorId, Period, ProfileId, ReaderId
from lockplate.wiring.alerts import build_delivering
from lockplate.wiring.beginnings import begin_ledger, record_founding
from lockplate.wiring.current_law import CurrentLaw
from lockplate.wiring.desk import Desk, open_desk, open_ring, origin_of
from lockplate.wiring.layout import NODE_RING, Layout
from lockplate.wiring.policies import added_words, shipped_gate, shipped_profiles
from lockplate.wiring.registries import Registries, build_registries
from lockplate.wiring.watches import Watches


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node's parts; close it once, or use it in a `with` block."""

    settings: Settings
    layout: Layout
    clock: Clock
    law: CurrentLaw
    registries: Registries
    profiles: Profiles
    gate: Gate
    facts: FactFinder
    store: ReadStore
    ledger: RowLedger
    counted: CountedStore
    """The store as intake writes to it."""
    desks: dict[OperatorId, Desk]
    live: LiveIntake
    bulk: BulkIntake
    files: FileIntake
    lookup: Lookup
    elsewhere: Elsewhere
    watches: Watches
    bus: AlertBus
    """Word of new alerts, decisions and faults, for whoever listens in this process."""
    delivering: DeliveryWorker
    """Takes alerts to their channels, once a server has started it."""
    receipts: dict[OperatorId, Receipts]
    """What each operator's log says was destroyed, and when retention was last sure of the time."""
    retention: Retention
    closing: ExitStack

    def desk(self, operator: OperatorId) -> Desk:
        """Return an operator's parts, or raise NotFound."""
        try:
            return self.desks[operator]
        except KeyError:
            raise NotFound(
                "this node does not serve that operator",
                code="unknown_operator",
                next_step="See `lockplate operator list`.",
            ) from None

    def publish(self) -> None:
        """Sign the newest checkpoint of every log that grew."""
        for desk in self.desks.values():
            desk.evidence.publisher.publish()

    def cosign(self) -> None:
        """Show the newest checkpoint of every log to its witnesses; how each answers is kept, and is no error."""
        for desk in self.desks.values():
            desk.collector.collect()

    def close(self) -> None:
        """Finish what was taken in, publish, and close everything in order."""
        self.closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_node(settings: Settings, clock: Clock, *, on_hits: HitListener | None = None) -> Node:
    """Return a node, open and owned by this process.

    Raises NotFound when there is no node in the home folder, NodeBusy when another process owns it, SettingRefused
    for a missing key-encryption key or policies that do not pass, KeyUnavailable for the wrong key-encryption key,
    LogRefused when the evidence contradicts itself.
    """
    layout = Layout(settings.home)
    if not layout.registry.exists():
        raise NotFound("there is no node in this folder", code="no_node", next_step="Make one with `lockplate init`.")
    closing = ExitStack()
    closing.callback(Ownership(settings.home).release)
    try:
        return _build(settings, layout, clock, closing, on_hits or _nobody)
    except BaseException:
        closing.close()
        raise


def load_node_kek(settings: Settings) -> Kek:
    """Return the key-encryption key that the settings name."""
    return load_kek(file=settings.kek_file, value=settings.kek)


def _build(settings: Settings, layout: Layout, clock: Clock, closing: ExitStack, on_hits: HitListener) -> Node:
    kek = load_node_kek(settings)
    profiles = shipped_profiles()
    gate = shipped_gate(clock)
    engine = open_database(layout.registry)
    closing.callback(close_database, engine)
    migrate(engine)
    registries, law, desks, receipts = _open_desks(settings, kek, engine, profiles, clock, closing)
    gate.use_words(gate.suggestive.with_added(added_words(registries.words)))
    for desk in desks.values():
        agency = registries.agencies.get(desk.operator.agency)
        record_founding(desk, agency, gate.policy_set_hash, clock)
    store = EmbeddedStore(layout.store, memory_mb=settings.clickhouse_memory_mb)
    closing.callback(store.close)
    ledger = _open_ledger(layout, desks, store, clock)
    closing.callback(ledger.close)
    counted = CountedStore(store, ledger, {operator: desk.marker for operator, desk in desks.items()})
    passages = PassageIndex(layout.passages)
    closing.callback(passages.close)
    lanes = {operator: desk.lane for operator, desk in desks.items()}
    bus = AlertBus()
    told = _telling(bus, on_hits)
    live = LiveIntake(
        lanes=lanes,
        store=counted,
        hits=registries.hits,
        passages=passages,
        day_counts=registries.day_counts,
        reader_hours=registries.reader_hours,
        clock=clock,
        batch_wait=timedelta(milliseconds=settings.batch_wait_ms),
        max_waiting_reads=settings.max_waiting_reads,
        on_hits=told,
    )
    closing.callback(registries.readers.flush)
    closing.callback(registries.day_counts.flush)
    closing.callback(registries.reader_hours.flush)
    closing.callback(live.close)
    bulk = _bulk(lanes, counted, registries, clock, told)
    held = {operator: _held_reads(desk, registries) for operator, desk in desks.items()}
    facts = _facts(registries, law, held, clock)
    delivering = build_delivering(
        registries, gate, facts, lambda operator: desks[operator].recorder, bus, settings, clock
    )
    closing.callback(delivering.stop)
    return Node(
        settings=settings,
        layout=layout,
        clock=clock,
        law=law,
        registries=registries,
        profiles=profiles,
        gate=gate,
        facts=facts,
        store=store,
        ledger=ledger,
        counted=counted,
        desks=desks,
        live=live,
        bulk=bulk,
        files=FileIntake(bulk=bulk, live=live, store=store, clock=clock),
        lookup=Lookup(
            facts=facts,
            gate=gate,
            store=store,
            parts={
                operator: _lookup_parts(desk, registries, held[operator], _over(desk, receipts[operator], clock))
                for operator, desk in desks.items()
            },
            waiting=registries.waiting,
            clock=clock,
        ),
        elsewhere=_elsewhere(facts, gate, desks, clock),
        watches=Watches(),
        bus=bus,
        delivering=delivering,
        receipts=receipts,
        retention=Retention(store, clock),
        closing=closing,
    )


def _bulk(
    lanes: Mapping[OperatorId, Lane], store: CountedStore, registries: Registries, clock: Clock, told: HitListener
) -> BulkIntake:
    """Return the intake of many reads at once."""
    return BulkIntake(
        lanes=lanes,
        store=store,
        hits=registries.hits,
        day_counts=registries.day_counts,
        reader_hours=registries.reader_hours,
        clock=clock,
        on_hits=told,
    )


def _open_desks(
    settings: Settings, kek: Kek, engine: Engine, profiles: Profiles, clock: Clock, closing: ExitStack
) -> tuple[Registries, CurrentLaw, dict[OperatorId, Desk], dict[OperatorId, Receipts]]:
    """Open the node's own keys, the registries, and each operator's desk."""
    rings: dict[OperatorId, KeyRing] = {}

    def sealer_of(operator: OperatorId) -> ColumnSealer:
        try:
            return ColumnSealer(rings[operator], clock)
        except KeyError:
            raise NotFound("this node does not serve that operator", code="unknown_operator") from None

    node_ring = open_ring(settings.home, NODE_RING, kek)
    closing.callback(node_ring.close)
    registries = build_registries(engine, ColumnSealer(node_ring, clock), sealer_of, clock)
    law = CurrentLaw(
        operators=registries.operators,
        readers=registries.readers,
        local_laws=registries.local_laws,
        profiles=profiles,
        rings=rings,
        clock=clock,
    )
    desks: dict[OperatorId, Desk] = {}
    receipts: dict[OperatorId, Receipts] = {}
    for operator in registries.operators.list_all():
        rings[operator.operator] = open_ring(settings.home, operator.operator, kek)
        law.law(operator.operator)  # a profile without a version of today is a refusal to start
        desk = open_desk(
            home=settings.home,
            operator=operator.operator,
            law=law,
            ring=rings[operator.operator],
            entries=registries.entries,
            places=registries.places,
            clock=clock,
        )
        desks[operator.operator] = desk
        closing.callback(desk.close)
        told = Receipts.read(desk.evidence.log, notes_path(settings.home, operator.operator))
        receipts[operator.operator] = told
        require_not_revived(operator.operator, desk.ring, told)
        closing.callback(desk.evidence.publisher.publish)
    return registries, law, desks, receipts


def _open_ledger(layout: Layout, desks: Mapping[OperatorId, Desk], store: ReadStore, clock: Clock) -> RowLedger:
    """Open the ledger of rows, clear up what a crash left in doubt, and begin it where there is none."""
    ledger = RowLedger(layout.ledger, {operator: desk.marker for operator, desk in desks.items()}, clock)
    try:
        ledger.resolve(store.is_withdrawn)
        for desk in desks.values():
            begin_ledger(desk, store, ledger, clock)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _facts(registries: Registries, law: CurrentLaw, held: Mapping[OperatorId, HeldReads], clock: Clock) -> FactFinder:
    def on_hold(request: AccessRequest, operator: OperatorId) -> bool:
        return operator in held and held[operator].covers(request)

    return FactFinder(
        operators=registries.operators,
        agencies=registries.agencies,
        people=registries.people,
        grants=registries.grants,
        law_of=law.law,
        law_of_window=law.law_of_window,
        on_hold=on_hold,
        clock=clock,
    )


def _held_reads(desk: Desk, registries: Registries) -> HeldReads:
    return HeldReads(operator=desk.name, holds=registries.holds, sealer=desk.held)


def _over(desk: Desk, receipts: Receipts, clock: Clock) -> HoursOver:
    """Return which hours of a window are over at an operator, whether or not their keys are destroyed yet."""

    def over(start: datetime, end: datetime) -> frozenset[Period]:
        rule_of = rules_by_origin(desk.ring, lambda origins: _law_of(desk, origins))
        first, last = period_of(start), period_of(end - timedelta(microseconds=1))
        return frozenset(due_periods(desk.ring, rule_of, receipts.not_before(clock.now()), first, last))

    return over


def _elsewhere(facts: FactFinder, gate: Gate, desks: Mapping[OperatorId, Desk], clock: Clock) -> Elsewhere:
    parts = {
        name: ElsewhereParts(recorder=desk.recorder, log=desk.evidence.log, origin=origin_of(name))
        for name, desk in desks.items()
    }
    return Elsewhere(facts=facts, gate=gate, parts=parts, clock=clock)


def _law_of(desk: Desk, origins: frozenset[str]) -> LawProfile | None:
    found = desk.law.in_force(desk.name, origins)
    return None if found is None else found.law


def _lookup_parts(desk: Desk, registries: Registries, held: HeldReads, over: HoursOver) -> OperatorParts:
    def readers() -> dict[ReaderId, RegisteredReader]:
        return {reader.reader: reader for reader in registries.readers.list_all(desk.operator.operator)}

    def retention_end(period: Period) -> datetime | None:
        return desk.retention_end(period)

    def laws(period: Period) -> tuple[ProfileId, ...]:
        return desk.laws(period)

    view = ReadView(readers=readers, retention_end=retention_end, laws=laws)
    return OperatorParts(sealer=desk.sealer, recorder=desk.recorder, view=view, held=held, over=over)


def _telling(bus: AlertBus, on_hits: HitListener) -> HitListener:
    """Return what intake tells of new hits: word on the bus first, since people wait for it."""

    def told(operator: OperatorId, recorded: Sequence[Recorded]) -> None:
        bus.publish_recorded(operator, recorded)
        on_hits(operator, recorded)

    return told


def _nobody(operator: OperatorId, recorded: Sequence[Recorded]) -> None:
    """Nobody listens for hits: they are in the registry all the same."""


Opener = Callable[[], Node]


def require_home(settings: Settings) -> Settings:
    """Return the settings, or raise SettingRefused when the home folder cannot be made."""
    try:
        make_folder(settings.home)
    except OSError:
        raise SettingRefused("the home folder cannot be made", code="bad_home") from None
    return settings
