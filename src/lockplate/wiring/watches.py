"""Watches: what rules find in each log of a node, kept while the process lives.

What flows in: an operator's log and time zone. What flows out: findings, and how many records they rest on.
What it must never see: private details, a key. A log is read once and followed as it grows.
"""

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from lockplate.access import AccessRecord
from lockplate.evidence.log import TileLog
from lockplate.findings import Finding, Watch
from lockplate.terms import OperatorId

CHUNK = 4_000


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one log comes to."""

    findings: tuple[Finding, ...]
    records: int
    """How many records they rest on."""
    settled: int
    """Up to which record nothing more can be found by waiting alone."""


class Watches:
    """One watch for each log and the time zone in which its hours are told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: dict[tuple[OperatorId, str], Watch] = {}
        # our own log wrote canonical leaves; proving them again is fsck's work
        self._decoder = msgspec.json.Decoder(AccessRecord)

    def findings(self, operator: OperatorId, zone: str, log: TileLog, now: datetime) -> Found:
        """Return what a log comes to by now."""
        with self._lock:
            watch = self._watches.setdefault((operator, zone), Watch(ZoneInfo(zone)))
            size = log.size
            while watch.seen < size:
                for leaf in log.entries(watch.seen, min(size, watch.seen + CHUNK)):
                    watch.take(self._decoder.decode(leaf))
            return Found(findings=watch.findings(now), records=watch.seen, settled=watch.settled(now))
