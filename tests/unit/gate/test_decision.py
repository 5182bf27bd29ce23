"""The gate fails closed: errors, doubts, stale facts and contradictions are denials, and the floor has no way round."""

from datetime import timedelta
from pathlib import Path

import cedarpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lockplate.clock import SetClock
from lockplate.errors import ApprovalNeeded, Denied
from lockplate.gate import decision
from lockplate.gate.act import Act, ActContext, Allowance
from lockplate.gate.cases import Case
from lockplate.gate.decision import Gate
from lockplate.gate.facts import APPROVAL_LIFE, question_request
from lockplate.gate.policy_set import PolicySet
from lockplate.gate.question import AgencyFacts, ApprovalFacts, GrantFacts, PersonFacts, Question
from lockplate.gate.suggestive import SuggestiveWord, SuggestiveWords
from lockplate.terms import AgencyKind, Basis, Offense, Purpose, Role, Verdict

REFUSED = (
    Purpose.IMMIGRATION, Purpose.REPRODUCTIVE_CARE, Purpose.GENDER_AFFIRMING_CARE, Purpose.PROTECTED_SPEECH,
    Purpose.PROTECTED_CLASS,
)  # fmt: skip
BARRED = (AgencyKind.IMMIGRATION_ENFORCEMENT, AgencyKind.PRIVATE, AgencyKind.FOREIGN, AgencyKind.UNKNOWN)


def ask(question: Question, **changes: object) -> Question:
    """Return the question with changes to its request."""
    return replace(question, request=replace(question.request, **changes))


def denied_by(gate: Gate, question: Question) -> list[str]:
    """Return the ids in the denial that deciding must raise."""
    with pytest.raises(Denied) as caught:
        gate.decide_question(question)
    return [reason.policy_id for reason in caught.value.reasons]


def test_an_erroring_forbid_denies(
    policies: PolicySet, words: SuggestiveWords, policy_folder: Path, question: Question
):
    """Cedar skips a forbid that fails while it runs and says Allow; the gate says no."""
    broken = (
        '@id("broken") @cite("test") @says("Overflows.") forbid(principal, action == Action::"ask", resource) '
        "when { context.candidates * 9223372036854775807 < 0 };"
    )
    texts = [path.read_text() for path in policy_folder.glob("*/*.cedar")]
    changed = PolicySet((policy_folder / "schema.cedarschema").read_text(), [*texts, broken])
    gate = Gate(changed, words, SetClock(question.now))
    wide = ask(question, plate="7LOC84?")
    request = question_request(wide, suggestive=False, approved=False)
    raw = cedarpy.is_authorized(request.call(), changed.handle, request.entities, changed.schema)
    assert (raw.allowed, len(raw.diagnostics.errors)) == (True, 1)
    assert denied_by(gate, wide) == ["gate-error"]
    assert gate.decide_question(question)


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": ""}, {"purpose": None}, {"purpose": "felony"}, {"offense": "murder"}, {"basis": None},
        {"basis": "hunch"}, {"plate": ""}, {"plate": None}, {"operators": ()}, {"operators": ("other-readers",)},
        {"person": "officer-other"}, {"agency": "riverbend-sheriff"}, {"on_behalf_of": "riverbend-sheriff"},
        {"on_behalf_of": ""}, {"case_number": None}, {"reason": 5},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_judged_is_denied(gate: Gate, question: Question, changes: dict[str, object]):
    """Unknown or missing values, and facts about somebody else, end as gate-error, and never as another exception."""
    assert denied_by(gate, ask(question, **changes)) == ["gate-error"]


