"""Disk: bytes a read, in the engine's active parts once it has merged what it wants to merge.

What flows in: the filled month; vendor payloads. What flows out: a row without records and one with.
What it must never see: a forced merge: what is weighed is what a node has on an ordinary evening.
"""

from datetime import timedelta

import plain_clickhouse
import postgres
from alternatives import alternative, in_postgres
from apart import MeasureFailed, Told, run_apart
from ground import OPERATOR, Ground, founded, opened
from row import Alternative, Budget, Row
from traffic import payloads, vendor_fleet

from lockplate.read import Read
from lockplate.readers.formats import parse_body
from lockplate.store.schema import TABLE
from lockplate.terms import RecordMode

SECONDS = 3600.0
LOCAL = f"{TABLE}_local"
OF_INDEX = Budget(name="bytes a read on disk, index only", figure=12, unit="bytes", at_most=True)
OF_RECORD = Budget(name="bytes a read on disk, with record", figure=130, unit="bytes", at_most=True)
BUDGETS = (OF_INDEX, OF_RECORD)


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return bytes a read without records, at the month's size, and with them."""
    index_only = run_apart(plain_clickhouse.weigh_folder, ground.month / "store", LOCAL, told=told, seconds=SECONDS)
    home = ground.folder / "records"
    payload_bytes = run_apart(store_records, ground, told=told, seconds=SECONDS)
    with_record = run_apart(plain_clickhouse.weigh_folder, home / "store", LOCAL, told=told, seconds=SECONDS)
    others = _alternatives(ground, told)
    told_of = {"payload_bytes_mean": round(payload_bytes), "from": "vendor payloads of every format"}
    return [_row(OF_INDEX, index_only, others, {}), _row(OF_RECORD, with_record, others[-1:], told_of)]


def store_records(ground: Ground, *, told: Told) -> float:
    """Store one row with a record for each of many vendor payloads; return the payloads' mean size."""
    now = ground.started_at
    made: list[Read] = []
    weight = count = 0
    with opened(founded(ground.folder / "records", RecordMode.RECORD)) as node:
        for one in payloads(vendor_fleet(ground.sizes.records, 40, now), ground.sizes.records, now):
            parsed = parse_body(one.body, content_type=one.content_type, format_name=one.format)
            made += [read for read in parsed.reads if read.captured_at is not None]
            weight, count = weight + len(one.body), count + 1
            told("records", count, ground.sizes.records)
        for first in range(0, len(made), 5_000):
            node.bulk.store(node.bulk.seal_reads(OPERATOR, made[first : first + 5_000]))
        days = (now - timedelta(days=2)).date(), (now + timedelta(days=1)).date()
        if not sum(day.reads for day in node.store.counts(OPERATOR, *days)):
            raise MeasureFailed("no record was stored")
    return weight / max(count, 1)


def _alternatives(ground: Ground, told: Told) -> tuple[Alternative, ...]:
    weigh = plain_clickhouse.weigh_month
    return (
        alternative("plain plates, same engine", lambda: float(run_apart(weigh, ground, told=told, seconds=SECONDS))),
        in_postgres(
            "PostgreSQL, plain plates, two indexes",
            ground,
            lambda socket: postgres.weigh_month(socket, ground, told=told),
        ),
    )


def _row(budget: Budget, weighed: dict[str, float], others: tuple[Alternative, ...], details: dict[str, object]) -> Row:
    if not weighed["rows"]:
        raise MeasureFailed("the store is empty")
    rows, parts = f"{weighed['rows']:,.0f}", f"{weighed['active_parts']:.0f}"
    return Row(
        budget=budget,
        measured=weighed["bytes_per_read"],
        alternatives=others,
        details={"rows": weighed["rows"], "active_parts": weighed["active_parts"], **details},
        why=f"{parts} active parts hold {rows} rows; each part has a cost of its own, and records are encrypted one by one.",
    )
