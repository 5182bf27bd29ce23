"""The plain alternative in the same engine: chDB, the same table but for one thing: the plate stands in it as text.

What flows in: the same files and the same month as ours. What flows out: seconds, bytes, answers.
What it must never see: a key. This is what everybody builds; it shows what sealing costs.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import clickhouse_connect
import numpy as np
import pyarrow as pa
import pyarrow.csv
from apart import Told
from ground import OPERATOR, Ground
from resident import resident_megabytes
from traffic import Month

from lockplate.intake.files import line_blocks, open_lines
from lockplate.readers.lockplate import decode_lines

TABLE = "plain_reads"
CREATE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    operator LowCardinality(String),
    plate String CODEC(ZSTD(1)),
    captured_at UInt32 CODEC(ZSTD(1)),
    reader LowCardinality(String) CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY intDiv(captured_at, 86400)
PRIMARY KEY (operator, plate)
ORDER BY (operator, plate, captured_at, reader)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_for_wide_part = 100000
"""
SETTLE_SECONDS = 180
ASK = (
    f"SELECT captured_at, reader FROM {TABLE} WHERE operator = {{operator:String}} AND plate = {{plate:String}} "
    "AND captured_at >= {start:UInt32} AND captured_at < {end:UInt32} ORDER BY captured_at"
)


class Engine:
    """One chDB folder, open in this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._client: Any = clickhouse_connect.get_client(interface="chdb", path=str(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def create(self) -> None:
        """Make the plain table."""
        self._client.command(CREATE)

    def insert(self, plates: Sequence[str] | pa.Array, seconds: Any, readers: pa.Array) -> None:
        """Store rows durably."""
        operator = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(plates), np.int32)), pa.array([OPERATOR]))
        table = pa.table(
            {
                "operator": operator,
                "plate": plates if isinstance(plates, pa.Array | pa.ChunkedArray) else pa.array(plates, pa.string()),
                "captured_at": pa.array(seconds, pa.uint32()),
                "reader": readers,
            }
        )
        self._client.insert_arrow(TABLE, table)

    def ask(self, plate: str, start: datetime, end: datetime) -> int:
        """Return how many reads of a plate there are in the window, each fetched."""
        values = {
            "operator": OPERATOR, "plate": plate, "start": int(start.timestamp()), "end": int(end.timestamp()),
        }  # fmt: skip
        return len(self._client.query(ASK, parameters=values).result_rows)

    def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait until the engine has merged what it wants to merge, or the time is over."""
        end, quiet = time.monotonic() + seconds, 0
        while time.monotonic() < end and quiet < 3:
            merging = self._client.query("SELECT count() FROM system.merges").result_rows[0][0]
            quiet = 0 if merging else quiet + 1
            time.sleep(0.3)

    def weigh(self, table: str) -> dict[str, float]:
        """Return rows, active parts and their bytes on disk."""
        rows, parts, weight = self._client.query(
            "SELECT sum(rows), count(), sum(bytes_on_disk) FROM system.parts WHERE active AND table = {table:String}",
            parameters={"table": table},
        ).result_rows[0]
        return {"rows": rows, "active_parts": parts, "bytes_per_read": weight / max(rows, 1)}

    def version(self) -> str:
        """Return the engine's version."""
        return str(self._client.query("SELECT version()").result_rows[0][0])


def load_lines(folder: Path, path: Path, *, told: Told) -> float:
    """Return the seconds it takes to take our NDJSON file in with plain plates, durably."""
    with Engine(folder) as engine, open_lines(path) as file:
        engine.create()
        started = time.perf_counter()
        for block in line_blocks(file):
            decoded, _ = decode_lines(block)
            engine.insert(
                [line.plate for line in decoded],
                np.fromiter((int(_instant(line.captured_at).timestamp()) for line in decoded), np.uint32, len(decoded)),
                pa.array([line.reader for line in decoded], pa.string()).dictionary_encode(),
            )
            told("plain plates, same engine", file.tell(), path.stat().st_size)
        return time.perf_counter() - started


def _instant(at: datetime | float) -> datetime:
    if not isinstance(at, datetime):
        raise TypeError("the file holds times as text")
    return at


def load_table(folder: Path, path: Path, *, told: Told) -> float:
    """Return the seconds it takes to take the CSV in with plain plates, durably, by Arrow's own reader."""
    types = {"plate": pa.string(), "camera": pa.string(), "region": pa.string(), "seen_at": pa.timestamp("ms", "UTC")}
    with Engine(folder) as engine:
        engine.create()
        started = time.perf_counter()
        reader = pyarrow.csv.open_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(block_size=8 * 1024 * 1024),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, timestamp_parsers=[pyarrow.csv.ISO8601]),
        )
        for batch in reader:
            seconds = np.asarray(batch["seen_at"].cast(pa.int64())) // 1000
            engine.insert(batch["plate"], seconds.astype(np.uint32), batch["camera"].dictionary_encode())
            told("plain plates, same engine", 0, 0)
        return time.perf_counter() - started


def ask_month(ground: Ground, questions: list[str], start: datetime, end: datetime, *, told: Told) -> list[float]:
    """Ask the month with plain plates; return each question's milliseconds."""
    _load_month(ground, told)
    with Engine(ground.plain_month) as engine:
        times = []
        for plate in questions:
            began = time.perf_counter()
            engine.ask(plate, start, end)
            times.append((time.perf_counter() - began) * 1000)
        return times


def weigh_month(ground: Ground, *, told: Told) -> float:
    """Return the bytes a read of the month with plain plates."""
    _load_month(ground, told)
    return weigh_folder(ground.plain_month, TABLE, told=told)["bytes_per_read"]


def idle_memory(ground: Ground, *, told: Told) -> float:
    """Return the resident megabytes of a process that only has the plain month open and has answered once."""
    _load_month(ground, told)
    with Engine(ground.plain_month) as engine:
        engine.ask("0AAA000", datetime.fromtimestamp(0, UTC), datetime.now(UTC))
        time.sleep(1)
        return resident_megabytes()


def _load_month(ground: Ground, told: Told) -> None:
    """Load the month, unless a measure before this one has done so."""
    if (ground.plain_month / "loaded").exists():
        return
    month = Month(ground.sizes.reads, ground.sizes.vehicles, ground.started_at)
    pool, names = pa.array(month.plates, pa.string()), pa.array(month.readers(), pa.string())
    done = 0
    with Engine(ground.plain_month) as engine:
        engine.create()
        for hour in month.batches():
            readers = pa.DictionaryArray.from_arrays(pa.array(hour.readers), names)
            engine.insert(pool.take(pa.array(hour.plates)), hour.seconds, readers)
            done += len(hour.plates)
            told("plain plates, same engine", done, month.reads)
        engine.settle()
    (ground.plain_month / "loaded").touch()


def engine_version(folder: Path, *, told: Told) -> str:
    """Return the version of the embedded engine."""
    told("asking the engine's version", 0, 0)
    with Engine(folder) as engine:
        return engine.version()


def weigh_folder(folder: Path, table: str, *, told: Told) -> dict[str, float]:
    """Open a closed store's folder, let merges finish, and return rows, parts and bytes a read."""
    told("letting merges finish", 0, 0)
    with Engine(folder) as engine:
        engine.settle()
        return engine.weigh(table)
