"""What the tests of the ledger share: a clock, a marker, a ledger on disk."""

from datetime import UTC, datetime

import pytest

from lockplate.clock import SetClock
from lockplate.marks import RowMarker
from lockplate.store.ledger import RowLedger
from lockplate.terms import OperatorId

CITY, COUNTY = OperatorId("city"), OperatorId("county")


@pytest.fixture
def clock():
    return SetClock(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))


@pytest.fixture
def markers():
    return {CITY: RowMarker(b"\1" * 32), COUNTY: RowMarker(b"\2" * 32)}


@pytest.fixture
def open_ledger(tmp_path, markers, clock):
    """A function that opens the ledger, again and again; what is still open at the end is closed."""
    opened = []

    def open_one():
        opened.append(RowLedger(tmp_path / "ledger.db", markers, clock))
        return opened[-1]

    yield open_one
    for one in opened:
        one._connection.close()
