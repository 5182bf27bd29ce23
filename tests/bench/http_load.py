"""HTTP: a real server under load: our own NDJSON in batches, and single vendor payloads on many connections.

What flows in: the ground. What flows out: rows for reads a second, payloads a second, and waiting times.
What it must never see: more cores than there are: the load generator runs on the same ones, and each row says how much
of them it took.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec
from apart import MeasureFailed, Told, run_apart
from ground import OPERATOR, SEED, Ground, add_readers, founded, opened
from load import Load, request, run_load
from resident import processor_seconds
from row import Budget, Row, percentile
from served import Server, served
from traffic import READERS, lines, payloads, vendor_fleet

from lockplate.clock import monotonic_seconds
from lockplate.settings import load_settings
from lockplate.simulate.fleet import Fleet
from lockplate.terms import ReaderId, RecordMode

BULK_CONNECTIONS = 4
SINGLE_CONNECTIONS = 64
SINGLE_READERS = 64
LOAD_SECONDS = 20.0
SECONDS = 300.0
OF_BULK = Budget(name="HTTP NDJSON batches", figure=150_000, unit="reads/s", at_most=False)
OF_SINGLE = Budget(name="HTTP single payloads", figure=2_500, unit="payloads/s", at_most=False)
OF_HALF = Budget(name="HTTP single payloads, p50", figure=20, unit="ms", at_most=True)
OF_NEARLY_ALL = Budget(name="HTTP single payloads, p99", figure=100, unit="ms", at_most=True)
BULK_BUDGETS = (OF_BULK,)
SINGLE_BUDGETS = (OF_SINGLE, OF_HALF, OF_NEARLY_ALL)


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one core each side took while the load ran."""

    server: float
    load: float


def measure_bulk(ground: Ground, *, told: Told) -> list[Row]:
    """Return reads a second in batches of our own NDJSON, index-only."""
    home = ground.folder / "http-bulk"
    settings = founded(home, RecordMode.INDEX_ONLY)
    with opened(settings) as node:
        keys = add_readers(node, Fleet(SEED, READERS).readers(), "lockplate")
    key = next(iter(keys.values()))
    with served(home) as server:
        load, shares = _under_load(server, bulk_load, (ground, server.port, key), told)
    sent = load.acknowledged * ground.sizes.lines_a_batch
    stored = _stored(ground, home, told)
    shutil.rmtree(home)
    if load.acknowledged == 0 or stored < sent * 0.98:
        raise MeasureFailed(f"{sent} lines were acknowledged and {stored} rows are stored")
    return [
        Row(
            budget=OF_BULK,
            measured=sent / load.seconds,
            details={
                "connections": BULK_CONNECTIONS,
                "lines_a_batch": ground.sizes.lines_a_batch,
                "rows_stored": stored,
                "p99_ms": round(percentile(load.milliseconds, 0.99), 1),
                **_details(load, shares),
            },
            why=_why(shares),
        )
    ]


def bulk_load(ground: Ground, port: int, key: str, *, told: Told) -> Load:
    """Prepare batches and send them, in a process of its own."""
    told("preparing the batches", 0, 0)
    return _sent(port, list(_batches(ground, key)), BULK_CONNECTIONS, told)


def _batches(ground: Ground, key: str) -> Iterator[bytes]:
    made = lines(ground.sizes.bulk_lines, ground.started_at)
    lines_a_batch = ground.sizes.lines_a_batch
    while len(batch := list(islice(made, lines_a_batch))) == lines_a_batch:
        yield request("/v1/reads", b"".join(batch), "application/x-ndjson", key)


def measure_single(ground: Ground, *, told: Told) -> list[Row]:
    """Return payloads a second, each acknowledged once durable, and how long they waited; records are kept."""
    home = ground.folder / "http-single"
    settings = founded(home, RecordMode.RECORD)
    fleet = vendor_fleet(ground.sizes.payloads, SINGLE_READERS, ground.started_at)
    with opened(settings) as node:
        keys = add_readers(node, fleet.readers())
    with served(home) as server:
        load, shares = _under_load(server, single_load, (ground, server.port, keys), told)
    stored = _stored(ground, home, told)
    shutil.rmtree(home)
    if load.acknowledged == 0 or set(load.by_status) - {200, 503} or stored == 0:
        raise MeasureFailed(f"answers by status: {load.by_status}; rows stored: {stored}")
    details = {
        "connections": SINGLE_CONNECTIONS,
        "payloads": load.acknowledged,
        "rows_stored": stored,
        "merged_into_a_passage": load.acknowledged - stored,
        "keeps": "records",
        **_details(load, shares),
    }
    figures = (
        (OF_SINGLE, load.acknowledged / load.seconds),
        (OF_HALF, percentile(load.milliseconds, 0.5)),
        (OF_NEARLY_ALL, percentile(load.milliseconds, 0.99)),
    )
    return [Row(budget=budget, measured=one, details=details, why=_why(shares)) for budget, one in figures]


def single_load(ground: Ground, port: int, keys: dict[ReaderId, str], *, told: Told) -> Load:
    """Prepare payloads of every vendor and send them, in a process of its own."""
    told("preparing the payloads", 0, 0)
    fleet = vendor_fleet(ground.sizes.payloads, SINGLE_READERS, ground.started_at)
    now = datetime.now(ground.started_at.tzinfo) - timedelta(seconds=5)
    made = [
        request(one.path, one.body, one.content_type, keys[one.reader_id])
        for one in payloads(fleet, ground.sizes.payloads, now)
    ]
    return _sent(port, made, SINGLE_CONNECTIONS, told)


def _sent(port: int, requests: list[bytes], connections: int, told: Told) -> Load:
    told("sending", len(requests), len(requests))  # the measuring side starts its own count of the processors here
    return run_load(port, requests, connections, LOAD_SECONDS)


def _under_load(
    server: Server, load: Callable[..., Load], arguments: tuple[object, ...], told: Told
) -> tuple[Load, Shares]:
    """Run a load apart; return it with the cores' time that the server took while it ran."""
    began: list[float] = []

    def noting(word: str, done: int, total: int) -> None:
        if word == "sending":
            began[:] = [processor_seconds(server.process), monotonic_seconds()]
        told(word, done, total)

    result: Load = run_apart(load, *arguments, told=noting, seconds=SECONDS)
    used = processor_seconds(server.process) - began[0]
    return result, Shares(server=used / result.seconds, load=result.processor_seconds / result.seconds)


def _stored(ground: Ground, home: Path, told: Told) -> int:
    return int(run_apart(count_stored, home, ground.started_at, told=told, seconds=SECONDS))


def count_stored(home: Path, at: datetime, *, told: Told) -> int:
    """Return how many reads the closed node holds."""
    told("counting what is stored", 0, 0)
    with opened(load_settings(home, {})) as node:
        first, last = (at - timedelta(days=40)).date(), (at + timedelta(days=2)).date()
        return sum(count.reads for count in node.store.counts(OPERATOR, first, last))


def _details(load: Load, shares: Shares) -> dict[str, object]:
    return {
        "seconds": round(load.seconds, 3),
        "answers_by_status": {str(status): count for status, count in load.by_status.items()},
        "connections_broken": load.broken,
        "server_took_cores": round(shares.server, 2),
        "load_generator_took_cores": round(shares.load, 2),
    }


def _why(shares: Shares) -> str:
    return (
        f"The server took {shares.server:.2f} cores (its Python runs on one at a time), the load generator "
        f"{shares.load:.2f} of the same; the rest was waiting for the disk, or went to others on this machine."
    )
