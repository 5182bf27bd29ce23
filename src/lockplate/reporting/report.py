"""Report: one law's periodic report of one operator, every number with the query that made it.

What flows in: a template, a span, the records of a log up to a checkpoint, registers. What flows out: a Report.
What it must never see: private details. What the program cannot know stays for a person, and is never a zero.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from lockplate.access import AccessRecord
from lockplate.reporting.query import Query, Span, run
from lockplate.reporting.templates import Every, Register, Template
from lockplate.terms import AgencyId, OperatorId, ProfileId


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its value."""

    id: str
    says: str
    total: int | None = None
    """Of a query; None when the line is none."""
    by: dict[str, int] = {}
    words: tuple[str, ...] = ()
    """Of a register."""
    person: str | None = None
    """What a person fills in, and from where."""
    query: Query | None = None
    query_words: str = ""


class LogPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The checkpoint under which the numbers were counted."""

    origin: str
    size: int
    root: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report."""

    operator: OperatorId
    name: str
    profile: ProfileId
    title: str
    cite: str
    span: Span
    made_at: datetime
    verified: bool
    """The law profile was checked against its official text by a person."""
    counted_through: date | None
    """The last day whose counts are on record; days after it are missing from sums over days."""
    log: LogPlace
    lines: tuple[ReportLine, ...]


class Counting(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is counted from."""

    records: Callable[[], Iterable[AccessRecord]]
    """The records under the checkpoint, anew at each call."""
    zone: str
    own_agency: AgencyId
    names: Mapping[str, str]
    """Lists by id, agencies by id: what a number is told under."""
    registers: Callable[[Register], tuple[str, ...]]


def report_lines(template: Template, span: Span, counting: Counting) -> tuple[ReportLine, ...]:
    """Return every line of a template with its value."""
    zone = ZoneInfo(counting.zone)
    lines = []
    for line in template.lines:
        made = ReportLine(id=line.id, says=line.says, person=line.person)
        if line.query is not None:
            counted = run(line.query, counting.records(), span, zone, counting.own_agency)
            made = msgspec.structs.replace(
                made,
                total=counted.total,
                by={_named(name, counting.names): count for name, count in counted.by.items()},
                query=line.query,
                query_words=line.query.words(),
            )
        elif line.register is not None:
            made = msgspec.structs.replace(made, words=counting.registers(line.register))
        lines.append(made)
    return tuple(lines)


def last_span(every: Every, today: date, zone: str) -> Span:
    """Return the newest span of a report that is over: a month, half a year or a year of the calendar."""
    months = {Every.MONTH: 1, Every.SIX_MONTHS: 6, Every.YEAR: 12}[every]
    end = (today.month - 1) // months * months
    first_month = today.year * 12 + end - months
    return Span(first=date(first_month // 12, first_month % 12 + 1, 1), end=date(today.year, end + 1, 1), zone=zone)


def _named(name: str, names: Mapping[str, str]) -> str:
    """Return a count's name with ids of lists told by their names: `hits:<list>:stolen_vehicle`."""
    parts = [names.get(part, part) for part in name.split(":")]
    return ": ".join(part for part in parts if part != "hits") or "none"
