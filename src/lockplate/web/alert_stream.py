"""`GET /v1/alerts/stream`: alerts as they come, as server-sent events, to a signed-in officer or supervisor.

What flows in: a session, or a command of the system user that names a person; ids to filter by. What flows out: alerts,
decisions, faults; a heartbeat each fifteen seconds; at the end, why.
What it must never see: a plate in its address.
"""

import asyncio
import contextlib
from functools import partial
from typing import Any

from litestar import Response, get
from litestar.response.streaming import ASGIStreamingResponse
from litestar.status_codes import HTTP_200_OK
from litestar.types import Receive, Send

from lockplate.alerting.showing import Watcher
from lockplate.alerting.streaming import AlertStream, StreamParts
from lockplate.errors import BadInput, NotFound
from lockplate.evidence.noting import Recording
from lockplate.hotlist import Category, ListId, Priority
from lockplate.operations.authority import noting
from lockplate.operations.taking_in import only_operator
from lockplate.registry.channel_filters import ChannelFilter
from lockplate.registry.hits import HitId
from lockplate.terms import OperatorId, ReaderId
from lockplate.web.alert_feeds import Feed
from lockplate.web.doorway import Doorway, HttpRequest
from lockplate.wiring.alerts import list_name, watcher_of
from lockplate.wiring.node import Node

STALL_SECONDS = 30.0
"""A watcher who takes nothing for so long is sent away."""
PARAMETERS = ("operator", "list", "priority", "category", "group")
LAST_EVENT_ID = "last-event-id"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


@get("/v1/alerts/stream", status_code=HTTP_200_OK)
async def watch_alerts(request: HttpRequest, doorway: Doorway) -> Response[bytes]:
    """Send alerts as they come; filters in the query: operator, list, priority, category, group."""
    stream = await doorway.streams.require_room().run(partial(_open, doorway, request))
    return EventStream(doorway, stream, _after(request))


class EventStream(Response[bytes]):
    """A response that goes on until the stream ends or its watcher leaves."""

    def __init__(self, doorway: Doorway, stream: AlertStream, after: HitId | None) -> None:
        super().__init__(b"", media_type="text/event-stream", headers=_HEADERS)
        self._doorway, self._stream, self._after = doorway, stream, after

    def to_asgi_response(self, *_: Any, **given: Any) -> ASGIStreamingResponse:
        """Return what speaks ASGI; headers that were set on the way come along."""
        sending = _Sending(
            iterator=iter(()),
            headers={**(given.get("headers") or {}), **self.headers},
            media_type="text/event-stream",
            status_code=HTTP_200_OK,
        )
        sending.source = (self._doorway, self._stream, self._after)
        return sending


class _Sending(ASGIStreamingResponse):
    """Sends a feed's frames, each taken within some seconds."""

    __slots__ = ("source",)
    source: tuple[Doorway, AlertStream, HitId | None]

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send until the feed ends, the watcher leaves, or takes nothing for too long."""
        doorway, stream, after = self.source
        with doorway.streams.feeding(stream, doorway.node.bus, after) as feed:
            tasks = {asyncio.create_task(_send_frames(feed, send)), asyncio.create_task(_until_gone(receive))}
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _send_frames(feed: Feed, send: Send) -> None:
    async with contextlib.aclosing(feed.frames()) as frames:
        async for one in frames:
            await asyncio.wait_for(send(_body(one, more=True)), STALL_SECONDS)
    await asyncio.wait_for(send(_body(b"", more=False)), STALL_SECONDS)


def _body(content: bytes, *, more: bool) -> Any:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _open(doorway: Doorway, request: HttpRequest) -> AlertStream:
    """Return a stream for whoever calls, judged once, or raise Unauthenticated, Denied, BadInput, NotFound."""
    actor, still_here = doorway.watcher(request)
    node = doorway.node
    person = actor.require_person(node).person
    operator, chosen = _chosen(node, request)

    def watcher() -> Watcher:
        still_here()
        return watcher_of(node.facts, person, operator)

    def parts(recorder: Recording) -> StreamParts:
        return StreamParts(
            operator=operator,
            hits=node.registries.hits,
            gate=node.gate,
            recorder=recorder,
            watcher=watcher,
            groups=lambda reader: _groups(node, reader),
            list_name=lambda list_id: list_name(node.registries.hot_lists, list_id),
            clock=node.clock,
        )

    with noting(node, operator) as recorder:
        AlertStream(parts(recorder), chosen).judge()
    return AlertStream(parts(node.desk(operator).recorder), chosen)


def _chosen(node: Node, request: HttpRequest) -> tuple[OperatorId, ChannelFilter]:
    """Return the operator and the filter that a query names; a name it does not know is refused, its value unsaid."""
    given = request.query_params
    if any(name not in PARAMETERS for name in given):
        raise BadInput(
            "the address asks for something that a stream does not know",
            code="bad_request",
            next_step="It knows: " + ", ".join(PARAMETERS),
        )
    try:
        chosen = ChannelFilter(
            lists=frozenset(map(ListId, given.getall("list", []))),
            priorities=frozenset(map(Priority, given.getall("priority", []))),
            categories=frozenset(map(Category, given.getall("category", []))),
            groups=frozenset(given.getall("group", [])),
        ).check()
    except ValueError:
        raise BadInput("a priority or a category that there is not", code="bad_filter") from None
    return only_operator(node, given.get("operator", "")), chosen


def _groups(node: Node, reader: ReaderId) -> frozenset[str]:
    try:
        return node.registries.readers.get(reader).groups
    except NotFound:
        return frozenset()


def _after(request: HttpRequest) -> HitId | None:
    given = request.headers.get(LAST_EVENT_ID, "")
    return HitId(given) if given else None
