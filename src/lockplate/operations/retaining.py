"""Forget: `retention run|receipts`, and the node's own run that nobody asks for.

What flows in: whether to act or only to say; a time that somebody vouches for. What flows out: what was forgotten.
What it must never see: a plate. A time after the clock's own is taken from the node's own system user only.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import parse_time, period_of, period_start
from lockplate.errors import Denied, Unauthenticated
from lockplate.gate.act import Act
from lockplate.gate.hold import KEEPER
from lockplate.gate.question import PersonFacts
from lockplate.hotlist import Category, ListId
from lockplate.law.profile import LawProfile
from lockplate.operations.authority import Authority, Change, authorise
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.holds import HoldState
from lockplate.retention.parts import DueReads, HoldWindow, OperatorRetention, RetentionParts
from lockplate.retention.receipt import is_complete, ranges_of
from lockplate.retention.sureness import RetentionState
from lockplate.terms import Action, LeafIndex, OperatorId, PolicyId, ReaderId, Verdict
from lockplate.wiring.holding import holding_at
from lockplate.wiring.node import Node


class RunRetention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run."""

    now: str = ""
    """Empty: the clock's time. Given: somebody says that this is the time."""
    dry_run: bool = False
    operator: str = ""
    """Empty: every operator."""


class DueLine(msgspec.Struct, frozen=True, kw_only=True):
    """Hours that go, and why: one line for each law that ends some of them."""

    laws: tuple[str, ...]
    """The law profiles that these reads stand under; the strictest of them decides."""
    cite: str
    """Where the limit is written."""
    limit_days: float | None
    """None: nothing may be kept."""
    counted_from: str
    """`capture` or `storage`."""
    hours: int
    periods: str
    """As the receipt says them: hours since 1970."""
    oldest: datetime
    newest: datetime
    """First instant of the oldest and of the newest hour."""
    rows: int
    holds: int
    """Open holds over some of these hours: what they cover is kept under the hold's own key."""


class ForgottenAt(msgspec.Struct, frozen=True, kw_only=True):
    """What a run forgot, or would forget, at one operator."""

    operator: OperatorId
    limit_days: float | None
    """None: the law lets nothing be kept."""
    counted_from: str
    hours: int
    """Whose keys were destroyed."""
    periods: str
    """Those hours, as the receipt says them: hours since 1970."""
    oldest: datetime | None
    newest: datetime | None
    """First instant of the oldest and of the newest hour."""
    rows: int
    rows_by_reader: dict[ReaderId, int]
    due: tuple[DueLine, ...]
    """The same hours by law, with the reason."""
    hours_kept: int
    recovered: int
    receipts: tuple[LeafIndex, ...]
    """Every record that the run made: what began, and what is done."""
    completed: tuple[LeafIndex, ...]
    """Those of them that say that something is done; each names the one it completes."""
    days_dropped: tuple[date, ...]
    details_forgotten: int
    hits_forgotten: dict[Category, int]
    requests_forgotten: int
    entries_expired: dict[ListId, int]
    holds_ended: int
    keys_destroyed: tuple[str, ...]
    """Of months and of holds, by name."""


class RetentionReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run."""

    now: datetime
    dry_run: bool
    operators: tuple[ForgottenAt, ...]


def run_retention(node: Node, actor: Actor, request: RunRetention) -> RetentionReport:
    """Destroy the keys of every hour that the law says is over, with receipts."""
    operators = [only_operator(node, request.operator)] if request.operator else list(node.desks)
    now = parse_time(request.now) if request.now else None
    if now is not None and now > node.clock.now() and not actor.is_system_user:
        raise Unauthenticated("a time to come is given on the node's own machine", code="system_user_only")
    change = Change(action=Action.RETENTION_RECEIPT, facts={})
    authorities = authorise(node, actor, Act.RUN_RETENTION, operators, change)
    done = _run(node, operators, authorities, now=now, dry_run=request.dry_run)
    return RetentionReport(
        now=now or node.clock.now(), dry_run=request.dry_run, operators=tuple(_told(node, one) for one in done)
    )


def run_on_schedule(node: Node, operator: OperatorId) -> ForgottenAt:
    """Forget what is over at one operator, as the node itself: nobody is there, and the gate still says yes or no.

    Raises as `Retention.run`, and Denied once the denial is on record.
    """
    facts = node.facts.operator(operator)
    keeper = PersonFacts(person=KEEPER, agency=facts.agency.agency, roles=frozenset(), active=True)
    change = Change(action=Action.RETENTION_RECEIPT, facts={})
    try:
        allowance = node.gate.decide_act(keeper, facts.agency, Act.RUN_RETENTION, facts)
    except Denied as denied:
        asked = Authority(person=KEEPER, agency=facts.agency.agency, allowance=None).record(node, operator, change)
        ids: tuple[PolicyId, ...] = tuple(reason.policy_id for reason in denied.reasons)
        node.desk(operator).recorder.record(msgspec.structs.replace(asked, verdict=Verdict.DENIED, policy_ids=ids))
        raise
    authority = Authority(person=KEEPER, agency=facts.agency.agency, allowance=allowance)
    (done,) = _run(node, [operator], {operator: authority}, now=None, dry_run=False)
    return _told(node, done)


def retention_state_of(node: Node, operator: OperatorId) -> RetentionState:
    """Return whether an operator's forgetting goes on at this moment; anyone may know."""
    return node.retention.state(operator, node.desk(operator).ring, node.receipts[operator])


