"""The only source of now, and of new ids.

What flows in: the machine's clock and random source. What flows out: aware UTC times, periods, request ids.
What it must never see: a reader's clock; device time is a value in a Read, never `now`.
"""

import re
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from lockplate.errors import BadInput
from lockplate.terms import SECONDS_PER_PERIOD, Period, RequestId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERIOD = timedelta(seconds=SECONDS_PER_PERIOD)
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


class Clock(Protocol):
    """Something that knows the time; passed in, never looked up."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time, aware, in UTC."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it is put and moves when it is told to: for tests and for `--now`."""

    def __init__(self, at: datetime) -> None:
        self._at = require_utc(at)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the set time."""
        with self._lock:
            return self._at

    def advance(self, by: timedelta) -> None:
        """Move the clock; a negative step is allowed, since real clocks do that too."""
        with self._lock:
            self._at += by


def require_utc(at: datetime) -> datetime:
    """Return `at` in UTC, or raise BadInput when it carries no zone."""
    if at.tzinfo is None:
        raise BadInput("a time without a zone", code="naive_time", next_step="Write the time with Z or an offset.")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise BadInput("a time before the year 1 or after 9999 in UTC", code="bad_time") from error


def parse_time(text: str) -> datetime:
    """Return an RFC 3339 time as aware UTC; seconds may be left out; a bare date means its first instant in UTC.

    Raises BadInput for anything else, and for a time without a zone.
    """
    text = text.strip()
    try:
        if _RFC_3339.fullmatch(text) is None:
            raise ValueError("another form")  # noqa: TRY301 - week dates and the like, which fromisoformat would take
        at = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise BadInput("not an RFC 3339 time", code="bad_time", next_step="Example: 2026-11-24T08:00:00Z") from error
    if len(text) == len("2026-11-24"):
        return at.replace(tzinfo=UTC)
    return require_utc(at)


def format_time(at: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds, as every document of ours writes it."""
    # isoformat cuts to milliseconds, as we want, and writes four digits of year, which strftime does not.
    return require_utc(at).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def period_of(at: datetime) -> Period:
    """Return the UTC hour that holds `at`."""
    return Period((require_utc(at) - _EPOCH) // _PERIOD)  # whole numbers: a float second can round into the next hour


def period_start(period: Period) -> datetime:
    """Return the first instant of a period."""
    return datetime.fromtimestamp(period * SECONDS_PER_PERIOD, UTC)


def periods_between(start: datetime, end: datetime) -> list[Period]:
    """Return every period that the window [start, end) touches, oldest first; empty when end <= start."""
    if end <= start:
        return []
    first, last = period_of(start), period_of(end - timedelta(microseconds=1))
    return [Period(number) for number in range(first, last + 1)]


def new_request_id() -> RequestId:
    """Return a new id: milliseconds since 1970 and 80 random bits, so that ids sort by time."""
    return RequestId(f"q{time.time_ns() // 1_000_000:011x}{secrets.token_hex(10)}")


def monotonic_seconds() -> float:
    """Return a clock that never goes back, for waiting and measuring only."""
    return time.monotonic()
