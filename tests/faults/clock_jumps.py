"""Clock jumps: the machine's clock goes wrong by hours to years, forth and back, while a node runs on it.

What flows in: a job. What flows out: a Tally; a case is one jump.
What it must never see: a clock of ours: the node runs on the system's, which libfaketime moves under it.

A jump ahead of more than a day destroys nothing and is told. A jump back revives no key and delays no destruction. A
first run behind the newest key is none.
"""

import os
import subprocess
import sys
from pathlib import Path

import clock_bugs
import ground
import msgspec
from children import Spawner
from harness import Harness, Job, Tally

JUMPER = Path(__file__).with_name("jumper.py")
SECONDS = 600.0
SEEDS = {False: 1, True: 40}


def run(job: Job) -> Tally:
    """Let nodes live through months with a clock that jumps; each seed is another life."""
    tally = Tally()
    for seed in range(SEEDS[job.long]):
        job.told(f"life {seed + 1} of {SEEDS[job.long]}")
        folder = job.folder / str(seed)
        folder.mkdir()
        with Spawner() as spawner:
            spawner.found("append", folder)
        _live(folder, seed, job.planted, tally)
        if job.seen_enough(tally):
            break
    return tally


def _live(folder: Path, seed: int, planted: str, tally: Tally) -> None:
    moved = folder / "clock.txt"
    moved.write_text(f"{ground.START:%Y-%m-%d %H:%M:%S}\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKPLATE_", "FAKETIME"))}
    environment |= {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(moved),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": "UTC",
    }
    done = subprocess.run(
        [sys.executable, str(JUMPER), str(folder), str(seed), planted],
        env=environment,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise ChildProcessError(f"the driver broke: {done.stderr.decode()[-600:]}")
    for line in map(msgspec.json.decode, done.stdout.splitlines()):
        if line["said"] == "jump":
            tally.case(died=line["stopped"])
        if line["said"] == "bad":
            tally.wrong(f"life {seed}: {line['sentence']}")


def library() -> Path:
    """Return where libfaketime lies, in its form for programs of many threads."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


HARNESS = Harness(name="clock jumps", run=run, planted=clock_bugs.PLANTED, needs=("faketime",))
