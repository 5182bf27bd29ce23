"""Days: the counts of a UTC day that is over become one record, for good.

What flows in: a day's counters; the log's end. What flows out: a record; the counts by reader lie sealed beside it.
What it must never see: a plate. The log is public, and at a quiet reader a number would say that somebody passed: a
record holds the operator's totals only, and of a day with few reads not even those (docs/decisions/0016).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import Clock
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.registry.day_counts import READS, Counted, DayCounts
from lockplate.reporting.query import DAY, FEWER, PART, READERS
from lockplate.terms import Action, LeafIndex, OperatorId, PersonId, ProfileId, ReaderId

SMALL = 10
"""A day with fewer reads than this is told as "fewer than"."""
NODE = PersonId("-node")
"""Nobody: the node itself counted."""
GRACE = timedelta(minutes=5)
"""A day is counted this long after it ended: what came in at its end is durable and counted by then."""
COUNTS_IN_ONE = 500
"""Counts in one record; with names of any length that we give it stays far below a leaf's 65,535 bytes."""
CHUNK = 1_000

Amounts = Mapping[tuple[ReaderId, Counted], int]


def day_facts(day: date, counts: Amounts) -> tuple[dict[str, str], dict[str, int]]:
    """Return facts and counts of a day's record: totals, readers that sent, hits by list and category."""
    totals: Counter[str] = Counter()
    for (_, what), count in counts.items():
        totals[what] += count
    readers = len({reader for (reader, what), count in counts.items() if what == READS and count})
    facts = {DAY: day.isoformat()}
    if totals[READS] < SMALL:
        hits = {name: count for name, count in totals.items() if name.startswith("hits:")}
        return facts | {FEWER: str(SMALL)}, dict(sorted(hits.items()))
    return facts, dict(sorted(totals.items())) | {"readers": readers}


class DayBook:
    """Puts the days of one operator into its log."""

    def __init__(
        self, *, operator: OperatorId, day_counts: DayCounts, log: TileLog, recorder: Recorder, clock: Clock
    ) -> None:
        self._operator = operator
        self._day_counts = day_counts
        self._log = log
        self._recorder = recorder
        self._clock = clock

    def count_days(self, profile: ProfileId | None) -> tuple[LeafIndex, ...]:
        """Put every day that is over and not on record yet into the log, oldest first; return the new records.

        Raises LogRefused or StoreFailed; what was written by then stays, and the next call goes on. A record whose note
        was lost in a crash is found again at the end of the log and noted; only when the counts have changed since does
        a second record follow, which refers to the first and counts in its place.
        """
        leaves: list[LeafIndex] = []
        days = self._day_counts.open_days(self._operator, (self._clock.now() - GRACE).date())
        found = self._unnoted() if days else {}
        for day in days:
            records = self._records(day, profile)
            before = found.get(day)
            if before is not None and before[1] == [(one.facts, one.counts) for one, _ in records]:
                self._day_counts.note_counted(self._operator, day, before[0])
                continue
            if before is not None:
                records = [(msgspec.structs.replace(one, refers_to=before[0]), private) for one, private in records]
            made = self._recorder.record_many(records)
            self._day_counts.note_counted(self._operator, day, made[0])
            leaves += made
        return tuple(leaves)

    def _records(self, day: date, profile: ProfileId | None) -> list[tuple[AccessRecord, Mapping[str, str]]]:
        """Return a day's record, or its parts where the counts are too many for one; the first holds what is sealed."""
        counts = self._day_counts.of_day(self._operator, day)
        facts, totals = day_facts(day, counts)
        by_reader: dict[str, dict[str, int]] = {}
        for (reader, what), count in sorted(counts.items()):
            by_reader.setdefault(reader, {})[what] = count
        sealed = {READERS: msgspec.json.encode(by_reader).decode()}
        names = list(totals)
        parts = [
            {name: totals[name] for name in names[start : start + COUNTS_IN_ONE]}
            for start in range(0, max(1, len(names)), COUNTS_IN_ONE)
        ]
        return [
            (
                AccessRecord(
                    action=Action.DAY_COUNTED,
                    at=self._clock.now(),
                    operator=self._operator,
                    person=NODE,
                    profile=profile,
                    facts=facts if len(parts) == 1 else facts | {PART: str(number)},
                    counts=part,
                ),
                sealed if number == 1 else {},
            )
            for number, part in enumerate(parts, start=1)
        ]

    def _unnoted(self) -> dict[date, tuple[LeafIndex, list[tuple[dict[str, str], dict[str, int]]]]]:
        """Return the days on record after the last one that was noted: place, and facts and counts of each part."""
        found: dict[date, tuple[LeafIndex, list[tuple[dict[str, str], dict[str, int]]]]] = {}
        for place, record in self._since(self._day_counts.last_leaf(self._operator)):
            if record.action is not Action.DAY_COUNTED:
                continue
            day = date.fromisoformat(record.facts[DAY])
            if record.facts.get(PART, "1") == "1":
                found[day] = (place, [])
            elif day not in found:  # a further part of the last day that was noted
                continue
            found[day][1].append((record.facts, record.counts))
        return found

    def _since(self, last: LeafIndex | None) -> Iterator[tuple[LeafIndex, AccessRecord]]:
        start, size = 0 if last is None else last + 1, self._log.size
        for first in range(start, size, CHUNK):
            for place, leaf in enumerate(self._log.entries(first, min(size, first + CHUNK)), first):
                yield LeafIndex(place), parse_leaf(leaf)
