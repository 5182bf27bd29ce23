"""Application: the routes, the errors as answers, and the work that goes on beside requests.

What flows in: a node. What flows out: an ASGI application.
What it must never see: a traceback in an answer. Every route is listed here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_503_SERVICE_UNAVAILABLE
from litestar.types import ControllerRouterHandler, Receive, Scope, Send

from lockplate.errors import LockplateError, Overloaded
from lockplate.operations.documents import count_all
from lockplate.operations.list_schedule import ListSchedule
from lockplate.operations.retaining import retention_state_of
from lockplate.operations.schedule import ForgettingSchedule
from lockplate.operations.watching import FaultWatch
from lockplate.web.alert_stream import watch_alerts
from lockplate.web.commands import ask_question, run_command
from lockplate.web.doorway import Doorway, HttpRequest
from lockplate.web.openapi import show_openapi
from lockplate.web.reads import MAX_BODY_BYTES, READS_PATH, ReadsDesk, reads_route
from lockplate.web.signing_in import sign_in, sign_out
from lockplate.web.tiles import list_logs, show_agreed, show_checkpoint, show_key, show_policy, show_receipt, show_tile

RETRY_AFTER_SECONDS = "1"
FORGET_POLL_SECONDS = 2.0
"""How often the schedule looks whether an hour has begun."""
NOT_KEPT = {"cache-control": "no-store"}
"""On errors: what is not there may come to be, as the next tile of a log does."""
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


@get("/metrics", sync_to_thread=False)
def show_metrics(doorway: Doorway, request: HttpRequest) -> Response[bytes]:
    """Show counters, to whoever holds the run token."""
    doorway.actor(request).require_system_user()
    doorway.metrics.waiting.set(doorway.node.live.waiting_reads)
    doorway.metrics.watching.set(doorway.streams.count)
    doorway.metrics.clear_deliveries()
    for operator in doorway.node.desks:
        doorway.metrics.show_deliveries(
            doorway.node.registries.deliveries.standings(operator), doorway.node.clock.now()
        )
        doorway.metrics.show_retention(retention_state_of(doorway.node, operator))
    doorway.metrics.show_faults(doorway.node.registries.faults.counts())
    return Response(doorway.metrics.text(), media_type="text/plain; version=0.0.4")


@get("/health", sync_to_thread=False)
def show_health() -> dict[str, str]:
    """Say that the server answers."""
    return {"status": "ok"}


API_ROUTES: tuple[ControllerRouterHandler, ...] = (
    ask_question, sign_in, sign_out, run_command, list_logs, show_checkpoint, show_key, show_policy, show_agreed,
    show_tile, show_receipt, show_metrics, show_health, show_openapi, watch_alerts,
)  # fmt: skip


class Front:
    """The door itself: reads go straight to their desk, everything else through the framework.

    The same desk answers either way; this only spares each delivery the framework's routing and wrapping.
    """

    def __init__(self, application: Litestar, desk: ReadsDesk) -> None:
        self._application = application
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass the server's start and stop on."""
        if scope["type"] == ScopeType.HTTP and (scope["path"] + "/").startswith(READS_PATH + "/"):
            await self._desk.take(scope, receive, send)
        else:
            await self._application(scope, receive, send)


def create_front(doorway: Doorway, page_routes: Sequence[ControllerRouterHandler] = ()) -> Front:
    """Return the application with reads before it: what the server serves."""
    desk = ReadsDesk(doorway)
    return Front(create_application(doorway, page_routes, desk), desk)


