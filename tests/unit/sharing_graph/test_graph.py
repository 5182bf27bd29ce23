"""The sharing graph against a slow plain search: reach, paths, components, rows, days."""

import random
from datetime import date, timedelta
from itertools import pairwise, permutations
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput, NotFound
from lockplate.sharing_graph import graph as graph_module
from lockplate.sharing_graph.graph import KEPT_ROWS, GraphBuilder, SharingGraph
from lockplate.sharing_graph.reach import Means, components, distances, paths
from lockplate.sharing_graph.statement import Entry, How, SharingList, Side

NAMES = "abcdefg"
DAY = date(2026, 3, 1)


class Said(NamedTuple):
    owner: str
    searcher: str
    how: How
    source: str
    row: int
    on: date | None


statements = st.lists(
    st.builds(
        Said,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from([How.GIVEN, How.RECEIVED, How.SEARCHED, How.ASKED_FOR]),
        st.sampled_from(["one.csv", "two.csv"]),
        st.integers(1, 40),
        st.one_of(st.none(), st.integers(0, 9).map(lambda days: DAY + timedelta(days=days))),
    ),
    max_size=60,
)


def made(said: list[Said]) -> SharingGraph:
    builder = GraphBuilder()
    for one in said:
        builder.add(one.owner, one.searcher, one.how, source=one.source, row=one.row, on=one.on)
    return builder.build()


def plain(said: list[Said]) -> set[tuple[str, str]]:
    return {(one.owner, one.searcher) for one in said if one.owner != one.searcher}


def walks(edges: set[tuple[str, str]], start: str, end: str, longest: int) -> list[tuple[str, ...]]:
    """Return every path without a loop, by trying every order of every choice of those between."""
    found = []
    between = sorted({name for edge in edges for name in edge} - {start, end})
    for length in range(1, longest + 1):
        for middle in permutations(between, length - 1):
            path = (start, *middle, end)
            if all(step in edges for step in pairwise(path)):
                found.append(path)
    return found


def steps_to(edges: set[tuple[str, str]], start: str) -> dict[str, int]:
    """Return the steps to everyone, by waves over all edges."""
    found = {start: 0}
    for step in range(1, len(NAMES) + 1):
        for owner, searcher in edges:
            if found.get(owner) == step - 1 and searcher not in found:
                found[searcher] = step
    return found


@given(statements, st.randoms(use_true_random=False))
def test_every_statement_is_counted_in_whatever_order(said: list[Said], chance: random.Random) -> None:
    """Each edge has all its statements, by way and file; the lowest rows are kept; first and last day are right."""
    graph = made(said)
    shuffled = said[:]
    chance.shuffle(shuffled)

    assert list(made(shuffled).edges()) == list(graph.edges())
    assert plain(said) == {(edge.owner, edge.searcher) for edge in graph.edges()}
    assert sorted({name for one in said for name in (one.owner, one.searcher)}) == list(graph.names)
    for edge in graph.edges():
        assert edge == graph.edge(edge.owner, edge.searcher)
        for one in edge.evidence:
            own = [
                s
                for s in said
                if (s.owner, s.searcher, s.how, s.source) == (edge.owner, edge.searcher, one.how, one.source)
            ]
            days = [s.on for s in own if s.on is not None]
            assert (len(own), tuple(sorted(s.row for s in own)[:KEPT_ROWS])) == (one.times, one.rows)
            assert (min(days, default=None), max(days, default=None)) == (one.first, one.last)


@given(
    st.lists(st.tuples(st.integers(1, 99), st.one_of(st.none(), st.integers(0, 400))), min_size=KEPT_ROWS),
    st.integers(1, 9),
)
def test_rows_that_are_not_kept_are_counted_with_their_days(rows: list[tuple[int, int | None]], at_once: int) -> None:
    """Of many rows behind one edge the lowest are kept, in parts or at once; number, first and last day are of all."""
    said = [
        Said("a", "b", How.SEARCHED, "log", row, None if day is None else DAY + timedelta(days=day))
        for row, day in rows
    ]
    kept, graph_module.SETTLE_AT = graph_module.SETTLE_AT, at_once
    try:
        (one,) = made(said).edge("a", "b").evidence
    finally:
        graph_module.SETTLE_AT = kept
    days = [each.on for each in said if each.on is not None]

    assert (len(rows), tuple(sorted(row for row, _ in rows)[:KEPT_ROWS])) == (one.times, one.rows)
    assert (min(days, default=None), max(days, default=None)) == (one.first, one.last)