@pytest.mark.parametrize("kind", ["sheriff", "", None])
def test_an_unknown_agency_kind_is_denied(gate: Gate, question: Question, kind: str | None):
    """A kind outside the list is no kind."""
    agency = replace(question.asking_agency, kind=kind)
    operator = replace(question.operator, agency=agency)
    odd = replace(question, asking_agency=agency, behalf_agency=agency, operator=operator)
    assert denied_by(gate, odd) == ["gate-error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"offense_floor": "serious"}, {"suspicion_floor": "some"}, {"purposes_denied": frozenset({"x"})},
        {"retention": 5}, {"case_required": "yes"},
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_read_is_denied(gate: Gate, question: Question, changes: dict[str, object]):
    """A value of the law profile that the gate does not know is not taken for a lenient one."""
    operator = replace(question.operator, profile=replace(question.operator.profile, **changes))
    assert denied_by(gate, replace(question, operator=operator)) == ["gate-error"]


def test_an_unknown_share_rule_is_denied(gate: Gate, cases):
    """A sharing rule that the schema does not know is not taken for `allow`."""
    shared = cases["ALLOW/grant-in-force"].question
    operator = replace(shared.operator, profile=replace(shared.operator.profile, share_in_state="sometimes"))
    assert gate.decide_question(shared)
    assert denied_by(gate, replace(shared, operator=operator)) == ["gate-error"]


def test_two_stories_about_one_agency_are_denied(gate: Gate, question: Question):
    """The same agency cannot be active as the asker and inactive as the operator's own."""
    operator = replace(question.operator, agency=replace(question.operator.agency, active=False))
    assert denied_by(gate, replace(question, operator=operator)) == ["gate-error"]


def test_a_grant_to_somebody_else_is_denied(gate: Gate, cases):
    """A grant counts for the agency it names and no other."""
    shared = cases["ALLOW/grant-in-force"].question
    grant = replace(shared.asking_grant, grantee="lakeside-college-police")
    assert denied_by(gate, replace(shared, asking_grant=grant)) == ["gate-error"]


@pytest.mark.parametrize("drift", [timedelta(seconds=61), timedelta(seconds=-61), timedelta(days=1)])
def test_stale_facts_make_no_permit(gate: Gate, question: Question, clock: SetClock, drift: timedelta):
    """A question judged on old facts, or on facts from the future, is denied however good it was."""
    assert gate.decide_question(question)
    clock.advance(drift)
    assert denied_by(gate, question) == ["gate-error"]


def test_an_exception_inside_is_a_denial(gate: Gate, question: Question, monkeypatch: pytest.MonkeyPatch):
    """When Cedar itself breaks, the answer is no, to questions and to acts."""

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(decision.cedarpy, "is_authorized", broken)
    assert denied_by(gate, question) == ["gate-error"]
    with pytest.raises(Denied):
        gate.decide_act(question.person, question.asking_agency, Act.SHOW_HIT, question.operator)


def test_no_denial_repeats_what_was_asked(gate: Gate, question: Question):
    """Errors go to logs and strangers: no plate, case number or free text is in them."""
    secrets = {"plate": "7LOC84Z", "case_number": "C-77-SECRET", "reason": "ICE for JANE-ROE"}
    bad = ask(question, purpose="HER-EX", **secrets)
    for each in (bad, ask(question, basis=Basis.NONE, **secrets), ask(question, **secrets)):
        with pytest.raises((Denied, ApprovalNeeded)) as caught:
            gate.decide_question(each)
        told = f"{caught.value} {caught.value.public()}"
        assert not [word for word in ("7LOC84Z", "SECRET", "JANE", "HER-EX") if word in told]


def test_a_default_denial_says_what_was_lacking(gate: Gate, cases):
    """It names the nearest permit and, in words, what that permit needs."""
    (reason,) = gate.explain(cases["DENY/administrator-asks"].question).reasons
    assert "Nearest is ask-own-agency, which needs that the person is an officer or a supervisor." in reason.says
    act = cases["DENY/manage-operator-other-agency"].act
    (reason,) = gate.explain_act(act.person, act.agency, act.act, act.operator, act.context).reasons
    assert "act-administration, which needs that the person belongs to the operator's own agency." in reason.says


def test_pending_names_the_words_that_were_found(gate: Gate, cases):
    """The second person is told which entries of the list were found, and why they are on it."""
    told = gate.explain(cases["APPROVAL/words-ice"].question)
    assert Verdict.PENDING is told.verdict
    assert "Found: ice (the immigration enforcement agency" in told.reasons[0].says


def test_an_approval_wears_out(gate: Gate, cases, clock: SetClock):
    """A second person's yes holds for a day, then the question waits again."""
    approved = cases["ALLOW/words-approved"].question
    for age, expected in ((APPROVAL_LIFE, Verdict.PERMITTED), (APPROVAL_LIFE + timedelta(seconds=1), Verdict.PENDING)):
        at = approved.now - age
        aged = replace(
            ask(approved, asked_at=at), approval=ApprovalFacts(approver=approved.approval.approver, approved_at=at)
        )
        assert expected is gate.explain(aged).verdict


def test_a_forbid_beside_a_wanted_approval_denies(gate: Gate, cases):
    """A question that wants a second person and also breaks a rule is denied at once, with both reasons."""
    both = ask(cases["APPROVAL/words-ice"].question, basis=Basis.NONE)
    assert denied_by(gate, both) == ["floor-basis-none", "suggestive-words"]


def test_a_partial_plate_makes_a_permit_for_its_candidates(gate: Gate, cases):
    """The permit names every candidate plate and no pattern."""
    permit = gate.decide_question(cases["ALLOW/candidates-30"].question)
    assert len(permit.plate_keys) == 30
    assert all("?" not in key for key in permit.plate_keys)


def test_the_list_of_words_is_in_the_hash(policies: PolicySet, words: SuggestiveWords, gate: Gate, clock: SetClock):
    """Another list gives another policy-set hash; the same list the same."""
    other = SuggestiveWords((SuggestiveWord(id="a", words=("b",), why="c", cite="d"),), b"other")
    assert gate.policy_set_hash == Gate(policies, words, clock).policy_set_hash
    assert gate.policy_set_hash != Gate(policies, other, clock).policy_set_hash


def test_an_act_gives_an_allowance(gate: Gate, question: Question):
    """The allowance names the permit that decided and the hash in force."""
    told = gate.decide_act(question.person, question.asking_agency, Act.SHOW_HIT, question.operator)
    assert Allowance(policy_ids=("act-hits",), policy_set_hash=gate.policy_set_hash) == told


@pytest.mark.parametrize("act", [Act.MANAGE_PEOPLE, Act.APPROVE_QUESTION, Act.PROPOSE_GRANT, Act.APPROVE_GRANT])
def test_an_act_without_its_facts_is_denied(gate: Gate, question: Question, act: Act):
    """Who is concerned must be told; an act without it is not judged on a guess."""
    boss = replace(question.person, roles=frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}))
    for context in (None, ActContext()):
        with pytest.raises(Denied) as caught:
            gate.decide_act(boss, question.asking_agency, act, question.operator, context)
        assert [reason.policy_id for reason in caught.value.reasons] == ["gate-error"]


