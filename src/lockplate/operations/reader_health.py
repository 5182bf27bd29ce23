"""Say how readers are doing, with the reason in words, for the readers' page and `reader list`.

What flows in: an administrator. What flows out: each reader with its state, when it was heard, its clock, its last day.
What it must never see: a key, a payload.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.clock import period_of, period_start
from lockplate.errors import Denied, Reason
from lockplate.gate.act import Act
from lockplate.health import DRIFT_LIMIT_SECONDS, FEWEST_DAYS, Found, Judgement, Trait
from lockplate.intake.delivery import Refusal
from lockplate.operations.fault_words import KIND_OF, judgement_words, lasting, words_of
from lockplate.operations.faults import FaultLine, operator_faults
from lockplate.operations.judging import JudgedList, JudgedReader, judged_lists, judged_readers
from lockplate.operations.operation import Actor
from lockplate.operations.places import place_fault
from lockplate.operations.retaining import retention_state_of
from lockplate.registry.faults import Fault, FaultKind
from lockplate.registry.operators import Operator
from lockplate.registry.readers import RegisteredReader
from lockplate.retention.sureness import RetentionState
from lockplate.terms import OperatorId, Period, PolicyId, Verdict
from lockplate.wiring.node import Node


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
    MANY_REJECTS = "many_rejects"
    RATE_CHANGED = "rate_changed"
    WRONG_READS = "wrong_reads"
    NEW = "new"
    """Too little history yet to say what is usual."""
    WELL = "well"


_STATES = {
    Trait.SILENT: ReaderState.SILENT,
    Trait.CLOCK: ReaderState.CLOCK_OFF,
    Trait.REJECTS: ReaderState.MANY_REJECTS,
    Trait.RATE: ReaderState.RATE_CHANGED,
    Trait.ERRORS: ReaderState.WRONG_READS,
}
BAR_HEIGHT = 24
"""Of the bar of an hour, in the units of its picture."""


class HourBar(msgspec.Struct, frozen=True, kw_only=True):
    """One of the last 24 hours as a bar."""

    hour: datetime
    reads: int
    rejected: int
    height: int
    """0 to 24; the busiest hour is 24, and any read at all is 1."""
    watched: bool
    """Most of the hour was watched; False: an empty bar says nothing."""


class HealthLine(msgspec.Struct, frozen=True, kw_only=True):
    """One reader."""

    reader: RegisteredReader
    state: ReaderState
    why: str
    """In words, with the numbers behind it; empty when all is well."""
    last_seen: datetime | None
    clock_drift_seconds: float | None
    rejects_today: int
    rejects_by_reason: dict[str, int]
    refused_today: int
    """Reads that were understood and not kept."""
    refused_by_reason: dict[str, int]
    bars: tuple[HourBar, ...]
    """The last 24 UTC hours, oldest first."""
    reads: int
    """In those hours."""


class OperatorReaders(msgspec.Struct, frozen=True, kw_only=True):
    """The readers of one operator."""

    operator: Operator
    lines: tuple[HealthLine, ...]
    lists: tuple[JudgedList, ...]
    faults: tuple[FaultLine, ...]
    """Everything that is open."""
    forgetting: RetentionState
    """Whether it goes on: whoever manages readers must know."""


def list_reader_health(node: Node, actor: Actor) -> tuple[OperatorReaders, ...]:
    """List the readers of every operator that the gate lets this person manage; raises Denied when there is none."""
    person = actor.require_person(node)
    agency = node.facts.agency(person.agency)
    shown: list[OperatorReaders] = []
    reasons: dict[PolicyId, Reason] = {}
    for operator in node.registries.operators.list_all():
        told = node.gate.explain_act(person, agency, Act.MANAGE_READERS, node.facts.operator(operator.operator))
        if told.verdict is Verdict.PERMITTED:
            shown.append(_operator(node, operator))
        reasons |= {reason.policy_id: reason for reason in told.reasons}
    if not shown:
        raise Denied(tuple(reasons.values()))
    return tuple(shown)


def reader_lines(node: Node, operator: OperatorId, now: datetime) -> tuple[HealthLine, ...]:
    """Return an operator's readers and how each is doing; whoever calls has asked the gate."""
    judged = judged_readers(node, operator, now)
    refused = node.registries.day_counts.refused(operator, now.date())
    open_faults = {(one.kind, one.subject): one for one in node.registries.faults.list_open(operator)}
    return tuple(
        _line(node, one, judged[one.reader], now, refused.get(one.reader, {}), open_faults)
        for one in node.registries.readers.list_all(operator)
        if one.reader in judged
    )


