"""Decision cases that name a law by its id are judged by that very law: no case stands on an outdated copy of it."""

from datetime import date

import pytest

from lockplate.clock import SystemClock
from lockplate.gate.cases import Case, load_cases
from lockplate.law.composition import compose
from lockplate.lookup.facts import facts_of
from lockplate.wiring.policies import policy_folder, shipped_gate, shipped_profiles

PROFILES = shipped_profiles()
CASES = {
    name: case
    for name, case in load_cases(policy_folder() / "cases").items()
    if case.question is not None and case.question.operator.profile.profile in PROFILES.ids()
}
VECTORS = ("t06", "t07", "t08", "t09", "t11", "t12", "t13", "t17", "t18")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_holds_the_facts_of_its_law(case: Case) -> None:
    """As the program would find them on the day of the case; change a value of the profile and the case must follow."""
    question = case.question
    assert question is not None
    law = PROFILES.on(question.operator.profile.profile, question.now.date())
    assert facts_of(compose(law)) == question.operator.profile


@pytest.mark.parametrize("vector", VECTORS)
def test_every_vector_that_the_gate_decides_has_a_case_under_its_whole_law(vector: str) -> None:
    """T6 to T9, T11 to T13, T17 and T18: refused, and but for T9 something near it that is answered."""
    folders = {name.split("/")[0] for name in CASES if name.split("/")[1].startswith(vector)}
    assert "DENY" in folders
    assert vector in {"t09", "t17"} or "ALLOW" in folders


def test_the_cases_are_of_a_day_on_which_each_law_is_in_force() -> None:
    """A case dated before its law would test nothing."""
    days = {case.question.now.date() for case in CASES.values() if case.question}
    assert {date(2026, 11, 24)} == days


@pytest.mark.parametrize(
    ("name", "policy", "cite"),
    [
        ("t06-ca-federal-asks", "share-denied", "us-ca: Cal. Civ. Code 1798.90.55(b); Attorney General 2023-DLE-06"),
        ("t07-il-no-declaration", "share-declaration", "us-il: 625 ILCS 5/2-130(c)"),
        ("t09-wa-immigration-officer", "profile-purpose-denied", "us-wa: Wash. Laws 2026 ch. 239"),
        ("t11-wa-simple-misdemeanor", "profile-offense-floor", "us-wa: Wash. Laws 2026 ch. 239"),
        (
            "t12-nc-traffic-infraction",
            "profile-purpose-denied",
            "us-nc: N.C.G.S. 20-183.30 to 20-183.32, 20-183.32A",
        ),
        ("t13-id-other-agency", "share-denied", "us-id: Idaho Code 49-1432"),
    ],
)
def test_a_denial_cites_the_very_value(name: str, policy: str, cite: str) -> None:
    """The law's id and the cite of the value that denied, not an example from another state."""
    told = CASES[f"DENY/{name}"].explain(shipped_gate(SystemClock()))
    assert cite == {reason.policy_id: reason.cite for reason in told.reasons}[policy]
