"""Receipts: `retention receipts`: what was forgotten, when, under which law, and the keys' commitments.

What flows in: whose receipts. What flows out: a line for each completed receipt.
What it must never see: a key, a plate.
"""

import msgspec

from lockplate.gate.act import Act
from lockplate.operations.authority import require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.retention.listing import ReceiptLine, completed_receipts
from lockplate.wiring.node import Node


class ReceiptsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose receipts; empty: the node's only operator."""

    operator: str = ""


def list_receipts(node: Node, actor: Actor, which: ReceiptsOf) -> tuple[ReceiptLine, ...]:
    """List every completed receipt of an operator, oldest first."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.READ_RECORDS, Act.RUN_RETENTION), operator)
    desk = node.desk(operator)
    return completed_receipts(desk.evidence.log, desk.ring)


RECEIPTS = (
    Operation(
        name="retention.receipts",
        request=ReceiptsOf,
        handler=list_receipts,
        says="List what was forgotten, with the keys' commitments.",
    ),
)
