"""The evidence files as SQLite opens them: one writer's settings, one way to fail.

What flows in: a path and a schema. What flows out: an open connection; sqlite3's errors as StoreFailed.
What it must never see: what the tables mean. The journal and sync settings here are what "durable" rests on.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockplate.errors import LogRefused, StoreFailed

BUSY_SECONDS = 10.0
"""How long one process waits while another one holds the same file's write lock."""


def create(path: Path, schema: str, *, journal: str, version: int) -> sqlite3.Connection:
    """Make a file with the schema, or take up an unfinished attempt to make it; the caller closes the connection."""
    with failures("the evidence file could not be made"):
        connection = _connect(path, "rwc")
        try:
            _configure(connection, journal)
            connection.executescript(f"BEGIN IMMEDIATE; {schema} PRAGMA user_version = {version}; COMMIT;")
        except BaseException:
            connection.close()
            raise
    return connection


def open_existing(path: Path, *, journal: str, version: int) -> sqlite3.Connection:
    """Open a file that was made before; raises LogRefused when it is gone or of another version.

    A missing evidence file is never made anew in silence: that would let a deleted log start over.
    """
    if not path.is_file():
        raise LogRefused("an evidence file is missing", code="evidence_missing", next_step=_RESTORE)
    with failures("the evidence file could not be opened"):
        connection = _connect(path, "rw")
        try:
            _configure(connection, journal)
            found = connection.execute("PRAGMA user_version").fetchone()[0]
        except BaseException:
            connection.close()
            raise
    if found != version:
        connection.close()
        raise LogRefused(
            "an evidence file is of another version, or empty", code="evidence_version", next_step=_RESTORE
        )
    return connection


@contextmanager
def failures(message: str) -> Iterator[None]:
    """Turn sqlite3's errors into StoreFailed with the given message, or LogRefused for a row that is already there."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise LogRefused("the evidence file holds a row where there should be none", next_step="Run fsck.") from error
    except sqlite3.Error as error:
        raise StoreFailed(message) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run one write transaction: durable when the block ends, undone when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


_RESTORE = "Stop the node, restore the evidence folder as a whole, and run fsck. Do not make a new log over an old one."


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=64,
    )


def _configure(connection: sqlite3.Connection, journal: str) -> None:
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("PRAGMA synchronous = EXTRA")  # FULL, and a rollback journal's removal is synced, too
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
