"""Seen: what a witness remembers of each log: the heads that it cosigned, and what it refused though the log signed it.

What flows in: checked checkpoints. What flows out: values.
What it must never see: I/O, a private key.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from lockplate.note import VerifierKey


class Suspicion(StrEnum):
    """What a refused checkpoint that the log signed says about the log."""

    FORK = "fork"
    """The log signed two histories. Whoever has the log's key can check this from the kept notes alone."""
    UNPROVED = "unproved"
    """The proof did not lead to the checkpoint: a broken sender, a stranger, or a second history."""
    OLDER = "older"
    """Smaller than what was cosigned, and not seen before: sent late, a log put back, or a second history."""


class SeenHead(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint that this witness cosigned, and its own newest lines on it."""

    origin: str
    size: int
    root: bytes
    note: str
    """As the log signed it: no line by anybody else."""
    lines: str
    """The witness's own signature lines."""
    at: datetime
    """When the lines are dated (aware UTC, whole seconds)."""


class KeptEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was refused though the log signed its checkpoint."""

    origin: str
    suspicion: Suspicion
    size: int
    root: bytes
    request: str
    """The request's body, without signature lines by strangers."""
    against: str
    """The log's own signed checkpoint that it does not fit; empty when there is none."""
    at: datetime


class LogSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A log in a few figures, for whoever looks after the witness."""

    origin: str
    keys: tuple[VerifierKey, ...]
    newest: SeenHead | None
    """None until the log asked for the first time."""
    forks: int
    unproved: int
    older: int
