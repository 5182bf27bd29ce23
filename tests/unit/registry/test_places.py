"""Places in the registry: kept as said, for one operator, all of a file or none; what is no place is refused."""

import math
from typing import Any

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.law.words import Place
from lockplate.read import Position
from lockplate.registry.places import DEFAULT_RADIUS_METRES, NewPlace, Places
from lockplate.terms import OperatorId

PINE = OperatorId("pine-county")


@pytest.fixture
def places(engine: Engine, clock: SetClock, county: object) -> Places:
    return Places(engine, clock)


def school(**more: Any) -> NewPlace:
    values = {"kind": Place.K12, "name": " Fir School ", "position": Position(latitude=47.6, longitude=-122.3)}
    return NewPlace(**(values | more))


def test_a_place_is_kept_as_said(places: Places, clock: SetClock) -> None:
    """By kind and name; the radius is ours when nobody says one; gone once removed."""
    court, fir = places.add(PINE, [school(kind=Place.COURT, name="Oak Court", radius_metres=250.5), school()])
    assert (court.place, fir.place) == tuple(one.place for one in places.list_all(PINE))
    assert ("Fir School", DEFAULT_RADIUS_METRES, clock.now()) == (
        places.get(fir.place).name, places.get(fir.place).radius_metres, places.get(fir.place).added_at,
    )  # fmt: skip
    assert (250.5, court.position) == (places.get(court.place).radius_metres, places.get(court.place).position)
    assert court == places.remove(court.place)
    with pytest.raises(NotFound):
        places.remove(court.place)
    assert () == places.list_all(OperatorId("elsewhere"))


@pytest.mark.parametrize(
    "bad",
    [
        {"name": " "},
        {"position": Position(latitude=90.1, longitude=0)},
        {"position": Position(latitude=math.nan, longitude=0)},
        {"position": Position(latitude=47, longitude=-180.1)},
        {"radius_metres": 0.9},
        {"radius_metres": 5000.1},
        {"radius_metres": math.nan},
    ],
)
def test_what_is_no_place_is_refused_with_all_that_came_with_it(places: Places, bad: dict[str, Any]) -> None:
    """Nowhere on earth, nameless, or larger than any school: nothing of the call is kept."""
    with pytest.raises(BadInput):
        places.add(PINE, [school(), school(**bad)])
    assert () == places.list_all(PINE)


def test_nobody_has_places_who_is_not_here(places: Places) -> None:
    """An operator that does not exist has none."""
    with pytest.raises(Conflict):
        places.add(OperatorId("nobody"), [school()])
