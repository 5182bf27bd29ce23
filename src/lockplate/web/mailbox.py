"""Mailbox: results of a worker thread, brought to the event loop many at a time.

What flows in: futures that a worker resolves. What flows out: their results, awaited in the loop.
What it must never see: what the results mean. One wake-up of the loop serves a whole batch; waking it for each delivery
cost more than the deliveries.
"""

import asyncio
import threading
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Hands results over to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._letters: list[tuple[asyncio.Future[T], Future[T]]] = []

    async def result_of(self, future: "Future[T]") -> T:
        """Return what a future resolves to, or raise what it raises; giving up waiting does not cancel the work."""
        waiting: asyncio.Future[T] = self._loop.create_future()
        future.add_done_callback(lambda done: self._post(waiting, done))
        return await waiting

    def _post(self, waiting: "asyncio.Future[T]", done: "Future[T]") -> None:
        # looked at and put in one step: a letter put while the loop empties the box would else wait for ever
        with self._lock:
            first = not self._letters
            self._letters.append((waiting, done))
        if first:
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            letters, self._letters = self._letters, []
        for waiting, done in letters:
            if waiting.done():
                continue
            error = done.exception()
            if error is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(error)
