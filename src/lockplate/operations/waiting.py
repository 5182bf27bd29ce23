"""Show one waiting question, opened, to its author or to whoever may decide it.

What flows in: a person, a waiting question's name. What flows out: the question, why it waits, what the person may do.
What it must never see: an answer.
"""

from datetime import datetime

import msgspec

from lockplate.errors import Denied, Reason
from lockplate.evidence.seeking import records_of_request
from lockplate.gate.act import Act, ActContext
from lockplate.gate.decision import Explanation
from lockplate.gate.question import PersonFacts
from lockplate.operations.asking import WaitingName
from lockplate.operations.explaining import reasons_of
from lockplate.operations.operation import Actor, Operation
from lockplate.registry.requests import WaitingLine, WaitingRequest, WaitingState
from lockplate.terms import Action, LeafIndex, OperatorId, RequestId, Verdict
from lockplate.wiring.node import Node


class RequestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One of a request's records: enough to name it and to get its receipt."""

    index: LeafIndex
    at: datetime
    action: Action


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """One waiting question as a person sees it."""

    waiting: WaitingRequest
    reasons: tuple[Reason, ...]
    """Why a second person is wanted."""
    denied_now: tuple[Reason, ...]
    """What stands against the question by now, second person or not; empty while an approval would help."""
    may_decide: bool
    may_take_up: bool
    records: tuple[RequestRecord, ...]
    """What the operator's log has of it so far."""


def show_waiting(node: Node, actor: Actor, name: WaitingName) -> WaitingView:
    """Return a waiting question to its author, or to someone the gate lets decide it; else raise Denied."""
    person = actor.require_person(node)
    waiting = node.registries.waiting.get(RequestId(name.request_id), OperatorId(name.operator))
    is_author = waiting.author == person.person
    deciding = explain_deciding(node, person, waiting)
    if not is_author and deciding.verdict is not Verdict.PERMITTED:
        raise Denied(deciding.reasons)
    still_open = waiting.state in {WaitingState.WAITING, WaitingState.APPROVED}
    now = node.lookup.preview(waiting.request)[waiting.operator] if still_open else None
    return WaitingView(
        waiting=waiting,
        # judged again, the reasons also say which words were found; what was written down says only the rules
        reasons=now.reasons
        if now is not None and now.verdict is Verdict.PENDING
        else reasons_of(node.gate, waiting.policy_ids),
        denied_now=now.reasons if now is not None and now.verdict is Verdict.DENIED else (),
        may_decide=waiting.state is WaitingState.WAITING and deciding.verdict is Verdict.PERMITTED,
        may_take_up=waiting.state is WaitingState.APPROVED and is_author,
        records=_records(node, waiting),
    )


def explain_deciding(node: Node, person: PersonFacts, line: WaitingLine) -> Explanation:
    """Return what the gate says to this person deciding this question."""
    return node.gate.explain_act(
        person,
        node.facts.agency(person.agency),
        Act.APPROVE_QUESTION,
        node.facts.operator(line.operator),
        ActContext(asker=line.author, asking_agency=line.agency),
    )


def _records(node: Node, line: WaitingLine) -> tuple[RequestRecord, ...]:
    log = node.desk(line.operator).evidence.log
    found = records_of_request(log, line.request_id, since=line.asked_at, until=line.expires_at)
    return tuple(RequestRecord(index=index, at=record.at, action=record.action) for index, record in found)


WAITING = (
    Operation(name="request.show", request=WaitingName, handler=show_waiting, says="Show one waiting question."),
)
