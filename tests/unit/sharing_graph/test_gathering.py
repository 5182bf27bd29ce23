"""Names as releases write them into the graph: resolved, and shown with every way they were written."""

import random
from datetime import date

from lockplate.agencies.confirmed import parse_confirmed
from lockplate.agencies.resolving import Resolver
from lockplate.sharing_graph.changes import changes
from lockplate.sharing_graph.gathering import Gathering
from lockplate.sharing_graph.reach import Means, paths
from lockplate.sharing_graph.statement import How, Side

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)


def gathered(*, confirmed: bytes = b"") -> Gathering:
    return Gathering(Resolver((), parse_confirmed(confirmed)))


def test_two_writings_of_one_agency_are_one_node_and_both_are_shown() -> None:
    """A page's slug and a list's name meet in one key; the files show both, and the markers of each."""
    made = gathered()
    made.add_list(
        "pine-ca-pd", Side.OWNER, [("Oak County CA SO", 2), ("[Inactive] oak-county-ca-so", 9)], source="page"
    )
    made.add_list("Oak County Sheriff's Office, CA", Side.SEARCHER, [("Pine CA PD", 4)], source="theirs")
    graph, known = made.build(), made.known()
    edge = graph.edge("ca:pine:police", "ca:oak:sheriff")

    assert {How.GIVEN, How.RECEIVED} == edge.hows()
    assert [(2,), (4,)] == [one.rows for one in edge.evidence]
    assert ("Oak County CA SO", "Oak County Sheriff's Office, CA", "[Inactive] oak-county-ca-so") == known[
        "ca:oak:sheriff"
    ].written
    assert ("deactivated (inactive; certain)",) == known["ca:oak:sheriff"].markers


def test_what_is_open_stays_a_node_of_its_own() -> None:
    """An ambiguous name joins neither of its readings until a person says which."""
    names = [("La Mesa PD", 2), ("La Mesa CA PD", 3), ("HSI", 4), ("[Federal] HSI", 5)]
    open_, settled = gathered(), gathered(confirmed=b"confirmed:\n- {name: La Mesa PD, agency: La Mesa CA PD}\n")
    for made in (open_, settled):
        made.add_list("Pine CA PD", Side.OWNER, names, source="page")

    assert ("?:hsi", "?:lamesapd", "ca:lamesa:police", "us:ice-hsi") == open_.build().searchers_of("ca:pine:police")
    assert ("?:hsi", "ca:lamesa:police", "us:ice-hsi") == settled.build().searchers_of("ca:pine:police")


def test_how_an_immigration_agency_reaches_a_towns_cameras() -> None:
    """Through a network, and through a sheriff who searched for it: two paths, each with what it comes to."""
    made = gathered()
    made.add_member("Valley Pool", "Pine CA PD", how=How.JOINS, source="pool", row=2, on=MARCH)
    made.add_member("valley pool", "CBP", how=How.DRAWS, source="pool", row=8, on=MARCH)
    made.add_search("Pine CA PD", "Oak County CA SO", source="audit", row=77, on=MAY)
    made.add_search_for("oak-county-ca-so", "U.S. Customs and Border Protection (CBP)", source="audit", row=78, on=MAY)
    made.add_search("Pine CA PD", "pine-ca-pd", source="audit", row=79)
    found = paths(made.build(), "ca:pine:police", "us:cbp")

    assert {
        ("ca:pine:police", "ca:oak:sheriff", "us:cbp"): Means.SHOWN,
        ("ca:pine:police", "network:valleypool", "us:cbp"): Means.NETWORK,
    } == {path.keys: path.means for path in found.paths}
    assert [(77,), (78,)] == [step.evidence[0].rows for step in found.paths[0].steps]
    assert 1 == made.own
    assert ("Valley Pool", "valley pool") == made.known()["network:valleypool"].written


def test_a_name_that_is_written_otherwise_is_no_change() -> None:
    """Between two lists a name became a slug: nobody was added, nobody left."""
    made = gathered()
    made.add_list("Pine CA PD", Side.OWNER, [("Oak County CA SO", 2), ("Elm CA PD", 3)], source="one", on=MARCH)
    made.add_list(
        "pine-ca-pd", Side.OWNER, [("CA - Elm Police Department", 2), ("oak-county-ca-so", 3)], source="two", on=MAY
    )
    found = changes(made.lists, MARCH, MAY)

    assert ((), 1) == (found.changed, len(found.same))


def test_the_order_of_names_makes_no_difference() -> None:
    """What is known of a key does not turn on which of its names came first."""
    names = [
        ("Oak County CA SO", 2),
        ("oak county sheriff ca", 3),
        ("[Inactive] Oak County CA SO", 4),
        ("HSI", 5),
        ("hsi", 6),
    ]
    told = []
    for seed in range(6):
        shuffled = names[:]
        random.Random(seed).shuffle(shuffled)
        made = gathered()
        made.add_list("Pine CA PD", Side.OWNER, shuffled, source="page")
        told.append((made.known(), list(made.build().edges())))

    assert all(told[0] == one for one in told)
