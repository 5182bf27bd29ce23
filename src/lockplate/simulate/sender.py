"""Sender: posts messages as the fleet's readers would, each reader on its own kept-alive connection.

What flows in: messages in order of time, a node's address, each reader's key. What flows out: POSTs, and a report.
What it must never see: any address but this machine's own, unless the caller says so: a simulator that can be pointed
at somebody's node by a slip of the finger fills it with invented plates.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Queue
from threading import Event, Thread
from urllib.parse import SplitResult, urlsplit

import msgspec

from lockplate.clock import monotonic_seconds
from lockplate.errors import BadInput
from lockplate.simulate.message import Message
from lockplate.simulate.pace import Pace
from lockplate.terms import ReaderId

KEY_HEADER = "X-Reader-Key"
DEFAULT_WORKERS = 8
MAX_ATTEMPTS = 20
TIMEOUT_SECONDS = 30
DEFAULT_RETRY_SECONDS = 1.0
"""How long to wait after a 503 that does not say."""
LONGEST_RETRY_SECONDS = 30.0
FIRST_BACKOFF_SECONDS = 0.05
QUEUED_PER_WORKER = 32
_TRY_AGAIN = frozenset({429, 503})


class SendReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the messages: sent = acknowledged + failed; given up ones were stopped before an answer."""

    sent: int
    """Messages that had a final answer, or none after every attempt."""
    acknowledged: int
    retried: int
    """Attempts beyond the first, all messages together."""
    failed: int
    given_up: int
    """Messages taken up but dropped because the stop event came while they waited."""
    without_key: int
    """Messages of readers for which no key was given; never sent."""
    by_status: dict[int, int]
    """Answers by HTTP status, every attempt counted."""
    seconds: float
    per_second: float
    """Acknowledged messages a second."""
    p50_ms: float
    """Half of the acknowledged messages were answered within this time, counted from their last attempt."""
    p99_ms: float
    stopped: bool
    """The stop event ended the run."""


def send(  # noqa: PLR0913 - what to send, where, and four ways to limit it, each named at the call
    messages: Iterable[Message],
    base_url: str,
    reader_keys: Mapping[ReaderId, str],
    speed: float | None = None,
    stop: Event | None = None,
    *,
    per_second: float | None = None,
    most: int | None = None,
    seconds: float | None = None,
    workers: int = DEFAULT_WORKERS,
    attempts: int = MAX_ATTEMPTS,
    allow_remote: bool = False,
) -> SendReport:
    """Post messages until they end, `most` or `seconds` is reached, or `stop` is set; return what became of them.

    `speed` keeps the messages' own times, ten for ten times real time; `per_second` a steady rate; with neither they
    go as fast as they are answered. A reader's messages keep their order. 503 and 429 are waited out as Retry-After
    says; a broken connection is tried again; each message at most `attempts` times. Raises BadInput for an address that
    is not loopback, and for a key that no header can carry.
    """
    address = require_address(base_url, allow_remote=allow_remote)
    if not all(key and key.isascii() and key.isprintable() for key in reader_keys.values()):
        raise BadInput("a reader's key is not printable ASCII", code="bad_reader_key")
    stop = stop or Event()
    pace = Pace(stop, speed=speed, per_second=per_second, most=most, seconds=seconds)
    crew = [_Worker(address, reader_keys, stop, attempts) for _ in range(max(1, workers))]
    place_of: dict[ReaderId, int] = {}
    without_key = 0
    for worker in crew:
        worker.start()
    try:
        for message in messages:
            if message.reader_id not in reader_keys:
                without_key += 1
                continue
            if not pace.may_go(message.send_at):
                break
            crew[place_of.setdefault(message.reader_id, len(place_of)) % len(crew)].queue.put(message)
    finally:
        for worker in crew:
            worker.queue.put(None)
        for worker in crew:
            worker.join()
    return _report(crew, without_key, pace.elapsed, stopped=stop.is_set())


