"""The routes beside commands and reads, as the OpenAPI document tells them: signing in, the log, documents, health.

What flows in: nothing. What flows out: one frozen line a route; what bodies readers send. The only place for a route
that is not in the table of operations.
What it must never see: a handler, a node. A test compares these lines with the routes that are served.
"""

from typing import Any

import msgspec

from lockplate.lookup.exchange import SignedIn
from lockplate.operations.documents import PolicyPage
from lockplate.reporting.report import Report
from lockplate.web.signing_in import NamePassword

Json = dict[str, Any]

JSON = "application/json"
TEXT = "text/plain"


class SideRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One route that stands in no table: asked with GET, or posted to."""

    path: str
    method: str = "get"
    name: str
    says: str
    media: tuple[str, ...]
    result: Any = None
    """The type behind its JSON; None: text or bytes."""
    faults: tuple[str, ...] = ()
    """Statuses with an error in our form."""
    is_page: bool = False
    """Its errors are pages: it stands among the pages for people."""
    for_system_user: bool = False
    for_session: bool = False
    """Asked with a session and its token."""
    for_watcher: bool = False
    """Asked with a session, whose token is not needed, or by the system user for a person."""
    request: Any = None
    """The type of its JSON body; None: it takes none."""
    parameters: tuple[Json, ...] = ()


READS_BODIES: Json = {
    "application/json": {"schema": {"description": "A vendor's payload."}},
    "application/xml": {"schema": {"type": "string", "description": "A vendor's payload."}},
    "text/plain": {"schema": {"type": "string", "description": "A vendor's payload, or lines of an event stream."}},
    "application/x-ndjson": {"schema": {"type": "string", "description": "Lockplate's own lines, one read each."}},
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "description": "A vendor's payload in parts, with its pictures.",
            "additionalProperties": {"type": "string"},
        }
    },
}
"""The shape of a body decides what it is, not its type; see docs/readers.md for each vendor's."""


def side_routes() -> tuple[SideRoute, ...]:
    """Return every route beside commands and reads, pages left out."""
    return (*_of_the_server(), *_of_the_log(), *_of_documents())


def _of_the_server() -> tuple[SideRoute, ...]:
    return (
        SideRoute(path="/v1/openapi.json", name="openapi", says="This document.", media=(JSON,), result=dict[str, Any]),
        SideRoute(
            path="/v1/sign-in",
            method="post",
            name="sign-in",
            says="Open a session: its cookie, and the token that goes along with it.",
            media=(JSON,),
            request=NamePassword,
            result=SignedIn,
            faults=("400", "401", "413", "503"),
        ),
        SideRoute(
            path="/v1/sign-out",
            method="post",
            name="sign-out",
            says="End the session of the cookie.",
            media=(JSON,),
            result=dict[str, str],
            faults=("401",),
            for_session=True,
        ),
        SideRoute(
            path="/v1/alerts/stream",
            name="alerts.stream",
            says="Alerts as they come, decisions and faults, as server-sent events; Last-Event-ID resumes.",
            media=("text/event-stream",),
            faults=("400", "401", "403", "404", "503"),
            for_watcher=True,
            parameters=tuple(_in_query(name) for name in ("operator", "list", "priority", "category", "group")),
        ),
        SideRoute(
            path="/health", name="health", says="Say that the server answers.", media=(JSON,), result=dict[str, str]
        ),
        SideRoute(
            path="/metrics",
            name="metrics",
            says="Counters as Prometheus text.",
            media=(TEXT,),
            faults=("401",),
            for_system_user=True,
        ),
    )


def _of_the_log() -> tuple[SideRoute, ...]:
    operator, tile = _in_path("operator"), _in_path("path", "Level and number, or entries and number, as tlog-tiles.")
    return (
        SideRoute(
            path="/log",
            name="log",
            says="The logs of this node and the keys that check them.",
            media=(JSON,),
            result=dict[str, str],
        ),
        *(
            SideRoute(
                path=f"/log/{{operator}}/{name}",
                name=f"log.file.{name}",
                says=says,
                media=(TEXT,),
                faults=("404",),
                parameters=(operator,),
            )
            for name, says in (
                ("checkpoint", "The newest signed checkpoint, with the cosignatures on it so far."),
                ("agreed", "The newest checkpoint that a quorum of witnesses cosigned."),
                ("policy", "Which witnesses the log asks, and how many must cosign."),
                ("vkey", "The key that checks the log."),
            )
        ),
        SideRoute(
            path="/log/{operator}/tile/{path}",
            name="log.tile",
            says="A tile of hashes or a bundle of entries; the path may hold slashes.",
            media=("application/octet-stream",),
            faults=("400", "404"),
            parameters=(operator, tile),
        ),
        SideRoute(
            path="/log/{operator}/receipt/{index}",
            name="log.receipt",
            says="A record's receipt, one file that verifies offline; 404 until a checkpoint covers the record.",
            media=(TEXT,),
            faults=("404",),
            parameters=(operator, _in_path("index") | {"schema": {"type": "integer", "minimum": 0}}),
        ),
    )


def _of_documents() -> tuple[SideRoute, ...]:
    operator, kind = _in_path("operator"), _in_path("kind") | {"schema": {"type": "string", "enum": ["json", "csv"]}}
    span = (_in_query("profile"), _in_query("first"), _in_query("end"))
    return (
        SideRoute(
            path="/policy/{operator}/{kind}",
            name="policy",
            says="An operator's usage and privacy policy.",
            media=(JSON, "text/csv"),
            result=PolicyPage,
            faults=("404",),
            is_page=True,
            parameters=(operator, kind),
        ),
        SideRoute(
            path="/reports/{operator}/{kind}",
            name="report",
            says="A periodic report of an operator; without a choice, of its own law over the newest span.",
            media=(JSON, "text/csv"),
            result=Report,
            faults=("400", "404"),
            is_page=True,
            parameters=(operator, kind, *span),
        ),
    )


def _in_path(name: str, says: str = "") -> Json:
    told: Json = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    return told | ({"description": says} if says else {})


def _in_query(name: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
