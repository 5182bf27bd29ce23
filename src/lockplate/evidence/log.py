"""TileLog: one operator's append-only log on SQLite, as the tiles and entry bundles of C2SP tlog-tiles.

What flows in: entries, as bytes. What flows out: their places, durable; tiles, bundles, roots and proofs.
What it must never see: a plate, a signing key, what an entry says. A rollback of this file is caught by the heads.

Stored: every entry; every full tile; the unfinished tiles above level 0 (one small write in 256 entries). The
unfinished tile of level 0 is rebuilt from the last entries. `state` is written with each batch.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from lockplate.errors import BadInput, LogRefused, NotFound
from lockplate.evidence import database
from lockplate.evidence.edge import FULL_TILE_BYTES, Edge, levels_of, open_width
from lockplate.evidence.group import GroupCommit
from lockplate.evidence.tiles import TILE_HEIGHT, TILE_WIDTH
from lockplate.merkle import HASH_BYTES, Subtree, consistency_path, inclusion_path, leaf_hash, root_at, root_of
from lockplate.terms import LeafIndex

MAX_ENTRY_BYTES = 65_535
"""tlog-tiles: entry bundles carry a 16-bit length."""
LOG_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (leaf_index INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tile (
    level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number)
) STRICT;
CREATE TABLE IF NOT EXISTS state (
    only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, root BLOB NOT NULL, published INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO state VALUES (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0);
"""

BeforeCommit = Callable[[LeafIndex], None]
"""Called with the first place of the entries, once it is certain and before they are durable."""


class TreeHead(msgspec.Struct, frozen=True, kw_only=True):
    """A tree's size and root, unsigned."""

    size: int
    root: bytes


class _Addition(msgspec.Struct, frozen=True, kw_only=True):
    """What one caller wants appended."""

    entries: Sequence[bytes] = ()
    before_commit: BeforeCommit | None = None
    published: int = 0
    """The size of a head that was signed; 0 for none."""


