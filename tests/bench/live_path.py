"""Live path: a payload in, matched against a million plates, an alert out to an officer, at two thousand reads a second.

What flows in: the ground. What flows out: rows for the time from payload to alert, and for loading the list.
What it must never see: a match outside the server: the server is a process of its own, as it is for an operator.
"""

import contextlib
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import live_postgres
import msgspec
from alerts import watched
from apart import MeasureFailed, Told, run_apart
from ground import OFFICER, OPERATOR, SEED, Ground, add_readers, founded, opened
from load import request
from paced import Paced, run_paced
from resident import processor_seconds, resident_megabytes
from row import Alternative, Budget, Row, percentile
from served import served

from lockplate.clock import SystemClock
from lockplate.hotlist import Category, HotListIndex, ListId
from lockplate.listfiles.outcome import ListRow, ParsedList
from lockplate.plate import fold
from lockplate.registry.hotlists import NewHotList
from lockplate.settings import load_settings
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.population import plate_columns
from lockplate.terms import AgencyId, PlateText, ReaderId, RecordMode
from lockplate.wiring.layout import Layout
from lockplate.wiring.node import Node

READERS = 64
CONNECTIONS = 64
SECONDS = 600.0
LOADING_SECONDS = 300.0
"""So long a server may take to open a million entries before it answers."""
LAST_ALERT_SECONDS = 15.0
"""So long after the last payload an alert may still come."""
OF_NEARLY_ALL = Budget(name="payload to alert, p99", figure=100, unit="ms", at_most=True)
OF_HALF = Budget(name="payload to alert, p50", figure=50, unit="ms", at_most=True)
"""Ours; the design names the p99 only."""
OF_START = Budget(name="hot list into memory at start", figure=60, unit="s", at_most=True)
"""Ours: how long a restart may leave readers waiting."""
BUDGETS = (OF_NEARLY_ALL, OF_HALF, OF_START)


class Detections(msgspec.Struct, frozen=True, kw_only=True):
    """What the readers see, in order: plates, the instants of capture in milliseconds, which are listed."""

    plates: list[str]
    captured: list[int]
    every: int

    def listed(self) -> list[int]:
        """Return the places of listed plates."""
        return list(range(0, len(self.plates), self.every))


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What it took to have the list."""

    import_seconds: float
    start_seconds: float
    megabytes: float
    entries: int


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return the time from payload to alert, and that of loading the list, beside a dictionary and PostgreSQL."""
    sizes = ground.sizes
    home = ground.folder / "live"
    settings = founded(home, RecordMode.INDEX_ONLY)
    told("listing the plates", 0, 0)
    plates = plate_columns(sizes.entries + 10_000, SEED)[0]
    with opened(settings) as node:
        keys = add_readers(node, Fleet(SEED, READERS).readers(), "verkada")
        import_seconds = _list(node, plates[: sizes.entries])
    loaded = run_apart(load_index, home, import_seconds, told=told, seconds=SECONDS)
    count = sizes.live_rate * sizes.live_seconds
    with served(home, LOADING_SECONDS) as server:
        token = msgspec.json.decode(Layout(home).server.read_bytes())["token"]
        with watched(server.port, token, OFFICER, Layout(home).registry, OPERATOR) as watcher:
            used = [0.0]

            def noting(word: str, done: int, total: int) -> None:
                if word == "sending":
                    used[0] = processor_seconds(server.process)
                told(word, done, total)

            seen, paced = run_apart(paced_load, ground, server.port, keys, told=noting, seconds=SECONDS)
            share = (processor_seconds(server.process) - used[0]) / paced.seconds
            listed = [place for place in seen.listed() if paced.sent_at[place]]
            _await(len(listed), watcher.seen_at)
        megabytes = resident_megabytes(server.process)
    shutil.rmtree(home)
    # from the moment of its turn, whether or not a connection was free: a camera does not wait for another one
    sent = {seen.captured[place]: paced.sent_at[place] - paced.behind[place] / 1000 for place in listed}
    times = [(at - sent[captured]) * 1000 for captured, at in watcher.seen_at.items() if captured in sent]
    wrote = {seen.captured[place]: paced.sent_at[place] for place in listed}
    written = [(at - wrote[captured]) * 1000 for captured, at in watcher.seen_at.items() if captured in wrote]
    if not times or set(paced.by_status) - {200, 503}:
        raise MeasureFailed(f"{len(times)} alerts of {len(sent)} came; answers by status: {paced.by_status}")
    details = {
        "entries": loaded.entries,
        "reads_a_second_asked": sizes.live_rate,
        "reads_a_second_sent": round(sum(paced.by_status.values()) / paced.seconds),
        "reads_not_sent_in_time": count - sum(paced.by_status.values()),
        "one_read_in": sizes.live_every,
        "hits": len(sent),
        "alerts": len(times),
        "watched": watcher.by,
        "max_ms": round(max(times), 1),
        "from_writing_p50_ms": round(percentile(written, 0.5), 1),
        "from_writing_p99_ms": round(percentile(written, 0.99), 1),
        "behind_schedule_p99_ms": round(percentile(paced.behind, 0.99), 1),
        "acknowledged_p99_ms": round(percentile(paced.milliseconds, 0.99), 1),
        "answers_by_status": {str(status): number for status, number in paced.by_status.items()},
        "server_took_cores": round(share, 2),
        "load_generator_took_cores": round(paced.processor_seconds / paced.seconds, 2),
        "server_megabytes": round(megabytes),
    }
    others = _others(ground, plates, told)
    why = f"The server took {share:.2f} cores; {details['behind_schedule_p99_ms']} ms behind schedule at p99."
    rows = [
        Row(
            budget=budget,
            measured=percentile(times, part),
            alternatives=tuple(
                Alternative(what=what, measured=percentile(found, part) if found else None, why=reason)
                for what, found, reason in others
            ),
            details=details,
            why=why,
        )
        for budget, part in ((OF_NEARLY_ALL, 0.99), (OF_HALF, 0.5))
    ]
    return [*rows, _start_row(loaded)]


