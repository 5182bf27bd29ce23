"""Query: a count over access records as data, so that whoever has the log can count again.

What flows in: records of one operator's log, each with its place. What flows out: numbers, in all or by one field.
What it must never see: I/O; private details, but for a sealed query, which whoever may open them hands in as texts.
The same query over the same tree size gives the same number for ever.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from lockplate.access import AccessRecord
from lockplate.errors import NotFound
from lockplate.terms import Action, LeafIndex, Purpose, Verdict

RECORDS = "records"
"""Sum of one for each record that fits."""
DAY = "day"
"""The fact of a day's count that says which day it is of."""
PART = "part"
"""The fact of a day's count that is too long for one record: 1, 2, …"""
FEWER = "fewer_than"
"""The fact of a quiet day's count, in the place of its reads."""
READERS = "readers"
"""The private detail of a day's count: reader → what → count, as JSON."""

Placed = tuple[LeafIndex, AccessRecord]
Opened = Callable[[LeafIndex], Mapping[str, str]]
"""A record's private details; raises NotFound when it has none, or they were forgotten."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Days from the first up to, not including, the end, in one time zone."""

    first: date
    end: date
    zone: str

    def instants(self) -> tuple[datetime, datetime]:
        """Return the two instants."""
        first, end, zone = self.first, self.end, ZoneInfo(self.zone)
        return (
            datetime(first.year, first.month, first.day, tzinfo=zone),
            datetime(end.year, end.month, end.day, tzinfo=zone),
        )

    def words(self) -> str:
        """Return it as people write it."""
        return f"{self.first.isoformat()} up to, not including, {self.end.isoformat()} ({self.zone})"


class LogPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The checkpoint under which numbers are counted."""

    origin: str
    size: int
    root: str
    """Base64."""


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which records, and what of them is summed."""

    action: Action
    verdict: Verdict | None = None
    purpose: Purpose | None = None
    facts: dict[str, str] = {}
    """Facts that a record must have; a value may end in `*`."""
    foreign: bool = False
    """Only questions of, or for, another agency than the operator's own."""
    sum: Annotated[str, msgspec.Meta(pattern=r"\A[a-z_*:]+\Z")] = RECORDS
    """`records`, or the name of counts, where `*` stands for anything: `hits:*:stolen_vehicle`."""
    by: str = ""
    """Empty: one number. `agency`, `receiver`, `purpose`, `policy`, `count`, or a fact's name: a number for each.

    Facts joined by `+`: a number for each pair, as `list+found`.
    """
    sealed: bool = False
    """The counts lie sealed beside the record: by reader for a day, in a detail of that name for anything else."""

    def words(self) -> str:
        """Return it as one readable line."""
        parts = [f"action is {self.action.value}"]
        parts += [f"verdict is {self.verdict.value}"] if self.verdict is not None else []
        parts += [f"purpose is {self.purpose.value}"] if self.purpose is not None else []
        parts += [f"{name} is {value}" for name, value in sorted(self.facts.items())]
        parts += ["the agency that asks or receives is not the operator's own"] if self.foreign else []
        summed = "number of records" if self.sum == RECORDS else f"sum of {'sealed ' if self.sealed else ''}{self.sum}"
        return f"{summed}{f' by {self.by}' if self.by else ''} where " + " and ".join(parts)


class Recount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that somebody with the exported log needs to count a number again."""

    query: Query
    span: Span
    own_agency: str
    log: LogPlace


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a query came to."""

    total: int
    by: dict[str, int] = {}
    quiet_days: int = 0
    """Days of fewer than ten, whose reads are in no sum."""
    unopened: int = 0
    """Records whose sealed counts were forgotten by now; they are in no sum."""


def run_all(
    queries: Sequence[Query], records: Iterable[Placed], span: Span, own_agency: str, opened: Opened | None = None
) -> tuple[Counted | None, ...]:
    """Return what each query comes to in a span, in one pass; None for a sealed one that nobody may open here.

    A day's count belongs to the UTC day that it is of, and of two counts of one day the later counts; every other
    record belongs to the instant at which it was made, and does not count when a later one says that it failed.
    """
    start, end = span.instants()
    days: dict[str, list[Placed]] = {}
    acts: dict[LeafIndex, AccessRecord] = {}
    tallies = [None if query.sealed and opened is None else _Tally(query, own_agency, opened) for query in queries]
    wanted = {query.action for query in queries}
    for place, record in records:
        if record.action not in wanted:
            continue
        if record.action is Action.DAY_COUNTED:
            if span.first.isoformat() <= record.facts.get(DAY, "") < span.end.isoformat():
                _note_day(days, place, record)
        elif (taken_back := _failed(record)) is not None:
            acts.pop(taken_back, None)
        elif start <= record.at < end:
            if record.action in _QUESTIONS:
                _take(tallies, place, record)
            else:
                acts[place] = record
    for place, record in [*acts.items(), *(one for parts in days.values() for one in parts)]:
        _take(tallies, place, record)
    return tuple(None if tally is None else tally.counted() for tally in tallies)


