"""Injection: each write-side system call of an act fails once with EIO, once with ENOSPC, and once kills the process.

What flows in: a job. What flows out: a Tally: after each fault the home is opened again and held against the ledger.
What it must never see: a plate that is not invented.

First the calls of one clean run are counted, with the planted bug if there is one; then each case is a child of its own
on a copy of its own. The short form takes a sample that is spread over the whole act; the long form takes every call.
"""

import os
import signal
from collections.abc import Callable, Iterator

from children import Bench, Child, bench
from harness import Harness, Job, Tally
from strace import FAULTS, Place, Strace, places, struck

PLANTED = {
    "append": {
        "two-transactions": "entries are committed, and then the size and root in a transaction of their own",
        "acknowledged-early": "a record is acknowledged before its transaction is committed",
        "details-after-leaf": "the sealed details are written after the leaf that commits to them",
    },
    "ingest": {"stored-later": "a batch is acknowledged, and stored with the next one"},
    "destroy": {
        "receipt-first": "the receipt says destroyed before the key is",
        "receipt-lost": "a receipt that a crash prevented is never written",
        "key-left-behind": "deleted keys stay in the free pages of the file",
    },
    "grant": {"grant-first": "the grant counts before its approval is on record"},
    "witness": {"state-by-halves": "the witness's state has its name before it is whole"},
    "founding": {"founded-by-halves": "a log whose founding was cut short is opened as it is, never completed"},
}
TITLES = {
    "append": "system calls: append",
    "ingest": "system calls: ingest batch",
    "destroy": "system calls: key destruction",
    "grant": "system calls: grant",
    "founding": "system calls: founding",
    "witness": "system calls: witness",
}
SHORT = {"append": 30, "destroy": 40, "grant": 30, "founding": 40, "witness": 40, "ingest": 8}
"""Cases of the short form."""


def run(act: str, job: Job) -> Tally:
    """Inject each fault at each call of an act, or a sample of them."""
    tally = Tally()
    with bench(job, act) as place_of_work:
        found = _clean_places(place_of_work, job)
        cases = list(_cases(found, None if job.long else SHORT[act]))
        for number, (place, fault) in enumerate(cases):
            job.told(f"{number} of {len(cases)}")
            _case(place_of_work, job, place, fault, tally)
            if job.seen_enough(tally):
                break
    return tally


def _clean_places(work: Bench, job: Job) -> list[Place]:
    """Return the calls of a run in which nothing fails."""
    child = work.spawner.act(work.act, work.lay(), job.planted, waits=True)
    strace = Strace.watching(pid_of(child), job.folder / "clean.trace")
    child.go()
    if not child.finish() or any(line["said"] in {"refused", "broke"} for line in child.ledger):
        raise AssertionError(f"without a fault the act does not end well: {child.ledger}")
    return places(strace.close(), work.folder)


def _cases(found: list[Place], most: int | None) -> Iterator[tuple[Place, str]]:
    """Yield every call with every fault; or so many, spread over the act, with the faults in turn, KILL twice as often."""
    if most is None:
        yield from ((place, fault) for place in found for fault in FAULTS)
        return
    turns = ("signal=KILL", "error=EIO", "signal=KILL", "error=ENOSPC")
    step = max(1.0, len(found) / most)
    for number in range(min(most, len(found))):
        yield found[int(number * step)], turns[number % len(turns)]


def _case(work: Bench, job: Job, place: Place, fault: str, tally: Tally) -> None:
    work.lay()
    child = work.spawner.act(work.act, work.folder, job.planted, waits=True)
    pid = pid_of(child)
    strace = Strace.injecting(pid, job.folder / "case.trace", place, fault)
    child.go()
    words = f"{fault.partition('=')[2]} at {place.words(work.folder)}"
    try:
        reached_end = child.finish()
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        tally.wrong(f"{words}: the act hangs")
        reached_end = False
    if not struck(strace.close()):
        return
    tally.case(died=not reached_end or any(line["said"] == "refused" for line in child.ledger))
    for sentence in work.spawner.check(work.act, work.folder, child.ledger, job.planted):
        tally.wrong(f"{words}: {sentence}")


def pid_of(child: Child) -> int:
    """Return the process id of a child that now stands still before its act."""
    pid = int(child.until("pid")["pid"])
    child.until("begin")
    return pid


def _running(act: str) -> Callable[[Job], Tally]:
    def running(job: Job) -> Tally:
        return run(act, job)

    return running


HARNESSES = tuple(
    Harness(name=TITLES[act], run=_running(act), planted=planted, needs=("strace",)) for act, planted in PLANTED.items()
)
