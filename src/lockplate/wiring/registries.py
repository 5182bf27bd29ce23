"""Registries: the control database and everything that reads it, built once.

What flows in: an open engine, sealers, a clock. What flows out: one object for each noun of the registry.
What it must never see: a read, a token.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from lockplate.clock import Clock
from lockplate.registry.acceptance import Acceptances
from lockplate.registry.agencies import Agencies
from lockplate.registry.channels import Channels
from lockplate.registry.day_counts import DayCounts
from lockplate.registry.deliveries import Deliveries
from lockplate.registry.entries import Entries
from lockplate.registry.faults import Fault, Faults
from lockplate.registry.findings_seen import FindingsSeen
from lockplate.registry.grants import Grants
from lockplate.registry.hit_numbers import HitNumbers
from lockplate.registry.hit_outcomes import HitOutcomes
from lockplate.registry.hits import Hits
from lockplate.registry.holds import Holds
from lockplate.registry.hotlists import HotLists
from lockplate.registry.list_grants import ListGrants
from lockplate.registry.local_laws import LocalLaws
from lockplate.registry.operators import Operators
from lockplate.registry.passwords import Passwords
from lockplate.registry.people import People
from lockplate.registry.places import Places
from lockplate.registry.reader_hours import ReaderHours
from lockplate.registry.readers import RegisteredReaders
from lockplate.registry.requests import WaitingRequests
from lockplate.registry.sealing import ColumnSealer, SealerOf
from lockplate.registry.sessions import Sessions
from lockplate.registry.shared_questions import SharedQuestions
from lockplate.registry.statements import Statements
from lockplate.registry.watched import Watched
from lockplate.registry.words import LocalWords


@dataclass(frozen=True, kw_only=True)
class Registries:
    """The control data of a node, one object for each noun."""

    agencies: Agencies
    operators: Operators
    local_laws: LocalLaws
    places: Places
    words: LocalWords
    findings_seen: FindingsSeen
    day_counts: DayCounts
    statements: Statements
    readers: RegisteredReaders
    reader_hours: ReaderHours
    watched: Watched
    faults: Faults
    people: People
    sessions: Sessions
    grants: Grants
    hot_lists: HotLists
    entries: Entries
    list_grants: ListGrants
    acceptances: Acceptances
    hits: Hits
    hit_outcomes: HitOutcomes
    hit_numbers: HitNumbers
    holds: Holds
    waiting: WaitingRequests
    shared_questions: SharedQuestions
    channels: Channels
    deliveries: Deliveries


def build_registries(engine: Engine, node_sealer: ColumnSealer, sealer_of: SealerOf, clock: Clock) -> Registries:
    """Return the registries over one open database."""
    channels = Channels(engine, sealer_of, clock)
    deliveries = Deliveries(engine, channels, clock)
    return Registries(
        agencies=Agencies(engine, clock),
        operators=Operators(engine, clock),
        local_laws=LocalLaws(engine, clock),
        places=Places(engine, clock),
        words=LocalWords(engine, clock),
        findings_seen=FindingsSeen(engine, clock),
        day_counts=DayCounts(engine),
        statements=Statements(engine, clock),
        readers=RegisteredReaders(engine, clock),
        reader_hours=ReaderHours(engine),
        watched=Watched(engine),
        faults=Faults(engine, clock, lambda connection, fault: _tell_fault(deliveries, connection, fault)),
        people=People(engine, node_sealer, clock, Passwords()),
        sessions=Sessions(engine, clock),
        grants=Grants(engine, sealer_of, clock),
        hot_lists=HotLists(engine, clock),
        entries=Entries(engine, sealer_of, clock),
        list_grants=ListGrants(engine, sealer_of, clock),
        acceptances=Acceptances(engine, clock),
        hits=Hits(engine, sealer_of, clock, deliveries),
        hit_outcomes=HitOutcomes(engine, clock),
        hit_numbers=HitNumbers(engine),
        holds=Holds(engine, clock),
        waiting=WaitingRequests(engine, sealer_of, clock),
        shared_questions=SharedQuestions(engine, clock),
        channels=channels,
        deliveries=deliveries,
    )


def _tell_fault(deliveries: Deliveries, connection: Connection, fault: Fault) -> None:
    """Put a fault that opens into the outbox, in the transaction that keeps it; that one ends is seen on the page."""
    if fault.is_open:
        deliveries.enqueue_fault(connection, fault.operator, fault.fault_id, fault.kind.value)
