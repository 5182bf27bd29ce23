"""Deliveries and acknowledgements: what a reader hands over, and what it is told once that is durable.

What flows in: a parsed body and who sent it. What flows out: counts, to the reader and to the metrics.
What it must never see: a plate in an acknowledgement; a reader is told how many, never which.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.read import ClockRule, Parsed, Read
from lockplate.sealed import EARLIEST, LATEST
from lockplate.terms import OperatorId, ReaderId

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A device time further ahead of ours than this is a fault of the reader's clock."""


class Refusal(StrEnum):
    """Why a read that was understood is not kept."""

    PAST_RETENTION = "past_retention"
    """Older than the law profile lets an unmatched read live."""
    FORGOTTEN = "forgotten"
    """Its hour's key was destroyed; what is forgotten stays forgotten."""
    BAD_TIME = "bad_time"
    """No instant, or one that no reader could have made."""
    FUTURE_TIME = "future_time"
    """A file's row that lies ahead of our clock."""
    SENSITIVE_PLACE = "sensitive_place"
    """Made at a place where the law in force lets nobody collect; it was not even matched."""
    PLACE_UNKNOWN = "place_unknown"
    """The law in force names places where nobody may collect, and nobody can say where this read was made."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One body from one authenticated reader."""

    operator: OperatorId
    reader: ReaderId
    parsed: Parsed
    received_at: datetime
    sent: bool = True
    """A reader sent it just now; False: it comes from a file, which says nothing of the reader's health."""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery, once all that is kept of it is durable."""

    stored: int = 0
    """Rows: one for each passage and hour."""
    merged: int = 0
    """Reads of a passage that has its row."""
    corrected: int = 0
    """Rows that took the place of an earlier reading of the same passage."""
    unkept: int = 0
    """Reads matched against the hot lists and not stored: the operator is match-only."""
    hits: int = 0
    refused: dict[str, int] = {}
    rejected: dict[str, int] = {}
    """Parts of the body that were no reads, by reason."""
    ignored: dict[str, int] = {}
    clock_faults: int = 0
    """Reads whose device time could not be used; our receive time stands in, and says so."""


def tally(words: Iterable[str]) -> dict[str, int]:
    """Return how often each word comes, by word."""
    return dict(sorted(Counter(words).items()))


def placed_in_time(read: Read, received_at: datetime) -> tuple[Read, datetime, bool]:
    """Return a live read with the instant it is kept under, and whether the reader's clock was at fault.

    Device time stands whenever it can be used. Without it, or when it lies ahead of ours, our receive time is the
    instant and the rule says so; the device time as sent stays in the read.
    """
    at = read.captured_at
    usable = at is not None and at <= received_at + CLOCK_TOLERANCE and EARLIEST <= at.timestamp() < LATEST
    if usable and at is not None:
        return read, at, False
    fault = read.clock_rule is not ClockRule.ABSENT
    return msgspec.structs.replace(read, clock_rule=ClockRule.RECEIVE_TIME), received_at, fault
