"""Counting: what each reader's reads came to, for the counts of a day.

What flows in: outcomes of reads, refusals, hits. What flows out: counts by reader, and by list and category.
What it must never see: a plate. Every read is counted once as a read, and once as kept, unkept or refused.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lockplate.health import Brought
from lockplate.intake.delivery import Acknowledgement, Delivery
from lockplate.registry.day_counts import KEPT, READS, REFUSED, UNKEPT, Counted, DayCounts
from lockplate.registry.hits import NewHit, Recorded
from lockplate.terms import OperatorId, ReaderId

ByReader = tuple[tuple[ReaderId, dict[Counted, int]], ...]


def came_in(reads: int, kept: int, unkept: int, refused: dict[str, int]) -> dict[Counted, int]:
    """Return what one delivery came to; a read of a passage that has its row is a read and no more."""
    counts = {READS: reads, KEPT: kept, UNKEPT: unkept}
    return counts | {refusal(reason): count for reason, count in refused.items()}


def brought_by(delivery: Delivery, told: Acknowledgement) -> Brought:
    """Return what one delivery says of its reader's health; a clock is judged by the read that is least off."""
    received = delivery.received_at
    drifts = [(one.captured_at - received).total_seconds() for one in delivery.parsed.reads if one.captured_at]
    return Brought(
        reads=len(delivery.parsed.reads),
        rejected=sum(told.rejected.values()),
        refused=sum(told.refused.values()),
        corrected=told.corrected,
        clock_faults=told.clock_faults,
        timed=len(drifts),
        least_drift=min(drifts, key=abs, default=None),
    )


def brought_in_bulk(counts: dict[Counted, int]) -> Brought:
    """Return what a batch of a reader's lines says of its health; their times may be of any age."""
    refused = sum(count for what, count in counts.items() if what.startswith(REFUSED))
    return Brought(reads=counts.get(READS, 0), refused=refused)


def refusal(reason: str) -> Counted:
    """Return the name under which a refusal is counted."""
    return Counted(f"{REFUSED}{reason}")


class ReaderTally:
    """Counts reads one by one."""

    def __init__(self) -> None:
        self._counts: defaultdict[ReaderId, Counter[Counted]] = defaultdict(Counter)

    def note(self, reader: ReaderId, what: Counted) -> None:
        """Count one read, and what became of it."""
        self._counts[reader][READS] += 1
        self._counts[reader][what] += 1

    def by_reader(self) -> ByReader:
        """Return the counts."""
        return tuple((reader, dict(counts)) for reader, counts in self._counts.items())


def columns_by_reader(
    readers: Sequence[ReaderId], reader_index: NDArray[np.int32], refusals: NDArray[np.uint8], reasons: Sequence[str],
    *, keeps: bool,
) -> ByReader:  # fmt: skip
    """Return the counts of columns: `refusals` holds for each row 0 or the place, from 1, of its reason."""
    found = []
    for number, reader in enumerate(readers):
        theirs = np.bincount(refusals[reader_index == number], minlength=len(reasons) + 1)
        refused = {reason: int(theirs[place]) for place, reason in enumerate(reasons, start=1) if theirs[place]}
        good = int(theirs[0])
        found.append((reader, came_in(int(theirs.sum()), good if keeps else 0, 0 if keeps else good, refused)))
    return tuple(found)


def count_hits(counts: DayCounts, day: date, hits: Sequence[NewHit], recorded: Sequence[Recorded]) -> None:
    """Count new hits by list and category; one that was here already is not counted again."""
    found: Counter[tuple[OperatorId, ReaderId, Counted]] = Counter()
    for hit, one in zip(hits, recorded, strict=True):
        if one.is_new:
            found[hit.operator, hit.reader, Counted(f"hits:{hit.list_id}:{hit.category.value}")] += 1
    for (operator, reader, what), count in found.items():
        counts.add(operator, reader, day, {what: count})
