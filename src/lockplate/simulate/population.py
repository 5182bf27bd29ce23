"""Population: the vehicles of an invented county, with invented plates, and where each of them goes.

What flows in: a seed and how many vehicles. What flows out: plates, looks, homes, workplaces and delivery rounds.
What it must never see: a list of real plates. The shapes are like those of real plates; the series are chosen among
those that, as far as we know, are not issued (a leading 0 in California, a leading I, O or Q elsewhere).
"""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lockplate.errors import BadInput
from lockplate.plate import LOOK_ALIKES
from lockplate.simulate.chance import number_of
from lockplate.simulate.network import Network
from lockplate.simulate.passage import Look
from lockplate.terms import PlateText

Whole = NDArray[np.int64]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROUND_STOPS = 11
"""A van's working day: a stop for each hour from 07:00 to 17:00 local time."""
FIRST_ROUND_HOUR = 7
MAX_VEHICLES = 2_000_000

_PAIRS = tuple(map("".join, product(LETTERS, repeat=2)))
_TRIPLES = tuple(map("".join, product(LETTERS, repeat=3)))
_CYRILLIC = tuple(look_alike for look_alike, latin in LOOK_ALIKES.items() if latin in "ABEKMHOPCTX")[:11]
_GERMAN_DISTRICTS = ("ÜQ", "ÖZ", "QX", "XÄ")


def _california(index: int) -> str:
    return f"0{_TRIPLES[index // 1000]}{index % 1000:03d}"


def _oregon(index: int) -> str:
    return f"{index % 1000:03d}{'IOQ'[index // 1000 % 3]}{_PAIRS[index // 3000]}"


def _washington(index: int) -> str:
    return f"{'IOQ'[index // 10_000 % 3]}{_PAIRS[index // 30_000]}{index % 10_000:04d}"


def _nevada(index: int) -> str:
    return f"{index % 100:02d}{'IOQ'[index // 100 % 3]}{index // 300 % 1000:03d}"


def _german(index: int) -> str:
    return f"{_GERMAN_DISTRICTS[index // 1000 % 4]} {_PAIRS[index // 4000]} {index % 1000:03d}"


