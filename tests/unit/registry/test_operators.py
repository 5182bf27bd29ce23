"""Operators: nothing is kept without a law profile."""

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.registry.operators import Operator, Operators
from lockplate.terms import AgencyId, OperatorId, ProfileId, RecordMode

pytestmark = pytest.mark.usefixtures("county")
NEW = OperatorId("new")


@pytest.fixture
def operators(engine: Engine, clock: SetClock) -> Operators:
    return Operators(engine, clock)


def add(operators: Operators, operator: str = "new", **changes: object) -> Operator:
    values = {
        "agency": AgencyId("pine-sheriff"),
        "name": "New",
        "profile": ProfileId("us-ca"),
        "record_mode": RecordMode.INDEX_ONLY,
        "zone": "America/Denver",
    }
    return operators.add(OperatorId(operator), **(values | changes))


def test_an_operator_comes_back(operators: Operators, clock: SetClock) -> None:
    """What was added is what is read."""
    made = add(operators)
    assert clock.now() == made.created_at
    assert made == operators.get(NEW)
    assert ["new", "pine-county", "quarry-city"] == [operator.operator for operator in operators.list_all()]


@pytest.mark.parametrize("mode", [RecordMode.INDEX_ONLY, RecordMode.RECORD])
def test_no_profile_keeps_nothing(operators: Operators, mode: RecordMode) -> None:
    """Without a profile only match-only is allowed, at the start and later."""
    with pytest.raises(BadInput):
        add(operators, profile=None, record_mode=mode)
    made = add(operators, profile=None, record_mode=RecordMode.NONE)
    assert made.profile is None
    with pytest.raises(BadInput):
        operators.set_profile(NEW, None, mode)
    assert made == operators.get(NEW)


def test_the_profile_can_change(operators: Operators) -> None:
    """Another profile and mode take the place of the old."""
    add(operators)
    changed = operators.set_profile(NEW, ProfileId("us-nh"), RecordMode.NONE)
    assert (ProfileId("us-nh"), RecordMode.NONE) == (changed.profile, changed.record_mode)


def test_refusals(operators: Operators) -> None:
    """Bad ids, names and zones, unknown agencies, taken ids, unknown operators: each says so."""
    for changes in ({"operator": "../x"}, {"name": " "}, {"zone": "Mars/Base"}):
        with pytest.raises(BadInput):
            add(operators, **changes)
    with pytest.raises(NotFound):
        add(operators, agency=AgencyId("nobody"))
    with pytest.raises(Conflict):
        add(operators, "pine-county")
    with pytest.raises(NotFound):
        operators.get(NEW)
    with pytest.raises(NotFound):
        operators.set_profile(NEW, ProfileId("us-ca"), RecordMode.NONE)
