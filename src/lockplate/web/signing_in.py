"""`POST /v1/sign-in` and `/v1/sign-out`: a session for a program that asks for a person, as another node does.

What flows in: a name and a password, as JSON. What flows out: the session's cookie and the token for its requests.
What it must never see: a form of another site: a browser sends JSON across sites only when asked to, and here none is.
"""

import asyncio
from typing import Any

import msgspec
from litestar import Response, post
from litestar.status_codes import HTTP_200_OK

from lockplate.clock import format_time
from lockplate.errors import BadInput
from lockplate.lookup.exchange import SignedIn
from lockplate.operations.plain import plain
from lockplate.web.doorway import COOKIE, Doorway, HttpRequest, no_cookie, session_cookie

JSON = "application/json"


class NamePassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs in."""

    name: str
    password: str

    def __repr__(self) -> str:
        return "NamePassword(…)"


@post("/v1/sign-in", status_code=HTTP_200_OK)
async def sign_in(request: HttpRequest, doorway: Doorway) -> Response[dict[str, Any]]:
    """Open a session: its cookie, and the token that goes into `X-CSRF-Token`; 401 in one and the same words."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise BadInput("a sign-in is sent as application/json", code="bad_request")
    try:
        who = msgspec.json.decode(await request.body(), type=NamePassword)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise BadInput("a sign-in has a name and a password, and nothing else", code="bad_request") from None
    session = await asyncio.to_thread(doorway.sign_in.sign_in, doorway.node, who.name.strip(), who.password)
    told = SignedIn(csrf_token=session.csrf_token, ends_at=format_time(session.ends_at))
    return Response(plain(told), status_code=HTTP_200_OK, cookies=[session_cookie(request, session)], headers=_PRIVATE)


@post("/v1/sign-out", status_code=HTTP_200_OK)
async def sign_out(request: HttpRequest, doorway: Doorway) -> Response[dict[str, Any]]:
    """End the session of the cookie; wants its token, like every request of a session."""
    await asyncio.to_thread(doorway.actor, request)
    await asyncio.to_thread(doorway.node.registries.sessions.end, request.cookies.get(COOKIE, ""))
    return Response({}, status_code=HTTP_200_OK, cookies=[no_cookie(request, COOKIE, "/")], headers=_PRIVATE)


_PRIVATE = {"cache-control": "no-store"}
