"""Check the node itself: `fsck`, and `law announce`, which puts the policies of another release on record.

What flows in: a part of the check, an operator. What flows out: what does not fit; policy-set hashes.
What it must never see: a plate. For the node's own system user: what is missing of one reader's day is nobody else's.
"""

from typing import Self

import msgspec

from lockplate.checking.history import read_history
from lockplate.checking.node import Part, check_part
from lockplate.checking.rules import last_announced
from lockplate.evidence.fsck import Report
from lockplate.evidence.mending import Mended
from lockplate.operations.authority import SYSTEM, Authority, Change, make_recorded
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.terms import Action, OperatorId
from lockplate.wiring.node import Node


class CheckPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of the check."""

    part: Part
    operator: str = ""
    """Left out for the registry, which is the whole node's."""


class MendedLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was rebuilt in an operator's log, to be put on record in it."""

    operator: str
    tiles: tuple[str, ...]
    counters: tuple[str, ...]

    @classmethod
    def of(cls, operator: OperatorId, mended: Mended) -> Self:
        """Return it for an operator."""
        return cls(operator=operator, tiles=mended.tiles, counters=mended.counters)


class AnnouncePolicies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policies that this release brings."""


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """Which logs now say that the policies changed, and to what."""

    operators: tuple[OperatorId, ...]
    """Empty: every log knew them."""
    policy_set_hash: str


NAMED_AT_MOST = 200
"""Tiles named in one record; the rest is in its count."""


def check(node: Node, actor: Actor, request: CheckPart) -> Report:
    """Hold one part of the node against its logs; changes nothing."""
    actor.require_system_user()
    operator = None if request.part is Part.REGISTRY else only_operator(node, request.operator)
    return check_part(node, request.part, operator)


def note_mended(node: Node, actor: Actor, mended: MendedLog) -> int:
    """Put on record which derived parts of a log were rebuilt from its entries."""
    actor.require_system_user()
    operator = only_operator(node, mended.operator)
    change = Change(
        action=Action.SETTING_CHANGED,
        facts={
            "change": "rebuilt",
            "tiles": ",".join(mended.tiles[:NAMED_AT_MOST]) or "none",
            "counters": ",".join(mended.counters) or "none",
        },
        counts={"tiles": len(mended.tiles), "counters": len(mended.counters)},
    )
    authority = Authority(person=SYSTEM, agency=None, allowance=None)
    return node.desk(operator).recorder.record(authority.record(node, operator, change))


def announce(node: Node, actor: Actor, _: AnnouncePolicies) -> Announced:
    """Put the policies of this release on record in every log that does not know them."""
    actor.require_system_user()
    now = node.gate.policy_set_hash
    told: list[OperatorId] = []
    for operator, desk in node.desks.items():
        before = last_announced(read_history(operator, desk.evidence.log))
        if before == now:
            continue
        facts = {"change": "program", "hash_before": before or "none", "hash_after": now}
        change = Change(action=Action.POLICY_CHANGED, facts=facts)
        make_recorded(node, {operator: Authority(person=SYSTEM, agency=None, allowance=None)}, change, lambda: None)
        told.append(operator)
    return Announced(operators=tuple(told), policy_set_hash=now)


CHECKING = (
    Operation(
        name="fsck.check", request=CheckPart, handler=check, says="Hold the node against its logs.",
        is_for_system_user=True,
    ),
    Operation(
        name="fsck.mended", request=MendedLog, handler=note_mended, says="Put on record what was rebuilt.",
        is_for_system_user=True,
    ),
    Operation(
        name="law.announce", request=AnnouncePolicies, handler=announce,
        says="Put the policies of this release on record.", is_for_system_user=True,
    ),
)  # fmt: skip
