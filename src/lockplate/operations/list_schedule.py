"""List schedule: take an operator's lists in again when the law's age for them changes.

What flows in: an open node, its clock. What flows out: indexes loaded again.
What it must never see: a plate. Nothing else needs a schedule: an entry in the index carries its own end, its list's
and that of the grant which covers it, and nothing begins to match without somebody's act.
"""

from datetime import timedelta

import structlog

from lockplate.errors import LockplateError
from lockplate.terms import OperatorId
from lockplate.wiring.desk import list_age
from lockplate.wiring.node import Node


class ListSchedule:
    """Looks now and then, by one thread at a time, whether a law began or ended that says how old lists may be."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._ages: dict[OperatorId, timedelta | None] = {name: list_age(node.law, name) for name in node.desks}
        self._log = structlog.get_logger("lockplate.lists")

    def step(self) -> tuple[OperatorId, ...]:
        """Return the operators whose lists were taken in again; one operator's failure stops no other."""
        return tuple(operator for operator in tuple(self._ages) if self._look(operator))

    def _look(self, operator: OperatorId) -> bool:
        try:
            age = list_age(self._node.law, operator)
            if age == self._ages[operator]:
                return False
            self._node.desk(operator).reload_index(self._node.registries.entries, self._node.clock)
        except LockplateError as error:
            # it is tried again at the next look: the age of the last one stands
            self._log.error("lists_not_loaded", operator=operator, code=error.code)
            return False
        self._ages[operator] = age
        return True
