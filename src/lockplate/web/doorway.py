"""Doorway: everything a request handler may reach, and who is calling.

What flows in: headers. What flows out: the node, and an actor or a reader that has proved itself.
What it must never see: a key in a URL. Routes are closed: a handler that asks for no caller serves public things only.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from lockplate.errors import Unauthenticated
from lockplate.operations.operation import Actor
from lockplate.operations.signing_in import SignInDesk
from lockplate.registry.readers import RegisteredReader
from lockplate.registry.sessions import Session
from lockplate.terms import PersonId
from lockplate.web.alert_feeds import StreamDesk
from lockplate.web.metrics import Metrics
from lockplate.wiring.node import Node

READER_KEY_HEADER = "x-reader-key"
PERSON_HEADER = "x-lockplate-person"
CSRF_HEADER = "x-csrf-token"
COOKIE = "lockplate_session"

HttpRequest = Request[Any, Any, Any]


class Doorway(msgspec.Struct, frozen=True, kw_only=True):
    """The node behind the server, and the token of commands of the same system user."""

    node: Node
    run_token: str
    metrics: Metrics
    sign_in: SignInDesk = msgspec.field(default_factory=SignInDesk)
    """One for pages and programs, so that failed tries are counted together."""
    streams: StreamDesk = msgspec.field(default_factory=StreamDesk)
    """Who watches alerts."""

    def actor(self, request: HttpRequest) -> Actor:
        """Return on whose word an operation runs, or raise Unauthenticated.

        Either the run token, which only the node's own system user can read; it may name a person. Or a session cookie
        with its CSRF token in a header.
        """
        word, _, token = request.headers.get("authorization", "").partition(" ")
        if word.lower() == "bearer" and token:
            if not hmac.compare_digest(token.encode(), self.run_token.encode()):
                raise Unauthenticated("the credentials are not valid", next_step="Run the command again.")
            person = request.headers.get(PERSON_HEADER, "")
            return Actor(person=PersonId(person) if person else None, is_system_user=True)
        session = self.session(request)
        self.node.registries.sessions.require_csrf(session, request.headers.get(CSRF_HEADER, ""))
        return Actor(person=session.person.person)

    def watcher(self, request: HttpRequest) -> tuple[Actor, Callable[[], None]]:
        """Return who watches, and what raises Unauthenticated once they are no longer signed in.

        As `actor`, but a session needs no token: nothing is changed by watching, and no other site can read it.
        """
        if request.headers.get("authorization"):
            return self.actor(request), _nothing
        session = self.session(request)
        sessions, cookie = self.node.registries.sessions, session.session_id

        def still_here() -> None:
            sessions.resume(cookie, is_use=False)

        return Actor(person=session.person.person), still_here

    def session(self, request: HttpRequest) -> Session:
        """Return the caller's session, or raise Unauthenticated."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            raise Unauthenticated("sign in first", next_step="Open /app/sign-in.")
        return self.node.registries.sessions.resume(cookie)

    def reader(self, request: HttpRequest) -> RegisteredReader:
        """Return the reader that sends, or raise Unauthenticated; the key comes in a header, never in the URL."""
        return self.reader_of(request.headers)

    def reader_of(self, headers: Mapping[str, str]) -> RegisteredReader:
        """Return the reader behind a request's headers; as `reader`."""
        key = headers.get(READER_KEY_HEADER, "")
        if not key:
            word, _, token = headers.get("authorization", "").partition(" ")
            key = token if word.lower() == "bearer" else ""
        if not key:
            raise Unauthenticated("no reader key", next_step="Send the reader's key in the header X-Reader-Key.")
        return self.node.registries.readers.authenticate(key)


def _nothing() -> None:
    """Ask for nothing more: the run token holds as long as the server runs."""


def new_run_token() -> str:
    """Return a fresh token for one run of the server."""
    return secrets.token_urlsafe(32)


def session_cookie(request: HttpRequest, session: Session) -> Cookie:
    """Return the cookie of a session: scripts cannot read it, other sites cannot send it."""
    return Cookie(
        key=COOKIE, value=session.session_id, httponly=True, samesite="strict", secure=is_secure(request), path="/"
    )


def no_cookie(request: HttpRequest, key: str, path: str) -> Cookie:
    """Return what takes a cookie away."""
    return Cookie(key=key, value="", max_age=0, httponly=True, samesite="strict", secure=is_secure(request), path=path)


def is_secure(request: HttpRequest) -> bool:
    """Say whether cookies are for HTTPS only: always, unless the caller speaks to its own machine."""
    host = request.url.hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