def _ukrainian(index: int) -> str:
    first, second = _CYRILLIC[index // 10_000 % 11], _CYRILLIC[index // 110_000 % 11]
    return f"{first}{second}{index % 10_000:04d}{second}{first}"


def _mexican(index: int) -> str:
    return f"Q{_PAIRS[index // 1000]}-{index % 1000:03d}-Q"


SHAPES: tuple[tuple[str, float, int, Callable[[int], str]], ...] = (
    ("US-CA", 0.72, 17_576_000, _california),
    ("US-OR", 0.12, 2_028_000, _oregon),
    ("US-NV", 0.06, 300_000, _nevada),
    ("US-WA", 0.06, 20_280_000, _washington),
    ("MX", 0.02, 676_000, _mexican),
    ("DE", 0.01, 2_704_000, _german),
    ("UA", 0.01, 1_210_000, _ukrainian),
)
"""Region, share of the vehicles, how many plates the shape has, and the plate of a number below that."""

LOOKS: tuple[Look, ...] = tuple(
    Look(make=make, model=model, color=color, body=body)
    for (make, model, body), color in product(
        (
            ("Toyota", "Camry", "sedan"), ("Honda", "Civic", "sedan"), ("Ford", "F-150", "pickup"),
            ("Subaru", "Outback", "suv"), ("Chevrolet", "Silverado", "pickup"), ("Tesla", "Model 3", "sedan"),
            ("Toyota", "RAV4", "suv"), ("Nissan", "Leaf", "hatchback"), ("Jeep", "Wrangler", "suv"),
            ("Volkswagen", "Golf", "hatchback"),
        ),
        ("white", "black", "silver", "blue", "red", "green", "gray"),
    )
)  # fmt: skip
VAN_LOOKS: tuple[Look, ...] = tuple(
    Look(make=make, model=model, color=color, body="van")
    for (make, model), color in product((("Ford", "Transit"), ("Mercedes", "Sprinter")), ("white", "gray", "brown"))
)


def plate_columns(count: int, seed: int) -> tuple[list[PlateText], list[str]]:
    """Return that many distinct invented plates and their regions, shapes mixed by their shares.

    A million take under two seconds. Raises BadInput for more than a shape has.
    """
    if not 0 < count <= MAX_VEHICLES:
        raise BadInput(f"between 1 and {MAX_VEHICLES} vehicles can be invented", code="bad_vehicle_count")
    shares = np.array([share for _, share, _, _ in SHAPES])
    chosen = np.random.default_rng([seed, 1]).choice(len(SHAPES), size=count, p=shares / shares.sum())
    plates: list[PlateText] = [PlateText("")] * count
    regions = [SHAPES[shape][0] for shape in chosen.tolist()]
    for number, (region, _, size, shape) in enumerate(SHAPES):
        places = np.flatnonzero(chosen == number).tolist()
        if len(places) > size:
            raise BadInput("more vehicles than a plate shape has plates", code="bad_vehicle_count")
        step, first = _stride(size, seed, region), number_of(size, seed, "first", region)
        for turn, place in enumerate(places):
            plates[place] = PlateText(shape((first + turn * step) % size))
    return plates, regions


def _stride(size: int, seed: int, region: str) -> int:
    """Return a step that visits every number below `size` before it repeats: no plate is invented twice."""
    step = size // 3 + number_of(size // 3, seed, "stride", region)
    while math.gcd(step, size) != 1:
        step += 1
    return step


class Population:
    """Every vehicle: residents first (the first of them commute), then vans, then visitors."""

    def __init__(self, seed: int, network: Network, vehicles: int) -> None:
        random = np.random.default_rng([seed, 2])
        self.plates, self.regions = plate_columns(vehicles, seed)
        self.residents = max(1, int(vehicles * 0.55))
        self.vans = max(1, int(vehicles * 0.02))
        self.visitors = max(0, vehicles - self.residents - self.vans)
        towns = np.array(network.towns)
        weights = np.array([network.nodes[town].weight for town in network.towns], dtype=float)
        weights /= weights.sum()
        self.homes: Whole = random.choice(towns, size=vehicles, p=weights)
        self.workplaces = _elsewhere(random, towns, weights, self.homes)
        self.gateways = np.array(network.gateways)
        self.commuters = int(self.residents * 0.6)
        self.leaves: Whole = random.choice([6, 7, 8, 9], size=self.commuters, p=[0.2, 0.4, 0.3, 0.1])
        self.returns: Whole = random.choice([15, 16, 17, 18], size=self.commuters, p=[0.15, 0.35, 0.35, 0.15])
        self.minutes: Whole = random.integers(0, 60, size=self.commuters)
        stops = [random.choice(towns, size=self.vans, p=weights)]
        for _ in range(ROUND_STOPS - 1):
            stops.append(_elsewhere(random, towns, weights, stops[-1]))
        self.rounds = np.stack(stops, axis=1)
        self._looks = random.integers(0, len(LOOKS), size=vehicles)

    def __len__(self) -> int:
        return len(self.plates)

    def look(self, vehicle: int) -> Look:
        """Return what a vehicle looks like."""
        if self.residents <= vehicle < self.residents + self.vans:
            return VAN_LOOKS[int(self._looks[vehicle]) % len(VAN_LOOKS)]
        return LOOKS[int(self._looks[vehicle])]

    def commuters_at(self, local_hour: int) -> tuple[Whole, bool]:
        """Return who sets out to work (or, True, back home) in a local hour, always in the same order."""
        if 6 <= local_hour <= 9:
            return np.flatnonzero(self.leaves == local_hour), False
        return np.flatnonzero(self.returns == local_hour), True


def _elsewhere(random: np.random.Generator, towns: Whole, weights: NDArray[np.float64], not_here: Whole) -> Whole:
    """Return a town for each place given, never the same one."""
    chosen: Whole = random.choice(towns, size=len(not_here), p=weights)
    while (same := np.flatnonzero(chosen == not_here)).size:
        chosen[same] = random.choice(towns, size=same.size, p=weights)
    return chosen