@given(statements, st.integers(1, 7))
def test_counting_in_parts_changes_nothing(said: list[Said], at_once: int) -> None:
    """Statements that are settled as they come make the same graph as all at once."""
    whole = made(said)
    kept, graph_module.SETTLE_AT = graph_module.SETTLE_AT, at_once
    try:
        parts = made(said)
    finally:
        graph_module.SETTLE_AT = kept

    assert list(whole.edges()) == list(parts.edges())


@given(statements)
def test_reach_is_what_a_plain_search_finds(said: list[Said]) -> None:
    """Distances outward and inward, and the direct neighbours, agree with waves over all edges."""
    graph, edges = made(said), plain(said)
    turned = {(searcher, owner) for owner, searcher in edges}
    for name in graph.names:
        assert steps_to(edges, name) == distances(graph, name)
        assert steps_to(turned, name) == distances(graph, name, inward=True)
        assert sorted(searcher for owner, searcher in edges if owner == name) == list(graph.searchers_of(name))
        assert sorted(owner for owner, searcher in edges if searcher == name) == list(graph.owners_open_to(name))


@settings(max_examples=60)
@given(statements, st.integers(1, 5))
def test_paths_are_those_of_a_plain_search(said: list[Said], longest: int) -> None:
    """Shortest paths, and all up to a length: just those, in order of length and name, with the rows of each step."""
    graph, edges = made(said), plain(said)
    for start in graph.names[:3]:
        for end in graph.names[-3:]:
            if start == end:
                continue
            every = walks(edges, start, end, longest)
            shortest = [path for path in every if len(path) == len(every[0])]
            found = paths(graph, start, end, longest=longest, only_shortest=False, most=10_000)
            least = paths(graph, start, end, longest=longest, most=10_000)

            assert every == [path.keys for path in found.paths]
            assert shortest == [path.keys for path in least.paths]
            assert steps_to(edges, start).get(end) == found.distance
            assert found.is_complete
            assert not every or len(shortest) == found.shortest
            for path in found.paths:
                assert all(step == graph.edge(step.owner, step.searcher) for step in path.steps)


@given(statements)
def test_components_hang_together(said: list[Said]) -> None:
    """Everybody stands in one group; two are in one when a way leads between them, both ways when it leads back too."""
    graph, edges = made(said), plain(said)
    either = edges | {(searcher, owner) for owner, searcher in edges}
    for both_ways, used in ((False, either), (True, edges)):
        groups = components(graph, both_ways=both_ways)
        found = {name: number for number, group in enumerate(groups) for name in group}
        assert sorted(graph.names) == sorted(name for group in groups for name in group)
        assert sorted(map(len, groups), reverse=True) == [len(group) for group in groups]
        for one in graph.names:
            for other in graph.names:
                together = other in steps_to(used, one) and one in steps_to(used, other)
                assert together == (found[one] == found[other])


# What a path comes to


def test_a_path_says_what_it_comes_to() -> None:
    """Direct, through a network, through somebody who searched for others, or only possible."""
    graph = made(
        [
            Said("y", "b", How.GIVEN, "y.csv", 1, DAY),
            Said("y", "pool", How.JOINS, "y.csv", 2, DAY),
            Said("pool", "x", How.DRAWS, "pool.csv", 1, DAY),
            Said("b", "c", How.GIVEN, "b.csv", 1, DAY),
            Said("b", "d", How.ASKED_FOR, "audit.csv", 7, DAY),
            Said("b", "pool2", How.JOINS, "b.csv", 2, DAY),
            Said("pool2", "e", How.DRAWS, "pool.csv", 9, DAY),
        ]
    )
    told = {end: paths(graph, "y", end).paths[0].means for end in ("b", "x", "c", "d", "e")}

    assert {"b": Means.DIRECT, "x": Means.NETWORK, "c": Means.POSSIBLE, "d": Means.SHOWN, "e": Means.POSSIBLE} == told
    assert Means.SHOWN is paths(graph, "b", "d").paths[0].means
    assert ["pool", "pool2"] == [name for name in graph.names if graph.is_network(name)]


