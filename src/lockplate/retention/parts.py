"""What forgetting needs of one operator, and what one run did there.

What flows in: the operator's keys, log, registries and holds. What flows out: frozen values for the other modules.
What it must never see: a plate.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import msgspec

from lockplate.evidence.details import DetailStore
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.hotlist import Category, ListId
from lockplate.keys.ring import KeyRing
from lockplate.registry.entries import Entries
from lockplate.registry.hits import Hits
from lockplate.registry.requests import WaitingRequests
from lockplate.retention.due import DueGroup, LawOf
from lockplate.retention.receipts import Receipts
from lockplate.terms import LeafIndex, OperatorId, Period, ReaderId


class EndedHold(Protocol):
    """A hold that was ended because its time is over."""

    @property
    def hold_id(self) -> str:
        """Its id: the key was named `hold:<id>`."""
        ...

    @property
    def commitment(self) -> str:
        """To its key, hex; empty when it never had one."""
        ...


class Holding(Protocol):
    """What holds owe retention; a sibling does it, and wiring passes it in."""

    def secure(self, periods: Sequence[Period]) -> int:
        """Keep what open holds cover in these hours, durably; return how many reads. Raises when it cannot."""
        ...

    def expire(self, now: datetime | None = None) -> Sequence[EndedHold]:
        """End every hold that is over at a time, its key destroyed, and return those."""
        ...


class NoHolding:
    """Nothing is held."""

    def secure(self, periods: Sequence[Period]) -> int:
        """Keep nothing."""
        del periods
        return 0

    def expire(self, now: datetime | None = None) -> Sequence[EndedHold]:
        """End nothing."""
        del now
        return ()


class HoldWindow(msgspec.Struct, frozen=True, kw_only=True):
    """The hours that one open hold covers: enough to say what a hold keeps back."""

    first: Period
    last: Period


class RetentionParts(msgspec.Struct, frozen=True, kw_only=True):
    """What forgetting needs of one operator."""

    operator: OperatorId
    law_of: LawOf
    ring: KeyRing
    log: TileLog
    recorder: Recorder
    details: DetailStore
    receipts: Receipts
    hits: Hits
    waiting: WaitingRequests
    entries: Entries
    holding: Holding = NoHolding()
    held: Callable[[], tuple[HoldWindow, ...]] = tuple
    """The windows of open holds, for a dry run."""


class DueReads(msgspec.Struct, frozen=True, kw_only=True):
    """Hours that go under one law, and the reads in them."""

    group: DueGroup
    rows_by_reader: dict[ReaderId, int]
    holds: int
    """Open holds that cover some of these hours; what they cover is re-sealed before the keys go."""


class OperatorRetention(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did, or would do, for one operator."""

    operator: OperatorId
    limit: timedelta | None
    """Of the operator's own reads. None: the law lets nothing be kept."""
    from_capture: bool
    due: tuple[DueReads, ...] = ()
    kept: int = 0
    """Hours that still have a key."""
    recovered: int = 0
    """Hours and other keys that an earlier run destroyed without completing their receipt."""
    held: int = 0
    """Reads that holds kept before their hours went; told to nobody: with one hold open, it would be an answer."""
    receipts: tuple[LeafIndex, ...] = ()
    days_dropped: tuple[date, ...] = ()
    details_forgotten: int = 0
    hits_forgotten: dict[Category, int] = {}
    requests_forgotten: int = 0
    entries_expired: dict[ListId, int] = {}
    holds_ended: int = 0
    keys_destroyed: tuple[str, ...] = ()
    """Names of the keys of months and holds that went."""

    @property
    def destroyed(self) -> tuple[Period, ...]:
        """Return every hour that goes, oldest first."""
        return tuple(sorted(period for one in self.due for period in one.group.periods))

    @property
    def rows_by_reader(self) -> dict[ReaderId, int]:
        """Return the reads in those hours, by reader."""
        rows: dict[ReaderId, int] = {}
        for one in self.due:
            for reader, count in one.rows_by_reader.items():
                rows[reader] = rows.get(reader, 0) + count
        return dict(sorted(rows.items()))
