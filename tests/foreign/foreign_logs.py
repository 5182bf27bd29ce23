"""Logs that our own program makes, with entries that need no node, and what a verifier says of them."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from lockplate.access import AccessRecord, canonical_leaf
from lockplate.checkpoint import Signer
from lockplate.clock import SystemClock
from lockplate.evidence.export import export_log
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.log import TileLog
from lockplate.terms import Action, OperatorId, PersonId

OPERATOR = OperatorId("springfield-pd")
SIGNER = Signer(f"lockplate/{OPERATOR}", bytes(range(32)))
PATIENCE = 300
"""Seconds; nothing here takes more than a few, on a machine that has nothing else to do."""


@dataclass(frozen=True)
class Verdict:
    """What a verifier said."""

    code: int
    told: dict[str, Any] = field(default_factory=dict)
    complaint: str = ""

    @property
    def sound(self) -> bool:
        """Say whether it found nothing wrong, and its exit code says so as well."""
        assert {0: True, 1: False}[self.code] == self.told["sound"], self
        return self.code == 0

    @property
    def named(self) -> list[str]:
        """Return where it found something wrong."""
        return [problem["where"] for problem in self.told["problems"]]


Verify = Callable[..., Verdict]


def run(*words: str | Path) -> Verdict:
    """Run a verifier that prints JSON; one that breaks has not said anything, and fails the test."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode in {0, 1, 2}, done.stderr
    told = json.loads(done.stdout) if done.returncode < 2 else {}
    return Verdict(done.returncode, told, done.stderr)


def entry_of(number: int, word: str = "sign_in") -> bytes:
    """Return an entry that looks like a record, longer for some numbers."""
    more = "" if number % 5 else ',"facts":{"note":"' + "long " * (number % 41) + '"}'
    return f'{{"action":"{word}","at":"2026-11-24T08:30:00.000Z","n":{number}{more}}}'.encode()


def make_log(folder: Path, entries: list[bytes], signer: Signer = SIGNER) -> str:
    """Found a log in a folder, append the entries, publish, and return the signed checkpoint."""
    with EvidenceFolder.of(folder, OPERATOR).create(signer) as evidence:
        evidence.log.append(entries)
        return evidence.publisher.publish()


def export(folder: Path, out: Path, signer: Signer = SIGNER) -> Path:
    """Publish and export the log of a folder into another, which is returned."""
    with EvidenceFolder.of(folder, OPERATOR).open(signer) as evidence:
        export_log(evidence.log, evidence.publisher.publish(), signer.vkey, out)
    return out


def put_on_record(home: Path, operator: OperatorId, size: int) -> None:
    """Append sign-ins to a node's log, as a second process may, until it has so many records."""
    now = SystemClock().now()
    with TileLog.open(EvidenceFolder.of(home, operator).log) as log:
        more = [
            AccessRecord(action=Action.SIGN_IN, at=now, operator=operator, person=PersonId(f"officer-{number}"))
            for number in range(log.size, size)
        ]
        log.append([canonical_leaf(record) for record in more])


class Quiet(SimpleHTTPRequestHandler):
    """A plain web server, as anyone has one, that says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback until the block ends; gives the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
