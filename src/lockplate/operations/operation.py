"""Operation: a command's name, request, result and handler; and the actor on whose word it runs.

What flows in: definitions. What flows out: frozen values that both faces read.
What it must never see: a terminal, an HTTP request.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from lockplate.clock import parse_time
from lockplate.errors import Unauthenticated
from lockplate.gate.question import PersonFacts
from lockplate.terms import PersonId
from lockplate.wiring.node import Node


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who gives the word: a person, or the system user who holds the node's key-encryption key.

    The system user can found, register and maintain. To ask, approve or read records it must name a person, and the
    gate judges that person; there is no bypass.
    """

    person: PersonId | None
    is_system_user: bool = False
    """The command came from the node's own machine and system user, not over HTTP."""

    def require_person(self, node: Node) -> PersonFacts:
        """Return the person's facts of this moment, or raise Unauthenticated when nobody is named or known."""
        if self.person is None:
            raise Unauthenticated("this needs a person", next_step="Name one with --as USER.")
        return node.registries.people.facts(self.person)

    def require_system_user(self) -> "Actor":
        """Return the actor itself, or raise Unauthenticated: this is done on the node's own machine only."""
        if not self.is_system_user:
            raise Unauthenticated("this is done on the node's own machine", code="system_user_only")
        return self


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One command."""

    name: str
    """As the path under /v1 and the words after `lockplate`, joined by dots: `grant.propose`."""
    request: type[Any]
    handler: Callable[[Node, Actor, Any], Any]
    says: str
    """One line for `--help` and the OpenAPI document."""
    is_for_system_user: bool = False
    """Not offered to people over HTTP."""


def times(start: str, end: str) -> tuple[datetime, datetime]:
    """Return a window's two instants; raises BadInput for what is no time."""
    return parse_time(start), parse_time(end)
