"""Load: many kept-alive connections that each send the next prepared request as soon as the last one is answered.

What flows in: a port, whole requests as bytes. What flows out: how many were answered how, and how long each took.
What it must never see: the node's code. It counts an answer's time from the first byte written to the last one read.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable

import msgspec

RETRY_SECONDS = 1.0


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a load."""

    acknowledged: int
    by_status: dict[int, int]
    retried: int
    broken: int
    """Connections that ended while an answer was due."""
    seconds: float
    milliseconds: list[float]
    """Of each acknowledged request's last attempt."""
    processor_seconds: float
    """Of the load generator itself."""
    last_answer: bytes


def request(path: str, body: bytes, content_type: str, key: str) -> bytes:
    """Return a whole POST, ready to be written."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {content_type}\r\nX-Reader-Key: {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def run_load(port: int, requests: Iterable[bytes], connections: int, seconds: float) -> Load:
    """Send requests until there are none left or the time is over; what is under way then is still awaited."""
    return asyncio.run(_run(port, deque(requests), connections, seconds))


async def _run(port: int, requests: deque[bytes], connections: int, seconds: float) -> Load:
    crew = _Crew(requests, seconds)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(crew), "127.0.0.1", port)
    processor, began = time.process_time(), time.perf_counter()
    crew.start(connections)
    await asyncio.wait_for(crew.done.wait(), seconds + 60)
    took = time.perf_counter() - began
    for one in crew.connections:
        if one.transport is not None:
            one.transport.close()
    return Load(
        acknowledged=len(crew.milliseconds),
        by_status=dict(sorted(crew.by_status.items())),
        retried=crew.retried,
        broken=crew.broken,
        seconds=took,
        milliseconds=crew.milliseconds,
        processor_seconds=time.process_time() - processor,
        last_answer=crew.last_answer,
    )


class _Crew:
    """What the connections share."""

    def __init__(self, requests: deque[bytes], seconds: float) -> None:
        self.requests = requests
        self.connections: list[_Connection] = []
        self.milliseconds: list[float] = []
        self.by_status: Counter[int] = Counter()
        self.retried = 0
        self.broken = 0
        self.last_answer = b""
        self.done = asyncio.Event()
        self._seconds = seconds
        self._end = 0.0
        self._busy = 0

    def start(self, connections: int) -> None:
        """Let every connection send."""
        self._end = time.perf_counter() + self._seconds
        self._busy = connections
        for one in self.connections:
            self.next(one)

    def next(self, connection: "_Connection") -> None:
        """Give a connection its next request, or let it rest."""
        if self.requests and time.perf_counter() < self._end:
            connection.send(self.requests.popleft())
        else:
            self.rest()

    def rest(self) -> None:
        """Note that one connection has nothing more to do."""
        self._busy -= 1
        if self._busy <= 0:
            self.done.set()


class _Connection(asyncio.Protocol):
    def __init__(self, crew: _Crew) -> None:
        self.transport: asyncio.Transport | None = None
        self._crew = crew
        self._request: bytes | None = None
        self._began = 0.0
        self._answer = b""
        crew.connections.append(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    def send(self, request: bytes) -> None:
        """Write a request; its time starts now."""
        if self.transport is None or self.transport.is_closing():
            self._crew.broken += 1
            self._crew.rest()
            return
        self._request = request
        self._began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        answer = self._answer + data if self._answer else data
        end = answer.find(b"\r\n\r\n")
        if end < 0 or len(answer) < end + 4 + length(answer[:end]):
            self._answer = answer
            return
        took = (time.perf_counter() - self._began) * 1000
        self._answer = b""
        sent, self._request = self._request, None
        status = int(answer[9:12])
        self._crew.by_status[status] += 1
        if status == 503 and sent is not None:
            self._crew.retried += 1
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.send, sent)
            return
        if status == 200:
            self._crew.milliseconds.append(took)
            self._crew.last_answer = answer[end + 4 :]
        self._crew.next(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._request is not None:
            self._request = None
            self._crew.broken += 1
            self._crew.rest()


def length(head: bytes) -> int:
    """Return the length of the body that a head announces; the server always announces one."""
    place = head.lower().index(b"content-length:") + len(b"content-length:")
    return int(head[place:].split(b"\r", 1)[0])
