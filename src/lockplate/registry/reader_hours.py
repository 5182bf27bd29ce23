"""ReaderHours: what each hour brought, by reader: what a reader's health is judged by.

What flows in: counts as deliveries become durable. What flows out: the hours of an operator's readers.
What it must never see: a plate. Counters gather in memory until `flush`: a crash loses the counts of the last seconds,
never a read. After 35 days an hour is deleted.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from lockplate.clock import period_of
from lockplate.health import Brought
from lockplate.registry.database import reading, writing
from lockplate.registry.tables import reader_hours
from lockplate.terms import OperatorId, Period, ReaderId

KEPT = timedelta(days=35)
_FLUSH_AT = 10_000

HoursOfReaders = dict[ReaderId, dict[Period, Brought]]


class ReaderHours:
    """The hours of every operator's readers here; one process counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pending: dict[tuple[OperatorId, ReaderId, Period], Brought] = {}
        self._known: dict[OperatorId, tuple[Period, HoursOfReaders]] = {}
        """By operator: up to which hour nothing changes any more, and the hours as they were read."""

    def note(self, operator: OperatorId, reader: ReaderId, at: datetime, brought: Brought) -> None:
        """Count what a reader brought at a time, and that it was heard then; written at the next flush."""
        key = operator, reader, period_of(at)
        one = msgspec.structs.replace(brought, last_at=at)
        with self._lock:
            known = self._pending.get(key)
            self._pending[key] = one if known is None else known.plus(one)
            full = len(self._pending) >= _FLUSH_AT
        if full:
            self.flush()

    def flush(self) -> None:
        """Write pending counts down, in one transaction; on an error they stay pending."""
        with self._lock:
            pending, self._pending = self._pending, {}
        if not pending:
            return
        try:
            with writing(self._engine) as connection:
                for (operator, reader, hour), brought in pending.items():
                    _add(connection, operator, reader, hour, brought)
        except BaseException:
            with self._lock:
                for key, brought in pending.items():
                    newer = self._pending.get(key)
                    self._pending[key] = brought if newer is None else brought.plus(newer)
            raise

    def of(self, operator: OperatorId, now: datetime) -> Mapping[ReaderId, Mapping[Period, Brought]]:
        """Return what the last 35 days brought, by reader and hour; hours after `now` are left out.

        Hours that are over are read from the database once; a clock that went back has them read again.
        """
        self.flush()
        hour = period_of(now)
        first = period_of(now - KEPT)
        with self._lock:
            through, hours = self._known.get(operator, (first, {}))
            if through > hour:
                through, hours = first, {}
            fresh = self._read(operator, through, hour)
            for reader, theirs in fresh.items():
                hours.setdefault(reader, {}).update(theirs)
            for reader in list(hours):
                hours[reader] = {at: one for at, one in hours[reader].items() if at >= first}
            # counts of an hour that has just ended may still be on their way
            self._known[operator] = Period(max(first, hour - 1)), hours
            return {reader: dict(theirs) for reader, theirs in hours.items() if theirs}

    def prune(self, before: datetime) -> int:
        """Delete the hours before a time, and return how many."""
        with writing(self._engine) as connection:
            return connection.execute(delete(reader_hours).where(reader_hours.c.hour < period_of(before))).rowcount

    def _read(self, operator: OperatorId, first: Period, last: Period) -> HoursOfReaders:
        columns = reader_hours.c
        wanted = select(reader_hours).where(columns.operator == operator, columns.hour >= first, columns.hour <= last)
        found: HoursOfReaders = {}
        with reading(self._engine) as connection:
            for row in connection.execute(wanted):
                found.setdefault(ReaderId(row.reader), {})[Period(row.hour)] = _brought(row)
        return found


def _add(connection: Connection, operator: OperatorId, reader: ReaderId, hour: Period, brought: Brought) -> None:
    columns = reader_hours.c
    here = columns.operator == operator, columns.reader == reader, columns.hour == hour
    row = connection.execute(select(reader_hours).where(*here)).one_or_none()
    values = msgspec.structs.asdict(brought if row is None else _brought(row).plus(brought))
    if row is None:
        connection.execute(insert(reader_hours).values(operator=operator, reader=reader, hour=hour, **values))
    else:
        connection.execute(update(reader_hours).where(*here).values(values))


def _brought(row: Row[Any]) -> Brought:
    return Brought(
        reads=row.reads,
        rejected=row.rejected,
        refused=row.refused,
        corrected=row.corrected,
        clock_faults=row.clock_faults,
        timed=row.timed,
        least_drift=row.least_drift,
        last_at=row.last_at,
    )
