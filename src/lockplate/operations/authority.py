"""Authority: on whose word a change is made, and its record, durable before the change counts.

What flows in: an actor, an act, what it changes. What flows out: the change's result; leaves in the log.
What it must never see: a way to change without a record. A person acts when the gate allows it; the node's own system
user, who holds its keys and founds it, may act without a person, and the record then says `-system`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from lockplate.access import AccessRecord
from lockplate.errors import Denied, LockplateError, Unauthenticated
from lockplate.evidence.noting import NotingRecorder
from lockplate.gate.act import Act, ActContext, Allowance
from lockplate.gate.question import PersonFacts
from lockplate.operations.operation import Actor
from lockplate.terms import Action, AgencyId, LeafIndex, OperatorId, PersonId, Verdict
from lockplate.wiring.node import Node

T = TypeVar("T")

SYSTEM = PersonId("-system")
"""The node's own system user in a record; no person's id can start with a dash."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a change is, as its record says it."""

    action: Action
    facts: dict[str, str]
    """Ids and words from closed lists only: anyone can read them."""
    counts: dict[str, int] = {}
    private: dict[str, str] = {}
    """Names and texts: the leaf commits to them, and they lie sealed beside it."""


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's word, and what the gate said to it."""

    person: PersonId
    agency: AgencyId | None
    allowance: Allowance | None
    """None: the system user's word, which needs none."""

    def record(self, node: Node, operator: OperatorId, change: Change) -> AccessRecord:
        """Return the record of a change at one operator."""
        allowed = self.allowance
        return AccessRecord(
            action=change.action,
            at=node.clock.now(),
            operator=operator,
            person=self.person,
            agency=self.agency,
            verdict=Verdict.NOT_ASKED if allowed is None else Verdict.PERMITTED,
            policy_ids=() if allowed is None else allowed.policy_ids,
            policy_set_hash=node.gate.policy_set_hash,
            profile=node.desk(operator).operator.profile,
            facts=change.facts,
            counts=change.counts,
        )


def authorise(
    node: Node,
    actor: Actor,
    act: Act,
    operators: Sequence[OperatorId],
    change: Change,
    context: ActContext | None = None,
) -> dict[OperatorId, Authority]:
    """Return the authority at each operator, or raise Unauthenticated, or Denied once the denial is on record.

    A person must be allowed at every operator that the change concerns.
    """
    if actor.person is None:
        actor.require_system_user()
        return dict.fromkeys(operators, Authority(person=SYSTEM, agency=None, allowance=None))
    person = actor.require_person(node)
    agency = node.facts.agency(person.agency)
    found: dict[OperatorId, Authority] = {}
    for operator in operators:
        try:
            allowance = node.gate.decide_act(person, agency, act, node.facts.operator(operator), context)
        except Denied as denied:
            raise denied.on_record(operator, _record_denial(node, operator, person, change, denied)) from denied
        found[operator] = Authority(person=person.person, agency=person.agency, allowance=allowance)
    return found


def carry_out(
    node: Node,
    actor: Actor,
    act: Act,
    operators: Sequence[OperatorId],
    change: Change,
    step: Callable[[], T],
    context: ActContext | None = None,
) -> T:
    """Return what a change gives: allowed, on record durably in each operator's log, and only then made.

    A change that fails after all is put on record as failed, and its error raised.
    """
    authorities = authorise(node, actor, act, operators, change, context)
    return make_recorded(node, authorities, change, step)


def make_recorded(node: Node, authorities: dict[OperatorId, Authority], change: Change, step: Callable[[], T]) -> T:
    """Return what an authorised change gives, on record before it is made."""
    places = {
        operator: node.desk(operator).recorder.record(authority.record(node, operator, change), change.private)
        for operator, authority in authorities.items()
    }
    try:
        return step()
    except LockplateError as error:
        failed = Change(action=change.action, facts=change.facts | {"outcome": "failed", "code": error.code})
        for operator, authority in authorities.items():
            follow_up(node, operator, authority, failed, places[operator])
        raise


def follow_up(
    node: Node, operator: OperatorId, authority: Authority, change: Change, refers_to: LeafIndex
) -> LeafIndex:
    """Record how a recorded change came out, and return the place."""
    record = msgspec.structs.replace(authority.record(node, operator, change), refers_to=refers_to)
    return node.desk(operator).recorder.record(record, change.private)


@contextmanager
def noting(node: Node, operator: OperatorId) -> Iterator[NotingRecorder]:
    """Give a recorder that notes the places of what one command records; a denial within carries its record's place."""
    recorder = NotingRecorder(node.desk(operator).recorder)
    try:
        yield recorder
    except Denied as denied:
        if not recorder.places:
            raise
        raise denied.on_record(operator, recorder.places[-1]) from denied


def require_any(node: Node, actor: Actor, acts: Sequence[Act], operator: OperatorId) -> Actor:
    """Return the actor itself when the gate allows a person one of the acts at an operator, else raise Denied.

    For looking at settings, which gives access to no read: nothing is recorded.
    """
    if actor.person is None:
        return actor.require_system_user()
    person = actor.require_person(node)
    agency, facts = node.facts.agency(person.agency), node.facts.operator(operator)
    # nobody's own id: looking at people changes nobody's access
    # and looking at channels makes none
    context = ActContext(subject=SYSTEM, alert_plates=False)
    first, *others = (node.gate.explain_act(person, agency, act, facts, context) for act in acts)
    if any(one.verdict is Verdict.PERMITTED for one in others):
        return actor
    first.require_permitted()
    return actor


def operators_for(node: Node, actor: Actor, acts: Sequence[Act]) -> tuple[OperatorId, ...]:
    """Return the operators at which `require_any` lets somebody, or raise Denied when there is none."""
    found: list[OperatorId] = []
    denied: Denied | None = None
    for operator in node.desks:
        try:
            require_any(node, actor, acts, operator)
        except Denied as error:
            denied = error
        else:
            found.append(operator)
    if not found and denied is not None:
        raise denied
    return tuple(found)


def require_known(node: Node, actor: Actor) -> Actor:
    """Return the actor itself when it is the system user or an active person, else raise Unauthenticated."""
    if actor.person is None:
        return actor.require_system_user()
    if not actor.require_person(node).active:
        raise Unauthenticated("this needs an active account")
    return actor


def operators_of(node: Node, agency: AgencyId) -> tuple[OperatorId, ...]:
    """Return the operators that a change to an agency or its people concerns.

    Those that the agency runs itself; else all of this node, since any of them may grant it something. A person who is
    allowed at one of several operators therefore cannot make accounts for another operator's agency.
    """
    own = tuple(name for name, desk in node.desks.items() if desk.operator.agency == agency)
    return own or tuple(node.desks)


def _record_denial(node: Node, operator: OperatorId, person: PersonFacts, change: Change, denied: Denied) -> LeafIndex:
    asked = Authority(person=person.person, agency=person.agency, allowance=None)
    record = asked.record(node, operator, Change(action=change.action, facts=change.facts))
    ids = tuple(reason.policy_id for reason in denied.reasons)
    return node.desk(operator).recorder.record(msgspec.structs.replace(record, verdict=Verdict.DENIED, policy_ids=ids))