def create_application(
    doorway: Doorway, page_routes: Sequence[ControllerRouterHandler] = (), desk: ReadsDesk | None = None
) -> Litestar:
    """Return the application over an open node; it closes neither the node nor anything it did not make."""
    desk = desk or ReadsDesk(doorway)

    @asynccontextmanager
    async def beside_requests(_: Litestar) -> AsyncIterator[None]:
        stopping = asyncio.Event()
        doorway.node.delivering.start()
        upkeep = asyncio.create_task(_upkeep(doorway))
        cosigning = asyncio.create_task(_cosign(doorway))
        forgetting = asyncio.create_task(_forget(doorway, stopping))
        watching = asyncio.create_task(_watch(doorway, stopping))
        try:
            yield
        finally:
            stopping.set()
            doorway.streams.end_all("stopping")
            await asyncio.to_thread(doorway.node.delivering.stop)
            for beside in (upkeep, cosigning):
                beside.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await beside
            await forgetting
            await watching
            desk.close()
            doorway.streams.close()

    return Litestar(
        route_handlers=[reads_route(desk), *API_ROUTES, *page_routes],
        dependencies={
            "doorway": Provide(lambda: doorway, sync_to_thread=False),
        },
        exception_handlers={LockplateError: told_error, HTTPException: told_http_error, Exception: told_fault},
        lifespan=[beside_requests],
        request_max_body_size=MAX_BODY_BYTES,
        after_request=_with_security_headers,
        openapi_config=None,
        signature_types=[Doorway],
        logging_config=None,
    )


def _with_security_headers(response: Response[Any]) -> Response[Any]:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _upkeep(doorway: Doorway) -> None:
    """Sign checkpoints and write counters down, now and then; a failure is logged and tried again."""
    log = structlog.get_logger("lockplate.upkeep")
    while True:
        await asyncio.sleep(doorway.node.settings.publish_seconds)
        try:
            await asyncio.to_thread(doorway.node.publish)
            await asyncio.to_thread(doorway.node.registries.readers.flush)
            await asyncio.to_thread(doorway.node.registries.reader_hours.flush)
            await asyncio.to_thread(count_all, doorway.node)
        except LockplateError as error:
            log.warning("upkeep_failed", code=error.code)


async def _cosign(doorway: Doorway) -> None:
    """Show checkpoints to witnesses now and then; apart from upkeep, since a witness may take its time."""
    log = structlog.get_logger("lockplate.cosigning")
    while True:
        await asyncio.sleep(doorway.node.settings.witness_seconds)
        try:
            await asyncio.to_thread(doorway.node.cosign)
        except LockplateError as error:
            log.warning("cosigning_failed", code=error.code)


async def _forget(doorway: Doorway, stopping: asyncio.Event) -> None:
    """Forget what is over at start and after each hour begins; a run that is under way ends before the server does.

    The same round takes lists in again whose time has come.
    """
    schedule, lists = ForgettingSchedule(doorway.node), ListSchedule(doorway.node)
    while not stopping.is_set():
        await asyncio.to_thread(schedule.step)
        await asyncio.to_thread(lists.step)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), FORGET_POLL_SECONDS)


async def _watch(doorway: Doorway, stopping: asyncio.Event) -> None:
    """Judge readers and lists each minute, and at the second at which a list's file is too old."""
    watch = FaultWatch(doorway.node)
    while not stopping.is_set():
        wait = await asyncio.to_thread(watch.step)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), wait)


def told_error(_: HttpRequest, error: LockplateError) -> Response[dict[str, Any]]:
    """Return an error of ours as JSON with its status."""
    again = {"retry-after": RETRY_AFTER_SECONDS} if error.http_status == HTTP_503_SERVICE_UNAVAILABLE else {}
    if error.http_status >= 500 and not isinstance(error, Overloaded):
        structlog.get_logger("lockplate.web").error("node_error", code=error.code)
    return Response(error.public(), status_code=error.http_status, headers=SECURITY_HEADERS | NOT_KEPT | again)


def told_http_error(_: HttpRequest, error: HTTPException) -> Response[dict[str, Any]]:
    """Return the framework's own errors in our words: no such path, method not allowed, body too large."""
    told = {"error": f"http_{error.status_code}", "fault": "caller", "message": error.detail, "next_step": ""}
    return Response(told, status_code=error.status_code, headers=SECURITY_HEADERS | NOT_KEPT)


def told_fault(_: HttpRequest, error: Exception) -> Response[dict[str, Any]]:
    """Return a fault of ours without its text, which could hold anything; its kind goes to the log."""
    structlog.get_logger("lockplate.web").error("fault", kind=type(error).__name__)
    told = {"error": "fault", "fault": "node", "message": "something broke here", "next_step": "Tell whoever runs it."}
    return Response(told, status_code=500, headers=SECURITY_HEADERS | NOT_KEPT)
