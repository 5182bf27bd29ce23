"""Show operators: `operator list|show`.

What flows in: an operator's id. What flows out: what anyone may know of it: law, what it keeps, its log's key.
What it must never see: a read, a key of the ring. Everything here may stand on the public page.
"""

from datetime import date, datetime

import msgspec

from lockplate.operations.operation import Actor, Operation
from lockplate.operations.retaining import retention_state_of
from lockplate.operations.taking_in import only_operator
from lockplate.retention.sureness import RetentionState
from lockplate.terms import AgencyId, OperatorId, ProfileId, RecordMode
from lockplate.wiring.current_law import allowed_mode
from lockplate.wiring.node import Node


class AllOperators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every operator."""


class OperatorName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operator; empty: the node's only one."""

    operator: str = ""


class OperatorLine(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as a list shows it."""

    operator: OperatorId
    name: str
    agency: AgencyId
    agency_name: str
    profile: ProfileId | None
    keeps: RecordMode
    """What is kept of an unmatched read today: the operator's choice, or less where the law allows less."""
    retention_days: float | None
    """None: nothing is kept."""
    zone: str
    created_at: datetime


class OperatorPage(OperatorLine, frozen=True, kw_only=True):
    """An operator in full."""

    profile_hash: str | None
    profile_from: date | None
    """First day of the version in force."""
    profile_verified_on: date | None
    """None: nobody has checked the profile against the official text."""
    retention_from: str | None
    """`capture` or `storage`: from when the limit counts."""
    hours_kept: int
    """Hours that have a key, and so can answer."""
    hours_forgotten: int
    """Hours whose key was destroyed."""
    forgetting: RetentionState
    """When it last ran, and whether it has stopped."""
    policy_set_hash: str
    log_origin: str
    log_size: int
    log_vkey: str


def list_operators(node: Node, _: Actor, __: AllOperators) -> tuple[OperatorLine, ...]:
    """List the operators of this node."""
    return tuple(_line(node, operator) for operator in node.desks)


def show_operator(node: Node, _: Actor, name: OperatorName) -> OperatorPage:
    """Show an operator: its law, what it keeps, and the key that checks its log."""
    operator = only_operator(node, name.operator)
    desk = node.desk(operator)
    profile = node.facts.profile(operator)
    rule = None if profile is None else profile.retention_rule
    return OperatorPage(
        **msgspec.structs.asdict(_line(node, operator)),
        profile_hash=None if profile is None else profile.hash(),
        profile_from=None if profile is None else profile.effective_from,
        profile_verified_on=None if profile is None else profile.verified_on,
        retention_from=None if rule is None else "capture" if rule.from_capture else "storage",
        hours_kept=len(desk.ring.stored_periods()),
        hours_forgotten=len(desk.ring.destroyed_periods()),
        forgetting=retention_state_of(node, operator),
        policy_set_hash=node.gate.policy_set_hash,
        log_origin=desk.evidence.publisher.vkey.split("+", 1)[0],
        log_size=desk.evidence.log.size,
        log_vkey=desk.evidence.publisher.vkey,
    )


def _line(node: Node, operator: OperatorId) -> OperatorLine:
    known = node.desk(operator).operator
    profile = node.facts.profile(operator)
    rule = None if profile is None else profile.retention_rule
    return OperatorLine(
        operator=operator,
        name=known.name,
        agency=known.agency,
        agency_name=node.registries.agencies.names()[known.agency],
        profile=known.profile,
        keeps=allowed_mode(known, profile),
        retention_days=None if rule is None else rule.limit.total_seconds() / 86_400,
        zone=known.zone,
        created_at=known.created_at,
    )


OPERATORS = (
    Operation(name="operator.list", request=AllOperators, handler=list_operators, says="List this node's operators."),
    Operation(name="operator.show", request=OperatorName, handler=show_operator, says="Show an operator in full."),
)
