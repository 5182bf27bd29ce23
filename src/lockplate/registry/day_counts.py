"""DayCounts: what came in on each UTC day, by reader, until a record in the log says it for good.

What flows in: counts as deliveries become durable. What flows out: the counts of a day; which days are on record.
What it must never see: a plate. Counters gather in memory until `flush`: a crash loses the counts of the last seconds,
never a read.
"""

import threading
from collections import Counter
from datetime import date
from typing import NewType

from sqlalchemy import Connection, Engine, func, insert, select, update

from lockplate.registry.database import reading, writing
from lockplate.registry.tables import counted_days, day_counts
from lockplate.terms import LeafIndex, OperatorId, ReaderId

Counted = NewType("Counted", str)
"""What is counted: `reads`, `kept`, `unkept`, `refused:<reason>`, `hits:<list>:<category>`."""

READS, KEPT, UNKEPT = Counted("reads"), Counted("kept"), Counted("unkept")
REFUSED = "refused:"
_FLUSH_AT = 10_000


class DayCounts:
    """The counters of every operator here; one process counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pending: Counter[tuple[OperatorId, ReaderId, date, Counted]] = Counter()

    def add(self, operator: OperatorId, reader: ReaderId, day: date, counts: dict[Counted, int]) -> None:
        """Count what a reader sent on a UTC day; written at the next flush."""
        with self._lock:
            for what, count in counts.items():
                if count:
                    self._pending[operator, reader, day, what] += count
            full = len(self._pending) >= _FLUSH_AT
        if full:
            self.flush()

    def flush(self) -> None:
        """Write pending counters down, in one transaction; on an error they stay pending."""
        with self._lock:
            pending, self._pending = self._pending, Counter()
        if not pending:
            return
        try:
            with writing(self._engine) as connection:
                for (operator, reader, day, what), count in pending.items():
                    _add(connection, operator, reader, day, what, count)
        except BaseException:
            with self._lock:
                self._pending.update(pending)
            raise

    def of_day(self, operator: OperatorId, day: date) -> dict[tuple[ReaderId, Counted], int]:
        """Return the counts of one day."""
        self.flush()
        here = day_counts.c.operator == operator, day_counts.c.day == day
        with reading(self._engine) as connection:
            rows = connection.execute(select(day_counts).where(*here))
            return {(ReaderId(row.reader), Counted(row.what)): row.counted for row in rows}

    def refused(self, operator: OperatorId, since: date) -> dict[ReaderId, dict[str, int]]:
        """Return how many reads of each reader were refused from a day on, by reason."""
        self.flush()
        counted = day_counts.c
        wanted = (
            select(counted.reader, counted.what, func.sum(counted.counted).label("total"))
            .where(counted.operator == operator, counted.day >= since, counted.what.startswith(REFUSED))
            .group_by(counted.reader, counted.what)
            .order_by(counted.reader, counted.what)
        )
        found: dict[ReaderId, dict[str, int]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(wanted):
                found.setdefault(ReaderId(row.reader), {})[row.what.removeprefix(REFUSED)] = int(row.total)
        return found

    def open_days(self, operator: OperatorId, before: date) -> tuple[date, ...]:
        """Return the days before one that have counts and no record in the log, oldest first."""
        self.flush()
        wanted = (
            select(day_counts.c.day)
            .distinct()
            .where(
                day_counts.c.operator == operator,
                day_counts.c.day < before,
                ~select(counted_days.c.day)
                .where(counted_days.c.operator == operator, counted_days.c.day == day_counts.c.day)
                .exists(),
            )
            .order_by(day_counts.c.day)
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(wanted).scalars())

    def is_counted(self, operator: OperatorId, day: date) -> bool:
        """Say whether a record says a day."""
        wanted = select(counted_days.c.leaf).where(counted_days.c.operator == operator, counted_days.c.day == day)
        with reading(self._engine) as connection:
            return connection.execute(wanted).first() is not None

    def note_counted(self, operator: OperatorId, day: date, leaf: LeafIndex) -> None:
        """Remember which record says a day; the record is durable before this."""
        with writing(self._engine, "the day is on record already") as connection:
            connection.execute(insert(counted_days).values(operator=operator, day=day, leaf=leaf))

    def last_leaf(self, operator: OperatorId) -> LeafIndex | None:
        """Return the place of the newest record that says a day, None when there is none."""
        wanted = select(func.max(counted_days.c.leaf)).where(counted_days.c.operator == operator)
        with reading(self._engine) as connection:
            leaf = connection.execute(wanted).scalar_one_or_none()
        return None if leaf is None else LeafIndex(leaf)

    def counted_through(self, operator: OperatorId) -> date | None:
        """Return the last day that is on record, None when none is."""
        wanted = select(func.max(counted_days.c.day)).where(counted_days.c.operator == operator)
        with reading(self._engine) as connection:
            return connection.execute(wanted).scalar_one_or_none()


def _add(connection: Connection, operator: OperatorId, reader: ReaderId, day: date, what: Counted, count: int) -> None:
    columns = day_counts.c
    here = columns.operator == operator, columns.reader == reader, columns.day == day, columns.what == what
    changed = connection.execute(update(day_counts).where(*here).values(counted=columns.counted + count))
    if not changed.rowcount:
        values = {"operator": operator, "reader": reader, "day": day, "what": what, "counted": count}
        connection.execute(insert(day_counts).values(values))
