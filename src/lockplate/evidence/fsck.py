"""Fsck: reads a log, its heads and its details, or an exported folder, and says everything that does not fit.

What flows in: file names and the log's published key. What flows out: a Report.
What it must never see: keys that open details; any module that writes the log (see rebuild). It repairs nothing: it
opens files for reading only, and goes on after each finding, so that one fault does not hide another.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from lockplate.errors import EvidenceError
from lockplate.evidence.rebuild import Damaged, Levels, read_leaf, read_note, split_bundle

MAX_FINDINGS = 1000
"""After this many the rest is only counted."""


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that does not fit: a stable code, where, and in plain words."""

    code: str
    where: str
    """`entry 17`, `tile 0/3`, `head`, `detail 17`: a name within the log, never a path of the machine."""
    says: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, and what does not fit."""

    findings: tuple[Damage, ...]
    counts: dict[str, int]

    def require_clean(self) -> "Report":
        """Return the report itself, or raise EvidenceError when it has findings."""
        if self.findings:
            first = self.findings[0]
            raise EvidenceError(
                f"{self.counts['findings']} findings; the first: {first.where}: {first.says}",
                code="fsck_findings",
                next_step="Keep a copy of the files as they are, then compare them with an export or a witness.",
            )
        return self


class Notes:
    """The findings and counts of one check, as they come up."""

    def __init__(self) -> None:
        self._findings: list[Damage] = []
        self.counts: dict[str, int] = {"findings": 0}

    def find(self, code: str, where: str, says: str) -> None:
        """Take one finding; after many the rest is only counted."""
        self.counts["findings"] += 1
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(Damage(code=code, where=where, says=says))

    def count(self, what: str, by: int = 1) -> None:
        """Count what was looked at."""
        self.counts[what] = self.counts.get(what, 0) + by

    @contextmanager
    def catching(self, where: str) -> Iterator[None]:
        """Turn what makes a part unreadable into a finding, and go on."""
        try:
            yield
        except EvidenceError as error:
            self.find(error.code, where, error.message)
        except sqlite3.Error as error:
            self.find("unreadable", where, f"the file cannot be read: {type(error).__name__}")
        except (OSError, ValueError) as error:
            self.find("unreadable", where, f"cannot be read: {type(error).__name__}")

    def report(self) -> Report:
        """Return what was found."""
        return Report(findings=tuple(self._findings), counts=dict(self.counts))


class _Rebuilt:
    """What the entries themselves say: the roots and tiles they must have, and which of them have details."""

    def __init__(self, *sizes: int | None) -> None:
        self.levels = Levels()
        self._wanted = frozenset(sizes)
        self.roots: dict[int, bytes] = {0: self.levels.root()}
        """The roots at the sizes of some checkpoints."""
        self.with_details: dict[int, int] = {}
        """Place of each leaf that commits to details → its UTC hour."""

    def take(self, entry: bytes, notes: Notes) -> Iterator[tuple[int, int, bytes]]:
        """Take one entry, and yield the tiles that it fills."""
        place = self.levels.count
        with notes.catching(f"entry {place}"):
            hour, commits = read_leaf(entry)
            if commits:
                self.with_details[place] = hour
        yield from self.levels.add(entry)
        if self.levels.count in self._wanted:
            self.roots[self.levels.count] = self.levels.root()
        notes.count("entries")


def check_log(
    log_path: Path,
    heads_path: Path,
    details_path: Path,
    vkey: str,
    *,
    seen: Sequence[str] = (),
    witnesses_path: Path | None = None,
) -> Report:
    """Return everything that does not fit in one operator's evidence; reads only.

    Entries: dense places, canonical leaves. Tiles: each hash, none missing, none too many. Counters: size, root and
    published size. Head: signed by `vkey`, and the root of the entries at its size. Details: there for each leaf that
    commits to some and whose hour was not forgotten, and for no other. Details past the last leaf are left over from a
    crash; they are counted and are no finding. Checkpoints that somebody saw before, or that witnesses cosigned: each
    is signed by `vkey`, and the entries still begin with what it covers.
    """
    notes = Notes()
    signed: tuple[int, bytes] | None = None
    with notes.catching("head"):
        signed = _read_head(heads_path, vkey)
    kept = [(f"seen {number}", note) for number, note in enumerate(seen, 1)]
    with notes.catching("witnesses"):
        kept += [(f"cosigned {number}", note) for number, note in enumerate(_cosigned(witnesses_path), 1)]
    before = list(_read_kept(kept, vkey, notes))
    rebuilt = _Rebuilt(signed[0] if signed else None, *(size for _, size, _ in before))
    with notes.catching("log"), closing(_open(log_path)) as log:
        with notes.catching("log"):
            _check_file(log)
        with notes.catching("entries"):
            _check_entries(log, rebuilt, notes)
        with notes.catching("state"):
            _check_state(log, rebuilt, notes)
        with notes.catching("head"):
            _check_newest(log, heads_path, vkey, notes)
    _check_signed(rebuilt, signed, notes)
    for where, size, root in before:
        _check_kept(rebuilt, where, size, root, notes)
    with notes.catching("details"), closing(_open(details_path)) as details:
        with notes.catching("details"):
            _check_file(details)
        _check_details(details, rebuilt, notes)
    return notes.report()


def check_export(folder: Path, vkey: str) -> Report:
    """Return everything that does not fit in an exported folder; reads only.

    Every tile and bundle that the signed checkpoint promises is there with the right bytes, and nothing is there that
    goes beyond it (as when an old checkpoint was put back). Narrower partial tiles of earlier exports are allowed.
    """
    notes = Notes()
    signed: tuple[int, bytes] | None = None
    with notes.catching("checkpoint"):
        signed = read_note((folder / "checkpoint").read_bytes().decode(), vkey)
    with notes.catching("vkey"):
        if (folder / "vkey").read_bytes().decode() != f"{vkey}\n":
            notes.find("other_key", "vkey", "the folder names another key than the one given")
    rebuilt = _Rebuilt(signed[0] if signed else None)
    expected: set[str] = set()
    for number, width in _widths(signed[0] if signed else 0):
        name = _name("tile/entries/{}", number, width)
        expected.add(name)
        with notes.catching(name):
            entries = split_bundle((folder / name).read_bytes())
            if len(entries) != width:
                notes.find("bad_bundle", name, f"the bundle holds {len(entries)} entries, not {width}")
            for entry in entries:
                for level, place, hashes in rebuilt.take(entry, notes):
                    _check_tile_file(folder, _name(f"tile/{level}/{{}}", place, 256), hashes, expected, notes)
    for level, place, hashes in rebuilt.levels.unfinished():
        _check_tile_file(folder, _name(f"tile/{level}/{{}}", place, len(hashes) // 32), hashes, expected, notes)
    _check_signed(rebuilt, signed, notes)
    with notes.catching("tile"):
        _check_nothing_beyond(folder, expected, notes)
    return notes.report()


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise Damaged("the file is missing", code="missing")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _check_file(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")  # one view of the file for all that follows
    says = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if says != "ok":
        raise Damaged("SQLite finds its own structure damaged", code="bad_database")


def _read_head(path: Path, vkey: str) -> tuple[int, bytes]:
    with closing(_open(path)) as heads:
        row = heads.execute("SELECT size, root, note FROM head").fetchone()
    if row is None:
        raise Damaged("no head was ever signed, or it was removed", code="missing")
    size, root = read_note(row[2], vkey)
    if (size, root) != (row[0], row[1]):
        raise Damaged("the head's columns differ from its signed note", code="bad_head")
    return size, root


def _check_entries(log: sqlite3.Connection, rebuilt: _Rebuilt, notes: Notes) -> None:
    """Rebuild the tree from the entries, and compare each stored tile with it."""
    stored = {(level, number) for level, number in log.execute("SELECT level, number FROM tile")}
    for found, entry in log.execute("SELECT leaf_index, body FROM entry ORDER BY leaf_index"):
        if found != rebuilt.levels.count + notes.counts.get("gap", 0):
            missing = found - rebuilt.levels.count - notes.counts.get("gap", 0)
            notes.find("gap", f"entry {found}", f"{missing} entries before it are missing")
            notes.count("gap", missing)
        for level, number, hashes in rebuilt.take(entry, notes):
            _check_tile_row(log, level, number, hashes, notes)
            stored.discard((level, number))
    for level, number, hashes in rebuilt.levels.unfinished():
        if level > 0:  # the unfinished tile of level 0 is not stored; the last entries stand for it
            _check_tile_row(log, level, number, hashes, notes)
            stored.discard((level, number))
    for level, number in sorted(stored):
        notes.find("tile_beyond", f"tile {level}/{number}", "the entries do not reach this tile")


def _check_tile_row(log: sqlite3.Connection, level: int, number: int, hashes: bytes, notes: Notes) -> None:
    row = log.execute("SELECT hashes FROM tile WHERE level = ? AND number = ?", (level, number)).fetchone()
    notes.count("tiles")
    if row is None:
        notes.find("missing", f"tile {level}/{number}", "the tile is missing")
    elif row[0] != hashes:
        notes.find("bad_tile", f"tile {level}/{number}", "the tile is not what its entries hash to")


def _check_state(log: sqlite3.Connection, rebuilt: _Rebuilt, notes: Notes) -> None:
    size, root = log.execute("SELECT size, root FROM state").fetchone() or (None, None)
    if size != rebuilt.levels.count:
        notes.find("bad_counter", "state", f"the stored size is {size}, and there are {rebuilt.levels.count} entries")
    if root != rebuilt.levels.root():
        notes.find("bad_root", "state", "the stored root is not the entries' root")


def _check_newest(log: sqlite3.Connection, heads_path: Path, vkey: str, notes: Notes) -> None:
    """Report a head store that was put back; read here again, since a node at work may have signed meanwhile."""
    published = (log.execute("SELECT published FROM state").fetchone() or (0,))[0]
    if published > _read_head(heads_path, vkey)[0]:
        notes.find("old_head", "head", f"the log remembers a signed head of size {published}; this one is older")


def _cosigned(path: Path | None) -> list[str]:
    """Return the checkpoints that witnesses cosigned; none in a log that asks nobody."""
    if path is None or not path.is_file():
        return []
    with closing(_open(path)) as witnesses:
        return [row[0] for row in witnesses.execute("SELECT note FROM cosigned ORDER BY reached")]


def _read_kept(kept: list[tuple[str, str]], vkey: str, notes: Notes) -> Iterator[tuple[str, int, bytes]]:
    """Yield where, size and root of each checkpoint that somebody kept."""
    for where, note in kept:
        with notes.catching(where):
            size, root = read_note(note, vkey)
            yield where, size, root


def _check_kept(rebuilt: _Rebuilt, where: str, size: int, root: bytes, notes: Notes) -> None:
    notes.count("checkpoints_kept")
    if size not in rebuilt.roots:
        notes.find("truncated", where, f"it covers {size} entries, and {rebuilt.levels.count} are left")
    elif rebuilt.roots[size] != root:
        notes.find("other_history", where, f"the first {size} entries are not those that it covers")


def _check_signed(rebuilt: _Rebuilt, signed: tuple[int, bytes] | None, notes: Notes) -> None:
    if signed is None:
        return
    if signed[0] not in rebuilt.roots:
        notes.find("truncated", "head", f"size {signed[0]} was signed, and {rebuilt.levels.count} entries are left")
    elif rebuilt.roots[signed[0]] != signed[1]:
        notes.find("bad_root", "head", "the signed root is not the root of the entries")
    notes.count("signed_size", signed[0])


def _check_details(details: sqlite3.Connection, rebuilt: _Rebuilt, notes: Notes) -> None:
    forgotten = details.execute("SELECT through FROM forgotten").fetchone()[0]
    awaited = dict(rebuilt.with_details)
    for place, hour, size in details.execute("SELECT leaf_index, period, length(sealed) FROM detail ORDER BY 1"):
        where = f"detail {place}"
        if place >= rebuilt.levels.count:
            notes.count("details_left_over")
            continue
        notes.count("details")
        if place not in awaited:
            notes.find("stray_detail", where, "the leaf commits to no details")
        elif awaited.pop(place) != hour or not size:
            notes.find("bad_detail", where, "the details are empty, or kept under another hour than the leaf's")
        elif hour <= forgotten:
            notes.find("not_forgotten", where, "the details should have been deleted")
    for place, hour in awaited.items():
        if hour > forgotten:
            notes.find("missing_detail", f"detail {place}", "the leaf commits to details, and they are gone")
        else:
            notes.count("details_forgotten")


def _widths(size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, size, 256):
        yield start // 256, min(256, size - start)


def _name(pattern: str, number: int, width: int) -> str:
    """Return a tile's name: the number's digits in threes, an x before all but the last three."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    threes = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return pattern.format("/".join(["x" + three for three in threes[:-1]] + threes[-1:])) + (
        f".p/{width}" if width < 256 else ""
    )


def _check_tile_file(folder: Path, name: str, hashes: bytes, expected: set[str], notes: Notes) -> None:
    expected.add(name)
    notes.count("tiles")
    with notes.catching(name):
        if (folder / name).read_bytes() != hashes:
            notes.find("bad_tile", name, "the tile is not what its entries hash to")


def _check_nothing_beyond(folder: Path, expected: set[str], notes: Notes) -> None:
    """Report each file under tile/ that the checkpoint does not cover, other than narrower parts of covered tiles."""
    widest = {name.partition(".p/")[0]: name for name in expected}
    for path in sorted((folder / "tile").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in expected:
            continue
        whole = widest.get(name.partition(".p/")[0])
        if whole is None or name.endswith(".new") or path.stat().st_size >= (folder / whole).stat().st_size:
            notes.find("beyond", name, "the signed checkpoint does not reach this file")
        elif (folder / whole).read_bytes().startswith(path.read_bytes()):
            notes.count("older_parts")
        else:
            notes.find("bad_tile", name, "an older part of a tile differs from the tile")