def test_an_unknown_act_and_a_borrowed_agency_are_denied(gate: Gate, question: Question):
    """An act outside the list is denied, and so is a person with facts of an agency that is not theirs."""
    other = replace(question.asking_agency, agency="riverbend-sheriff")
    for agency, act in ((question.asking_agency, "read_everything"), (other, Act.SHOW_HIT)):
        with pytest.raises(Denied):
            gate.decide_act(question.person, agency, act, question.operator)


mostly_true = st.sampled_from([True] * 9 + [False])
agencies = st.builds(
    AgencyFacts,
    agency=st.sampled_from(["oakmont-pd", "riverbend-sheriff", "x-office"]),
    kind=st.sampled_from(
        [AgencyKind.MUNICIPAL, AgencyKind.COUNTY, AgencyKind.FEDERAL, AgencyKind.STATE] * 3 + list(AgencyKind)
    ),
    state=st.sampled_from(["CA", "NV", ""]),
    active=mostly_true,
)


@st.composite
def questions(draw: st.DrawFn, question: Question) -> Question:
    """Return any question at all whose facts agree with each other; most of it speaks for an answer."""
    asking, behalf, own = draw(agencies), draw(agencies), draw(agencies)
    known = {agency.agency: agency for agency in (own, asking, behalf)}
    asking, behalf, own = known[asking.agency], known[behalf.agency], known[own.agency]
    roles = st.sampled_from([frozenset({Role.OFFICER})] * 3 + [frozenset({role}) for role in Role] + [frozenset(Role)])
    person = PersonFacts(person="p", agency=asking.agency, roles=draw(roles), active=draw(mostly_true))
    second = PersonFacts(person="s", agency=asking.agency, roles=frozenset({Role.SUPERVISOR}), active=True)
    rules = st.sampled_from(
        ["allow", "allow", "allow", "deny", "declaration", "certification", "case_specific", "warrant"]
    )
    purposes = frozenset(Purpose)
    profile = replace(
        question.operator.profile, share_in_state=draw(rules), share_out_of_state=draw(rules), share_federal=draw(rules),
        share_private=draw(rules),
    )  # fmt: skip
    request = replace(
        question.request, person="p", agency=asking.agency, on_behalf_of=behalf.agency,
        purpose=draw(st.sampled_from([Purpose.FELONY_INVESTIGATION, Purpose.STOLEN_VEHICLE] * 8 + list(Purpose))), offense=draw(st.sampled_from([Offense.FELONY] * 10 + list(Offense))), basis=draw(st.sampled_from([Basis.WARRANT] * 10 + list(Basis))),
        case_number=draw(st.sampled_from(["26-1", "26-2", "26-3", "26-4", "", "ICE"])), plate=draw(st.sampled_from(["7LOC842", "7LOC8??"])),
    )  # fmt: skip

    def grant(agency: AgencyFacts) -> GrantFacts | None:
        full = GrantFacts(grant="g", grantee=agency.agency, purposes=purposes, declaration_on_file=True)
        return draw(st.sampled_from([full, full, full, None]))

    return replace(
        question, request=request, operator=replace(question.operator, agency=own, profile=profile), person=person,
        asking_agency=asking, behalf_agency=behalf, asking_grant=grant(asking), behalf_grant=grant(behalf),
        approval=draw(st.sampled_from([None, ApprovalFacts(approver=second, approved_at=question.now)])),
        on_hold=draw(st.booleans()),
    )  # fmt: skip


