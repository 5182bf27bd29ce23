"""Racer: forks processes that open one node, or append to one log, at the same moment.

What flows in: `own` or `write`, a folder, how many, a planted bug. What flows out: what each racer did, a JSON line each.
What it must never see: another racer's memory: they share the folder and nothing else.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import ground
import msgspec
import warm
from ground import HOME, START

from lockplate.access import canonical_leaf
from lockplate.checkpoint import Signer
from lockplate.clock import SetClock
from lockplate.errors import LockplateError
from lockplate.evidence.edge import Edge
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.log import TileLog
from lockplate.keys.kek import load_kek
from lockplate.settings import load_settings
from lockplate.store.ownership import Ownership
from lockplate.wiring.desk import SIGNING_KEY, open_ring, origin_of

OWNED_SECONDS = 0.3
"""How long an owner stays, so that the others meet it there."""
BATCHES = 12


def main() -> None:
    """Fork the racers, let them go together, and wait until all are gone."""
    what, folder, count, planted = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    warm.keep()
    warm.use_store(real=False)
    gate_read, gate_write = os.pipe()
    children = []
    for racer in range(count):
        child = os.fork()
        if child == 0:
            os.close(gate_write)
            os.read(gate_read, 1)  # end of file: all go
            _run(what, folder, racer, planted)
            os._exit(0)
        children.append(child)
    os.close(gate_write)
    for child in children:
        os.waitpid(child, 0)


def _run(what: str, folder: Path, racer: int, planted: str) -> None:
    _plant(planted)

    def say(word: str, **more: Any) -> None:
        os.write(1, msgspec.json.encode({"racer": racer, "said": word, **more}) + b"\n")

    try:
        _own(folder, say) if what == "own" else _write(folder, racer, say)
    except LockplateError as error:
        say("refused", code=error.code)
    except Exception as error:  # noqa: BLE001 - the harness counts it as a bad outcome
        say("refused", code=f"{type(error).__name__}: {error}")
    say("end")


def _own(folder: Path, say: Any) -> None:
    with warm.open_node(load_settings(folder / "home", {}), SetClock(START)) as node:
        say("owns")
        say("recorded", index=node.desk(HOME).recorder.record(ground.record(), {"case_number": "26-1"}))
        time.sleep(OWNED_SECONDS)


def _write(folder: Path, racer: int, say: Any) -> None:
    settings = load_settings(folder / "home", {})
    ring = open_ring(settings.home, HOME, load_kek(file=settings.kek_file, value=None))
    signer = Signer(origin_of(HOME), ring.data_key(SIGNING_KEY, START))
    ring.close()
    leaf = canonical_leaf(ground.record())
    with EvidenceFolder.of(settings.home, HOME).open(signer) as evidence:
        for batch in range(BATCHES):
            say("appended", places=evidence.log.append([leaf] * (1 + (racer + batch) % 3)))
            if batch % 3 == 0:
                note = evidence.publisher.publish()
                (folder / f"{racer}-{os.getpid()}-{batch}.note").write_text(note, encoding="utf-8")


def _plant(planted: str) -> None:
    if planted == "no-lock":
        Ownership.__init__ = _unlocked  # type: ignore[method-assign]
    if planted == "stale-edge":
        TileLog._edge_for_writing = _stale  # type: ignore[method-assign]


def _unlocked(self: Ownership, folder: Path) -> None:
    self._descriptor = os.open(folder / "owner.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _stale(self: TileLog) -> Edge:
    return self._edge.copy()


if __name__ == "__main__":
    main()
