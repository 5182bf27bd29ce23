"""Hours: rows counted, what is held kept, the destruction on record, keys destroyed, on record as done; days dropped.

What flows in: groups of hours that are over. What flows out: receipts; fewer keys; later, fewer rows.
What it must never see: a plate.

A crash before the destruction leaves all keys and a receipt that only says `begun`; a crash after it leaves hours that
are destroyed and have no receipt `destroyed`: the next run writes it, with the fact `recovered`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from lockplate.clock import Clock, format_time, period_start
from lockplate.retention.due import DueGroup, due_groups
from lockplate.retention.parts import DueReads, HoldWindow, RetentionParts
from lockplate.retention.receipt import Receipting, commitment_hash, count_chunks, period_chunks, ranges_of
from lockplate.store.surface import ReadStore
from lockplate.terms import LeafIndex, OperatorId, Period, ReaderId


def due_reads(store: ReadStore, part: RetentionParts, now: datetime) -> tuple[DueReads, ...]:
    """Return the hours that are over at a time, by law, with the reads in them and the holds over them."""
    windows = part.held()
    return tuple(
        DueReads(
            group=group,
            rows_by_reader=count_rows(store, part.operator, group.periods),
            holds=sum(_covers(window, group.periods) for window in windows),
        )
        for group in due_groups(part.ring, part.law_of, now)
    )


def destroy_hours(
    store: ReadStore, clock: Clock, part: RetentionParts, pen: Receipting, due: DueReads, now: datetime
) -> list[LeafIndex]:
    """Put the destruction of one group of hours on record, do it, and put it on record as done."""
    places: list[LeafIndex] = []
    for periods in period_chunks(due.group.periods):
        places += _destroy(store, clock, part, pen, due.group, periods, now)
    return places


def complete_earlier(pen: Receipting, left_over: Sequence[Period]) -> list[LeafIndex]:
    """Write the receipts that a crash prevented; the rows by reader are in the receipt that was begun."""
    return [
        pen.write({"step": "destroyed", "periods": ranges_of(periods), "recovered": "yes"}, {"periods": len(periods)})
        for periods in period_chunks(left_over)
    ]


def drop_days(
    store: ReadStore, part: RetentionParts, limit: timedelta, destroyed: Iterable[Period], now: datetime
) -> tuple[date, ...]:
    """Drop the days that hold forgotten rows and no live key, and that are too old to be filled again.

    Rows of a destroyed hour answer nobody, so waiting costs disk only. Where the limit counts from storage, an old file
    can still be taken in for a day; that must not happen while this runs (docs: run one after the other).
    """
    live = {_day_of(period) for period in part.ring.stored_periods()}
    over = {day for period in destroyed if (day := _day_of(period)) not in live and _day_end(day) + limit <= now}
    if not over:
        return ()
    held = {count.day for count in store.counts(part.operator, min(over), max(over))}
    for day in sorted(over & held):
        store.drop_day(part.operator, day)
    return tuple(sorted(over & held))


def count_rows(store: ReadStore, operator: OperatorId, periods: Iterable[Period]) -> dict[ReaderId, int]:
    """Return the rows of some hours, by reader."""
    rows: Counter[ReaderId] = Counter()
    for period in periods:
        rows.update(store.rows_in_period(operator, period))
    return dict(sorted(rows.items()))


def _destroy(
    store: ReadStore,
    clock: Clock,
    part: RetentionParts,
    pen: Receipting,
    group: DueGroup,
    periods: Sequence[Period],
    now: datetime,
) -> list[LeafIndex]:
    promised = [found for period in periods if (found := part.ring.commitment(period)) is not None]
    rule = group.rule
    facts = {
        "step": "begun",
        "now": format_time(now),
        "periods": ranges_of(periods),
        "keys": commitment_hash(promised),
        "law": "nothing may be kept" if group.law is None else group.law.hash(),
        "laws": ",".join(group.laws),
        "law_from": "" if group.law is None else group.law.effective_from.isoformat(),
        "limit_seconds": "0" if rule is None else str(int(rule.limit.total_seconds())),
        "counted_from": "capture" if rule is None or rule.from_capture else "storage",
    }
    rows = count_rows(store, part.operator, periods)
    begun = [pen.write(facts, counts) for counts in count_chunks(rows, len(periods))]
    gone = part.ring.destroy_periods(list(periods), clock.now())
    if not gone:  # another run was faster, and writes the receipt
        return begun
    facts = {
        "step": "destroyed",
        "periods": ranges_of(Period(int(one.name)) for one in gone),
        "keys": commitment_hash(gone),
    }
    return [*begun, pen.write(facts, {"periods": len(gone), "rows": sum(rows.values())}, refers_to=begun[0])]


def _covers(window: HoldWindow, periods: Sequence[Period]) -> bool:
    return any(window.first <= period <= window.last for period in periods)


def _day_of(period: Period) -> date:
    return period_start(period).date()


def _day_end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
