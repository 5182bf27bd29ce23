"""Beginnings: what an operator's log and ledger begin with, so that what was there from the first hour is on record.

What flows in: a desk that was just opened, its agency, the store, the ledger. What flows out: the first leaves.
What it must never see: a plate. A ledger that begins over rows that are there already says so in the log: from then on
nobody can tell what was deleted before.
"""

from lockplate.access import AccessRecord
from lockplate.clock import Clock
from lockplate.evidence.log import TileLog
from lockplate.gate.question import AgencyFacts
from lockplate.marks import RowSums, add_sums
from lockplate.store.ledger import RowLedger
from lockplate.store.surface import ReadStore
from lockplate.terms import Action, LeafIndex, PersonId
from lockplate.wiring.desk import Desk

NODE = PersonId("-node")
"""Nobody: the node itself."""
SYSTEM = PersonId("-system")
FOUNDED, LEDGER_BEGUN = "founded", "ledger_begun"
FROM_NOTHING, FROM_STORE = "nothing", "store"
_CHUNK = 4_096
_TOLD = (b'"action":"count:day"', b'"rows":"')


def record_founding(desk: Desk, agency: AgencyFacts, policy_set_hash: str, clock: Clock) -> LeafIndex | None:
    """Put the founding on record as a log's first leaf; None when the log has one."""
    if desk.evidence.log.size:
        return None
    operator = desk.operator
    record = AccessRecord(
        action=Action.SETTING_CHANGED,
        at=clock.now(),
        operator=desk.name,
        person=SYSTEM,
        profile=operator.profile,
        policy_set_hash=policy_set_hash,
        facts={
            "change": FOUNDED,
            "agency": agency.agency,
            "kind": agency.kind.value,
            "keeps": operator.record_mode.value,
        },
    )
    return desk.recorder.record(record, {"name": operator.name, "state": agency.state})


def begin_ledger(desk: Desk, store: ReadStore, ledger: RowLedger, clock: Clock) -> None:
    """Begin an operator's ledger when there is none: empty, or with the rows that a node of before has already.

    A log that has told rows had a ledger: it is gone, the new one begins empty, and that is on record.
    """
    if ledger.has_begun(desk.name):
        return
    was_told = _has_told(desk.evidence.log)
    rows = {} if was_told else _rows(desk, store)
    if was_told or rows:
        record = AccessRecord(
            action=Action.SETTING_CHANGED,
            at=clock.now(),
            operator=desk.name,
            person=NODE,
            facts={"change": LEDGER_BEGUN, "from": FROM_NOTHING if was_told else FROM_STORE},
        )
        desk.recorder.record(record)
    ledger.found(desk.name, rows)


def _rows(desk: Desk, store: ReadStore) -> RowSums:
    hours = store.hours(desk.name)
    return add_sums(store.sums(desk.name, hour, hour, desk.marker) for hour in hours)


def _has_told(log: TileLog) -> bool:
    return any(
        all(mark in leaf for mark in _TOLD)
        for start in range(0, log.size, _CHUNK)
        for leaf in log.entries(start, min(start + _CHUNK, log.size))
    )
