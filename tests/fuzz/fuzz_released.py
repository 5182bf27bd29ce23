"""What other systems released, and the names in it, as hypothesis and atheris give it to its parsers."""

import msgspec
import numpy as np
from defusedxml import ElementTree
from fuzz_scratch import written

from lockplate.agencies.confirmed import parse_confirmed
from lockplate.agencies.listed import parse_agency_list
from lockplate.agencies.resolving import Resolver
from lockplate.imports.assembling import table_of
from lockplate.imports.manifest import read_manifest, write_manifest
from lockplate.imports.opening import open_source
from lockplate.imports.plan import load_plan, plan_yaml
from lockplate.imports.recognising import Recogniser
from lockplate.sharing_graph.files import edges_csv, graphml, nodes_csv
from lockplate.sharing_graph.gathering import Gathering
from lockplate.sharing_graph.statement import Side


def take_released(data: bytes) -> None:
    """Every row of a released file is recognised or refused, once; what is recognised is a table of records."""
    path = written("released", data)
    recogniser, seen = Recogniser(), set[tuple[str | None, int]]()
    with path.open("rb") as file:
        for chunk in open_source(path, file, lambda _: None).chunks:
            found = recogniser.recognise(chunk)
            made = [(row.sheet, row.row) for row in (*chunk.refused, *found.refused)]
            for placed in found.placed:
                table = table_of(
                    placed.block, placed.section, placed.number, placed.fields, np.zeros(len(placed.block), bool)
                )
                table.validate(full=True)
                made += [(placed.block.sheet, row) for row in placed.block.rows.tolist()]
            assert seen.isdisjoint(made)
            assert len(set(made)) == len(made)
            assert len(made) + found.headers == len(chunk.refused) + sum(len(block) for block in chunk.blocks)
            seen.update(made)


def take_plan(data: bytes) -> None:
    """A plan that was read is written as one that reads the same."""
    plan = load_plan(data.decode())
    assert load_plan(plan_yaml(plan)).bare() == plan.bare()


def take_manifest(data: bytes) -> None:
    """A manifest that was read is written as one that reads the same."""
    manifest = read_manifest(data)
    assert read_manifest(write_manifest(manifest)) == manifest


def take_names(data: bytes) -> None:
    """Any line is one agency, several or none, the same in capitals; the graph of them can be read by others."""
    gathering, resolver = Gathering(Resolver()), Resolver()
    lines = data.decode("utf-8", "replace").splitlines()[:50]
    for line in lines:
        found = resolver.resolve(line)
        assert found.key == resolver.resolve(line.upper()).key
        assert (found.agency is None) == (len(found.readings) != 1)
        msgspec.json.encode(found)
    gathering.add_list(
        "Pine CA PD", Side.OWNER, [(line, row) for row, line in enumerate(lines)], source=lines[0] if lines else ""
    )
    graph, known = gathering.build(), gathering.known()
    ElementTree.fromstring("".join(graphml(graph, known)).encode())
    "".join((*nodes_csv(graph, known), *edges_csv(graph))).encode()


def take_agency_list(data: bytes) -> None:
    """Every agency of a list is resolved to something by its own name."""
    listed = parse_agency_list(data)
    resolver = Resolver(listed)
    for one in listed:
        assert resolver.resolve(one.name).readings


def take_confirmed(data: bytes) -> None:
    """Every decision is found by its own name, and shown as a person's."""
    decisions = parse_confirmed(data)
    resolver = Resolver((), decisions)
    for one in decisions:
        assert resolver.resolve(one.name).authority == "confirmed"
