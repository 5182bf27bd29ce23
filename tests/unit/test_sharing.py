"""Grants: two people, on record before they count, and enforced exactly as the register says."""

from datetime import timedelta
from typing import Any

import pytest

from lockplate.clock import format_time
from lockplate.errors import Conflict, Denied, NotFound, Unauthenticated
from lockplate.operations.asking import Ask
from lockplate.operations.grants import GrantName, GrantsOf, ProposeGrant, Register
from lockplate.registry.grants import GrantState
from lockplate.terms import Action, Basis, Offense, Purpose, Verdict


def proposal(
    county: Any, grantee: str = "quarry-police", purposes: tuple[Purpose, ...] = (Purpose.STOLEN_VEHICLE,)
) -> ProposeGrant:
    until = format_time(county.clock.now() + timedelta(days=90))
    return ProposeGrant(grantee=grantee, purposes=purposes, valid_to=until, operator="pine-county")


def question(county: Any, purpose: Purpose = Purpose.STOLEN_VEHICLE) -> Ask:
    now = county.clock.now()
    return Ask(
        plate="7QRV291",
        operators=("pine-county",),
        window_from=format_time(now - timedelta(days=1)),
        window_to=format_time(now),
        purpose=purpose,
        offense=Offense.FELONY,
        basis=Basis.PROBABLE_CAUSE,
        on_behalf_of="own",
        case_number="24-1001",
    )


def deciding(answer: Any) -> tuple[str, ...]:
    return answer.operators[0].policy_ids


