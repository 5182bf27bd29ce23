"""Permits for holds: one plate, one past window, and only for what the policies allow."""

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

from lockplate.errors import Denied
from lockplate.gate.act import Act, ActContext
from lockplate.gate.cases import ActCase, Case
from lockplate.gate.decision import Gate
from lockplate.gate.hold import HoldFacts, HoldScope
from lockplate.gate.permit import Permit
from lockplate.gate.question import Question
from lockplate.law.words import HoldKind, HoldNeed, Renewal
from lockplate.terms import HoldId, PlateText

replace = msgspec.structs.replace


def permit(gate: Gate, act: ActCase, question: Question, **changes: object) -> Permit:
    """Decide a hold of one plate and the two hours before now, with changes to its scope."""
    assert isinstance(act.context.hold, HoldFacts)
    values: dict[str, object] = {
        "hold_id": HoldId("k1"),
        "plate": PlateText("7ABC-123"),
        "window_from": question.now - timedelta(hours=2),
        "window_to": question.now,
    }
    scope = HoldScope(**(values | changes))  # type: ignore[arg-type]
    return gate.decide_hold(act.person, act.agency, act.act, act.operator, act.context.hold, scope)


@pytest.fixture
def opening(cases: dict[str, Case]) -> ActCase:
    found = cases["ALLOW/hold-case"].act
    assert found is not None
    return found


def test_a_yes_is_for_one_plate_and_window(gate: Gate, opening: ActCase, question: Question) -> None:
    """The permit names the folded plate, the window, the operator and the hold."""
    made = permit(gate, opening, question)

    assert ("k1", opening.operator.operator, {"7A8C123"}, question.now) == (
        made.request_id, made.operator, made.plate_keys, made.window_to,
    )  # fmt: skip
    assert ("open-hold",) == made.policy_ids


def test_the_node_gets_one_too(gate: Gate, cases: dict[str, Case], question: Question) -> None:
    """Keeping what an open hold covers needs the same permit."""
    keeping = cases["ALLOW/keep-hold"].act
    assert keeping is not None
    assert ("keep-hold",) == permit(gate, keeping, question).policy_ids


@pytest.mark.parametrize(
    "changes",
    [
        {"plate": PlateText("7ABC12?")},
        {"plate": PlateText("---")},
        {"plate": PlateText("")},
        {"window_from": None},
        {"window_to": None},
    ],
)
def test_a_scope_that_contradicts_the_facts_gets_none(
    gate: Gate, opening: ActCase, question: Question, changes: dict[str, object]
) -> None:
    """The gate looks at what the permit would be for itself, whatever it was told."""
    with pytest.raises(Denied) as caught:
        permit(gate, opening, question, **changes)
    assert ["gate-error"] == [reason.policy_id for reason in caught.value.reasons]


def test_a_window_to_come_gets_none(gate: Gate, opening: ActCase, question: Question) -> None:
    """Nor does one that ends before it begins."""
    for end in (timedelta(seconds=1), timedelta(hours=-3)):
        with pytest.raises(Denied):
            permit(gate, opening, question, window_to=question.now + end)


@pytest.mark.parametrize("name", ["renew-hold", "close-hold-opener"])
def test_other_acts_on_holds_lead_to_none(gate: Gate, cases: dict[str, Case], question: Question, name: str) -> None:
    """Drawing out and lifting open no read, so what allows them makes no permit."""
    act = cases[f"ALLOW/{name}"].act
    assert act is not None
    with pytest.raises(Denied):
        permit(gate, act, question)


def test_an_act_on_a_hold_needs_its_facts(gate: Gate, opening: ActCase) -> None:
    """Without them the act cannot be judged."""
    for act in (Act.OPEN_HOLD, Act.RENEW_HOLD, Act.CLOSE_HOLD, Act.KEEP_HOLD):
        told = gate.explain_act(opening.person, opening.agency, act, opening.operator, ActContext())
        assert ("gate-error",) == told.policy_ids()


def test_a_refusal_says_what_is_missing_and_where_it_is_written(gate: Gate, cases: dict[str, Case]) -> None:
    """In words from the closed list, with the section of the law in force."""
    act = cases["DENY/hold-not-sworn"].act
    assert act is not None
    assert isinstance(act.context.hold, HoldFacts)
    hold = replace(act.context.hold, cites={"hold.needs": "us-xx: Invented Code 12"})
    (reason,) = gate.explain_act(act.person, act.agency, act.act, act.operator, ActContext(hold=hold)).reasons

    assert ("hold-needs-missing", "us-xx: Invented Code 12") == (reason.policy_id, reason.cite)
    assert reason.says.endswith("Missing: sworn.")


def test_rounding_never_lengthens_a_hold(gate: Gate, opening: ActCase) -> None:
    """A hair longer than the law's longest time is too long."""
    assert isinstance(opening.context.hold, HoldFacts)
    for extra, ids in ((timedelta(), ("open-hold",)), (timedelta(microseconds=1), ("hold-too-long",))):
        hold = replace(opening.context.hold, lasts=opening.context.hold.longest + extra)
        told = gate.explain_act(opening.person, opening.agency, Act.OPEN_HOLD, opening.operator, ActContext(hold=hold))
        assert ids == told.policy_ids()


@pytest.mark.parametrize("kind", [HoldKind, HoldNeed, Renewal])
def test_the_schemas_lists_are_the_laws(policy_folder: Path, kind: type[StrEnum]) -> None:
    """A list in the schema is the enum in law/words.py, value by value."""
    text = (policy_folder / "schema.cedarschema").read_text(encoding="utf-8")
    found = re.search(rf"entity {kind.__name__} enum \[(.*?)\]", text, re.DOTALL)
    assert found is not None
    assert [word.value for word in kind] == re.findall(r'"(\w+)"', found[1])
