"""Reach: how far data goes, the paths between two agencies with the rows of each step, and what hangs together.

What flows in: a graph, keys. What flows out: distances, paths, components.
What it must never see: I/O. A path of several steps is a way that data may take, not that it took: each says which.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

import msgspec
import numpy as np

from lockplate.errors import BadInput
from lockplate.sharing_graph.graph import Adjacency, Numbers, SharingGraph
from lockplate.sharing_graph.statement import Edge, How
from lockplate.terms import Sureness

LONGEST_PATH = 6
"""Steps; in graphs of this kind nearly everybody is that near to everybody."""
MOST_PATHS = 10_000
FAR_AWAY = -1


class Means(StrEnum):
    """What a path comes to."""

    DIRECT = "direct"
    """One step: rows say that the one can search the other's data."""
    NETWORK = "network"
    """Only networks stand between: membership is access."""
    SHOWN = "shown"
    """An agency searched for the next one, at each step that is no network's: rows show it, if not for this data."""
    POSSIBLE = "possible"
    """An agency between can search, and shares with the next; that it would search for it no row says."""


SURE: Mapping[Means, Sureness] = {
    Means.DIRECT: Sureness.CERTAIN,
    Means.NETWORK: Sureness.CERTAIN,
    Means.SHOWN: Sureness.LIKELY,
    Means.POSSIBLE: Sureness.HINT,
}


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """One way from an owner's data to a searcher."""

    steps: tuple[Edge, ...]
    means: Means

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the owner, whoever is between, and the searcher."""
        return (self.steps[0].owner, *(step.searcher for step in self.steps))


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to “how can X reach the cameras of Y?”."""

    owner: str
    searcher: str
    distance: int | None
    """Steps of the shortest path; None when there is none, however long."""
    shortest: int
    """How many shortest paths there are, whether or not all are given."""
    paths: tuple[Path, ...]
    """The shortest first, then by keys."""
    is_complete: bool
    """False when there are more paths of the lengths asked for than were wanted."""


def distances(graph: SharingGraph, name: str, *, inward: bool = False) -> dict[str, int]:
    """Return everyone whom an owner's data can reach and in how many steps; inward: whose data reaches a searcher.

    The name itself is at 0; who cannot be reached is not in it.
    """
    steps = _distances(graph.inward if inward else graph.outward, graph.number(name))
    return {graph.names[number]: int(steps[number]) for number in np.flatnonzero(steps >= 0).tolist()}


def paths(
    graph: SharingGraph, owner: str, searcher: str, *, longest: int = 3, most: int = 100, only_shortest: bool = True
) -> Paths:
    """Return how a searcher can reach an owner's data: shortest paths, or all without a loop up to a length.

    Raises BadInput for a length over 6, more than 10,000 paths, or an agency and itself; NotFound for an unknown key.
    """
    if not (1 <= longest <= LONGEST_PATH and 1 <= most <= MOST_PATHS):
        raise BadInput(f"paths have 1 to {LONGEST_PATH} steps, and at most {MOST_PATHS} are given", code="bad_path")
    start, end = graph.number(owner), graph.number(searcher)
    if start == end:
        raise BadInput("an agency needs no path to its own data", code="bad_path")
    to_end = _distances(graph.inward, end)
    distance = int(to_end[start])
    if distance == FAR_AWAY:
        return Paths(owner=owner, searcher=searcher, distance=None, shortest=0, paths=(), is_complete=True)
    last = min(longest, distance) if only_shortest else longest
    found: list[Path] = []
    is_complete = True
    for length in range(distance, last + 1):
        for numbers in _of_length(graph.outward, to_end, start, end, length):
            if len(found) == most:
                is_complete = False
                break
            found.append(_path(graph, numbers))
        if not is_complete:
            break
    return Paths(
        owner=owner,
        searcher=searcher,
        distance=distance,
        shortest=_count_shortest(graph.outward, to_end, start),
        paths=tuple(found),
        is_complete=is_complete,
    )


def components(graph: SharingGraph, *, both_ways: bool = False) -> tuple[tuple[str, ...], ...]:
    """Return the groups that hang together, the largest first; both ways: where data of each can reach each."""
    labels = _mutual(graph.outward, len(graph.names)) if both_ways else _together(graph)
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order])) + 1
    groups = [
        tuple(graph.names[number] for number in group.tolist()) for group in np.split(order, starts) if len(group)
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group), group)))


