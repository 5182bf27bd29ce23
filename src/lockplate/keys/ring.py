"""KeyRing: the keys of one operator, in a database of their own, wrapped, and destroyed without a trace.

What flows in: the operator's key-encryption key, a period or a name. What flows out: keys for seal; commitments for
receipts. What it must never see: a plate, a row, a question.

The database is trusted: who can read it *and* has the key-encryption key can open everything that is not yet forgotten.
`secure_delete` and a rollback journal leave no old bytes in the files (facts measured: write-ahead logging does).
"""

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from lockplate.access import KeyCommitment
from lockplate.clock import format_time, parse_time
from lockplate.errors import KeyUnavailable, StoreFailed
from lockplate.folders import make_folder
from lockplate.keys.kek import KEY_BYTES, Kek
from lockplate.terms import OperatorId, Period

_SCHEMA = """
CREATE TABLE IF NOT EXISTS period_keys (period INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, commitment BLOB NOT NULL,
    made_at TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS data_keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL, commitment BLOB NOT NULL,
    made_at TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS kek_check (one INTEGER PRIMARY KEY CHECK (one = 1), wrapped BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS period_origins (period INTEGER NOT NULL, origin TEXT NOT NULL,
    PRIMARY KEY (period, origin)) STRICT;
CREATE TABLE IF NOT EXISTS destroyed (kind TEXT NOT NULL, name TEXT NOT NULL, commitment BLOB NOT NULL,
    destroyed_at TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, name)) STRICT;
"""
_TELLS = ("period_keys", "data_keys", "destroyed")
"""Tables of which the log tells each row once; in files of before they have no column for it."""


class DestroyedKey(KeyCommitment, frozen=True, kw_only=True):
    """The same of a key that is gone, with when it went."""

    destroyed_at: datetime


class KeptHour(msgspec.Struct, frozen=True, kw_only=True):
    """A period that has a key, and what its end depends on."""

    period: Period
    made_at: datetime
    """When its key was made: when its first read came into our keeping."""
    origins: frozenset[str]
    """The laws that travel with its reads."""


