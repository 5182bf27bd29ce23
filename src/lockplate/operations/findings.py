"""Findings over this node's own log: `record findings`.

What flows in: a person whom the gate lets read records. What flows out: rules, and what each found, with the records.
What it must never see: private details. Logs are read once and watched as they grow.
"""

from datetime import datetime

import msgspec

from lockplate.clock import parse_time
from lockplate.errors import BadInput, Denied
from lockplate.findings import RULES, Finding, Rule
from lockplate.gate.question import PersonFacts
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.records import readable_operators, require_reader
from lockplate.terms import OperatorId, Role
from lockplate.wiring.node import Node


class FindingsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which findings; empty fields do not filter."""

    operator: str = ""
    """Empty: the first operator whose records the person may read."""
    rule: str = ""
    since: str = ""
    """RFC 3339: only what has a row since then."""


class RuleFindings(msgspec.Struct, frozen=True, kw_only=True):
    """One rule with what it found."""

    rule: Rule
    findings: tuple[Finding, ...]


class FindingsReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule, those that found nothing too."""

    operator: OperatorId
    zone: str
    """In which hours of the day are told."""
    records: int
    """How many were looked at."""
    settled: int
    """Up to which record nothing more can be found by waiting: the first intent under way, or all."""
    rules: tuple[RuleFindings, ...]

    def count(self) -> int:
        """Return how many findings there are."""
        return sum(len(one.findings) for one in self.rules)


def list_findings(node: Node, actor: Actor, wanted: FindingsOf) -> FindingsReport:
    """List what rules found in an operator's records. Raises Denied, NotFound, BadInput."""
    person = actor.require_person(node)
    operator = OperatorId(wanted.operator) if wanted.operator else readable_operators(node, person)[0]
    desk = node.desk(operator)
    require_reader(node, person, operator)
    if wanted.rule and wanted.rule not in RULES:
        raise BadInput("there is no such rule", code="unknown_rule", next_step="One of: " + ", ".join(RULES))
    since = parse_time(wanted.since) if wanted.since else None
    zone = desk.operator.zone
    found = node.watches.findings(operator, zone, desk.evidence.log, node.clock.now())
    return FindingsReport(
        operator=operator,
        zone=zone,
        records=found.records,
        settled=found.settled,
        rules=tuple(
            RuleFindings(
                rule=rule, findings=tuple(one for one in found.findings if one.rule == name and _is_new(one, since))
            )
            for name, rule in RULES.items()
            if wanted.rule in {"", name}
        ),
    )


def new_findings(node: Node, person: PersonFacts) -> int:
    """Return how many findings have a record that an auditor has not been shown; 0 for everybody else."""
    if Role.AUDITOR not in person.roles:
        return 0
    try:
        operators = readable_operators(node, person)
    except Denied:
        return 0
    return sum(_new_at(node, person, operator) for operator in operators)


def mark_seen(node: Node, actor: Actor, report: FindingsReport) -> int:
    """Keep that somebody was shown a whole report, and return up to which record they had looked before.

    An intent that may still get its outcome was not shown, so nothing from it on counts as looked at.
    """
    person = actor.require_person(node).person
    before = node.registries.findings_seen.get(person, report.operator)
    if before != report.settled:
        node.registries.findings_seen.put(person, report.operator, report.settled)
    return before


def _new_at(node: Node, person: PersonFacts, operator: OperatorId) -> int:
    desk = node.desk(operator)
    found = node.watches.findings(operator, desk.operator.zone, desk.evidence.log, node.clock.now())
    seen = node.registries.findings_seen.get(person.person, operator)
    return sum(one.rows[-1] >= seen for one in found.findings)


def _is_new(finding: Finding, since: datetime | None) -> bool:
    return since is None or finding.last >= since


FINDINGS = (
    Operation(
        name="record.findings", request=FindingsOf, handler=list_findings, says="List what rules found in the records."
    ),
)
