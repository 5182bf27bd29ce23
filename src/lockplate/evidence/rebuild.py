"""Rebuild: the checker's own tree, note reader and leaf reader, written apart from the ones that the log uses.

What flows in: entries in order; a note and a key. What flows out: the tiles and roots that these entries must have; the
head that a note says. What it must never see: any module that writes the log. A fault shared by writer and checker is
a fault that nobody finds, so this file imports nothing of lockplate but its errors; keep it so.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lockplate.errors import EvidenceError

_LINES = re.compile(r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n\n((?:— [^\n]+\n)+)")


class Damaged(EvidenceError):
    """A part of the evidence is not what it must be; raised and caught within the checker."""

    default_code = "damaged"


def sha256(*parts: bytes) -> bytes:
    """Return SHA-256 over the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def tree_hash(hashes: list[bytes]) -> bytes:
    """Return the root over hashes, by the recursive definition of RFC 6962 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256()
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\x01", tree_hash(hashes[:half]), tree_hash(hashes[half:]))


class Levels:
    """A tree as columns of 256: each level holds the hashes that do not yet fill a tile."""

    def __init__(self) -> None:
        self.count = 0
        self._columns: list[list[bytes]] = [[]]
        self._done: list[int] = [0]

    def add(self, entry: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take an entry, and yield (level, number, hashes) of each tile that it fills."""
        self.count += 1
        carried, level = sha256(b"\x00", entry), 0
        while True:
            if level == len(self._columns):
                self._columns.append([])
                self._done.append(0)
            column = self._columns[level]
            column.append(carried)
            if len(column) < 256:
                return
            yield level, self._done[level], b"".join(column)
            carried = tree_hash(column)
            column.clear()
            self._done[level] += 1
            level += 1

    def unfinished(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield (level, number, hashes) of each tile that is begun and not full."""
        for level, column in enumerate(self._columns):
            if column:
                yield level, self._done[level], b"".join(column)

    def root(self) -> bytes:
        """Return the root of all entries taken so far."""
        below: list[bytes] = []
        for column in self._columns:
            # What hangs over at the right of one level is the last, ragged node of the level above.
            row = column + below
            below = [tree_hash(row)] if row else []
        return below[0] if below else sha256()


def read_note(note: str, vkey: str) -> tuple[int, bytes]:
    """Return the size and root that a checkpoint says, or raise Damaged when the key's signature does not hold."""
    try:
        return _read_note(note, vkey)
    except ValueError as error:
        raise Damaged("the checkpoint or the key is not base64 and text", code="bad_checkpoint") from error


def _read_note(note: str, vkey: str) -> tuple[int, bytes]:
    name, _, rest = vkey.partition("+")
    key_id, _, key = rest.partition("+")
    public = _bytes(key)[1:]
    if sha256(name.encode(), b"\n\x01", public)[:4].hex() != key_id:
        raise Damaged("the key's id is not its own", code="bad_key")
    parts = _LINES.fullmatch(note)
    if parts is None or parts[1] != name:
        raise Damaged("the checkpoint is malformed, or of another log", code="bad_checkpoint")
    text = note[: parts.end(3) + 1].encode()
    for line in parts[4].split("\n"):
        if line.startswith(f"— {name} "):
            signature = _bytes(line.removeprefix(f"— {name} "))
            if signature[:4].hex() != key_id:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text)
            except InvalidSignature as error:
                raise Damaged("the checkpoint's signature does not hold", code="bad_signature") from error
            return int(parts[2]), _bytes(parts[3])
    raise Damaged("the checkpoint is not signed by the key", code="bad_signature")


def _bytes(text: str) -> bytes:
    """Return what base64 says, if that is how it is written: the last letter has bits that mean nothing."""
    content = base64.b64decode(text)
    if base64.b64encode(content).decode() != text:
        raise Damaged("the checkpoint or the key is written in another way than it was", code="bad_checkpoint")
    return content


def read_leaf(entry: bytes) -> tuple[int, bool]:
    """Return a leaf's UTC hour since 1970 and whether it commits to details; raises Damaged when not canonical."""
    try:
        leaf = json.loads(entry.decode(), parse_float=_refuse, parse_constant=_refuse)
        canonical = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        hour = int(datetime.fromisoformat(leaf["at"]).timestamp()) // 3600
        commits = bool(leaf.get("commitments"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged("the entry is not a record in JSON", code="bad_leaf") from error
    if canonical != entry:
        raise Damaged("the entry is JSON, but not in canonical form", code="bad_leaf")
    return hour, commits


def split_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle, or raise Damaged when its lengths do not add up."""
    entries, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise Damaged("an entry bundle ends within an entry", code="bad_bundle")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries


def _refuse(number: str) -> None:
    raise ValueError(f"a record holds no such number: {len(number)} characters")
