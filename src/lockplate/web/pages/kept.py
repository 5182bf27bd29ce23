"""KeptDocuments: documents that anyone may ask for and that are counted from a whole log, kept for a while.

What flows in: what was asked for, and the way to make it. What flows out: the document, made or kept.
What it must never see: a person, what only an auditor is told. One is made at a time, so that anonymous visitors cannot
keep the node busy with counting.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from lockplate.clock import monotonic_seconds
from lockplate.errors import Overloaded

T = TypeVar("T")
KEPT_SECONDS = 30.0
KEPT_AT_MOST = 64
WAIT_SECONDS = 5.0


class KeptDocuments:
    """The documents of one server."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was kept under a key, or make it; raises Overloaded when others are being made for too long."""
        if not self._making.acquire(timeout=WAIT_SECONDS):
            raise Overloaded("other documents are being counted", next_step="Try again in a few seconds.")
        try:
            now = monotonic_seconds()
            kept = self._kept.get(key)
            if kept is not None and now - kept[0] < KEPT_SECONDS:
                found: T = kept[1]
                return found
            made = make()
            self._kept[key] = (now, made)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_AT_MOST:
                self._kept.popitem(last=False)
            return made
        finally:
            self._making.release()
