"""SeenStore: what one witness knows, in one SQLite file: whom it watches, what it cosigned, what it refused.

What flows in: keys of logs, heads, evidence. What flows out: the same, and figures.
What it must never see: a private key. This file is trusted: a witness that forgets what it cosigned can be led to
cosign a second history. It is therefore never made anew over a lost one.

A rollback journal instead of WAL: between two requests the one file is the whole state, so that a copy of it is never
older than the last answer. A decision is one transaction: read, judge, write, durable, and only then answer.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from lockplate.errors import LogRefused, StoreFailed
from lockplate.evidence import database
from lockplate.folders import make_folder, name_new_file
from lockplate.note import VerifierKey, parse_vkey
from lockplate.witnessing.seen import KeptEvidence, LogSeen, SeenHead, Suspicion

STATE_VERSION = 1
KEPT_HEADS = 4096
"""Heads remembered of each log, the newest: an older checkpoint among them can be told from another history."""
KEPT_EVIDENCE = 1000
"""Requests kept of each log and suspicion, the first ones: nobody can push out what was kept."""
LOST = (
    "If the file was lost or an old copy was put back, retire this witness: make one with a new name and key, and tell "
    "everybody who trusts the old one. docs/witnesses.md says how."
)
_JOURNAL = "DELETE"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (
    only INTEGER PRIMARY KEY CHECK (only = 1), vkeys TEXT NOT NULL, founded_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS log_key (
    vkey TEXT PRIMARY KEY, origin TEXT NOT NULL, origin_hash TEXT NOT NULL, added_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS head (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, lines TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (origin, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (
    number INTEGER PRIMARY KEY, origin TEXT NOT NULL, suspicion TEXT NOT NULL, size INTEGER NOT NULL,
    root BLOB NOT NULL, request TEXT NOT NULL, against TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (origin, size, root)
) STRICT;
"""


def origin_hash(origin: str) -> str:
    """Return the hexadecimal SHA-256 under which monitors ask for a log (C2SP tlog-witness)."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Ledger:
    """The state inside one write transaction; only `SeenStore.deciding` gives it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def newest(self, origin: str) -> SeenHead | None:
        """Return the largest head that was cosigned for a log; None before the first."""
        return _newest(self._connection, origin)

    def head(self, origin: str, size: int) -> SeenHead | None:
        """Return the head of one size, if it was cosigned and is still remembered."""
        rows = self._connection.execute(f"{_HEADS} WHERE origin = ? AND size = ?", (origin, size))
        return next((_head(row) for row in rows), None)

    def put(self, head: SeenHead) -> None:
        """Store a cosigned head as the newest of its log; what made the same head doubtful before is explained."""
        self._connection.execute(
            "INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?, ?)",
            (head.origin, head.size, head.root, head.note, head.lines, _seconds(head.at)),
        )
        self._connection.execute(
            "DELETE FROM head WHERE origin = ?1 AND size <= "
            "(SELECT size FROM head WHERE origin = ?1 ORDER BY size DESC LIMIT 1 OFFSET ?2)",
            (head.origin, KEPT_HEADS),
        )
        self._connection.execute(
            "DELETE FROM evidence WHERE origin = ? AND size = ? AND root = ? AND suspicion <> ?",
            (head.origin, head.size, head.root, Suspicion.FORK),
        )

    def keep(self, evidence: KeptEvidence) -> None:
        """Keep a refused request, once for each checkpoint; a fork takes the place of a mere doubt about it."""
        counted = "SELECT count(*) FROM evidence WHERE origin = ? AND suspicion = ?"
        (kept,) = self._connection.execute(counted, (evidence.origin, evidence.suspicion)).fetchone()
        if kept >= KEPT_EVIDENCE:
            return
        self._connection.execute(
            "INSERT INTO evidence (origin, suspicion, size, root, request, against, at) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (origin, size, root) DO UPDATE SET suspicion = excluded.suspicion, "
            "request = excluded.request, against = excluded.against, at = excluded.at "
            "WHERE excluded.suspicion = ? AND evidence.suspicion <> ?",
            (
                evidence.origin, evidence.suspicion, evidence.size, evidence.root, evidence.request, evidence.against,
                _seconds(evidence.at), Suspicion.FORK, Suspicion.FORK,
            ),
        )  # fmt: skip


