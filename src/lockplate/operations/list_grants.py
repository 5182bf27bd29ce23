"""Match another agency's lists: `hotlist grant propose|accept|end|list|register`.

What flows in: whose lists, which categories, until when, on which paper. What flows out: list grants; the register that
anyone may read.
What it must never see: a plate; a list grant without an end. People act here, never the system user alone.
"""

from collections.abc import Callable

import msgspec

from lockplate.clock import parse_time
from lockplate.errors import LockplateError
from lockplate.gate.act import Act, ActContext
from lockplate.gate.list_grant import ListGrantFacts
from lockplate.gate.question import AgencyFacts
from lockplate.hotlist import Category
from lockplate.operations.authority import Authority, Change, authorise, follow_up, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.registry.grants import GrantState
from lockplate.registry.list_grants import (
    ListGrant,
    ListGrantProposal,
    PublicListGrant,
    check_list_grant,
    list_grant_facts,
    require_live,
    require_proposed,
)
from lockplate.terms import Action, AgencyId, LeafIndex, ListGrantId
from lockplate.wiring.node import Node


class ProposeListGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list grant to propose."""

    owner_agency: str
    categories: tuple[Category, ...]
    valid_to: str
    """RFC 3339; at most a year after it begins."""
    instrument: str
    """The public name of the paper on which the two agencies agreed."""
    valid_from: str = ""
    """Empty: now."""
    note: str = ""
    """What the owner says of its lists; kept sealed."""
    operator: str = ""


class ListGrantName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One list grant."""

    list_grant: str


class ListGrantsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose list grants."""

    operator: str = ""


class ListRegister(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public register of list grants of this node."""


class ListGrantLine(msgspec.Struct, frozen=True, kw_only=True):
    """A list grant or proposal and where it stands."""

    list_grant: ListGrant
    state: GrantState
    note: str = ""
    """What the owner says of its lists; only in the list."""


class ListGrantStep(ListGrantLine, frozen=True, kw_only=True):
    """A list grant or proposal after a step of its life, and the record of that step."""

    record_index: LeafIndex


def propose_list_grant(node: Node, actor: Actor, request: ProposeListGrant) -> ListGrantStep:
    """Propose that another agency's lists are matched here; it gives nothing until a second person accepts it."""
    person = actor.require_person(node).person
    operator = only_operator(node, request.operator)
    owner = node.registries.agencies.get(AgencyId(request.owner_agency))
    proposal = ListGrantProposal(
        operator=operator,
        owner_agency=owner.agency,
        categories=frozenset(request.categories),
        valid_from=parse_time(request.valid_from) if request.valid_from else node.clock.now(),
        valid_to=parse_time(request.valid_to),
        instrument=request.instrument.strip(),
    )
    private = {name: value for name, value in (("instrument", proposal.instrument), ("note", request.note)) if value}
    facts = list_grant_facts(proposal)
    context = ActContext(list_grant=ListGrantFacts(owner=owner, ends=True))
    asked = Change(action=Action.LIST_GRANT_PROPOSED, facts=facts)
    authority = authorise(node, actor, Act.PROPOSE_LIST_GRANT, [operator], asked, context)[operator]
    check_list_grant(proposal, request.note, node.clock.now())
    made = node.registries.list_grants.propose(proposal, request.note, by=person)
    # a proposal gives nothing, so the record may follow: only now does it have its id
    named = Change(action=asked.action, facts=facts | {"list_grant": made.list_grant}, private=private)
    place = node.desk(operator).recorder.record(authority.record(node, operator, named), named.private)
    return _step(node, made, place)


