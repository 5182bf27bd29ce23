"""Population: invented plates, no two alike, and lives that repeat."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.plate import fold
from lockplate.simulate.network import Network
from lockplate.simulate.population import MAX_VEHICLES, ROUND_STOPS, SHAPES, Population, _stride, plate_columns

SHAPE_OF = {
    "US-CA": r"0[A-Z]{3}\d{3}",
    "US-OR": r"\d{3}[IOQ][A-Z]{2}",
    "US-WA": r"[IOQ][A-Z]{2}\d{4}",
    "US-NV": r"\d{2}[IOQ]\d{3}",
    "DE": r"[A-ZÄÖÜ]{2} [A-Z]{2} \d{3}",
    "UA": r"[А-Я]{2}\d{4}[А-Я]{2}",
    "MX": r"Q[A-Z]{2}-\d{3}-Q",
}


@given(count=st.integers(1, 3000), seed=st.integers(0, 2**40))
@settings(max_examples=40, deadline=None)
def test_plates_are_distinct_and_of_their_shape(count, seed):
    """As many plates as asked, no two alike, each of its region's shape."""
    plates, regions = plate_columns(count, seed)

    assert count == len(set(plates)) == len(plates) == len(regions)
    assert all(re.fullmatch(SHAPE_OF[region], plate) for plate, region in zip(plates, regions, strict=True))


def test_every_shape_is_spoken_and_one_folds_from_cyrillic():
    """A few thousand vehicles show every shape; a Ukrainian plate folds to a Latin key."""
    plates, regions = plate_columns(3000, 5)
    ukrainian = plates[regions.index("UA")]

    assert {shape[0] for shape in SHAPES} == set(regions)
    assert not ukrainian.isascii()
    assert fold(ukrainian).isascii()


@pytest.mark.parametrize(("region", "size", "shape"), [(region, size, shape) for region, _, size, shape in SHAPES])
def test_a_shape_has_as_many_plates_as_it_says(region, size, shape):
    """The last number of a shape still gives a plate of that shape, different from the first."""
    first, last = shape(0), shape(size - 1)

    assert re.fullmatch(SHAPE_OF[region], first)
    assert re.fullmatch(SHAPE_OF[region], last)
    assert first != last


@given(seed=st.integers(0, 2**40))
def test_a_stride_visits_every_number(seed):
    """The step through a shape's numbers shares no divisor with their count, so it repeats nothing before the end."""
    assert {1} == {math.gcd(_stride(size, seed, region), size) for region, _, size, _ in SHAPES}


@pytest.mark.parametrize("count", [0, MAX_VEHICLES + 1])
def test_a_population_that_cannot_be_is_refused(count):
    """No vehicles, or more than memory should hold, is the caller's mistake."""
    with pytest.raises(BadInput):
        plate_columns(count, 1)


def test_nobody_commutes_nowhere():
    """Home and work are different towns, and a van's next stop is another town."""
    people = Population(3, Network(), 2000)

    assert not np.any(people.homes == people.workplaces)
    assert people.rounds.shape[1] == ROUND_STOPS
    assert not np.any(people.rounds[:, 1:] == people.rounds[:, :-1])
    assert 2000 == people.residents + people.vans + people.visitors == len(people)
    assert people.look(people.residents).body == "van"
