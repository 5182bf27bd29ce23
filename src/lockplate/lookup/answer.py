"""Answers: what a person gets back, for each operator asked, with the record that proves it.

What flows in: opened rows, reasons, places in the log. What flows out: frozen values that the faces show.
What it must never see: a key or a token.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from lockplate.errors import Reason
from lockplate.read import Confidence, Position
from lockplate.terms import HoldId, LeafIndex, OperatorId, PlateKey, PolicyId, ProfileId, ReaderId, RequestId, Verdict


class PlateMatch(StrEnum):
    """How a read agrees with the plate that was asked for."""

    EXACT = "exact"
    """The same letters and digits; case, spaces and separators aside."""
    FOLDED = "folded"
    """The same only after folding: an O may be a 0. It may be another vehicle."""
    CANDIDATE = "candidate"
    """One of the plates that a pattern stands for."""
    KEY_ONLY = "key_only"
    """The operator keeps no records: that the key agrees is all there is."""


class AnsweredRead(msgspec.Struct, frozen=True, kw_only=True):
    """One read in an answer: no more than a person needs to weigh it."""

    operator: OperatorId
    captured_at: datetime
    reader: ReaderId
    reader_name: str | None
    place: str | None
    position: Position | None
    match: PlateMatch
    as_read: str | None
    """The text as the reader sent it; None without a record."""
    plate_key: PlateKey
    region: str | None
    confidence: Confidence | None
    candidates: tuple[str, ...]
    direction: str | None
    vehicle: dict[str, str]
    device_time: str | None
    """As the reader wrote it."""
    clock_rule: str | None
    retention_end: datetime | None
    """When the key of this read is destroyed at the latest."""
    held_under: HoldId | None = None
    """The hold that alone still answers for this read; its own time is over."""
    laws: tuple[ProfileId, ...] = ()
    """The law profiles this read stands under; whoever receives it is bound by them, too."""


class OperatorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one operator's part of a question came to."""

    operator: OperatorId
    verdict: Verdict
    reasons: tuple[Reason, ...]
    """The policies that decided, with their cites."""
    policy_ids: tuple[PolicyId, ...]
    profile: ProfileId | None
    record_index: LeafIndex
    """The leaf that was durable before anything was opened: intent, denial, or waiting."""
    outcome_index: LeafIndex | None = None
    """The leaf that completes an intent."""
    reads: tuple[AnsweredRead, ...] = ()
    unopened: int = 0
    """Rows whose token agreed and whose record did not open: a false match, or a row that was changed."""
    periods_asked: int = 0
    note: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer."""

    request_id: RequestId
    decision: Verdict
    """Permitted when any operator answered; else pending when any waits; else denied."""
    plates_asked: int
    operators: tuple[OperatorAnswer, ...]

    def reads(self) -> list[AnsweredRead]:
        """Return the reads of every operator, by time."""
        return sorted((read for one in self.operators for read in one.reads), key=lambda read: read.captured_at)


def overall(parts: tuple[OperatorAnswer, ...]) -> Verdict:
    """Return what a request came to as a whole."""
    verdicts = {part.verdict for part in parts}
    for verdict in (Verdict.PERMITTED, Verdict.PENDING):
        if verdict in verdicts:
            return verdict
    return Verdict.DENIED
