"""SharedAsk and SharedAnswer: a question as one node sends it to another, and what comes back.

What flows in: a question's words, the asking side's part of the salt. What flows out: the same as JSON, both ways.
What it must never see: I/O, a password. The plate travels in the body, under the proxy's TLS, and in no address.
"""

import msgspec

from lockplate.lookup.answer import Answer
from lockplate.terms import Basis, Offense, Purpose


class SharedAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question that the sender's node has put on its own record."""

    request_id: str
    """Chosen by the asking side; see shared_question."""
    asked_from: str
    """Origin of the log with the asking side's record."""
    salt: str
    """The asking side's part of the salt: 64 hex digits."""
    plate: str
    operators: tuple[str, ...]
    """Exactly one: the asking side's record is about one other log."""
    window_from: str
    window_to: str
    purpose: Purpose
    offense: Offense
    basis: Basis
    on_behalf_of: str
    """An agency's id, the same on both nodes."""
    case_number: str = ""
    reason: str = ""


class SharedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and what the asking side needs to compare the records."""

    answer: Answer
    salt: str
    """The answering side's part of the salt: 64 hex digits."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a program gets beside the session's cookie."""

    csrf_token: str
    ends_at: str
    """When the session ends however much it is used; RFC 3339."""


class ProofThere(msgspec.Struct, frozen=True, kw_only=True):
    """What `log.prove` answers, as far as it is believed: the proof file, which is checked."""

    proof: str
