"""WitnessStore: which witnesses one log asks, what each last said, and the newest checkpoints that they cosigned.

What flows in: a witness policy; cosigned notes that hold; what each witness answered. What flows out: the same.
What it must never see: a signing key, an entry. Nobody needs to trust this file: every cosignature in it is checked
against the policy's keys by whoever reads it, and a change of policy is on record in the log.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import msgspec

from lockplate.clock import format_time, parse_time
from lockplate.cosigning.policy import WitnessPolicy, parse_policy
from lockplate.evidence import database

WITNESSES_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS policy (only INTEGER PRIMARY KEY CHECK (only = 1), text TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosigned (
    reached INTEGER PRIMARY KEY CHECK (reached IN (0, 1)), size INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS standing (
    witness TEXT PRIMARY KEY, state TEXT NOT NULL, size INTEGER NOT NULL, cosigned_at TEXT, tried_at TEXT NOT NULL
) STRICT;
"""


class WitnessState(StrEnum):
    """How a witness last answered."""

    NEVER_ASKED = "never_asked"
    COSIGNED = "cosigned"
    UNREACHABLE = "unreachable"
    UNWILLING = "unwilling"
    """It does not know this log or its key, or cannot sign now."""
    BAD_ANSWER = "bad_answer"
    """What it sent is no cosignature by its key."""
    SAW_MORE = "saw_more"
    """It cosigned a longer log than the one that asks: this log was cut back."""
    SAW_OTHER = "saw_other"
    """It cosigned another history under this log's name."""

    @property
    def contradicts(self) -> bool:
        """Say whether the witness's word and this log cannot both be true."""
        return self in {WitnessState.SAW_MORE, WitnessState.SAW_OTHER}


class WitnessStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one witness of the policy."""

    witness: str
    state: WitnessState
    size: int
    """What it cosigned last of this log, as far as known here; 0 for nothing."""
    cosigned_at: datetime | None
    tried_at: datetime | None


class CosignedNote(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint with witnesses' lines on it."""

    size: int
    note: str


class WitnessStore:
    """One log's witnesses; safe for many threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store, or make an empty one: a log without a policy asks nobody."""
        return cls(database.create(path, _SCHEMA, journal="WAL", version=WITNESSES_VERSION))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def policy(self) -> WitnessPolicy | None:
        """Return the policy in force; None when the log asks nobody."""
        rows = self._rows("SELECT text FROM policy")
        return parse_policy(rows[0][0]) if rows else None

    def set_policy(self, policy: WitnessPolicy) -> WitnessPolicy:
        """Return the policy, durable; what witnesses of an older one said is dropped, their lines may not count now."""
        with self._writing("the witness policy could not be written"):
            self._connection.execute("INSERT OR REPLACE INTO policy VALUES (1, ?)", (policy.text(),))
            self._connection.execute("DELETE FROM cosigned")
            self._connection.execute("DELETE FROM standing")
        return policy

    def keep(self, cosigned: CosignedNote, *, reached: bool) -> None:
        """Keep a cosigned checkpoint as the newest one; `reached`: as the newest with a quorum too.

        The caller has verified it. An older one than what is there changes nothing.
        """
        newer = (
            "INSERT INTO cosigned VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET size = excluded.size, note = excluded.note"
            " WHERE excluded.size >= cosigned.size"
        )
        with self._writing("the cosigned checkpoint could not be written"):
            for kind in (0, 1) if reached else (0,):
                self._connection.execute(newer, (kind, cosigned.size, cosigned.note))

    def newest(self) -> CosignedNote | None:
        """Return the newest checkpoint that any witness cosigned."""
        return self._cosigned(0)

    def newest_agreed(self) -> CosignedNote | None:
        """Return the newest checkpoint that a quorum cosigned."""
        return self._cosigned(1)

    def note_standing(self, standing: WitnessStanding) -> None:
        """Keep what a witness answered."""
        row = (
            standing.witness,
            standing.state.value,
            standing.size,
            None if standing.cosigned_at is None else format_time(standing.cosigned_at),
            None if standing.tried_at is None else format_time(standing.tried_at),
        )
        with self._writing("a witness's answer could not be written"):
            self._connection.execute("INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?)", row)

    def standings(self) -> tuple[WitnessStanding, ...]:
        """Return what is known of each witness of the policy, in the policy's order."""
        policy = self.policy()
        rows = self._rows("SELECT witness, state, size, cosigned_at, tried_at FROM standing")
        known = {
            name: WitnessStanding(
                witness=name,
                state=WitnessState(state),
                size=size,
                cosigned_at=None if cosigned_at is None else parse_time(cosigned_at),
                tried_at=parse_time(tried_at),
            )
            for name, state, size, cosigned_at, tried_at in rows
        }
        never = WitnessStanding(witness="", state=WitnessState.NEVER_ASKED, size=0, cosigned_at=None, tried_at=None)
        return tuple(
            known.get(one.name) or msgspec.structs.replace(never, witness=one.name)
            for one in (policy.witnesses if policy else ())
        )

    @contextmanager
    def _writing(self, message: str) -> Iterator[None]:
        with self._lock, database.failures(message), database.transaction(self._connection):
            yield

    def _cosigned(self, kind: int) -> CosignedNote | None:
        rows = self._rows(f"SELECT size, note FROM cosigned WHERE reached = {kind:d}")  # noqa: S608 - 0 or 1
        return CosignedNote(size=rows[0][0], note=rows[0][1]) if rows else None

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._lock, database.failures("the witnesses' file could not be read"):
            return self._connection.execute(statement).fetchall()