def load_index(home: Path, import_seconds: float, *, told: Told) -> Loaded:
    """Return what the list costs at a start: each sealed entry is opened and put into memory."""
    told("loading the list", 0, 0)
    with opened(load_settings(home, {})) as node:
        desk, clock = node.desk(OPERATOR), SystemClock()
        desk.lane.index = HotListIndex((), clock)
        before, began = resident_megabytes(), time.perf_counter()
        index = HotListIndex(node.registries.entries.load(OPERATOR, clock.now()), clock)
        seconds = time.perf_counter() - began
        return Loaded(
            import_seconds=import_seconds,
            start_seconds=seconds,
            megabytes=resident_megabytes() - before,
            entries=len(index),
        )


def paced_load(ground: Ground, port: int, keys: dict[ReaderId, str], *, told: Told) -> tuple[Detections, Paced]:
    """Prepare payloads that begin a second from now and send them at the rate, in a process of its own."""
    told("preparing the payloads", 0, 0)
    seen = detections(ground)
    readers = sorted(keys)
    requests = [
        request("/v1/reads/verkada", body, "application/json", keys[readers[number % len(readers)]])
        for number, body in enumerate(bodies(seen))
    ]
    told("sending", len(requests), len(requests))
    return seen, run_paced(port, requests, ground.sizes.live_rate, CONNECTIONS)


def detections(ground: Ground) -> Detections:
    """Return what passes: every so many a listed plate, each of them once, the others on no list."""
    sizes = ground.sizes
    count = sizes.live_rate * sizes.live_seconds
    plates = plate_columns(sizes.entries + 10_000, SEED)[0]
    passing, start = plates[sizes.entries :], int(time.time() * 1000)
    return Detections(
        plates=[
            plates[(number // sizes.live_every) % sizes.entries] if number % sizes.live_every == 0
            else passing[number % len(passing)]
            for number in range(count)
        ],
        captured=[start - count + number for number in range(count)],
        every=sizes.live_every,
    )  # fmt: skip


def bodies(seen: Detections) -> Iterator[bytes]:
    """Yield a vendor's webhook for each detection."""
    for number, (plate, captured) in enumerate(zip(seen.plates, seen.captured, strict=True)):
        yield msgspec.json.encode(
            {
                "webhook_type": "lpr",
                "webhook_id": f"bench-{captured}-{number}",
                "org_id": "bench",
                "created_at": captured // 1000,
                "data": {
                    "camera_id": "bench",
                    "license_plate_number": plate,
                    "confidence": 0.93,
                    "detected": captured,
                },
            }
        )


def _list(node: Node, plates: list[str]) -> float:
    """Put plates on a hot list and return the seconds that sealing and keeping them took."""
    made = node.registries.hot_lists.add(
        NewHotList(
            operator=OPERATOR, name="bench", owner_agency=AgencyId(OPERATOR),
            categories=frozenset({Category.STOLEN_VEHICLE}), source="invented", legal_basis="bench",
            max_age=timedelta(days=2),
        )
    )  # fmt: skip
    ends = datetime.now(UTC) + timedelta(days=2)
    rows = tuple(
        ListRow(
            line=number, plate_text=PlateText(plate), region=None, category=Category.STOLEN_VEHICLE, reason="invented",
            expires_at=ends,
        )
        for number, plate in enumerate(plates, 2)
    )  # fmt: skip
    began = time.perf_counter()
    node.registries.entries.replace(ListId(made.list_id), ParsedList(lines=len(rows), rows=rows, refused=(), blank=0))
    return time.perf_counter() - began


def _await(hits: int, seen: dict[int, float]) -> None:
    """Wait until every alert came, or no more will."""
    end = time.monotonic() + LAST_ALERT_SECONDS
    while len(seen) < hits and time.monotonic() < end:
        time.sleep(0.05)


def _others(ground: Ground, plates: list[str], told: Told) -> list[tuple[str, list[float], str]]:
    """Return the alternatives: what, milliseconds of each alert, and why there are none."""
    seen = detections(ground)
    plain = {fold(plate): place for place, plate in enumerate(plates[: ground.sizes.entries])}
    bare = []
    for body in bodies(seen):
        began = time.perf_counter()
        plain.get(fold(msgspec.json.decode(body)["data"]["license_plate_number"]))
        bare.append((time.perf_counter() - began) * 1000)
    found: list[float] = []
    reason = ground.no_postgres
    if ground.postgres is not None:
        with contextlib.suppress(MeasureFailed):
            listed = plates[: ground.sizes.entries]
            found = live_postgres.measure(
                ground.postgres, listed, seen.plates, seen.listed(), ground.sizes.live_rate, told=told
            )
        reason = "" if found else "no notification came"
    return [
        ("decode and look up in a dictionary, in process", bare, ""),
        ("PostgreSQL: insert, join, LISTEN/NOTIFY at the same rate", found, reason),
    ]


def _start_row(loaded: Loaded) -> Row:
    return Row(
        budget=OF_START,
        measured=loaded.start_seconds,
        details={
            "entries": loaded.entries,
            "microseconds_an_entry": round(loaded.start_seconds / loaded.entries * 1e6, 1),
            "megabytes": round(loaded.megabytes),
            "import_seconds": round(loaded.import_seconds, 1),
        },
        why="Each entry's plate is sealed; to match it, it is opened once at start.",
    )
