"""The plain alternative in PostgreSQL: a throw-away cluster, plates as text, two indexes, fsync on.

What flows in: the same files and rows as ours. What flows out: seconds, bytes, answers.
What it must never see: the network: the cluster listens on a Unix socket in its own folder, and is removed at the end.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from apart import Told
from ground import Ground
from traffic import Month

from lockplate.intake.files import line_blocks, open_lines
from lockplate.readers.lockplate import decode_lines

SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
    "maintenance_work_mem": "256MB",
}
BLOCK_BYTES = 4 * 1024 * 1024


class NoPostgres(Exception):
    """There is no PostgreSQL here that could be started; the text says why."""


@contextmanager
def cluster(seconds: float = 60) -> Iterator[str]:
    """Yield the socket folder of a cluster of our own, which is stopped and removed at the end; raises NoPostgres."""
    programs = _programs()
    owner = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="lockplate-pg-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        if owner:
            shutil.chown(folder, owner, owner)
        made = subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-instructions"],
            user=owner, group=owner, cwd="/", capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        if made.returncode:
            raise NoPostgres("initdb failed: " + made.stderr.decode(errors="replace").strip()[-200:])
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [programs / "postgres", "-D", folder / "data", "-k", folder, *options]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, user=owner, group=owner, cwd="/", stdout=log, stderr=log)
        _wait(folder, server, time.monotonic() + seconds)
        yield str(folder)
    finally:
        if server is not None:
            server.send_signal(2)  # SIGINT: fast shutdown
            try:
                server.wait(timeout=60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of PostgreSQL's own programs; Debian keeps them off the path."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found and not folders:
        raise NoPostgres("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return Path(found or folders[-1]).parent


def _wait(folder: Path, server: "subprocess.Popen[bytes]", end: float) -> None:
    while server.poll() is None and time.monotonic() < end:
        try:
            connect(str(folder)).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise NoPostgres("the cluster did not start: " + (folder / "log").read_text(errors="replace").strip()[-200:])


def connect(folder: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Return a connection to our cluster; each statement commits."""
    return psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True)


def create(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> None:
    """Make a table of plain plates with the two indexes that everybody makes."""
    connection.execute(
        f"CREATE TABLE {table} (plate text NOT NULL, captured_at timestamptz NOT NULL, reader text NOT NULL, region text)"
    )
    connection.execute(f"CREATE INDEX ON {table} (plate, captured_at)")
    connection.execute(f"CREATE INDEX ON {table} (reader, captured_at)")


def version(folder: str) -> str:
    """Return the server's version."""
    with connect(folder) as connection:
        row = connection.execute("SHOW server_version").fetchone()
        return "" if row is None else str(row[0])


def load_lines(folder: str, path: Path, *, told: Told) -> float:
    """Return the seconds it takes to decode our NDJSON file and COPY it, one commit a block as ours does."""
    with connect(folder) as connection, connection.cursor() as cursor, open_lines(path) as file:
        create(connection, "of_lines")
        started = time.perf_counter()
        for block in line_blocks(file):
            decoded, _ = decode_lines(block)
            text = "".join(f"{one.plate}\t{one.captured_at}\t{one.reader}\t{one.region}\n" for one in decoded)
            with cursor.copy("COPY of_lines FROM STDIN") as copy:
                copy.write(text)
            told("PostgreSQL", file.tell(), path.stat().st_size)
        return time.perf_counter() - started


def load_table(folder: str, path: Path, *, told: Told) -> float:
    """Return the seconds that COPY takes to read the CSV as it is."""
    with connect(folder) as connection, connection.cursor() as cursor, path.open("rb") as file:
        create(connection, "of_table")
        started = time.perf_counter()
        copied = "COPY of_table (plate, captured_at, reader, region) FROM STDIN (FORMAT csv, HEADER)"
        with cursor.copy(copied) as copy:
            while block := file.read(BLOCK_BYTES):
                copy.write(block)
                told("PostgreSQL", file.tell(), path.stat().st_size)
        return time.perf_counter() - started


def ask_month(
    socket: str, ground: Ground, questions: list[str], start: datetime, end: datetime, *, told: Told
) -> list[float]:
    """Ask by index; return each question's milliseconds."""
    with _month(socket, ground, told) as connection:
        times = []
        for plate in questions:
            began = time.perf_counter()
            connection.execute(
                "SELECT captured_at, reader FROM of_month WHERE plate = %s AND captured_at >= %s AND captured_at < %s "
                "ORDER BY captured_at",
                (plate, start, end),
            ).fetchall()
            times.append((time.perf_counter() - began) * 1000)
        return times


def weigh_month(socket: str, ground: Ground, *, told: Told) -> float:
    """Return the bytes a row, indexes included."""
    with _month(socket, ground, told) as connection:
        row = connection.execute("SELECT pg_total_relation_size('of_month'), count(*) FROM of_month").fetchone()
        return 0.0 if row is None else int(str(row[0])) / int(str(row[1]))


@contextmanager
def _month(socket: str, ground: Ground, told: Told) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
    """Yield a connection to as much of the month as is bearable, loaded by whoever comes first."""
    with connect(socket) as connection:
        known = connection.execute("SELECT to_regclass('of_month')").fetchone()
        if known is None or known[0] is None:
            create(connection, "of_month")
            _load_month(connection, ground, told)
            connection.execute("VACUUM ANALYZE of_month")
        yield connection


def _load_month(connection: "psycopg.Connection[tuple[object, ...]]", ground: Ground, told: Told) -> None:
    month = Month(ground.sizes.postgres_rows, ground.sizes.vehicles, ground.started_at)
    readers, plates = month.readers(), month.plates
    done = 0
    for hour in month.batches(200_000):
        text = "".join(
            f"{plates[plate]}\t{datetime.fromtimestamp(second, UTC)}\t{readers[reader]}\tUS-CA\n"
            for plate, second, reader in zip(*(column.tolist() for column in hour), strict=True)
        )
        with connection.cursor() as cursor, cursor.copy("COPY of_month FROM STDIN") as copy:
            copy.write(text)
        done += len(hour.plates)
        told("PostgreSQL", done, month.reads)
