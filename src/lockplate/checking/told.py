"""Told: what the days' records say beside the log of rows that were stored and keys that were made.

What flows in: a history, a recorder that opens details. What flows out: sums of rows and keys, by the day of booking.
What it must never see: a plate. Of what is forgotten by law it says only through which day nothing is known.
"""

from datetime import date

import msgspec

from lockplate.access import KeyCommitment
from lockplate.checking.history import History
from lockplate.errors import KeyUnavailable, LockplateError, NotFound
from lockplate.evidence.recorder import Recorder
from lockplate.marks import Day, RowSums
from lockplate.reporting.day import KEYS, ROWS, keys_in, number_of, rows_in, was_vouched
from lockplate.reporting.query import DAY, PART
from lockplate.terms import Action
from lockplate.wiring.beginnings import FROM_NOTHING, LEDGER_BEGUN


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator's log and its details say of rows and keys."""

    rows: dict[Day, RowSums]
    """By the day on which they were booked."""
    keys: tuple[KeyCommitment, ...]
    unvouched: tuple[Day, ...]
    """Days whose ledger was not what the node had written when the record was made."""
    unreadable: tuple[Day, ...]
    """Days whose details should be there and do not open."""
    forgotten_through: Day | None
    """The last day whose details were forgotten: of rows up to it nobody knows how many there were."""
    ledgers_lost: int
    """How often a ledger began anew though the log had told rows."""


def read_told(history: History, recorder: Recorder) -> Told:
    """Return what a history's days say; a later record of a day counts in the place of the earlier one."""
    rows: dict[Day, RowSums] = {}
    keys: dict[Day, list[KeyCommitment]] = {}
    flags: dict[Day, str] = {}
    for one in history.of(Action.DAY_COUNTED):
        if one.record.facts.get(PART, "1") != "1" or not one.record.commitments:
            continue
        day = number_of(date.fromisoformat(one.record.facts[DAY]))
        try:
            values = recorder.details_of(one.place).values
        except (NotFound, KeyUnavailable):
            flags[day] = "forgotten"
            continue
        except LockplateError:
            flags[day] = "unreadable"
            continue
        flags.pop(day, None)
        if ROWS in values:
            rows[day] = rows_in(values[ROWS])
            if not was_vouched(values[ROWS]):
                flags[day] = "unvouched"
        keys.setdefault(day, []).extend(keys_in(values.get(KEYS, "")))
    forgotten = [day for day, flag in flags.items() if flag == "forgotten"]
    return Told(
        rows=rows,
        keys=tuple(key for told in keys.values() for key in told),
        unvouched=tuple(day for day, flag in flags.items() if flag == "unvouched"),
        unreadable=tuple(day for day, flag in flags.items() if flag == "unreadable"),
        forgotten_through=max(forgotten, default=None),
        ledgers_lost=sum(
            one.record.facts.get("change") == LEDGER_BEGUN and one.record.facts.get("from") == FROM_NOTHING
            for one in history.of(Action.SETTING_CHANGED)
        ),
    )
