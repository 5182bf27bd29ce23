"""Explaining: a record's rules in this program's words, cited from its own copy of the law."""

from datetime import timedelta

import msgspec
import pytest

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, parse_time
from lockplate.operations.explaining import reasons_of, rules_of_record
from lockplate.terms import Action, OperatorId, PersonId, PolicyId, ProfileId, Purpose
from lockplate.wiring.policies import shipped_gate, shipped_profiles

AT = parse_time("2026-11-24T08:30:00Z")
GATE, PROFILES = shipped_gate(SetClock(AT)), shipped_profiles()
RECORD = AccessRecord(
    action=Action.QUESTION_DENIED,
    at=AT,
    operator=OperatorId("pine"),
    person=PersonId("ann"),
    purpose=Purpose.TRAFFIC_INFRACTION,
    policy_ids=(PolicyId("profile-purpose-denied"), PolicyId("case-required"), PolicyId("default-deny")),
    policy_set_hash=GATE.policy_set_hash,
    profile=ProfileId("us-nc"),
)


def test_the_very_section_is_cited() -> None:
    """A rule that applies a field of the law is cited from the profile that the record names, for the purpose asked."""
    (purpose, *_) = rules_of_record(GATE, PROFILES, RECORD).reasons
    general = GATE.reasons((PolicyId("profile-purpose-denied"),))[0]

    assert purpose.says == general.says
    assert purpose.cite != general.cite
    assert purpose.cite.startswith("us-nc: ")
    assert "N.C.G.S. 20-183.30" in purpose.cite


@pytest.mark.parametrize(
    "change", [{"profile": None}, {"profile": ProfileId("no-such")}, {"at": AT - timedelta(days=9999)}]
)
def test_a_law_that_is_not_known_here_leaves_the_general_cite(change: dict[str, object]) -> None:
    """No profile, one of another program, a day before its first version."""
    told = rules_of_record(GATE, PROFILES, msgspec.structs.replace(RECORD, **change))

    assert GATE.reasons((PolicyId("profile-purpose-denied"),))[0] == told.reasons[0]


def test_what_is_no_policy_keeps_its_id() -> None:
    """A default denial, a failure to judge and a rule that is gone, each in words."""
    names = ("default-deny", "gate-error", "long-gone")
    told = reasons_of(GATE, tuple(PolicyId(name) for name in names))

    assert list(names) == [reason.policy_id for reason in told]
    assert ["No rule allowed it.", "It could not be judged, so it was denied.", "A rule that is not in force now."] == [
        reason.says for reason in told
    ]


def test_another_set_of_policies_is_told() -> None:
    """The words are those in force then only when the record's hash is this program's."""
    assert rules_of_record(GATE, PROFILES, RECORD).are_the_very_ones
    for other in (None, "0" * 64):
        record = msgspec.structs.replace(RECORD, policy_set_hash=other)
        assert not rules_of_record(GATE, PROFILES, record).are_the_very_ones
