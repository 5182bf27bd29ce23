"""Say how readers are doing today, for the readers' page.

What flows in: an administrator. What flows out: each reader with when it was heard, its clock, today's rejects.
What it must never see: a key, a payload.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.errors import Denied, Reason
from lockplate.gate.act import Act
from lockplate.intake.delivery import Refusal
from lockplate.operations.operation import Actor
from lockplate.operations.places import place_fault
from lockplate.operations.retaining import retention_state_of
from lockplate.registry.operators import Operator
from lockplate.registry.readers import RegisteredReader
from lockplate.retention.sureness import RetentionState
from lockplate.terms import PolicyId, Verdict
from lockplate.wiring.node import Node

SILENT_AFTER = timedelta(hours=24)
DRIFT_LIMIT_SECONDS = 30.0
"""A clock further off than this is shown as a fault of the reader."""


class ReaderState(StrEnum):
    """The one thing to know about a reader, worst first."""

    OFF = "off"
    """Set inactive: nothing is taken from it."""
    SENSITIVE_PLACE = "sensitive_place"
    """It stands where the law lets nobody collect: nothing is taken from it."""
    PLACE_UNKNOWN = "place_unknown"
    """The law names such places and nobody said where it stands: only reads that say it themselves are taken."""
    NEVER_HEARD = "never_heard"
    SILENT = "silent"
    CLOCK_OFF = "clock_off"
    WELL = "well"


class HealthLine(msgspec.Struct, frozen=True, kw_only=True):
    """One reader."""

    reader: RegisteredReader
    state: ReaderState
    last_seen: datetime | None
    clock_drift_seconds: float | None
    rejects_today: int
    rejects_by_reason: dict[str, int]
    refused_today: int
    """Reads that were understood and not kept."""
    refused_by_reason: dict[str, int]


class OperatorReaders(msgspec.Struct, frozen=True, kw_only=True):
    """The readers of one operator."""

    operator: Operator
    lines: tuple[HealthLine, ...]
    forgetting: RetentionState
    """Whether it goes on: whoever manages readers must know."""


def list_reader_health(node: Node, actor: Actor) -> tuple[OperatorReaders, ...]:
    """List the readers of every operator that the gate lets this person manage; raises Denied when there is none."""
    person = actor.require_person(node)
    agency = node.facts.agency(person.agency)
    now = node.clock.now()
    shown: list[OperatorReaders] = []
    reasons: dict[PolicyId, Reason] = {}
    for operator in node.registries.operators.list_all():
        told = node.gate.explain_act(person, agency, Act.MANAGE_READERS, node.facts.operator(operator.operator))
        if told.verdict is Verdict.PERMITTED:
            listed = node.registries.readers.list_all(operator.operator)
            refused = node.registries.day_counts.refused(operator.operator, now.date())
            lines = tuple(_line(node, one, now, refused.get(one.reader, {})) for one in listed)
            forgetting = retention_state_of(node, operator.operator)
            shown.append(OperatorReaders(operator=operator, lines=lines, forgetting=forgetting))
        reasons |= {reason.policy_id: reason for reason in told.reasons}
    if not shown:
        raise Denied(tuple(reasons.values()))
    return tuple(shown)


def _line(node: Node, reader: RegisteredReader, now: datetime, refused: dict[str, int]) -> HealthLine:
    health = node.registries.readers.health(reader.reader, now.date())
    rejects = health.rejects.get(now.date(), {})
    return HealthLine(
        reader=reader,
        state=_state(reader, place_fault(node, reader), health.last_seen, health.clock_drift_seconds, now),
        last_seen=health.last_seen,
        clock_drift_seconds=health.clock_drift_seconds,
        rejects_today=sum(rejects.values()),
        rejects_by_reason=rejects,
        refused_today=sum(refused.values()),
        refused_by_reason=refused,
    )


def _state(
    reader: RegisteredReader, misplaced: Refusal | None, last_seen: datetime | None, drift: float | None, now: datetime
) -> ReaderState:
    if not reader.active:
        return ReaderState.OFF
    if misplaced is not None:
        return ReaderState(misplaced.value)
    if last_seen is None:
        return ReaderState.NEVER_HEARD
    if now - last_seen > SILENT_AFTER:
        return ReaderState.SILENT
    if drift is not None and abs(drift) > DRIFT_LIMIT_SECONDS:
        return ReaderState.CLOCK_OFF
    return ReaderState.WELL
