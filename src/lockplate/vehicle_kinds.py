"""Kinds of vehicle: whether what a reader saw and what a list describes can be one vehicle.

What flows in: two descriptions, each in its own words. What flows out: a line for each part; a kind, or none.
What it must never see: I/O. A word that this table does not know contradicts nothing: a person looks at the picture.
"""

import re
from enum import StrEnum

import msgspec

from lockplate.read import Vehicle


class VehicleKind(StrEnum):
    """What two descriptions must agree on, as far as both name it."""

    CAR = "car"
    TRUCK = "truck"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    TRAILER = "trailer"
    VAN_OR_SUV = "van_or_suv"
    """One reader's car is another's truck, so it contradicts a motorcycle, a bus or a trailer only."""


_WORDS: dict[VehicleKind, str] = {
    VehicleKind.CAR: "car sedan saloon coupe hatchback convertible cabriolet wagon estate roadster 2d 4d cv sw",
    VehicleKind.TRUCK: "truck pickup lorry tractor tractortrailer semitrailer tanker flatbed pk",
    VehicleKind.MOTORCYCLE: "motorcycle motorbike scooter moped bike mc",
    VehicleKind.BUS: "bus coach minibus",
    VehicleKind.TRAILER: "trailer",
    VehicleKind.VAN_OR_SUV: "van minivan suv mpv crossover vn",
}
"""Words of readers' formats, and the few style codes of list files that we are sure of; letters and digits only."""

_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_NEVER_A_VAN = frozenset({VehicleKind.MOTORCYCLE, VehicleKind.BUS, VehicleKind.TRAILER})
_ALIKE_LETTERS = 3
PARTS = ("body", "make", "model", "color", "year")


class PartStand(StrEnum):
    """How one part of the two descriptions compares."""

    SAME = "same"
    OTHER_WORDS = "other_words"
    """Both name it, in different words: they may or may not mean the same."""
    CONTRADICTS = "contradicts"
    """The kinds cannot be one vehicle."""
    ONLY_READ = "only_read"
    ONLY_LISTED = "only_listed"


class VehiclePart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a vehicle's description, as read and as listed."""

    part: str
    """`body`, `make`, `model`, `color` or `year`."""
    read: str
    listed: str
    stand: PartStand


def kind_of(vehicle: Vehicle | None) -> VehicleKind | None:
    """Return the kind that a description names, or None when it names none that this table knows."""
    if vehicle is None or not vehicle.body:
        return None
    words = _plain_words(vehicle.body)
    found = {_KINDS[word] for word in ("".join(words), *words) if word in _KINDS}
    return found.pop() if len(found) == 1 else _KINDS.get("".join(words))


def contradicts(read: Vehicle | None, listed: Vehicle | None) -> bool:
    """Say whether both name a kind and the two cannot be one vehicle."""
    one, other = kind_of(read), kind_of(listed)
    if one is None or other is None or one is other:
        return False
    if VehicleKind.VAN_OR_SUV in {one, other}:
        return not _NEVER_A_VAN.isdisjoint({one, other})
    return True


def compare_vehicles(read: Vehicle | None, listed: Vehicle | None) -> tuple[VehiclePart, ...]:
    """Return a line for each part that either description names, the kind of vehicle first."""
    lines = []
    for part in PARTS:
        seen, named = (getattr(one, part) or "" if one else "" for one in (read, listed))
        if seen or named:
            lines.append(VehiclePart(part=part, read=seen, listed=named, stand=_stand(part, seen, named)))
    return tuple(lines)


def _stand(part: str, read: str, listed: str) -> PartStand:
    if not read or not listed:
        return PartStand.ONLY_READ if read else PartStand.ONLY_LISTED
    if part == "body":
        one, other = Vehicle(body=read), Vehicle(body=listed)
        if contradicts(one, other):
            return PartStand.CONTRADICTS
        if kind_of(one) is kind_of(other) is not None:
            return PartStand.SAME
    one_word, other_word = "".join(_plain_words(read)), "".join(_plain_words(listed))
    # list files shorten: DODG, GRN; a year must be the same to the digit
    shorten = None if part == "year" else _ALIKE_LETTERS
    return PartStand.SAME if one_word[:shorten] == other_word[:shorten] else PartStand.OTHER_WORDS


def _plain_words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
