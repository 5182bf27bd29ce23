"""Details: the private part of each record, sealed by others, beside the tree until the law says to forget it.

What flows in: sealed bytes and their place in the log. What flows out: the same bytes, until they are forgotten.
What it must never see: an unsealed detail, a key. Forgetting is destroying the sealer's key; deleting here is the
second lock: `secure_delete` overwrites the rows, and the write-ahead file is emptied before deletion is reported.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from lockplate.errors import NotFound, StoreFailed
from lockplate.evidence import database
from lockplate.terms import LeafIndex, Period

DETAILS_VERSION = 1
NOTHING_FORGOTTEN = Period(-1)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS detail (
    leaf_index INTEGER PRIMARY KEY, period INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS detail_by_period ON detail (period);
CREATE TABLE IF NOT EXISTS forgotten (only INTEGER PRIMARY KEY CHECK (only = 1), through INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO forgotten VALUES (1, -1);
"""


class SealedDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One record's private details as they lie on disk."""

    leaf_index: LeafIndex
    period: Period
    """The UTC hour of the record's own time: what its retention is counted from."""
    sealed: bytes


class DetailStore:
    """The sealed details of one log; safe for many threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty store, or open one that is there."""
        return cls(database.create(path, _SCHEMA, journal="WAL", version=DETAILS_VERSION))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store; raises LogRefused when it is missing."""
        return cls(database.open_existing(path, journal="WAL", version=DETAILS_VERSION))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, first: LeafIndex, count: int, details: Sequence[SealedDetail]) -> None:
        """Keep the details of leaves [first, first + count), durable on return; called before the leaves are.

        What lies there already is left over from leaves that a crash prevented, and is replaced.
        """
        rows = [(detail.leaf_index, detail.period, detail.sealed) for detail in details]
        with self._lock, database.failures("the details could not be written"):
            left_over = "SELECT EXISTS (SELECT 1 FROM detail WHERE leaf_index >= ?)"
            if not rows and not self._connection.execute(left_over, (first,)).fetchone()[0]:
                return
            with database.transaction(self._connection):
                self._connection.execute(
                    "DELETE FROM detail WHERE leaf_index >= ? AND leaf_index < ?", (first, first + count)
                )
                self._connection.executemany("INSERT INTO detail VALUES (?, ?, ?)", rows)

    def read(self, index: int) -> SealedDetail:
        """Return the sealed details of a leaf, or raise NotFound: forgotten, or never there."""
        with self._lock, database.failures("the details could not be read"):
            statement = "SELECT leaf_index, period, sealed FROM detail WHERE leaf_index = ?"
            row = self._connection.execute(statement, (index,)).fetchone()
        if row is None:
            raise NotFound("no private details are kept for this record", code="no_details")
        return SealedDetail(leaf_index=row[0], period=row[1], sealed=row[2])

    def forgotten_through(self) -> Period:
        """Return the last period whose details were deleted; NOTHING_FORGOTTEN before the first time."""
        with self._lock, database.failures("the details could not be read"):
            return Period(self._connection.execute("SELECT through FROM forgotten").fetchone()[0])

    def count_through(self, period: Period) -> int:
        """Return how many details of `period` and before are there."""
        with self._lock, database.failures("the details could not be read"):
            return int(
                self._connection.execute("SELECT count(*) FROM detail WHERE period <= ?", (period,)).fetchone()[0]
            )

    def forget_through(self, period: Period) -> int:
        """Delete every detail of `period` and before; return how many, once no file of ours holds their bytes.

        The caller destroys the sealer's keys and writes the receipt. Raises StoreFailed when another process still
        reads the old pages; then call again.
        """
        with self._lock, database.failures("the details could not be deleted"):
            with database.transaction(self._connection):
                deleted = self._connection.execute("DELETE FROM detail WHERE period <= ?", (period,)).rowcount
                self._connection.execute("UPDATE forgotten SET through = max(through, ?)", (period,))
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreFailed("deleted details are still in the write-ahead file", next_step="Run retention again.")
        return deleted
