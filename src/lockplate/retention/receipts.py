"""Receipts: what the log says was destroyed, and when retention was last sure of the time.

What flows in: an operator's log. What flows out: destroyed hours and key names; the time of the last run.
What it must never see: a key. The notes beside the log are a cache: without them the log is read from its start.
"""

import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import parse_time
from lockplate.errors import BadInput, StoreFailed
from lockplate.evidence.log import TileLog
from lockplate.folders import make_folder, sync_folder
from lockplate.retention.receipt import periods_in, ranges_of
from lockplate.terms import Action, OperatorId, Period

_SCAN = 4096
_MARKS = (b'"action":"retention:receipt"', b'"action":"hold"')
_DONE = "destroyed"
"""The step of a receipt that completes the destruction of hours; of other keys it ends in `_forgotten`."""
_HOLD_OVER = frozenset({"closed", "expired"})


class _Notes(msgspec.Struct, frozen=True, kw_only=True):
    """The notes file: how far the log was read, what it said, and when retention was last sure of the time."""

    scanned: int = 0
    destroyed: str = ""
    names: tuple[str, ...] = ()
    last_run: datetime | None = None


class Receipts:
    """One operator's receipts, read once and kept while the node is open; safe for many threads."""

    def __init__(self, log: TileLog, path: Path, notes: _Notes) -> None:
        self._log = log
        self._path = path
        self._scanned = notes.scanned
        self._last_run = notes.last_run
        self._lacks_time = notes.last_run is None
        self._lock = threading.RLock()
        self._destroyed = set(periods_in(notes.destroyed))
        self._names = set(notes.names)

    @classmethod
    def read(cls, log: TileLog, path: Path) -> Self:
        """Return what the log says now."""
        notes = _read_notes(path)
        if notes.scanned > log.size:  # an older log was put back; what it says counts
            notes = _Notes(last_run=notes.last_run)
        receipts = cls(log, path, notes)
        receipts.scan()
        return receipts

    @classmethod
    def of_log(cls, log: TileLog) -> Self:
        """Return what the log alone says, from its start, whatever the notes say; not to be remembered."""
        receipts = cls(log, Path(), _Notes())
        receipts.scan()
        return receipts

    @property
    def last_run(self) -> datetime | None:
        """When retention was last sure of the time; it never goes back."""
        with self._lock:
            return self._last_run

    @property
    def destroyed(self) -> frozenset[Period]:
        """The hours whose keys the log says were destroyed."""
        with self._lock:
            return frozenset(self._destroyed)

    @property
    def names(self) -> frozenset[str]:
        """The other keys that the log says were destroyed: of months, of holds."""
        with self._lock:
            return frozenset(self._names)

    def not_before(self, now: datetime) -> datetime:
        """Return `now`, or the time of the last run when the clock has gone back behind it: nothing is due later."""
        with self._lock:
            return now if self._last_run is None else max(now, self._last_run)

    def scan(self) -> None:
        """Take in what the log says since it was last read."""
        with self._lock:
            size = self._log.size
            for start in range(self._scanned, size, _SCAN):
                for leaf in self._log.entries(start, min(start + _SCAN, size)):
                    if any(mark in leaf for mark in _MARKS):
                        self._take(parse_leaf(leaf))
            self._scanned = size

    def remember(self, sure_of: datetime) -> None:
        """Note that a run was sure of a time, and what the log says after it; durable on return. Raises StoreFailed."""
        with self._lock:
            self.scan()
            self._last_run = self.not_before(sure_of)
            notes = _Notes(
                scanned=self._scanned,
                destroyed=ranges_of(self._destroyed),
                names=tuple(sorted(self._names)),
                last_run=self._last_run,
            )
            _write(self._path, msgspec.json.encode(notes))

    def _take(self, record: AccessRecord) -> None:
        facts, step = record.facts, record.facts.get("step", "")
        if record.action is Action.HOLD and step in _HOLD_OVER and "hold" in facts:
            self._names.add(f"hold:{facts['hold']}")
        if record.action is not Action.RETENTION_RECEIPT:
            return
        if step == _DONE:
            self._destroyed.update(periods_in(facts["periods"]))
        if step.endswith("_forgotten"):
            self._names.update(filter(None, facts.get("names", "").split(",")))
        if self._lacks_time and "now" in facts:
            # without notes, the receipts' own times stand for the last run's
            self._last_run = self.not_before(min(record.at, parse_time(facts["now"])))


def notes_path(home: Path, operator: OperatorId) -> Path:
    """Return where an operator's last run is remembered."""
    return home / "retention" / f"{operator}.json"


def _write(path: Path, content: bytes) -> None:
    """Put the notes in place of the old ones, durably."""
    fresh = path.with_suffix(".new")
    try:
        make_folder(path.parent)
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreFailed("the time of the run could not be noted", next_step="Run retention again.") from error


def _read_notes(path: Path) -> _Notes:
    """Return the notes, or empty ones when there are none that can be read."""
    try:
        notes = msgspec.json.decode(path.read_bytes(), type=_Notes)
        periods_in(notes.destroyed)
    except (OSError, msgspec.MsgspecError, BadInput):
        return _Notes()
    return notes