def _operator(node: Node, operator: Operator) -> OperatorReaders:
    now = node.clock.now()
    name = operator.operator
    return OperatorReaders(
        operator=operator,
        lines=reader_lines(node, name, now),
        lists=tuple(judged_lists(node, name, now).values()),
        faults=operator_faults(node, name),
        forgetting=retention_state_of(node, name),
    )


def _line(
    node: Node,
    reader: RegisteredReader,
    judged: JudgedReader,
    now: datetime,
    refused: dict[str, int],
    faults: Mapping[tuple[FaultKind, str], Fault],
) -> HealthLine:
    health = node.registries.readers.health(reader.reader, now.date())
    rejects = health.rejects.get(now.date(), {})
    state, why = _state(reader, place_fault(node, reader), judged, health.clock_drift_seconds, now, faults)
    return HealthLine(
        reader=reader,
        state=state,
        why=why,
        last_seen=judged.last_heard,
        clock_drift_seconds=health.clock_drift_seconds,
        rejects_today=sum(rejects.values()),
        rejects_by_reason=rejects,
        refused_today=sum(refused.values()),
        refused_by_reason=refused,
        bars=_bars(judged, now),
        reads=sum(one.reads for one in judged.hours),
    )


def _state(
    reader: RegisteredReader,
    misplaced: Refusal | None,
    judged: JudgedReader,
    drift: float | None,
    now: datetime,
    faults: Mapping[tuple[FaultKind, str], Fault],
) -> tuple[ReaderState, str]:
    """Return a reader's state and why; what is judged neither amiss nor well is as its open fault says."""
    if not reader.active:
        return ReaderState.OFF, ""
    if misplaced is not None:
        return ReaderState(misplaced.value), ""
    if judged.last_heard is None:
        return ReaderState.NEVER_HEARD, ""
    found = {one.trait: one for one in judged.judgements}
    for trait, state in _STATES.items():
        words = _amiss(found[trait], faults.get((KIND_OF[trait], reader.reader)), drift)
        if words:
            return state, words
    if judged.days < FEWEST_DAYS:
        quiet = now - judged.last_heard
        heard = f"Last heard {lasting(quiet.total_seconds())} ago. " if quiet >= timedelta(hours=1) else ""
        return ReaderState.NEW, f"{heard}{judged.days} of the {FEWEST_DAYS} days that show what is usual."
    return ReaderState.WELL, ""


def _amiss(judgement: Judgement, fault: Fault | None, drift: float | None) -> str:
    """Return why a trait is amiss, or an empty text when it is not."""
    if judgement.found is Found.AMISS:
        return judgement_words(judgement)
    if judgement.found is Found.WELL:
        return ""
    if fault is not None:
        return words_of(fault.kind, fault.facts)
    if judgement.trait is Trait.CLOCK and drift is not None and abs(drift) > DRIFT_LIMIT_SECONDS:
        # one or two reads open no fault, and are shown all the same
        return words_of(FaultKind.READER_CLOCK, {"drift_seconds": drift})
    return ""


def _bars(judged: JudgedReader, now: datetime) -> tuple[HourBar, ...]:
    most = max(one.reads for one in judged.hours)
    first = period_of(now) - len(judged.hours) + 1
    return tuple(
        HourBar(
            hour=period_start(Period(first + place)),
            reads=one.reads,
            rejected=one.rejected,
            height=0 if not one.reads else max(1, round(one.reads / most * BAR_HEIGHT)),
            watched=watched >= 0.5 or one.reads > 0,
        )
        for place, (one, watched) in enumerate(zip(judged.hours, judged.watched, strict=True))
    )
