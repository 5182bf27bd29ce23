"""The law that each operator stands under, value by value, and where it lets nobody collect, for anyone.

What flows in: anyone's request. What flows out: each field, what is in force, which text decided it, and its cite; the
operator's places.
What it must never see: a person, a plate, a session.
"""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from lockplate.operations.local_law import LawTrace, TraceLaw, trace_law
from lockplate.operations.operation import Actor
from lockplate.operations.operators import OperatorName
from lockplate.operations.places import PlaceLine, list_places
from lockplate.registry.operators import Operator
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState
from lockplate.wiring.node import Node

ANYONE = {"cache-control": "public, max-age=30"}
NOBODY = Actor(person=None)


class LawSection(msgspec.Struct, frozen=True, kw_only=True):
    """One operator's law; `trace` is None when it has no profile, and then nothing is kept."""

    operator: str
    name: str
    trace: LawTrace | None
    places: tuple[PlaceLine, ...]
    names_places: bool
    """Whether the law in force lets nobody collect at some kinds of places."""


@get("/law", sync_to_thread=True)
def show_law(doorway: NamedDependency[Doorway], pages: NamedDependency[PageState]) -> Response[Any]:
    """Show the law in force at each operator of this server."""
    node = doorway.node
    sections = tuple(_section(node, node.desks[name].operator) for name in sorted(node.desks))
    return pages.rendering.page("law.html", headers=ANYONE, visitor=None, sections=sections)


def _section(node: Node, operator: Operator) -> LawSection:
    has_law = operator.profile is not None
    trace = trace_law(node, NOBODY, TraceLaw(operator=operator.operator)) if has_law else None
    return LawSection(
        operator=operator.operator,
        name=operator.name,
        trace=trace,
        places=list_places(node, NOBODY, OperatorName(operator=operator.operator)),
        names_places=bool(node.law.keep_rule(operator.operator).places_denied),
    )
