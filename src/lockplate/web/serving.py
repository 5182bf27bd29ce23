"""Serving: Granian in this process, which owns the node, until it is told to stop.

What flows in: an open node, an address. What flows out: a running server; then a clean stop.
What it must never see: a public address by accident: loopback is the default, and a proxy terminates TLS.
"""

import asyncio
import gc
import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.types import ControllerRouterHandler

from lockplate.web.answering import until_answering
from lockplate.web.application import create_front
from lockplate.web.doorway import Doorway, new_run_token
from lockplate.web.metrics import Metrics
from lockplate.wiring.node import Node


def serve(
    node: Node, page_routes: Sequence[ControllerRouterHandler] = (), on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve a node until SIGINT or SIGTERM; what was taken in by then is finished before this returns."""
    spare_collections()
    asyncio.run(_serve(node, page_routes, on_ready))


def spare_collections() -> None:
    """Let the collector pass over what was built at start, and look at young objects less often.

    A full collection over the modules, schemas and policies stopped every delivery for 130 ms (docs/benchmarks.md);
    what requests make is freed by reference counts.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _serve(
    node: Node, page_routes: Sequence[ControllerRouterHandler], on_ready: Callable[[str], None] | None
) -> None:
    doorway = Doorway(node=node, run_token=new_run_token(), metrics=Metrics())
    settings = node.settings
    server = Server(
        create_front(doorway, page_routes),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
        backlog=1024,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, server.stop, doorway)
    url = f"http://{settings.host}:{settings.port}"
    write_server_note(node.layout.server, url, doorway.run_token)
    try:
        task = asyncio.create_task(server.serve())
        await until_answering(settings.host, settings.port, task)
        if on_ready is not None:
            on_ready(url)
        await task
    finally:
        node.layout.server.unlink(missing_ok=True)


def _stop(stop_server: Callable[[], None], doorway: Doorway) -> None:
    """Stop serving; streams end first, or the server would wait for people who watch to go away."""
    doorway.streams.end_all("stopping")
    stop_server()


def write_server_note(path: Path, url: str, token: str) -> None:
    """Write where the server is, for the eyes of the same system user only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": url, "token": token}, file)
