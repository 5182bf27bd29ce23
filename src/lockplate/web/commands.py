"""`POST /v1/<command>`: every operation over HTTP, for signed-in people and for commands of the same system user.

What flows in: a JSON request and a caller. What flows out: the result, or an error with its code and next step.
What it must never see: a way to act without the operation's own checks.
"""

import asyncio
import re
from typing import Any

import msgspec
from litestar import Response, post
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_403_FORBIDDEN

from lockplate.clock import monotonic_seconds
from lockplate.errors import BadInput
from lockplate.lookup.answer import Answer
from lockplate.operations.operation import Actor, Operation
from lockplate.operations.plain import plain
from lockplate.operations.table import operation
from lockplate.terms import Verdict
from lockplate.web.doorway import Doorway, HttpRequest

_QUOTED = re.compile(r"(Invalid enum value|unknown field) .*?(?= - at `[^`]*`\Z|\Z)", re.DOTALL)
"""A value that the decoder quotes, or the name of a field that it does not know; it lets both be anything."""
ANSWER_STATUS = {
    Verdict.PERMITTED: HTTP_200_OK,
    Verdict.PENDING: HTTP_202_ACCEPTED,
    Verdict.DENIED: HTTP_403_FORBIDDEN,
}


@post("/v1/questions", status_code=HTTP_200_OK)
async def ask_question(request: HttpRequest, doorway: Doorway) -> Response[dict[str, Any]]:
    """Ask a lawful question: 200 answered, 202 waits for a second person, 403 denied with policies and cites."""
    started = monotonic_seconds()
    answer: Answer = await _run(request, doorway, operation("lookup"))
    doorway.metrics.questions.labels(answer.decision.value).observe(monotonic_seconds() - started)
    return Response(plain(answer), status_code=ANSWER_STATUS[answer.decision])


@post("/v1/{path:path}", status_code=HTTP_200_OK)
async def run_command(request: HttpRequest, doorway: Doorway, path: str) -> Response[Any]:
    """Run an operation by its path: `/v1/grant/propose` is `grant.propose`."""
    chosen = operation(path.strip("/").replace("/", "."))
    return Response(plain(await _run(request, doorway, chosen)), status_code=HTTP_200_OK)


async def _run(request: HttpRequest, doorway: Doorway, chosen: Operation) -> Any:
    actor = await asyncio.to_thread(doorway.actor, request)
    if chosen.is_for_system_user:
        actor.require_system_user()
    typed = _typed(await request.body(), chosen)
    return await asyncio.to_thread(_handle, doorway, actor, chosen, typed)


def _handle(doorway: Doorway, actor: Actor, chosen: Operation, typed: object) -> Any:
    return chosen.handler(doorway.node, actor, typed)


def _typed(body: bytes, chosen: Operation) -> object:
    try:
        return msgspec.json.decode(body or b"{}", type=chosen.request)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail = _without_values(str(error)) if isinstance(error, msgspec.ValidationError) else "not valid JSON"
        raise BadInput(f"the request is not what {chosen.name} takes: {detail}", code="bad_request") from None


def _without_values(words: str) -> str:
    """Return what is wrong and where, without what the caller wrote there: it may be a plate, in the wrong field."""
    return _QUOTED.sub(r"\1", words)
