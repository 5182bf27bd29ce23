"""Group commit: callers that arrive together share one transaction.

What flows in: one item from each calling thread. What flows out: its result, once the group's transaction is durable.
What it must never see: what an item is. The first caller to get the lock leads and commits for all that wait.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from lockplate.errors import StoreFailed

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Ticket(Generic[Item, Result]):
    """One caller's item, and what became of it."""

    __slots__ = ("done", "error", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = False
        self.result: Result | None = None
        self.error: BaseException | None = None


class GroupCommit(Generic[Item, Result]):
    """Runs `commit` for groups of items; `commit` returns one result for each item, in order, or raises for all."""

    def __init__(self, commit: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._commit = commit
        self._leading = threading.Lock()
        """Held by the one thread that commits; guards nothing else."""
        self._arriving = threading.Lock()
        """Guards `_waiting`."""
        self._waiting: list[_Ticket[Item, Result]] = []
        self._stopped = False

    def stop(self) -> None:
        """Wait for the group under way, and refuse every later item with StoreFailed."""
        with self._leading:
            self._stopped = True

    def submit(self, item: Item) -> Result:
        """Return the item's result once its group is committed; raises what the commit raised, for every member."""
        ticket: _Ticket[Item, Result] = _Ticket(item)
        with self._arriving:
            self._waiting.append(ticket)
        with self._leading:
            if not ticket.done:
                self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]  # done without error: commit gave a result

    def _lead(self) -> None:
        with self._arriving:
            group, self._waiting = self._waiting, []
        # Whatever ends this method early, nobody in the group may believe that their item was committed.
        failure: BaseException = StoreFailed("the group's transaction was interrupted; nothing of it is acknowledged")
        try:
            if self._stopped:
                raise StoreFailed("the evidence file is closed", code="evidence_closed")  # noqa: TRY301 - as a commit does
            results = self._commit([ticket.item for ticket in group])
            for ticket, result in zip(group, results, strict=True):
                ticket.result, ticket.done = result, True
        except BaseException as error:
            if isinstance(error, Exception):
                failure = error
            raise
        finally:
            for ticket in group:
                if not ticket.done:
                    ticket.error, ticket.done = failure, True
