"""Power loss: one run of the real program is recorded write by write; then the power fails at many moments of it.

What flows in: a job. What flows out: a Tally: each image is opened by the real program and held against what was
acknowledged before its moment. What it must never see: a plate that is not invented.

One recording serves all images. At each moment three kinds are made: nothing of what was not synced survived; everything
did; some of it did, torn and out of order, by dice of a fixed seed.
"""

import random
import shutil
from collections.abc import Callable

from children import Bench, bench
from disk import Chance, Folder
from harness import Harness, Job, Tally
from injection import pid_of
from recording import Call, Player, calls
from strace import Strace

PLANTED = {
    "everything": {
        "log-normal": "the evidence files sync at checkpoints only (synchronous NORMAL)",
        "log-off": "the evidence files never sync (synchronous OFF)",
        "keys-full": "removing the key database's journal is not synced (synchronous FULL where we have EXTRA)",
        "keys-off": "the key database never syncs",
        "registry-normal": "the control database syncs at checkpoints only",
    },
    "ingest": {"store-unsynced": "the engine does not sync what it inserts"},
    "witness": {"witness-full": "removing the journal of the witness's state is not synced (FULL where we have EXTRA)"},
    "founding": {"folders-unsynced": "names that were made in a folder are not synced, whether of files or of folders"},
}
TITLES = {
    "everything": "power loss: every SQLite file",
    "ingest": "power loss: ingest batch",
    "founding": "power loss: founding",
    "witness": "power loss: witness",
}
SHORT = {"everything": 50, "ingest": 6, "founding": 30, "witness": 30}
"""Images of the short form."""
LONG = {"everything": 1500, "ingest": 150, "founding": 600, "witness": 600}
SEED = 20261124


def run(act: str, job: Job) -> Tally:
    """Record an act, and look at so many images of what a power loss may leave."""
    tally = Tally()
    with bench(job, act) as work:
        recorded = _record(work, job)
        moments = _moments(recorded, (LONG if job.long else SHORT)[act], widely=job.long or not job.planted)
        disk = Folder.read(work.template)
        player = Player(work.folder, disk)
        for number, call in enumerate(recorded):
            player.play(call)
            for mode, seed in moments.get(number, ()):
                job.told(f"{tally.cases} of {sum(map(len, moments.values()))}")
                _image(work, job, player, Chance(mode, seed), tally)
                if job.seen_enough(tally):
                    return tally
    return tally


def _record(work: Bench, job: Job) -> list[Call]:
    """Return what one run does to its folder and says."""
    child = work.spawner.act(work.act, work.lay(), job.planted, waits=True, early=True)
    strace = Strace.recording(pid_of(child), job.folder / "recorded.trace")
    child.go()
    if not child.finish():
        raise AssertionError(f"the act does not end: {child.ledger}")
    return list(calls(strace.close()))


def _moments(recorded: list[Call], most: int, *, widely: bool) -> dict[int, list[tuple[str, int]]]:
    """Return the moments and the kind of image: right after each acknowledgement, and spread by dice over all calls.

    Without `widely` only the former, where a lost promise shows soonest.
    """
    dice = random.Random(SEED)
    told = [number for number, call in enumerate(recorded) if call.name == "sendto"]
    chosen = [(number, "none") for number in told]
    while widely and len(chosen) < most:
        number = dice.randrange(len(recorded))
        chosen.append((number, dice.choice(("none", "some", "some", "all"))))
    moments: dict[int, list[tuple[str, int]]] = {}
    for number, mode in chosen if len(chosen) <= most else dice.sample(chosen, most):
        moments.setdefault(number, []).append((mode, dice.randrange(1 << 30)))
    return moments


def _image(work: Bench, job: Job, player: Player, chance: Chance, tally: Tally) -> None:
    shutil.rmtree(work.folder)
    player.disk.lay(work.folder, chance)
    said = list(player.said)
    tally.case(died=not any(line["said"] == "end" for line in said))
    for sentence in work.spawner.check(work.act, work.folder, said, job.planted):
        tally.wrong(f"power lost after {len(said)} lines, {chance.mode} of the unsynced left: {sentence}")


def _running(act: str) -> Callable[[Job], Tally]:
    def running(job: Job) -> Tally:
        return run(act, job)

    return running


HARNESSES = tuple(
    Harness(name=TITLES[act], run=_running(act), planted=planted, needs=("strace",)) for act, planted in PLANTED.items()
)
