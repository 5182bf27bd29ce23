"""Days: the counts of a UTC day that is over become one record, for good.

What flows in: a day's counters. What flows out: a record; the counts by reader lie sealed beside it.
What it must never see: a plate. The log is public, and at a quiet reader a number would say that somebody passed: a
record holds the operator's totals only, and of a day with few reads not even those (docs/decisions/0016).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import Clock
from lockplate.evidence.recorder import Recorder
from lockplate.registry.day_counts import READS, Counted, DayCounts
from lockplate.reporting.query import DAY
from lockplate.terms import Action, LeafIndex, OperatorId, PersonId, ProfileId, ReaderId

SMALL = 10
"""A day with fewer reads than this is told as "fewer than"."""
NODE = PersonId("-node")
"""Nobody: the node itself counted."""
FEWER = "fewer_than"


def day_facts(day: date, counts: Mapping[tuple[ReaderId, Counted], int]) -> tuple[dict[str, str], dict[str, int]]:
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


def count_days(
    day_counts: DayCounts, recorder: Recorder, clock: Clock, operator: OperatorId, profile: ProfileId | None
) -> tuple[LeafIndex, ...]:
    """Put every day that is over and not on record yet into the log, oldest first.

    Raises LogRefused or StoreFailed; what was written by then stays, and the next call goes on. A crash between a
    record and its note makes a second record of the same day, which counts in the place of the first.
    """
    leaves = []
    for day in day_counts.open_days(operator, clock.now().date()):
        counts = day_counts.of_day(operator, day)
        facts, totals = day_facts(day, counts)
        record = AccessRecord(
            action=Action.DAY_COUNTED,
            at=clock.now(),
            operator=operator,
            person=NODE,
            profile=profile,
            facts=facts,
            counts=totals,
        )
        by_reader: dict[str, dict[str, int]] = {}
        for (reader, what), count in sorted(counts.items()):
            by_reader.setdefault(reader, {})[what] = count
        leaf = recorder.record(record, {"readers": msgspec.json.encode(by_reader).decode()})
        day_counts.note_counted(operator, day, leaf)
        leaves.append(leaf)
    return tuple(leaves)