class SeenStore:
    """One witness's file; safe for many threads and processes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty file, or open one that waits for `found`; it serves nobody before.

        It is made under another name and named once it is whole: of what `open` finds, nothing was cut short. Raises
        StoreFailed when the disk refuses.
        """
        if not path.is_file():
            _make(path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file; raises LogRefused when it is missing, or no file of ours, and makes no other."""
        try:
            return cls(database.open_existing(path, journal=_JOURNAL, version=STATE_VERSION))
        except LogRefused as error:
            raise LogRefused(
                "the witness's state is missing or of another version", code="witness_state_lost", next_step=LOST
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def found(self, vkeys: tuple[str, ...], at: datetime) -> None:
        """Write down whose state this is, once; raises LogRefused when it belongs to somebody."""
        with self._writing():
            self._connection.execute("INSERT INTO identity VALUES (1, ?, ?)", ("\n".join(vkeys), _seconds(at)))

    def vkeys(self) -> tuple[str, ...]:
        """Return the key strings of the witness whose state this is; none before it was founded."""
        with self._reading():
            row = self._connection.execute("SELECT vkeys FROM identity").fetchone()
        return () if row is None else tuple(row[0].split("\n"))

    def trust(self, key: VerifierKey, at: datetime) -> None:
        """Trust a key for the log that it names; nothing changes when it is trusted already."""
        with self._writing():
            self._connection.execute(
                "INSERT OR IGNORE INTO log_key VALUES (?, ?, ?, ?)",
                (key.text(), key.name, origin_hash(key.name), _seconds(at)),
            )

    def trusted(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the keys that are trusted for a log, the oldest first; none for a log that is not watched."""
        with self._reading():
            rows = self._connection.execute("SELECT vkey FROM log_key WHERE origin = ? ORDER BY rowid", (origin,))
            return tuple(parse_vkey(vkey) for (vkey,) in rows.fetchall())

    @contextmanager
    def deciding(self) -> Iterator[Ledger]:
        """Give the ledger for one decision: nobody else decides meanwhile, and what was put is durable afterwards."""
        with self._writing():
            yield Ledger(self._connection)

    def newest_by_hash(self, hashed: str) -> SeenHead | None:
        """Return the newest head of the log whose origin has this hash; None for an unknown log or before the first."""
        with self._reading():
            found = "SELECT origin FROM log_key WHERE origin_hash = ? LIMIT 1"
            row = self._connection.execute(found, (hashed,)).fetchone()
            return None if row is None else _newest(self._connection, row[0])

    def logs(self) -> tuple[LogSeen, ...]:
        """Return every watched log in figures, in the order in which they were added."""
        with self._reading():
            rows = self._connection.execute("SELECT origin FROM log_key GROUP BY origin ORDER BY min(rowid)").fetchall()
        return tuple(self._log(origin) for (origin,) in rows)

    def evidence(self, origin: str = "") -> tuple[KeptEvidence, ...]:
        """Return what was kept, of one log or of all, in order."""
        columns = "SELECT origin, suspicion, size, root, request, against, at FROM evidence"
        with self._reading():
            rows = self._connection.execute(f"{columns} WHERE ?1 IN ('', origin) ORDER BY number", (origin,)).fetchall()
        return tuple(
            KeptEvidence(
                origin=row[0], suspicion=Suspicion(row[1]), size=row[2], root=row[3], request=row[4], against=row[5],
                at=_moment(row[6]),
            )
            for row in rows
        )  # fmt: skip

    def _log(self, origin: str) -> LogSeen:
        with self._reading():
            counted = "SELECT suspicion, count(*) FROM evidence WHERE origin = ? GROUP BY suspicion"
            kept = dict(self._connection.execute(counted, (origin,)).fetchall())
            newest = _newest(self._connection, origin)
        return LogSeen(
            origin=origin,
            keys=self.trusted(origin),
            newest=newest,
            forks=kept.get(Suspicion.FORK, 0),
            unproved=kept.get(Suspicion.UNPROVED, 0),
            older=kept.get(Suspicion.OLDER, 0),
        )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, database.failures("the witness's state could not be read"):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        refused = database.failures("the witness's state could not be written")
        with self._lock, refused, database.transaction(self._connection):
            yield


def _make(path: Path) -> None:
    fresh = path.with_name(path.name + ".new")
    try:
        make_folder(path.parent)
        for left in (fresh, fresh.with_name(fresh.name + "-journal")):
            left.unlink(missing_ok=True)
        database.create(fresh, _SCHEMA, journal=_JOURNAL, version=STATE_VERSION).close()
        with suppress(FileExistsError):  # somebody else made it meanwhile
            name_new_file(fresh, path)
    except OSError as error:
        raise StoreFailed("the witness's state could not be made", next_step="Look at the disk.") from error


_HEADS = "SELECT origin, size, root, note, lines, at FROM head"


def _newest(connection: sqlite3.Connection, origin: str) -> SeenHead | None:
    rows = connection.execute(f"{_HEADS} WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,))
    return next((_head(row) for row in rows), None)


def _head(row: tuple[str, int, bytes, str, str, int]) -> SeenHead:
    origin, size, root, note, lines, at = row
    return SeenHead(origin=origin, size=size, root=root, note=note, lines=lines, at=_moment(at))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
