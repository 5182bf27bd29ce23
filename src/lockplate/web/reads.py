"""`POST /v1/reads[/FORMAT]`: what readers send.

What flows in: bodies with a reader's key. What flows out: 200 once matched, sealed and durable; 503 with Retry-After
when too much waits; a clear 4xx for what nobody can read.
What it must never see: a plate in an answer or a log line.

This route speaks ASGI itself: at thousands of deliveries a second the framework's own work for each request was the
largest cost (docs/benchmarks.md).
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from litestar.handlers import asgi
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_400_BAD_REQUEST,
    HTTP_405_METHOD_NOT_ALLOWED,
    HTTP_500_INTERNAL_SERVER_ERROR,
    HTTP_503_SERVICE_UNAVAILABLE,
)
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE as HTTP_413_TOO_LARGE
from litestar.types import Receive, Scope, Send

from lockplate.errors import LockplateError, NotFound, Overloaded
from lockplate.health import Brought
from lockplate.intake.bulk import BulkCount
from lockplate.intake.delivery import Acknowledgement, Delivery, Refusal
from lockplate.read import Parsed, RejectReason
from lockplate.readers.formats import parse_body
from lockplate.readers.lockplate import NAME as OWN_FORMAT
from lockplate.readers.lockplate import columns_of_lines, reads_of_lines
from lockplate.registry.readers import RegisteredReader
from lockplate.terms import ReaderId
from lockplate.web.doorway import Doorway
from lockplate.web.mailbox import Mailbox
from lockplate.web.plain_http import answer, body_of, headers_of

READS_PATH = "/v1/reads"
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of a bulk body; a vendor's payload has its own, smaller limit."""
FAULT = {"error": "fault", "fault": "node", "message": "something broke here", "next_step": "Tell whoever runs it."}
RETRY_AFTER = (b"retry-after", b"1")
INLINE_BYTES = 64 * 1024
"""A body up to this size is parsed where it is; a larger one in a thread, so that small ones need not wait."""
BULK_AT_ONCE = 2
BULK_WAITING = 6
"""Bulk bodies in hand or waiting; more are answered 503."""
UNREADABLE = frozenset({RejectReason.MALFORMED, RejectReason.HOSTILE, RejectReason.EMPTY, RejectReason.UNKNOWN_FORMAT})
REFUSED_BY_READER = frozenset(Refusal) - {Refusal.BAD_TIME}


class BulkDesk:
    """Takes bulk bodies in, few at a time."""

    def __init__(self, doorway: Doorway) -> None:
        self._doorway = doorway
        self._threads = ThreadPoolExecutor(BULK_AT_ONCE, thread_name_prefix="bulk")
        self._waiting = 0

    async def take(self, reader: RegisteredReader, body: bytes) -> BulkCount:
        """Return the count of a bulk body once it is durable, or raise Overloaded."""
        if self._waiting >= BULK_WAITING:
            raise Overloaded("too many bulk bodies are waiting", next_step="Send again after the time in Retry-After.")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._take, reader, body)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Finish what is in hand."""
        self._threads.shutdown(wait=True)

    def _take(self, reader: RegisteredReader, body: bytes) -> BulkCount:
        bulk = self._doorway.node.bulk
        if bulk.keeps_records(reader.operator):
            made, _ = reads_of_lines(body, default_reader=reader.reader, allowed=self._names(reader))
            return bulk.store(bulk.seal_reads(reader.operator, made, sent=True))
        columns = columns_of_lines(body, default_reader=reader.reader, allowed=self._names(reader))
        return bulk.store(bulk.seal_columns(reader.operator, columns, sent=True))

    def _names(self, reader: RegisteredReader) -> frozenset[ReaderId]:
        """Return the names that lines may carry: the reader's own, or its operator's readers when it is a collector."""
        if reader.format != OWN_FORMAT:
            return frozenset({reader.reader})
        listed = self._doorway.node.registries.readers.list_all(reader.operator)
        return frozenset(one.reader for one in listed if one.active)


class ReadsDesk:
    """Takes deliveries in from HTTP."""

    def __init__(self, doorway: Doorway) -> None:
        self._doorway = doorway
        self._bulk = BulkDesk(doorway)
        self._mailbox: Mailbox[Acknowledgement] | None = None
        self._zones: dict[str, ZoneInfo] = {}

    def close(self) -> None:
        """Finish what is in hand."""
        self._bulk.close()

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; 200 means matched, sealed and durable."""
        if scope.get("method") != "POST":
            told = {"error": "http_405", "fault": "caller", "message": "reads are posted", "next_step": ""}
            await answer(send, HTTP_405_METHOD_NOT_ALLOWED, told, ((b"allow", b"POST"),))
            return
        try:
            status, result = await self._take(scope, receive)
        except Overloaded as error:
            self._doorway.metrics.count_overload()
            await answer(send, error.http_status, error.public(), (RETRY_AFTER,))
        except LockplateError as error:
            if error.fault != "caller":
                structlog.get_logger("lockplate.reads").error("delivery_failed", code=error.code)
            again = (RETRY_AFTER,) if error.http_status == HTTP_503_SERVICE_UNAVAILABLE else ()
            await answer(send, error.http_status, error.public(), again)
        except Exception as error:  # noqa: BLE001 - whatever broke, the reader hears a 500 without its text
            structlog.get_logger("lockplate.reads").error("fault", kind=type(error).__name__)
            await answer(send, HTTP_500_INTERNAL_SERVER_ERROR, FAULT)
        else:
            await answer(send, status, result)

    async def _take(self, scope: Scope, receive: Receive) -> tuple[int, Any]:
        headers = headers_of(scope)
        reader = self._doorway.reader_of(headers)
        chosen = _format_in(scope["path"]) or reader.format
        body = await body_of(receive, headers, MAX_BODY_BYTES)
        content_type = headers.get("content-type", "")
        if chosen == OWN_FORMAT or "ndjson" in content_type:
            count = await self._bulk.take(reader, body)
            _note_bulk(self._doorway, reader, count)
            return HTTP_200_OK, _told_bulk(count)
        parse = partial(parse_body, body, content_type=content_type, format_name=chosen, zone=self._zone(reader.zone))
        parsed = parse() if len(body) <= INLINE_BYTES else await asyncio.to_thread(parse)
        told = await self._deliver(reader, parsed)
        _note(self._doorway, reader, parsed, told)
        return _status(parsed), _told(told, parsed.format)

    async def _deliver(self, reader: RegisteredReader, parsed: Parsed) -> Acknowledgement:
        node = self._doorway.node
        delivery = Delivery(operator=reader.operator, reader=reader.reader, parsed=parsed, received_at=node.clock.now())
        if self._mailbox is None:
            self._mailbox = Mailbox(asyncio.get_running_loop())
        return await self._mailbox.result_of(node.live.submit(delivery))

    def _zone(self, name: str) -> ZoneInfo:
        zone = self._zones.get(name)
        if zone is None:
            zone = self._zones[name] = ZoneInfo(name)
        return zone


