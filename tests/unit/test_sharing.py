"""Grants: two people, on record before they count, and enforced exactly as the register says."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from lockplate.clock import format_time
from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.operations.asking import Ask
from lockplate.operations.grants import GrantName, GrantsOf, ProposeGrant, Register
from lockplate.registry.grants import GrantState, Instrument
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


# The case a grant is for, and the paper behind it

TEXT = "We will use no answer for what the law bars.\nChief of the invented Quarry Police\n"


@contextmanager
def proposed(county: Any, **changes: Any) -> Iterator[Any]:
    """Give a proposal of sam's, and end it afterwards if it is not over."""
    made = county.run("grant.propose", msgspec.structs.replace(proposal(county), **changes), "sam").grant
    try:
        yield made
    finally:
        if county.node.registries.grants.get(made.grant).revoked_at is None:
            county.run("grant.revoke", GrantName(grant=made.grant), "sam")


def test_a_grant_for_one_case_answers_in_that_case_only(county: Any) -> None:
    """Whoever asks, and for whoever; the register says that it is for one case and never which."""
    with proposed(county, case_number="24-1001") as made:
        county.run("grant.approve", GrantName(grant=made.grant), "sue")

        def decided(case_number: str, **more: Any) -> tuple[str, ...]:
            asked = msgspec.structs.replace(question(county), case_number=case_number, **more)
            return deciding(county.run("lookup", asked, "olga" if more else "quinn"))

        assert ("grant-case",) == decided("24-1002")
        assert ("grant-case",) == decided("24-1002", on_behalf_of="quarry-police")
        assert "grant-case" not in decided("24-1001") + decided(" 24-1001 ", on_behalf_of="quarry-police")
        line = next(one for one in county.run("grant.register", Register(), there=True) if one.grant == made.grant)
        assert (True, GrantState.IN_FORCE) == (line.for_case, line.state)
        assert b"24-1001" not in msgspec.json.encode(line)


def test_records_of_a_grant_for_a_case_only_commit_to_it(county: Any) -> None:
    """Proposal and approval: no leaf has the number, both commit to it, and both sealed details give it back."""
    start = county.size()
    with proposed(county, case_number=" 24-9907 ") as made:
        county.run("grant.approve", GrantName(grant=made.grant), "sue")
        records = county.records(start=start)
        assert [{"case_number"}] * 2 == [set(record.commitments) for record in records]
        assert ["yes"] * 2 == [record.facts["for_case"] for record in records]
        assert not [record for record in records if b"24-9907" in msgspec.json.encode(record)]
        recorder = county.node.desk("pine-county").recorder
        values = [recorder.details_of(start + number).values for number in range(2)]
        assert [{"case_number": "24-9907"}] * 2 == values


def test_the_paper_is_shown_to_those_who_answer_for_it(county: Any) -> None:
    """Administrators, supervisors and auditors of the operator see text and case; officers and the grantee do not."""
    with proposed(county, instrument=Instrument.DECLARATION, paper=TEXT, case_number="24-1001") as made:
        name = GrantName(grant=made.grant)
        for person in ("ada", "sue", "uma"):
            paper = county.run("grant.paper", name, person, there=True)
            assert (TEXT, "24-1001", hashlib.sha256(TEXT.encode()).hexdigest()) == (
                paper.text,
                paper.case_number,
                paper.instrument_hash,
            )
        for person in ("olga", "quill", "quinn", "rex"):
            with pytest.raises(Denied):
                county.run("grant.paper", name, person, there=True)
        with pytest.raises(Unauthenticated):
            county.run("grant.paper", name, there=True)
        listed = county.run("grant.list", GrantsOf(operator="pine-county"), "uma")
        line = next(one for one in listed if one.grant.grant == made.grant)
        assert line.grant.paper_here
        assert TEXT.encode()[:20] not in msgspec.json.encode(listed)
        assert b"24-1001" not in msgspec.json.encode(listed)


def test_a_hash_that_is_not_the_papers_is_refused(county: Any) -> None:
    """Before anything is on record."""
    start = county.size()
    with (
        pytest.raises(BadInput) as refused,
        proposed(county, instrument=Instrument.DECLARATION, paper=TEXT, instrument_hash="ab" * 32),
    ):
        pass
    assert ("paper_differs", start) == (refused.value.code, county.size())


@pytest.mark.parametrize("person", ["ada", "sue", "quill"])
def test_who_may_withdraw_a_paper(county: Any, person: str) -> None:
    """The operator's administrators and supervisors, and the grantee's supervisors: on record, in the register."""
    with proposed(county, instrument=Instrument.ATTESTATION, paper=TEXT) as made:
        county.run("grant.approve", GrantName(grant=made.grant), "sue")
        start = county.size()

        county.run("grant.withdraw-paper", GrantName(grant=made.grant), person)

        (record,) = county.records(start=start)
        assert (Action.GRANT_PAPER_WITHDRAWN, person, Verdict.PERMITTED) == (
            record.action,
            record.person,
            record.verdict,
        )
        assert {
            "grant": made.grant,
            "grantee": "quarry-police",
            "instrument": "attestation",
            "instrument_hash": made.instrument_hash,
        } == record.facts
        line = next(one for one in county.run("grant.register", Register(), there=True) if one.grant == made.grant)
        assert (county.clock.now(), GrantState.IN_FORCE) == (line.paper_withdrawn_at, line.state)
        with pytest.raises(Conflict):
            county.run("grant.withdraw-paper", GrantName(grant=made.grant), person)
        assert start + 1 == county.size()


@pytest.mark.parametrize("person", ["olga", "uma", "quinn", "rex"])
def test_who_may_not_withdraw_a_paper(county: Any, person: str) -> None:
    """Officers of either side, auditors, another operator: denied, on record, and the paper stands."""
    with proposed(county, instrument=Instrument.ATTESTATION, paper=TEXT) as made:
        start = county.size()
        with pytest.raises(Denied):
            county.run("grant.withdraw-paper", GrantName(grant=made.grant), person)
        (record,) = county.records(start=start)
        assert (Action.GRANT_PAPER_WITHDRAWN, Verdict.DENIED) == (record.action, record.verdict)
        assert county.node.registries.grants.get(made.grant).paper_stands
