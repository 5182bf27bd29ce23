"""Partition: the network between a node and its witness is cut, in each direction and in the middle of an answer.

What flows in: a job. What flows out: a Tally; a case is one cut.
What it must never see: the machine's own network. All of it happens in namespaces for network and processes that the
kernel removes, with every process in them, when the one that made them is gone.

While it is cut the node takes reads and answers questions, and says that its witness does not answer. Afterwards the two
agree without anyone's help; nothing is called a contradiction, and an older checkpoint is still refused.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import partition_bugs
from harness import Harness, Job, Tally

DRIVER = Path(__file__).with_name("partitioner.py")
APART = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
SECONDS = {False: 600.0, True: 7200.0}
"""Only to end a run that hangs."""


def run(job: Job) -> Tally:
    """Let a process of its own cut and heal, and count what it says."""
    tally = Tally()
    form = "long" if job.long else "short"
    done = subprocess.run(
        [*APART, sys.executable, str(DRIVER), str(job.folder), form, job.planted],
        env=os.environ | {"PYTHONPATH": str(DRIVER.parents[1])},
        capture_output=True,
        timeout=SECONDS[job.long],
        check=False,
    )
    if done.returncode:
        raise ChildProcessError(f"the driver broke: {done.stderr.decode()[-600:]}")
    for line in map(msgspec.json.decode, done.stdout.splitlines()):
        if line["said"] == "cut":
            tally.case(died=line["unanswered"])
        if line["said"] == "bad":
            tally.wrong(line["sentence"])
    return tally


HARNESS = Harness(
    name="network cut between node and witness",
    run=run,
    planted=partition_bugs.PLANTED,
    needs=("ip", "nft", "nsenter"),
    as_root=True,
)
