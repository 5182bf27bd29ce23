"""Refusals: errors as pages.

What flows in: an error of ours, of the framework, or a fault. What flows out: a page with its status and next step.
What it must never see: a traceback, a fault's own text, what was posted.
"""

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from lockplate.errors import ApprovalNeeded, Denied, LockplateError, NotFound, Overloaded, RecordPlace, Unauthenticated
from lockplate.web.application import RETRY_AFTER_SECONDS
from lockplate.web.doorway import COOKIE, HttpRequest
from lockplate.web.pages.frame import VISITOR, state_of
from lockplate.web.pages.rendering import PRIVATE
from lockplate.web.phrases import sentence

SIGN_IN = "/app/sign-in"
TITLES: Mapping[int, str] = {
    400: "That cannot be read",
    403: "Not allowed",
    404: "There is no such page",
    405: "Not this way",
    409: "That is no longer possible",
    413: "Too large",
    503: "Too much at once",
}


def told_page(request: HttpRequest, error: LockplateError) -> Response[Any]:
    """Return an error of ours as a page; whoever is not signed in is sent to do that."""
    if isinstance(error, Unauthenticated):
        return to_sign_in(request)
    if error.http_status >= 500 and not isinstance(error, Overloaded):
        structlog.get_logger("lockplate.pages").error("node_error", code=error.code)
    reasons = error.reasons if isinstance(error, Denied | ApprovalNeeded) else ()
    message = "The rules below decided." if reasons else error.message
    next_step = "Somebody of your agency in the role that the rule names can do it." if reasons else error.next_step
    headers = {"retry-after": RETRY_AFTER_SECONDS} if isinstance(error, Overloaded) else {}
    record = error.record if isinstance(error, Denied) else None
    return _page(request, error.http_status, message, next_step, reasons=reasons, record=record, headers=headers)


def told_http_page(request: HttpRequest, error: HTTPException) -> Response[Any]:
    """Return the framework's own errors as a page, in our words."""
    message = TITLES.get(error.status_code, "The request could not be handled.")
    return _page(request, error.status_code, f"{message}.", "")


def told_fault_page(request: HttpRequest, error: Exception) -> Response[Any]:
    """Return a fault of ours without its text; its kind goes to the log."""
    structlog.get_logger("lockplate.pages").error("fault", kind=type(error).__name__)
    return _page(request, 500, "Something broke here. Nothing was answered.", "Tell whoever runs this server.")


def to_sign_in(request: HttpRequest) -> Response[Any]:
    """Return the way to the sign-in page, and back to a page that was only to be looked at."""
    query = {"then": request.url.path} if request.method == "GET" and request.url.path != "/app" else {}
    if request.cookies.get(COOKIE):
        query["ended"] = "1"
    path = f"{SIGN_IN}?{urlencode(query)}" if query else SIGN_IN
    return Redirect(path, status_code=HTTP_303_SEE_OTHER, headers=dict(PRIVATE))


def no_such_page() -> NoReturn:
    """Raise NotFound for a path under /app that is no page."""
    raise NotFound("The address may be mistyped, or the page may be gone.", code="no_page")


def _page(
    request: HttpRequest,
    status: int,
    message: str,
    next_step: str,
    *,
    reasons: tuple[Any, ...] = (),
    record: RecordPlace | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    return state_of(request).rendering.page(
        "error.html",
        status=status,
        headers=headers,
        visitor=request.state.get(VISITOR),
        title=TITLES.get(status, "Something broke here"),
        message=sentence(message),
        next_step=next_step,
        reasons=reasons,
        record=record,
        number=status,
    )
