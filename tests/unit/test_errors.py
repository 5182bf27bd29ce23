"""The error tree: as drawn, with stable codes, and safe to show to anyone."""

import inspect
import re

import pytest

from lockplate import errors
from lockplate.errors import (
    ApprovalNeeded,
    BadInput,
    CallerError,
    Denied,
    EvidenceError,
    LockplateError,
    NodeError,
    Reason,
)
from lockplate.terms import LeafIndex, OperatorId, PolicyId

CLASSES = {
    name: thing
    for name, thing in inspect.getmembers(errors, inspect.isclass)
    if issubclass(thing, LockplateError) and thing.__module__ == errors.__name__
}
REASONS = (
    Reason(policy_id=PolicyId("floor-1"), cite="Civ. Code 1798.90.55(b)", says="Not for immigration enforcement."),
    Reason(policy_id=PolicyId("floor-2"), cite="Gov. Code 7284.6", says="Not for a detainer."),
)


def make(kind: type[LockplateError]) -> LockplateError:
    return kind(REASONS) if kind in {Denied, ApprovalNeeded} else kind("a message", next_step="a step")


def test_the_tree_is_as_drawn() -> None:
    """The docstring draws every class under its parent, and no class that is not there."""
    branch: dict[int, str] = {}
    drawn: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([ │]*)(?:[├└]── )?([A-Z][A-Za-z]+)(?: {2,}|$)", line)
        if found and line.startswith("    "):
            depth = len(found.group(1)) // 4 + ("──" in line)
            branch[depth] = found.group(2)
            if depth > 1:
                drawn[found.group(2)] = branch[depth - 1]

    assert {name: kind.__base__.__name__ for name, kind in CLASSES.items() if kind is not LockplateError} == drawn


def test_every_kind_has_its_own_code() -> None:
    """A code names one kind and is a word that programs can compare."""
    codes = [kind.default_code for kind in CLASSES.values()]

    assert len(codes) == len(set(codes))
    assert all(re.fullmatch("[a-z_]+", code) for code in codes)


@pytest.mark.parametrize(("branch", "fault", "statuses"), [
    (CallerError, "caller", range(200, 500)), (NodeError, "node", range(500, 600)),
    (EvidenceError, "evidence", range(500, 600)),
])  # fmt: skip
def test_a_branch_says_whose_fault_it_is(branch: type[LockplateError], fault: str, statuses: range) -> None:
    """Fault and HTTP status follow the branch."""
    kinds = [kind for kind in CLASSES.values() if issubclass(kind, branch)]

    assert len(kinds) > 3
    assert {fault} == {kind.fault for kind in kinds}
    assert all(kind.http_status in statuses for kind in kinds)


@pytest.mark.parametrize("kind", CLASSES.values())
def test_the_public_form_has_what_a_person_needs(kind: type[LockplateError]) -> None:
    """Code, fault, message and next step, and the message is also what a log shows."""
    error = make(kind)

    public = error.public()

    assert {"error", "fault", "message", "next_step"} == set(public) - {"reasons"}
    assert (kind.default_code, kind.fault) == (public["error"], public["fault"])
    assert public["message"] == error.message == str(error)
    assert error.next_step == public["next_step"]


def test_a_code_may_be_finer_than_its_kind() -> None:
    """A raise may name its own code; the kind's other instances keep theirs."""
    assert "naive_time" == BadInput("x", code="naive_time").public()["error"]
    assert "bad_input" == BadInput("x").code


@pytest.mark.parametrize("kind", [Denied, ApprovalNeeded])
def test_a_refusal_names_its_reasons(kind: type[Denied]) -> None:
    """The reasons travel with the refusal, with cites, as plain values."""
    error = kind(list(REASONS))

    assert REASONS == error.reasons
    plain = [{"policy_id": reason.policy_id, "cite": reason.cite, "says": reason.says} for reason in REASONS]
    assert plain == list(error.public()["reasons"])
    assert all(reason.policy_id in error.message for reason in REASONS)


def test_a_denial_says_where_it_is_on_record() -> None:
    """Once it is recorded: the log and the place, beside all that it said before; not before that, and no copy changes."""
    denied = Denied(REASONS)
    recorded = denied.on_record(OperatorId("pine"), LeafIndex(12))

    assert {"operator": "pine", "record_index": 12} == {
        name: value for name, value in recorded.public().items() if name not in denied.public()
    }
    assert denied.public() == {name: value for name, value in recorded.public().items() if name in denied.public()}
    assert None is denied.record
    assert REASONS == recorded.reasons


def test_a_denial_is_no_approval_and_no_success() -> None:
    """Denied and ApprovalNeeded are told apart by status, and neither is a 200."""
    assert (403, 202) == (Denied.http_status, ApprovalNeeded.http_status)