def reads_route(desk: ReadsDesk) -> ASGIRouteHandler:
    """Return the route of a desk."""

    @asgi(READS_PATH, is_mount=True, copy_scope=False)
    async def take_reads(scope: Scope, receive: Receive, send: Send) -> None:
        await desk.take(scope, receive, send)

    return take_reads


def _told(told: Acknowledgement, format_name: str) -> dict[str, Any]:
    """Return the answer to a delivery; Dahua's push waits for a `Result` of its own.

    It does not say what was a hit, or part of a passage that has its row: whoever stole a reader's key could ask that
    way whether a plate is listed, or was just here.
    """
    return {
        "accepted": told.stored + told.merged + told.corrected + told.unkept,
        "refused": told.refused,
        "rejected": told.rejected,
        "ignored": told.ignored,
        "clock_faults": told.clock_faults,
        "format": format_name,
        "Result": True,
    }


def _told_bulk(count: BulkCount) -> dict[str, Any]:
    """Return the answer to a bulk body; as above."""
    return {"rows": count.rows, "accepted": count.stored + count.unkept, "refused": count.refused}


def _format_in(path: str) -> str | None:
    """Return the format that a path names, if it names one; raises NotFound for a deeper path."""
    words = [word for word in path.removeprefix(READS_PATH).split("/") if word]
    if len(words) > 1:
        raise NotFound("there is no such path", code="http_404")
    return words[0] if words else None


def _note_bulk(doorway: Doorway, reader: RegisteredReader, count: BulkCount) -> None:
    """Remember when a bulk sender was heard and what it sent amiss; its lines' clocks may be of any age."""
    now = doorway.node.clock.now()
    readers = doorway.node.registries.readers
    readers.note_seen(reader.reader, now)
    for reason, amount in count.refused.items():
        # what was understood and refused is counted under the reader that each line names
        if reason in REFUSED_BY_READER:
            continue
        readers.count_rejects(reader.reader, now.date(), str(reason), amount)
        doorway.node.registries.reader_hours.note(reader.operator, reader.reader, now, Brought(rejected=amount))
    doorway.metrics.count_bulk(count.stored, count.refused)


def _note(doorway: Doorway, reader: RegisteredReader, parsed: Parsed, told: Acknowledgement) -> None:
    """Remember the reader's health: when it was heard, how far its clock is off, what it sent amiss."""
    now = doorway.node.clock.now()
    readers = doorway.node.registries.readers
    drifts = [(read.captured_at - now).total_seconds() for read in parsed.reads if read.captured_at is not None]
    readers.note_seen(reader.reader, now, max(drifts, key=abs) if drifts else None)
    for reason, count in told.rejected.items():
        readers.count_rejects(reader.reader, now.date(), reason, count)
    doorway.metrics.count_delivery(reader.reader, told)


def _status(parsed: Parsed) -> int:
    """Return 200, or 4xx when a body could not be read at all: sending it again would not help."""
    reasons = {reject.reason for reject in parsed.rejects}
    if parsed.reads or parsed.ignored or not reasons:
        return HTTP_200_OK
    if RejectReason.TOO_LARGE in reasons:
        return HTTP_413_TOO_LARGE
    return HTTP_400_BAD_REQUEST if reasons <= UNREADABLE else HTTP_200_OK