def ids(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {reason.policy_id for reason in denied.value.reasons}


def test_a_grant_is_enforced_as_the_register_says(county: Any) -> None:
    """Denied before, denied while only proposed, answered once approved, denied for another purpose and after the end."""
    assert ("grant-required",) == deciding(county.run("lookup", question(county), "quinn"))

    made = county.run("grant.propose", proposal(county), "sam")
    assert GrantState.PROPOSED is made.state
    assert () == county.run("grant.register", Register(), there=True)
    assert ("grant-required",) == deciding(county.run("lookup", question(county), "quinn"))

    county.run("grant.approve", GrantName(grant=made.grant.grant), "sue")
    (line,) = county.run("grant.register", Register(), there=True)
    assert (made.grant.grant, GrantState.IN_FORCE, (Purpose.STOLEN_VEHICLE,), None) == (
        line.grant,
        line.state,
        line.purposes,
        line.readers,
    )
    assert Verdict.PERMITTED is county.run("lookup", question(county), "quinn").decision
    assert ("grant-purpose",) == deciding(county.run("lookup", question(county, Purpose.FELONY_INVESTIGATION), "quinn"))

    ended = county.run("grant.revoke", GrantName(grant=made.grant.grant), "sam")
    assert GrantState.REVOKED is ended.state
    assert [GrantState.REVOKED] == [line.state for line in county.run("grant.register", Register(), there=True)]
    assert ("grant-required",) == deciding(county.run("lookup", question(county), "quinn"))


def test_each_step_is_on_record_with_ids_only(county: Any) -> None:
    """Proposal, approval and revocation are leaves; the approval's repeats all that the register publishes."""
    start = county.size()
    made = county.run("grant.propose", proposal(county), "ada").grant
    county.run("grant.approve", GrantName(grant=made.grant), "sam")
    county.run("grant.revoke", GrantName(grant=made.grant), "abe")

    records = county.records(start=start)
    steps = [Action.GRANT_PROPOSED, Action.GRANT_APPROVED, Action.GRANT_REVOKED]
    assert steps == [record.action for record in records]
    assert ["ada", "sam", "abe"] == [record.person for record in records]
    assert [made.grant] * 3 == [record.facts["grant"] for record in records]
    approved = records[1]
    assert {
        "grant": made.grant,
        "proposed_by": "ada",
        "grantee": "quarry-police",
        "purposes": "stolen_vehicle",
        "readers": "all",
        "valid_from": format_time(made.valid_from),
        "valid_to": format_time(made.valid_to),
        "instrument": "none",
    } == approved.facts
    assert (("act-grants",), Verdict.PERMITTED) == (approved.policy_ids, approved.verdict)


def test_the_proposer_cannot_approve(county: Any) -> None:
    """A second person is another person; the denial is on record and the proposal stays one."""
    made = county.run("grant.propose", proposal(county), "sam").grant
    start = county.size()

    with pytest.raises(Denied) as denied:
        county.run("grant.approve", GrantName(grant=made.grant), "sam")

    assert {"floor-own-grant"} == ids(denied)
    (record,) = county.records(start=start)
    assert (Action.GRANT_APPROVED, Verdict.DENIED, ("floor-own-grant",)) == (
        record.action,
        record.verdict,
        record.policy_ids,
    )
    assert GrantState.PROPOSED is county.node.registries.grants.get(made.grant).state(county.clock.now())
    county.run("grant.revoke", GrantName(grant=made.grant), "sue")


@pytest.mark.parametrize("person", ["olga", "uma", "quill", "rex"])
def test_who_may_not_share_cannot(county: Any, person: str) -> None:
    """Officers, auditors, the grantee and another operator's administrator neither propose nor approve."""
    with pytest.raises(Denied):
        county.run("grant.propose", proposal(county), person)
    made = county.run("grant.propose", proposal(county), "sam").grant

    for step in ("grant.approve", "grant.revoke"):
        with pytest.raises(Denied):
            county.run(step, GrantName(grant=made.grant), person)
    county.run("grant.revoke", GrantName(grant=made.grant), "sam")


def test_immigration_enforcement_is_granted_nothing(county: Any) -> None:
    """The floor refuses the grantee, whoever proposes, and says so by its id."""
    with pytest.raises(Denied) as denied:
        county.run("grant.propose", proposal(county, grantee="ice"), "sam")

    assert "floor-grant-to-immigration-enforcement" in ids(denied)


def test_a_purpose_of_the_floor_cannot_be_granted(county: Any) -> None:
    """No grant names what is never answered."""
    with pytest.raises(Denied) as denied:
        county.run("grant.propose", proposal(county, purposes=(Purpose.IMMIGRATION,)), "sam")

    assert "floor-grant-purpose" in ids(denied)


def test_the_system_user_alone_shares_nothing(county: Any) -> None:
    """Grants need people, on the node's own machine too."""
    with pytest.raises(Unauthenticated):
        county.run("grant.propose", proposal(county))


def test_a_grant_is_approved_once(county: Any) -> None:
    """A second approval is a conflict, and leaves no second record of one."""
    made = county.run("grant.propose", proposal(county), "sam").grant
    county.run("grant.approve", GrantName(grant=made.grant), "sue")
    start = county.size()

    with pytest.raises(Conflict):
        county.run("grant.approve", GrantName(grant=made.grant), "ada")

    assert start == county.size()
    county.run("grant.revoke", GrantName(grant=made.grant), "sam")


def test_an_approval_that_fails_after_its_record_is_recorded_as_failed(county: Any) -> None:
    """A grant that overlaps another is approved by nobody, and the log says that the approval failed."""
    first = county.run("grant.propose", proposal(county), "sam").grant
    second = county.run("grant.propose", proposal(county), "sam").grant
    county.run("grant.approve", GrantName(grant=first.grant), "sue")
    start = county.size()

    with pytest.raises(Conflict):
        county.run("grant.approve", GrantName(grant=second.grant), "sue")

    intent, failed = county.records(start=start)
    assert (start, "failed", "grant_overlaps") == (failed.refers_to, failed.facts["outcome"], failed.facts["code"])
    assert "outcome" not in intent.facts
    county.run("grant.revoke", GrantName(grant=first.grant), "sam")


def test_the_list_is_for_those_who_answer_for_it(county: Any) -> None:
    """Who proposed and approved is shown to administrators, supervisors and auditors, not to officers."""
    assert county.run("grant.list", GrantsOf(operator="pine-county"), "uma", there=True)
    with pytest.raises(Denied):
        county.run("grant.list", GrantsOf(operator="pine-county"), "olga", there=True)


def test_a_grant_to_nobody_known_is_not_found(county: Any) -> None:
    """A grantee is an agency of the registry."""
    with pytest.raises(NotFound):
        county.run("grant.propose", proposal(county, grantee="nowhere"), "sam")
