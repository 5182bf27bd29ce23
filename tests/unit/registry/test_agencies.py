"""Agencies: kept for ever, active or not."""

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.gate.question import AgencyFacts
from lockplate.registry.agencies import Agencies
from lockplate.terms import AgencyId, AgencyKind

PINE = AgencyId("pine-sheriff")


@pytest.fixture
def agencies(engine: Engine, clock: SetClock) -> Agencies:
    return Agencies(engine, clock)


def test_an_agency_comes_back_as_facts(agencies: Agencies) -> None:
    """What the gate judges is what the administrator wrote."""
    expected = AgencyFacts(agency=PINE, kind=AgencyKind.COUNTY, state="CA", active=True)
    assert expected == agencies.add(PINE, name=" Pine County Sheriff ", kind=AgencyKind.COUNTY, state="CA")
    assert expected == agencies.get(PINE)
    assert (expected,) == agencies.list_all()
    assert {PINE: "Pine County Sheriff"} == agencies.names()


def test_deactivate_and_activate(agencies: Agencies) -> None:
    """An agency set inactive stays on the books, and can come back."""
    agencies.add(PINE, name="Pine", kind=AgencyKind.COUNTY)
    assert not agencies.deactivate(PINE).active
    assert not agencies.get(PINE).active
    assert agencies.activate(PINE).active


def test_an_id_is_taken_once(agencies: Agencies) -> None:
    """The second agency of one id is a Conflict and changes nothing."""
    agencies.add(PINE, name="Pine", kind=AgencyKind.COUNTY)
    with pytest.raises(Conflict):
        agencies.add(PINE, name="Other", kind=AgencyKind.FEDERAL)
    assert AgencyKind.COUNTY == agencies.get(PINE).kind


def test_unknown(agencies: Agencies) -> None:
    """Nobody is invented."""
    for act in (agencies.get, agencies.deactivate, agencies.activate):
        with pytest.raises(NotFound):
            act(AgencyId("nobody"))


@pytest.mark.parametrize(
    ("agency", "name", "state"), [("Pine", "P", "CA"), ("pine", " ", "CA"), ("pine", "P", "Calif")]
)
def test_bad_agencies(agencies: Agencies, agency: str, name: str, state: str) -> None:
    """An id that is no slug, an empty name, a state that is no code: refused."""
    with pytest.raises(BadInput):
        agencies.add(AgencyId(agency), name=name, kind=AgencyKind.COUNTY, state=state)