class TileLog:
    """The log of one operator; safe for many threads, and for a second process that opens the same file."""

    def __init__(self, connections: tuple[sqlite3.Connection, sqlite3.Connection]) -> None:
        self._writer, self._reader = connections
        """The writer belongs to the thread that leads a group commit; the reader is guarded by `_reading`."""
        self._reading = threading.RLock()
        self._swapping = threading.Lock()
        """Guards the replacement of `_edge`; an edge itself never changes once it stands there."""
        self._group: GroupCommit[_Addition, list[LeafIndex]] = GroupCommit(self._commit)
        with database.failures("the log could not be read"):
            self._edge = _load_edge(self._reader)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty log, or open one that is still empty; raises LogRefused when it holds entries."""
        database.create(path, _SCHEMA, journal="WAL", version=LOG_VERSION).close()
        log = cls.open(path)
        if log.size:
            log.close()
            raise LogRefused("a log that holds entries cannot be made anew", code="log_exists")
        return log

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a log; raises LogRefused when it is missing or contradicts itself at its right edge."""
        writer = database.open_existing(path, journal="WAL", version=LOG_VERSION)
        try:
            reader = database.open_existing(path, journal="WAL", version=LOG_VERSION)
        except BaseException:
            writer.close()
            raise
        try:
            return cls((writer, reader))
        except BaseException:
            reader.close()
            writer.close()
            raise

    def close(self) -> None:
        """Close the file; nothing that was acknowledged depends on this."""
        self._group.stop()
        with self._reading:
            self._reader.close()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Appending

    def append(self, entries: Sequence[bytes], *, before_commit: BeforeCommit | None = None) -> list[LeafIndex]:
        """Return the entries' places, once they are sequenced and integrated durably; all of them or none.

        Callers that arrive together share a transaction. `before_commit` runs inside it, with the first place; when it
        raises, nothing of the group is kept. Raises BadInput for an entry over 65,535 bytes, StoreFailed when the disk
        refused, LogRefused when the file contradicts itself.
        """
        if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
            raise BadInput("an entry is too long for the log", code="leaf_too_long")
        if not entries:
            return []
        return self._group.submit(_Addition(entries=entries, before_commit=before_commit))

    def _commit(self, additions: Sequence[_Addition]) -> list[list[LeafIndex]]:
        places: list[list[LeafIndex]] = []
        with database.failures("the log could not be written"):
            with database.transaction(self._writer):
                edge = self._edge_for_writing()
                start = edge.size
                for addition in additions:
                    first = LeafIndex(edge.size)
                    if addition.before_commit is not None:
                        addition.before_commit(first)
                    for entry in addition.entries:
                        edge.add(entry)
                    places.append([LeafIndex(place) for place in range(first, edge.size)])
                bodies = (entry for addition in additions for entry in addition.entries)
                self._writer.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(bodies, start))
                self._store_tiles(edge, start)
                published = max(addition.published for addition in additions)
                self._writer.execute(
                    "UPDATE state SET size = ?, root = ?, published = max(published, ?)",
                    (edge.size, edge.root(), published),
                )
            edge.finished.clear()
            self._advance(edge)
        return places

    def _edge_for_writing(self) -> Edge:
        """Return an edge to grow, taken from the file when another process has written since; in a transaction."""
        size = self._writer.execute("SELECT size FROM state").fetchone()[0]
        edge = self._edge
        return edge.copy() if edge.size == size else _load_edge(self._writer)

    def _store_tiles(self, edge: Edge, start: int) -> None:
        """Store what the additions finished, and the unfinished tiles above level 0 that they lengthened."""
        lowest = [tile for tile in edge.finished if tile[0] == 0]
        higher = [tile for tile in edge.finished if tile[0] > 0]
        for level in range(1, len(edge.open_tiles)):
            grown = edge.size >> (TILE_HEIGHT * level) != start >> (TILE_HEIGHT * level)
            if grown and edge.open_tiles[level]:
                higher.append((level, edge.size >> (TILE_HEIGHT * (level + 1)), bytes(edge.open_tiles[level])))
        # A tile of level 0 is written once; one that is already there would contradict the tree, and the file refuses.
        self._writer.executemany("INSERT INTO tile VALUES (?, ?, ?)", lowest)
        self._writer.executemany(
            "INSERT INTO tile VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes", higher
        )

    def _advance(self, edge: Edge) -> None:
        with self._swapping:
            if edge.size > self._edge.size:
                self._edge = edge

    # Reading

    @property
    def size(self) -> int:
        """Return how many entries are integrated."""
        return self._edge_now().size

    def head(self) -> TreeHead:
        """Return the size and root of all that is integrated."""
        edge = self._edge_now()
        return TreeHead(size=edge.size, root=edge.root())

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` entries, from the tiles; raises NotFound beyond the log's size."""
        self._require_size(size)
        return root_at(size, self._subtrees())

    def entry(self, index: int) -> bytes:
        """Return one entry, or raise NotFound."""
        return self.entries(index, index + 1)[0]

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the entries of [start, end), or raise NotFound when the log does not hold them all."""
        if not 0 <= start <= end <= self._edge_now().size:
            raise NotFound("the log holds no such entry", code="no_such_leaf")
        rows = self._read(
            "SELECT body FROM entry WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index", (start, end)
        )
        if len(rows) != end - start:
            raise LogRefused("an entry of the log is missing", next_step="Run fsck.")
        return [row[0] for row in rows]

    def tile(self, level: int, number: int, width: int = TILE_WIDTH) -> bytes:
        """Return `width` hashes of a tile (32 bytes each), or raise NotFound when the log has not that many yet."""
        if level < 0 or number < 0 or not 1 <= width <= TILE_WIDTH:
            raise NotFound("there is no such tile", code="no_such_tile")
        edge = self._edge_now()
        if number * TILE_WIDTH + width > edge.size >> (TILE_HEIGHT * level):
            raise NotFound("there is no such tile yet", code="no_such_tile")
        return self._tile(edge, level, number)[: width * HASH_BYTES]

    def entry_bundle(self, number: int, width: int = TILE_WIDTH) -> bytes:
        """Return `width` entries of a bundle, each after its length in 16 bits; raises NotFound like `tile`."""
        if number < 0 or not 1 <= width <= TILE_WIDTH:
            raise NotFound("there is no such bundle", code="no_such_tile")
        entries = self.entries(number * TILE_WIDTH, number * TILE_WIDTH + width)
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that entry `index` is in the tree of the first `size` entries (RFC 6962 2.1.1)."""
        self._require_size(size)
        return inclusion_path(index, size, self._subtrees())

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the first `new` entries start with the first `old` ones (RFC 6962 2.1.2)."""
        self._require_size(new)
        return consistency_path(old, new, self._subtrees())

    # What was published

    def published(self) -> int:
        """Return the size of the newest signed head that this file knows of; the head store may be one ahead."""
        return int(self._read("SELECT published FROM state", ())[0][0])

    def mark_published(self, size: int) -> None:
        """Note that a head of this size was signed, so that an old head store put back in place is seen."""
        self._group.submit(_Addition(published=size))

    def _edge_now(self) -> Edge:
        """Return the edge, taken from the file first when another process has made it longer."""
        size = self._read("SELECT size FROM state", ())[0][0]
        if size > self._edge.size:
            with self._reading, database.failures("the log could not be read"):
                self._advance(_load_edge(self._reader))
        return self._edge

    def _require_size(self, size: int) -> None:
        if not 0 <= size <= self._edge_now().size:
            raise NotFound("the log has not that many entries", code="no_such_size")

    def _subtrees(self) -> Subtree:
        """Return the subtree hashes of the log as it stands, each tile read at most once."""
        edge = self._edge
        seen: dict[tuple[int, int], bytes] = {}

        def subtree(start: int, height: int) -> bytes:
            level, inside = divmod(height, TILE_HEIGHT)
            number, place = divmod(start >> (TILE_HEIGHT * level), TILE_WIDTH)
            hashes = seen.get((level, number)) or seen.setdefault((level, number), self._tile(edge, level, number))
            ends = range(place * HASH_BYTES, (place + (1 << inside)) * HASH_BYTES, HASH_BYTES)
            return root_of([hashes[at : at + HASH_BYTES] for at in ends])

        return subtree

    def _tile(self, edge: Edge, level: int, number: int) -> bytes:
        """Return all hashes that a tile holds at this edge."""
        if number == edge.size >> (TILE_HEIGHT * (level + 1)):
            return bytes(edge.open_tiles[level])
        rows = self._read("SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, number))
        if not rows or len(rows[0][0]) != FULL_TILE_BYTES:
            raise LogRefused("a tile of the log is missing or short", next_step="Run fsck.")
        return bytes(rows[0][0])

    def _read(self, statement: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        with self._reading, database.failures("the log could not be read"):
            return self._reader.execute(statement, values).fetchall()


def _load_edge(connection: sqlite3.Connection) -> Edge:
    """Return the edge as the file has it, or raise LogRefused when its parts contradict each other."""
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        size, root = connection.execute("SELECT size, root FROM state").fetchone()
        highest = connection.execute("SELECT max(leaf_index) FROM entry").fetchone()[0]
        start = size - size % TILE_WIDTH
        last = connection.execute("SELECT body FROM entry WHERE leaf_index >= ? ORDER BY leaf_index", (start,))
        open_tiles = [b"".join(leaf_hash(row[0]) for row in last)]
        for level in range(1, levels_of(size)):
            place = (level, size >> (TILE_HEIGHT * (level + 1)))
            row = connection.execute("SELECT hashes FROM tile WHERE level = ? AND number = ?", place).fetchone()
            open_tiles.append(row[0] if row else b"")
    finally:
        if alone:
            connection.execute("COMMIT")
    fits = all(len(tile) == open_width(size, level) * HASH_BYTES for level, tile in enumerate(open_tiles))
    edge = Edge(size, open_tiles) if fits else None
    if edge is None or edge.root() != root or highest != (size - 1 if size else None):
        raise LogRefused("the log's last entries do not fit its stored root", next_step="Run fsck.")
    return edge
