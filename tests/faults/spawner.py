"""Spawner: a warmed-up process that forks a fresh child for each act and for each check, in milliseconds.

What flows in: orders, one JSON line each, with a socket for the child. What flows out: what the child says, on that
socket, line by line; its end of file when the child is gone, however it went.
What it must never see: which fault strikes. A child says its process id first, and `begin` before the act; then it waits
for one byte, so that a tracer can take hold of it. What it says goes out by `sendto`, which no fault touches.

    order: {"do": "act" | "check" | "found", "name": …, "folder": …, "planted": …, "waits": …, "early": …,
            "ledger": […]}
"""

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import acts
import bugs
import checks
import ground
import msgspec
import warm
from ground import START

from lockplate.clock import SetClock

MAX_ORDER = 1 << 20
_ANY_TRACER = 0x59616D61, -1
"""prctl(PR_SET_PTRACER, ANY): where only parents may trace, this child lets a stranger."""


class Channel:
    """The child's end of its socket."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def say(self, word: str, **what: Any) -> None:
        """Send one line."""
        self._end.sendall(msgspec.json.encode({"said": word, **what}) + b"\n")

    def wait(self) -> None:
        """Wait for the word to go on."""
        self._end.recv(1)


def main() -> None:
    """Serve orders until the other side hangs up."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    clock = SetClock(START)
    warm.keep()
    warm.wiring_node.shipped_gate(clock)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: the kernel buries them
    while True:
        line, descriptors, _, _ = socket.recv_fds(orders, MAX_ORDER, 1)
        if not line:
            return
        if os.fork() == 0:
            orders.close()
            _child(msgspec.json.decode(line), socket.socket(fileno=descriptors[0]), clock)
        os.close(descriptors[0])


def _child(order: dict[str, Any], end: socket.socket, clock: SetClock) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(*_ANY_TRACER)
    channel = Channel(end)
    folder, name = Path(order["folder"]), order["name"]
    warm.use_store(real=name == "ingest")
    if order["do"] == "act":
        bugs.plant(order["planted"])
        channel.say("pid", pid=os.getpid())

        def say(word: str, **what: Any) -> None:
            channel.say(word, **what)
            if word == "begin" and order["waits"]:
                channel.wait()

        acts.run(name, folder, clock, say, early=order["early"])
    elif order["do"] == "check":
        if order["planted"] in bugs.IN_RECOVERY:
            bugs.plant(order["planted"])
        for sentence in checks.check(name, folder, order["ledger"], clock):
            channel.say("bad", sentence=sentence)
    else:
        ground.found(folder, with_store=name == "ingest")
    channel.say("end")
    os._exit(0)  # nothing is tidied up: what must be durable is


if __name__ == "__main__":
    main()
