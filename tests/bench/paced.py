"""Paced: requests at a steady rate over kept-alive connections, each with its moment of sending.

What flows in: a port, prepared requests, how many a second. What flows out: when each was written and answered.
What it must never see: the node's code. Times are the machine's monotonic clock, which all its processes share.
"""

import asyncio
import time
from collections import Counter, deque

import msgspec
from load import length

PATIENCE_SECONDS = 30.0


class Paced(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a paced load."""

    sent_at: list[float]
    """When each request was written, in order; monotonic seconds; 0: never, since the time was over."""
    behind: list[float]
    """How many milliseconds after its turn each was written: no connection was free."""
    milliseconds: list[float]
    """From writing to the whole answer."""
    by_status: dict[int, int]
    seconds: float
    processor_seconds: float


def run_paced(port: int, requests: list[bytes], rate: float, connections: int) -> Paced:
    """Send requests at a rate; one whose turn comes while every connection waits is sent as soon as one is free."""
    return asyncio.run(_run(port, requests, rate, connections))


async def _run(port: int, requests: list[bytes], rate: float, connections: int) -> Paced:
    crew = _Crew(requests)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(crew), "127.0.0.1", port)
    processor, began = time.process_time(), time.monotonic()
    for number in range(len(requests)):
        turn = began + number / rate
        if (wait := turn - time.monotonic()) > 0.001:
            await asyncio.sleep(wait)
        crew.due.append((number, turn))
        crew.send()
    crew.end()
    await asyncio.wait_for(crew.done.wait(), PATIENCE_SECONDS)
    took = time.monotonic() - began
    for one in crew.connections:
        if one.transport is not None:
            one.transport.close()
    return Paced(
        sent_at=crew.sent_at,
        behind=crew.behind,
        milliseconds=crew.milliseconds,
        by_status=dict(sorted(crew.by_status.items())),
        seconds=took,
        processor_seconds=time.process_time() - processor,
    )


class _Crew:
    """What the connections share."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = requests
        self.connections: list[_Connection] = []
        self.free: deque[_Connection] = deque()
        self.due: deque[tuple[int, float]] = deque()
        self.sent_at = [0.0] * len(requests)
        self.behind = [0.0] * len(requests)
        self.milliseconds: list[float] = []
        self.by_status: Counter[int] = Counter()
        self.done = asyncio.Event()
        self._ended = False

    def send(self) -> None:
        """Give what is due to connections that are free."""
        while self.due and self.free:
            number, turn = self.due.popleft()
            now = time.monotonic()
            self.sent_at[number], self.behind[number] = now, (now - turn) * 1000
            self.free.popleft().send(self.requests[number], now)

    def end(self) -> None:
        """Send nothing more; what is under way is awaited."""
        self.due.clear()
        self._ended = True
        self._look()

    def _look(self) -> None:
        if self._ended and len(self.free) == len(self.connections):
            self.done.set()

    def answered(self, connection: "_Connection", status: int, milliseconds: float) -> None:
        """Note an answer, and use its connection again."""
        self.by_status[status] += 1
        self.milliseconds.append(milliseconds)
        self.free.append(connection)
        self.send()
        self._look()


class _Connection(asyncio.Protocol):
    def __init__(self, crew: _Crew) -> None:
        self.transport: asyncio.Transport | None = None
        self._crew = crew
        self._began = 0.0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport
            self._crew.connections.append(self)
            self._crew.free.append(self)

    def send(self, request: bytes, now: float) -> None:
        """Write a request; its time starts now."""
        self._began = now
        if self.transport is not None:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        answer = self._answer + data if self._answer else data
        end = answer.find(b"\r\n\r\n")
        if end < 0 or len(answer) < end + 4 + length(answer[:end]):
            self._answer = answer
            return
        self._answer = b""
        self._crew.answered(self, int(answer[9:12]), (time.monotonic() - self._began) * 1000)
