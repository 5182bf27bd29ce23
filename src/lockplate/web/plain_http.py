"""Plain HTTP: a request's headers and body, and an answer, straight from ASGI: for the one route that readers hammer.

What flows in: an ASGI scope and its messages. What flows out: bytes; an answer in two messages.
What it must never see: what the body means.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.types import Receive, Scope, Send

from lockplate.errors import BadInput

JSON = (b"content-type", b"application/json")
NO_SNIFF = (b"x-content-type-options", b"nosniff")


class BodyTooLarge(BadInput):
    """A body over the limit; reading it stops at once."""

    default_code = "too_large"
    http_status = 413


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the request's headers, names in lower case; of a name that comes twice, the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def body_of(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """Return the whole body, or raise BodyTooLarge as soon as it is longer than the limit."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(f"the body is over {limit} bytes")
    parts: list[bytes] = []
    length = 0
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            raise BadInput("the sender hung up", code="hung_up")
        part: bytes = message.get("body", b"")
        length += len(part)
        if length > limit:
            raise BodyTooLarge(f"the body is over {limit} bytes")
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def answer(send: Send, status: int, told: object, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Send one JSON answer."""
    content = msgspec.json.encode(told)
    headers = [JSON, NO_SNIFF, (b"content-length", str(len(content)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
