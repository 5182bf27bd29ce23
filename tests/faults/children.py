"""Children: the harness's side of the spawner: gives orders, and reads what each child says until it is gone.

What flows in: orders. What flows out: ledgers, findings. What it must never see: how a node works.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
from acts import FROM_NOTHING
from harness import Job

SECONDS = 120.0
"""Only to end a child that hangs."""
SPAWNER = Path(__file__).with_name("spawner.py")
Ledger = list[dict[str, Any]]


class Child:
    """One child at work."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(SECONDS)
        self._end = end
        self._lines = end.makefile("rb")
        self.ledger: Ledger = []

    def until(self, word: str) -> dict[str, Any]:
        """Return the child's next line that says this; raises ChildProcessError when it is gone before."""
        for line in self:
            if line["said"] == word:
                return line
        raise ChildProcessError(f"the child is gone and did not say {word}")

    def go(self) -> None:
        """Let it go on after `begin`."""
        self._end.send(b"\n")

    def finish(self) -> bool:
        """Read until it is gone; return whether it reached its end."""
        try:
            for _ in self:
                pass
        finally:
            self._lines.close()
            self._end.close()
        return any(line["said"] == "end" for line in self.ledger)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while line := self._lines.readline():
            if line.endswith(b"\n"):
                self.ledger.append(msgspec.json.decode(line))
                yield self.ledger[-1]


class Spawner:
    """The warmed-up process; use it in a `with` block."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(SPAWNER), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONPATH": str(SPAWNER.parents[1])},  # what all tests share
                stdout=subprocess.DEVNULL,  # the node's own log: it tells of each fault, as it should
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def act(self, name: str, folder: Path, planted: str = "", *, waits: bool = False, early: bool = False) -> Child:
        """Start an act; with `waits` it stands still after `begin`, with `early` before it opens the home."""
        return self._order(do="act", name=name, folder=str(folder), planted=planted, waits=waits, early=early)

    def check(self, name: str, folder: Path, ledger: Ledger, planted: str = "") -> list[str]:
        """Return what does not hold in a home, in words."""
        child = self._order(do="check", name=name, folder=str(folder), planted=planted, ledger=ledger)
        reached_end = child.finish()
        found = [line["sentence"] for line in child.ledger if line["said"] == "bad"]
        return found if reached_end else [*found, "the check itself died"]

    def found(self, name: str, folder: Path) -> None:
        """Make the home of an act; raises ChildProcessError."""
        if not self._order(do="found", name=name, folder=str(folder)).finish():
            raise ChildProcessError("the home could not be made")

    def _order(self, **order: Any) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._orders, [msgspec.json.encode(order)], [theirs.fileno()])
        return Child(ours)


class Bench:
    """The place where the cases of one act happen: always the same path, since engines keep paths."""

    def __init__(self, job: Job, act: str, spawner: Spawner) -> None:
        self.act, self.spawner = act, spawner
        self.folder = job.folder / act
        self.template = job.folder / f"{act}.template"
        self.folder.mkdir()
        if act not in FROM_NOTHING:
            spawner.found(act, self.folder)
        self.folder.rename(self.template)

    def lay(self) -> Path:
        """Return the folder with the home as it was before the act."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder, symlinks=True)
        return self.folder

    def clear(self) -> None:
        """Remove the home and its template, where room is scarce."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.template, ignore_errors=True)


@contextmanager
def bench(job: Job, act: str) -> Iterator[Bench]:
    """Give a bench with a spawner of its own."""
    with Spawner() as spawner:
        yield Bench(job, act, spawner)
