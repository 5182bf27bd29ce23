"""Fences: who stands in a circle is found, at the date line and the poles too, and nobody else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.intake.fences import (
    EARTH_RADIUS_METRES,
    SPHERE_ERROR,
    Fence,
    Fences,
    known_position,
    metres_between,
)
from lockplate.law.words import Place
from lockplate.read import Position
from lockplate.registry.places import MAX_RADIUS_METRES

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
POSITIONS = st.builds(lambda north, east: Position(latitude=north, longitude=east), LATITUDES, LONGITUDES)
RADII = st.floats(1, MAX_RADIUS_METRES)
SCHOOL = frozenset({Place.K12})


def fence(centre: Position, radius: float, kind: Place = Place.K12) -> Fence:
    return Fence(place="p1", kind=kind, centre=centre, radius_metres=radius)


def moved(start: Position, bearing: float, metres: float) -> Position:
    """Return where one comes out on the sphere."""
    angle, north, east = metres / EARTH_RADIUS_METRES, math.radians(start.latitude), math.radians(start.longitude)
    sine = math.sin(north) * math.cos(angle) + math.cos(north) * math.sin(angle) * math.cos(bearing)
    there = math.asin(max(-1.0, min(1.0, sine)))
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(north), math.cos(angle) - math.sin(north) * math.sin(there)
    )
    longitude = (math.degrees(east + turn) + 540) % 360 - 180
    return Position(latitude=math.degrees(there), longitude=longitude)


@given(POSITIONS, POSITIONS)
def test_distance_is_the_same_both_ways(one: Position, other: Position) -> None:
    """And never negative, nor more than half around the earth."""
    there, back = metres_between(one, other), metres_between(other, one)
    assert there == pytest.approx(back, abs=1e-3)
    assert 0 <= there <= math.pi * EARTH_RADIUS_METRES + 1


def test_distances_that_are_known() -> None:
    """One degree of a meridian is 111.2 km on this sphere; San Francisco to Los Angeles is about 559 km."""
    assert metres_between(Position(latitude=0, longitude=0), Position(latitude=1, longitude=0)) == pytest.approx(
        111_195, abs=1
    )
    west, south = Position(latitude=37.7749, longitude=-122.4194), Position(latitude=34.0522, longitude=-118.2437)
    assert metres_between(west, south) == pytest.approx(559_000, rel=0.005)


@given(POSITIONS, RADII, st.floats(0, 2 * math.pi), st.floats(0, 0.999))
def test_whoever_is_within_is_found(centre: Position, radius: float, bearing: float, part: float) -> None:
    """At the centre and anywhere within the radius, whatever cells lie between."""
    fences = Fences([fence(centre, radius)])
    assert fences.around(centre, SCHOOL) is not None
    assert fences.around(moved(centre, bearing, radius * part), SCHOOL) is not None


@given(POSITIONS, RADII, st.floats(0, 2 * math.pi), st.floats(1.001, 50))
def test_whoever_is_outside_is_not(centre: Position, radius: float, bearing: float, times: float) -> None:
    """Further than the radius and the sphere's error, nobody is inside."""
    away = moved(centre, bearing, radius * times / (1 - SPHERE_ERROR) + 0.01)
    assert Fences([fence(centre, radius)]).around(away, SCHOOL) is None


@pytest.mark.parametrize("longitude", [179.9999, -179.9999, 180.0, -180.0])
def test_the_date_line_is_no_wall(longitude: float) -> None:
    """A place on one side is found from the other."""
    fences = Fences([fence(Position(latitude=-17, longitude=longitude), 500)])
    for other in (179.9999, -179.9999, 180.0, -180.0):
        assert fences.around(Position(latitude=-17, longitude=other), SCHOOL) is not None


@pytest.mark.parametrize("latitude", [89.999, -89.999, 90.0, -90.0])
def test_the_poles_are_places_too(latitude: float) -> None:
    """Near a pole a few hundred metres are every longitude there is."""
    fences = Fences([fence(Position(latitude=latitude, longitude=0), 1000)])
    assert fences.around(Position(latitude=latitude, longitude=120), SCHOOL) is not None


def test_only_kinds_that_are_asked_for_count() -> None:
    """A court is no school."""
    fences = Fences([fence(Position(latitude=47, longitude=-122), 100, Place.COURT)])
    assert fences.around(Position(latitude=47, longitude=-122), SCHOOL) is None
    assert 1 == len(fences)


def test_an_answer_that_is_remembered_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again, asked of another kind, and asked of more spots than are remembered."""
    monkeypatch.setattr("lockplate.intake.fences.MAX_REMEMBERED", 3)
    fences = Fences([fence(Position(latitude=47, longitude=-122), 100)])
    spots = [Position(latitude=47 + step / 1000, longitude=-122) for step in range(9)]
    for _ in range(3):
        assert [True] + [False] * 8 == [fences.around(spot, SCHOOL) is not None for spot in spots]
        assert fences.around(spots[0], frozenset({Place.COURT})) is None


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(math.nan, 0), (0, math.nan), (91, 0), (0, 181), (math.inf, 0), (-90.1, 0), (0, 0)]
)
def test_nonsense_is_unknown(latitude: float, longitude: float) -> None:
    """What is nowhere on earth is no position, nor is 0, 0, which receivers without a fix send."""
    assert known_position(Position(latitude=latitude, longitude=longitude)) is None
    assert known_position(None) is None
