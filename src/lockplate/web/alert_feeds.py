"""Feeds: alert streams as they are sent, and the desk that knows all of a server's.

What flows in: word from the bus, in any thread. What flows out: server-sent events, in the event loop.
What it must never see: a request. A watcher who does not keep up is sent away, not buffered for; they come back with
the id of the last alert they saw and miss nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar

import structlog

from lockplate.alerting.bus import AlertBus, AlertsCame, BusEvent
from lockplate.alerting.streaming import AlertStream, alert_frame, frame, word_frame
from lockplate.clock import monotonic_seconds
from lockplate.errors import Denied, LockplateError, Overloaded, Unauthenticated
from lockplate.registry.hits import HitId

T = TypeVar("T")

HEARTBEAT_SECONDS = 15.0
"""Access is judged again at each heartbeat, too."""
MAX_WAITING = 1000
"""Word that may wait for one watcher."""
MAX_REMEMBERED = 4000
"""Alerts of which a stream remembers that it told them."""
MAX_STREAMS = 200
STREAM_THREADS = 8


class Runner(Protocol):
    """Something that runs a step which reads and writes, beside the event loop."""

    def __call__(self, step: Callable[[], T]) -> Awaitable[T]:
        """Return what the step gives."""
        ...


class StreamDesk:
    """The streams of one server: how many there are, and their end."""

    def __init__(self) -> None:
        self._feeds: set[Feed] = set()
        self._threads = ThreadPoolExecutor(STREAM_THREADS, thread_name_prefix="stream")

    @property
    def count(self) -> int:
        """How many people watch."""
        return len(self._feeds)

    def require_room(self) -> "StreamDesk":
        """Return the desk itself, or raise Overloaded when too many people watch."""
        if len(self._feeds) >= MAX_STREAMS:
            raise Overloaded("too many people watch", next_step="Try again later.")
        return self

    @contextmanager
    def feeding(self, stream: AlertStream, bus: AlertBus, after: HitId | None) -> "Iterator[Feed]":
        """Give a stream's feed, which hears the bus until the block ends."""
        feed = Feed(stream, after, self.run)
        self._feeds.add(feed)
        stop = bus.subscribe(feed.hear)
        try:
            yield feed
        finally:
            stop()
            self._feeds.discard(feed)

    async def run(self, step: Callable[[], T]) -> T:
        """Return what a step gives that reads and writes; streams have threads of their own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, step)

    def end_all(self, why: str) -> None:
        """Tell every watcher that it is over: a server that stops waits for nobody."""
        for feed in tuple(self._feeds):
            feed.end(why)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=True)


class Feed:
    """One watcher's stream as it is sent."""

    def __init__(self, stream: AlertStream, after: HitId | None, run: Runner) -> None:
        self._stream = stream
        self._after = after
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[BusEvent | None] = asyncio.Queue(MAX_WAITING + 1)
        self._told: dict[HitId, None] = {}
        self._why: str | None = None
        self._judged_at = monotonic_seconds()

    def hear(self, event: BusEvent) -> None:
        """Take word from the bus, in whatever thread it comes."""
        if self._stream.concerns(event):
            # a loop that has ended has no watchers
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._put, event)

    def end(self, why: str) -> None:
        """Let the stream end after what is being sent; `why` is told."""
        if self._why is None:
            self._why = why
            with contextlib.suppress(asyncio.QueueFull):
                self._waiting.put_nowait(None)

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield what is sent, until the end."""
        try:
            yield b"retry: 3000\n\n"
            if self._after is not None:
                async for one in self._resumed(self._after):
                    yield one
            while self._why is None:
                async for one in self._next():
                    yield one
        except (Denied, Unauthenticated) as error:
            self._why = error.code
        except LockplateError as error:
            structlog.get_logger("lockplate.alerts").error("stream_failed", code=error.code)
            self._why = error.code
        yield frame("end", {"why": self._why or "over"})

    async def _resumed(self, after: HitId) -> AsyncGenerator[bytes, None]:
        missed = await self._run(partial(self._stream.missed, after))
        if not missed.complete:
            yield frame("gap", {"open": "hits.list"})
        async for one in self._alerts(missed.hit_ids):
            yield one

    async def _next(self) -> AsyncGenerator[bytes, None]:
        """Yield what came, all that waits at once, or a heartbeat."""
        try:
            first = await asyncio.wait_for(self._waiting.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            await self._judge()
            yield b": \n\n"
            return
        came = [first]
        while not self._waiting.empty():
            came.append(self._waiting.get_nowait())
        hit_ids = [hit_id for event in came if isinstance(event, AlertsCame) for hit_id in event.hit_ids]
        async for one in self._alerts(hit_ids):
            yield one
        if monotonic_seconds() - self._judged_at > HEARTBEAT_SECONDS:
            await self._judge()
        for event in came:
            if event is not None and not isinstance(event, AlertsCame):
                yield word_frame(event)

    async def _alerts(self, hit_ids: Sequence[HitId]) -> AsyncGenerator[bytes, None]:
        fresh = [hit_id for hit_id in dict.fromkeys(hit_ids) if hit_id not in self._told]
        if not fresh:
            return
        events = await self._run(partial(self._stream.tell, fresh))
        self._judged_at = monotonic_seconds()
        self._told |= dict.fromkeys(fresh)
        while len(self._told) > MAX_REMEMBERED:
            del self._told[next(iter(self._told))]
        for event in events:
            yield alert_frame(event)

    async def _judge(self) -> None:
        await self._run(self._stream.judge)
        self._judged_at = monotonic_seconds()

    def _put(self, event: BusEvent) -> None:
        if self._waiting.qsize() >= MAX_WAITING:
            self.end("too_slow")
        elif self._why is None:
            self._waiting.put_nowait(event)
