"""Files: the graph as GraphML and as two CSV tables, for other people's programs.

What flows in: a graph, and what is known of each key. What flows out: lines of text.
What it must never see: a file; a name that runs something in the program that opens it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from lockplate.agencies.agency import Resolution
from lockplate.sharing_graph.cells import safe_attribute, safe_cell, safe_text
from lockplate.sharing_graph.graph import SharingGraph
from lockplate.sharing_graph.statement import Edge
from lockplate.terms import AgencyKind

MOST_WRITTEN = 20
"""Names of one agency that a file shows."""
NODE_HEAD = ("key", "title", "kind", "state", "markers", "network", "written", "can_be_searched_by", "can_search")
EDGE_HEAD = ("owner", "searcher", "how", "rows", "first", "last", "evidence")
_NODE_DATA = (
    ("title", "string"),
    ("kind", "string"),
    ("state", "string"),
    ("markers", "string"),
    ("network", "boolean"),
    ("written", "string"),
)
_EDGE_DATA = (("how", "string"), ("rows", "long"), ("first", "string"), ("last", "string"), ("evidence", "string"))


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the files tell of a key."""

    title: str
    kind: AgencyKind = AgencyKind.UNKNOWN
    state: str = ""
    markers: tuple[str, ...] = ()
    """Each with its words and how sure, such as `federal (fbi; likely)`."""
    written: tuple[str, ...] = ()
    """Names that came to this key, as releases write them."""


def known_of(resolution: Resolution) -> Known:
    """Return what is known of a resolved name; of an ambiguous one its markers as hints, and no kind."""
    agency = resolution.agency
    markers = tuple(
        f"{mark.marker.value} ({'; '.join(word for word in (mark.words, mark.sure.value) if word)})"
        for mark in resolution.marks
    )
    if agency is None:
        return Known(title=resolution.name, markers=markers)
    return Known(title=agency.title, kind=agency.kind, state=agency.state, markers=markers)


def graphml(graph: SharingGraph, known: Mapping[str, Known]) -> Iterator[str]:
    """Yield the graph as GraphML, a line at a time: an edge goes from the owner of data to who can search it."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for kind, data in (("node", _NODE_DATA), ("edge", _EDGE_DATA)):
        for name, form in data:
            yield f'<key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{form}"/>\n'
    yield '<graph id="sharing" edgedefault="directed">\n'
    for name in graph.names:
        one = known.get(name, Known(title=name))
        cells = _node_cells(one, _yes(graph, name, "true", "false"))
        yield f"<node id={safe_attribute(name)}>{_data('node', _NODE_DATA, cells)}</node>\n"
    for edge in graph.edges():
        ends = f"source={safe_attribute(edge.owner)} target={safe_attribute(edge.searcher)}"
        yield f"<edge {ends}>{_data('edge', _EDGE_DATA, _edge_cells(edge))}</edge>\n"
    yield "</graph>\n</graphml>\n"


def nodes_csv(graph: SharingGraph, known: Mapping[str, Known]) -> Iterator[str]:
    """Yield a line for each agency and network."""
    yield _line(NODE_HEAD)
    for name in graph.names:
        one = known.get(name, Known(title=name))
        number = graph.number(name)
        counts = (str(len(side.of(number))) for side in (graph.outward, graph.inward))
        yield _line((name, *_node_cells(one, _yes(graph, name, "yes", "")), *counts))


def edges_csv(graph: SharingGraph) -> Iterator[str]:
    """Yield a line for each edge, its rows named by file and row."""
    yield _line(EDGE_HEAD)
    for edge in graph.edges():
        yield _line((edge.owner, edge.searcher, *_edge_cells(edge)))


def _node_cells(one: Known, network: str) -> tuple[str, ...]:
    return one.title, one.kind.value, one.state, "; ".join(one.markers), network, "; ".join(one.written)


def _edge_cells(edge: Edge) -> tuple[str, ...]:
    """Return how, how many rows, first and last day, and the rows."""
    firsts = [one.first for one in edge.evidence if one.first is not None]
    lasts = [one.last for one in edge.evidence if one.last is not None]
    evidence = " | ".join(
        f"{one.how.value}: {one.source} row {', '.join(map(str, one.rows))}"
        + (f" and {one.times - len(one.rows)} more" if one.times > len(one.rows) else "")
        for one in edge.evidence
    )
    return (
        " ".join(sorted(how.value for how in edge.hows())),
        str(sum(one.times for one in edge.evidence)),
        _day(min(firsts, default=None)),
        _day(max(lasts, default=None)),
        evidence,
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _yes(graph: SharingGraph, name: str, yes: str, no: str) -> str:
    return yes if graph.is_network(name) else no


def _data(kind: str, names: tuple[tuple[str, str], ...], cells: tuple[str, ...]) -> str:
    return "".join(
        f'<data key="{kind}-{name}">{safe_text(cell)}</data>'
        for (name, _), cell in zip(names, cells, strict=True)
        if cell
    )


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()
