"""What the simulator's tests share: a small county and a busy hour of a working day."""

from datetime import UTC, datetime, timedelta

import pytest

from lockplate.simulate.fleet import Fleet

MORNING = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""07:00 on a Monday in Los Angeles."""


@pytest.fixture(scope="session")
def morning() -> datetime:
    """The start of a busy hour."""
    return MORNING


@pytest.fixture(scope="session")
def an_hour() -> timedelta:
    """One hour."""
    return timedelta(hours=1)


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """Forty readers with every failing, one thousand passages an hour."""
    return Fleet(11, passages_per_hour=1000)


@pytest.fixture(scope="session")
def perfect_fleet() -> Fleet:
    """Forty readers that never fail."""
    return Fleet(12, passages_per_hour=1000, perfect=True)
