"""Racing: several processes open one node at once, and several processes append to one log at once.

What flows in: a job. What flows out: a Tally; a case is one process in one race.
What it must never see: a real node.

A node has one owner: of those who open it together, one succeeds and the others are told that it is busy. A log file
may have several writers: their places are dense, none is given twice, and every checkpoint extends the one before.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import ground
import msgspec
from children import Spawner
from harness import Harness, Job, Tally

from lockplate.access import parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.errors import LockplateError
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.fsck import check_log
from lockplate.evidence.log import TileLog

RACER = Path(__file__).with_name("racer.py")
SECONDS = 120.0
PROCESSES = 5
ROUNDS = {False: 2, True: 60}
PLANTED = {
    "no-lock": "the owner's lock is never taken",
    "stale-edge": "a writer goes on from the tree that it remembers, whatever the file says by now",
}
Ledger = list[dict[str, Any]]


def run(job: Job) -> Tally:
    """Race for the node, then for its log, on one home; then hold the home against what the racers said."""
    tally = Tally()
    with Spawner() as spawner:
        spawner.found("append", job.folder)
    facts = ground.facts_of(job.folder)
    files = EvidenceFolder.of(job.folder / "home", ground.HOME)
    places: list[int] = []
    for number in range(ROUNDS[job.long]):
        job.told(f"{number} of {ROUNDS[job.long]}")
        places += _owners(_race("own", job), tally)
        places += _writers(_race("write", job), tally)
        if job.seen_enough(tally):
            return tally
    if len(places) != len(set(places)):
        tally.wrong("one place was given to two racers")
    report = check_log(files.log, files.heads, files.details, facts.vkey)
    for damage in report.findings[:3]:
        tally.wrong(f"fsck says {damage.code} at {damage.where}: {damage.says}")
    _held(files, places, facts, tally)
    return tally


def _owners(told: list[Ledger], tally: Tally) -> list[int]:
    """Return the places that the one owner was given; more than one owner, or none, is wrong."""
    owners = [ledger for ledger in told if any(line["said"] == "owns" for line in ledger)]
    for ledger in told:
        refused = [line for line in ledger if line["said"] == "refused"]
        tally.case(died=bool(refused))
        for line in refused:
            if line["code"] != "node_busy":
                tally.wrong(f"a racer for the node was refused with {line['code']}")
    if len(owners) != 1:
        tally.wrong(f"{len(owners)} processes owned the node at once")
    return [line["index"] for ledger in told for line in ledger if line["said"] == "recorded"]


def _writers(told: list[Ledger], tally: Tally) -> list[int]:
    """Return the places that the writers were given; a writer that is refused is wrong: the file is for several."""
    for ledger in told:
        tally.case(died=False)
        for line in ledger:
            if line["said"] == "refused":
                tally.wrong(f"a writer of the log was refused with {line['code']}")
        if not ledger or ledger[-1]["said"] != "end":
            tally.wrong("a writer of the log died")
    return [place for ledger in told for line in ledger if line["said"] == "appended" for place in line["places"]]


def _held(files: EvidenceFolder, places: list[int], facts: ground.Facts, tally: Tally) -> None:
    """Say what of the places is not in the log, and which checkpoint the log does not extend; or that it is broken."""
    try:
        log = TileLog.open(files.log)
    except LockplateError as error:
        tally.wrong(f"the log does not open: {error.code}")
        return
    with log:
        for place in places:
            if place >= log.size:
                tally.wrong(f"place {place} was acknowledged and is lost")
            else:
                parse_leaf(log.entry(place))
        for path in sorted(files.folder.parent.parent.parent.glob("*.note")):
            shown = verify_checkpoint(path.read_text(encoding="utf-8"), facts.vkey)
            if shown.size > log.size or shown.root != log.root(shown.size):
                tally.wrong(f"the checkpoint of size {shown.size} was shown, and the log is not its extension")


def _race(what: str, job: Job) -> list[Ledger]:
    """Return what each of the racers said."""
    done = subprocess.run(
        [sys.executable, str(RACER), what, str(job.folder), str(PROCESSES), job.planted],
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    ledgers: list[Ledger] = [[] for _ in range(PROCESSES)]
    for line in done.stdout.splitlines():
        said = msgspec.json.decode(line)
        ledgers[said["racer"]].append(said)
    return ledgers


HARNESS = Harness(name="two processes, one node", run=run, planted=PLANTED)