def accept_list_grant(node: Node, actor: Actor, name: ListGrantName) -> ListGrantStep:
    """Accept a list grant as a second person of the operator's agency; from its first day its lists may be loaded."""
    person = actor.require_person(node).person
    grant = node.registries.list_grants.get(ListGrantId(name.list_grant))
    context = ActContext(list_grant=ListGrantFacts(owner=_owner(node, grant), ends=True, proposer=grant.proposed_by))
    facts = {"list_grant": grant.list_grant, "proposed_by": grant.proposed_by} | list_grant_facts(grant)
    change = Change(action=Action.LIST_GRANT_ACCEPTED, facts=facts, private={"instrument": grant.instrument})
    authority = authorise(node, actor, Act.ACCEPT_LIST_GRANT, [grant.operator], change, context)[grant.operator]
    require_proposed(grant, node.clock.now())
    return _carry_out(
        node, grant, authority, change, lambda: node.registries.list_grants.accept(grant.list_grant, by=person)
    )


def end_list_grant(node: Node, actor: Actor, name: ListGrantName) -> ListGrantStep:
    """End a list grant at once, or withdraw a proposal: entries of the lists it covered match nothing from now on."""
    person = actor.require_person(node).person
    grant = node.registries.list_grants.get(ListGrantId(name.list_grant))
    context = ActContext(list_grant=ListGrantFacts(owner=_owner(node, grant)))
    facts = {"list_grant": grant.list_grant, "owner": grant.owner_agency}
    change = Change(action=Action.LIST_GRANT_ENDED, facts=facts)
    authority = authorise(node, actor, Act.END_LIST_GRANT, [grant.operator], change, context)[grant.operator]
    require_live(grant, node.clock.now())
    return _carry_out(
        node, grant, authority, change, lambda: node.registries.list_grants.end(grant.list_grant, by=person)
    )


def list_list_grants(node: Node, actor: Actor, which: ListGrantsOf) -> tuple[ListGrantLine, ...]:
    """List an operator's list grants and proposals, with who proposed and accepted them."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, (Act.MANAGE_HOTLISTS, Act.READ_RECORDS), operator)
    now, grants = node.clock.now(), node.registries.list_grants
    return tuple(
        ListGrantLine(list_grant=one, state=one.state(now), note=grants.note(one.list_grant))
        for one in grants.list_all(operator)
    )


def list_register(node: Node, _: Actor, __: ListRegister) -> tuple[PublicListGrant, ...]:
    """Show every list grant ever accepted here, as the public page does; no person is named and no plate."""
    return node.registries.list_grants.register(node.clock.now())


def _owner(node: Node, grant: ListGrant) -> AgencyFacts:
    return node.facts.agency(grant.owner_agency)


def _carry_out(
    node: Node, grant: ListGrant, authority: Authority, change: Change, step: Callable[[], ListGrant]
) -> ListGrantStep:
    """Return what an authorised step made of a list grant: on record first, and matched at once."""
    operator = grant.operator
    place = node.desk(operator).recorder.record(authority.record(node, operator, change), change.private)
    try:
        made = step()
    except LockplateError as error:
        failed = Change(action=change.action, facts=change.facts | {"outcome": "failed", "code": error.code})
        follow_up(node, operator, authority, failed, place)
        raise
    finally:
        node.desk(operator).reload_index(node.registries.entries, node.clock)
    return _step(node, made, place)


def _step(node: Node, grant: ListGrant, place: LeafIndex) -> ListGrantStep:
    return ListGrantStep(list_grant=grant, state=grant.state(node.clock.now()), record_index=place)


LIST_GRANTS = (
    Operation(
        name="hotlist.grant.propose",
        request=ProposeListGrant,
        handler=propose_list_grant,
        says="Propose that another agency's lists are matched.",
    ),
    Operation(
        name="hotlist.grant.accept",
        request=ListGrantName,
        handler=accept_list_grant,
        says="Accept a list grant, second person.",
    ),
    Operation(
        name="hotlist.grant.end", request=ListGrantName, handler=end_list_grant, says="End a list grant at once."
    ),
    Operation(
        name="hotlist.grant.list",
        request=ListGrantsOf,
        handler=list_list_grants,
        says="List list grants and proposals.",
    ),
    Operation(
        name="hotlist.grant.register",
        request=ListRegister,
        handler=list_register,
        says="Show the public register of list grants.",
    ),
)