_QUESTIONS = frozenset(
    {
        Action.QUESTION_INTENT,
        Action.QUESTION_OUTCOME,
        Action.QUESTION_DENIED,
        Action.QUESTION_PENDING,
        Action.QUESTION_ELSEWHERE_INTENT,
        Action.QUESTION_ELSEWHERE_OUTCOME,
        Action.QUESTION_ELSEWHERE_DENIED,
    }
)
"""Records that stand as soon as they are made: nothing takes them back, so they need not be kept until the end."""


def _failed(record: AccessRecord) -> LeafIndex | None:
    """Return the place of the record that this one takes back, None when it takes none back."""
    return record.refers_to if "failed" in {record.facts.get("outcome"), record.facts.get("step")} else None


def _note_day(days: dict[str, list[Placed]], place: LeafIndex, record: AccessRecord) -> None:
    """Keep the parts of a day's newest count."""
    if record.facts.get(PART, "1") == "1":
        days[record.facts[DAY]] = []
    days.setdefault(record.facts[DAY], []).append((place, record))


def _take(tallies: Sequence["_Tally | None"], place: LeafIndex, record: AccessRecord) -> None:
    for tally in tallies:
        if tally is not None:
            tally.take(place, record)


class _Tally:
    """One query's numbers as they grow."""

    def __init__(self, query: Query, own_agency: str, opened: Opened | None) -> None:
        self._query, self._own_agency, self._opened = query, own_agency, opened
        self._by = Counter[str]()
        self._total = self._quiet_days = self._unopened = 0

    def take(self, place: LeafIndex, record: AccessRecord) -> None:
        """Count a record when it fits."""
        if not self._fits(record):
            return
        query = self._query
        if query.sealed:
            self._take_sealed(place, record)
        elif query.sum == RECORDS:
            # a day's further parts are of the same day
            self._add(record, {RECORDS: 1} if record.facts.get(PART, "1") == "1" else {})
        else:
            amounts = {name: count for name, count in record.counts.items() if fnmatchcase(name, query.sum)}
            self._quiet_days += FEWER in record.facts and not query.sum.startswith("hits:")
            self._add(record, amounts)

    def counted(self) -> Counted:
        """Return the numbers."""
        by = dict(sorted(self._by.items()))
        return Counted(total=self._total, by=by, quiet_days=self._quiet_days, unopened=self._unopened)

    def _fits(self, record: AccessRecord) -> bool:
        query = self._query
        return (
            record.action is query.action
            and (query.verdict is None or record.verdict is query.verdict)
            and (query.purpose is None or record.purpose is query.purpose)
            and all(fnmatchcase(record.facts.get(name, ""), value) for name, value in query.facts.items())
            and (not query.foreign or {record.agency, record.on_behalf_of} - {None, self._own_agency} != set())
        )

    def _take_sealed(self, place: LeafIndex, record: AccessRecord) -> None:
        if self._opened is None or record.facts.get(PART, "1") != "1":
            return
        try:
            details = self._opened(place)
        except NotFound:
            self._unopened += 1
            return
        if record.action is not Action.DAY_COUNTED:
            self._add(record, {self._query.sum: int(details.get(self._query.sum, "0"))})
            return
        by_reader = msgspec.json.decode(details[READERS], type=dict[str, dict[str, int]])
        for reader, counts in by_reader.items():
            amounts = {name: count for name, count in counts.items() if fnmatchcase(name, self._query.sum)}
            self._add(record, amounts, reader)

    def _add(self, record: AccessRecord, amounts: Mapping[str, int], reader: str = "") -> None:
        amount = sum(amounts.values())
        self._total += amount
        for key in self._keys(record, amounts, reader):
            self._by[key] += amounts.get(key, amount)

    def _keys(self, record: AccessRecord, amounts: Mapping[str, int], reader: str) -> tuple[str, ...]:
        """Return under which names a record is counted."""
        named: dict[str, tuple[str, ...]] = {
            "": (),
            "agency": (record.agency or "",),
            "receiver": (record.on_behalf_of or record.agency or "",),
            "purpose": () if record.purpose is None else (record.purpose.value,),
            "policy": tuple(record.policy_ids),
            "count": tuple(amounts),
            "reader": (reader,),
        }
        by = self._query.by
        return named[by] if by in named else (":".join(record.facts.get(name, "") for name in by.split("+")),)
