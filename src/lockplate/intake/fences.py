"""Fences: places of kinds at which a law lets no reader collect, and whether a position lies within one.

What flows in: places with a centre and a radius; a position. What flows out: the place it lies in, or None.
What it must never see: a plate, a store. In doubt a position is inside: a sphere is up to 0.6 % wrong, so distances are
taken short.
"""

import itertools
import math
from collections.abc import Iterable

import msgspec

from lockplate.law.words import Place
from lockplate.read import Position

EARTH_RADIUS_METRES = 6_371_008.8
SPHERE_ERROR = 0.006
"""The most by which a distance on the sphere differs from one on the ellipsoid."""

MAX_REMEMBERED = 20_000

_CELL_DEGREES = 0.05
_CELLS_AROUND = round(360 / _CELL_DEGREES)
_POLAR_LATITUDE = 85.0
"""Nearer to a pole a fence may touch every column of cells: those few are always looked at."""


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """A circle around a place."""

    place: str
    """The place's id."""
    kind: Place
    centre: Position
    radius_metres: float


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader stands, as registered."""

    position: Position | None = None
    moves: bool = False
    """It is mobile: its position is where it is kept, and says nothing of where a read was made."""


UNKNOWN_STAND = Stand()
"""Of a reader that nobody registered, or of which nobody said where it stands."""


class Fences:
    """The fences of one operator, in cells, so that a position is compared with the few that are near.

    Nothing changes once it is made, so an answer is remembered: most readers ask from the same spot every time.
    """

    def __init__(self, fences: Iterable[Fence] = ()) -> None:
        self._polar: list[Fence] = []
        self._cells: dict[tuple[int, int], list[Fence]] = {}
        self._remembered: dict[tuple[Position, frozenset[Place]], Fence | None] = {}
        self._count = 0
        for fence in fences:
            self._count += 1
            self._add(fence)

    def __len__(self) -> int:
        return self._count

    def around(self, position: Position, kinds: frozenset[Place]) -> Fence | None:
        """Return a fence of one of these kinds that a position lies in, or None."""
        if not self._count:
            return None
        asked = position, kinds
        try:
            return self._remembered[asked]
        except KeyError:
            pass
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        found = self._remembered[asked] = self._find(position, kinds)
        return found

    def _find(self, position: Position, kinds: frozenset[Place]) -> Fence | None:
        cell = _row(position.latitude), _column(position.longitude)
        near = itertools.chain(self._cells.get(cell, ()), self._polar)
        return next((one for one in near if one.kind in kinds and lies_in(position, one)), None)

    def _add(self, fence: Fence) -> None:
        reach = math.degrees(fence.radius_metres * (1 + 2 * SPHERE_ERROR) / EARTH_RADIUS_METRES)
        south, north = fence.centre.latitude - reach, fence.centre.latitude + reach
        if max(abs(south), abs(north)) > _POLAR_LATITUDE:
            self._polar.append(fence)
            return
        width = reach / math.cos(math.radians(max(abs(south), abs(north))))
        first, last = (math.floor((fence.centre.longitude + side) / _CELL_DEGREES) for side in (-width, width))
        for row in range(_row(south), _row(north) + 1):
            for column in range(first, last + 1):
                self._cells.setdefault((row, column % _CELLS_AROUND), []).append(fence)


def lies_in(position: Position, fence: Fence) -> bool:
    """Say whether a position lies within a fence, in doubt yes."""
    return metres_between(position, fence.centre) * (1 - SPHERE_ERROR) <= fence.radius_metres


def metres_between(one: Position, other: Position) -> float:
    """Return the distance of two positions on a sphere (haversine); at most 0.6 % from that on the ellipsoid."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    half_north = math.sin((north - south) / 2)
    half_east = math.sin(math.radians(other.longitude - one.longitude) / 2)
    chord = half_north * half_north + math.cos(south) * math.cos(north) * half_east * half_east
    return 2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(1.0, chord)))


def known_position(position: Position | None) -> Position | None:
    """Return the position, or None for one that is nowhere on earth, or is 0, 0: a receiver without a fix says that."""
    if position is None or not (abs(position.latitude) <= 90 and abs(position.longitude) <= 180):
        return None
    return position if position.latitude or position.longitude else None


def _row(latitude: float) -> int:
    return math.floor(latitude / _CELL_DEGREES)


def _column(longitude: float) -> int:
    return math.floor(longitude / _CELL_DEGREES) % _CELLS_AROUND
