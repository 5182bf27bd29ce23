"""Gathering: names as releases write them into the graph, each resolved, each with how it was written.

What flows in: sharing lists and pairs out of audit rows, by name; a resolver. What flows out: a graph, its lists, and
what is known of each key.
What it must never see: I/O; a name that went into a key without being shown there.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from lockplate.agencies.agency import Resolution
from lockplate.agencies.names import folded
from lockplate.agencies.resolving import Resolver
from lockplate.sharing_graph.files import MOST_WRITTEN, Known, known_of
from lockplate.sharing_graph.graph import GraphBuilder, SharingGraph
from lockplate.sharing_graph.statement import Entry, How, SharingList, Side
from lockplate.terms import AgencyKind

NETWORK = "network:"
"""What the key of a network begins with."""


class Gathering:
    """Takes names in and makes a graph of them."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._builder = GraphBuilder()
        self._known: dict[str, Known] = {}
        self._written: dict[str, set[str]] = {}
        self.lists: list[SharingList] = []
        """The sharing lists with their keys, for `changes`."""

    @property
    def own(self) -> int:
        """Return how many statements were left out because owner and searcher are one agency."""
        return self._builder.own

    def add_list(
        self, subject: str, side: Side, names: Iterable[tuple[str, int]], *, source: str, on: date | None = None
    ) -> SharingList:
        """Take a sharing list in: names with their rows. Two names of one agency are one entry, of the lower row."""
        rows: dict[str, int] = {}
        for name, row in names:
            key = self._key(name)
            rows[key] = min(row, rows.get(key, row))
        made = SharingList(
            subject=self._key(subject),
            side=side,
            source=source,
            on=on,
            entries=tuple(Entry(key=key, row=row) for key, row in sorted(rows.items())),
        )
        self.lists.append(made)
        self._builder.add_list(made)
        return made

    def add_search(self, owner: str, searcher: str, *, source: str, row: int, on: date | None = None) -> None:
        """Take an audit row in: the searcher searched the owner's data."""
        self._builder.add(self._key(owner), self._key(searcher), How.SEARCHED, source=source, row=row, on=on)

    def add_search_for(self, searcher: str, other: str, *, source: str, row: int, on: date | None = None) -> None:
        """Take an audit row in that names somebody else as whom the search was for."""
        self._builder.add(self._key(searcher), self._key(other), How.ASKED_FOR, source=source, row=row, on=on)

    def add_member(self, network: str, member: str, *, how: How, source: str, row: int, on: date | None = None) -> None:
        """Take a membership in: `JOINS` puts the member's data into the network, `DRAWS` lets the member search it."""
        key = NETWORK + "".join(folded(network))
        self._known.setdefault(key, Known(title=network))
        self._written.setdefault(key, set()).add(network)
        one = self._key(member)
        owner, searcher = (one, key) if how is How.JOINS else (key, one)
        self._builder.add(owner, searcher, how, source=source, row=row, on=on)

    def build(self) -> SharingGraph:
        """Return the graph of everything taken in so far."""
        return self._builder.build()

    def known(self) -> dict[str, Known]:
        """Return what is known of each key, with the names that came to it."""
        return {
            key: msgspec.structs.replace(one, written=tuple(sorted(self._written[key])[:MOST_WRITTEN]))
            for key, one in self._known.items()
        }

    def _key(self, name: str) -> str:
        found = self._resolver.resolve(name)
        self._note(found)
        return found.key

    def _note(self, found: Resolution) -> None:
        written = self._written.setdefault(found.key, set())
        if found.name in written:
            return
        written.add(found.name)
        one = known_of(found)
        before = self._known.get(found.key)
        if before is None:
            self._known[found.key] = one
        else:  # nothing here may turn on which name came first
            self._known[found.key] = msgspec.structs.replace(
                before,
                title=min(before.title, one.title),
                kind=before.kind if before.kind is one.kind else AgencyKind.UNKNOWN,
                markers=tuple(sorted({*before.markers, *one.markers})),
            )
