"""KnownHours: which rows some hours have, as marks, so that a row that comes again is not counted again.

What flows in: marks of an hour's rows from the store, marks of what is added. What flows out: which of some marks are
new. What it must never see: a plate, a token. An hour is used by one batch at a time; the least used are let go.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from lockplate.marks import Marks
from lockplate.store.surface import HourMarks
from lockplate.terms import OperatorId, Period

MAX_KNOWN = 4_000_000
"""Rows remembered, of eight bytes each; one hour alone may be larger."""

Hour = tuple[OperatorId, Period]


class KnownHour:
    """The marks of one hour: sorted runs of growing size, so that adding a few to many is cheap."""

    def __init__(self, found: HourMarks) -> None:
        self._runs: list[Marks] = []
        self._withdrawn: set[int] = set()
        self.add(found.marks, found.marks[found.withdrawn])

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def has(self, marks: Marks) -> NDArray[np.bool_]:
        """Say of each mark whether there is a row of it, taken back or not."""
        found = np.zeros(len(marks), np.bool_)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, marks), len(run) - 1)
            found |= run[places] == marks
        return found

    def is_withdrawn(self, marks: Marks) -> NDArray[np.bool_]:
        """Say of each mark whether its row was taken back."""
        if not self._withdrawn:
            return np.zeros(len(marks), np.bool_)
        return np.array([mark in self._withdrawn for mark in marks.tolist()], np.bool_)

    def add(self, fresh: Marks, withdrawn: Marks) -> None:
        """Take rows in that were not here, and note those that were taken back."""
        self._withdrawn.update(withdrawn.tolist())
        if not len(fresh):
            return
        self._runs.append(np.sort(fresh))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]))


class KnownHours:
    """The hours that batches touch; safe for many threads, of which one at a time has an hour."""

    def __init__(self, load: Callable[[Hour], HourMarks]) -> None:
        self._load = load
        self._known: OrderedDict[Hour, KnownHour] = OrderedDict()
        self._taken: set[Hour] = set()
        self._free = threading.Condition()
        self._changes: dict[Hour, int] = {}

    @contextmanager
    def taking(self, hours: Collection[Hour]) -> Iterator[None]:
        """Have some hours for oneself; waits while anybody else has one of them."""
        wanted = set(hours)
        with self._free:
            self._free.wait_for(lambda: self._taken.isdisjoint(wanted))
            self._taken |= wanted
        try:
            yield
        finally:
            with self._free:
                self._taken -= wanted
                self._let_go()
                self._free.notify_all()

    def hour(self, hour: Hour) -> KnownHour:
        """Return an hour that the caller has taken, from the store when it is not known."""
        with self._free:
            known = self._known.get(hour)
            if known is not None:
                self._known.move_to_end(hour)
                return known
        known = KnownHour(self._load(hour))
        with self._free:
            self._known[hour] = known
        return known

    def changed(self, hours: Collection[Hour]) -> None:
        """Note that hours that the caller has taken are about to change, or have changed."""
        with self._free:
            for hour in hours:
                self._changes[hour] = self._changes.get(hour, 0) + 1

    def changes(self, hour: Hour) -> int:
        """Return how often an hour's changes began or ended since this process began."""
        with self._free:
            return self._changes.get(hour, 0)

    def forget(self, hours: Collection[Hour]) -> None:
        """Know nothing of some hours any more: what the store has of them is to be looked up again."""
        with self._free:
            for hour in hours:
                self._known.pop(hour, None)

    def _let_go(self) -> None:
        """Forget the least used hours that nobody has, while there are too many rows."""
        total = sum(len(one) for one in self._known.values())
        for hour in list(self._known):
            if total <= MAX_KNOWN:
                return
            if hour not in self._taken:
                total -= len(self._known.pop(hour))
