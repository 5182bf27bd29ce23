"""The OpenAPI document: valid, and exactly what the application answers; whoever adds a route is told what is missing."""

import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from lockplate import errors
from lockplate.operations.operation import Operation
from lockplate.operations.table import OPERATIONS
from lockplate.readers.formats import format_names
from lockplate.web.openapi import SAYS, ErrorAnswer, document, document_bytes, path_of
from lockplate.web.reads import READS_PATH

COMMANDS = "/v1/{path}"
"""The one route behind every command, which stands in the document as the table's paths."""
PEOPLE_ONLY = re.compile(r"/app(/.*)?|/|/static/\{name\}|/law|/(policy|reports)(/\{operator\})?")
"""Pages: HTML for people, which no program calls. What else stands among the pages is a file for programs."""


def written(path: str) -> str:
    """Return a route's path as the document writes it."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def served(application: Litestar) -> set[tuple[str, str]]:
    """Return method and path of each route of an application, as the document would write it."""
    methods = {(one, written(route.path)) for route in application.routes for one in getattr(route, "methods", ())}
    return {(method.lower(), path) for method, path in methods if method not in {"HEAD", "OPTIONS"}}


def expected(application: Litestar) -> set[tuple[str, str]]:
    """Return what the document must hold: routes that programs may call, and the table's commands for the one route."""
    routes = {(method, path) for method, path in served(application) if not PEOPLE_ONLY.fullmatch(path)}
    commands = {("post", path_of(name)) for name in OPERATIONS}
    return (routes - {("post", COMMANDS)}) | commands | {("post", READS_PATH), ("post", READS_PATH + "/{format}")}


def told(document: Any) -> set[tuple[str, str]]:
    """Return method and path of each route of a document."""
    return {(method, path) for path, methods in document["paths"].items() for method in methods}


@pytest.fixture(scope="module")
def served_document() -> Any:
    return msgspec.json.decode(document_bytes())


def test_it_is_served_to_anyone(site: Any) -> None:
    """The route answers nobody in particular with the document, which says the version that runs."""
    answer = site.client.get("/v1/openapi.json")

    assert (200, "application/json") == (answer.status_code, answer.headers["content-type"].partition(";")[0])
    assert document_bytes() == answer.content


def test_it_is_openapi_3_1(served_document: Any) -> None:
    """Valid by the schema of OpenAPI 3.1, and each shape in it by that of JSON Schema 2020-12."""
    OPENAPI_31_VALIDATOR.validate(served_document)
    for name, schema in served_document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}), name
    names = [one["operationId"] for methods in served_document["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))
    with pytest.raises(jsonschema_rs.ValidationError):
        OPENAPI_31_VALIDATOR.validate(served_document | {"paths": {"no-slash": {}}})


def test_it_names_every_route_and_nothing_else(site: Any, served_document: Any) -> None:
    """A route that is not in openapi_routes.py, or a line there without a route, is named here."""
    known = expected(site.client.app)
    missing, extra = known - told(served_document), told(served_document) - known

    assert set() == missing, "served and not in the document: add them to web/openapi_routes.py"
    assert set() == extra, "in the document and not served"
    assert len(told(served_document)) > 90


def test_a_new_route_and_a_new_command_are_noticed(served_document: Any) -> None:
    """A route beside the table is missing until somebody describes it; a command of the table comes in by itself."""

    @get("/log/{operator:str}/new", sync_to_thread=False)
    def show_new(operator: FromPath[str]) -> str:
        return operator

    class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        operator: str

    def answer(_node: Any, _actor: Any, ask: Ask) -> tuple[str, ...]:
        return (ask.operator,)

    assert {("get", "/log/{operator}/new")} == served(Litestar([show_new], openapi_config=None)) - told(served_document)
    more = document(
        {"new.thing": Operation(name="new.thing", request=Ask, handler=answer, says="New.")}, format_names()
    )
    body = more["paths"]["/v1/new/thing"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert ["operator"] == more["components"]["schemas"][body["$ref"].rpartition("/")[2]]["required"]


def test_every_reference_leads_somewhere(served_document: Any) -> None:
    """No `$ref` is left open, and no shape is there that nothing uses."""
    text = document_bytes().decode()
    parts = served_document["components"]
    wanted = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in parts[kind]}

    assert wanted >= set(re.findall(r'"\$ref":"([^"]+)"', text))
    assert wanted - {"#/components/responses/E405"} <= set(re.findall(r'"\$ref":"([^"]+)"', text))


def test_every_status_of_an_error_is_told(served_document: Any) -> None:
    """Each HTTP status that an error of ours carries is a response of the document, in the one form."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "http_status")]

    assert {str(kind.http_status) for kind in kinds} - {"202"} <= set(SAYS)
    msgspec.convert(errors.NotFound("x").public(), ErrorAnswer)
    reason = errors.Reason(policy_id="p", cite="c", says="s")  # type: ignore[arg-type]
    msgspec.convert(errors.Denied([reason]).public(), ErrorAnswer)


def test_a_pattern_is_one_that_other_languages_read(served_document: Any) -> None:
    r"""JSON Schema's patterns are ECMA-262's: they know no `\A` and no `\Z`."""
    assert r"\\A" not in document_bytes().decode()
    assert r"\\Z" not in document_bytes().decode()


def test_what_only_the_system_user_may_is_marked(served_document: Any) -> None:
    """The mark and the credentials agree with the table."""
    for name, operation in OPERATIONS.items():
        told = served_document["paths"][path_of(name)]["post"]
        own = [{"run_token": []}] == told["security"]
        assert operation.is_for_system_user == own == told["x-lockplate-system-user-only"], name
