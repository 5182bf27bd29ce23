"""PassageIndex: where the row of a vendor's passage lies, for the minutes in which a correction may still come.

What flows in: keyed hashes of vendor ids and the places of rows. What flows out: the place for a hash that is named.
What it must never see: a plate, a vendor id in plain. It lists nothing; it is pruned within the hour. It is a help, not
evidence: losing it means that a correction is stored beside the misread, not in its stead.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lockplate.errors import StoreFailed
from lockplate.terms import OperatorId, ReaderId, Token

_SCHEMA = """
CREATE TABLE IF NOT EXISTS passages (operator TEXT NOT NULL, hash BLOB NOT NULL, token BLOB NOT NULL,
    captured_at INTEGER NOT NULL, reader TEXT NOT NULL, noted_at INTEGER NOT NULL, PRIMARY KEY (operator, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passages_by_time ON passages (noted_at);
"""


class PassagePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A hash, and the row that it leads to."""

    operator: OperatorId
    hash: bytes
    token: Token
    captured_at: int
    reader: ReaderId
    noted_at: int
    """Seconds of our clock, for pruning: the row's own time may be of any age."""


class PassageIndex:
    """A small table of its own; write-ahead logged without a sync of each commit, since it is only a help.

    Whatever the disk refuses is StoreFailed; when it is at opening, the file can be removed without loss.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        with _failures():
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.execute("PRAGMA secure_delete=ON")
                self._connection.executescript(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise

    def put(self, places: Sequence[PassagePlace]) -> None:
        """Remember where rows lie; a later place for the same hash replaces the earlier."""
        rows = [
            (place.operator, place.hash, place.token, place.captured_at, place.reader, place.noted_at)
            for place in places
        ]
        with self._lock, _failures():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany("INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?, ?, ?)", rows)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def get(self, operator: OperatorId, passage_hash: bytes) -> PassagePlace | None:
        """Return where the row of a named hash lies, or None."""
        with self._lock, _failures():
            row = self._connection.execute(
                "SELECT token, captured_at, reader, noted_at FROM passages WHERE operator = ? AND hash = ?",
                (operator, passage_hash),
            ).fetchone()
        if row is None:
            return None
        return PassagePlace(
            operator=operator,
            hash=passage_hash,
            token=Token(row[0]),
            captured_at=row[1],
            reader=ReaderId(row[2]),
            noted_at=row[3],
        )

    def prune(self, before: int) -> None:
        """Forget passages that were noted before a moment of our clock."""
        with self._lock, _failures():
            self._connection.execute("DELETE FROM passages WHERE noted_at < ?", (before,))

    def close(self) -> None:
        """Close the table."""
        with self._lock:
            self._connection.close()


@contextmanager
def _failures() -> Iterator[None]:
    """Turn sqlite3's errors into StoreFailed."""
    try:
        yield
    except sqlite3.Error as error:
        step = (
            "Look at the disk. passages.db is only a help: without it, a correction may be stored beside its misread."
        )
        raise StoreFailed("the passage index refused", next_step=step) from error