def _distances(adjacency: Adjacency, start: int) -> Numbers:
    """Return the steps to every number, -1 where there is no way."""
    steps = np.full(len(adjacency.starts) - 1, FAR_AWAY, dtype=np.int64)
    steps[start] = 0
    front = np.array([start])
    for step in range(1, len(steps) + 1):
        near = adjacency.of_all(front)
        front = np.unique(near[steps[near] == FAR_AWAY])
        if not len(front):
            break
        steps[front] = step
    return steps


def _of_length(adjacency: Adjacency, to_end: Numbers, start: int, end: int, length: int) -> Iterator[list[int]]:
    """Yield every path without a loop of just that many steps, in the order of numbers."""
    path = [start]
    waiting = [_onward(adjacency, to_end, start, length - 1)]
    while waiting:
        number = next(waiting[-1], None)
        if number is None:
            waiting.pop()
            path.pop()
        elif number == end:
            if len(path) == length:
                yield [*path, number]
        elif len(path) < length and number not in path:
            path.append(number)
            waiting.append(_onward(adjacency, to_end, number, length - len(path)))


def _onward(adjacency: Adjacency, to_end: Numbers, number: int, left: int) -> Iterator[int]:
    """Return the neighbours from which the end can be reached in the steps that are left."""
    near = adjacency.of(number)
    steps = to_end[near]
    return iter(near[(steps >= 0) & (steps <= left)].tolist())


def _count_shortest(adjacency: Adjacency, to_end: Numbers, start: int) -> int:
    """Return how many shortest paths there are, exactly."""
    ways = {start: 1}
    for left in range(int(to_end[start]) - 1, -1, -1):
        following: dict[int, int] = {}
        for number, count in ways.items():
            near = adjacency.of(number)
            for other in near[to_end[near] == left].tolist():
                following[other] = following.get(other, 0) + count
        ways = following
    return sum(ways.values())


def _path(graph: SharingGraph, numbers: list[int]) -> Path:
    names = [graph.names[number] for number in numbers]
    steps = tuple(graph.edge(owner, searcher) for owner, searcher in pairwise(names))
    between = steps[1:]
    if not between and steps[0].hows() != {How.ASKED_FOR}:
        means = Means.DIRECT
    elif between and all(graph.is_network(step.owner) for step in between):
        means = Means.NETWORK
    else:
        # an agency that joins a network brings its own data, not what it can search
        is_shown = all(How.ASKED_FOR in step.hows() or graph.is_network(step.owner) for step in between)
        means = Means.SHOWN if is_shown else Means.POSSIBLE
    return Path(steps=steps, means=means)


def _together(graph: SharingGraph) -> Numbers:
    """Return for each number the lowest that it hangs together with, by either direction."""
    labels = np.arange(len(graph.names), dtype=np.int64)
    while True:
        before = labels.copy()
        lowest = np.minimum(labels[graph.owners], labels[graph.searchers])
        np.minimum.at(labels, graph.owners, lowest)
        np.minimum.at(labels, graph.searchers, lowest)
        labels = labels[labels]  # jump to the label's own label
        if np.array_equal(before, labels):
            return labels


def _mutual(adjacency: Adjacency, size: int) -> Numbers:
    """Return for each number its strongly connected group (Tarjan 1972, without recursion)."""
    labels = np.full(size, -1, dtype=np.int64)
    index = [-1] * size
    lowest = [0] * size
    on_stack = [False] * size
    stack: list[int] = []
    count = 0
    for root in range(size):
        if index[root] >= 0:
            continue
        work = [(root, iter(adjacency.of(root).tolist()))]
        index[root] = lowest[root] = count
        count += 1
        stack.append(root)
        on_stack[root] = True
        while work:
            number, near = work[-1]
            for other in near:
                if index[other] < 0:
                    index[other] = lowest[other] = count
                    count += 1
                    stack.append(other)
                    on_stack[other] = True
                    work.append((other, iter(adjacency.of(other).tolist())))
                    break
                if on_stack[other]:
                    lowest[number] = min(lowest[number], index[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[number])
                if lowest[number] == index[number]:
                    while on_stack[number]:
                        member = stack.pop()
                        on_stack[member] = False
                        labels[member] = number
    return labels
