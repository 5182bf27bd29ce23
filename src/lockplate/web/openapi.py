"""`GET /v1/openapi.json`: the whole of what programs can call, made from the tables that answer them.

What flows in: the table of operations, the names of formats, the routes beside them. What flows out: one OpenAPI 3.1
document. What it must never see: a node; the document says what the program can do, never what lies on one machine.

Commands go through one route, so a framework that reads handlers would see one path with no shape
(docs/decisions/0026-openapi-from-the-table.md). Here each operation is a path of its own, with its request and result
types; whoever adds one to the table has documented it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

import msgspec
from litestar import Response, get

from lockplate import __version__
from lockplate.errors import Reason
from lockplate.operations.operation import Operation
from lockplate.operations.table import OPERATIONS
from lockplate.readers.formats import format_names
from lockplate.web.doorway import COOKIE, CSRF_HEADER, PERSON_HEADER, READER_KEY_HEADER
from lockplate.web.openapi_routes import JSON, READS_BODIES, SideRoute, side_routes

Json = dict[str, Any]

SCHEMAS = "#/components/schemas/{name}"
WATCHER: Sequence[Json] = ({"session": []}, {"run_token": []})
PERSON_OR_SYSTEM_USER: Sequence[Json] = ({"session": [], "csrf": []}, {"run_token": []})
SYSTEM_USER: Sequence[Json] = ({"run_token": []},)
READER: Sequence[Json] = ({"reader_key": []}, {"reader_bearer": []})
SYSTEM_USER_MARK = "x-lockplate-system-user-only"

SAYS = {
    "400": "The caller can mend it: a body, a field, a value.",
    "401": "No credentials, or wrong ones; never said which.",
    "403": "The gate says no, with the policies that decided; or a request without its session's token.",
    "404": "What the request names is not here.",
    "409": "Not in the state that the request supposes.",
    "413": "Too large.",
    "500": "Something broke here, or evidence does not hold; the text of a fault is not shown.",
    "502": "Another node that was to be asked did not answer, or not as one does.",
    "503": "Too much is waiting, the node is busy, or the store refused: send it again.",
}
COMMAND_FAULTS = ("400", "401", "403", "404", "409", "413", "500", "502", "503")
READS_FAULTS = ("400", "401", "404", "413", "500", "503")


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"kind": "error"}):
    """An error in our form; no message holds a plate, a payload or a path."""

    kind: str
    fault: str
    """`caller`, `node` or `evidence`."""
    message: str
    next_step: str
    reasons: tuple[Reason, ...] = ()
    """The policies that decided, when the gate said no."""
    operator: str = ""
    """Whose log the denial is in, when it is on record."""
    record_index: int | None = None
    """Where it stands there."""


class TakenDelivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a reader's payload; it does not say what was a hit or a repeat."""

    accepted: int
    refused: dict[str, int]
    rejected: dict[str, int]
    ignored: dict[str, int]
    clock_faults: int
    format: str
    Result: bool


class TakenLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a bulk body."""

    rows: int
    accepted: int
    refused: dict[str, int]


@get("/v1/openapi.json", sync_to_thread=False)
def show_openapi() -> Response[bytes]:
    """Show what programs can call; the same for everybody."""
    return Response(document_bytes(), media_type="application/json", headers={"cache-control": "public, max-age=300"})


@cache
def document_bytes() -> bytes:
    """Return the document of this program, as it is served."""
    return msgspec.json.encode(document(OPERATIONS, format_names()))


def document(operations: Mapping[str, Operation], formats: Sequence[str]) -> Json:
    """Return the OpenAPI document of a table of operations and the names of the formats that readers may send."""
    routes = side_routes()
    types = [kind for one in operations.values() for kind in (one.request, result_of(one))]
    types += [ErrorAnswer, TakenDelivery, TakenLines]
    types += [kind for route in routes for kind in (route.request, route.result) if kind is not None]
    found, schemas = msgspec.json.schema_components(types, ref_template=SCHEMAS)
    schemas = _plain_patterns(schemas)
    shapes = list(zip(types, found, strict=True))
    paths: Json = {path: {"post": told} for path, told in _commands(operations, shapes)}
    paths |= {path: {"post": told} for path, told in _reads(formats)}
    paths |= {route.path: {route.method: _beside(route, shapes)} for route in routes}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lockplate",
            "version": __version__,
            "summary": "A license-plate reader database that cannot become a dragnet.",
            "description": "There is no question without a named plate. docs/http.md says the same for people.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {f"E{status}": _fault(status) for status in SAYS},
            "securitySchemes": _schemes(),
        },
    }


def result_of(operation: Operation) -> Any:
    """Return the type that an operation's handler says it returns."""
    return get_type_hints(operation.handler)["return"]


def path_of(name: str) -> str:
    """Return the path of an operation."""
    return f"/v1/{name.replace('.', '/')}"


