"""Faults: `fault list|check|acknowledge`.

What flows in: a person who answers for readers or lists. What flows out: faults in words; who saw one, on record.
What it must never see: a plate. Who may see hits or records may look; who manages what is amiss may acknowledge it.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from lockplate.errors import NotFound
from lockplate.gate.act import Act
from lockplate.gate.question import PersonFacts
from lockplate.operations.authority import Change, carry_out, operators_for, require_any
from lockplate.operations.fault_words import fault_words
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.taking_in import only_operator
from lockplate.operations.watching import look
from lockplate.registry.faults import OF_LISTS, OF_READERS, Fault, FaultId, FaultKind
from lockplate.terms import Action, OperatorId, Role, Verdict
from lockplate.wiring.node import Node

LOOKERS = (Act.MANAGE_READERS, Act.MANAGE_HOTLISTS, Act.SHOW_HIT, Act.READ_RECORDS)


class FaultsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose faults, and whether those that are over are among them."""

    operator: str = ""
    closed: bool = False


class CheckFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Look at everything now; empty: tell of every operator that the person may look at."""

    operator: str = ""


class FaultName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault."""

    fault_id: str


class FaultLine(msgspec.Struct, frozen=True, kw_only=True):
    """A fault as a list shows it."""

    fault: Fault
    subject_name: str
    """The reader's or the list's name; empty for the node itself."""
    says: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found."""

    at: datetime
    settled: bool
    """Readers were judged; False: the node was off or its clock jumped less than ten minutes ago."""
    opened: tuple[FaultLine, ...]
    closed: tuple[FaultLine, ...]
    faults: tuple[FaultLine, ...]
    """Everything that is open now."""


def list_faults(node: Node, actor: Actor, which: FaultsOf) -> tuple[FaultLine, ...]:
    """List an operator's faults, those that are open first."""
    operator = only_operator(node, which.operator)
    require_any(node, actor, LOOKERS, operator)
    if not which.closed:
        return operator_faults(node, operator)
    return _lines(node, operator, node.registries.faults.list_all(operator))


def check_faults(node: Node, actor: Actor, which: CheckFaults) -> Checked:
    """Judge every reader and list of this node now, open and close faults, and say what is open."""
    if which.operator:
        operators: tuple[OperatorId, ...] = (only_operator(node, which.operator),)
        require_any(node, actor, LOOKERS, operators[0])
    else:
        operators = operators_for(node, actor, LOOKERS)
    looked = look(node)
    names = {operator: subject_names(node, operator) for operator in operators}

    def told(faults: tuple[Fault, ...]) -> tuple[FaultLine, ...]:
        return tuple(_line(one, names[one.operator]) for one in faults if one.operator in names)

    still = tuple(fault for operator in operators for fault in node.registries.faults.list_open(operator))
    return Checked(
        at=looked.at,
        settled=looked.settled,
        opened=told(looked.changes.opened),
        closed=told(looked.changes.closed),
        faults=told(still),
    )


def acknowledge_fault(node: Node, actor: Actor, name: FaultName) -> FaultLine:
    """Note that a person has seen a fault, on record; it stays open until what is amiss is well."""
    person = actor.require_person(node)
    fault = node.registries.faults.get(FaultId(name.fault_id))
    if fault.operator not in node.desks:
        raise NotFound("no fault has this id", code="unknown_fault")
    facts = {"change": "fault_acknowledged", "fault": fault.fault_id, "kind": fault.kind.value}
    act, action = _act(fault.kind)
    acknowledged = carry_out(
        node,
        actor,
        act,
        [fault.operator],
        Change(action=action, facts=facts | _named(fault)),
        lambda: node.registries.faults.acknowledge(fault.fault_id, by=person.person),
    )
    return _line(acknowledged, subject_names(node, fault.operator))


def operator_faults(node: Node, operator: OperatorId) -> tuple[FaultLine, ...]:
    """Return an operator's open faults; whoever calls has asked the gate."""
    return _lines(node, operator, node.registries.faults.list_open(operator))


def operators_with_faults(node: Node, person: PersonFacts) -> dict[OperatorId, tuple[FaultLine, ...]]:
    """Return the open faults of every operator whose readers or lists a person manages; none are left out."""
    if person.roles.isdisjoint({Role.ADMINISTRATOR, Role.SUPERVISOR}):
        return {}
    agency = node.facts.agency(person.agency)
    found = {}
    for operator in node.desks:
        facts = node.facts.operator(operator)
        told = (node.gate.explain_act(person, agency, act, facts) for act in (Act.MANAGE_HOTLISTS, Act.MANAGE_READERS))
        if any(one.verdict is Verdict.PERMITTED for one in told):
            found[operator] = operator_faults(node, operator)
    return found


def unseen_faults(node: Node, person: PersonFacts) -> int:
    """Return how many open faults nobody has acknowledged, of those that this person may; 0 for most people."""
    if not any(node.registries.faults.counts().values()):
        return 0
    return sum(
        line.fault.acknowledged_by is None and line.fault.kind in kinds_of(node, person, operator)
        for operator, lines in operators_with_faults(node, person).items()
        for line in lines
    )


def kinds_of(node: Node, person: PersonFacts, operator: OperatorId) -> frozenset[FaultKind]:
    """Return the kinds of fault that a person may acknowledge at an operator."""
    agency, facts = node.facts.agency(person.agency), node.facts.operator(operator)
    acts = {_act(kind)[0] for kind in FaultKind}
    allowed = {act for act in acts if node.gate.explain_act(person, agency, act, facts).verdict is Verdict.PERMITTED}
    return frozenset(kind for kind in FaultKind if _act(kind)[0] in allowed)


def subject_names(node: Node, operator: OperatorId) -> Mapping[str, str]:
    """Return readers' and lists' names by id."""
    readers = {str(one.reader): one.name for one in node.registries.readers.list_all(operator)}
    return readers | {str(one.list_id): one.name for one in node.registries.hot_lists.list_all(operator)}


def _lines(node: Node, operator: OperatorId, faults: tuple[Fault, ...]) -> tuple[FaultLine, ...]:
    names = subject_names(node, operator) if faults else {}
    return tuple(_line(fault, names) for fault in faults)


def _line(fault: Fault, names: Mapping[str, str]) -> FaultLine:
    return FaultLine(fault=fault, subject_name=names.get(fault.subject, ""), says=fault_words(fault))


def _act(kind: FaultKind) -> tuple[Act, Action]:
    if kind in OF_READERS:
        return Act.MANAGE_READERS, Action.READERS_CHANGED
    if kind in OF_LISTS:
        return Act.MANAGE_HOTLISTS, Action.HOTLIST_CHANGED
    return Act.MANAGE_OPERATOR, Action.SETTING_CHANGED


def _named(fault: Fault) -> dict[str, str]:
    if fault.kind in OF_READERS:
        return {"reader": fault.subject}
    return {"list": fault.subject} if fault.kind in OF_LISTS else {}


FAULTS = (
    Operation(name="fault.list", request=FaultsOf, handler=list_faults, says="List what is amiss."),
    Operation(name="fault.check", request=CheckFaults, handler=check_faults, says="Judge readers and lists now."),
    Operation(
        name="fault.acknowledge", request=FaultName, handler=acknowledge_fault, says="Note that a fault was seen."
    ),
)
