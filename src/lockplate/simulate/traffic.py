"""Traffic: who drives where, hour by hour, as columns; and the passages that come of it.

What flows in: the map, the population, the fixed and mobile readers, a rate. What flows out: passages in order of time.
What it must never see: cameras and their faults; this is the truth that cameras then get wrong.

Trips are made in blocks, one for each UTC hour in which they set out, each block from its own seed. A window can
therefore start anywhere, and two windows that meet hold the same passages as one window over both.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from lockplate.errors import BadInput
from lockplate.simulate.chance import Chance
from lockplate.simulate.network import Network, Site, compass_word
from lockplate.simulate.passage import Passage
from lockplate.simulate.population import FIRST_ROUND_HOUR, ROUND_STOPS, Population, Whole
from lockplate.simulate.reader import SimulatedReader
from lockplate.terms import SECONDS_PER_PERIOD

HOUR_MS = SECONDS_PER_PERIOD * 1000
BLOCKS_BACK = 2
"""A trip ends at most this many hours after the hour in which it set out; the map is small enough."""
LONGEST_STAY_SECONDS = 3 * 3600

COMMUTER_SHARE = 0.40
VAN_SHARE = 0.15
VISITOR_SHARE_OF_REST = 0.25
PARKED_SHARE = 0.004
ABSENT_TODAY = 0.08

# Shares of a day's traffic by local hour; each row is scaled to a mean of one.
_WEEKDAY = (2, 1, 1, 1, 3, 8, 18, 30, 28, 20, 18, 19, 21, 21, 23, 28, 32, 33, 27, 19, 14, 11, 8, 4)
_WEEKEND = (4, 3, 2, 1, 2, 3, 6, 10, 15, 20, 25, 27, 28, 28, 27, 26, 25, 23, 21, 18, 15, 12, 10, 7)


class Crossings(NamedTuple):
    """Passages as columns of equal length, ordered by time."""

    at_ms: Whole
    """Milliseconds since 1970, true time."""
    vehicle: Whole
    reader: Whole
    """Place in the fleet's list."""
    road: Whole
    forward: NDArray[np.bool_]
    stay: Whole
    """Seconds parked in view, else 0."""
    block: Whole
    row: Whole
    """With `block`, the passage's lasting number."""

    def where(self, chosen: NDArray[np.bool_] | Whole) -> "Crossings":
        """Return the chosen rows."""
        return Crossings._make(column[chosen] for column in self)


class Trips(NamedTuple):
    """Trips as columns: who, from where, to where, when (ms since 1970)."""

    vehicle: Whole
    origin: Whole
    destination: Whole
    at_ms: Whole


class _Route(NamedTuple):
    """Every route end to end: which readers it passes, when, on which road; and where each route starts in that."""

    first: Whole
    length: Whole
    readers_on: Whole
    """How many fixed readers a route passes."""
    reader: Whole
    """A fixed reader, or -1 for the middle of a road, where a mobile reader may stand."""
    road: Whole
    forward: NDArray[np.bool_]
    after_ms: NDArray[np.float64]


