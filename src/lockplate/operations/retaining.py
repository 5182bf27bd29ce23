"""Forget: `retention run`.

What flows in: whether to act or only to say; a time that somebody vouches for. What flows out: what was forgotten.
What it must never see: a plate. A time after the clock's own is taken from the node's own system user only.
"""

from datetime import date, datetime

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import parse_time, period_start
from lockplate.errors import Unauthenticated
from lockplate.gate.act import Act
from lockplate.operations.authority import Change, authorise
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.retention import OperatorRetention, Retention, RetentionParts, notes_path, ranges_of
from lockplate.terms import Action, LeafIndex, OperatorId, ReaderId
from lockplate.wiring.node import Node


class RunRetention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run."""

    now: str = ""
    """Empty: the clock's time. Given: somebody says that this is the time."""
    dry_run: bool = False
    operator: str = ""
    """Empty: every operator."""


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
    hours_kept: int
    recovered: int
    receipts: tuple[LeafIndex, ...]
    days_dropped: tuple[date, ...]
    details_forgotten: int


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
    signed: dict[OperatorId, AccessRecord] = {
        operator: authority.record(node, operator, change) for operator, authority in authorities.items()
    }
    done = Retention(node.store, node.clock).run(
        [retention_parts(node, operator) for operator in operators], signed, now=now, dry_run=request.dry_run
    )
    return RetentionReport(
        now=now or node.clock.now(), dry_run=request.dry_run, operators=tuple(_told(one) for one in done)
    )


def retention_parts(node: Node, operator: OperatorId) -> RetentionParts:
    """Return what forgetting needs of an operator, under the law of this day."""
    desk = node.desk(operator)
    return RetentionParts(
        operator=operator,
        profile=node.facts.profile(operator),
        ring=desk.ring,
        log=desk.evidence.log,
        recorder=desk.recorder,
        details=desk.evidence.details,
        notes=notes_path(node.layout.home, operator),
    )


def _told(one: OperatorRetention) -> ForgottenAt:
    periods = one.destroyed
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
        hours_kept=one.kept,
        recovered=one.recovered,
        receipts=one.receipts,
        days_dropped=one.days_dropped,
        details_forgotten=one.details_forgotten,
    )


RETAINING = (
    Operation(
        name="retention.run", request=RunRetention, handler=run_retention, says="Forget what the law says is over."
    ),
)
