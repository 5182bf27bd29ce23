"""Ask, preview, and the second person: `lookup`, `request list|approve|refuse|resume`.

What flows in: a person's question in words. What flows out: answers, previews, waiting lines.
What it must never see: a way to name another agency as one's own; it comes from the registry.
"""

import msgspec

from lockplate.access import AccessRecord, AccessRequest
from lockplate.clock import new_request_id
from lockplate.errors import BadInput, Denied, LockplateError
from lockplate.gate.act import Act, ActContext, Allowance
from lockplate.gate.decision import Explanation
from lockplate.lookup.answer import Answer, OperatorAnswer
from lockplate.operations.operation import Actor, Operation, times
from lockplate.registry.requests import WaitingLine
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    CaseNumber,
    LeafIndex,
    Offense,
    OperatorId,
    PlateText,
    Purpose,
    RequestId,
    Verdict,
)
from lockplate.wiring.node import Node

OWN_AGENCY = frozenset({"own", "own agency", "own-agency", "self", ""})
"""How people say that nobody else will receive the answer."""


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question as a person writes it."""

    plate: str
    operators: tuple[str, ...]
    window_from: str
    window_to: str
    purpose: Purpose
    offense: Offense
    basis: Basis
    on_behalf_of: str
    """`own` or an agency's id."""
    case_number: str = ""
    reason: str = ""


class WaitingName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One waiting request."""

    request_id: str
    operator: str


class DecidedLine(WaitingLine, frozen=True, kw_only=True):
    """A waiting question after a second person's word, and the record of that word."""

    record_index: LeafIndex


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request without fields."""


def access_request(node: Node, actor: Actor, ask: Ask) -> AccessRequest:
    """Return the request that the gate judges; raises Unauthenticated, or BadInput for what cannot be judged."""
    person = actor.require_person(node)
    start, end = times(ask.window_from, ask.window_to)
    if not ask.operators:
        raise BadInput("no operator was named", code="no_operator", next_step="Name one with --operator.")
    return AccessRequest(
        request_id=new_request_id(),
        asked_at=node.clock.now(),
        person=person.person,
        agency=person.agency,
        on_behalf_of=_receiver(person.agency, ask.on_behalf_of),
        operators=tuple(OperatorId(name) for name in ask.operators),
        plate=PlateText(ask.plate.strip()),
        window_from=start,
        window_to=end,
        purpose=ask.purpose,
        offense=ask.offense,
        basis=ask.basis,
        case_number=CaseNumber(ask.case_number.strip()),
        reason=ask.reason.strip(),
    )


def _receiver(own: AgencyId, written: str) -> AgencyId:
    word = " ".join(written.strip().lower().split())
    return own if word in OWN_AGENCY else AgencyId(word.replace(" ", "-"))


def ask(node: Node, actor: Actor, request: Ask) -> Answer:
    """Ask a lawful question about a known plate."""
    return node.lookup.ask(access_request(node, actor, request))


def preview(node: Node, actor: Actor, request: Ask) -> dict[OperatorId, Explanation]:
    """Say what the gate would say, without a record and without opening anything."""
    return node.lookup.preview(access_request(node, actor, request))


def list_waiting(node: Node, actor: Actor, _: Nothing) -> tuple[WaitingLine, ...]:
    """List the questions of one's agency that wait or waited for a second person."""
    return node.registries.waiting.list_all(agency=actor.require_person(node).agency)


def approve(node: Node, actor: Actor, name: WaitingName) -> DecidedLine:
    """Approve a waiting question, as a second person; it is judged again when it is answered."""
    return _decide(node, actor, name, approves=True)


def refuse(node: Node, actor: Actor, name: WaitingName) -> DecidedLine:
    """Refuse a waiting question."""
    return _decide(node, actor, name, approves=False)


def resume(node: Node, actor: Actor, name: WaitingName) -> OperatorAnswer:
    """Answer one's own approved question."""
    person = actor.require_person(node)
    waiting = node.registries.waiting.get(RequestId(name.request_id), OperatorId(name.operator))
    if waiting.author != person.person:
        raise BadInput("only its author can take up a question", code="not_author")
    return node.lookup.resume(RequestId(name.request_id), OperatorId(name.operator))


def _decide(node: Node, actor: Actor, name: WaitingName, *, approves: bool) -> DecidedLine:
    """Let the gate judge the second person, put their word on record, and only then let it count."""
    person = actor.require_person(node)
    operator = OperatorId(name.operator)
    desk = node.desk(operator)
    waiting = node.registries.waiting.get(RequestId(name.request_id), operator)
    word = AccessRecord(
        action=Action.QUESTION_APPROVAL,
        at=node.clock.now(),
        operator=operator,
        person=person.person,
        agency=person.agency,
        verdict=Verdict.PERMITTED if approves else Verdict.DENIED,
        policy_set_hash=node.gate.policy_set_hash,
        request_id=waiting.request_id,
        facts={"author": waiting.author},
    )
    try:
        allowance: Allowance = node.gate.decide_act(
            person,
            node.facts.agency(person.agency),
            Act.APPROVE_QUESTION,
            node.facts.operator(operator),
            ActContext(asker=waiting.author, asking_agency=waiting.agency),
        )
    except Denied as denied:
        ids = tuple(reason.policy_id for reason in denied.reasons)
        facts = word.facts | {"word": "not theirs to give"}
        denial = msgspec.structs.replace(word, verdict=Verdict.DENIED, policy_ids=ids, facts=facts)
        raise denied.on_record(operator, desk.recorder.record(denial)) from denied
    word = msgspec.structs.replace(word, policy_ids=allowance.policy_ids)
    place = desk.recorder.record(word)
    step = node.registries.waiting.approve if approves else node.registries.waiting.refuse
    try:
        line = step(waiting.request_id, operator, by=person.person)
    except LockplateError as error:
        # decided by somebody else in between, or over: their word did not count, and the log says so
        facts = word.facts | {"outcome": "failed", "code": error.code}
        desk.recorder.record(msgspec.structs.replace(word, at=node.clock.now(), refers_to=place, facts=facts))
        raise
    return DecidedLine(**msgspec.structs.asdict(line), record_index=place)


ASKING = (
    Operation(name="lookup", request=Ask, handler=ask, says="Ask a lawful question about a known plate."),
    Operation(name="lookup.preview", request=Ask, handler=preview, says="Say what the gate would say; opens nothing."),
    Operation(name="request.list", request=Nothing, handler=list_waiting, says="List questions that wait."),
    Operation(name="request.approve", request=WaitingName, handler=approve, says="Approve a question, second person."),
    Operation(name="request.refuse", request=WaitingName, handler=refuse, says="Refuse a waiting question."),
    Operation(name="request.resume", request=WaitingName, handler=resume, says="Answer one's own approved question."),
)