def require_address(base_url: str, *, allow_remote: bool) -> SplitResult:
    """Return the parsed address, or raise BadInput: not HTTP, or not this machine without leave."""
    address = urlsplit(base_url)
    try:
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable or address.query or address.fragment:
        raise BadInput("not an HTTP address", code="bad_address", next_step="Example: http://127.0.0.1:8420")
    if not allow_remote and not _is_loopback(address.hostname or ""):
        raise BadInput(
            "the simulator sends to this machine only",
            code="not_loopback",
            next_step="Use 127.0.0.1, or allow a remote node explicitly if it is a test node of your own.",
        )
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Worker(Thread):
    """Sends the messages of some readers, one after the other; only this thread touches its counts until it ends."""

    def __init__(self, address: SplitResult, keys: Mapping[ReaderId, str], stop: Event, attempts: int) -> None:
        super().__init__(daemon=True, name="simulated readers")
        self.queue: Queue[Message | None] = Queue(maxsize=QUEUED_PER_WORKER)
        self.acknowledged = 0
        self.retried = 0
        self.failed = 0
        self.given_up = 0
        self.by_status: Counter[int] = Counter()
        self.milliseconds: list[float] = []
        self._address = address
        self._keys = keys
        self._stop_event = stop
        self._attempts = attempts
        self._connections: dict[ReaderId, HTTPConnection] = {}

    def run(self) -> None:
        """Send until the queue says that nothing more comes; after a stop, only empty the queue."""
        try:
            while (message := self.queue.get()) is not None:
                if self._stop_event.is_set():
                    self.given_up += 1
                else:
                    self._deliver(message)
        finally:
            for connection in self._connections.values():
                connection.close()

    def _deliver(self, message: Message) -> None:
        """Try until the node answers for good, the attempts are used up, or the run is stopped."""
        for attempt in range(self._attempts):
            self.retried += attempt > 0
            began = monotonic_seconds()
            wait = self._attempt(message, attempt)
            if wait is None:
                self.milliseconds.append((monotonic_seconds() - began) * 1000)
                return
            if wait < 0:
                self.failed += 1
                return
            if attempt + 1 < self._attempts and self._stop_event.wait(wait):
                self.given_up += 1
                return
        self.failed += 1

    def _attempt(self, message: Message, attempt: int) -> float | None:
        """Post once. None: acknowledged. Zero or more: try again after that many seconds. Below zero: refused."""
        connection = self._connections.get(message.reader_id) or self._connect(message.reader_id)
        headers = {"Content-Type": message.content_type, KEY_HEADER: self._keys[message.reader_id]}
        try:
            connection.request("POST", self._address.path.rstrip("/") + message.path, message.body, headers)
            response = connection.getresponse()
            response.read()
        except (HTTPException, OSError):
            connection.close()
            # A server may close an idle connection at any time, so the first attempt after that goes at once.
            backoff: float = FIRST_BACKOFF_SECONDS * (2**attempt - 1)
            return min(LONGEST_RETRY_SECONDS, backoff)
        self.by_status[response.status] += 1
        if 200 <= response.status < 300:
            self.acknowledged += 1
            return None
        return retry_after(response.getheader("Retry-After")) if response.status in _TRY_AGAIN else -1.0

    def _connect(self, reader: ReaderId) -> HTTPConnection:
        kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        connection = kind(self._address.hostname or "", self._address.port, timeout=TIMEOUT_SECONDS)
        self._connections[reader] = connection
        return connection


def retry_after(header: str | None) -> float:
    """Return the seconds that a Retry-After header asks for, bounded; a date or nonsense means the default."""
    try:
        seconds = float(header or "")
    except ValueError:
        return DEFAULT_RETRY_SECONDS
    return min(LONGEST_RETRY_SECONDS, seconds) if seconds >= 0 else DEFAULT_RETRY_SECONDS


def _report(crew: list[_Worker], without_key: int, elapsed: float, *, stopped: bool) -> SendReport:
    statuses: Counter[int] = sum((worker.by_status for worker in crew), Counter())
    times = sorted(time for worker in crew for time in worker.milliseconds)
    acknowledged = sum(worker.acknowledged for worker in crew)
    failed = sum(worker.failed for worker in crew)
    return SendReport(
        sent=acknowledged + failed,
        acknowledged=acknowledged,
        retried=sum(worker.retried for worker in crew),
        failed=failed,
        given_up=sum(worker.given_up for worker in crew),
        without_key=without_key,
        by_status=dict(sorted(statuses.items())),
        seconds=round(elapsed, 3),
        per_second=round(acknowledged / elapsed, 1) if elapsed else 0.0,
        p50_ms=_percentile(times, 0.50),
        p99_ms=_percentile(times, 0.99),
        stopped=stopped,
    )


def _percentile(times: list[float], share: float) -> float:
    return round(times[min(len(times) - 1, int(len(times) * share))], 2) if times else 0.0
