"""Agencies: added and set inactive on record, by whom it concerns."""

from typing import Any

import pytest

from lockplate.errors import Conflict, Denied, NotFound, Unauthenticated
from lockplate.operations.agencies import AgencyName, AllAgencies, NewAgency
from lockplate.terms import AgencyId, AgencyKind


def test_an_agency_concerns_every_operator(county: Any) -> None:
    """Added by the system user, it is in each log; an administrator of one of two operators cannot add it."""
    new = NewAgency(agency="oak-police", name="Oak Police", kind=AgencyKind.MUNICIPAL, state="CA")
    with pytest.raises(Denied):
        county.run("agency.add", new, "ada", there=True)

    made = county.run("agency.add", new)

    assert (AgencyKind.MUNICIPAL, True) == (made.kind, made.active)
    for operator in county.node.desks:
        record = county.records(operator)[-1]
        facts = {"change": "agency_added", "agency": "oak-police", "kind": "municipal"}
        assert (facts, "-system") == (record.facts, record.person)


def test_an_inactive_agency_is_inactive_for_the_gate(county: Any) -> None:
    """From then on the gate's facts say so, until it is set active again."""
    county.run("agency.add", NewAgency(agency="ash-police", name="Ash Police", kind=AgencyKind.MUNICIPAL))

    county.run("agency.deactivate", AgencyName(agency="ash-police"))
    closed = county.node.facts.agency(AgencyId("ash-police")).active
    county.run("agency.activate", AgencyName(agency="ash-police"))

    assert (False, True) == (closed, county.node.facts.agency(AgencyId("ash-police")).active)


def test_the_list_is_for_people_who_are_known(county: Any) -> None:
    """Everybody with an account sees whom they may name; nobody else does, over HTTP."""
    listed = county.run("agency.list", AllAgencies(), "quinn", there=True)

    assert {"ice", "pine-county", "quarry-police"} <= {one.agency for one in listed}
    with pytest.raises(Unauthenticated):
        county.run("agency.list", AllAgencies(), there=True)
    with pytest.raises(NotFound):
        county.run("agency.list", AllAgencies(), "stranger", there=True)


def test_a_known_id_is_not_taken_again(county: Any) -> None:
    """Nobody can register an immigration agency a second time as something else under its id."""
    with pytest.raises(Conflict):
        county.run("agency.add", NewAgency(agency="ice", name="Harmless", kind=AgencyKind.MUNICIPAL))
