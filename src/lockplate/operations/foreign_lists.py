"""Authority over another agency's list: only while a list grant in force covers it.

What flows in: an actor, a list, what is to be changed. What flows out: the authority; or a refusal, on record.
What it must never see: a plate.
"""

from lockplate.gate.act import Act, ActContext
from lockplate.operations.authority import Authority, Change, authorise, make_recorded
from lockplate.operations.operation import Actor
from lockplate.registry.hotlists import NewHotList
from lockplate.registry.list_footing import Footing, require_stands
from lockplate.wiring.node import Node


def authorise_list(node: Node, actor: Actor, hot_list: NewHotList, change: Change) -> Authority:
    """Return somebody's authority to add, load or accept a list.

    Raises Denied for a person and Conflict for the system user when it is another agency's and no grant covers it; both
    are on record. Raises Unauthenticated, NotFound.
    """
    operator = hot_list.operator
    footing = node.registries.list_grants.footing(hot_list, node.clock.now())
    context = ActContext() if footing.foreign_owner is None else ActContext(list_granted=footing.stands)
    authority = authorise(node, actor, Act.MANAGE_HOTLISTS, [operator], change, context)[operator]
    if not footing.stands:
        # the system user asks no gate; the attempt and its failure are recorded all the same
        make_recorded(node, {operator: authority}, change, lambda: _refuse(footing))
    return authority


def _refuse(footing: Footing) -> None:
    require_stands(footing)
