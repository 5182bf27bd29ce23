"""Served: a real `lockplate serve` in a process of its own, on loopback, for as long as a block lasts.

What flows in: the home folder of a founded node. What flows out: its port and process id; a clean stop at the end.
What it must never see: an address that is not this machine's.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

START_SECONDS = 60
STOP_SECONDS = 60


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A running server."""

    port: int
    process: int


@contextmanager
def served(home: Path, start_seconds: float = START_SECONDS) -> Iterator[Server]:
    """Yield the server of a node once it answers; stop it as Ctrl-C does. Raises RuntimeError when it does not start."""
    port = _free_port()
    command = [sys.executable, "-m", "lockplate.cli.main", "serve", "--home", str(home), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}
    with (home.parent / f"{home.name}.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(port, server, start_seconds)
            yield Server(port=port, process=server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: "subprocess.Popen[bytes]", seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                if b" 200 " in connection.recv(1000):
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")
