"""The ask page: one form that explains itself, what the gate would say, and the answer.

What flows in: a question in a form's body. What flows out: a preview, an answer, a denial with its cites, a wait.
What it must never see: a plate in a URL; every step of asking is a POST.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_403_FORBIDDEN

from lockplate.clock import monotonic_seconds
from lockplate.errors import BadInput, CallerError, NotFound
from lockplate.gate.decision import Explanation
from lockplate.lookup.answer import Answer
from lockplate.operations.asking import Ask, ask, preview
from lockplate.registry.grants import NEVER_GRANTED
from lockplate.terms import Basis, Offense, OperatorId, Purpose, Verdict
from lockplate.web.doorway import Doorway
from lockplate.web.pages.answers import view_answer
from lockplate.web.pages.drafts import FIELD_OF_ERROR, Draft, draft_of, first_draft, zones
from lockplate.web.pages.frame import PageState, SignedForm, Visitor
from lockplate.web.pages.submissions import new_form_token
from lockplate.wiring.node import Node

ANSWER_STATUS = {
    Verdict.PERMITTED: HTTP_200_OK,
    Verdict.PENDING: HTTP_202_ACCEPTED,
    Verdict.DENIED: HTTP_403_FORBIDDEN,
}


@get("/app/ask", sync_to_thread=True)
def show_ask(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Show the empty form."""
    draft = first_draft(doorway.node, visitor.session.person.agency)
    return _form(doorway.node, pages, visitor, draft)


@post("/app/ask", sync_to_thread=True, status_code=HTTP_200_OK)
def take_question(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], signed: NamedDependency[SignedForm]
) -> Response[Any]:
    """Preview, change or ask, as the button says."""
    draft, visitor, node = draft_of(signed.form), signed.visitor, doorway.node
    try:
        step = signed.form.step("ask", "preview", "change")
        if step == "change":
            return _form(node, pages, visitor, draft)
        question = draft.ask()
        if step == "preview":
            return _form(node, pages, visitor, draft, told=preview(node, visitor.actor, question))
        once = (visitor.csrf, signed.form.once())
        answer = pages.submissions.once(once, lambda: _ask(doorway, visitor, question))
    except (BadInput, NotFound) as error:
        return _form(node, pages, visitor, draft, error=error)
    return show_answer(node, pages, visitor, draft, answer)


def show_answer(node: Node, pages: PageState, visitor: Visitor, draft: Draft, answer: Answer) -> Response[Any]:
    """Return the page of an answer, a denial or a wait."""
    return pages.rendering.page(
        "answer.html",
        status=ANSWER_STATUS[answer.decision],
        visitor=visitor,
        draft=draft,
        view=view_answer(node, answer, draft.plate),
        agencies=node.registries.agencies.names(),
    )


def _ask(doorway: Doorway, visitor: Visitor, question: Ask) -> Answer:
    started = monotonic_seconds()
    answer = ask(doorway.node, visitor.actor, question)
    doorway.metrics.questions.labels(answer.decision.value).observe(monotonic_seconds() - started)
    return answer


def _form(
    node: Node,
    pages: PageState,
    visitor: Visitor,
    draft: Draft,
    *,
    told: dict[OperatorId, Explanation] | None = None,
    error: CallerError | None = None,
) -> Response[Any]:
    """Return the form as it stands, with what the gate would say or what is wrong."""
    operators = node.registries.operators.list_all()
    agencies = sorted(node.registries.agencies.names().items(), key=lambda item: item[1].casefold())
    own = visitor.session.person.agency
    return pages.rendering.page(
        "ask.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        draft=draft,
        operators=operators,
        names={operator.operator: operator.name for operator in operators},
        agencies=[(agency, name) for agency, name in agencies if agency != own],
        own_name=dict(agencies).get(own, own),
        purposes=[purpose for purpose in Purpose if purpose not in NEVER_GRANTED],
        refused=[purpose for purpose in Purpose if purpose in NEVER_GRANTED],
        offenses=tuple(Offense),
        bases=tuple(Basis),
        zones=zones(node),
        told=told or {},
        error=error,
        wrong=None if error is None else FIELD_OF_ERROR.get(error.code),
        once=new_form_token(),
    )
