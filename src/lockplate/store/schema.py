"""Schema: the tables of sealed rows, rendered once for every form of ClickHouse.

What flows in: names. What flows out: statements. What it must never see: a connection, a value.
"""

import msgspec

DATABASE = "lockplate"
TABLE = "sealed_reads"
INDEX_GRANULARITY = 1024
"""Small marks: a 30-day question looks in 720 places and should read little at each (docs/decisions/0005)."""

PACKED_BYTES = 32 * 1024 * 1024
PACKED_ROWS = 1_000_000
"""A part below both is one file instead of twelve, so a small durable batch costs one sync, not twelve."""


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tables live: embedded, one server, or a cluster."""

    cluster: str | None = None
    """Name of the ClickHouse cluster; None for embedded and for a single server."""


def create_statements(placement: Placement) -> tuple[str, ...]:
    """Return the statements that make the tables; each may be run again without harm.

    Rows that agree in operator, period, token, second and reader are one read: a read sent again changes nothing, and a
    withdrawn copy outranks the first. Durability: the part and its folder are synced before an insert returns.
    """
    on_cluster = f" ON CLUSTER '{placement.cluster}'" if placement.cluster else ""
    engine = (
        f"ReplicatedReplacingMergeTree('/clickhouse/tables/{{shard}}/{TABLE}', '{{replica}}', withdrawn)"
        if placement.cluster
        else "ReplacingMergeTree(withdrawn)"
    )
    local = (
        f"CREATE TABLE IF NOT EXISTS {DATABASE}.{TABLE}_local{on_cluster} ("
        "operator LowCardinality(String), "
        "period UInt32 CODEC(Delta, ZSTD(1)), "
        "token FixedString(8) CODEC(NONE), "
        "captured_at UInt32 CODEC(ZSTD(1)), "
        "reader LowCardinality(String) CODEC(ZSTD(1)), "
        "withdrawn UInt8 CODEC(ZSTD(1)), "
        "record String CODEC(NONE)"
        f") ENGINE = {engine} "
        "PARTITION BY intDiv(captured_at, 86400) "
        "PRIMARY KEY (operator, period, token) "
        "ORDER BY (operator, period, token, captured_at, reader) "
        f"SETTINGS index_granularity = {INDEX_GRANULARITY}, fsync_after_insert = 1, fsync_part_directory = 1, "
        f"min_bytes_for_full_part_storage = {PACKED_BYTES}, min_rows_for_full_part_storage = {PACKED_ROWS}, "
        "min_rows_for_wide_part = 100000"
    )
    statements = [f"CREATE DATABASE IF NOT EXISTS {DATABASE}{on_cluster}", local]
    if placement.cluster:
        statements.append(
            f"CREATE TABLE IF NOT EXISTS {DATABASE}.{TABLE}_dist{on_cluster} AS {DATABASE}.{TABLE}_local "
            f"ENGINE = Distributed('{placement.cluster}', '{DATABASE}', '{TABLE}_local', sipHash64(operator, token))"
        )
    return tuple(statements)


def writable_table(placement: Placement) -> str:
    """Return the table that inserts go to."""
    return f"{DATABASE}.{TABLE}_dist" if placement.cluster else f"{DATABASE}.{TABLE}_local"


def readable_table(placement: Placement) -> str:
    """Return the table that questions go to."""
    return writable_table(placement)
