"""Clerk: the act of a witness: it is founded from nothing, trusts a log, cosigns it as it grows, and keeps a lie.

What flows in: an empty folder, the ledger. What flows out: one line for each thing that was acknowledged; one sentence
for each promise that a fault broke. What it must never see: which fault strikes; a node.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from lockplate.clock import Clock
from lockplate.errors import Conflict, LockplateError
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.refusals import Inconsistent
from lockplate.witnessing.trusting import trust_log
from witnessed import PlainLog

SIZES = (0, 1, 3, 64, 300)
LOG = PlainLog()
OTHER = LOG.told("other")
NAME = "witness.example/clerk"


def cosign(folder: Path, clock: Clock, say: Callable[..., None]) -> None:
    """Found the witness in a folder, or take up what is there, and have it cosign the log from head to head."""
    files = WitnessFolder.at(folder / "witness")
    with _refusals(say):
        found(files, clock)
        with files.open_state() as state:
            say("founded", vkeys=state.vkeys())
            trust_log(state, LOG.vkey, clock.now())
    for old, new in pairwise(SIZES):
        with _refusals(say), files.open(clock) as witness:
            witness.add_checkpoint(LOG.body(old, new))
            say("cosigned", size=new)
    with _refusals(say), files.open(clock) as witness:
        try:
            witness.add_checkpoint(OTHER.body(new, new + 1))
        except Inconsistent:
            say("kept", size=new + 1)


def found(files: WitnessFolder, clock: Clock) -> None:
    """Found a witness; one that is there already is well."""
    try:
        files.create(NAME, clock.now())
    except Conflict as error:
        if error.code != "witness_exists":
            raise


def check(folder: Path, ledger: Iterable[dict[str, Any]], clock: Clock) -> Iterator[str]:
    """The witness is itself, forgets nothing that it cosigned or kept, cosigns no second history, and goes on."""
    files = WitnessFolder.at(folder / "witness")
    found(files, clock)
    with files.open_state() as state:
        trust_log(state, LOG.vkey, clock.now())
        kept = {one.size for one in state.evidence(LOG.origin)}
        with state.deciding() as heads:
            newest = heads.newest(LOG.origin)
            known = {size: head.root for size in SIZES if (head := heads.head(LOG.origin, size))}
        vkeys = state.vkeys()
    for line in ledger:
        if line["said"] == "founded" and tuple(line["vkeys"]) != vkeys:
            yield "the witness has other keys than it told"
        if line["said"] == "cosigned" and known.get(line["size"]) != LOG.root(line["size"]):
            yield f"the head of size {line['size']} was cosigned and is forgotten"
        if line["said"] == "kept" and line["size"] not in kept:
            yield "evidence against the log was kept and is lost"
    size = 0 if newest is None else newest.size
    with files.open(clock) as witness:
        if size:
            try:
                witness.add_checkpoint(OTHER.body(size, size + 1))
                yield "a second history was cosigned"
            except Inconsistent:
                pass
        witness.add_checkpoint(LOG.body(size, size + 1))


@contextmanager
def _refusals(say: Callable[..., None]) -> Iterator[None]:
    """Let the act go on after a refusal; any error outside the tree is said for what it is."""
    try:
        yield
    except LockplateError as error:
        say("refused", code=error.code)
    except Exception as error:  # noqa: BLE001 - the harness counts it as a bad outcome
        say("broke", kind=f"{type(error).__name__}: {error}")
