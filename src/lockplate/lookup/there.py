"""There: another node, over HTTP, as the person who asks.

What flows in: an address, a name and a password, a question. What flows out: what the other node said, in form only.
What it must never see: a way to keep the password, or to send it over a line in the clear. Nothing that comes back is
believed here: see `proving`.
"""

import contextlib
import ipaddress
import re
from types import TracebackType
from typing import ClassVar, Self, TypeVar

import httpx
import msgspec

from lockplate.clock import monotonic_seconds
from lockplate.errors import BadInput, CallerError, LockplateError, NodeError
from lockplate.lookup.answer import OperatorAnswer
from lockplate.lookup.exchange import ProofThere, SharedAnswer, SharedAsk, SignedIn
from lockplate.shared_question import SharedResult
from lockplate.terms import LeafIndex, OperatorId, PersonId, RequestId

MAX_ANSWER_BYTES = 16 * 2**20
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 120.0
"""For one silence; all of it together takes no longer than the next, which is less than an intent may be under way."""
WHOLE_SECONDS = 600.0
CSRF_HEADER = "x-csrf-token"

_CODE = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)
T = TypeVar("T")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where and as whom to ask, and the key that its records are believed under."""

    url: str
    operator: OperatorId
    """Whose reads, by its id there."""
    person: PersonId
    """The asker's sign-in name there."""
    vkey: str
    """The key of that operator's log, known from elsewhere than this address."""


class AskingFailed(LockplateError):
    """Asking at another node ended without a judgement that can be believed; `result` says how."""

    http_status: ClassVar[int] = 502

    result: SharedResult
    code_there: str


class ThereFailed(AskingFailed, NodeError):
    """The other node, or the way to it, did not do its part."""

    def __init__(self, result: SharedResult, message: str, *, next_step: str = "") -> None:
        super().__init__(message, code=f"there_{result.value}", next_step=next_step)
        self.result, self.code_there = result, ""


class ThereRefused(AskingFailed, CallerError):
    """The other node says that the question, or the name and password, will not do."""

    def __init__(self, result: SharedResult, message: str, *, code_there: str, next_step: str = "") -> None:
        super().__init__(message, code=f"there_{result.value}", next_step=next_step)
        self.result, self.code_there = result, code_there


def require_url(text: str) -> str:
    """Return a node's address without a slash at its end, or raise BadInput: https, or http to this machine itself."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    is_safe = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))
    if not url.host or not is_safe or url.userinfo or url.query or url.fragment:
        raise BadInput(
            "not an address to send a question and a password to",
            code="bad_url",
            next_step="Give https://HOST; plain http is for this machine itself.",
        )
    return text.rstrip("/")


class There:
    """One visit at another node; use it in a `with` block, which signs out again."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._deadline = monotonic_seconds() + WHOLE_SECONDS
        self._client = httpx.Client(
            base_url=require_url(place.url),
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if CSRF_HEADER in self._client.headers and not isinstance(error, ThereFailed):
            with contextlib.suppress(AskingFailed):  # what was asked is asked; the session ends by itself
                self._post("/v1/sign-out", {}, object)
        self._client.close()

    def sign_in(self, password: str) -> None:
        """Sign in as the place's person; raises ThereRefused when that node does not know these words."""
        told = self._post("/v1/sign-in", {"name": self._place.person, "password": password}, SignedIn)
        self._client.headers[CSRF_HEADER] = told.csrf_token

    def ask(self, question: SharedAsk) -> SharedAnswer:
        """Return what the node says to a question; raises ThereFailed and ThereRefused."""
        return self._post("/v1/lookup/shared", question, SharedAnswer)

    def take_up(self, request_id: RequestId) -> OperatorAnswer:
        """Return what the node says to a question that waited there; raises as `ask` does."""
        name = {"request_id": request_id, "operator": self._place.operator}
        return self._post("/v1/request/resume", name, OperatorAnswer)

    def proof(self, index: LeafIndex) -> str:
        """Return the proof file of a record of the place's operator, unchecked; raises as `ask` does."""
        return self._post("/v1/log/prove", {"index": index, "operator": self._place.operator}, ProofThere).proof

    def _post(self, path: str, body: object, answer: type[T]) -> T:
        status, content = self._send(path, msgspec.json.encode(body))
        if status != httpx.codes.OK:
            raise _refused(status, content, is_sign_in=path == "/v1/sign-in")
        try:
            return msgspec.json.decode(content, type=answer)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            raise ThereFailed(
                SharedResult.GARBLED, "the other node's answer is not in a form that we know", next_step=_TELL
            ) from None

    def _send(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Return an answer's status and body, read no further than the limits of size and time."""
        # no packed answer: what is read is what was counted
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        content = bytearray()
        try:
            with self._client.stream("POST", path, content=body, headers=headers) as told:
                for part in told.iter_raw():
                    content += part
                    if len(content) > MAX_ANSWER_BYTES or monotonic_seconds() > self._deadline:
                        raise ThereFailed(SharedResult.GARBLED, "the other node's answer does not end", next_step=_TELL)
                return told.status_code, bytes(content)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise ThereFailed(
                SharedResult.UNREACHABLE,
                "the other node cannot be reached; nothing was asked there",
                next_step="Try again later. That you tried is on record here.",
            ) from None
        except (httpx.HTTPError, ValueError):
            raise ThereFailed(
                SharedResult.NO_ANSWER,
                "no answer came from the other node; it may have the question on record",
                next_step="Ask again. `lockplate log reconcile` shows later what that node recorded.",
            ) from None


_TELL = "Tell whoever runs that node; nothing of the answer is shown. It is on record here."


def _refused(status: int, content: bytes, *, is_sign_in: bool) -> AskingFailed:
    """Return the error for an answer that is none: its code from there, its words from here."""
    try:
        told = msgspec.json.decode(content, type=dict[str, object]).get("error")
    except (msgspec.MsgspecError, RecursionError, ValueError):
        told = None
    code = told if isinstance(told, str) and _CODE.fullmatch(told) else f"http_{status}"
    if is_sign_in and status == httpx.codes.UNAUTHORIZED:
        return ThereRefused(
            SharedResult.SIGN_IN_REFUSED,
            "the other node does not let this person in",
            code_there=code,
            next_step="Check --sign-in and the password. Five wrong ones lock an account there.",
        )
    return ThereRefused(
        SharedResult.REFUSED,
        f"the other node refused the question: {code}",
        code_there=code,
        next_step="What that code means stands in docs/http.md. The question is on record here.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
