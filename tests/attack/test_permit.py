"""Promise 3 in code: a permit is made by the gate alone, and nothing else opens anything."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockplate.clock import SetClock
from lockplate.gate.permit import PERMIT_LIFE, Permit, PermitInvalid, issue
from lockplate.keys.kek import Kek
from lockplate.keys.ring import KeyRing
from lockplate.plate import fold
from lockplate.read import Read
from lockplate.seal.sealer import Sealer
from lockplate.terms import OperatorId, PlateText, PolicyId, ProfileId, ReaderId, RequestId

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLATE = "7ABC123"


def permit_of(**changes: object) -> Permit:
    """Return a permit as the gate makes it, with changes."""
    values: dict[str, object] = {
        "request_id": RequestId("q1"),
        "operator": OperatorId("pine"),
        "plate_keys": frozenset({fold(PLATE)}),
        "window_from": NOW - timedelta(hours=2),
        "window_to": NOW + timedelta(hours=1),
        "issued_at": NOW,
        "policy_ids": (PolicyId("p"),),
        "policy_set_hash": "0" * 64,
        "profile": ProfileId("us-ca"),
    }
    return issue(**(values | changes))  # type: ignore[arg-type]


class Lookalike:
    """Everything that a permit has, made by hand."""

    def __init__(self, real: Permit) -> None:
        for name in Permit.__slots__:
            setattr(self, name, getattr(real, name))

    def require_live(self, _: datetime) -> "Lookalike":
        return self

    def require_plate(self, plate_key: str) -> str:
        return plate_key

    def sorted_plate_keys(self) -> object:
        return iter(sorted(self.plate_keys))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return Permit


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def sealer(tmp_path: Path, clock: SetClock) -> object:
    ring = KeyRing(tmp_path / "keys.db", OperatorId("pine"), Kek(b"k" * 32))
    yield Sealer(OperatorId("pine"), ring, clock)
    ring.close()


def test_nobody_else_makes_one() -> None:
    """Not by calling, by subclass, by allocating and filling, by copying fields, by pickle or by deep copy."""
    real = permit_of()
    with pytest.raises(TypeError):
        Permit(object())
    with pytest.raises(TypeError):
        Permit(None, **{name: getattr(real, name) for name in Permit.__slots__})
    with pytest.raises(TypeError):
        type("Mine", (Permit,), {})
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(real)
    blank = object.__new__(Permit)
    for name in Permit.__slots__:
        with pytest.raises(AttributeError):
            setattr(blank, name, getattr(real, name))


@pytest.mark.parametrize("name", ["plate_keys", "window_to", "expires_at", "operator", "anything"])
def test_one_cannot_be_widened(name: str) -> None:
    """No attribute of a permit can be set or removed."""
    real = permit_of()
    with pytest.raises(AttributeError):
        setattr(real, name, frozenset({"A", "B"}))
    with pytest.raises(AttributeError):
        delattr(real, name)


@pytest.mark.parametrize("fake", [None, "permit", object(), {"operator": "pine"}, Lookalike(permit_of())])
def test_nothing_that_looks_like_one_opens_anything(sealer: Sealer, fake: object) -> None:
    """Neither probes nor rows: not for a duck, not for something that lies about its class."""
    row = seal(sealer)
    with pytest.raises(PermitInvalid):
        list(sealer.probes(fake))  # type: ignore[arg-type]
    with pytest.raises(PermitInvalid):
        sealer.open(fake, row, fold(PLATE))  # type: ignore[arg-type]


def seal(sealer: Sealer) -> object:
    read = Read(format="test", plate_text=PlateText(PLATE), plate_key=fold(PLATE))
    return sealer.seal(read, reader=ReaderId("r"), captured_at=NOW, received_at=NOW, keep_record=True)


def test_a_permit_is_for_its_plate_operator_window_and_minutes(sealer: Sealer, clock: SetClock) -> None:
    """Outside any of the four it opens nothing; inside all, it opens its read."""
    row = seal(sealer)
    assert PLATE == sealer.open(permit_of(), row, fold(PLATE)).contents.plate_text

    with pytest.raises(PermitInvalid):
        sealer.open(permit_of(), row, fold("8XYZ999"))
    for changes in (
        {"plate_keys": frozenset({fold("8XYZ999")})},
        {"operator": OperatorId("quarry")},
        {"window_from": NOW + timedelta(seconds=1)},
        {"window_to": NOW},
    ):
        with pytest.raises(PermitInvalid):
            sealer.open(permit_of(**changes), row, fold(PLATE))
    assert [] == list(sealer.probes(permit_of(window_to=NOW - timedelta(hours=2))))

    for step in (PERMIT_LIFE, -PERMIT_LIFE - timedelta(seconds=1)):
        clock.advance(step)
        with pytest.raises(PermitInvalid):
            list(sealer.probes(permit_of()))
        with pytest.raises(PermitInvalid):
            sealer.open(permit_of(), row, fold(PLATE))
