"""Keys: each key that the log told of is here or was destroyed with a receipt, and none is back.

What flows in: a desk's key ring, receipts, what days' records told. What flows out: findings.
What it must never see: a key's bytes.
"""

from lockplate.access import KeyCommitment
from lockplate.checking.findings import Found
from lockplate.checking.history import History
from lockplate.checking.told import Told
from lockplate.retention.receipts import Receipts
from lockplate.store.surface import ReadStore
from lockplate.terms import Period
from lockplate.wiring.desk import Desk

PERIOD = "period"


def check_keys(desk: Desk, store: ReadStore, told: Told, found: Found) -> None:
    """Find keys that do not open or were changed; that are gone without a receipt; that are back after one.

    The key ring is read first: a key that goes meanwhile has its receipt by the time the log is read, or at the next
    look.
    """
    rows = store.hours(desk.name)
    hours, names = set(desk.ring.stored_periods()), set(desk.ring.data_key_names())
    gone = desk.ring.destroyed_keys()
    receipts = Receipts.of_log(desk.evidence.log)
    for faulty in desk.ring.faulty_keys():
        found.find("bad_key", _where(faulty.kind, faulty.name), "does not unwrap, or is not what was committed to")
    for period in sorted(hours & receipts.destroyed):
        found.find("key_back", _where(PERIOD, str(period)), "is here, and a receipt says that it was destroyed")
    for name in sorted(names & receipts.names):
        found.find("key_back", _where("data", name), "is here, and a receipt says that it was destroyed")
    for one in gone:
        if not _has_receipt(one, receipts):
            found.find("no_receipt", _where(one.kind, one.name), "was destroyed, and no receipt says so")
    for key in told.keys:
        _check_told(desk, key, receipts, found)
    noted = {Period(int(one.name)) for one in gone if one.kind == PERIOD}
    for period in sorted(set(rows) - hours - receipts.destroyed - noted):
        says = f"{rows[period]} rows are here, and neither their key nor a receipt of its destruction"
        found.find("key_gone", _where(PERIOD, str(period)), says)
    found.count("keys", len(hours) + len(names))
    found.count("keys_told", len(told.keys))
    found.count("keys_destroyed", len(gone))


def check_notes(history: History, kept: Receipts, desk: Desk, found: Found) -> None:
    """Find notes of what was destroyed that are not what the log says."""
    kept.scan()
    log = Receipts.of_log(desk.evidence.log)
    if not (kept.destroyed <= log.destroyed and kept.names <= log.names):
        says = "name keys as destroyed that no receipt in the log names"
        found.find("bad_notes", f"retention notes of {history.operator}", says)


def _check_told(desk: Desk, one: KeyCommitment, receipts: Receipts, found: Found) -> None:
    if _has_receipt(one, receipts):
        return
    here = desk.ring.commitment(Period(int(one.name))) if one.kind == PERIOD else desk.ring.data_commitment(one.name)
    if here is None:
        if not any(gone.kind == one.kind and gone.name == one.name for gone in desk.ring.destroyed_keys()):
            found.find("key_gone", _where(one.kind, one.name), "is on record, and neither it nor a receipt is here")
    elif here.commitment != one.commitment:
        found.find("other_key", _where(one.kind, one.name), "is another key than the one on record")


def _has_receipt(one: KeyCommitment, receipts: Receipts) -> bool:
    return Period(int(one.name)) in receipts.destroyed if one.kind == PERIOD else one.name in receipts.names


def _where(kind: str, name: str) -> str:
    return f"hour {name}" if kind == PERIOD else f"key {name}"
