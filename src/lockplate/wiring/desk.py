"""Desk: everything that belongs to one operator of a node: keys, sealers, evidence, its lane and its law.

What flows in: an operator, the key-encryption key. What flows out: an open Desk.
What it must never see: another operator's keys.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lockplate.checkpoint import Signer
from lockplate.clock import Clock, period_start
from lockplate.evidence.files import EvidenceFolder, OpenEvidence
from lockplate.evidence.recorder import Recorder
from lockplate.hotlist import Category, EntryId, HotListIndex
from lockplate.intake.fences import Fence, Fences
from lockplate.intake.lane import Lane
from lockplate.keys.kek import Kek
from lockplate.keys.ring import KeyRing
from lockplate.law.profile import LawProfile, RetentionRule
from lockplate.marks import RowMarker
from lockplate.registry.entries import Entries
from lockplate.registry.operators import Operator
from lockplate.registry.places import Places
from lockplate.seal.column import ColumnSealer
from lockplate.seal.held import HoldSealer
from lockplate.seal.mark import row_marker
from lockplate.seal.sealer import Sealer
from lockplate.terms import OperatorId, Period, ProfileId
from lockplate.wiring.current_law import CurrentLaw
from lockplate.wiring.layout import Layout
from lockplate.witnessing.collecting import Collector

SIGNING_KEY = "log-signing"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One operator's parts."""

    law: CurrentLaw
    name: OperatorId
    ring: KeyRing
    columns: ColumnSealer
    sealer: Sealer
    marker: RowMarker
    held: HoldSealer
    evidence: OpenEvidence
    recorder: Recorder
    collector: Collector
    lane: Lane

    @property
    def operator(self) -> Operator:
        """The operator as it is registered at this moment."""
        return self.law.standing(self.name).operator

    @property
    def profile(self) -> LawProfile | None:
        """The law of today; None when nothing may be kept."""
        return self.law.standing(self.name).law

    @property
    def rule(self) -> RetentionRule | None:
        """The retention rule in force; None when nothing is kept."""
        return None if self.profile is None else self.profile.retention_rule

    def retention_end(self, period: Period) -> datetime | None:
        """Return when the key of an hour is destroyed at the latest; None when the operator keeps nothing."""
        rule = self.law.rule_of_period(self.name, period)
        if rule is None:
            return None
        kept_since = self.ring.made_at(period)
        start = period_start(period) if rule.from_capture or kept_since is None else kept_since
        return start + rule.limit

    def laws(self, period: Period) -> tuple[ProfileId, ...]:
        """Return the law profiles that the reads of an hour stand under: one's own first, then those that travel."""
        own = self.operator.profile
        return (*(() if own is None else (own,)), *map(ProfileId, sorted(self.ring.origins(period, period))))

    def reload_index(self, entries: Entries, clock: Clock) -> None:
        """Take the operator's hot lists in again, after one changed."""
        age, low_level = list_age(self.law, self.name), listed_debts(self.law, self.name)
        with self.lane.indexing:
            self.lane.index = HotListIndex(entries.load(self.name, clock.now(), age, low_level), clock)

    def index_entry(self, entries: Entries, entry_id: EntryId, clock: Clock) -> None:
        """Match one entry as it stands at this moment, or no more: a million others are not opened for it."""
        age, low_level = list_age(self.law, self.name), listed_debts(self.law, self.name)
        with self.lane.indexing:
            one = entries.load(self.name, clock.now(), age, low_level, only=entry_id)
            self.lane.index = self.lane.index.without(entry_id).with_entries(one)

    def reload_fences(self, places: Places) -> None:
        """Take the operator's places in again, after one changed."""
        self.lane.fences = fences_of(places, self.name)

    def close(self) -> None:
        """Close keys and evidence."""
        self.evidence.close()
        self.ring.close()


def list_age(law: CurrentLaw, operator: OperatorId) -> timedelta | None:
    """Return how old a hot list's file may grow under the operator's law of today; None where it says nothing."""
    profile = law.standing(operator).law
    return None if profile is None else profile.hotlist_max_age


def listed_debts(law: CurrentLaw, operator: OperatorId) -> frozenset[Category]:
    """Return which debts and paperwork the operator's law of today lets a hot list hold; none unless it names them."""
    profile = law.standing(operator).law
    return frozenset() if profile is None else frozenset(Category(word.value) for word in profile.hotlist_low_level)


def origin_of(operator: OperatorId) -> str:
    """Return the name of an operator's log, as checkpoints carry it."""
    return f"lockplate/{operator}"


def open_ring(home: Path, operator: OperatorId, kek: Kek) -> KeyRing:
    """Return an operator's key ring, made on first use."""
    return KeyRing(Layout(home).keys(operator), operator, kek)


def open_desk(
    *, home: Path, operator: OperatorId, law: CurrentLaw, ring: KeyRing, entries: Entries, places: Places, clock: Clock
) -> Desk:
    """Return an operator's parts, open; the log is founded on first use."""
    columns = ColumnSealer(ring, clock)
    sealer = Sealer(operator, ring, clock)
    evidence = _open_evidence(home, operator, ring, clock)
    lane = Lane(
        operator=operator,
        sealer=sealer,
        rule_of=lambda reader: law.keep_rule(operator, reader),
        entries=entries,
        index=HotListIndex(
            entries.load(operator, clock.now(), list_age(law, operator), listed_debts(law, operator)), clock
        ),
        fences=fences_of(places, operator),
        stand_of=lambda reader: law.stand_of(operator, reader),
    )
    return Desk(
        law=law,
        name=operator,
        ring=ring,
        columns=columns,
        sealer=sealer,
        marker=row_marker(operator, ring, clock),
        held=HoldSealer(operator, ring, clock),
        evidence=evidence,
        recorder=Recorder(operator, evidence.log, evidence.details, columns, clock),
        collector=Collector(evidence.log, evidence.publisher, evidence.witnesses, clock),
        lane=lane,
    )


def fences_of(places: Places, operator: OperatorId) -> Fences:
    """Return an operator's places as intake compares positions with them."""
    return Fences(
        Fence(place=one.place, kind=one.kind, centre=one.position, radius_metres=one.radius_metres)
        for one in places.list_all(operator)
    )


def _open_evidence(home: Path, operator: OperatorId, ring: KeyRing, clock: Clock) -> OpenEvidence:
    folder = EvidenceFolder.of(home, operator)
    signer = Signer(origin_of(operator), ring.data_key(SIGNING_KEY, clock.now()))
    return folder.open(signer) if folder.exists() else folder.create(signer)
