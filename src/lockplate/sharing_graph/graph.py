"""SharingGraph: owners, searchers and the rows between them, as arrays.

What flows in: statements, in any order. What flows out: a graph that does not change, and its edges with their rows.
What it must never see: I/O. The same statements in another order make the same graph.

Sizes: 7,000 agencies and 474,184 edges take 46 MB; a log of ten million rows is counted as it comes, and of each
file only the first rows behind an edge are kept.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from lockplate.errors import NotFound
from lockplate.sharing_graph.statement import HOWS, Edge, Evidence, How, SharingList, Side

KEPT_ROWS = 8
"""Rows kept of one file behind one edge; all are counted."""
SETTLE_AT = 2_000_000
"""Statements that wait before they are counted together."""
NO_DAY = 0
EDGES_AT_ONCE = 10_000
"""Edges made into values together when all are read."""

Numbers = NDArray[np.int64]
_HOW_NUMBER = {how: number for number, how in enumerate(HOWS)}
_OWNER, _SEARCHER, _HOW, _SOURCE, _ROW, _TIMES, _FIRST, _LAST = range(8)
_FILE_AND_HOW = itemgetter(_HOW, _SOURCE)


class GraphBuilder:
    """Takes statements in and makes a graph of them."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._sources: dict[str, int] = {}
        self._waiting = array("q")
        self._settled: Numbers = np.empty((0, 8), dtype=np.int64)
        self.own = 0
        """Statements left out because owner and searcher are one: an agency searches its own data, too."""

    def add(self, owner: str, searcher: str, how: How, *, source: str, row: int, on: date | None = None) -> None:
        """Take one statement in; each counts once, so a file that was read twice counts twice."""
        if owner == searcher:
            self._number(owner)
            self.own += 1
            return
        day = NO_DAY if on is None else on.toordinal()
        source_number = self._sources.setdefault(source, len(self._sources))
        self._waiting.extend(
            (self._number(owner), self._number(searcher), _HOW_NUMBER[how], source_number, row, 1, day, day)
        )
        if len(self._waiting) >= SETTLE_AT * 8:
            self._settle()

    def add_list(self, one: SharingList) -> None:
        """Take a sharing list in; a list without entries still makes its subject known."""
        self._number(one.subject)
        for entry in one.entries:
            if one.side is Side.OWNER:
                self.add(one.subject, entry.key, How.GIVEN, source=one.source, row=entry.row, on=one.on)
            else:
                self.add(entry.key, one.subject, How.RECEIVED, source=one.source, row=entry.row, on=one.on)

    def build(self) -> "SharingGraph":
        """Return the graph of everything taken in so far."""
        self._settle()
        names, sources = sorted(self._names), sorted(self._sources)
        rows = self._settled.copy()
        for column, old, new in (
            (_OWNER, self._names, names),
            (_SEARCHER, self._names, names),
            (_SOURCE, self._sources, sources),
        ):
            place = {name: number for number, name in enumerate(new)}
            moved = np.fromiter((place[name] for name in old), dtype=np.int64, count=len(old))
            if len(rows):
                rows[:, column] = moved[rows[:, column]]
        return SharingGraph(names, sources, rows[_order(rows)])

    def _number(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def _settle(self) -> None:
        """Count waiting statements together with the settled ones; keep the lowest rows of each file and edge."""
        if not self._waiting:
            return
        waiting = np.frombuffer(self._waiting, dtype=np.int64).reshape(-1, 8)
        rows = np.concatenate([self._settled, waiting])
        del waiting
        self._waiting = array("q")
        rows = rows[_order(rows)]
        starts = _starts(rows, _SOURCE + 1)
        place = np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
        kept = np.minimum(place, KEPT_ROWS - 1) == place
        # what is not kept is counted with the last that is, with its days
        group = np.cumsum(kept) - 1
        first = np.where(rows[:, _FIRST] == NO_DAY, np.iinfo(np.int64).max, rows[:, _FIRST])
        at = np.flatnonzero(kept)
        settled = rows[kept]
        settled[:, _TIMES] = np.bincount(group, weights=rows[:, _TIMES], minlength=len(at)).astype(np.int64)
        earliest = np.minimum.reduceat(first, at)
        settled[:, _FIRST] = np.where(earliest == np.iinfo(np.int64).max, NO_DAY, earliest)
        settled[:, _LAST] = np.maximum.reduceat(rows[:, _LAST], at)
        self._settled = settled


def _order(rows: Numbers) -> Numbers:
    """Return the order by owner, searcher, how, source, row and days."""
    return np.lexsort(tuple(rows[:, column] for column in (_LAST, _FIRST, _ROW, _SOURCE, _HOW, _SEARCHER, _OWNER)))


def _starts(rows: Numbers, columns: int) -> Numbers:
    """Return where each run of rows begins that agree in the first columns."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    differs = np.any(rows[1:, :columns] != rows[:-1, :columns], axis=1)
    return np.concatenate([[0], np.flatnonzero(differs) + 1]).astype(np.int64)


class SharingGraph:
    """Who can search whose data. Made by GraphBuilder; never changes."""

    def __init__(self, names: Sequence[str], sources: Sequence[str], rows: Numbers) -> None:
        self.names: tuple[str, ...] = tuple(names)
        """Keys of all agencies and networks, sorted; an agency's number is its place here."""
        self.sources: tuple[str, ...] = tuple(sources)
        self._rows = rows
        self._numbers = {name: number for number, name in enumerate(names)}
        edge_starts = _starts(rows, _SEARCHER + 1)
        self._edge_rows: Numbers = np.append(edge_starts, len(rows))
        self.owners: Numbers = rows[edge_starts, _OWNER]
        """Of each edge, in the order of owner and searcher."""
        self.searchers: Numbers = rows[edge_starts, _SEARCHER]
        self.outward = Adjacency(self.owners, self.searchers, len(names))
        """From an owner to who can search its data."""
        self.inward = Adjacency(self.searchers, self.owners, len(names))
        """From a searcher to whose data it can search."""
        hows = rows[:, _HOW]
        self._networks = frozenset(
            np.unique(
                np.concatenate(
                    [
                        rows[hows == _HOW_NUMBER[How.JOINS], _SEARCHER],
                        rows[hows == _HOW_NUMBER[How.DRAWS], _OWNER],
                    ]
                )
            ).tolist()
        )

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.owners)

    def __contains__(self, name: str) -> bool:
        """Say whether an agency or network stands in the graph."""
        return name in self._numbers

    def number(self, name: str) -> int:
        """Return an agency's number, or raise NotFound."""
        try:
            return self._numbers[name]
        except KeyError:
            raise NotFound(
                "no such agency in the graph", code="no_agency", next_step="Resolve the name first; use its key."
            ) from None

    def is_network(self, name: str) -> bool:
        """Say whether a key is a network that members join, no agency."""
        return self.number(name) in self._networks

    def searchers_of(self, owner: str) -> tuple[str, ...]:
        """Return who can search an owner's data directly."""
        return self._named(self.outward.of(self.number(owner)))

    def owners_open_to(self, searcher: str) -> tuple[str, ...]:
        """Return whose data a searcher can search directly."""
        return self._named(self.inward.of(self.number(searcher)))

    def edge(self, owner: str, searcher: str) -> Edge:
        """Return the edge between two, with its rows, or raise NotFound."""
        number, other = self.number(owner), self.number(searcher)
        start, end = self.outward.starts[number], self.outward.starts[number + 1]
        at = int(start + np.searchsorted(self.searchers[start:end], other))
        if at == end or self.searchers[at] != other:
            raise NotFound("no row says that one can search the other's data", code="no_edge")
        return self._edge(at)

    def edges(self) -> Iterator[Edge]:
        """Yield every edge with its rows, by owner and searcher."""
        for start in range(0, len(self), EDGES_AT_ONCE):
            ends = self._edge_rows[start : start + EDGES_AT_ONCE + 1].tolist()
            rows = self._rows[ends[0] : ends[-1]].tolist()
            for first, last in pairwise(end - ends[0] for end in ends):
                yield self._edge_of(rows[first:last])

    def _named(self, numbers: Numbers) -> tuple[str, ...]:
        return tuple(self.names[number] for number in numbers.tolist())

    def _edge(self, at: int) -> Edge:
        return self._edge_of(self._rows[self._edge_rows[at] : self._edge_rows[at + 1]].tolist())

    def _edge_of(self, rows: list[list[int]]) -> Edge:
        return Edge(
            owner=self.names[rows[0][_OWNER]],
            searcher=self.names[rows[0][_SEARCHER]],
            evidence=tuple(self._evidence(list(group)) for _, group in groupby(rows, _FILE_AND_HOW)),
        )

    def _evidence(self, rows: list[list[int]]) -> Evidence:
        first = min((row[_FIRST] for row in rows if row[_FIRST] != NO_DAY), default=NO_DAY)
        last = max(row[_LAST] for row in rows)
        return Evidence(
            how=HOWS[rows[0][_HOW]],
            source=self.sources[rows[0][_SOURCE]],
            rows=tuple(row[_ROW] for row in rows),
            times=sum(row[_TIMES] for row in rows),
            first=None if first == NO_DAY else date.fromordinal(first),
            last=None if last == NO_DAY else date.fromordinal(last),
        )


class Adjacency:
    """Neighbours of each number, sorted, in two arrays."""

    def __init__(self, sources: Numbers, targets: Numbers, size: int) -> None:
        order = np.lexsort((targets, sources))
        self.targets: Numbers = targets[order]
        self.starts: Numbers = np.searchsorted(sources[order], np.arange(size + 1))

    def of(self, number: int) -> Numbers:
        """Return the neighbours of one number."""
        return self.targets[self.starts[number] : self.starts[number + 1]]

    def of_all(self, numbers: Numbers) -> Numbers:
        """Return the neighbours of several numbers, some of them more than once."""
        starts = self.starts[numbers]
        lengths = self.starts[numbers + 1] - starts
        before = np.cumsum(lengths) - lengths
        places: Numbers = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
        near: Numbers = self.targets[places]
        return near