@pytest.mark.parametrize("behalf", [False, True])
@pytest.mark.parametrize("barred", [*REFUSED, *BARRED])
def test_one_refused_word_turns_a_yes_into_a_no(gate: Gate, cases, barred: Purpose | AgencyKind, behalf: bool):
    """Every question that the cases allow is denied once its purpose is a refused one, or either agency a barred one."""
    allowed = [case.question for key, case in cases.items() if key.startswith("ALLOW") and case.question is not None]
    assert len(allowed) > 50
    for asked in allowed:
        assert gate.explain(asked).verdict is Verdict.PERMITTED
        assert gate.explain(turn(asked, barred, behalf)).verdict is Verdict.DENIED


def turn(asked: Question, barred: Purpose | AgencyKind, behalf: bool) -> Question:
    """Return the question with a refused purpose, or with the asking or the receiving agency of a barred kind."""
    if isinstance(barred, Purpose):
        return ask(asked, purpose=barred)
    which = asked.behalf_agency.agency if behalf else asked.asking_agency.agency
    return replace(
        asked,
        asking_agency=barred_if(asked.asking_agency, which, barred),
        behalf_agency=barred_if(asked.behalf_agency, which, barred),
        operator=replace(asked.operator, agency=barred_if(asked.operator.agency, which, barred)),
    )


def barred_if(agency: AgencyFacts, which: str, kind: AgencyKind) -> AgencyFacts:
    """Return the agency with another kind when it is the one meant."""
    return replace(agency, kind=kind) if agency.agency == which else agency


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_promise_four_has_no_way_round(gate: Gate, question: Question, data: st.DataObject):
    """No mix of agencies, roles, grants, bases, profiles and approvals answers immigration or a refused purpose."""
    asked = data.draw(questions(question))
    verdict = gate.explain(asked).verdict
    kinds = {asked.asking_agency.kind, asked.behalf_agency.kind}
    if asked.request.purpose in REFUSED or kinds & set(BARRED):
        assert Verdict.DENIED is verdict
    if verdict is Verdict.PERMITTED:
        assert asked.person.active
        assert asked.asking_agency.active
        assert asked.behalf_agency.active
        assert gate.decide_question(asked).request_id == asked.request.request_id


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    purpose=st.sampled_from(REFUSED),
    basis=st.sampled_from(Basis),
    offense=st.sampled_from(Offense),
    role=st.sampled_from(Role),
)
def test_a_refused_purpose_names_its_floor_policy(
    gate: Gate, question: Question, purpose: Purpose, basis: Basis, offense: Offense, role: Role
):
    """Whatever else is true, the denial of a refused purpose carries the floor's own reason."""
    person = replace(question.person, roles=frozenset({role}))
    asked = replace(ask(question, purpose=purpose, basis=basis, offense=offense), person=person)
    assert f"floor-purpose-{purpose.replace('_', '-')}" in denied_by(gate, asked)


def test_a_denial_names_the_section_of_the_law_in_force(gate: Gate, cases: dict[str, Case]) -> None:
    """A policy that applies a field of the profile carries that value's own cite, not the examples in the policy."""
    question = cases["DENY/offense-below-floor"].question
    assert question is not None
    cites = {"purpose.offense_floor": "Zz. Code 7-1", "share.out_of_state": "Zz. Code 9"}
    profile = replace(question.operator.profile, cites=cites)
    operator = replace(question.operator, profile=profile)

    (reason,) = gate.explain(replace(question, operator=operator)).reasons

    assert ("profile-offense-floor", "case-profile: Zz. Code 7-1") == (reason.policy_id, reason.cite)


def test_a_denial_of_sharing_names_the_value_for_those_agencies(gate: Gate, cases: dict[str, Case]) -> None:
    """Of the four values about sharing, those count that concern the agencies which would see the answer."""
    question = cases["DENY/listed-states-other-state"].question
    assert question is not None
    cites = {"share.in_state": "Zz. Code 8", "share.out_of_state": "Zz. Code 9", "share.federal": "Zz. Code 10"}
    profile = replace(question.operator.profile, cites=cites)
    operator = replace(question.operator, profile=profile)

    (reason,) = gate.explain(replace(question, operator=operator)).reasons

    assert "case-profile: Zz. Code 9" == reason.cite
