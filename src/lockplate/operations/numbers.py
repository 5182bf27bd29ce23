"""Numbers: `hits numbers`: hits, findings, false alerts, ages of entries and outcomes, over days.

What flows in: a supervisor, an auditor or an administrator; days. What flows out: counts, and the queries behind them.
What it must never see: a plate, an opened hit. Counts by reader are for people inside and stand in no public record.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from lockplate.gate.act import Act
from lockplate.operations.authority import operators_for, require_any
from lockplate.operations.documents import ReportOf, newest, records_of, span_of
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.hit_numbers import By
from lockplate.reporting.numbers import (
    Found,
    NumberLine,
    from_log,
    from_registry,
    number_lines,
    queries_of,
    whole_line,
)
from lockplate.reporting.query import Counted, LogPlace, Recount, Span, run_all
from lockplate.reporting.report import last_span
from lockplate.reporting.templates import Every
from lockplate.terms import OperatorId
from lockplate.wiring.node import Node

LOOKERS = (Act.READ_RECORDS, Act.MANAGE_HOTLISTS, Act.MANAGE_READERS)


class NumbersOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days, in the operator's own time zone, and counted by what."""

    operator: str = ""
    first: str = ""
    """Empty: the newest calendar month that is over."""
    end: str = ""
    """The day after the last."""
    by: By = By.LIST


class HitNumbersOf(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one operator."""

    operator: OperatorId
    by: By
    span: Span
    lines: tuple[NumberLine, ...]
    total: NumberLine
    here_since: datetime | None
    """When the oldest hit that is still here was recorded; older ones are in the log's numbers only."""
    counted_through: date | None
    """The last UTC day whose hits are on record; by list and category, hits of later days are in no line."""
    log: LogPlace
    recounts: tuple[Recount, ...]
    """The queries behind hits, findings and outcomes, to be run again with `log count`; none by reader."""


def count_hits(node: Node, actor: Actor, wanted: NumbersOf) -> HitNumbersOf:
    """Count hits and what became of them. Raises Denied, BadInput for days that are none."""
    operator = only_operator(node, wanted.operator)
    require_any(node, actor, LOOKERS, operator)
    desk = node.desk(operator)
    known = desk.operator
    span = span_of(ReportOf(first=wanted.first, end=wanted.end), known.zone) or last_span(
        Every.MONTH, node.clock.now().astimezone(ZoneInfo(known.zone)).date(), known.zone
    )
    since, until = span.instants()
    tallies = node.registries.hit_numbers.tally(operator, since, until, wanted.by)
    log = newest(desk)
    recounts: tuple[Recount, ...] = ()
    if wanted.by is By.READER:
        found = from_registry(tallies)
    else:
        queries = queries_of(wanted.by)
        recounts = tuple(Recount(query=one, span=span, own_agency=known.agency, log=log) for one in queries)
        counted = run_all(queries, records_of(desk, log.size), span, known.agency)
        hits, findings, outcomes = (one or Counted(total=0) for one in counted)
        found = from_log(wanted.by, hits, findings, outcomes)
        for name, tally in tallies.items():
            found.setdefault(name, Found()).tally = tally
    lines = number_lines(found, _names(node, operator, wanted.by))
    return HitNumbersOf(
        operator=operator,
        by=wanted.by,
        span=span,
        lines=lines,
        total=whole_line(lines, node.registries.hit_numbers.age(operator, since, until)),
        here_since=node.registries.hits.oldest(operator),
        counted_through=node.registries.day_counts.counted_through(operator),
        log=log,
        recounts=recounts,
    )


def countable_operators(node: Node, actor: Actor) -> tuple[OperatorId, ...]:
    """Return the operators whose numbers a person may see; raises Denied when there is none."""
    return operators_for(node, actor, LOOKERS)


def _names(node: Node, operator: OperatorId, by: By) -> dict[str, str]:
    if by is By.LIST:
        return {str(one.list_id): one.name for one in node.registries.hot_lists.list_all(operator)}
    if by is By.READER:
        return {str(one.reader): one.name for one in node.registries.readers.list_all(operator)}
    return {}


NUMBERS = (
    Operation(
        name="hits.numbers", request=NumbersOf, handler=count_hits, says="Count hits, findings, false alerts, outcomes."
    ),
)