def retention_parts(node: Node, operator: OperatorId) -> RetentionParts:
    """Return what forgetting needs of an operator, under the law of this day."""
    desk, registries = node.desk(operator), node.registries

    def law_of(origins: frozenset[str]) -> LawProfile | None:
        found = node.law.in_force(operator, origins)
        return None if found is None else found.law

    def held() -> tuple[HoldWindow, ...]:
        return tuple(
            HoldWindow(first=period_of(hold.window_from), last=period_of(hold.window_to - hold.window_to.resolution))
            for hold in registries.holds.standing(operator)
            if hold.state is HoldState.OPEN
        )

    return RetentionParts(
        operator=operator,
        law_of=law_of,
        ring=desk.ring,
        log=desk.evidence.log,
        recorder=desk.recorder,
        details=desk.evidence.details,
        receipts=node.receipts[operator],
        hits=registries.hits,
        waiting=registries.waiting,
        entries=registries.entries,
        holding=holding_at(node, operator),
        held=held,
    )


def _run(
    node: Node,
    operators: Sequence[OperatorId],
    authorities: Mapping[OperatorId, Authority],
    *,
    now: datetime | None,
    dry_run: bool,
) -> tuple[OperatorRetention, ...]:
    """Run, and match against what is left of the hot lists where entries went."""
    change = Change(action=Action.RETENTION_RECEIPT, facts={})
    signed: dict[OperatorId, AccessRecord] = {
        operator: authority.record(node, operator, change) for operator, authority in authorities.items()
    }
    parts = [retention_parts(node, operator) for operator in operators]
    done = node.retention.run(parts, signed, now=now, dry_run=dry_run)
    for one in done:
        if one.entries_expired and not dry_run:
            node.desk(one.operator).reload_index(node.registries.entries, node.clock)
    return done


def _told(node: Node, one: OperatorRetention) -> ForgottenAt:
    periods, log = one.destroyed, node.desk(one.operator).evidence.log
    return ForgottenAt(
        operator=one.operator,
        limit_days=None if one.limit is None else one.limit.total_seconds() / 86_400,
        counted_from="capture" if one.from_capture else "storage",
        hours=len(periods),
        periods=ranges_of(periods),
        oldest=period_start(min(periods)) if periods else None,
        newest=period_start(max(periods)) if periods else None,
        rows=sum(one.rows_by_reader.values()),
        rows_by_reader=one.rows_by_reader,
        due=tuple(_due_line(due) for due in one.due),
        hours_kept=one.kept,
        recovered=one.recovered,
        receipts=one.receipts,
        completed=tuple(place for place in one.receipts if is_complete(parse_leaf(log.entry(place)))),
        days_dropped=one.days_dropped,
        details_forgotten=one.details_forgotten,
        hits_forgotten=one.hits_forgotten,
        requests_forgotten=one.requests_forgotten,
        entries_expired=one.entries_expired,
        holds_ended=one.holds_ended,
        keys_destroyed=one.keys_destroyed,
    )


def _due_line(due: DueReads) -> DueLine:
    group, rule = due.group, due.group.rule
    return DueLine(
        laws=group.laws,
        cite=group.cite,
        limit_days=None if rule is None else rule.limit.total_seconds() / 86_400,
        counted_from="capture" if rule is None or rule.from_capture else "storage",
        hours=len(group.periods),
        periods=ranges_of(group.periods),
        oldest=period_start(group.periods[0]),
        newest=period_start(group.periods[-1]),
        rows=sum(due.rows_by_reader.values()),
        holds=due.holds,
    )


RETAINING = (
    Operation(
        name="retention.run", request=RunRetention, handler=run_retention, says="Forget what the law says is over."
    ),
)
