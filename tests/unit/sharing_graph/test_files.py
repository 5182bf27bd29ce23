"""GraphML and CSV of a graph: well-formed and harmless whatever stands in the names."""

import csv
import io
from datetime import date

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from lockplate.agencies.rules import resolve_by_rules
from lockplate.sharing_graph.cells import safe_cell
from lockplate.sharing_graph.files import EDGE_HEAD, NODE_HEAD, Known, edges_csv, graphml, known_of, nodes_csv
from lockplate.sharing_graph.graph import GraphBuilder, SharingGraph
from lockplate.sharing_graph.statement import How
from lockplate.terms import AgencyKind

SPACE = "{http://graphml.graphdrawing.org/xmlns}"
HOSTILE = (
    '=HYPERLINK("http://x.invalid")', "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", '"><script>', "a\nb", "\x1b[31m", "\x00",
    "\ud800", "]]>", "&amp;", "a\u202eb", "'", '"', "\ufffe", "a\r=1", "<!DOCTYPE x>",
)  # fmt: skip


def two(owner: str, searcher: str, source: str = "list.csv") -> SharingGraph:
    builder = GraphBuilder()
    for row in range(1, 12):
        builder.add(owner, searcher, How.GIVEN, source=source, row=row, on=date(2026, 3, row))
    builder.add(owner, "pool", How.JOINS, source=source, row=99)
    return builder.build()


def cells(lines: object) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline="")))  # type: ignore[call-overload]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str) -> None:
    """GraphML parses with the strictest reader, and no CSV cell begins as a formula or holds a control."""
    graph = two(f"{name}1", name, source=name)
    about = {name: Known(title=name, markers=(name,))}
    root = ElementTree.fromstring("".join(graphml(graph, about)).encode("utf-8"))

    assert (3, 2) == (len(list(root.iter(f"{SPACE}node"))), len(list(root.iter(f"{SPACE}edge"))))
    for table in (cells(nodes_csv(graph, about)), cells(edges_csv(graph))):
        assert len({len(line) for line in table}) == 1
        for cell in (cell for line in table for cell in line):
            assert not cell.lstrip(" \u00a0\u3000").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
            assert not any(ord(letter) < 32 for letter in cell)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_names_come_back_out_of_the_files(owner: str, searcher: str) -> None:
    """Printable names are read back as they were; every file can be written in UTF-8."""
    graph = two(owner or "o", searcher or "s")
    root = ElementTree.fromstring("".join(graphml(graph, {})).encode("utf-8"))
    ids = [node.get("id") for node in root.iter(f"{SPACE}node")]

    assert len(graph.names) == len(ids)
    if owner.isprintable() and searcher.isprintable():
        assert list(graph.names) == ids
    "".join((*nodes_csv(graph, {}), *edges_csv(graph))).encode("utf-8")
    for name in (owner, searcher):
        assert safe_cell(name) == name or not name.isprintable() or safe_cell(name) == f"'{name}"


def test_what_stands_in_the_files() -> None:
    """An edge goes from the owner to who can search; rows, days, kinds and markers stand beside."""
    graph = two("ca:pine:police", "us:fbi")
    about = {"us:fbi": known_of(resolve_by_rules("FBI"))}
    root = ElementTree.fromstring("".join(graphml(graph, about)))
    edge = next(one for one in root.iter(f"{SPACE}edge") if one.get("target") == "us:fbi")
    told = {data.get("key"): data.text for data in edge}
    nodes, edges = cells(nodes_csv(graph, about)), cells(edges_csv(graph))

    assert ("ca:pine:police", "11", "2026-03-01", "2026-03-11") == (
        edge.get("source"), told["edge-rows"], told["edge-first"], told["edge-last"],
    )  # fmt: skip
    assert "given: list.csv row 1, 2, 3, 4, 5, 6, 7, 8 and 3 more" == told["edge-evidence"]
    assert [list(NODE_HEAD), list(EDGE_HEAD)] == [nodes[0], edges[0]]
    assert [
        "us:fbi",
        "U.S. Federal Bureau of Investigation",
        "federal",
        "",
        "federal (fbi; likely)",
        "",
        "",
        "0",
        "1",
    ] == nodes[3]
    assert ["pool", "pool", "unknown", "", "", "yes", "", "0", "1"] == nodes[2]


def test_an_ambiguous_name_is_told_with_its_hints() -> None:
    """What has two readings has no kind in a file, and its markers say that they are hints."""
    known = known_of(resolve_by_rules("HSI"))

    assert ("HSI", AgencyKind.UNKNOWN, ("federal (hsi; hint)", "immigration (hsi; hint)")) == (
        known.title, known.kind, known.markers,
    )  # fmt: skip
