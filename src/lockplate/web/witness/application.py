"""Application of a witness: takes checkpoints, shows monitors what it cosigned and its keeper what it saw.

What flows in: HTTP requests from anyone: the protocol knows no other credential than the log's signature.
What flows out: cosignature lines, sizes, refusals as plain text; the newest cosigned checkpoint; one page.
What it must never see: an address or a name of a caller in any log line; a traceback in an answer.

The limits on size, time and number are all that stands between the key and a stranger: see also `witness.serving`.
"""

import asyncio
from importlib.resources import files
from typing import Any

import structlog
from litestar import Litestar, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Response as LitestarResponse
from litestar.types import ControllerRouterHandler

from lockplate.errors import CallerError, LockplateError, NotFound, Overloaded, StoreFailed
from lockplate.web.witness.page import ICON, STYLE_SHEET, WitnessPage
from lockplate.witnessing.refusals import ClockBehind, OtherSize
from lockplate.witnessing.submission import ADD_CHECKPOINT, MAX_SUBMISSION_BYTES, SIZE_TYPE
from lockplate.witnessing.witness import Witness

BODY_SECONDS = 10.0
"""How long a request's body may take to arrive."""
MAX_WAITING = 128
"""Requests that may be read or judged at once; above it the answer is 503."""
PLAIN = "text/plain"
"""The framework adds the character set."""
STATIC_TYPES = {STYLE_SHEET: "text/css", ICON: "image/svg+xml"}
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}
ANYONE = {"access-control-allow-origin": "*", "cache-control": "no-cache"}

_Request = Request[Any, Any, Any]


class SlowSender(CallerError):
    """A request whose body did not arrive in time."""

    default_code = "slow_sender"
    http_status = 408


class Counter:
    """The witness behind the server, how many wait for it, and whether its disk refused the last time."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.page = WitnessPage(witness)
        self._waiting = 0
        self._refused_by_disk = False

    async def take(self, request: _Request) -> bytes:
        """Return the answer to one request to cosign; raises what `Witness.add_checkpoint` raises, and Overloaded."""
        if self._waiting >= MAX_WAITING:
            raise Overloaded("too many requests wait here")
        self._waiting += 1  # all of this runs in the one event loop
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.body()
            lines = await asyncio.to_thread(self.witness.add_checkpoint, body)
        except TimeoutError:
            raise SlowSender("the request did not arrive in time") from None
        except StoreFailed:
            self._refused_by_disk = True
            raise
        finally:
            self._waiting -= 1
        self._refused_by_disk = False
        return "".join(line.text() for line in lines).encode()

    def require_healthy(self) -> None:
        """Raise StoreFailed when the state cannot be read, or could not be written the last time."""
        self.witness.logs()
        if self._refused_by_disk:
            raise StoreFailed("the last answer could not be written down, so none was given")


@post(f"/{ADD_CHECKPOINT}", status_code=200)
async def add_checkpoint(counter: NamedDependency[Counter], request: _Request) -> Response[bytes]:
    """Cosign a checkpoint that extends what was cosigned before (C2SP tlog-witness)."""
    return LitestarResponse(await counter.take(request), media_type=PLAIN)


@get("/{hashed:str}/checkpoint", sync_to_thread=True)
def show_cosigned(counter: NamedDependency[Counter], hashed: FromPath[str]) -> Response[str]:
    """Show monitors the newest checkpoint that was cosigned for the log whose origin has this SHA-256."""
    return LitestarResponse(counter.witness.cosigned(hashed), media_type=PLAIN, headers=ANYONE)


@get("/health", sync_to_thread=True)
def show_health(counter: NamedDependency[Counter]) -> dict[str, str]:
    """Say that the witness answers and can reach its state."""
    counter.require_healthy()
    return {"status": "ok"}


@get("/", sync_to_thread=True)
def show_page(counter: NamedDependency[Counter]) -> Response[str]:
    """Show in words what this witness has seen."""
    return LitestarResponse(counter.page.html(), media_type="text/html", headers={"cache-control": "no-store"})


@get("/static/{name:str}", sync_to_thread=True)
def show_static(name: FromPath[str]) -> Response[bytes]:
    """Show one of the two files that the page uses."""
    if name not in STATIC_TYPES:
        raise NotFound("there is no such file", code="no_file")
    content = files("lockplate.web").joinpath("static", name).read_bytes()
    return LitestarResponse(content, media_type=STATIC_TYPES[name], headers={"cache-control": "public, max-age=3600"})


WITNESS_ROUTES: tuple[ControllerRouterHandler, ...] = (
    add_checkpoint, show_cosigned, show_health, show_page, show_static,
)  # fmt: skip


def create_witness_application(witness: Witness) -> Litestar:
    """Return the application over an open witness, which it does not close."""
    counter = Counter(witness)
    return Litestar(
        route_handlers=WITNESS_ROUTES,
        dependencies={"counter": Provide(lambda: counter, sync_to_thread=False)},
        exception_handlers={
            OtherSize: told_size,
            LockplateError: told_refusal,
            HTTPException: told_http_error,
            Exception: told_fault,
        },
        request_max_body_size=MAX_SUBMISSION_BYTES,
        after_request=_with_headers,
        openapi_config=None,
        signature_types=[Counter],
        logging_config=None,
    )


def _with_headers(response: Response[Any]) -> Response[Any]:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def told_size(_: _Request, error: OtherSize) -> Response[bytes]:
    """Return the size that was cosigned last: a plain number of exactly this media type."""
    headers = HEADERS | {"content-type": SIZE_TYPE}  # as a header: the framework would add a character set
    return LitestarResponse(f"{error.size}\n".encode(), status_code=409, headers=headers)


def told_refusal(_: _Request, error: LockplateError) -> Response[str]:
    """Return an error of ours as two lines of text with its status."""
    headers = dict(HEADERS)
    if isinstance(error, ClockBehind):
        if error.retry_after is not None:
            headers["retry-after"] = str(error.retry_after)
    elif error.http_status == 503:
        headers["retry-after"] = "1"
    if error.http_status >= 500:
        structlog.get_logger("lockplate.witness").error("witness_error", code=error.code)
    return _text(error.http_status, f"{error.message}\n{error.next_step}".rstrip("\n"), headers)


def told_http_error(_: _Request, error: HTTPException) -> Response[str]:
    """Return the framework's own errors: no such path, method not allowed, body too large."""
    return _text(error.status_code, error.detail, HEADERS)


def told_fault(_: _Request, error: Exception) -> Response[str]:
    """Return a fault of ours without its text; its kind goes to the log."""
    structlog.get_logger("lockplate.witness").error("fault", kind=type(error).__name__)
    return _text(500, "something broke here", HEADERS)


def _text(status: int, text: str, headers: dict[str, str]) -> Response[str]:
    return LitestarResponse(text + "\n", status_code=status, media_type=PLAIN, headers=headers)
