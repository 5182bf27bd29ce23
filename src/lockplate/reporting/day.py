"""Days: the counts of a UTC day that is over become one record, for good.

What flows in: a day's counters, what the ledger booked, keys made; the log's end. What flows out: a record; the counts
by reader, the ledger's sums and the keys' commitments lie sealed beside it.
What it must never see: a plate. The log is public, and at a quiet reader a number would say that somebody passed: a
record holds the operator's totals only, and of a day with few reads not even those (docs/decisions/0016).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import msgspec

from lockplate.access import AccessRecord, KeyCommitment, parse_leaf
from lockplate.clock import Clock
from lockplate.errors import NotFound
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.marks import SECONDS_PER_DAY, Day, RowSum, RowSums, date_text
from lockplate.registry.day_counts import READS, Counted, DayCounts
from lockplate.reporting.query import DAY, FEWER, PART, READERS
from lockplate.store.ledger import BookedDay, RowLedger
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

ROWS, KEYS = "rows", "keys"
"""Sealed parts of a day's record: what the ledger booked on the day, and the keys told with it."""

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


class KeysToTell(Protocol):
    """The keys of an operator, as far as the log does not know of them yet."""

    def untold_keys(self, made_before: datetime) -> Sequence[KeyCommitment]:
        """Return those made before a time."""
        ...

    def note_told(self, keys: Sequence[KeyCommitment]) -> None:
        """Note that a durable record tells of them."""
        ...


def rows_text(booked: BookedDay) -> str:
    """Return what the ledger booked on a day as its record keeps it: by day of capture and reader, rows and marks."""
    days: dict[str, dict[str, tuple[int, str]]] = {}
    for (day, reader), one in sorted(booked.sums.items()):
        days.setdefault(date_text(day), {})[reader] = (one.rows, f"{one.low:016x}{one.high:016x}")
    return msgspec.json.encode({"vouched": booked.is_vouched, "days": days}).decode()


def rows_in(text: str) -> RowSums:
    """Return the sums that a record keeps."""
    told = msgspec.json.decode(text, type=_RowsTold)
    return {
        (number_of(date.fromisoformat(day)), ReaderId(reader)): RowSum(
            rows=rows, low=int(marks[:16], 16), high=int(marks[16:], 16)
        )
        for day, readers in told.days.items()
        for reader, (rows, marks) in readers.items()
    }


def keys_text(keys: Sequence[KeyCommitment]) -> str:
    """Return keys as a day's record keeps them: lines `kind:name:commitment`."""
    return "\n".join(sorted(f"{key.kind}:{key.name}:{key.commitment}" for key in keys))


def keys_in(text: str) -> list[KeyCommitment]:
    """Return the keys that a record tells of."""
    parts = (line.split(":") for line in text.split("\n") if line)
    # a key's name may hold colons, its kind and its commitment do not
    return [KeyCommitment(kind=kind, name=":".join(name), commitment=digest) for kind, *name, digest in parts]


def was_vouched(text: str) -> bool:
    """Say whether the ledger was as the node had written it when its sums went on record."""
    return msgspec.json.decode(text, type=_RowsTold).vouched


class _RowsTold(msgspec.Struct, frozen=True):
    vouched: bool
    days: dict[str, dict[str, tuple[int, str]]]


