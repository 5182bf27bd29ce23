"""Sign in and out.

What flows in: a name and a password, once, over a form that only this site can have sent. What flows out: a cookie
that scripts cannot read and other sites cannot send. What it must never see: a password in a page, a log or a URL.
"""

import hmac
import re
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from lockplate.errors import LockplateError, Unauthenticated
from lockplate.registry.sessions import ForgedForm
from lockplate.web.doorway import COOKIE, Doorway, HttpRequest, is_secure, no_cookie, session_cookie
from lockplate.web.pages.forms import Form
from lockplate.web.pages.frame import PageState, SignedForm, Visitor, visitor_of
from lockplate.web.pages.refusals import SIGN_IN
from lockplate.web.pages.rendering import PRIVATE

FORM_COOKIE = "lockplate_form"
"""Holds the token of the sign-in form: there is no session yet that could."""
_SAFE_PATH = re.compile(r"/app(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,80}){0,4}", re.ASCII)
TRY_AGAIN = ForgedForm("the form was too old", next_step="Please try again.")


@get("/app/sign-in", sync_to_thread=True)
def show_sign_in(
    request: HttpRequest,
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    then: FromQuery[str] = "/app",
    ended: FromQuery[str] = "",
    out: FromQuery[str] = "",
) -> Response[Any]:
    """Show the sign-in form, or go on when somebody is signed in."""
    try:
        visitor_of(request, doorway)
    except Unauthenticated:
        notice = "You are signed out." if out else "Your session is over. Sign in again." if ended else ""
        return _form(request, pages, then=_safe(then), notice=notice)
    return _to(_safe(then))


@post("/app/sign-in", sync_to_thread=True, status_code=HTTP_200_OK)
def sign_in(
    request: HttpRequest,
    doorway: NamedDependency[Doorway],
    pages: NamedDependency[PageState],
    form: NamedDependency[Form],
) -> Response[Any]:
    """Open a session; every failure reads the same."""
    then = _safe(form.text("then"))
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), form.text("form_token").encode()):
        return _form(request, pages, then=then, name=form.text("name"), error=TRY_AGAIN)
    try:
        session = doorway.sign_in.sign_in(doorway.node, form.text("name").strip(), form.text("password"))
    except Unauthenticated as error:
        return _form(request, pages, then=then, name=form.text("name"), error=error)
    doorway.node.registries.sessions.end(request.cookies.get(COOKIE, ""))
    return _to(
        then,
        session_cookie(request, session),
        no_cookie(request, FORM_COOKIE, SIGN_IN),
    )


@post("/app/sign-out", sync_to_thread=True, status_code=HTTP_303_SEE_OTHER)
def sign_out(
    request: HttpRequest, doorway: NamedDependency[Doorway], signed: NamedDependency[SignedForm]
) -> Response[Any]:
    """End the session."""
    doorway.node.registries.sessions.end(signed.visitor.session.session_id)
    return _to(f"{SIGN_IN}?out=1", no_cookie(request, COOKIE, "/"))


@get("/app", sync_to_thread=False)
def go_home(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """Go to the first page for this person."""
    return _to(visitor.home)


def _form(
    request: HttpRequest,
    pages: PageState,
    *,
    then: str,
    name: str = "",
    notice: str = "",
    error: LockplateError | None = None,
) -> Response[Any]:
    """Return the sign-in page with a token that also lies in a cookie."""
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    status = HTTP_200_OK if error is None else error.http_status
    page = pages.rendering.page(
        "sign_in.html", status=status, visitor=None, token=token, then=then, name=name, notice=notice, error=error
    )
    page.set_cookie(
        Cookie(key=FORM_COOKIE, value=token, httponly=True, samesite="strict", secure=is_secure(request), path=SIGN_IN)
    )
    return page


def _safe(path: str) -> str:
    """Return a path of this site's own pages, or their entrance."""
    return path if _SAFE_PATH.fullmatch(path) and path != SIGN_IN else "/app"


def _to(path: str, *cookies: Cookie) -> Response[Any]:
    return Redirect(path, status_code=HTTP_303_SEE_OTHER, cookies=list(cookies), headers=PRIVATE)