def _commands(operations: Mapping[str, Operation], shapes: Sequence[tuple[Any, Json]]) -> Iterator[tuple[str, Json]]:
    for name, operation in operations.items():
        answer = {"200": _answer("Done.", _shape(shapes, result_of(operation)))}
        yield path_of(name), _command(operation, name, answer, shapes)
        if name == "lookup":
            answer = {
                status: _answer(says, _shape(shapes, result_of(operation)))
                for status, says in (
                    ("200", "Answered."),
                    ("202", "A second person must agree first."),
                )
            }
            told = _command(operation, "questions", answer, shapes)
            both = [SCHEMAS.format(name="Answer"), SCHEMAS.format(name="ErrorAnswer")]
            told["responses"]["403"] = _answer(SAYS["403"], {"anyOf": [{"$ref": ref} for ref in both]})
            yield "/v1/questions", told


def _command(operation: Operation, name: str, answers: Json, shapes: Sequence[tuple[Any, Json]]) -> Json:
    own = operation.is_for_system_user
    return {
        "operationId": name,
        "tags": [name.partition(".")[0]],
        "summary": operation.says,
        "security": list(SYSTEM_USER if own else PERSON_OR_SYSTEM_USER),
        SYSTEM_USER_MARK: own,
        "parameters": [
            {
                "name": PERSON_HEADER,
                "in": "header",
                "description": "With the run token only: the person on whose word it is done.",
                "schema": {"type": "string"},
            }
        ],
        **_json_body(_shape(shapes, operation.request)),
        "responses": answers | _faults(COMMAND_FAULTS),
    }


def _reads(formats: Sequence[str]) -> Iterator[tuple[str, Json]]:
    refs = [{"$ref": SCHEMAS.format(name=name)} for name in ("TakenDelivery", "TakenLines")]
    unread = {"anyOf": [*refs, {"$ref": SCHEMAS.format(name="ErrorAnswer")}]}
    told: Json = {
        "operationId": "reads",
        "tags": ["reads"],
        "summary": "Send reads; 200 means matched, sealed and durable.",
        "security": list(READER),
        SYSTEM_USER_MARK: False,
        "requestBody": {"required": True, "content": READS_BODIES},
        "responses": {"200": _answer("Matched, sealed and durable; or lawfully nothing to keep.", {"anyOf": refs})}
        | _faults(READS_FAULTS)
        | {status: _answer(SAYS[status], unread) for status in ("400", "413")},
    }
    yield "/v1/reads", told
    named = {
        "name": "format",
        "in": "path",
        "required": True,
        "description": "Whose format the body is in; without it the reader's own, else the shape decides.",
        "schema": {"type": "string", "enum": list(formats)},
    }
    yield "/v1/reads/{format}", told | {"operationId": "reads.format", "parameters": [named]}


def _beside(route: SideRoute, shapes: Sequence[tuple[Any, Json]]) -> Json:
    schema = {"type": "string"} if route.result is None else _shape(shapes, route.result)
    faults = _faults(route.faults)
    if route.is_page:
        page = {"text/html": {"schema": {"type": "string"}}}
        faults = {status: {"description": SAYS[status], "content": page} for status in route.faults}
    content = {media: {"schema": schema if media == JSON else {"type": "string"}} for media in route.media}
    body = {} if route.request is None else _json_body(_shape(shapes, route.request))
    credentials = SYSTEM_USER if route.for_system_user else PERSON_OR_SYSTEM_USER[:1] if route.for_session else ()
    credentials = WATCHER if route.for_watcher else credentials
    return body | {
        "operationId": route.name,
        "tags": [route.path.split("/")[1]],
        "summary": route.says,
        "security": list(credentials),
        SYSTEM_USER_MARK: route.for_system_user,
        "parameters": list(route.parameters),
        "responses": {"200": {"description": route.says, "content": content}} | faults,
    }


def _plain_patterns(schema: Any) -> Any:
    r"""Return a schema whose patterns are those of JSON Schema (ECMA-262), which has no `\A` and no `\Z`."""
    if isinstance(schema, dict):
        plain = {name: _plain_patterns(value) for name, value in schema.items()}
        if isinstance(plain.get("pattern"), str):
            plain["pattern"] = plain["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
        return plain
    return [_plain_patterns(one) for one in schema] if isinstance(schema, list) else schema


def _shape(shapes: Sequence[tuple[Any, Json]], kind: Any) -> Json:
    return next(schema for known, schema in shapes if known == kind)


def _json_body(schema: Json) -> Json:
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


def _answer(says: str, schema: Json) -> Json:
    return {"description": says, "content": {JSON: {"schema": schema}}}


def _faults(statuses: Sequence[str]) -> Json:
    return {status: {"$ref": f"#/components/responses/E{status}"} for status in statuses}


def _fault(status: str) -> Json:
    told = _answer(SAYS[status], {"$ref": SCHEMAS.format(name="ErrorAnswer")})
    if status == "503":
        told["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return told


def _schemes() -> Json:
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "A person's session, opened at /app/sign-in: 30 idle minutes, 12 hours in all.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": CSRF_HEADER,
            "description": "The session's token, which only this site's pages can read. It goes with the cookie.",
        },
        "run_token": {
            "type": "http",
            "scheme": "bearer",
            "description": "The node's own system user: this run's token out of run/server.json.",
        },
        "reader_key": {
            "type": "apiKey",
            "in": "header",
            "name": READER_KEY_HEADER,
            "description": "One reader's key, lpk_…; it sends reads and does nothing else.",
        },
        "reader_bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The same reader's key, for readers that can only send this header.",
        },
    }
