"""Report: one law's periodic report of one operator, every number with the query that made it.

What flows in: a template, a span, the records of a log up to a checkpoint, registers. What flows out: a Report.
What it must never see: private details, unless whoever may open them hands in the way. What the program cannot know
stays for a person, and is never a zero.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

import msgspec

from lockplate.reporting.query import Counted, LogPlace, Opened, Placed, Query, Recount, Span, run_all
from lockplate.reporting.templates import Every, Line, Register, Template
from lockplate.terms import AgencyId, OperatorId, ProfileId

FOR_AN_AUDITOR = "sealed beside the log: an auditor's report says it (--sealed)"


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its value."""

    id: str
    says: str
    total: int | None = None
    """Of a query; None when the line is none, or its counts are sealed."""
    by: dict[str, int] = {}
    words: tuple[str, ...] = ()
    """Of a register."""
    notes: tuple[str, ...] = ()
    """What the number does not hold."""
    person: str | None = None
    """What a person fills in, and from where."""
    recount: Recount | None = None
    """The query with all that is needed to run it again on the exported log."""
    query_words: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report."""

    operator: OperatorId
    name: str
    profile: ProfileId
    title: str
    cite: str
    due: str
    """By the law profile; empty when it does not say."""
    to: str
    span: Span
    made_at: datetime
    verified: bool
    """The law profile was checked against its official text by a person."""
    counted_through: date | None
    """The last UTC day whose counts are on record; days after it are missing from sums over days."""
    log: LogPlace
    lines: tuple[ReportLine, ...]


class Counting(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is counted from."""

    records: Iterable[Placed]
    """The records under the checkpoint."""
    log: LogPlace
    own_agency: AgencyId
    names: Mapping[str, Mapping[str, str]]
    """By what a query counts by: lists, agencies and readers by id, and what a number is told under."""
    registers: Callable[[Register], tuple[str, ...]]
    opened: Opened | None = None
    """The way to sealed counts; None: they stay sealed."""


def report_lines(template: Template, span: Span, counting: Counting) -> tuple[ReportLine, ...]:
    """Return every line of a template with its value, all counted in one pass."""
    queries = [line.query for line in template.lines if line.query is not None]
    counted = iter(run_all(queries, counting.records, span, counting.own_agency, counting.opened))
    lines = []
    for line in template.lines:
        if line.query is not None:
            lines.append(_counted(line, line.query, next(counted), span, counting))
        elif line.register is not None:
            lines.append(ReportLine(id=line.id, says=line.says, words=counting.registers(line.register)))
        else:
            lines.append(ReportLine(id=line.id, says=line.says, person=line.person))
    return tuple(lines)


def last_span(every: Every, today: date, zone: str) -> Span:
    """Return the newest span of a report that is over: a month, half a year or a year of the calendar."""
    months = {Every.MONTH: 1, Every.SIX_MONTHS: 6, Every.YEAR: 12}[every]
    end = (today.month - 1) // months * months
    first_month = today.year * 12 + end - months
    return Span(first=date(first_month // 12, first_month % 12 + 1, 1), end=date(today.year, end + 1, 1), zone=zone)


def _counted(line: Line, query: Query, counted: Counted | None, span: Span, counting: Counting) -> ReportLine:
    recount = Recount(query=query, span=span, own_agency=counting.own_agency, log=counting.log)
    made = ReportLine(id=line.id, says=line.says, recount=recount, query_words=query.words())
    if counted is None:
        return msgspec.structs.replace(made, notes=(FOR_AN_AUDITOR,))
    notes = []
    if counted.quiet_days:
        notes.append(f"without {_days(counted.quiet_days)} of fewer than ten reads each")
    if counted.unopened:
        notes.append(f"without {counted.unopened} records whose sealed counts were forgotten by law")
    by: dict[str, int] = {}
    for name, count in counted.by.items():
        told = _named(name, counting.names.get(query.by, {}))
        by[told] = by.get(told, 0) + count
    return msgspec.structs.replace(made, total=counted.total, by=by, notes=tuple(notes))


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _named(name: str, names: Mapping[str, str]) -> str:
    """Return a count's name with ids told by their names: `hits:<list>:stolen_vehicle`."""
    parts = [names.get(part, part) for part in name.split(":")]
    return ": ".join(part for part in parts if part != "hits") or "none"
