"""Schedule: forget what is over for every operator, soon after each UTC hour begins and when the server starts.

What flows in: an open node, its clock. What flows out: runs, and a log line for each that did something or could not.
What it must never see: a switch that turns it off. A clock that is not believed stops it until somebody on the machine
says that the time is right (`retention run --now T`); every hour it says so again.
"""

import structlog

from lockplate.clock import monotonic_seconds, period_of
from lockplate.errors import LockplateError
from lockplate.operations.retaining import ForgottenAt, run_on_schedule
from lockplate.retention.sureness import ClockJumped
from lockplate.terms import OperatorId, Period
from lockplate.wiring.node import Node

RETRY_SECONDS = 60.0
"""After a failure that is not the clock's: a disk that was full may have room again."""


class ForgettingSchedule:
    """The scheduled runs of one server; `step` is called now and then, by one thread at a time."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._done: dict[OperatorId, Period] = {}
        self._failed_at: dict[OperatorId, float] = {}
        self._log = structlog.get_logger("lockplate.retention")

    def step(self) -> tuple[OperatorId, ...]:
        """Run for each operator whose turn has come, and return those; one operator's failure stops no other."""
        hour = period_of(self._node.clock.now())
        turn = tuple(operator for operator in self._node.desks if self._is_due(operator, hour))
        for operator in turn:
            self._run(operator, hour)
        return turn

    def _is_due(self, operator: OperatorId, hour: Period) -> bool:
        failed_at = self._failed_at.get(operator)
        if failed_at is not None and monotonic_seconds() - failed_at >= RETRY_SECONDS:
            return True
        return self._done.get(operator) != hour

    def _run(self, operator: OperatorId, hour: Period) -> None:
        self._done[operator] = hour
        self._failed_at.pop(operator, None)
        try:
            told = run_on_schedule(self._node, operator)
        except ClockJumped as error:
            self._log.error("retention_stopped", operator=operator, code=error.code, next_step=error.next_step)
        except LockplateError as error:
            self._failed_at[operator] = monotonic_seconds()
            self._log.error("retention_failed", operator=operator, code=error.code)
        except Exception as error:  # noqa: BLE001 - whatever breaks is told and tried again; its text could hold anything
            self._failed_at[operator] = monotonic_seconds()
            self._log.error("retention_failed", operator=operator, code="fault", kind=type(error).__name__)
        else:
            self._tell(told)

    def _tell(self, told: ForgottenAt) -> None:
        """Log a run that forgot something: counts, never what."""
        if told.receipts or told.days_dropped:
            self._log.info(
                "retention_ran",
                operator=told.operator,
                hours=told.hours,
                rows=told.rows,
                hits=sum(told.hits_forgotten.values()),
                requests=told.requests_forgotten,
                entries=sum(told.entries_expired.values()),
                keys=len(told.keys_destroyed),
                days=len(told.days_dropped),
                receipts=list(told.receipts),
            )
