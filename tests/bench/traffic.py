"""Traffic: the invented reads that every measure works on, ours and the alternatives' alike.

What flows in: sizes and the instant of the start. What flows out: files, columns of a month, vendor payloads.
What it must never see: a node.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from ground import SEED
from numpy.typing import NDArray

from lockplate.simulate.fleet import Fleet
from lockplate.simulate.message import Message
from lockplate.simulate.payloads import DIALECTS
from lockplate.simulate.population import plate_columns
from lockplate.terms import SECONDS_PER_PERIOD, PlateText

READERS = 40
DAYS = 30
FILE_HOURS = 48
NOON = 13
MOST_BEHIND = 10
"""The zones of IANA's Etc reach from twelve hours behind to fourteen ahead."""
VENDOR_DIALECTS = tuple(dialect.name for dialect in DIALECTS if dialect.format != "lockplate")


class Hour(NamedTuple):
    """The reads of one hour, ordered by time."""

    plates: NDArray[np.int64]
    """Place of each read's plate among the month's plates."""
    seconds: NDArray[np.uint32]
    readers: NDArray[np.int32]


class Month:
    """Thirty days of reads, made hour by hour, the same whoever asks.

    As in simulate.history's columns, few vehicles are seen often and many seldom: the square of an even draw picks the
    plate. They are drawn by the hour here, so that a hundred million reads never stand in memory at once.
    """

    def __init__(self, reads: int, vehicles: int, now: datetime) -> None:
        start = now - timedelta(days=DAYS)
        self.first = -(-int(start.timestamp()) // SECONDS_PER_PERIOD)
        self.hours = int(now.timestamp()) // SECONDS_PER_PERIOD - self.first
        self.reads = reads
        self._vehicles = vehicles

    @cached_property
    def plates(self) -> list[PlateText]:
        """Every plate of the month."""
        return plate_columns(self._vehicles, SEED)[0]

    def readers(self) -> tuple[str, ...]:
        """Return the readers' ids."""
        return tuple(f"sim-{place + 1:02d}" for place in range(READERS))

    def hour(self, number: int) -> Hour:
        """Return the reads of the n-th hour."""
        count = self.reads * (number + 1) // self.hours - self.reads * number // self.hours
        random = np.random.default_rng([SEED, 11, number])
        start = (self.first + number) * SECONDS_PER_PERIOD
        return Hour(
            (random.random(count) ** 2 * self._vehicles).astype(np.int64),
            np.sort(random.integers(start, start + SECONDS_PER_PERIOD, count, dtype=np.int64)).astype(np.uint32),
            random.integers(0, READERS, count, dtype=np.int32),
        )

    def batches(self, most: int = 1_000_000) -> Iterator[Hour]:
        """Yield the month in batches of whole hours that never cross a UTC day and rarely hold more than `most`."""
        waiting: list[Hour] = []
        for number in range(self.hours):
            waiting.append(self.hour(number))
            day_ends = (self.first + number + 1) % 24 == 0
            if day_ends or number == self.hours - 1 or sum(len(one.plates) for one in waiting) * 2 > most:
                yield Hour(*map(np.concatenate, zip(*waiting, strict=True)))
                waiting = []


def lines(count: int, now: datetime) -> Iterator[bytes]:
    """Yield that many lines of our own NDJSON, the newest two days of a county of forty readers."""
    end = now.replace(minute=0, second=0, microsecond=0)
    fleet = Fleet(SEED, READERS, passages_per_hour=max(50.0, count / FILE_HOURS * 1.25))
    return islice(fleet.history_ndjson(end - timedelta(hours=FILE_HOURS), end), count)


def write_lines(path: Path, count: int, now: datetime, told: Callable[[str, int, int], None]) -> int:
    """Write the lines to a file and return how many there are."""
    written = 0
    with path.open("wb") as file:
        for line in lines(count, now):
            file.write(line)
            written += 1
            if not written % 100_000:
                told("writing the file", written, count)
    return written


class _Line(msgspec.Struct):
    plate: str
    captured_at: str
    reader: str
    region: str


def write_table(path: Path, source: Path) -> None:
    """Write the lines of a file as a CSV of plate, time, reader and region."""
    decoder = msgspec.json.Decoder(_Line)
    with source.open("rb") as read, path.open("w", encoding="utf-8") as file:
        file.write("plate,seen_at,camera,region\n")
        for line in read:
            one = decoder.decode(line)
            file.write(f"{one.plate},{one.captured_at},{one.reader},{one.region}\n")


TABLE_MAP = """
format: csv
plate: {column: plate}
captured_at: {column: seen_at}
reader: {column: camera}
region: {column: region}
"""


def vendor_fleet(payloads: int, readers: int, now: datetime) -> Fleet:
    """Return readers that send about that many payloads of every vendor format within two hours, and never fail.

    They stand in a zone where it is early afternoon, so that a run at night measures as much traffic as one by day.
    """
    ahead = NOON - now.hour if now.hour <= NOON + MOST_BEHIND else NOON - now.hour + 24
    zone = f"Etc/GMT{-ahead:+d}"  # POSIX counts west as positive
    return Fleet(
        SEED, readers, passages_per_hour=payloads / 2.2, zone=zone, perfect=True, dialects=VENDOR_DIALECTS
    )  # fmt: skip


def payloads(fleet: Fleet, count: int, now: datetime) -> Iterator[Message]:
    """Yield that many payloads with a read in each, the newest ones, in the order of leaving; heartbeats left out."""
    start = now - timedelta(hours=2)
    return islice((one for one in fleet.messages(start, now) if one.detection is not None), count)
