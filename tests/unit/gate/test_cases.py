"""The decision cases: all hold, each policy stands on both sides of one, and each policy is needed."""

import json
from pathlib import Path

import cedarpy
import msgspec
import pytest

from lockplate.clock import SetClock
from lockplate.errors import ApprovalNeeded, Denied, SettingRefused
from lockplate.gate.cases import FOLDERS, Case, load_cases, run_case, run_cases
from lockplate.gate.decision import Gate
from lockplate.gate.policy_set import PolicySet
from lockplate.gate.suggestive import SuggestiveWords
from lockplate.terms import Verdict


def test_all_cases_hold(gate: Gate, policy_folder: Path):
    """Every shipped case gets its verdict from exactly the policies it names."""
    results = run_cases(gate, policy_folder / "cases")
    assert [(result.name, result.got, result.reasons) for result in results if not result.passed] == []
    assert len(results) > 150


def test_every_forbid_has_a_case_on_each_side(policies: PolicySet, cases: dict[str, Case]):
    """A forbid decides a DENY or APPROVAL case, and an ALLOW case stands near its edge."""
    forbids = {name for name, note in policies.notes.items() if note.effect == "forbid"}
    against = {name for key, case in cases.items() if not key.startswith("ALLOW") for name in case.decided_by}
    near = {name for key, case in cases.items() if key.startswith("ALLOW") for name in case.near}
    assert (set(), set()) == (forbids - against, forbids - near)


def test_every_permit_has_a_case_on_each_side(policies: PolicySet, cases: dict[str, Case]):
    """A permit decides an ALLOW case, and a default denial stands near it."""
    permits = {name for name, note in policies.notes.items() if note.effect == "permit"}
    decided = {name for key, case in cases.items() if key.startswith("ALLOW") for name in case.decided_by}
    near = {name for case in cases.values() if "default-deny" in case.decided_by for name in case.near}
    assert (set(), set()) == (permits - decided, permits - near)


def test_cases_name_only_policies_that_exist(policies: PolicySet, cases: dict[str, Case]):
    """No case names a policy that was renamed or taken away."""
    named = {name for case in cases.values() for name in (*case.decided_by, *case.near)}
    assert set() == named - set(policies.notes) - {"default-deny", "gate-error"}


def test_each_policy_is_needed(
    policies: PolicySet, words: SuggestiveWords, policy_folder: Path, cases: dict[str, Case]
):
    """Mutation: delete any one policy and the verdict of at least one case changes; no policy is there for show."""
    schema = (policy_folder / "schema.cedarschema").read_text()
    idle = []
    for number, policy in policies.source["staticPolicies"].items():
        name = policy["annotations"]["id"]
        others = {key: value for key, value in policies.source["staticPolicies"].items() if key != number}
        text = cedarpy.policies_from_json_str(json.dumps(policies.source | {"staticPolicies": others}))
        mutant = Gate(PolicySet(schema, [text]), words, SetClock(_now(cases)))
        touched = [run_case(mutant, key, case) for key, case in cases.items() if name in (*case.decided_by, *case.near)]
        if all(result.got is result.expected for result in touched):
            idle.append(name)
    assert idle == []


def test_decide_and_explain_agree(policies: PolicySet, words: SuggestiveWords, cases: dict[str, Case]):
    """For every question among the cases, deciding does what explaining said, and only a yes makes a permit."""
    for case in cases.values():
        if case.question is None:
            continue
        gate = Gate(policies, words, SetClock(case.question.now))
        told = gate.explain(case.question)
        if told.verdict is Verdict.PERMITTED:
            assert gate.decide_question(case.question).policy_ids == told.policy_ids()
            continue
        with pytest.raises(Denied if told.verdict is Verdict.DENIED else ApprovalNeeded) as caught:
            gate.decide_question(case.question)
        assert caught.value.reasons == told.reasons


def test_a_case_file_is_complete_and_tidy(policy_folder: Path, cases: dict[str, Case]):
    """A file holds the whole question, nothing unknown, in one layout: reading and writing it changes nothing."""
    for key, case in cases.items():
        written = msgspec.json.format(msgspec.json.encode(case, order="deterministic"), indent=2) + b"\n"
        assert written == (policy_folder / "cases" / f"{key}.json").read_bytes(), key


def test_a_failing_case_is_reported(gate: Gate, cases: dict[str, Case]):
    """A case in the wrong folder, or that names another policy, does not pass."""
    case = cases["DENY/purpose-immigration"]
    assert run_case(gate, "DENY/x", case).passed
    assert not run_case(gate, "ALLOW/x", case).passed
    assert not run_case(gate, "DENY/x", msgspec.structs.replace(case, decided_by=("share-denied",))).passed


def test_no_cases_and_bad_cases_are_refused(tmp_path: Path, gate: Gate, cases: dict[str, Case]):
    """A folder without cases cannot pass, nor can a file that is no case."""
    with pytest.raises(SettingRefused):
        load_cases(tmp_path)
    for kind in FOLDERS:
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "x.json").write_text('{"title": "x", "decided_by": [], "purpose": "y"}')
    with pytest.raises(SettingRefused):
        load_cases(tmp_path)
    for kind in FOLDERS:
        for content in (b'{"title": "\xff"}', b'{"facts": ' + b"[" * 5000):
            (tmp_path / kind / "x.json").write_bytes(content)
            with pytest.raises(SettingRefused):
                load_cases(tmp_path)
    neither = Case(title="neither", decided_by=())
    both = msgspec.structs.replace(cases["DENY/case-missing"], act=cases["ALLOW/show-hit"].act)
    for case in (neither, both):
        with pytest.raises(SettingRefused):
            case.explain(gate)


def _now(cases: dict[str, Case]):
    question = cases["ALLOW/own-agency"].question
    assert question is not None
    return question.now
