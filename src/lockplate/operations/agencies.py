"""Manage agencies: `agency add|list|activate|deactivate`.

What flows in: an agency's id, name, kind and state. What flows out: what the registry knows of it.
What it must never see: a person, a plate.
"""

from collections.abc import Callable

import msgspec

from lockplate.errors import Conflict
from lockplate.gate.act import Act
from lockplate.gate.question import AgencyFacts
from lockplate.operations.authority import Change, carry_out, operators_of, require_known
from lockplate.operations.operation import Actor, Operation
from lockplate.registry.ids import require_slug
from lockplate.terms import Action, AgencyId, AgencyKind
from lockplate.wiring.node import Node


class NewAgency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agency to add."""

    agency: str
    name: str
    kind: AgencyKind
    state: str = ""
    """Two capital letters, or empty."""


class AgencyName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agency."""

    agency: str


class AllAgencies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every agency."""


class AgencyLine(msgspec.Struct, frozen=True, kw_only=True):
    """An agency as a list shows it."""

    agency: AgencyId
    name: str
    kind: AgencyKind
    state: str
    active: bool


def add_agency(node: Node, actor: Actor, new: NewAgency) -> AgencyLine:
    """Add an agency; what it is in law decides what it can ever be answered."""
    agency = AgencyId(require_slug(new.agency))
    if agency in node.registries.agencies.names():
        raise Conflict("an agency with this id exists already")
    change = Change(
        action=Action.SETTING_CHANGED,
        facts={"change": "agency_added", "agency": agency, "kind": new.kind.value},
        private={"name": new.name, "state": new.state},
    )
    carry_out(
        node,
        actor,
        Act.MANAGE_OPERATOR,
        operators_of(node, agency),
        change,
        lambda: node.registries.agencies.add(agency, name=new.name, kind=new.kind, state=new.state),
    )
    return _line(node, agency)


def list_agencies(node: Node, actor: Actor, _: AllAgencies) -> tuple[AgencyLine, ...]:
    """List every agency that this node knows."""
    require_known(node, actor)
    return tuple(_line(node, facts.agency) for facts in node.registries.agencies.list_all())


def deactivate_agency(node: Node, actor: Actor, name: AgencyName) -> AgencyLine:
    """Set an agency inactive: from the next question on it is answered nothing."""
    return _set(node, actor, AgencyId(name.agency), "agency_deactivated", node.registries.agencies.deactivate)


def activate_agency(node: Node, actor: Actor, name: AgencyName) -> AgencyLine:
    """Set an agency active again."""
    return _set(node, actor, AgencyId(name.agency), "agency_activated", node.registries.agencies.activate)


def _set(node: Node, actor: Actor, agency: AgencyId, word: str, step: Callable[[AgencyId], AgencyFacts]) -> AgencyLine:
    known = node.registries.agencies.get(agency).agency
    change = Change(action=Action.SETTING_CHANGED, facts={"change": word, "agency": known})
    carry_out(node, actor, Act.MANAGE_OPERATOR, operators_of(node, known), change, lambda: step(known))
    # lists of an agency that is not active match nothing
    for desk in node.desks.values():
        if any(one.owner_agency == known for one in node.registries.hot_lists.list_all(desk.name)):
            desk.reload_index(node.registries.entries, node.clock)
    return _line(node, known)


def _line(node: Node, agency: AgencyId) -> AgencyLine:
    facts, name = node.registries.agencies.get(agency), node.registries.agencies.names()[agency]
    return AgencyLine(agency=agency, name=name, kind=facts.kind, state=facts.state, active=facts.active)


AGENCIES = (
    Operation(name="agency.add", request=NewAgency, handler=add_agency, says="Add an agency."),
    Operation(name="agency.list", request=AllAgencies, handler=list_agencies, says="List every agency."),
    Operation(name="agency.deactivate", request=AgencyName, handler=deactivate_agency, says="Set an agency inactive."),
    Operation(name="agency.activate", request=AgencyName, handler=activate_agency, says="Set an agency active again."),
)