class KeyRing:
    """The keys of one operator; safe to use from several threads of the one process that owns the node.

    Opening raises KeyUnavailable when the database was begun under another key-encryption key, before any new key
    could be wrapped under the wrong one, and when the database cannot be kept as it must be.
    """

    def __init__(self, path: Path, operator: OperatorId, kek: Kek) -> None:
        self._operator = operator
        self._kek = kek
        self._lock = threading.RLock()
        self._periods: dict[Period, bytes] = {}
        self._data: dict[str, bytes] = {}
        self._origins: dict[Period, frozenset[str]] = {}
        _make_file(path)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._open()
        except sqlite3.Error as error:
            self._connection.close()
            raise KeyUnavailable("the key database cannot be read", code="key_database") from error
        except KeyUnavailable:
            self._connection.close()
            raise

    def close(self) -> None:
        """Forget the keys in memory and close the file."""
        with self._lock:
            self._periods.clear()
            self._data.clear()
            self._connection.close()

    def make_period_key(self, period: Period, now: datetime) -> bytes:
        """Return the key of a period, made and stored durably on first use.

        Raises KeyUnavailable when the period's key was destroyed: what is forgotten is never made again.
        """
        with self._lock:
            key = self._periods.get(period)
            if key is None:
                key = self._stored("period", str(period)) or self._make("period", str(period), now)
                self._periods[period] = key
            return key

    def period_key(self, period: Period) -> bytes | None:
        """Return the key of a period, or None when the period has none: never made, or destroyed."""
        with self._lock:
            key = self._periods.get(period)
            if key is None and (key := self._stored("period", str(period))) is not None:
                self._periods[period] = key
            return key

    def data_key(self, name: str, now: datetime) -> bytes:
        """Return the named data key (for sealed columns), made and stored durably on first use."""
        with self._lock:
            key = self._data.get(name)
            if key is None:
                key = self._stored("data", name) or self._make("data", name, now)
                self._data[name] = key
            return key

    def stored_data_key(self, name: str) -> bytes | None:
        """Return the named data key, or None when there is none: never made, or destroyed."""
        with self._lock:
            key = self._data.get(name)
            if key is None and (key := self._stored("data", name)) is not None:
                self._data[name] = key
            return key

    def stored_periods(self) -> list[Period]:
        """Return every period that has a key, oldest first."""
        with self._lock:
            rows = self._connection.execute("SELECT period FROM period_keys ORDER BY period").fetchall()
            return [Period(row[0]) for row in rows]

    def kept_hours(self, first: Period | None = None, last: Period | None = None) -> list[KeptHour]:
        """Return the periods from first to last, both included, that have a key, oldest first; in one query."""
        low, high = 0 if first is None else first, 2**62 if last is None else last
        with self._lock:
            rows = self._connection.execute(
                "SELECT period, made_at FROM period_keys WHERE period BETWEEN ? AND ? ORDER BY period", (low, high)
            ).fetchall()
            none: frozenset[str] = frozenset()
            return [
                KeptHour(period=Period(row[0]), made_at=parse_time(row[1]), origins=self._origins.get(row[0], none))
                for row in rows
            ]

    def data_key_names(self, prefix: str = "") -> list[str]:
        """Return the names of the data keys that are there and begin so, in order."""
        with self._lock:
            rows = self._connection.execute("SELECT name FROM data_keys ORDER BY name").fetchall()
            return [row[0] for row in rows if row[0].startswith(prefix)]

    def destroyed_keys(self) -> list[DestroyedKey]:
        """Return every key that was destroyed, with the commitment made when it was made, in order of destruction."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT kind, name, commitment, destroyed_at FROM destroyed ORDER BY destroyed_at, kind, name"
            ).fetchall()
            return [
                DestroyedKey(kind=kind, name=name, commitment=commitment.hex(), destroyed_at=parse_time(at))
                for kind, name, commitment, at in rows
            ]

    def destroyed_periods(self) -> list[Period]:
        """Return every period whose key was destroyed, oldest first."""
        with self._lock:
            rows = self._connection.execute("SELECT name FROM destroyed WHERE kind = 'period'").fetchall()
            return sorted(Period(int(row[0])) for row in rows)

    def made_at(self, period: Period) -> datetime | None:
        """Return when a period's key was made, which is when its first read came into our keeping; None without key."""
        with self._lock:
            row = self._connection.execute("SELECT made_at FROM period_keys WHERE period = ?", (period,)).fetchone()
            return None if row is None else parse_time(row[0])

    def note_origin(self, period: Period, origin: str) -> None:
        """Note durably that reads of a period also stand under the law of where they come from."""
        known = self._origins.get(period, frozenset())
        if origin in known:
            return
        with self._lock:
            with self._transaction():
                self._connection.execute(
                    "INSERT OR IGNORE INTO period_origins (period, origin) VALUES (?, ?)", (period, origin)
                )
            self._origins[period] = self._origins.get(period, frozenset()) | {origin}

    def origins(self, first: Period, last: Period) -> frozenset[str]:
        """Return the laws that travel with reads of the periods from first to last, both included."""
        with self._lock:
            if first == last:
                return self._origins.get(first, frozenset())
            return frozenset().union(*(laws for period, laws in self._origins.items() if first <= period <= last))

    def commitment(self, period: Period) -> KeyCommitment | None:
        """Return the commitment made when the period's key was made, or None when there is no key."""
        with self._lock:
            row = self._connection.execute("SELECT commitment FROM period_keys WHERE period = ?", (period,)).fetchone()
            return None if row is None else _commitment("period", str(period), row[0])

    def data_commitment(self, name: str) -> KeyCommitment | None:
        """Return the commitment to a named data key, there or destroyed; None when it was never made."""
        with self._lock:
            row = self._connection.execute(
                "SELECT commitment FROM data_keys WHERE name = ?"
                " UNION SELECT commitment FROM destroyed WHERE kind = 'data' AND name = ?",
                (name, name),
            ).fetchone()
            return None if row is None else _commitment("data", name, row[0])

    def untold_keys(self, made_before: datetime) -> list[KeyCommitment]:
        """Return the keys made before a time, there or destroyed, of which no record in the log has told yet."""
        at = format_time(made_before)
        with self._lock:
            rows = self._connection.execute(
                "SELECT 'period', CAST(period AS TEXT), commitment FROM period_keys WHERE told = 0 AND made_at < ?1"
                " UNION ALL SELECT 'data', name, commitment FROM data_keys WHERE told = 0 AND made_at < ?1"
                " UNION ALL SELECT kind, name, commitment FROM destroyed WHERE told = 0 AND destroyed_at < ?1"
                " ORDER BY 1, 2",
                (at,),
            ).fetchall()
            return [_commitment(*row) for row in rows]

    def note_told(self, keys: Sequence[KeyCommitment]) -> None:
        """Note that a record in the log, durable by now, tells of these keys."""
        periods = [(int(key.name), bytes.fromhex(key.commitment)) for key in keys if key.kind == "period"]
        names = [(key.name, bytes.fromhex(key.commitment)) for key in keys if key.kind == "data"]
        every = [(key.kind, key.name, bytes.fromhex(key.commitment)) for key in keys]
        with self._lock, self._transaction():
            for statement, values in (
                ("UPDATE period_keys SET told = 1 WHERE period = ? AND commitment = ?", periods),
                ("UPDATE data_keys SET told = 1 WHERE name = ? AND commitment = ?", names),
                ("UPDATE destroyed SET told = 1 WHERE kind = ? AND name = ? AND commitment = ?", every),
            ):
                self._connection.executemany(statement, values)

    def faulty_keys(self) -> list[KeyCommitment]:
        """Return the keys that do not unwrap, or are not what their commitment says."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT 'period', CAST(period AS TEXT), commitment, wrapped FROM period_keys"
                " UNION ALL SELECT 'data', name, commitment, wrapped FROM data_keys ORDER BY 1, 2"
            ).fetchall()
        return [
            _commitment(kind, name, commitment)
            for kind, name, commitment, wrapped in rows
            if self._unwrapped(kind, name, wrapped) != commitment
        ]

    def destroy_periods(self, periods: list[Period], now: datetime) -> list[KeyCommitment]:
        """Destroy the keys of periods, durably and without a trace in the file; return what a receipt says of them.

        A period without a key is passed over. From here on no file, backup or replica of the *store* can answer for
        them; a backup of this database still could, which is why it must not be backed up with the rest.
        """
        with self._lock:
            gone: list[KeyCommitment] = []
            with self._transaction():
                for period in periods:
                    row = self._connection.execute(
                        "SELECT commitment, told FROM period_keys WHERE period = ?", (period,)
                    ).fetchone()
                    if row is None:
                        continue
                    self._connection.execute("DELETE FROM period_keys WHERE period = ?", (period,))
                    self._connection.execute("DELETE FROM period_origins WHERE period = ?", (period,))
                    self._bury("period", str(period), row, now)
                    gone.append(_commitment("period", str(period), row[0]))
            for period in periods:
                self._periods.pop(period, None)
                self._origins.pop(period, None)
            return gone

    def destroy_data_key(self, name: str, now: datetime) -> KeyCommitment | None:
        """Destroy a named data key; what was sealed under it is forgotten. None when there is no such key."""
        with self._lock:
            row = self._connection.execute("SELECT commitment, told FROM data_keys WHERE name = ?", (name,)).fetchone()
            if row is None:
                return None
            with self._transaction():
                self._connection.execute("DELETE FROM data_keys WHERE name = ?", (name,))
                self._bury("data", name, row, now)
            self._data.pop(name, None)
            return _commitment("data", name, row[0])

    def _open(self) -> None:
        kept = [
            self._connection.execute("PRAGMA secure_delete=ON").fetchone(),
            self._connection.execute("PRAGMA journal_mode=DELETE").fetchone(),
        ]
        if kept != [(1,), ("delete",)]:
            raise KeyUnavailable("the key database would keep what is destroyed", code="key_database")
        self._connection.execute("PRAGMA synchronous=EXTRA")
        self._connection.executescript(_SCHEMA)
        for table in _TELLS:
            columns = {row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")}
            if "told" not in columns:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN told INTEGER NOT NULL DEFAULT 0")
        for period, origin in self._connection.execute("SELECT period, origin FROM period_origins"):
            self._origins[Period(period)] = self._origins.get(Period(period), frozenset()) | {origin}
        row = self._connection.execute("SELECT wrapped FROM kek_check").fetchone()
        if row is not None:
            self._kek.unwrap(row[0], self._context("check", ""))
            return
        wrapped = self._kek.wrap(secrets.token_bytes(KEY_BYTES), self._context("check", ""))
        with self._transaction():
            self._connection.execute("INSERT INTO kek_check (one, wrapped) VALUES (1, ?)", (wrapped,))

    def _bury(self, kind: str, name: str, buried: tuple[bytes, int], now: datetime) -> None:
        commitment, told = buried
        self._connection.execute(
            "INSERT INTO destroyed (kind, name, commitment, destroyed_at, told) VALUES (?, ?, ?, ?, ?)",
            (kind, name, commitment, format_time(now), told),
        )

    def _unwrapped(self, kind: str, name: str, wrapped: bytes) -> bytes | None:
        """Return the hash of a key, None when it does not unwrap."""
        try:
            return _hash(self._kek.unwrap(wrapped, self._context(kind, name)))
        except KeyUnavailable:
            return None

    def _stored(self, kind: str, name: str) -> bytes | None:
        table, column = ("period_keys", "period") if kind == "period" else ("data_keys", "name")
        query = f"SELECT wrapped FROM {table} WHERE {column} = ?"  # noqa: S608 - both names are constants above
        row = self._connection.execute(query, (int(name) if kind == "period" else name,)).fetchone()
        return None if row is None else self._kek.unwrap(row[0], self._context(kind, name))

    def _make(self, kind: str, name: str, now: datetime) -> bytes:
        buried = self._connection.execute(
            "SELECT 1 FROM destroyed WHERE kind = ? AND name = ?", (kind, name)
        ).fetchone()
        if buried is not None:
            raise KeyUnavailable(
                "the key was destroyed; what it sealed is forgotten",
                code="key_destroyed",
                next_step="Nothing can bring it back. See the receipt in the log.",
            )
        key = secrets.token_bytes(KEY_BYTES)
        values = (self._kek.wrap(key, self._context(kind, name)), _hash(key), format_time(now))
        with self._transaction():
            if kind == "period":
                self._connection.execute(
                    "INSERT INTO period_keys (period, wrapped, commitment, made_at) VALUES (?, ?, ?, ?)",
                    (int(name), *values),
                )
            else:
                self._connection.execute(
                    "INSERT INTO data_keys (name, wrapped, commitment, made_at) VALUES (?, ?, ?, ?)", (name, *values)
                )
        return key

    def _context(self, kind: str, name: str) -> bytes:
        return f"lockplate/wrap/v1\0{self._operator}\0{kind}\0{name}".encode()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run the body in one durable transaction; a disk that refuses is StoreFailed, and nothing has changed."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreFailed("the key database refused to write", code="key_database") from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _make_file(path: Path) -> None:
    """Make the database's file, readable by its owner only, when it is absent; raises KeyUnavailable."""
    try:
        make_folder(path.parent)
        path.touch(mode=0o600)
    except OSError as error:
        raise KeyUnavailable("the key database cannot be made", code="key_database") from error


def _hash(key: bytes) -> bytes:
    return hashlib.sha256(b"lockplate/key-commitment/v1\0" + key).digest()


def _commitment(kind: str, name: str, commitment: bytes) -> KeyCommitment:
    return KeyCommitment(kind=kind, name=name, commitment=commitment.hex())
