"""Agency and Resolution: what a name was read as, which words said so, and how sure that is.

What flows in: nothing. What flows out: frozen values.
What it must never see: I/O, a person, a record of a search.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NewType

import msgspec

from lockplate.terms import AgencyKind, Sureness

AgencyKey = NewType("AgencyKey", str)
"""One agency's identity, `state:place:body[:more…]`, or `us:…` for a federal one; `?:…` when it is not known."""

NOT_KNOWN = "?:"
"""What the key of a name begins with that has no one agency."""
_SURER = (Sureness.HINT, Sureness.LIKELY, Sureness.CERTAIN)


class Marker(StrEnum):
    """Something about a name that a reader of a sharing list wants to see at once. Never a verdict."""

    FEDERAL = "federal"
    IMMIGRATION = "immigration"
    PRIVATE = "private"
    JOINT = "joint"
    """Several agencies under one name, such as a task force: who its members are, the name does not say."""
    TEST = "test"
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"


class Mark(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A marker with the words that raised it."""

    marker: Marker
    words: str
    sure: Sureness


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a reading: which words said what."""

    words: str
    """Words of the name in the folded form, or empty when it is the absence of a word that counts."""
    says: str
    sure: Sureness = Sureness.CERTAIN


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """One agency as a name was read."""

    key: AgencyKey
    title: str
    """For people; several names of one agency may give it differently."""
    kind: AgencyKind
    state: str = ""
    """Two letters of a state of the United States; empty for none or not said."""
    place: str = ""
    """Town, county or institution; for a federal agency its office."""
    body: str = ""
    """What it does, such as police or sheriff; see `agencies.words.BODIES`."""
    marks: tuple[Mark, ...] = ()

    def has(self, marker: Marker) -> bool:
        """Say whether a marker stands on it."""
        return any(mark.marker is marker for mark in self.marks)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a name, with its steps."""

    agency: Agency
    steps: tuple[Step, ...]

    @property
    def sure(self) -> Sureness:
        """Return how sure the least sure step is."""
        return least_sure(step.sure for step in self.steps)


class Outcome(StrEnum):
    """How a name came out."""

    ONE = "one"
    AMBIGUOUS = "ambiguous"
    """Several readings, none better; all are named."""
    UNKNOWN = "unknown"
    """Nothing in the name says what it is."""


class Authority(StrEnum):
    """On whose word a resolution stands."""

    RULES = "rules"
    LISTED = "listed"
    """A list that the user brought."""
    CONFIRMED = "confirmed"
    """A person's own decision, which always wins."""


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one name."""

    name: str
    """As given."""
    outcome: Outcome
    authority: Authority
    key: AgencyKey
    """The agency's; for what is ambiguous or unknown a key of the name's own words, so that it can stand in a graph."""
    readings: tuple[Reading, ...]
    """One for ONE, two or more for AMBIGUOUS; for UNKNOWN none."""
    marks: tuple[Mark, ...]
    """Of the agency; else of the words of the name, and UNKNOWN when nothing was recognised."""
    sure: Sureness
    steps: tuple[Step, ...] = ()
    """Steps that belong to no one reading."""

    @property
    def agency(self) -> Agency | None:
        """Return the one agency, or None."""
        return self.readings[0].agency if self.outcome is Outcome.ONE else None

    def has(self, marker: Marker) -> bool:
        """Say whether a marker stands on it, or on any of its readings."""
        return any(mark.marker is marker for mark in self.marks)


def least_sure(all_of: Iterable[Sureness]) -> Sureness:
    """Return the least sure of several; certain for none."""
    return min(all_of, key=_SURER.index, default=Sureness.CERTAIN)
