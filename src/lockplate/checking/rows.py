"""Rows: what lies in the store, held against what intake booked and the log told, by reader and UTC day.

What flows in: a node's store, its ledger, what was told. What flows out: findings.
What it must never see: a plate, a token. Sums of keyed marks are compared, so that a row in another's place is seen.

Intake goes on meanwhile: an hour is read again when it was written to in between, and nothing is held up. What is
written to at every look is left for the next time, and counted.
"""

import threading
from collections.abc import Iterable

from lockplate.checking.findings import Found
from lockplate.checking.told import Told
from lockplate.marks import NO_ROWS, SECONDS_PER_DAY, Day, RowSums, add_sums, date_text
from lockplate.retention.receipts import Receipts
from lockplate.terms import SECONDS_PER_PERIOD, Period, ReaderId
from lockplate.wiring.desk import Desk
from lockplate.wiring.node import Node

HOURS = SECONDS_PER_DAY // SECONDS_PER_PERIOD
LOOKS = 40
PAUSE_SECONDS = 0.05


def check_rows(node: Node, desk: Desk, told: Told, found: Found) -> None:
    """Compare each day's rows. Days of which the details were forgotten, and those forgotten whole, are passed over."""
    for day in told.unvouched:
        found.find("ledger_changed", f"day {date_text(day)}", "the ledger was changed before the day went on record")
    for day in told.unreadable:
        found.find(
            "day_unreadable", f"day {date_text(day)}", "the day's sums are sealed beside the log and do not open"
        )
    if told.ledgers_lost:
        found.find(
            "ledger_lost", "ledger", "the ledger of rows was lost and begun anew; rows of that day are not known"
        )
    if not node.ledger.is_whole(desk.name):
        found.find("ledger_changed", "ledger", "the ledger of rows is not what the node wrote")
    for period, rows in node.store.misshapen(desk.name).items():
        found.find("strange_rows", f"hour {period}", f"{rows} rows are none that this program writes")
    receipts = Receipts.of_log(desk.evidence.log)
    for day in _days(node, desk, told):
        _check_day(node, desk, told, day, receipts, found)


def check_strangers(node: Node, found: Found) -> None:
    """Find rows of operators that this node does not serve."""
    for operator in sorted(node.store.operators() - set(node.desks)):
        found.find("strange_rows", f"operator {operator}", "rows are here of an operator that nobody serves")


def _check_day(node: Node, desk: Desk, told: Told, day: Day, receipts: Receipts, found: Found) -> None:
    # a reader's clock may run before ours, so that a row is booked a day before the one it says
    if told.forgotten_through is not None and day <= told.forgotten_through + 1:
        found.count("days_no_longer_known")
        return
    pair = _looked(node, desk, told, day)
    if pair is None:
        found.count("days_being_written")
        return
    expected, here = pair
    if not here and _is_forgotten(desk, day, receipts):
        found.count("days_forgotten")
        return
    found.count("days")
    for reader in sorted({reader for _, reader in (*expected, *here)}):
        _compare(day, reader, expected, here, found)


def _compare(day: Day, reader: ReaderId, expected: RowSums, here: RowSums, found: Found) -> None:
    should, has = expected.get((day, reader), NO_ROWS), here.get((day, reader), NO_ROWS)
    found.count("rows", has.rows)
    if should == has:
        return
    where = f"day {date_text(day)} reader {reader}"
    if has.rows < should.rows:
        found.find("rows_gone", where, f"{should.rows - has.rows} of {should.rows} rows that were stored are not here")
    elif has.rows > should.rows:
        found.find("rows_added", where, f"{has.rows - should.rows} rows are here that intake never stored")
    else:
        found.find("rows_replaced", where, "as many rows as were stored, and not the same ones")


def _looked(node: Node, desk: Desk, told: Told, day: Day) -> tuple[RowSums, RowSums] | None:
    """Return what there should be and what there is of a day, at one moment; None when it is written to each time."""
    known: dict[Period, tuple[int, RowSums]] = {}
    hours = [Period(day * HOURS + hour) for hour in range(HOURS)]
    for _ in range(LOOKS):
        before = [node.counted.changes(desk.name, hour) for hour in hours]
        if not any(change % 2 for change in before):
            filled = node.store.hours(desk.name)
            for hour, change in zip(hours, before, strict=True):
                if hour in filled and known.get(hour, (-1,))[0] != change:
                    known[hour] = (change, node.store.sums(desk.name, hour, hour, desk.marker))
            expected = _expected(node, desk, told, day)
            after = [node.counted.changes(desk.name, hour) for hour in hours]
            if before == after and not node.ledger.has_doubts():
                return expected, add_sums(sums for hour, (_, sums) in known.items() if hour in filled)
        threading.Event().wait(PAUSE_SECONDS)
    return None


def _expected(node: Node, desk: Desk, told: Told, day: Day) -> RowSums:
    """Return what was booked of a day of capture; of a day on record its record counts."""
    booked = {on: one.sums for on, one in node.ledger.booked(desk.name).items() if on not in told.rows}
    every = (*told.rows.values(), *booked.values())
    return add_sums({place: one for place, one in sums.items() if place[0] == day} for sums in every)


def _days(node: Node, desk: Desk, told: Told) -> list[Day]:
    booked = (one.sums for one in node.ledger.booked(desk.name).values())
    days = {day for sums in (*told.rows.values(), *booked) for day, _ in sums}
    return sorted(days | _days_of(node.store.hours(desk.name)))


def _days_of(hours: Iterable[Period]) -> set[Day]:
    return {Day(hour // HOURS) for hour in hours}


def _is_forgotten(desk: Desk, day: Day, receipts: Receipts) -> bool:
    """Say whether hours of a day were destroyed, on record, and none of it has a key: then its rows are dropped."""
    return day in _days_of(receipts.destroyed) and day not in _days_of(desk.ring.stored_periods())
