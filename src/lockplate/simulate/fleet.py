"""Fleet: an invented county's readers, made from one seed; everything else here hangs from it.

What flows in: a seed, how many readers, a rate. What flows out: readers, true passages, messages, history.
What it must never see: a node; sending is simulate.sender's work. The same seed gives the same bytes everywhere.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from lockplate.clock import require_utc
from lockplate.errors import BadInput
from lockplate.simulate.camera import LONGEST_DELAY, Camera
from lockplate.simulate.chance import Chance, hex_of, number_of
from lockplate.simulate.detection import Detection, Kind
from lockplate.simulate.history import History
from lockplate.simulate.message import READS_PATH, Message
from lockplate.simulate.network import Network, Site
from lockplate.simulate.passage import Passage
from lockplate.simulate.payloads import BY_NAME, DIALECTS, Dialect
from lockplate.simulate.population import MAX_VEHICLES, Population
from lockplate.simulate.reader import MAX_OUTAGE, PERFECT, Flaws, SimulatedReader
from lockplate.simulate.traffic import LONGEST_STAY_SECONDS, Traffic
from lockplate.terms import PlateText, ReaderId

COUNTY = "Alderwyn County"
DEFAULT_ZONE = "America/Los_Angeles"
DEFAULT_READERS = 40
DEFAULT_PASSAGES_PER_HOUR = 2000.0
HEARTBEAT_SECONDS = 300
MAX_READERS = 2000
MOBILE_DIALECTS = ("openalpr-group", "platerecognizer-json", "lockplate")
LOOK_BACK = timedelta(seconds=LONGEST_STAY_SECONDS) + 2 * MAX_OUTAGE + LONGEST_DELAY
"""A message tells of something at most this old: a long stay, then two outages that meet at midnight."""


class Fleet:
    """The readers of one invented county and what they see."""

    def __init__(
        self,
        seed: int,
        readers: int = DEFAULT_READERS,
        *,
        passages_per_hour: float = DEFAULT_PASSAGES_PER_HOUR,
        vehicles: int | None = None,
        zone: str = DEFAULT_ZONE,
        perfect: bool = False,
        dialects: Sequence[str] = (),
    ) -> None:
        """Make the fleet. `perfect` readers never fail; `dialects` names the only ones to use, in turn.

        `vehicles` follows the rate when not given. Raises BadInput for a count, rate or name that cannot be.
        """
        if not 1 <= readers <= MAX_READERS:
            raise BadInput(f"a fleet has between 1 and {MAX_READERS} readers", code="bad_reader_count")
        if seed < 0:
            raise BadInput("a seed is zero or more", code="bad_seed")
        if unknown := [name for name in dialects if name not in BY_NAME]:
            raise BadInput(f"{len(unknown)} unknown dialects", code="bad_dialect", next_step=f"One of: {_names()}")
        self._seed = seed
        self._zone = zone
        self._perfect = perfect
        self._dialects = [BY_NAME[name] for name in dialects] or list(DIALECTS)
        self._network = Network()
        mobile = readers // 13
        self._sites = self._network.sites(readers - mobile)
        kept_at = self._network.sites(1)[0]
        self._readers = [self._fixed(place, site) for place, site in enumerate(self._sites)]
        self._readers += [self._mobile(place, kept_at) for place in range(len(self._sites), readers)]
        self._cameras = {
            reader.reader_id: Camera(seed, reader, BY_NAME[reader.dialect].habit) for reader in self._readers
        }
        count = min(MAX_VEHICLES, max(1500, int(passages_per_hour * 5))) if vehicles is None else vehicles
        self._population = Population(seed, self._network, count)
        self._traffic = Traffic(
            seed=seed,
            network=self._network,
            sites=(*self._sites, *[kept_at] * mobile),
            readers=self._readers,
            population=self._population,
            passages_per_hour=passages_per_hour,
            zone=ZoneInfo(zone),
        )

    def readers(self) -> list[SimulatedReader]:
        """Return every reader, fixed ones first."""
        return list(self._readers)

    def plates(self) -> list[PlateText]:
        """Return every vehicle's plate; residents first, so the first ones are seen day after day."""
        return list(self._population.plates)

    def passages(self, start: datetime, end: datetime) -> Iterator[Passage]:
        """Yield every true passage with start <= at < end, oldest first."""
        return self._traffic.passages(require_utc(start), require_utc(end))

    def outages(self, reader: SimulatedReader, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return when a reader sends nothing: windows that touch [start, end)."""
        return reader.outages(self._seed, require_utc(start), require_utc(end))

    def messages(self, start: datetime, end: datetime) -> Iterator[Message]:
        """Yield every message that leaves a reader with start <= send_at < end, in the order of leaving.

        Windows that meet join without a seam: a message is in exactly one of them.
        """
        start, end = require_utc(start), require_utc(end)
        return heapq.merge(self._reads(start, end), self._heartbeats(start, end), key=_order)

    def history_ndjson(self, start: datetime, end: datetime) -> Iterator[bytes]:
        """Yield reads of [start, end) as lines of our own NDJSON, for loading days of the past at once."""
        history = History(self._seed, self._network, self._readers, self._population, self._traffic)
        return history.lines(require_utc(start), require_utc(end))

    def _reads(self, start: datetime, end: datetime) -> Iterator[Message]:
        waiting: list[tuple[datetime, str, int, Detection]] = []
        for passage in self._traffic.passages(start - LOOK_BACK, end):
            while waiting and waiting[0][0] <= passage.at:
                due = heapq.heappop(waiting)
                if start <= due[0] < end:
                    yield self._message(due[3])
            if self._may_matter(passage, start):
                for place, detection in enumerate(self._cameras[passage.reader].detections(passage)):
                    heapq.heappush(waiting, (detection.send_at, passage.passage_id, place, detection))
        while waiting:
            due = heapq.heappop(waiting)
            if start <= due[0] < end:
                yield self._message(due[3])

    def _may_matter(self, passage: Passage, start: datetime) -> bool:
        """Say whether a passage can still cause a message at or after `start`."""
        if passage.at + timedelta(seconds=passage.parked_seconds) + LONGEST_DELAY >= start:
            return True
        return self._cameras[passage.reader].buffers

    def _message(self, detection: Detection) -> Message:
        reader = detection.reader
        dialect = BY_NAME[reader.dialect]
        body, content_type = dialect.render(detection)
        return Message(
            send_at=detection.send_at,
            reader_id=reader.reader_id,
            body=body,
            content_type=content_type,
            format=reader.format,
            path=self._path(reader),
            kind=detection.kind,
            extension=dialect.extension,
            truth=detection.passage.plate,
            detection=detection,
        )

    def _heartbeats(self, start: datetime, end: datetime) -> Iterator[Message]:
        return heapq.merge(*(self._heartbeats_of(reader, start, end) for reader in self._readers), key=_order)

    def _heartbeats_of(self, reader: SimulatedReader, start: datetime, end: datetime) -> Iterator[Message]:
        dialect = BY_NAME[reader.dialect]
        if dialect.heartbeat is None:
            return
        phase = number_of(HEARTBEAT_SECONDS, self._seed, "heartbeat", reader.reader_id)
        turn = int(start.timestamp() - phase) // HEARTBEAT_SECONDS
        while (at := datetime.fromtimestamp(turn * HEARTBEAT_SECONDS + phase, UTC)) < end:
            turn += 1
            if at >= start and self._cameras[reader.reader_id].outage_at(at) is None:
                body, content_type = dialect.heartbeat(reader, reader.device_time(at))
                yield Message(
                    send_at=at,
                    reader_id=reader.reader_id,
                    body=body,
                    content_type=content_type,
                    format=reader.format,
                    path=self._path(reader),
                    kind=Kind.HEARTBEAT,
                    extension="xml" if body.startswith(b"<") else "json",
                    truth=None,
                    detection=None,
                )

    def _path(self, reader: SimulatedReader) -> str:
        """Return where a reader posts: one in four leaves its format to be known by shape."""
        by_shape = number_of(4, self._seed, "path", reader.reader_id) == 0
        return READS_PATH if by_shape else f"{READS_PATH}/{reader.format}"

    def _fixed(self, place: int, site: Site) -> SimulatedReader:
        dialect = self._dialects[place % len(self._dialects)]
        return self._reader(place, site, dialect, f"Pole {place + 1:02d} {site.place}", watches_parking=place % 7 == 3)

    def _mobile(self, place: int, kept_at: Site) -> SimulatedReader:
        names = [name for name in MOBILE_DIALECTS if BY_NAME[name] in self._dialects]
        dialect = BY_NAME[names[place % len(names)]] if names else self._dialects[place % len(self._dialects)]
        reader = self._reader(place, kept_at, dialect, f"Car {place + 1:02d}", watches_parking=False)
        return msgspec.structs.replace(reader, mobile=True, place=COUNTY)

    def _reader(self, place: int, site: Site, dialect: Dialect, name: str, *, watches_parking: bool) -> SimulatedReader:
        return SimulatedReader(
            reader_id=ReaderId(f"sim-{place + 1:02d}"),
            name=name,
            place=site.place,
            latitude=site.latitude,
            longitude=site.longitude,
            zone=self._zone,
            format=dialect.format,
            dialect=dialect.name,
            serial=hex_of(12, self._seed, "serial", place).upper(),
            watches_parking=watches_parking,
            flaws=PERFECT if self._perfect else self._flaws(place, dialect),
        )

    def _flaws(self, place: int, dialect: Dialect) -> Flaws:
        """Return a reader's failings; of every ten readers or so, one has something that somebody should notice."""
        chance = Chance(self._seed, "flaws", place)
        flaws = Flaws(misread=chance.between(0.01, 0.05), missing_character=chance.between(0.005, 0.02))
        replace = msgspec.structs.replace
        trouble = {
            2: replace(flaws, clock_offset_seconds=94.0),
            6: replace(flaws, clock_gain_seconds_per_day=23.0),
            12: replace(flaws, outages_per_week=5.0),
            15: replace(flaws, misread=0.14, missing_character=0.06, low_confidence=0.2),
            21: replace(flaws, clock_offset_seconds=-3600.0),
        }
        flaws = trouble.get(place, flaws)
        if dialect.format == "hikvision":
            return replace(flaws, buffers=True, outages_per_week=1.5)
        return flaws


def _order(message: Message) -> tuple[datetime, str]:
    return message.send_at, message.reader_id


def _names() -> str:
    return ", ".join(BY_NAME)
