"""Sureness: when the clock is believed, and what is told while it is not or while forgetting fails.

What flows in: the time of the last run, the clock, the last failure. What flows out: the time itself, or why not.
What it must never see: a key, a read. A clock that is not believed destroys nothing; what is due answers nobody anyway.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.clock import format_time
from lockplate.errors import Conflict
from lockplate.keys.ring import KeyRing
from lockplate.terms import OperatorId

MAX_CLOCK_STEP = timedelta(days=1)
"""A clock further ahead of the last run than this is not believed: it would destroy what is not over.

Before the first run the newest key stands for it, and a clock further behind that key is not believed either: the run
would remember the wrong time, and the right clock would look like one that jumped ahead.
"""


class ClockJumped(Conflict):
    """The clock is over a day ahead of the last run, or off the newest key before any: somebody must vouch for it."""

    default_code = "clock_jumped"


class Stop(StrEnum):
    """Why nothing is forgotten at the moment."""

    CLOCK_JUMPED = "clock_jumped"
    FAILED = "failed"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The last run did not come to its end."""

    since: datetime
    code: str
    """Of the error; it names no place and no plate."""


class RetentionState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an operator's forgetting goes on."""

    operator: OperatorId
    last_run: datetime | None
    """When it was last sure of the time; None before the first run."""
    stopped_since: datetime | None = None
    """None: it goes on."""
    why: Stop | None = None
    code: str = ""
    clock_behind: timedelta = timedelta()
    """How far the clock is behind the last run; what is due is counted from the last run until it has caught up."""

    @property
    def is_stopped(self) -> bool:
        return self.stopped_since is not None


def sure_of(ring: KeyRing, last_run: datetime | None, now: datetime) -> datetime:
    """Return the last time that is believed: the last run's, else when the newest key was made, else `now`.

    With no key there is nothing to destroy, so a first run may believe any clock.
    """
    return last_run or max((hour.made_at for hour in ring.kept_hours()), default=now)


def require_steady_clock(ring: KeyRing, last_run: datetime | None, now: datetime) -> datetime:
    """Return `now`, or raise ClockJumped when it is over a day ahead of the last run, or off before the first."""
    known = sure_of(ring, last_run, now)
    if _has_jumped(known, last_run, now):
        raise ClockJumped(
            f"the clock says {format_time(now)}; retention was last sure of the time at {format_time(known)}",
            next_step=f"If the clock is right, say so: lockplate retention run --now {format_time(now)}",
        )
    return now


def retention_state(
    operator: OperatorId, ring: KeyRing, last_run: datetime | None, now: datetime, failure: Failure | None
) -> RetentionState:
    """Return whether an operator's forgetting goes on at a moment."""
    known = sure_of(ring, last_run, now)
    state = RetentionState(operator=operator, last_run=last_run, clock_behind=max(known - now, timedelta()))
    if _has_jumped(known, last_run, now):
        return msgspec.structs.replace(state, stopped_since=known, why=Stop.CLOCK_JUMPED, code=ClockJumped.default_code)
    if failure is not None:
        return msgspec.structs.replace(state, stopped_since=failure.since, why=Stop.FAILED, code=failure.code)
    return state


def _has_jumped(known: datetime, last_run: datetime | None, now: datetime) -> bool:
    return now - known > MAX_CLOCK_STEP or (last_run is None and known - now > MAX_CLOCK_STEP)
