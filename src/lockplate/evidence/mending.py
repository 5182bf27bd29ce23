"""Mending: the derived parts of a log, tiles and counters, made again from its entries.

What flows in: file names and the log's published key. What flows out: what was made again.
What it must never see: an entry it would change. Nothing is mended that the entries and a signed head do not prove: a
log whose entries do not fit its head is left as it is. The node must not run.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from lockplate.errors import LogRefused
from lockplate.evidence.rebuild import Levels, read_note


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What was made again."""

    tiles: tuple[str, ...]
    """`0/3`: level and number; those that were there and belong to no entries were deleted."""
    counters: tuple[str, ...]
    """`size`, `root`."""

    def __bool__(self) -> bool:
        return bool(self.tiles or self.counters)


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries say."""

    size: int
    root: bytes
    tiles: dict[tuple[int, int], bytes]


def mend_log(log_path: Path, heads_path: Path, vkey: str) -> Mended:
    """Return what had to be made again, durably; raises LogRefused when the entries are not those of the signed head.

    Entries after the head are believed only when the stored root is theirs, or when there are none.
    """
    signed_size, signed_root = _head(heads_path, vkey)
    try:
        with closing(sqlite3.connect(f"{log_path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as log:
            log.execute("PRAGMA synchronous = FULL")
            log.execute("BEGIN IMMEDIATE")
            try:
                mended = _mend(log, signed_size, signed_root)
                log.execute("COMMIT")
            finally:
                if log.in_transaction:
                    log.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise LogRefused("the log's file cannot be mended", next_step=_RESTORE) from error
    return mended


_RESTORE = "Keep a copy of the files as they are; put the evidence folder back from a backup."


def _head(path: Path, vkey: str) -> tuple[int, bytes]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as heads:
            row = heads.execute("SELECT note FROM head").fetchone()
    except sqlite3.Error as error:
        raise LogRefused("the head store cannot be read", next_step=_RESTORE) from error
    if row is None:
        raise LogRefused("no head was ever signed: there is nothing to mend by", next_step=_RESTORE)
    return read_note(row[0], vkey)


def _mend(log: sqlite3.Connection, signed_size: int, signed_root: bytes) -> Mended:
    facts, root_then = _rebuilt(log, signed_size)
    if root_then != signed_root:
        raise LogRefused("the entries are not those of the signed head", next_step=_RESTORE)
    size, root = log.execute("SELECT size, root FROM state").fetchone() or (None, None)
    if facts.size > signed_size and root != facts.root:
        raise LogRefused("entries after the signed head are not those of the stored root", next_step=_RESTORE)
    return Mended(tiles=tuple(_mend_tiles(log, facts.tiles)), counters=tuple(_mend_counters(log, facts, size, root)))


def _rebuilt(log: sqlite3.Connection, signed_size: int) -> tuple[_Facts, bytes | None]:
    """Return what the entries say, and their root at the signed size."""
    levels = Levels()
    tiles: dict[tuple[int, int], bytes] = {}
    root_then = levels.root() if signed_size == 0 else None
    for place, entry in log.execute("SELECT leaf_index, body FROM entry ORDER BY leaf_index"):
        if place != levels.count:
            raise LogRefused("an entry of the log is missing", next_step=_RESTORE)
        tiles |= {(level, number): hashes for level, number, hashes in levels.add(entry)}
        if levels.count == signed_size:
            root_then = levels.root()
    # the unfinished tile of level 0 is not stored
    tiles |= {(level, number): hashes for level, number, hashes in levels.unfinished() if level > 0}
    return _Facts(size=levels.count, root=levels.root(), tiles=tiles), root_then


def _mend_tiles(log: sqlite3.Connection, tiles: dict[tuple[int, int], bytes]) -> Iterator[str]:
    stored = {
        (level, number): hashes for level, number, hashes in log.execute("SELECT level, number, hashes FROM tile")
    }
    for (level, number), hashes in tiles.items():
        if stored.get((level, number)) != hashes:
            log.execute("INSERT OR REPLACE INTO tile VALUES (?, ?, ?)", (level, number, hashes))
            yield f"{level}/{number}"
    for level, number in sorted(stored.keys() - tiles.keys()):
        log.execute("DELETE FROM tile WHERE level = ? AND number = ?", (level, number))
        yield f"{level}/{number}"


def _mend_counters(log: sqlite3.Connection, facts: _Facts, size: object, root: object) -> Iterator[str]:
    if size != facts.size:
        yield "size"
    if root != facts.root:
        yield "root"
    if (size, root) == (facts.size, facts.root):
        return
    published = (log.execute("SELECT published FROM state").fetchone() or (0,))[0]
    log.execute("INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?)", (facts.size, facts.root, published))