class DayBook:
    """Puts the days of one operator into its log."""

    def __init__(
        self,
        *,
        operator: OperatorId,
        day_counts: DayCounts,
        ledger: RowLedger,
        keys: KeysToTell,
        log: TileLog,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._operator = operator
        self._day_counts = day_counts
        self._ledger = ledger
        self._keys = keys
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
        days = self._open_days((self._clock.now() - GRACE).date())
        found = self._unnoted() if days else {}
        for day in days:
            leaves += self._count_day(day, profile, found.get(day))
        return tuple(leaves)

    def _open_days(self, before: date) -> list[date]:
        """Return the days before one that are not on record; what the ledger has of a day on record is closed."""
        days = set(self._day_counts.open_days(self._operator, before))
        for number in self._ledger.booked(self._operator):
            day = _date_of(number)
            if day >= before:
                continue
            if self._day_counts.is_counted(self._operator, day):
                self._ledger.close_day(self._operator, number)
            else:
                days.add(day)
        return sorted(days)

    def _count_day(self, day: date, profile: ProfileId | None, before: "_Counted | None") -> list[LeafIndex]:
        number = number_of(day)
        booked = self._ledger.booked(self._operator).get(number, BookedDay(sums={}, is_vouched=True))
        keys = self._keys.untold_keys(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1))
        rows = rows_text(booked)
        if before is not None and self._ledger.closed_through(self._operator) >= number:
            # its lines are gone from the ledger since that record: what it told of rows stands
            rows = self._rows_told(before.place) or rows
        records = self._records(day, profile, {ROWS: rows} | ({KEYS: keys_text(keys)} if keys else {}))
        same = before is not None and before.parts == [(one.facts, one.counts) for one, _ in records]
        if before is not None and same and self._rows_told(before.place) == rows:
            self._close(day, before.place, ())
            return []
        if before is not None:
            records = [(msgspec.structs.replace(one, refers_to=before.place), private) for one, private in records]
        made = self._recorder.record_many(records)
        self._close(day, made[0], keys)
        return made

    def _close(self, day: date, place: LeafIndex, keys: Sequence[KeyCommitment]) -> None:
        """Note that a day is on record; a crash in between leaves notes that the next call makes."""
        self._day_counts.note_counted(self._operator, day, place)
        self._ledger.close_day(self._operator, number_of(day))
        if keys:
            self._keys.note_told(keys)

    def _rows_told(self, place: LeafIndex) -> str | None:
        try:
            return self._recorder.details_of(place).values.get(ROWS)
        except NotFound:
            return None

    def _records(
        self, day: date, profile: ProfileId | None, more: Mapping[str, str]
    ) -> list[tuple[AccessRecord, Mapping[str, str]]]:
        """Return a day's record, or its parts where the counts are too many for one; the first holds what is sealed."""
        counts = self._day_counts.of_day(self._operator, day)
        facts, totals = day_facts(day, counts)
        by_reader: dict[str, dict[str, int]] = {}
        for (reader, what), count in sorted(counts.items()):
            by_reader.setdefault(reader, {})[what] = count
        sealed = {READERS: msgspec.json.encode(by_reader).decode(), **more}
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

    def _unnoted(self) -> dict[date, "_Counted"]:
        """Return the days on record after the last one that was noted: place, and facts and counts of each part."""
        found: dict[date, _Counted] = {}
        for place, record in self._since(self._day_counts.last_leaf(self._operator)):
            if record.action is not Action.DAY_COUNTED:
                continue
            day = date.fromisoformat(record.facts[DAY])
            if record.facts.get(PART, "1") == "1":
                found[day] = _Counted(place=place, parts=[])
            elif day not in found:  # a further part of the last day that was noted
                continue
            found[day].parts.append((record.facts, record.counts))
        return found

    def _since(self, last: LeafIndex | None) -> Iterator[tuple[LeafIndex, AccessRecord]]:
        start, size = 0 if last is None else last + 1, self._log.size
        for first in range(start, size, CHUNK):
            for place, leaf in enumerate(self._log.entries(first, min(size, first + CHUNK)), first):
                yield LeafIndex(place), parse_leaf(leaf)


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A day's record, and the facts and counts of each of its parts."""

    place: LeafIndex
    parts: list[tuple[dict[str, str], dict[str, int]]]


def number_of(day: date) -> Day:
    """Return a date as the ledger counts days."""
    return Day((day - date(1970, 1, 1)).days)


def _date_of(day: Day) -> date:
    return datetime.fromtimestamp(day * SECONDS_PER_DAY, UTC).date()
