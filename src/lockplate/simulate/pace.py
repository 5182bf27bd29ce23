"""Pace: when the next message may go, and when it is time to stop.

What flows in: send times, a speed or a rate, limits, a stop event. What flows out: waits.
What it must never see: messages themselves.
"""

from datetime import datetime
from threading import Event

from lockplate.clock import monotonic_seconds
from lockplate.errors import BadInput


class Pace:
    """Holds a stream of messages to a speed (simulated seconds a second) or a rate (messages a second), or neither."""

    def __init__(
        self, stop: Event, *, speed: float | None, per_second: float | None, most: int | None, seconds: float | None
    ) -> None:
        if speed is not None and per_second is not None:
            raise BadInput("give a speed or a rate, not both", code="bad_pace")
        if any(value is not None and value <= 0 for value in (speed, per_second, most, seconds)):
            raise BadInput("speed, rate, count and duration are above zero", code="bad_pace")
        self._stop = stop
        self._speed = speed
        self._per_second = per_second
        self._most = most
        self._began = monotonic_seconds()
        self._ends = None if seconds is None else self._began + seconds
        self._first: datetime | None = None
        self._gone = 0

    @property
    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return monotonic_seconds() - self._began

    def may_go(self, send_at: datetime) -> bool:
        """Wait for this message's turn and say whether it may go: False once stopped, or past the count or the time."""
        if self._stop.is_set() or (self._most is not None and self._gone >= self._most):
            return False
        due = self._due(send_at)
        if self._ends is not None and due >= self._ends:
            self._stop.wait(max(0.0, self._ends - monotonic_seconds()))
            return False
        wait = due - monotonic_seconds()
        if wait > 0 and self._stop.wait(wait):
            return False
        if self._ends is not None and monotonic_seconds() >= self._ends:
            return False
        self._gone += 1
        return True

    def _due(self, send_at: datetime) -> float:
        if self._per_second is not None:
            return self._began + self._gone / self._per_second
        if self._speed is None:
            return self._began
        self._first = self._first or send_at
        return self._began + (send_at - self._first).total_seconds() / self._speed
