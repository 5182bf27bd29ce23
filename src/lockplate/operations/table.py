"""The table of all operations: what a face can call, by name.

What flows in: the operations of each module. What flows out: one mapping.
What it must never see: a terminal, an HTTP request.
"""

from collections.abc import Mapping
from types import MappingProxyType

from lockplate.errors import NotFound
from lockplate.operations.asking import ASKING
from lockplate.operations.evidence import EVIDENCE
from lockplate.operations.operation import Operation
from lockplate.operations.taking_in import TAKING_IN

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {operation.name: operation for operation in (*ASKING, *TAKING_IN, *EVIDENCE)}
)


def operation(name: str) -> Operation:
    """Return an operation by name, or raise NotFound."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise NotFound("there is no such command", code="no_operation") from None
