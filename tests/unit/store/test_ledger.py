"""RowLedger: what is in it is the node's own word, and what somebody else did to it shows."""

import sqlite3
from contextlib import closing

import pytest

from lockplate.errors import StoreFailed
from lockplate.marks import RowSum, day_of
from lockplate.sealed import RowPlace
from lockplate.store.ledger import NEVER, Part
from lockplate.terms import OperatorId, ReaderId, Token

CITY = OperatorId("city")
NORTH, SOUTH = ReaderId("north"), ReaderId("south")
DAY = day_of(1_790_000_000)
PLACE = RowPlace(token=Token(b"12345678"), captured_at=1_790_000_000, reader=NORTH)
BIG = RowSum(rows=3, low=2**64 - 1, high=2**63 + 5)


def part(*sums):
    return Part(probe=PLACE, sums=tuple((DAY, reader, one) for reader, one in sums))


def book(ledger, *sums):
    ledger.settle(ledger.begin(CITY, [part(*sums)]))
    ledger.flush()


def alter(tmp_path, *statements):
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount


def test_numbers_of_any_size_come_back(open_ledger):
    """Sums use all 64 bits, and are added modulo 2**64, also across a restart."""
    ledger = open_ledger()
    book(ledger, (NORTH, BIG))
    book(ledger, (NORTH, BIG), (SOUTH, RowSum(rows=-1, low=7)))
    ledger.close()
    (only,) = open_ledger().booked(CITY).values()
    assert {(DAY, NORTH): BIG.plus(BIG), (DAY, SOUTH): RowSum(rows=-1, low=7)} == only.sums
    assert only.is_vouched
    assert 2**64 > BIG.plus(BIG).low


def test_a_ledger_begins_once(open_ledger):
    """Empty, or with what is there; before that it is not whole."""
    ledger = open_ledger()
    assert not ledger.has_begun(CITY)
    assert not ledger.is_whole(CITY)
    ledger.found(CITY, {(DAY, NORTH): BIG})
    assert ledger.has_begun(CITY)
    assert ledger.is_whole(CITY)
    assert NEVER == ledger.closed_through(CITY)


@pytest.mark.parametrize("statements", [
    ["UPDATE booked SET rows = rows - 1 WHERE reader = 'north'"],
    ["UPDATE booked SET marks = zeroblob(16) WHERE reader = 'north'"],
    ["UPDATE booked SET reader = 'west' WHERE reader = 'north'", "UPDATE total SET vouch = zeroblob(32)"],
    ["DELETE FROM booked WHERE reader = 'north'"],
    ["DELETE FROM booked"],
    ["DELETE FROM total"],
    ["DELETE FROM booked", "DELETE FROM total"],
    ["DELETE FROM begun"],
    ["UPDATE begun SET closed_through = 99999"],
    ["UPDATE total SET rows = 0, marks = zeroblob(16)", "DELETE FROM booked"],
    ["UPDATE booked SET rows = rows + 1 WHERE reader = 'north'", "UPDATE total SET rows = rows + 1"],
])  # fmt: skip
def test_a_line_that_was_changed_or_taken_away_shows(open_ledger, tmp_path, statements):
    """Each line counts in its day's total, and only the node can make the total's hash."""
    ledger = open_ledger()
    ledger.found(CITY, {})
    book(ledger, (NORTH, BIG), (SOUTH, BIG))
    assert ledger.is_whole(CITY)
    ledger.close()
    alter(tmp_path, *statements)
    assert not open_ledger().is_whole(CITY)


def test_a_closed_day_is_gone_and_the_rest_is_whole(open_ledger, clock):
    """A record in the log says it now; what is open stays vouched for."""
    ledger = open_ledger()
    ledger.found(CITY, {})
    book(ledger, (NORTH, BIG))
    today = day_of(int(clock.now().timestamp()))
    ledger.close_day(CITY, today)
    assert {} == ledger.booked(CITY)
    assert ledger.is_whole(CITY)
    book(ledger, (NORTH, BIG))
    assert [today + 1] == list(ledger.booked(CITY))
    assert ledger.is_whole(CITY)


def test_a_disk_that_refuses_loses_nothing(open_ledger, monkeypatch):
    """What was settled is written with the next write that goes through."""
    ledger = open_ledger()
    ledger.settle(ledger.begin(CITY, [part((NORTH, BIG))]))
    ledger._connection.execute("PRAGMA query_only = ON")
    for act in (ledger.flush, lambda: ledger.begin(CITY, [])):
        with pytest.raises(StoreFailed):
            act()
    ledger._connection.execute("PRAGMA query_only = OFF")
    (only,) = ledger.booked(CITY).values()
    assert {(DAY, NORTH): BIG} == only.sums


def test_a_token_that_was_begun_is_not_kept(open_ledger, tmp_path):
    """Settled batches leave no token behind in the file."""
    ledger = open_ledger()
    book(ledger, (NORTH, BIG))
    ledger.close()
    assert b"12345678" not in b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert 0o600 == (tmp_path / "ledger.db").stat().st_mode & 0o777
