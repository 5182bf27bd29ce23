"""Network: the roads of an invented county, and the places along them where a reader can stand.

What flows in: nothing; the map is part of the program. What flows out: towns, roads, routes and sites.
What it must never see: a real county's readers. Alderwyn County, its towns and its roads do not exist.
"""

import heapq
import math
from collections.abc import Mapping

import msgspec

EARTH_KILOMETRES = 6371.0
DETOUR = 1.15
"""A road is this much longer than the straight line."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A town, or a gateway where a road leaves the county."""

    name: str
    latitude: float
    longitude: float
    weight: int
    """How many people live or work there, in proportion; 0 for a gateway."""


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """A road between two nodes, both ways."""

    name: str
    start: int
    end: int
    seconds: float
    """How long an unhurried vehicle takes from end to end."""
    heading: float
    """Compass degrees from start to end."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One road of a route."""

    road: int
    forward: bool
    after: float
    """Seconds from the start of the route to the start of this road."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A pole, bridge or gantry where a fixed reader stands."""

    road: int
    fraction: float
    """How far along the road, from its start."""
    looks_forward: bool
    """The reader looks along the road's own direction, so traffic that goes that way moves away from it."""
    latitude: float
    longitude: float
    place: str


_NODES = (
    ("Alderwyn", 41.300, -121.300, 30), ("Quillan Falls", 41.362, -121.214, 14), ("Marrowby", 41.238, -121.188, 12),
    ("Tessaly", 41.221, -121.391, 10), ("Ostwick", 41.381, -121.402, 9), ("Hollin Mills", 41.294, -121.082, 7),
    ("Sarn Crossing", 41.157, -121.292, 6), ("Vellmoor", 41.442, -121.297, 5), ("Dunmarrow", 41.312, -121.498, 5),
    ("North Gate", 41.512, -121.268, 0), ("South Gate", 41.083, -121.322, 0), ("East Gate", 41.331, -120.952, 0),
    ("West Gate", 41.274, -121.604, 0),
)  # fmt: skip

_ROADS = (
    ("Falls Road", 0, 1, 65), ("Marrow Parkway", 0, 2, 80), ("Tessaly Avenue", 0, 3, 65), ("Ostwick Road", 0, 4, 65),
    ("County Line Road", 0, 8, 80), ("Sarn Highway", 0, 6, 90), ("Vellmoor Road", 0, 7, 70),
    ("Old Mill Road", 1, 5, 60), ("Ridge Road", 1, 7, 60), ("Hollin Highway", 2, 5, 80), ("Quarry Road", 2, 6, 60),
    ("River Road", 3, 6, 60), ("Orchard Road", 3, 8, 60), ("Heron Road", 4, 7, 60), ("Lake Road", 4, 8, 60),
    ("North Highway", 7, 9, 100), ("South Highway", 6, 10, 100), ("East Highway", 5, 11, 90),
    ("West Highway", 8, 12, 100), ("Bridge Street", 1, 2, 50),
)  # fmt: skip

_POINTS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Network:
    """Nodes, roads, and the quickest route between any two nodes."""

    def __init__(self) -> None:
        self.nodes = tuple(
            Node(name=name, latitude=latitude, longitude=longitude, weight=weight)
            for name, latitude, longitude, weight in _NODES
        )
        self.roads = tuple(self._road(*road) for road in _ROADS)
        self._routes = {
            (origin, destination): route
            for origin in range(len(self.nodes))
            for destination, route in self._routes_from(origin).items()
        }

    @property
    def towns(self) -> tuple[int, ...]:
        """Return the nodes where people live."""
        return tuple(index for index, node in enumerate(self.nodes) if node.weight)

    @property
    def gateways(self) -> tuple[int, ...]:
        """Return the nodes where roads leave the county."""
        return tuple(index for index, node in enumerate(self.nodes) if not node.weight)

    def route(self, origin: int, destination: int) -> tuple[Step, ...]:
        """Return the quickest route; empty when origin and destination are one."""
        return self._routes[origin, destination]

    def point(self, road: int, fraction: float) -> tuple[float, float]:
        """Return latitude and longitude of a point on a road, to about a metre."""
        start, end = self.nodes[self.roads[road].start], self.nodes[self.roads[road].end]
        return (
            round(start.latitude + (end.latitude - start.latitude) * fraction, 5),
            round(start.longitude + (end.longitude - start.longitude) * fraction, 5),
        )

    def sites(self, count: int) -> tuple[Site, ...]:
        """Return that many sites, spread over the roads in turn; the first ones are on the busiest roads."""
        on_road = [count // len(self.roads) + (road < count % len(self.roads)) for road in range(len(self.roads))]
        return tuple(self._site(number, on_road[number % len(self.roads)]) for number in range(count))

    def _site(self, number: int, on_road: int) -> Site:
        road, place_on_road = number % len(self.roads), number // len(self.roads)
        fraction = (place_on_road + 1) / (on_road + 1)
        latitude, longitude = self.point(road, fraction)
        near = self.roads[road].start if fraction <= 0.5 else self.roads[road].end
        return Site(
            road=road,
            fraction=fraction,
            looks_forward=(road + place_on_road) % 2 == 0,
            latitude=latitude,
            longitude=longitude,
            place=f"{self.roads[road].name} near {self.nodes[near].name}",
        )

    def _road(self, name: str, start: int, end: int, kilometres_an_hour: int) -> Road:
        one, other = self.nodes[start], self.nodes[end]
        north = math.radians(other.latitude - one.latitude)
        east = math.radians(other.longitude - one.longitude) * math.cos(math.radians(one.latitude))
        kilometres = EARTH_KILOMETRES * math.hypot(north, east) * DETOUR
        return Road(
            name=name,
            start=start,
            end=end,
            seconds=round(kilometres / kilometres_an_hour * 3600, 1),
            heading=round(math.degrees(math.atan2(east, north)) % 360, 1),
        )

    def _routes_from(self, origin: int) -> Mapping[int, tuple[Step, ...]]:
        """Return the quickest route to every node; ties go to the lower road number, so the map never flickers."""
        found: dict[int, tuple[Step, ...]] = {}
        queue: list[tuple[float, int, tuple[tuple[int, bool], ...]]] = [(0.0, origin, ())]
        while queue:
            seconds, node, path = heapq.heappop(queue)
            if node in found:
                continue
            found[node] = self._steps(path)
            for index, road in enumerate(self.roads):
                if node in (road.start, road.end):
                    forward = node == road.start
                    reached = road.end if forward else road.start
                    heapq.heappush(queue, (seconds + road.seconds, reached, (*path, (index, forward))))
        return found

    def _steps(self, path: tuple[tuple[int, bool], ...]) -> tuple[Step, ...]:
        steps: list[Step] = []
        after = 0.0
        for index, forward in path:
            steps.append(Step(road=index, forward=forward, after=after))
            after += self.roads[index].seconds
        return tuple(steps)


def compass_word(heading: float) -> str:
    """Return N, NE, E … for compass degrees."""
    return _POINTS[round(heading / 45) % 8]
