"""Discrepancy: one thing that two logs do not agree on, with a code and the records on both sides.

What flows in: nothing. What flows out: frozen values, and what each code means.
What it must never see: a record itself; it names their places.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from lockplate.terms import LeafIndex, RequestId

CODES: Mapping[str, str] = MappingProxyType(
    {
        "not_there": "The asking side recorded an answer, a denial or a wait; the other log does not have it.",
        "never_asked": "The answering side recorded a question from this log, which has no record of asking it.",
        "beyond_other_log": "The answering side's record is later than the asking log that was given; get a newer one.",
        "asked_directly": "Somebody of the asking agency asked at the other node itself; its own log cannot show it.",
        "says_otherwise": "Both recorded the question, and not with the same words.",
        "plate_or_case_differs": "The commitments to the plate, the case number or the reason do not agree.",
        "verdict_differs": "One side says answered, denied or sent to wait; the other says another of these.",
        "counts_differ": "The sides do not agree on how many plates or reads there were.",
        "time_differs": "The answering side's record is not from the time in which the question was asked.",
        "answer_lost": "The answering side recorded what it said; on the asking side nothing of it came, or counted.",
        "more_there": "The answering side has more records of the question than the asking side.",
        "repeated": "One question was begun more than once, or one intent has more than one outcome.",
        "no_outcome": "An intent has no outcome.",
        "older_than_seen": "The log is shorter than what the other side saw of it: an old copy, or records taken away.",
        "history_differs": "The log's root at a size is not the one that was seen signed: another history.",
    }
)
"""Code of a discrepancy → what it means."""


class Discrepancy(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the two logs do not agree on."""

    code: str
    asking: str
    """Origin of the log whose people asked."""
    answering: str
    request_id: RequestId | None
    at: datetime | None
    asking_rows: tuple[LeafIndex, ...] = ()
    answering_rows: tuple[LeafIndex, ...] = ()
    fields: tuple[str, ...] = ()
    """What differs."""


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """How many questions were compared, and what was found."""

    questions: int
    found: tuple[Discrepancy, ...]
