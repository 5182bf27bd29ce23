"""For tests of witnesses: a log that can be made to lie, and a witness as its keeper runs it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from lockplate.checkpoint import Checkpoint, Signer
from lockplate.clock import SystemClock
from lockplate.merkle import consistency_path, leaf_hash, root_at, root_of
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.seen import LogSeen
from lockplate.witnessing.submission import Submission
from lockplate.witnessing.trusting import trust_log

COMMAND = (sys.executable, "-m", "lockplate.cli.main")
PATIENCE = 120.0
"""Seconds until a process is given up; a busy machine is slow."""


@dataclass(frozen=True)
class PlainLog:
    """A log of numbered leaves; `story` tells one history from another under the same key."""

    origin: str = "lockplate.example/oakmont"
    story: str = "true"
    before: str = "true"
    """The story of the leaves before `from_leaf`."""
    from_leaf: int = 0
    seed: bytes = field(default=bytes(range(32)), repr=False)

    @property
    def signer(self) -> Signer:
        return Signer(self.origin, self.seed)

    @property
    def vkey(self) -> str:
        return self.signer.vkey

    def told(self, story: str, *, from_leaf: int = 0) -> "PlainLog":
        """Return the same log with another history from a leaf on."""
        return replace(self, story=story, before=self.story, from_leaf=from_leaf)

    def root(self, size: int) -> bytes:
        return root_at(size, self._subtree)

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_path(old, new, self._subtree)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(origin=self.origin, size=size, root=self.root(size))

    def note(self, size: int) -> str:
        return self.signer.sign(self.checkpoint(size))

    def submission(self, old: int, new: int) -> Submission:
        """Return the request to cosign `new` from `old`, with the proof that this log has for it."""
        return Submission(old=old, proof=tuple(self.proof(old, new)) if old <= new else (), note=self.note(new))

    def body(self, old: int, new: int) -> bytes:
        return self.submission(old, new).body()

    def _subtree(self, start: int, height: int) -> bytes:
        return root_of([self._leaf(number) for number in range(start, start + (1 << height))])

    def _leaf(self, number: int) -> bytes:
        return leaf_hash(f"{self.story if number >= self.from_leaf else self.before} {number}".encode())


# A witness as its keeper runs it


@dataclass
class Keeper:
    """One witness's folder, and its server as a process of its own."""

    folder: Path
    around: tuple[str, ...] = ()
    """Words before the server's command, such as `faketime` and its own."""

    @property
    def state(self) -> Path:
        return self.folder / "witness"

    @property
    def database(self) -> Path:
        return self.state / "witness.db"

    @property
    def files(self) -> WitnessFolder:
        return WitnessFolder.at(self.state)

    def found(self, *vkeys: str, name: str = "clerk.example/w1") -> tuple[str, ...]:
        """Make the witness, let it watch some logs, and return its own keys."""
        own = self.files.create(name, SystemClock().now())
        for vkey in vkeys:
            self.watch(vkey)
        return own

    def watch(self, vkey: str) -> None:
        with self.files.open_state() as state:
            trust_log(state, vkey, SystemClock().now())

    def logs(self) -> tuple[LogSeen, ...]:
        """Return what the witness has seen, whether or not it runs."""
        with self.files.open_state() as state:
            return state.logs()

    def size(self) -> int:
        """Return the newest size of the one log that is watched; 0 before the first."""
        (log,) = self.logs()
        return 0 if log.newest is None else log.newest.size

    def evidence(self) -> list[tuple[str, int]]:
        """Return what was kept: suspicion and size."""
        with self.files.open_state() as state:
            return [(one.suspicion.value, one.size) for one in state.evidence()]

    @contextmanager
    def serve(self) -> Iterator["RunningWitness"]:
        """Serve on a free loopback port until the block ends."""
        server = self.start()
        try:
            yield server
        finally:
            server.stop()

    def start(self, port: int = 0) -> "RunningWitness":
        """Start the server, on a free port unless one is named, and wait until it answers."""
        port = port or free_port()
        output = self.folder / f"witness-{port}.log"
        with output.open("ab") as file:
            process = subprocess.Popen(
                [*self.around, *COMMAND, "witness", "serve", "--listen", f"127.0.0.1:{port}"],
                env=self._environment(),
                stdout=file,
                stderr=file,
                cwd=self.folder,
            )
        server = RunningWitness(process, f"http://127.0.0.1:{port}", output)
        server.wait_until_ready()
        return server

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}
        return kept | {"LOCKPLATE_WITNESS_STATE": str(self.state), "COLUMNS": "200"}


@dataclass
class RunningWitness:
    """A server that takes checkpoints: ours, or somebody else's."""

    process: "subprocess.Popen[bytes]"
    url: str
    output: Path
    health: str = "/health"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output.read_text()
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(self.url + self.health, trust_env=False, timeout=PATIENCE).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the witness does not answer")

    def ask(self, body: bytes) -> httpx.Response:
        """Send one request to cosign."""
        return httpx.post(f"{self.url}/add-checkpoint", content=body, trust_env=False, timeout=PATIENCE)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=PATIENCE)

    def stop(self) -> int:
        """Stop it as a keeper would, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it without a chance to finish anything."""
        self.process.kill()
        self.process.wait(PATIENCE)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
