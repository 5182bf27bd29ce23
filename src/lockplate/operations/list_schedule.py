"""List schedule: take an operator's lists in again when a list grant begins, or the law's age for lists changes.

What flows in: an open node, its clock. What flows out: indexes loaded again.
What it must never see: a plate. What ends needs no schedule: an entry in the index carries its own end and the end of
what covers it.
"""

from datetime import datetime, timedelta

import structlog

from lockplate.errors import LockplateError
from lockplate.terms import OperatorId
from lockplate.wiring.desk import list_age
from lockplate.wiring.node import Node


class ListSchedule:
    """Looks now and then, by one thread at a time, whether a list has begun to count since the last look."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._looked_at: dict[OperatorId, datetime] = dict.fromkeys(node.desks, node.clock.now())
        self._ages: dict[OperatorId, timedelta | None] = {name: list_age(node.law, name) for name in node.desks}
        self._log = structlog.get_logger("lockplate.lists")

    def step(self) -> tuple[OperatorId, ...]:
        """Return the operators whose lists were taken in again; one operator's failure stops no other."""
        return tuple(operator for operator in tuple(self._looked_at) if self._look(operator))

    def _look(self, operator: OperatorId) -> bool:
        try:
            now, age = self._node.clock.now(), list_age(self._node.law, operator)
            if not self._begun(operator, now) and age == self._ages[operator]:
                self._looked_at[operator] = now
                return False
            self._node.desk(operator).reload_index(self._node.registries.entries, self._node.clock)
        except LockplateError as error:
            # it is tried again at the next look: the marks of the last one stand
            self._log.error("lists_not_loaded", operator=operator, code=error.code)
            return False
        self._looked_at[operator], self._ages[operator] = now, age
        return True

    def _begun(self, operator: OperatorId, now: datetime) -> bool:
        """Say whether an accepted list grant has its first moment since the last look."""
        last = self._looked_at[operator]
        grants = self._node.registries.list_grants.list_all(operator)
        return any(one.accepted_at is not None and last < one.valid_from <= now for one in grants)
