"""The faults' page: what is amiss, and a button to say that somebody has seen it.

What flows in: whoever manages readers or lists. What flows out: the open faults of their operators.
What it must never see: a plate.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from lockplate.errors import CallerError, Denied, LockplateError, NotFound
from lockplate.gate.act import Act
from lockplate.operations.authority import require_any
from lockplate.operations.faults import FaultName, acknowledge_fault, kinds_of, operators_with_faults
from lockplate.web.doorway import Doorway
from lockplate.web.pages.frame import PageState, SignedForm, Visitor
from lockplate.web.pages.rendering import PRIVATE

BACK = frozenset({"/app/faults", "/app/readers"})
"""Where the form may lead back to."""


@get("/app/faults", sync_to_thread=True)
def show_faults(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Show what is amiss."""
    return _page(doorway, pages, visitor, None)


@post("/app/faults/acknowledge", sync_to_thread=True, status_code=HTTP_200_OK)
def acknowledge(
    doorway: NamedDependency[Doorway], pages: NamedDependency[PageState], signed: NamedDependency[SignedForm]
) -> Response[Any]:
    """Note that a fault was seen, on record, and go back; a fault that is over meanwhile is said."""
    try:
        acknowledge_fault(doorway.node, signed.visitor.actor, FaultName(fault_id=signed.form.text("fault")))
    except Denied:
        raise
    except CallerError as error:
        return _page(doorway, pages, signed.visitor, error)
    back = signed.form.text("back")
    place = back if back in BACK else "/app/faults"
    return Redirect(place, status_code=HTTP_303_SEE_OTHER, headers=PRIVATE)


def _page(doorway: Doorway, pages: PageState, visitor: Visitor, error: LockplateError | None) -> Response[Any]:
    node = doorway.node
    board = operators_with_faults(node, visitor.session.person)
    if not board:
        # says by which rule
        for operator in node.desks:
            require_any(node, visitor.actor, (Act.MANAGE_READERS, Act.MANAGE_HOTLISTS), operator)
        raise NotFound("there are no faults for you to look at", code="no_faults")
    return pages.rendering.page(
        "faults.html",
        status=HTTP_200_OK if error is None else error.http_status,
        visitor=visitor,
        board=board,
        mine={name: kinds_of(node, visitor.session.person, name) for name in board},
        names={name: node.desk(name).operator.name for name in board},
        error=error,
    )
