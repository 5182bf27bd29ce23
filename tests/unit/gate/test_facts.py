"""Facts as Cedar reads them: how agencies stand to each other, what an approval is worth, how ages are rounded."""

import json
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from lockplate.gate.act import ActContext
from lockplate.gate.cases import Case
from lockplate.gate.decision import Gate
from lockplate.gate.facts import APPROVAL_LIFE, MOST_CANDIDATES, act_request, is_approved, question_request, relation
from lockplate.gate.question import ApprovalFacts, Question
from lockplate.terms import AgencyKind, Role, Verdict


@pytest.mark.parametrize(
    ("agency", "kind", "state", "operator_state", "expected"),
    [
        ("oakmont-pd", "municipal", "CA", "CA", "own"),
        ("riverbend-sheriff", "county", "CA", "CA", "in_state"),
        ("riverbend-sheriff", "county", "NV", "CA", "out_of_state"),
        ("riverbend-sheriff", "county", "", "CA", "out_of_state"),
        ("riverbend-sheriff", "county", "CA", "", "out_of_state"),
        ("riverbend-sheriff", "county", "", "", "out_of_state"),
        ("riverbend-sheriff", "tribal", "CA", "CA", "in_state"),
        ("riverbend-sheriff", "federal", "CA", "CA", "federal"),
        ("riverbend-sheriff", "immigration_enforcement", "CA", "CA", "federal"),
        ("riverbend-sheriff", "private", "CA", "CA", "private"),
        ("riverbend-sheriff", "foreign", "", "CA", "out_of_state"),
    ],
)  # fmt: skip
def test_how_an_agency_stands_to_the_operator(
    question: Question, agency: str, kind: str, state: str, operator_state: str, expected: str
):
    """Two agencies without a state are not of one state, and a federal one is federal wherever it sits."""
    own = replace(question.operator.agency, state=operator_state)
    other = replace(question.asking_agency, agency=agency, kind=AgencyKind(kind), state=state)
    assert expected == relation(other, replace(question.operator, agency=own))


@pytest.mark.parametrize(
    ("changes", "age", "expected"),
    [
        ({}, timedelta(0), True),
        ({}, timedelta(minutes=2), True),
        ({}, timedelta(minutes=2, seconds=1), False),  # before it was asked
        ({}, timedelta(seconds=-1), False),  # in the future
        ({"person": "officer-lindqvist"}, timedelta(0), False),
        ({"active": False}, timedelta(0), False),
        ({"agency": "riverbend-sheriff"}, timedelta(0), False),
        ({"roles": frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR})}, timedelta(0), False),
    ],
)
def test_what_an_approval_is_worth(cases: dict[str, Case], changes: dict[str, object], age: timedelta, expected: bool):
    """It counts when an active supervisor of the asking agency, not the asker, agreed after the asking and before now."""
    asked = cases["ALLOW/words-approved"].question
    assert asked is not None
    assert asked.approval is not None
    approver = replace(asked.approval.approver, **changes)
    approval = ApprovalFacts(approver=approver, approved_at=asked.now - age)
    assert expected is is_approved(replace(asked, approval=approval))
    assert not is_approved(replace(asked, approval=None))


def test_an_approval_lasts_a_day(cases: dict[str, Case]):
    """At 24 hours it still counts, a moment later no more."""
    asked = cases["ALLOW/words-approved"].question
    assert asked is not None
    assert asked.approval is not None
    for more, expected in ((timedelta(0), True), (timedelta(microseconds=1), False)):
        at = asked.now - APPROVAL_LIFE - more
        old = replace(
            asked,
            request=replace(asked.request, asked_at=at),
            approval=replace(asked.approval, approved_at=at),
        )
        assert expected is is_approved(old)


def test_an_age_is_rounded_up_and_a_limit_down(question: Question):
    """A microsecond too old is too old."""
    hair = timedelta(microseconds=1)
    asked = replace(question, request=replace(question.request, window_from=question.now - timedelta(days=1) - hair))
    profile = replace(question.operator.profile, retention=timedelta(days=1) + hair)
    asked = replace(asked, operator=replace(asked.operator, profile=profile))
    context = msgspec.json.decode(question_request(asked, suggestive=False, approved=False).context)
    assert (context["oldest"], context["profile"]["retention"]) == (86_401, 86_400)


def test_what_cedar_gets_holds_no_plate_case_or_text(question: Question):
    """Only counts and truths about them go in, so no policy, error or log of Cedar can hold one."""
    secrets = {"plate": "9SECRET", "case_number": "C-99-SECRET", "reason": "SECRET words"}
    asked = replace(question, request=replace(question.request, **secrets))
    request = question_request(asked, suggestive=False, approved=False)
    assert "SECRET" not in msgspec.json.encode(request).decode()


def test_a_count_beyond_cedars_integers_is_capped(question: Question):
    """Forty unknown characters stand for more plates than 64 bits can count; the count stays one that is refused."""
    asked = replace(question, request=replace(question.request, plate="?" * 40))
    context = msgspec.json.decode(question_request(asked, suggestive=False, approved=False).context)
    assert context["candidates"] == MOST_CANDIDATES


def test_an_operator_named_twice_is_one(question: Question):
    """Operators are counted once each."""
    asked = replace(question, request=replace(question.request, operators=("oakmont-readers", "b", "b")))
    context = msgspec.json.decode(question_request(asked, suggestive=False, approved=False).context)
    assert context["operators"] == 2


def test_acts_on_list_grants_are_judged_with_their_facts_only(cases: dict[str, Case], gate: Gate):
    """Without the facts of the grant nothing is allowed; with them each act says no more than the schema has for it."""
    for name in ("propose-list-grant", "accept-list-grant", "end-list-grant"):
        act = cases[f"ALLOW/{name}"].act
        assert act is not None
        told = gate.explain_act(act.person, act.agency, act.act, act.operator, ActContext())
        assert (Verdict.DENIED, ("gate-error",)) == (told.verdict, told.policy_ids())
    accept = cases["ALLOW/accept-list-grant"].act
    assert accept is not None
    context = json.loads(act_request(accept.person, accept.agency, accept.act, accept.operator, accept.context).context)
    assert {"owner", "ends", "proposer"} == set(context)
