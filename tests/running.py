"""A node as an operator has it: commands and the server as processes of their own, in a folder of their own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lockplate.clock import SystemClock
from lockplate.errors import NotFound
from lockplate.registry.database import close_database, open_database
from lockplate.seal.column import ColumnSealer
from lockplate.settings import Settings, load_settings
from lockplate.store.ownership import Ownership
from lockplate.terms import AgencyId, OperatorId, PersonId, Role
from lockplate.wiring.desk import open_ring
from lockplate.wiring.layout import NODE_RING, Layout
from lockplate.wiring.node import load_node_kek
from lockplate.wiring.registries import Registries, build_registries

COMMAND = (sys.executable, "-m", "lockplate.cli.main")


@dataclass
class Home:
    """One home folder and the environment of its commands."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    command: Sequence[str] = COMMAND
    """What the program is started with; fault tests plant bugs in it."""

    @property
    def path(self) -> Path:
        return self.folder / "home"

    @property
    def settings(self) -> Settings:
        return load_settings(self.path, self.environment)

    def run(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command on this node and return what it printed."""
        return subprocess.run(
            [*self.command, *words],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=self.folder,
            **options,
        )

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command with `--json` and return the one object that it printed."""
        done = self.run(*words, "--json")
        assert code == done.returncode, (words[0], done.returncode, done.stdout[:2000], done.stderr)
        (line,) = done.stdout.splitlines()
        return json.loads(line)

    @contextmanager
    def registries(self) -> Iterator[Registries]:
        """Open the control data alone, as the owner of the node: the engine stays shut."""
        ownership = Ownership(self.path)
        engine = open_database(Layout(self.path).registry)
        kek, clock = load_node_kek(self.settings), SystemClock()
        rings = {NODE_RING: open_ring(self.path, NODE_RING, kek)}

        def sealer_of(operator: OperatorId) -> ColumnSealer:
            if operator not in rings:
                raise NotFound("no such operator")
            return ColumnSealer(rings[operator], clock)

        try:
            registries = build_registries(engine, ColumnSealer(rings[NODE_RING], clock), sealer_of, clock)
            for operator in registries.operators.list_all():
                rings[operator.operator] = open_ring(self.path, operator.operator, kek)
            yield registries
        finally:
            for ring in rings.values():
                ring.close()
            close_database(engine)
            ownership.release()

    def add_person(self, person: str, agency: str, *roles: Role, name: str = "Person Example") -> None:
        with self.registries() as registries:
            registries.people.add(PersonId(person), agency=AgencyId(agency), display_name=name, roles=frozenset(roles))

    @contextmanager
    def serve(self, log: str = "server.log", port: int | None = None) -> Iterator["Server"]:
        """Serve the node on a free loopback port, or on the given one, until the block ends."""
        server = self.start(log, port=port)
        try:
            yield server
        finally:
            server.stop()

    def start(self, log: str = "server.log", command: Sequence[str] = (), port: int | None = None) -> "Server":
        """Start the server, with another command than the home's if one is given, and wait until it answers."""
        port = port or free_port()
        output = self.folder / log
        with output.open("ab") as file:
            process = subprocess.Popen(
                [*(command or self.command), "serve", "--home", str(self.path), "--port", str(port)],
                env=self._environment(),
                stdout=file,
                stderr=file,
                cwd=self.folder,
            )
        server = Server(process, f"http://127.0.0.1:{port}", output, Layout(self.path).server)
        server.wait_until_ready()
        return server

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}
        return kept | {"LOCKPLATE_HOME": str(self.path), "COLUMNS": "200"} | self.environment


@dataclass
class Server:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    url: str
    output: Path
    note: Path

    @property
    def run_token(self) -> str:
        return str(json.loads(self.note.read_text())["token"])

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output.read_text()
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", trust_env=False).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def stop(self) -> int:
        """Stop it as an operator would, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """End it without a chance to finish anything."""
        self.process.kill()
        self.process.wait(60)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lookup_words(plate: str, operator: str, person: str, start: str, end: str, *more: str) -> Sequence[str]:
    """Return the words of a lawful question; later words go before earlier ones."""
    return (
        "lookup", plate, "--operator", operator, "--from", start, "--to", end, "--as", person,
        "--purpose", "felony_investigation", "--offense", "felony", "--basis", "probable_cause",
        "--case", "26-0815", *more,
    )  # fmt: skip