class Traffic:
    """The traffic of one county: passages between any two instants, at a stated mean rate."""

    def __init__(
        self,
        *,
        seed: int,
        network: Network,
        sites: Sequence[Site],
        readers: Sequence[SimulatedReader],
        population: Population,
        passages_per_hour: float,
        zone: ZoneInfo,
    ) -> None:
        if passages_per_hour <= 0:
            raise BadInput("the rate must be above zero", code="bad_rate")
        self._seed = seed
        self._network = network
        self._sites = sites
        self._readers = readers
        self._population = population
        self._rate = passages_per_hour
        self._zone = zone
        self._mobile = [place for place, reader in enumerate(readers) if reader.mobile]
        self._parking = [place for place, reader in enumerate(readers) if reader.watches_parking]
        self._routes = self._index_routes()
        # Mobile readers see passages on top of the fixed ones; the rate is what all of them see together.
        roads, seen = int((self._routes.reader < 0).sum()), int((self._routes.reader >= 0).sum())
        self._fixed_share = 1 / (1 + len(self._mobile) * roads / len(network.roads) / seen)

    def passages(self, start: datetime, end: datetime) -> Iterator[Passage]:
        """Yield every passage with start <= at < end, oldest first."""
        for crossings in self.columns(start, end):
            yield from self.passages_of(crossings)

    def columns(self, start: datetime, end: datetime) -> Iterator[Crossings]:
        """Yield the same passages as columns, one batch for each UTC hour that holds any."""
        start_ms, end_ms = milliseconds(start), milliseconds(end)
        if end_ms <= start_ms:
            return
        first, last = start_ms // HOUR_MS, (end_ms - 1) // HOUR_MS
        waiting: list[Crossings] = [self._block(hour) for hour in range(first - BLOCKS_BACK, first)]
        for hour in range(first, last + 1):
            waiting.append(self._block(hour))
            everything = Crossings(*(np.concatenate(columns) for columns in zip(*waiting, strict=True)))
            due = everything.at_ms < (hour + 1) * HOUR_MS
            waiting = [everything.where(~due)]
            wanted = due & (everything.at_ms >= max(start_ms, hour * HOUR_MS)) & (everything.at_ms < end_ms)
            batch = everything.where(wanted)
            if len(batch.at_ms):
                yield batch.where(np.lexsort((batch.row, batch.block, batch.at_ms)))

    def passages_of(self, crossings: Crossings) -> Iterator[Passage]:
        """Yield the rows of a batch as passages."""
        for at_ms, vehicle, place, road, forward, stay, block, row in zip(
            *(column.tolist() for column in crossings), strict=True
        ):
            reader = self._readers[place]
            heading = self._network.roads[road].heading
            heading = heading if forward else (heading + 180) % 360
            if reader.mobile:
                latitude, longitude = self._network.point(road, 0.5)
                approaching = (block + row) % 2 == 0
            else:
                latitude, longitude = reader.latitude, reader.longitude
                approaching = forward != self._sites[place].looks_forward
            yield Passage(
                passage_id=f"p{block:x}-{row:x}",
                at=datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(milliseconds=at_ms % 1000),
                reader=reader.reader_id,
                plate=self._population.plates[vehicle],
                region=self._population.regions[vehicle],
                vehicle=vehicle,
                look=self._population.look(vehicle),
                direction=compass_word(heading),
                heading=heading,
                approaching=approaching,
                lane=1 + (vehicle + row) % 2,
                latitude=latitude,
                longitude=longitude,
                parked_seconds=stay,
            )

    def wanted(self, hour: int) -> float:
        """Return how many passages an hour (counted from 1970) should hold, by the local time of day."""
        local = datetime.fromtimestamp(hour * SECONDS_PER_PERIOD, UTC).astimezone(self._zone)
        shape = _WEEKDAY if local.weekday() < 5 else _WEEKEND
        return self._rate * shape[local.hour] * len(shape) / sum(shape)

    def _block(self, hour: int) -> Crossings:
        """Make the trips that set out in one UTC hour and everything they pass."""
        random = np.random.default_rng([self._seed, 3, hour])
        wanted = self.wanted(hour) * self._fixed_share
        local = datetime.fromtimestamp(hour * SECONDS_PER_PERIOD, UTC).astimezone(self._zone)
        trips = [
            self._limit(self._commuters(random, hour, local), wanted * COMMUTER_SHARE),
            self._limit(self._vans(random, hour, local), wanted * VAN_SHARE),
        ]
        left = wanted - sum(self._passes(trip).sum() for trip in trips)
        trips += self._others(random, hour, left)
        joined = Trips(*(np.concatenate(columns) for columns in zip(*trips, strict=True)))
        parts = [self._along(random, hour, joined), self._parked(random, hour, wanted)]
        at_ms, vehicle, reader, road, forward, stay = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        rows = np.arange(len(at_ms))
        return Crossings(at_ms, vehicle, reader, road, forward, stay, np.full(len(at_ms), hour), rows)

    def _commuters(self, random: np.random.Generator, hour: int, local: datetime) -> Trips:
        """Return the way to work or home of those whose hour it is; at the same minute each day, give or take."""
        people = self._population
        who, homewards = people.commuters_at(local.hour)
        if local.weekday() >= 5:
            who = who[:0]
        who = who[random.random(len(who)) >= ABSENT_TODAY]
        minute = np.clip(people.minutes[who] + random.normal(0, 3, len(who)), 0, 59.9)
        home, work = people.homes[who], people.workplaces[who]
        at_ms = hour * HOUR_MS + (minute * 60_000).astype(np.int64)
        return Trips(who, work, home, at_ms) if homewards else Trips(who, home, work, at_ms)

    def _vans(self, random: np.random.Generator, hour: int, local: datetime) -> Trips:
        """Return each van's leg of this hour; the same round every day, Saturdays included."""
        people = self._population
        leg = local.hour - FIRST_ROUND_HOUR
        working = 0 <= leg < ROUND_STOPS - 1 and local.weekday() < 6
        who = np.arange(people.vans if working else 0)
        stops = people.rounds[: len(who)]
        at_ms = hour * HOUR_MS + random.integers(0, HOUR_MS, len(who))
        return Trips(who + people.residents, stops[:, leg], stops[:, leg + 1], at_ms) if working else Trips(*[who] * 4)

    def _others(self, random: np.random.Generator, hour: int, left: float) -> list[Trips]:
        """Return errands and visitors until the hour has the passages it should have."""
        drawn: list[Trips] = []
        while left > 0:
            count = int(left / 2) + 16
            trips = self._limit(self._errands_and_visitors(random, hour, count), left)
            left -= float(self._passes(trips).sum())
            drawn.append(trips)
            if len(trips.vehicle) < count:
                break
        return drawn

    def _errands_and_visitors(self, random: np.random.Generator, hour: int, count: int) -> Trips:
        people = self._population
        nodes = np.arange(len(self._network.nodes))
        visiting = (random.random(count) < VISITOR_SHARE_OF_REST) & (people.visitors > 0)
        visitor = people.residents + people.vans + random.integers(0, max(1, people.visitors), count)
        vehicle = np.where(visiting, visitor, random.integers(0, people.residents, count))
        home = np.where(visiting, random.choice(people.gateways, count), people.homes[vehicle])
        away = (home + random.integers(1, len(nodes), count)) % len(nodes)
        outwards = random.random(count) < 0.5
        at_ms = hour * HOUR_MS + random.integers(0, HOUR_MS, count)
        return Trips(vehicle, np.where(outwards, home, away), np.where(outwards, away, home), at_ms)

    def _passes(self, trips: Trips) -> Whole:
        """Return how many fixed readers each trip passes."""
        passed: Whole = self._routes.readers_on[trips.origin * len(self._network.nodes) + trips.destination]
        return passed

    def _limit(self, trips: Trips, most: float) -> Trips:
        """Return the first trips that together pass no more readers than `most`, and the one that crosses it."""
        passed = np.cumsum(self._passes(trips))
        keep = int(np.searchsorted(passed, most)) + (1 if most > 0 else 0)
        return Trips(*(column[:keep] for column in trips))

    def _along(self, random: np.random.Generator, hour: int, trips: Trips) -> tuple[NDArray[np.generic], ...]:
        """Return what trips pass: one row for each reader on the way, mobile ones where they stand in that hour."""
        routes = self._routes
        pair = trips.origin * len(self._network.nodes) + trips.destination
        length = routes.length[pair]
        trip = np.repeat(np.arange(len(pair)), length)
        entry = routes.first[pair][trip] + np.arange(len(trip)) - np.repeat(np.cumsum(length) - length, length)
        pace = random.uniform(0.9, 1.25, len(pair))
        at_ms = trips.at_ms[trip] + (routes.after_ms[entry] * pace[trip]).astype(np.int64)
        reader, road = routes.reader[entry], routes.road[entry]
        chosen = [np.flatnonzero(reader >= 0)]
        readers = [reader[chosen[0]]]
        offset = np.clip(at_ms // HOUR_MS - hour, 0, BLOCKS_BACK)
        for place in self._mobile:
            stands = np.array([self.mobile_road(place, hour + later) for later in range(BLOCKS_BACK + 1)])
            chosen.append(np.flatnonzero((reader < 0) & (road == stands[offset])))
            readers.append(np.full(len(chosen[-1]), place))
        rows = np.concatenate(chosen)
        vehicle, stay = trips.vehicle[trip[rows]], np.zeros(len(rows), dtype=np.int64)
        return at_ms[rows], vehicle, np.concatenate(readers), road[rows], routes.forward[entry[rows]], stay

    def mobile_road(self, place: int, hour: int) -> int:
        """Return the road on which a mobile reader stands in one UTC hour."""
        return Chance(self._seed, "mobile", place, hour).below(len(self._network.roads))

    def _parked(self, random: np.random.Generator, hour: int, wanted: float) -> tuple[NDArray[np.generic], ...]:
        """Return vehicles that stop in view of a reader that watches parking places."""
        count = int(random.poisson(wanted * PARKED_SHARE)) if self._parking else 0
        reader = random.choice(np.array(self._parking or [0]), count)
        roads = np.array(
            [0 if reader.mobile else site.road for reader, site in zip(self._readers, self._sites, strict=True)]
        )
        at_ms = hour * HOUR_MS + random.integers(0, HOUR_MS, count)
        vehicle = random.integers(0, self._population.residents, count)
        stay = random.integers(600, LONGEST_STAY_SECONDS, count)
        return at_ms, vehicle, reader, roads[reader], random.random(count) < 0.5, stay

    def _index_routes(self) -> _Route:
        """Lay every route out end to end, so that trips can be followed without a loop."""
        nodes = range(len(self._network.nodes))
        on_road: list[list[tuple[float, int]]] = [[(0.5, -1)] for _ in self._network.roads]
        for place, (site, reader) in enumerate(zip(self._sites, self._readers, strict=True)):
            if not reader.mobile:
                on_road[site.road].append((site.fraction, place))
        first, length, readers_on = [], [], []
        entries: list[tuple[int, int, bool, float]] = []
        for origin in nodes:
            for destination in nodes:
                first.append(len(entries))
                for step in self._network.route(origin, destination):
                    seconds = self._network.roads[step.road].seconds
                    for fraction, place in sorted(on_road[step.road], reverse=not step.forward):
                        along = fraction if step.forward else 1 - fraction
                        entries.append((place, step.road, step.forward, (step.after + along * seconds) * 1000))
                length.append(len(entries) - first[-1])
                readers_on.append(sum(entry[0] >= 0 for entry in entries[first[-1] :]))
        return _Route(
            *(np.array(column) for column in (first, length, readers_on)),
            *(np.array(column) for column in zip(*entries, strict=True)),
        )


def milliseconds(at: datetime) -> int:
    """Return milliseconds since 1970, rounded up, so that [start, end) keeps its meaning."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return -(-(since // timedelta(microseconds=1)) // 1000)
