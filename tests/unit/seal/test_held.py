"""HoldSealer: what a hold keeps opens for its plate, with a permit, while the hold's key lives, and for nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from lockplate.clock import SetClock
from lockplate.errors import KeyUnavailable, SealBroken
from lockplate.gate.permit import PERMIT_LIFE, Permit, PermitInvalid, issue
from lockplate.keys.ring import KeyRing
from lockplate.plate import fold
from lockplate.read import Read
from lockplate.seal.held import HeldRead, HoldSealer
from lockplate.seal.sealer import Opened, Sealer
from lockplate.terms import HoldId, OperatorId, PlateKey, PlateText, PolicyId, ProfileId, ReaderId, RequestId

CITY = OperatorId("city")
NOW = datetime(2026, 3, 1, 12, 40, tzinfo=UTC)
PLATE, OTHER = PlateKey("7A8C123"), PlateKey("7XY2999")
HOLD, NEXT = HoldId("k01"), HoldId("k02")


def permit(**changes: Any) -> Permit:
    values: dict[str, Any] = {
        "request_id": RequestId(HOLD),
        "operator": CITY,
        "plate_keys": frozenset({PLATE}),
        "window_from": NOW - timedelta(hours=6),
        "window_to": NOW + timedelta(hours=1),
        "issued_at": NOW,
        "policy_ids": (PolicyId("open-hold"),),
        "policy_set_hash": "00" * 32,
        "profile": ProfileId("us-tn"),
    }
    return issue(**(values | changes))


@pytest.fixture
def ring(open_ring: Callable[[str], KeyRing]) -> KeyRing:
    return open_ring("city")


@pytest.fixture
def held(ring: KeyRing, clock: SetClock) -> HoldSealer:
    sealer = HoldSealer(CITY, ring, clock)
    sealer.seal_paper(HOLD, b"paper")
    return sealer


@pytest.fixture
def read(ring: KeyRing, clock: SetClock) -> Opened:
    """A read of the plate, opened with a permit from its row."""
    sealer = Sealer(CITY, ring, clock)
    seen = Read(format="invented", plate_text=PlateText("7abc-123"), plate_key=fold("7abc-123"), region="US-CA")
    row = sealer.seal(seen, reader=ReaderId("pole-7"), captured_at=NOW, received_at=NOW, keep_record=True)
    return sealer.open(permit(), row, PLATE)


def test_a_kept_read_comes_back_as_it_was(held: HoldSealer, read: Opened) -> None:
    """Row and contents are those of the live row; only the live record's bytes are gone with their key."""
    found = held.open(permit(), HOLD, held.keep(permit(), HOLD, read), PLATE)

    assert msgspec.structs.replace(read, row=msgspec.structs.replace(read.row, record=b"")) == found
    assert read.contents is not None


def test_what_lies_is_sealed(held: HoldSealer, read: Opened) -> None:
    """Neither plate, reader nor time stands in the bytes, and the mark is no token."""
    lies = held.keep(permit(), HOLD, read)

    assert not [
        word for word in (b"7abc", b"7A8C", b"pole", read.row.token) if word in lies.sealed or word in lies.mark
    ]


def test_the_same_read_has_one_mark_in_a_hold_and_another_in_the_next(held: HoldSealer, read: Opened) -> None:
    """A read kept twice is one; nobody can tell from the marks that two holds keep the same read."""
    held.seal_paper(NEXT, b"paper")
    first, again, elsewhere = (held.keep(permit(), hold, read) for hold in (HOLD, HOLD, NEXT))

    assert first.mark == again.mark
    assert first.mark != elsewhere.mark
    assert first.sealed != again.sealed


@pytest.mark.parametrize(
    "changes",
    [
        {"plate_keys": frozenset({OTHER})},
        {"operator": OperatorId("county")},
        {"issued_at": NOW - PERMIT_LIFE},
        {"issued_at": NOW + timedelta(seconds=1)},
    ],
)
def test_no_other_permit_keeps_or_opens(held: HoldSealer, read: Opened, changes: dict[str, Any]) -> None:
    """A permit for another plate or operator, or one that is not in force, does neither."""
    lies = held.keep(permit(), HOLD, read)
    with pytest.raises(PermitInvalid):
        held.keep(permit(**changes), HOLD, read)
    with pytest.raises(PermitInvalid):
        held.open(permit(**changes), HOLD, lies, PLATE)


def test_a_read_outside_the_window_is_neither_kept_nor_shown(held: HoldSealer, read: Opened) -> None:
    """The permit's window is half open; a read at its end is out."""
    lies = held.keep(permit(), HOLD, read)
    narrow = permit(window_to=NOW)

    assert held.open(narrow, HOLD, lies, PLATE) is None
    with pytest.raises(PermitInvalid):
        held.keep(narrow, HOLD, read)


@pytest.mark.parametrize("fake", [None, "permit", object()])
def test_without_a_permit_nothing_happens(held: HoldSealer, read: Opened, fake: Any) -> None:
    """Keeping and opening both want one."""
    with pytest.raises(PermitInvalid):
        held.keep(fake, HOLD, read)
    with pytest.raises(PermitInvalid):
        held.open(fake, HOLD, HeldRead(mark=b"", sealed=b""), PLATE)


def test_pasted_elsewhere_it_does_not_open(held: HoldSealer, read: Opened) -> None:
    """Not in another hold, under another mark, for another plate, or with any byte changed."""
    held.seal_paper(NEXT, b"paper")
    lies = held.keep(permit(), HOLD, read)
    both = permit(plate_keys=frozenset({PLATE, OTHER}))
    with pytest.raises(SealBroken):
        held.open(both, NEXT, lies, PLATE)
    with pytest.raises(SealBroken):
        held.open(both, HOLD, msgspec.structs.replace(lies, mark=b"x" * 16), PLATE)
    with pytest.raises(SealBroken):
        held.open(both, HOLD, lies, OTHER)
    for place in range(len(lies.sealed)):
        changed = bytearray(lies.sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            held.open(both, HOLD, msgspec.structs.replace(lies, sealed=bytes(changed)), PLATE)


def test_the_paper_is_the_holds_own(held: HoldSealer) -> None:
    """A paper opens in its hold and not in the next."""
    sealed = held.seal_paper(HOLD, b"sworn facts")
    held.seal_paper(NEXT, b"other facts")

    assert b"sworn facts" == held.open_paper(HOLD, sealed)
    assert b"sworn" not in sealed
    with pytest.raises(SealBroken):
        held.open_paper(NEXT, sealed)


def test_a_forgotten_hold_opens_nothing_and_is_never_made_again(held: HoldSealer, read: Opened) -> None:
    """Paper and reads are gone with the key; its commitment stays; the key is not made anew under the same name."""
    paper, lies = held.seal_paper(HOLD, b"paper"), held.keep(permit(), HOLD, read)
    commitment = held.commitment(HOLD)
    assert held.is_alive(HOLD)
    held.forget(HOLD)
    held.forget(HOLD)

    assert not held.is_alive(HOLD)
    assert commitment is not None
    assert commitment == held.commitment(HOLD)
    for act in (
        lambda: held.open_paper(HOLD, paper),
        lambda: held.open(permit(), HOLD, lies, PLATE),
        lambda: held.keep(permit(), HOLD, read),
    ):
        with pytest.raises(SealBroken):
            act()
    with pytest.raises(KeyUnavailable):
        held.seal_paper(HOLD, b"paper")


def test_a_hold_that_never_was_has_no_commitment(held: HoldSealer) -> None:
    """Nothing is said of a key that was never made."""
    assert held.commitment(NEXT) is None
    assert not held.is_alive(NEXT)
