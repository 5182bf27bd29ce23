"""`POST /v1/reads[/FORMAT]`: what readers send.

What flows in: bodies with a reader's key. What flows out: 200 once matched, sealed and durable; 503 with Retry-After
when too much waits; a clear 4xx for what nobody can read. What it must never see: a plate in an answer or a log line.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, post
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST, HTTP_413_REQUEST_ENTITY_TOO_LARGE

from lockplate.errors import Overloaded
from lockplate.intake.bulk import BulkCount
from lockplate.intake.delivery import Acknowledgement, Delivery
from lockplate.operations.plain import plain
from lockplate.read import Parsed, RejectReason
from lockplate.readers.formats import parse_body
from lockplate.readers.lockplate import NAME as OWN_FORMAT
from lockplate.readers.lockplate import columns_of_lines, reads_of_lines
from lockplate.registry.readers import RegisteredReader
from lockplate.terms import ReaderId
from lockplate.web.doorway import Doorway, HttpRequest

INLINE_BYTES = 64 * 1024
"""A body up to this size is parsed where it is; a larger one in a thread, so that small ones need not wait."""
BULK_AT_ONCE = 2
BULK_WAITING = 6
"""Bulk bodies in hand or waiting; more are answered 503."""
UNREADABLE = frozenset({RejectReason.MALFORMED, RejectReason.HOSTILE, RejectReason.EMPTY, RejectReason.UNKNOWN_FORMAT})


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
            return bulk.store(bulk.seal_reads(reader.operator, made))
        columns = columns_of_lines(body, default_reader=reader.reader, allowed=self._names(reader))
        return bulk.store(bulk.seal_columns(reader.operator, columns))

    def _names(self, reader: RegisteredReader) -> frozenset[ReaderId]:
        """Return the names that lines may carry: the reader's own, or its operator's readers when it is a collector."""
        if reader.format != OWN_FORMAT:
            return frozenset({reader.reader})
        listed = self._doorway.node.registries.readers.list_all(reader.operator)
        return frozenset(one.reader for one in listed if one.active)


@post(["/v1/reads", "/v1/reads/{format_name:str}"], status_code=HTTP_200_OK, include_in_schema=True)
async def take_reads(
    request: HttpRequest, doorway: Doorway, bulk: BulkDesk, format_name: str | None = None
) -> Response[dict[str, Any]]:
    """Take what a reader sends; 200 means matched, sealed and durable."""
    reader = doorway.reader(request)
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    chosen = format_name or reader.format
    if chosen == OWN_FORMAT or "ndjson" in content_type:
        count = await _overload_counted(doorway, bulk.take(reader, body))
        doorway.metrics.count_bulk(count.stored, count.refused)
        return Response(plain(count), status_code=HTTP_200_OK)
    parsed = await _parse(body, content_type, chosen, reader)
    told = await _overload_counted(doorway, _deliver(doorway, reader, parsed))
    _note(doorway, reader, parsed, told)
    return Response(plain(told) | {"format": parsed.format, "Result": True}, status_code=_status(parsed))


async def _parse(body: bytes, content_type: str, chosen: str | None, reader: RegisteredReader) -> Parsed:
    def parse() -> Parsed:
        return parse_body(body, content_type=content_type, format_name=chosen, zone=ZoneInfo(reader.zone))

    return parse() if len(body) <= INLINE_BYTES else await asyncio.to_thread(parse)


async def _deliver(doorway: Doorway, reader: RegisteredReader, parsed: Parsed) -> Acknowledgement:
    delivery = Delivery(
        operator=reader.operator, reader=reader.reader, parsed=parsed, received_at=doorway.node.clock.now()
    )
    return await asyncio.wrap_future(doorway.node.live.submit(delivery))


async def _overload_counted(doorway: Doorway, work: Any) -> Any:
    try:
        return await work
    except Overloaded:
        doorway.metrics.count_overload()
        raise


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
        return HTTP_413_REQUEST_ENTITY_TOO_LARGE
    return HTTP_400_BAD_REQUEST if reasons <= UNREADABLE else HTTP_200_OK
