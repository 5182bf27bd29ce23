"""History: days of reads in our own NDJSON, and columns for benchmarks, made by the million.

What flows in: the traffic's columns and the readers' flaws. What flows out: lines, or arrays.
What it must never see: vendor formats; history is loaded in one form, quickly. Previews, repeats of parked vehicles,
duplicates and clock errors are left out here: a line is a passage as its reader read it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lockplate.errors import BadInput
from lockplate.simulate.camera import confuse, drop_character
from lockplate.simulate.chance import Chance
from lockplate.simulate.network import Network, compass_word
from lockplate.simulate.population import Population, Whole, plate_columns
from lockplate.simulate.reader import SimulatedReader
from lockplate.simulate.traffic import HOUR_MS, Crossings, Traffic
from lockplate.terms import PlateText, ReaderId

BENCH_START = 1_790_812_800
"""2026-10-01T00:00:00Z."""
BENCH_DAYS = 30

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""The constants of SplitMix64 (Steele, Lea, Flood 2014)."""


class BenchColumns(NamedTuple):
    """Reads as columns of equal length, ordered by time."""

    plates: list[PlateText]
    seconds: Whole
    """Seconds since 1970."""
    reader: NDArray[np.int32]
    """Place in a list of readers."""


def bench_columns(count: int, plates: int, readers: int, seed: int) -> BenchColumns:
    """Return that many reads of `plates` distinct invented plates by `readers` readers over thirty days.

    Few vehicles are seen often and many seldom: the square of an even draw picks the plate.
    """
    if min(count, plates, readers) < 1:
        raise BadInput("count, plates and readers are at least one", code="bad_bench_size")
    pool = np.array(plate_columns(plates, seed)[0], dtype=object)
    random = np.random.default_rng([seed, 5])
    chosen = (random.random(count) ** 2 * plates).astype(np.int64)
    seconds = BENCH_START + np.arange(count, dtype=np.int64) * (BENCH_DAYS * 86_400) // count
    return BenchColumns(pool[chosen].tolist(), seconds, random.integers(0, readers, count, dtype=np.int32))


class History:
    """The past of one fleet, as lines of our own NDJSON."""

    def __init__(
        self, seed: int, network: Network, readers: Sequence[SimulatedReader], population: Population, traffic: Traffic
    ) -> None:
        self._seed = seed
        self._network = network
        self._readers = readers
        self._population = population
        self._traffic = traffic
        self._heads = [
            _head(plate, region) for plate, region in zip(population.plates, population.regions, strict=True)
        ]
        self._middles = [
            _middle(reader.reader_id, compass_word((road.heading + turn) % 360))
            for reader in readers
            for road in network.roads
            for turn in (180, 0)
        ]
        self._confidences = [f"{hundredths / 100:.2f}}}\n" for hundredths in range(101)]
        self._misread = np.array([reader.flaws.misread for reader in readers])
        self._broken = self._misread + [reader.flaws.missing_character for reader in readers]
        self._missed = np.array([reader.flaws.missed + reader.flaws.plateless for reader in readers])
        self._low = np.array([reader.flaws.low_confidence for reader in readers])

    def lines(self, start: datetime, end: datetime) -> Iterator[bytes]:
        """Yield one NDJSON line, line feed included, for each read with start <= true time < end, oldest first."""
        for crossings in self._traffic.columns(start, end):
            yield from self._lines_of(crossings)

    def _lines_of(self, crossings: Crossings) -> Iterator[bytes]:
        luck = _even(crossings, self._seed, 1)
        kept = crossings.where((luck >= self._missed[crossings.reader]) & ~self._down(crossings))
        luck, certainty = _even(kept, self._seed, 2), _even(kept, self._seed, 3)
        wrong = luck < self._broken[kept.reader]
        unsure = _even(kept, self._seed, 4) < self._low[kept.reader]
        hundredths = np.where(unsure, 20 + certainty * 30, np.where(wrong, 45 + certainty * 45, 82 + certainty * 17))
        heads = [self._heads[vehicle] for vehicle in kept.vehicle.tolist()]
        for place in np.flatnonzero(wrong).tolist():
            dropped = luck[place] >= self._misread[kept.reader[place]]
            heads[place] = self._wrong_head(kept, place, dropped=bool(dropped))
        turn = (kept.reader * len(self._network.roads) + kept.road) * 2 + kept.forward
        times = np.datetime_as_string(kept.at_ms.astype("datetime64[ms]")).tolist()
        middles, confidences = self._middles, self._confidences
        for head, time, middle, hundredth in zip(
            heads, times, turn.tolist(), hundredths.astype(np.int64).tolist(), strict=True
        ):
            yield f"{head}{time}{middles[middle]}{confidences[hundredth]}".encode()

    def _wrong_head(self, kept: Crossings, place: int, *, dropped: bool) -> str:
        vehicle = int(kept.vehicle[place])
        chance = Chance(self._seed, "history", kept.block[place], kept.row[place])
        plate = self._population.plates[vehicle]
        text = drop_character(chance, plate) if dropped else confuse(chance, plate)
        return _head(text, self._population.regions[vehicle])

    def _down(self, crossings: Crossings) -> NDArray[np.bool_]:
        """Return which passages fell into an outage of a reader that does not buffer."""
        down = np.zeros(len(crossings.at_ms), dtype=bool)
        hour = int(crossings.at_ms[0]) // HOUR_MS
        start, end = (datetime.fromtimestamp(number * HOUR_MS // 1000, UTC) for number in (hour, hour + 1))
        for place, reader in enumerate(self._readers):
            for begins, ends in [] if reader.flaws.buffers else reader.outages(self._seed, start, end):
                first, last = int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)
                down |= (crossings.reader == place) & (crossings.at_ms >= first) & (crossings.at_ms < last)
        return down


def _head(plate: str, region: str) -> str:
    """Return the start of a line; no invented plate holds a character that JSON would escape."""
    return f'{{"plate":"{plate}","region":"{region}","captured_at":"'


def _middle(reader: ReaderId, direction: str) -> str:
    return f'Z","reader":"{reader}","direction":"{direction}","confidence_scale":"0-1","confidence":'


def _even(crossings: Crossings, seed: int, purpose: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each passage: its own whatever the window, by SplitMix64 of its lasting number."""
    mixed = (crossings.block.astype(np.uint64) << np.uint64(32)) + crossings.row.astype(np.uint64)
    mixed += _MIX[0] * np.full(1, (seed * 16 + purpose) % 2**64, dtype=np.uint64)
    for shift, factor in ((30, _MIX[1]), (27, _MIX[2])):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
