"""Heads: the last signed checkpoint of a log, in a small store of its own that changes only by compare-and-swap.

What flows in: a signed checkpoint and the one that it replaces. What flows out: the last signed checkpoint.
What it must never see: entries, a signing key. This store is trusted: who can change it and holds the signing key can
make the log sign two histories. It lies in its own file so that it can be kept, and backed up, apart from the log.
"""

import sqlite3
import threading
from pathlib import Path
from typing import Self

import msgspec

from lockplate.errors import Conflict
from lockplate.evidence import database

HEADS_VERSION = 1
_JOURNAL = "WAL"
"""A rollback journal that a crash left could not be read by a checker that opens files for reading only."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS head (
    only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
) STRICT;
"""


class SignedHead(msgspec.Struct, frozen=True, kw_only=True):
    """A signed checkpoint: its size and root, and the note that says so."""

    size: int
    root: bytes
    note: str


class HeadStore:
    """The last signed head of one log; safe for many threads and processes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty store, or open one that is there."""
        return cls(database.create(path, _SCHEMA, journal=_JOURNAL, version=HEADS_VERSION))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store; raises LogRefused when it is missing."""
        return cls(database.open_existing(path, journal=_JOURNAL, version=HEADS_VERSION))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def last(self) -> SignedHead | None:
        """Return the last signed head; None only before the log was founded."""
        with self._lock, database.failures("the head store could not be read"):
            row = self._connection.execute("SELECT size, root, note FROM head").fetchone()
        return None if row is None else SignedHead(size=row[0], root=row[1], note=row[2])

    def swap(self, expected: SignedHead | None, new: SignedHead) -> SignedHead:
        """Return the new head, durable, having replaced exactly `expected`; raises Conflict when it was not there."""
        refused = database.failures("the head store could not be written")
        with self._lock, refused, database.transaction(self._connection):
            if expected is None:
                statement = "INSERT INTO head SELECT 1, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM head)"
                changed = self._connection.execute(statement, (new.size, new.root, new.note)).rowcount
            else:
                statement = "UPDATE head SET size = ?, root = ?, note = ? WHERE size = ? AND root = ? AND note = ?"
                values = (new.size, new.root, new.note, expected.size, expected.root, expected.note)
                changed = self._connection.execute(statement, values).rowcount
            if changed != 1:
                raise Conflict("another head was signed meanwhile", code="head_moved")
        return new
