"""Kinds of vehicle: only what is known to be two vehicles contradicts; what is not known leaves it to the eye."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import Vehicle
from lockplate.vehicle_kinds import PartStand, VehicleKind, compare_vehicles, contradicts, kind_of

WORDS = st.sampled_from(["sedan", "Pickup Truck", "MC", "van", "SUV", "bus", "trailer", "tandem", "", "4D"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Saloon car", VehicleKind.CAR), ("sedan-compact", VehicleKind.CAR), ("4D", VehicleKind.CAR),
        ("pick-up", VehicleKind.TRUCK), ("PK", VehicleKind.TRUCK), ("tractor-trailer", VehicleKind.TRUCK),
        ("largeBus", VehicleKind.BUS), ("Motorcycle", VehicleKind.MOTORCYCLE), ("MC", VehicleKind.MOTORCYCLE),
        ("van", VehicleKind.VAN_OR_SUV), ("vehicle", None), ("motor home", None), ("car hauler trailer", None), ("", None),
    ],
)  # fmt: skip
def test_words_of_readers_and_lists(body: str, kind: VehicleKind | None) -> None:
    """Readers' words, list files' codes, and words that say nothing or two things."""
    assert kind is kind_of(Vehicle(body=body))


@given(WORDS, WORDS)
def test_contradiction_has_no_direction_and_needs_two_kinds(one: str, other: str) -> None:
    """It is the same both ways; a kind never contradicts itself; a word that nobody knows contradicts nothing."""
    read, listed = Vehicle(body=one), Vehicle(body=other)

    assert contradicts(read, listed) == contradicts(listed, read)
    assert not contradicts(read, read)
    assert not contradicts(read, None)
    if "tandem" in {one, other}:
        assert not contradicts(read, listed)


@pytest.mark.parametrize(
    ("read", "listed", "expected"),
    [
        ("sedan", "pickup", True), ("motorcycle", "truck", True), ("motorcycle", "4D", True), ("MC", "van", True),
        ("suv", "pickup", False), ("van", "sedan", False), ("bus", "van", True), ("coupe", "4D", False),
    ],
)  # fmt: skip
def test_what_cannot_be_one_vehicle(read: str, listed: str, expected: bool) -> None:
    """A motorcycle is no truck; a van may be what another reader calls a car."""
    assert expected is contradicts(Vehicle(body=read), Vehicle(body=listed))


def test_parts_side_by_side() -> None:
    """Each part that either names has its line; files that shorten agree, other words are left to the eye."""
    told = compare_vehicles(
        Vehicle(body="sedan", make="Lexus", color="burgundy", year="1992"),
        Vehicle(body="PK", make="LEXS", color="GRY", model="Sierra", year="1993"),
    )

    assert [
        ("body", PartStand.CONTRADICTS), ("make", PartStand.SAME), ("model", PartStand.ONLY_LISTED),
        ("color", PartStand.OTHER_WORDS), ("year", PartStand.OTHER_WORDS),
    ] == [(one.part, one.stand) for one in told]  # fmt: skip
    assert () == compare_vehicles(None, Vehicle())
    assert [PartStand.ONLY_READ] == [one.stand for one in compare_vehicles(Vehicle(color="red"), None)]
    assert [PartStand.SAME] == [one.stand for one in compare_vehicles(Vehicle(body="coupe"), Vehicle(body="2D"))]
