"""Served: the program as it ships, or with one bug planted in this process: acknowledged now, written a little later.

What flows in: the bug's name, then a command line. What flows out: what the program does with it.
What it must never see: the package's files: nothing is written there.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import clock_bugs
import partition_bugs

from lockplate.cli.main import main
from lockplate.evidence.recorder import Recorder
from lockplate.keys.ring import KeyCommitment, KeyRing
from lockplate.registry.grants import Grants
from lockplate.store.embedded import EmbeddedStore
from lockplate.terms import Period

LATER = 0.25


def plant(name: str) -> None:
    """Break this process."""
    clock_bugs.plant(name)
    if name == "reads-early":
        EmbeddedStore.append = _later(EmbeddedStore.append)  # type: ignore[method-assign]
        EmbeddedStore.append_columns = _later(EmbeddedStore.append_columns)  # type: ignore[method-assign]
    if name == "grants-early":
        Grants.approve = _later(Grants.approve, Grants.get)  # type: ignore[method-assign]
    partition_bugs.plant(name)
    if name == "keys-early":
        KeyRing.destroy_periods = _destroyed_at_the_end  # type: ignore[method-assign]
    if name == "records-early":
        Recorder.record = _recorded_later(Recorder.record)  # type: ignore[method-assign]


def _later(do: Callable[..., Any], answer: Callable[..., Any] = lambda *_: None) -> Callable[..., Any]:
    def planted(self: Any, *given: Any, **named: Any) -> Any:
        timer = threading.Timer(LATER, do, (self, *given), named)
        timer.daemon = True
        timer.start()
        return answer(self, *given[:1])

    return planted


def _destroyed_at_the_end(self: KeyRing, periods: Sequence[Period], now: datetime) -> list[KeyCommitment]:
    return [found for period in periods if (found := self.commitment(period)) is not None]


def _recorded_later(do: Callable[..., Any]) -> Callable[..., Any]:
    places: dict[int, int] = {}
    lock = threading.Lock()

    def planted(self: Recorder, *given: Any, **named: Any) -> int:
        with lock:
            place = max(places.get(id(self), 0), self._log.size)
            places[id(self)] = place + 1
        later: Future[None] = Future()
        timer = threading.Timer(LATER, lambda: later.set_result(do(self, *given, **named)))
        timer.daemon = True
        timer.start()
        return place

    return planted


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    main()
