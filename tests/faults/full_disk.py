"""Full disk: the home lies on a disk of its own that has so many kilobytes left, and then none.

What flows in: a job. What flows out: a Tally; a case is an act that ran into the end of the disk.
What it must never see: a real disk: it mounts a small one in memory, and unmounts it.

What was acknowledged before the disk was full is there afterwards; what was refused left nothing half done; and with
room again the node goes on. A server under load says 503 and a code, and takes reads again by itself.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import killing
import msgspec
from children import Bench, bench
from harness import Harness, Job, Tally

from running import Home, Server

DISK_MEGABYTES = 160
BLOCK = 4096
KILOBYTES = {
    "append": (0, 8, 20, 36, 60, 100),
    "destroy": (0, 8, 20, 36, 60, 100),
    "grant": (0, 8, 20, 36, 60, 100),
    "ingest": (0, 36, 100),
}
LONG_KILOBYTES = range(0, 1024, 4)
ACTS = ("append", "destroy", "grant", "ingest")
READS_EARLY = "reads-early"
PLANTED = {
    "acknowledged-early": "a record is acknowledged before its transaction is committed",
    READS_EARLY: "a delivery is acknowledged, and stored a little later",
}
SERVED = str(Path(__file__).with_name("served.py"))
ROUNDS = {False: 2, True: 30}
CODES = frozenset({"store_failed", "key_database"})
"""What a refusal for want of room may be called."""
MOST_SENT = 40
"""Reads sent to a server whose disk is full, until one is refused."""
PATIENCE = 60.0
"""Only to end a wait for what never comes."""


def run(job: Job) -> Tally:
    """Let each act, and a server under load, meet the end of the disk at different moments."""
    tally = Tally()
    with _small_disk(job.folder / "disk") as disk:
        there = Job(folder=disk, long=job.long, planted=job.planted, told=job.told)
        if job.planted != READS_EARLY:
            _acts(there, job.folder, tally)
        if job.planted in {"", READS_EARLY}:
            _served(there, tally)
    return tally


def _acts(job: Job, elsewhere: Path, tally: Tally) -> None:
    for act in ("append",) if job.planted else ACTS:
        with bench(job, act) as work:
            for kilobytes in LONG_KILOBYTES if job.long else KILOBYTES[act]:
                job.told(f"{act}, {kilobytes} kB left")
                _case(work, job.planted, elsewhere, kilobytes, tally)
                if job.seen_enough(tally):
                    return
            work.clear()


def _served(job: Job, tally: Tally) -> None:
    """Fill the disk under a server, hear what it says, make room, hear that it goes on; then look for every read."""
    home = Home(job.folder, command=(sys.executable, SERVED, job.planted))
    reader, ballast, taken = killing.found(home)["north"], job.folder / "ballast", killing.Ledger()
    with home.serve() as server, server.client() as client:
        for number in range(ROUNDS[job.long]):
            if not _send(client, reader, taken, tally, full=False):
                tally.wrong(f"round {number}: with room on the disk a read is refused")
            _fill(ballast, 0)
            refused = any(not _send(client, reader, taken, tally, full=True) for _ in range(MOST_SENT))
            if not refused and not job.planted:
                tally.wrong("the disk never came to its end")
            asked = _ask(server)
            if asked.status_code != httpx.codes.OK and not _is_clear(asked):
                tally.wrong(f"on a full disk a question is answered {asked.status_code}: {asked.text[:100]}")
            ballast.unlink()
            tally.case(died=refused)
            if not _until(lambda: _send(client, reader, taken, tally, full=True)):
                tally.wrong(f"round {number}: with room again, reads are still refused")
            if not _until(lambda: _ask(server).status_code == httpx.codes.OK):
                tally.wrong(f"round {number}: with room again, a question is still refused")
    for sentence in killing.check(home, taken):
        tally.wrong(f"server on a full disk: {sentence}")


def _send(client: httpx.Client, reader: str, taken: killing.Ledger, tally: Tally, *, full: bool) -> bool:
    """Send one read; write it down when it was acknowledged, and say whether it was."""
    plate = f"K{len(taken.plates):06d}"
    line = msgspec.json.encode({"plate": plate, "captured_at": datetime.now(UTC).isoformat()})
    headers = {"x-reader-key": reader, "content-type": "application/x-ndjson"}
    told = client.post("/v1/reads", content=line, headers=headers)
    if told.status_code == httpx.codes.OK:
        taken.plates.append(plate)
        return True
    if not full or not _is_clear(told):
        tally.wrong(f"a read was refused with {told.status_code}: {told.text[:100]}")
    return False


def _case(work: Bench, planted: str, outside: Path, kilobytes: int, tally: Tally) -> None:
    """Fill the disk but for so much, let the act run, make room again, and hold the home against the ledger."""
    folder = work.lay()
    elsewhere = outside / "reads.ndjson"  # the file that is taken in lies on another disk
    elsewhere.touch()
    (folder / "reads.ndjson").symlink_to(elsewhere)
    ballast = folder.parent / "ballast"
    child = work.spawner.act(work.act, folder, planted, waits=True)
    child.until("pid")
    child.until("begin")
    _fill(ballast, kilobytes)
    child.go()
    reached_end = child.finish()
    ballast.unlink()
    refused = any(line["said"] in {"refused", "broke"} for line in child.ledger)
    if reached_end and not refused:
        return
    tally.case(died=True)
    for sentence in work.spawner.check(work.act, folder, child.ledger):
        tally.wrong(f"{work.act} with {kilobytes} kB left: {sentence}")


def _fill(ballast: Path, kilobytes: int) -> None:
    """Leave so much room; a server may take some of it meanwhile, and then what is left is measured again."""
    with ballast.open("wb") as file:
        while (more := _room(ballast.parent) - kilobytes * 1024) >= BLOCK:
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, more // BLOCK * BLOCK)


def _room(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize


def _ask(server: Server) -> httpx.Response:
    """Ask a lawful question."""
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        question = msgspec.json.encode(killing.question("7NONE00"))
        return client.post("/v1/questions", content=question, headers={"x-lockplate-person": "ann"})


def _is_clear(told: httpx.Response) -> bool:
    """Whether a refusal says that the disk refused, and that one may come again."""
    said = told.status_code, told.headers.get("content-type", "").partition(";")[0], "retry-after" in told.headers
    return said == (httpx.codes.SERVICE_UNAVAILABLE, "application/json", True) and told.json()["error"] in CODES


def _until(comes: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if comes():
            return True
        time.sleep(0.1)
    return False


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    size = f"size={DISK_MEGABYTES}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)], check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True)


HARNESS = Harness(name="disk full", run=run, planted=PLANTED, needs=("mount",), as_root=True)
