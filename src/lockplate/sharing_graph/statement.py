"""Statements: what one row of a release says about who can search whose data.

What flows in: nothing. What flows out: frozen values and a closed list of ways.
What it must never see: a plate, a reason, a person; a row is named by its place only.
"""

from datetime import date
from enum import StrEnum

import msgspec


class How(StrEnum):
    """What kind of row says that data of one can reach another."""

    GIVEN = "given"
    """The owner's own list names who may search its data."""
    RECEIVED = "received"
    """The searcher's own list names whose data it may search."""
    SEARCHED = "searched"
    """An audit row: the searcher did search the owner's data."""
    JOINS = "joins"
    """The owner puts its data into a network; the searcher is the network."""
    DRAWS = "draws"
    """A member may search a network; the owner is the network."""
    ASKED_FOR = "asked_for"
    """An audit row: the first searched and named the second as whom it was for."""


HOWS = tuple(How)


class Side(StrEnum):
    """Whose list it is."""

    OWNER = "owner"
    """Who may search the subject's data."""
    SEARCHER = "searcher"
    """Whose data the subject may search."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One line of a sharing list."""

    key: str
    row: int


class SharingList(msgspec.Struct, frozen=True, kw_only=True):
    """One sharing list as released: complete for its subject and day, and so comparable with another."""

    subject: str
    side: Side
    source: str
    """Which file, in the words that reports show."""
    on: date | None
    """The day it is of; None when nobody knows."""
    entries: tuple[Entry, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one file behind one edge."""

    how: How
    source: str
    rows: tuple[int, ...]
    """The first of them, at most `graph.KEPT_ROWS`."""
    times: int
    """How many rows in all."""
    first: date | None
    last: date | None


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One owner whose data one searcher can search, with everything that says so."""

    owner: str
    searcher: str
    evidence: tuple[Evidence, ...]

    def hows(self) -> frozenset[How]:
        """Return the ways in which rows say so."""
        return frozenset(one.how for one in self.evidence)
