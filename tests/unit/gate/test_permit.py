"""A permit: only the gate makes one, it cannot be changed, kept or sent, and it is soon over."""

import copy
import pickle
from datetime import timedelta

import pytest

from lockplate.clock import SetClock
from lockplate.gate.decision import Gate
from lockplate.gate.permit import PERMIT_LIFE, Permit, PermitInvalid
from lockplate.gate.question import Question
from lockplate.plate import fold
from lockplate.terms import PlateKey


@pytest.fixture
def permit(gate: Gate, question: Question) -> Permit:
    return gate.decide_question(question)


def test_only_the_gate_makes_a_permit(permit: Permit):
    """A permit cannot be made with another maker, even with every value of a true one."""
    values = {name: getattr(permit, name) for name in Permit.__slots__}
    for maker in (None, object(), permit):
        with pytest.raises(TypeError):
            Permit(maker, **values)


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_permit_cannot_be_copied_or_stored(permit: Permit, take):
    """Copying and pickling raise: a permit lives in the process that asked."""
    with pytest.raises(TypeError):
        take(permit)


def test_a_permit_cannot_be_changed(permit: Permit):
    """No value of a permit can be set."""
    for name in Permit.__slots__:
        with pytest.raises(AttributeError):
            setattr(permit, name, getattr(permit, name))


def test_a_permit_is_for_what_was_asked(permit: Permit, gate: Gate, question: Question):
    """It carries the request, operator, window, plates, profile, deciding permits and hash, and nothing wider."""
    request = question.request
    expected = (
        request.request_id, "oakmont-readers", request.window_from, request.window_to, frozenset({fold(request.plate)}),
        "case-profile", ("ask-own-agency",), gate.policy_set_hash, question.now,
    )  # fmt: skip
    actual = (
        permit.request_id, permit.operator, permit.window_from, permit.window_to, permit.plate_keys,
        permit.profile, permit.policy_ids, permit.policy_set_hash, permit.issued_at,
    )  # fmt: skip
    assert expected == actual


def test_an_expired_permit_raises(permit: Permit, clock: SetClock):
    """It holds until just before its end, and neither at its end nor before it was issued."""
    assert permit is permit.require_live(clock.now())
    assert permit is permit.require_live(permit.expires_at - timedelta(microseconds=1))
    assert permit.issued_at + PERMIT_LIFE == permit.expires_at
    for moment in (permit.expires_at, permit.issued_at - timedelta(microseconds=1)):
        with pytest.raises(PermitInvalid):
            permit.require_live(moment)


def test_a_permit_does_not_cover_another_plate(permit: Permit, question: Question):
    """require_plate returns the named plate's key and raises for any other."""
    key = fold(question.request.plate)
    assert key == permit.require_plate(key)
    with pytest.raises(PermitInvalid):
        permit.require_plate(PlateKey(key + "0"))
