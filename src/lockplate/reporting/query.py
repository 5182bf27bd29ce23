"""Query: a count over access records as data, so that whoever has the log can count again.

What flows in: records of one operator's log. What flows out: a number, or numbers by one field.
What it must never see: private details, I/O. The same query over the same tree size gives the same number for ever.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Annotated

import msgspec

from lockplate.access import AccessRecord
from lockplate.terms import Action, Purpose, Verdict

RECORDS = "records"
"""Sum of one for each record that fits."""
DAY = "day"
"""The fact of a day's count that says which day it is of."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Days from the first up to, not including, the end, in one time zone."""

    first: date
    end: date
    zone: str

    def instants(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return the two instants."""
        first, end = self.first, self.end
        return (
            datetime(first.year, first.month, first.day, tzinfo=zone),
            datetime(end.year, end.month, end.day, tzinfo=zone),
        )

    def words(self) -> str:
        """Return it as people write it."""
        return f"{self.first.isoformat()} up to, not including, {self.end.isoformat()} ({self.zone})"


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
    """Empty: one number. `agency`, `receiver`, `purpose`, `policy`, `count`, or a fact's name: a number for each."""

    def words(self) -> str:
        """Return it as one readable line."""
        parts = [f"action is {self.action.value}"]
        parts += [f"verdict is {self.verdict.value}"] if self.verdict is not None else []
        parts += [f"purpose is {self.purpose.value}"] if self.purpose is not None else []
        parts += [f"{name} is {value}" for name, value in sorted(self.facts.items())]
        parts += ["the agency that asks or receives is not the operator's own"] if self.foreign else []
        summed = "number of records" if self.sum == RECORDS else f"sum of {self.sum}"
        return f"{summed}{f' by {self.by}' if self.by else ''} where " + " and ".join(parts)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a query came to."""

    total: int
    by: dict[str, int] = {}


def run(query: Query, records: Iterable[AccessRecord], span: Span, zone: tzinfo, own_agency: str) -> Counted:
    """Return what a query comes to in a span; of two counts of one day the later record counts.

    A day's count belongs to the day that it is of, every other record to the instant at which it was made.
    """
    start, end = span.instants(zone)
    total, by = 0, Counter[str]()
    days: dict[str, AccessRecord] = {}
    for record in records:
        if record.action is not query.action or not _fits(query, record, own_agency):
            continue
        if record.action is Action.DAY_COUNTED:
            if span.first.isoformat() <= record.facts.get(DAY, "") < span.end.isoformat():
                days[record.facts[DAY]] = record
        elif start <= record.at < end:
            total += _add(query, record, by)
    for record in days.values():
        total += _add(query, record, by)
    return Counted(total=total, by=dict(sorted(by.items())))


def _fits(query: Query, record: AccessRecord, own_agency: str) -> bool:
    return (
        (query.verdict is None or record.verdict is query.verdict)
        and (query.purpose is None or record.purpose is query.purpose)
        and all(fnmatchcase(record.facts.get(name, ""), value) for name, value in query.facts.items())
        and (not query.foreign or {record.agency, record.on_behalf_of} - {None, own_agency} != set())
    )


def _add(query: Query, record: AccessRecord, by: Counter[str]) -> int:
    if query.sum == RECORDS:
        amounts: Mapping[str, int] = {RECORDS: 1}
    else:
        amounts = {name: count for name, count in record.counts.items() if fnmatchcase(name, query.sum)}
    amount = sum(amounts.values())
    for key in _keys(query, record, amounts):
        by[key] += amounts.get(key, amount)
    return amount


def _keys(query: Query, record: AccessRecord, amounts: Mapping[str, int]) -> tuple[str, ...]:
    """Return under which names a record is counted."""
    named: Mapping[str, tuple[str, ...]] = MappingProxyType(
        {
            "": (),
            "agency": (record.agency or "",),
            "receiver": (record.on_behalf_of or record.agency or "",),
            "purpose": () if record.purpose is None else (record.purpose.value,),
            "policy": tuple(record.policy_ids),
            "count": tuple(amounts),
        }
    )
    return named[query.by] if query.by in named else (record.facts.get(query.by, ""),)
