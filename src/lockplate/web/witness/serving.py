"""Serving a witness: Granian in this process until it is told to stop.

What flows in: an open witness, an address. What flows out: a running server; then a clean stop.
What it must never see: a public address by accident: loopback is the default, and a proxy terminates TLS.
"""

import asyncio
import signal
from collections.abc import Callable

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from lockplate.web.answering import until_answering
from lockplate.web.witness.application import create_witness_application
from lockplate.witnessing.witness import Witness

HEADER_MILLISECONDS = 10_000
"""How long a request's head may take to arrive."""


def serve_witness(witness: Witness, host: str, port: int, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve a witness until SIGINT or SIGTERM; a request that is being judged by then is answered first."""
    asyncio.run(_serve(witness, host, port, on_ready))


async def _serve(witness: Witness, host: str, port: int, on_ready: Callable[[str], None] | None) -> None:
    server = Server(
        create_witness_application(witness),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        log_enabled=False,
        websockets=False,
        backlog=256,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    task = asyncio.create_task(server.serve())
    await until_answering(host, port, task)
    if on_ready is not None and not task.done():
        on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    await task
