"""Session: one command on one node: in this process when it can own the node, else through the running server.

What flows in: an operation's name, its request, who gives the word. What flows out: the result as plain values.
What it must never see: a key. The server's address and its run token come from a file that only the node's own system
user can read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from lockplate.clock import Clock, SystemClock
from lockplate.errors import BadInput, NodeBusy, NotFound
from lockplate.operations.operation import Actor
from lockplate.operations.plain import plain
from lockplate.operations.table import operation
from lockplate.settings import Settings
from lockplate.terms import PersonId
from lockplate.wiring.layout import Layout
from lockplate.wiring.node import Node, open_node

SERVER_TIMEOUT_SECONDS = 600.0


class ServerNote(msgspec.Struct, frozen=True, kw_only=True):
    """Where the running server is, and the token that says "the same system user"."""

    url: str
    token: str


class RemoteRefused(BadInput):
    """The running server answered with an error; its own words are passed on."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(
            str(body.get("message", "the server refused")),
            code=str(body.get("error", "server_refused")),
            next_step=str(body.get("next_step", "")),
        )
        self.status = status
        self.body = body

    def public(self) -> dict[str, Any]:
        """Return the server's own words: reasons and fault included."""
        return super().public() | self.body


class Session:
    """Runs operations for one home folder."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._held: Node | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the node open for several commands, where this process can own it; else each goes to the server."""
        try:
            node = self.open()
        except NodeBusy:
            yield
            return
        with node:
            self._held = node
            try:
                yield
            finally:
                self._held = None

    def run(self, name: str, request: object, *, person: str = "") -> Any:
        """Return an operation's result as plain values; raises what the operation raises."""
        if self._held is not None:
            return _run_here(self._held, name, request, person)
        try:
            node = self.open()
        except NodeBusy:
            return self._run_there(name, request, person)
        with node:
            return _run_here(node, name, request, person)

    def open(self) -> Node:
        """Return the node, owned by this process; raises NodeBusy while a server or another command owns it."""
        return open_node(self._settings, self._clock)

    def _run_there(self, name: str, request: object, person: str) -> Any:
        note = read_server_note(Layout(self._settings.home).server)
        headers = {"authorization": f"Bearer {note.token}", "content-type": "application/json"}
        if person:
            headers["x-lockplate-person"] = person
        body = msgspec.json.encode(request)
        try:
            with httpx.Client(timeout=SERVER_TIMEOUT_SECONDS, trust_env=False) as client:
                answer = client.post(f"{note.url}/v1/{name.replace('.', '/')}", content=body, headers=headers)
        except httpx.HTTPError:
            raise NodeBusy(
                "the node is in use and its server cannot be reached",
                next_step="Wait for the other command, or look at the server.",
            ) from None
        told = msgspec.json.decode(answer.content) if answer.content else {}
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise RemoteRefused(answer.status_code, told)
        return told


def _run_here(node: Node, name: str, request: object, person: str) -> Any:
    actor = Actor(person=PersonId(person) if person else None, is_system_user=True)
    return plain(operation(name).handler(node, actor, request))


def read_server_note(path: Path) -> ServerNote:
    """Return where the running server is, or raise NodeBusy when nobody says so."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerNote)
    except (OSError, msgspec.MsgspecError):
        raise NodeBusy("another command owns this node", next_step="Wait until it ends.") from None


def require_node(settings: Settings) -> Settings:
    """Return the settings, or raise NotFound when there is no node in the home folder."""
    if not Layout(settings.home).registry.exists():
        raise NotFound("there is no node in this folder", code="no_node", next_step="Make one with `lockplate init`.")
    return settings