def test_how_can_x_reach_the_cameras_of_y() -> None:
    """The answer has the paths and, for each step, the file and the row."""
    graph = made([Said("y", "b", How.GIVEN, "y.csv", 12, DAY), Said("b", "x", How.ASKED_FOR, "b-audit.csv", 345, DAY)])
    found = paths(graph, "y", "x")

    assert [("y", "b", "x")] == [path.keys for path in found.paths]
    assert [("y.csv", (12,)), ("b-audit.csv", (345,))] == [
        (one.source, one.rows) for step in found.paths[0].steps for one in step.evidence
    ]
    assert (2, 1, True) == (found.distance, found.shortest, found.is_complete)


def test_too_many_paths_are_counted_and_said() -> None:
    """Only so many are given; how many shortest there are is exact all the same."""
    said = [Said("y", f"m{number}", How.GIVEN, "y.csv", number, None) for number in range(50)]
    said += [Said(f"m{number}", "x", How.GIVEN, "m.csv", number, None) for number in range(50)]
    found = paths(made(said), "y", "x", most=10)

    assert (50, 10, False) == (found.shortest, len(found.paths), found.is_complete)
    assert paths(made(said), "y", "x", most=50).is_complete


def test_what_cannot_be_asked_is_refused() -> None:
    """Unknown keys, an agency and itself, too long, too many; and no way is no error."""
    graph = made([Said("a", "b", How.GIVEN, "f", 1, None)])

    assert (None, (), True) == (
        paths(graph, "b", "a").distance,
        paths(graph, "b", "a").paths,
        paths(graph, "b", "a").is_complete,
    )
    for wrong in (
        {"owner": "a", "searcher": "a"},
        {"owner": "a", "searcher": "b", "longest": 7},
        {"owner": "a", "searcher": "b", "most": 0},
        {"owner": "a", "searcher": "b", "most": 10_001},
    ):
        with pytest.raises(BadInput):
            paths(graph, **wrong)  # type: ignore[arg-type]
    for call in (lambda: paths(graph, "a", "z"), lambda: graph.edge("b", "a"), lambda: distances(graph, "z")):
        with pytest.raises(NotFound):
            call()
    assert "a" in graph
    assert "z" not in graph


def test_an_agency_and_its_own_data() -> None:
    """A network audit holds the owner's own searches: counted, no edge; an empty list makes its subject known."""
    builder = GraphBuilder()
    builder.add("a", "a", How.SEARCHED, source="audit", row=1)
    builder.add_list(SharingList(subject="c", side=Side.OWNER, source="c", on=None, entries=()))
    graph = builder.build()

    assert (1, ("a", "c"), 0) == (builder.own, graph.names, len(graph))
    assert (("a",), ("c",)) == components(graph)
    assert {"a": 0} == distances(graph, "a")


def test_lists_of_both_sides_speak_of_one_edge() -> None:
    """What the owner's list says and what the searcher's list says stand as two pieces of evidence on one edge."""
    builder = GraphBuilder()
    builder.add_list(SharingList(subject="y", side=Side.OWNER, source="y", on=DAY, entries=(Entry(key="x", row=3),)))
    builder.add_list(SharingList(subject="x", side=Side.SEARCHER, source="x", on=DAY, entries=(Entry(key="y", row=9),)))
    edge = builder.build().edge("y", "x")

    assert {How.GIVEN, How.RECEIVED} == edge.hows()
    assert [("y", (3,)), ("x", (9,))] == [(one.source, one.rows) for one in edge.evidence]


def test_a_graph_of_the_fields_size() -> None:
    """7,000 agencies and nearly half a million edges are built, searched and cut into groups."""
    chance = random.Random(7)
    pairs = {(chance.randrange(917), chance.randrange(7000)) for _ in range(480_000)}
    builder = GraphBuilder()
    for number, (owner, searcher) in enumerate(sorted(pairs)):
        builder.add(f"n{owner}", f"n{searcher}", How.GIVEN, source="lists", row=number)
    graph = builder.build()
    expected = {(f"n{owner}", f"n{searcher}") for owner, searcher in pairs if owner != searcher}

    assert len(expected) == len(graph)
    assert {searcher for owner, searcher in expected if owner == "n3"} == set(graph.searchers_of("n3"))
    assert 1 == len(components(graph))
    far = next(name for name, steps in distances(graph, "n3").items() if steps == 2)
    between = {m for m in graph.searchers_of("n3") if (m, far) in expected}
    assert between == {path.keys[1] for path in paths(graph, "n3", far, most=10_000).paths}
