"""Lookup: no answer without a permit, no permit without a record, and the record first."""

from datetime import timedelta

import pytest

from asking import COUNTY, WASH, MakeRequest, See, ask, proven
from lockplate.errors import NotFound
from lockplate.registry.grants import GrantProposal
from lockplate.terms import Action, AgencyId, Basis, CaseNumber, OperatorId, PersonId, Purpose, ReaderId, Verdict
from lockplate.wiring.node import Node


def test_a_denial_is_a_leaf_with_its_cites(node: Node, see: See, make_request: MakeRequest) -> None:
    """Denied with policy and cite, on record with proof; the leaf commits to the plate and does not say it."""
    see(node, "DENIED1")

    part = ask(node, make_request(node, "DENIED1", case_number=CaseNumber("")))

    assert (Verdict.DENIED, ()) == (part.verdict, part.reads)
    assert "floor-case-number-missing" in part.policy_ids
    assert all(reason.cite and reason.says for reason in part.reasons)
    record = proven(node, part.record_index)
    assert (Action.QUESTION_DENIED, part.policy_ids, PersonId("ann")) == (
        record.action,
        record.policy_ids,
        record.person,
    )
    assert b"DENIED1" not in node.desk(COUNTY).evidence.log.entry(part.record_index)
    assert "DENIED1" == node.desk(COUNTY).recorder.details_of(part.record_index).values["plate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": Purpose.IMMIGRATION},
        {"on_behalf_of": AgencyId("ice")},
        {"person": PersonId("agent"), "agency": AgencyId("ice"), "on_behalf_of": AgencyId("ice")},
        {"on_behalf_of": AgencyId("never-heard-of")},
        {"purpose": Purpose.REPRODUCTIVE_CARE},
    ],
)
def test_the_floor_is_on_record(node: Node, see: See, make_request: MakeRequest, changes: dict[str, object]) -> None:
    """Immigration, by purpose, agency or receiver: no answer, and the refusal can be proved."""
    see(node, "FLOOR01")

    part = ask(node, make_request(node, "FLOOR01", **changes))

    assert (Verdict.DENIED, ()) == (part.verdict, part.reads)
    assert Verdict.DENIED is proven(node, part.record_index).verdict


def test_each_operator_is_judged_for_itself(node: Node, see: See, make_request: MakeRequest) -> None:
    """One request to two operators: the own one answers, the other has granted nothing; each has its own record."""
    see(node, "SEVERAL")
    see(node, "SEVERAL", operator="wash")

    answer = node.lookup.ask(make_request(node, "SEVERAL", operators=(COUNTY, WASH, COUNTY)))

    assert Verdict.PERMITTED is answer.decision
    assert [(COUNTY, "permitted", 1), (WASH, "denied", 0)] == [
        (part.operator, part.verdict.value, len(part.reads)) for part in answer.operators
    ]
    for part in answer.operators:
        record = proven(node, part.record_index, part.operator)
        assert (part.operator, answer.request_id) == (record.operator, record.request_id)


def test_a_grant_opens_its_readers_only(node: Node, see: See, make_request: MakeRequest) -> None:
    """A grant of named readers answers for those; the rows of others stay closed."""
    see(node, "GRANTED")
    now = node.clock.now()
    grants = node.registries.grants
    for readers, expected in ((frozenset({ReaderId("bridge")}), 1),):
        proposed = grants.propose(
            GrantProposal(
                operator=COUNTY,
                grantee=AgencyId("index"),
                purposes=frozenset({Purpose.FELONY_INVESTIGATION}),
                readers=readers,
                valid_from=now,
                valid_to=now + timedelta(days=30),
            ),
            by=PersonId("ben"),
        )
        grants.approve(proposed.grant, by=PersonId("sue"))
        ivy = {"person": PersonId("ivy"), "agency": AgencyId("index"), "on_behalf_of": AgencyId("index")}
        part = ask(node, make_request(node, "GRANTED", **ivy))
        assert (Verdict.PERMITTED, expected) == (part.verdict, len(part.reads)), part.reasons


def test_whoever_is_not_here_cannot_ask(node: Node, make_request: MakeRequest) -> None:
    """An unknown person or operator is not found, before anything is recorded."""
    for changes in ({"person": PersonId("nobody")}, {"operators": (OperatorId("nowhere"),)}):
        with pytest.raises(NotFound):
            node.lookup.ask(make_request(node, "ANYONE1", **changes))


def test_a_preview_opens_and_records_nothing(node: Node, make_request: MakeRequest) -> None:
    """What the gate would say, without a permit or a leaf."""
    size = node.desk(COUNTY).evidence.log.size

    told = node.lookup.preview(make_request(node, "PREVIEW", operators=(COUNTY, WASH)))

    assert {COUNTY: "permitted", WASH: "denied"} == {name: one.verdict.value for name, one in told.items()}
    assert size == node.desk(COUNTY).evidence.log.size


def test_basis_and_purpose_go_into_the_record(node: Node, see: See, make_request: MakeRequest) -> None:
    """Every element that SB 34 wants is in the leaf or sealed beside it."""
    see(node, "ELEMENT")
    request = make_request(node, "ELEMENT", basis=Basis.WARRANT, reason="blue van at the scene")

    part = ask(node, request)

    record = proven(node, part.record_index)
    assert (request.person, request.agency, request.purpose, request.basis, request.offense) == (
        record.person,
        record.agency,
        record.purpose,
        record.basis,
        record.offense,
    )
    assert (request.window_from, request.window_to, node.gate.policy_set_hash) == (
        record.window_from,
        record.window_to,
        record.policy_set_hash,
    )
    details = node.desk(COUNTY).recorder.details_of(part.record_index).values
    assert {"plate": "ELEMENT", "case_number": "26-4711", "reason": "blue van at the scene"} == details
