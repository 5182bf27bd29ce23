"""The waiting pages: questions that want a second person, one decision on a screen.

What flows in: a person; approve, refuse, take up. What flows out: lists, one question with why it waits, an answer.
What it must never see: a decision without the gate's yes; operations ask it each time.
"""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from lockplate.access import AccessRequest
from lockplate.clock import format_time
from lockplate.errors import BadInput, CallerError, Conflict
from lockplate.lookup.answer import Answer
from lockplate.operations.asking import Nothing, WaitingName, approve, list_waiting, refuse, resume
from lockplate.operations.waiting import WaitingView, explain_deciding, show_waiting
from lockplate.registry.requests import WaitingLine, WaitingState
from lockplate.terms import Verdict
from lockplate.web.doorway import Doorway
from lockplate.web.pages.asking import show_answer
from lockplate.web.pages.drafts import Draft
from lockplate.web.pages.frame import PageState, SignedForm, Visitor
from lockplate.web.pages.rendering import PRIVATE
from lockplate.wiring.node import Node

PAST_SHOWN = 20


class WaitingList(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of the waiting page."""

    to_decide: tuple[WaitingLine, ...]
    to_take_up: tuple[WaitingLine, ...]
    own_waiting: tuple[WaitingLine, ...]
    past: tuple[WaitingLine, ...]
    """One's own, or decided by oneself: newest first."""


@get("/app/waiting", sync_to_thread=True)
def show_list(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Show what waits for this person."""
    node = doorway.node
    return pages.rendering.page(
        "waiting.html", visitor=visitor, waiting=_sorted(node, visitor), names=_operator_names(node)
    )


@get("/app/waiting/{request_id:str}/{operator:str}", sync_to_thread=True)
def show_one(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    visitor: NamedDependency[Visitor],
    request_id: FromPath[str],
    operator: FromPath[str],
) -> Response[Any]:
    """Show one question and why it waits."""
    return _one(doorway.node, pages, visitor, WaitingName(request_id=request_id, operator=operator))


@post("/app/waiting/{request_id:str}/{operator:str}", sync_to_thread=True, status_code=HTTP_200_OK)
def decide(
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    signed: NamedDependency[SignedForm],
    request_id: FromPath[str],
    operator: FromPath[str],
) -> Response[Any]:
    """Approve, refuse or take up, as the button says."""
    node, visitor = doorway.node, signed.visitor
    name = WaitingName(request_id=request_id, operator=operator)
    try:
        step = signed.form.step("approve", "refuse", "take_up")
        if step == "take_up":
            return _take_up(node, pages, visitor, name)
        (approve if step == "approve" else refuse)(node, visitor.actor, name)
    except (BadInput, Conflict) as error:
        return _one(node, pages, visitor, name, error=error)
    path = f"/app/waiting/{request_id}/{operator}"
    return Redirect(path, status_code=HTTP_303_SEE_OTHER, headers=PRIVATE)


def _take_up(node: Node, pages: PageState, visitor: Visitor, name: WaitingName) -> Response[Any]:
    """Answer an approved question once; a second sending of the form gets the same page."""
    seen = show_waiting(node, visitor.actor, name)

    def work() -> Answer:
        part = resume(node, visitor.actor, name)
        request = seen.waiting.request
        return Answer(
            request_id=request.request_id,
            decision=part.verdict,
            plates_asked=len(request.plate_keys()),
            operators=(part,),
        )

    answer = pages.submissions.once((visitor.csrf, f"take-up/{name.request_id}/{name.operator}"), work)
    return show_answer(node, pages, visitor, draft_of_request(seen.waiting.request, name.operator), answer)


def draft_of_request(request: AccessRequest, operator: str) -> Draft:
    """Return a question that was asked, as the answer's page shows it: in UTC."""
    return Draft(
        plate=request.plate,
        operators=(operator,),
        window_from=format_time(request.window_from)[:16],
        window_to=format_time(request.window_to)[:16],
        purpose=request.purpose,
        offense=request.offense,
        basis=request.basis,
        on_behalf_of="own" if request.on_behalf_of == request.agency else request.on_behalf_of,
        case_number=request.case_number,
        reason=request.reason,
    )


def _one(
    node: Node, pages: PageState, visitor: Visitor, name: WaitingName, *, error: CallerError | None = None
) -> Response[Any]:
    seen: WaitingView = show_waiting(node, visitor.actor, name)
    return pages.rendering.page(
        "decision.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        seen=seen,
        request=seen.waiting.request,
        is_author=seen.waiting.author == visitor.person,
        names=_operator_names(node),
        agencies=node.registries.agencies.names(),
        error=error,
    )


def _sorted(node: Node, visitor: Visitor) -> WaitingList:
    lines = list_waiting(node, visitor.actor, Nothing())
    own = [line for line in lines if line.author == visitor.person]
    person = visitor.session.person
    mine = [line for line in lines if visitor.person in {line.author, line.decided_by}]
    over = {WaitingState.ANSWERED, WaitingState.REFUSED, WaitingState.EXPIRED}
    past = [line for line in mine if line.state in over or line.author != visitor.person]
    return WaitingList(
        to_decide=tuple(
            line
            for line in lines
            if line.state is WaitingState.WAITING and explain_deciding(node, person, line).verdict is Verdict.PERMITTED
        ),
        to_take_up=tuple(line for line in own if line.state is WaitingState.APPROVED),
        own_waiting=tuple(line for line in own if line.state is WaitingState.WAITING),
        past=tuple(reversed(past))[:PAST_SHOWN],
    )


def _operator_names(node: Node) -> dict[str, str]:
    return {operator.operator: operator.name for operator in node.registries.operators.list_all()}
