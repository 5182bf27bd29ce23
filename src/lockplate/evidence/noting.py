"""Noting: a recorder that also notes where its records came to stand, for the length of one command.

What flows in: records on their way to one operator's log. What flows out: their places, in order.
What it must never see: what a record says; it passes it on.
"""

from collections.abc import Mapping
from typing import Protocol

from lockplate.access import AccessRecord
from lockplate.terms import LeafIndex


class Recording(Protocol):
    """Something that puts records into one operator's log."""

    def record(self, record: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        """Return the record's place in the log, once it and its sealed details are durable."""
        ...


class NotingRecorder:
    """Records as another recorder does and remembers each place; built for one command, not for many threads."""

    def __init__(self, recorder: Recording) -> None:
        self._recorder = recorder
        self._places: list[LeafIndex] = []

    @property
    def places(self) -> tuple[LeafIndex, ...]:
        """Return the places of what was recorded so far, in order."""
        return tuple(self._places)

    def record(self, record: AccessRecord, private: Mapping[str, str] | None = None) -> LeafIndex:
        """Return the record's place, once it is durable, and note it."""
        place = self._recorder.record(record, private)
        self._places.append(place)
        return place
