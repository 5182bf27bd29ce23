"""Posting: one message to the readers' door, until it is taken or refused for good.

What flows in: a message's bytes. What flows out: whether the node has it; counts.
What it must never see: what a message says: none of it is in a log line. It waits as long as it takes; nobody is told
that a message is safe before the node has said so.
"""

import threading
from collections import Counter
from urllib.parse import urlsplit

import httpx
import msgspec
import structlog

from lockplate.errors import BadInput

KEY_HEADER = "x-reader-key"
TIMEOUT_SECONDS = 30.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
_TRY_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Beside 5xx and redirects: a key that is refused may be renewed, and what was read meanwhile is not to be lost."""
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})


class PostingCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the messages so far."""

    taken: int
    """The node answered 2xx: it has understood and kept, matched or rightly ignored them."""
    refused_by_status: dict[int, int]
    """4xx: it will never take them."""
    retried: int


class Poster:
    """Posts messages of one reader, one after the other."""

    def __init__(self, url: str, reader_key: str, format_name: str, stop: threading.Event) -> None:
        self._path = f"{require_door(url)}/v1/reads" + (f"/{format_name}" if format_name else "")
        self._stop = stop
        self._client = httpx.Client(
            headers={KEY_HEADER: reader_key}, timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False
        )
        self._taken = 0
        self._retried = 0
        self._refused: Counter[int] = Counter()
        self._log = structlog.get_logger("lockplate.listen")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def counts(self) -> PostingCounts:
        """What became of the messages so far."""
        return PostingCounts(
            taken=self._taken, refused_by_status=dict(sorted(self._refused.items())), retried=self._retried
        )

    def post(self, message: bytes) -> bool:
        """Return True once the node has the message or refuses it for good, False when stopped before that."""
        wait, said = FIRST_WAIT_SECONDS, ""
        while not self._stop.is_set():
            trouble = self._attempt(message)
            if trouble is None:
                return True
            if trouble != said:
                self._log.warning("not_taken", code=trouble)
                said = trouble
            self._retried += 1
            self._stop.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        return False

    def _attempt(self, message: bytes) -> str | None:
        """Post once; None: settled. Else why it has to be tried again."""
        try:
            status = self._client.post(
                self._path, content=message, headers={"content-type": "application/json"}
            ).status_code
        except httpx.HTTPError as error:
            return "timed_out" if isinstance(error, httpx.TimeoutException) else "unreachable"
        if 200 <= status < 300:
            self._taken += 1
            return None
        if 400 <= status < 500 and status not in _TRY_AGAIN:
            self._refused[status] += 1
            self._log.warning("refused", status=status)
            return None
        return f"http_{status}"


def require_door(url: str) -> str:
    """Return a node's address without a slash at its end, or raise BadInput.

    Over plain HTTP a reader's key goes to this machine only.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise BadInput("not a node's address", code="bad_url", next_step="Example: http://127.0.0.1:8420")
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise BadInput(
            "a reader's key does not travel unprotected", code="bad_url", next_step="Use https, or this machine."
        )
    return url.rstrip("/")
