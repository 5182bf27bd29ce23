"""Ask at another node, and answer one: `lookup.elsewhere`, `request.resume-elsewhere`, `lookup.shared`.

What flows in: a person's question; the other node's address and key, or the other node's part of the salt.
What flows out: answers, with both sides' records.
What it must never see: an address that somebody gives over HTTP: only this node's own system user sends it anywhere.
"""

import msgspec

from lockplate.access import Shared
from lockplate.errors import BadInput
from lockplate.gate.question import PersonFacts
from lockplate.lookup.elsewhere import ElsewhereAnswer
from lockplate.lookup.exchange import SharedAnswer, SharedAsk
from lockplate.lookup.there import Place, require_url
from lockplate.note import parse_vkey
from lockplate.operations.asking import Ask, access_request
from lockplate.operations.operation import Actor, Operation
from lockplate.registry.ids import require_login, require_slug
from lockplate.shared_question import new_salt, new_shared_id, require_origin, shared_salt
from lockplate.terms import OperatorId, PersonId, RequestId
from lockplate.wiring.node import Node


class Visit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to ask, and how to get in there."""

    url: str
    operator: str
    """Whose reads, by its id there."""
    key: str
    """The key of that operator's log."""
    sign_in: str
    """The person's name there; empty: the same as here."""
    password: str
    own_operator: str = ""
    """Whose log here keeps the record; may be left out when the person's agency runs one operator."""

    def __repr__(self) -> str:
        return f"Visit({self.url}, …)"


class AskElsewhere(Ask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question for one operator of another node."""

    visit: Visit


class ResumeElsewhere(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question that waited at another node."""

    request_id: str
    visit: Visit


def ask_elsewhere(node: Node, actor: Actor, asked: AskElsewhere) -> ElsewhereAnswer:
    """Ask at another node: judged and on record here first, then there, and shown when proved."""
    actor.require_system_user()
    person = actor.require_person(node)
    place = _place(asked.visit, person)
    if asked.operators != (place.operator,):
        raise BadInput("one operator at a time is asked at another node", code="no_operator")
    words = {name: getattr(asked, name) for name in Ask.__struct_fields__}
    request = msgspec.structs.replace(
        access_request(node, actor, Ask(**words)), request_id=new_shared_id(node.clock.now())
    )
    return node.elsewhere.ask(request, _own_operator(node, person, asked.visit), place, asked.visit.password)


def resume_elsewhere(node: Node, actor: Actor, asked: ResumeElsewhere) -> ElsewhereAnswer:
    """Have a question that waited at another node answered there, on record on both sides."""
    actor.require_system_user()
    person = actor.require_person(node)
    place = _place(asked.visit, person)
    own = _own_operator(node, person, asked.visit)
    return node.elsewhere.take_up(RequestId(asked.request_id), person.person, own, place, asked.visit.password)


def answer_shared(node: Node, actor: Actor, asked: SharedAsk) -> SharedAnswer:
    """Answer a question that another node has on record, too; judged like any other of this person.

    Raises BadInput for an id, origin or salt that is none, Conflict for an id that was here before.
    """
    if len(asked.operators) != 1:
        raise BadInput("a question from another node is to one operator", code="no_operator")
    words = {name: getattr(asked, name) for name in Ask.__struct_fields__}
    request = access_request(node, actor, Ask(**words))
    mine = new_salt()
    shared = Shared(asked_from=require_origin(asked.asked_from), salt=shared_salt(_salt(asked.salt), mine))
    request = msgspec.structs.replace(request, shared=shared).check()
    node.desk(request.operators[0])
    request = msgspec.structs.replace(request, request_id=node.registries.shared_questions.take(asked.request_id))
    return SharedAnswer(answer=node.lookup.ask(request), salt=mine.hex())


def _place(visit: Visit, person: PersonFacts) -> Place:
    """Return where to ask, each part in the form that may stand in a record."""
    require_origin(parse_vkey(visit.key).name)
    return Place(
        url=require_url(visit.url),
        operator=OperatorId(require_slug(visit.operator)),
        person=PersonId(require_login(visit.sign_in or person.person)),
        vkey=visit.key,
    )


def _own_operator(node: Node, person: PersonFacts, visit: Visit) -> OperatorId:
    """Return whose log keeps the asking side's record: an operator that the person's agency runs."""
    own = [name for name, desk in node.desks.items() if desk.operator.agency == person.agency]
    if visit.own_operator:
        return node.desk(OperatorId(visit.own_operator)).name
    if len(own) != 1:
        raise BadInput(
            "the person's agency runs no operator here, or several",
            code="which_operator",
            next_step="Name the one whose log keeps the record with --own-operator.",
        )
    return own[0]


def _salt(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadInput("the salt is not written in hexadecimal", code="bad_salt") from None


ELSEWHERE = (
    Operation(
        name="lookup.elsewhere",
        request=AskElsewhere,
        handler=ask_elsewhere,
        says="Ask at another node, on record on both.",
        is_for_system_user=True,
    ),
    Operation(
        name="request.resume-elsewhere",
        request=ResumeElsewhere,
        handler=resume_elsewhere,
        says="Take up a question that waited at another node.",
        is_for_system_user=True,
    ),
    Operation(
        name="lookup.shared",
        request=SharedAsk,
        handler=answer_shared,
        says="Answer a question that another node has on record, too.",
    ),
)
