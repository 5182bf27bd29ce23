"""Harness: one way to break a node, run with the true program and then with each bug that we plant in it.

What flows in: a folder to work in, the form (short or long), the name of a planted bug or none. What flows out: a Tally.
What it must never see: a real node.

How to add a harness
    1. Write a module here with a function `run(job: Job) -> Tally` and, at its end, a value `HARNESS = Harness(...)`
       (or `HARNESSES`, several). Modules here import each other by name: this folder is on the path, tests are no
       package.
    2. Do each case on a home of its own in `job.folder`. For each fault that really struck: `tally.case(died=...)`, and
       for all that must not be: `tally.wrong("case 17: a sentence")`. What the node acknowledged before the fault is
       the ledger (`acts.py` says it line by line); `checks.py` compares a home with it. Stop when `job.seen_enough(tally)`.
    3. Plant bugs: each name in `planted` stands for a change of the program that the harness must catch, patched in by
       the process under test when `job.planted` is that name, never in the package. A harness without one does not load.
    4. Add it to HARNESSES in `run.py`, and a test file `test_<module>.py` beside it, three lines long, as the others.
       One file each, so that the workers of `make test` share them. Short form: seconds; long form: as long as it needs.
    5. Describe it in docs/faults.md (its name stands there, or a test fails), with the figures of a run.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

MAX_KEPT = 20
"""Bad outcomes kept as sentences; all are counted."""
PACKAGES = {"ip": "iproute2", "nft": "nftables", "nsenter": "util-linux"}
"""Command → the Debian package that has it, where the names differ."""


class Tally(msgspec.Struct, kw_only=True):
    """What a run of a harness came to so far."""

    cases: int = 0
    """Faults that struck; one that was asked for and did not happen is none."""
    died: int = 0
    """Runs that the fault ended: killed, or the act refused with an error."""
    bad: int = 0
    says: list[str] = msgspec.field(default_factory=list)
    """The first bad outcomes, in words."""

    def case(self, *, died: bool) -> None:
        """Count one fault that struck."""
        self.cases += 1
        self.died += died

    def wrong(self, says: str) -> None:
        """Count one bad outcome."""
        self.bad += 1
        if len(self.says) < MAX_KEPT:
            self.says.append(says)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One run to do."""

    folder: Path
    """Empty, and removed afterwards."""
    long: bool = False
    planted: str = ""
    """The bug to plant; empty for the true program."""
    told: Callable[[str], None] = lambda _: None
    """Told now and then how far it is."""

    def seen_enough(self, tally: Tally) -> bool:
        """Say whether a run with a planted bug may end: one bad outcome shows that the harness sees it."""
        return bool(self.planted) and not self.long and tally.bad > 0


class Harness(msgspec.Struct, frozen=True, kw_only=True):
    """A way to break a node."""

    name: str
    run: Callable[[Job], Tally]
    planted: Mapping[str, str]
    """Name of each planted bug → what it does, in words."""
    needs: tuple[str, ...] = ()
    """Commands, each of a Debian package of the same name or of one in PACKAGES."""
    as_root: bool = False
    """It mounts a disk or makes a network of its own."""

    def __post_init__(self) -> None:
        if not self.planted:
            raise ValueError(f"{self.name}: a harness that never caught a bug shows nothing")

    def lacks(self) -> tuple[str, ...]:
        """Return what is not here, in words."""
        missing = [command for command in self.needs if shutil.which(command) is None]
        packages = tuple(f"the Debian package {PACKAGES.get(command, command)}" for command in missing)
        return (*packages, "the root user") if self.as_root and os.geteuid() else packages


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one planted bug."""

    name: str
    says: str
    cases: int
    bad: int
    first: str
    """The first bad outcome that gave it away; empty when it was not caught."""

    @property
    def caught(self) -> bool:
        """Whether the harness saw the bug."""
        return self.bad > 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One harness, run with the true program and with each planted bug."""

    harness: str
    cases: int
    died: int
    bad: int
    says: tuple[str, ...]
    controls: tuple[Control, ...]
    seconds: float

    @property
    def faults(self) -> list[str]:
        """Return why this outcome is a failure, in words; empty when it is none."""
        found = list(self.says)
        if not self.cases:
            found.append("no fault struck: the harness does not work here")
        found += [f"planted bug not caught: {one.name} ({one.says})" for one in self.controls if not one.caught]
        return [f"{self.harness}: {one}" for one in found]


def show(harness: Harness, folder: Path, *, long: bool = False, told: Callable[[str], None] | None = None) -> Outcome:
    """Run a harness with the true program, then with each planted bug, and return what came of it."""
    began = time.monotonic()
    tally = _one(harness, folder, long, "", told)
    controls = []
    for name, says in harness.planted.items():
        with_bug = _one(harness, folder, long, name, told)
        first = with_bug.says[0] if with_bug.says else ""
        controls.append(Control(name=name, says=says, cases=with_bug.cases, bad=with_bug.bad, first=first))
    return Outcome(
        harness=harness.name,
        cases=tally.cases,
        died=tally.died,
        bad=tally.bad,
        says=tuple(tally.says),
        controls=tuple(controls),
        seconds=round(time.monotonic() - began, 1),
    )


def check(harness: Harness, folder: Path) -> None:
    """Run a harness in its short form as a test: no bad outcome, and each planted bug is caught."""
    missing = harness.lacks()
    if missing:
        pytest.skip(f"{missing[0]} is missing")
    faults = show(harness, folder, long=bool(os.environ.get("LOCKPLATE_LONG_FAULTS"))).faults
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def _one(harness: Harness, folder: Path, long: bool, planted: str, told: Callable[[str], None] | None) -> Tally:
    place = folder / (planted or "true")
    place.mkdir(parents=True)

    def telling(word: str) -> None:
        if told is not None:
            told(f"{harness.name}{f', planted {planted}' if planted else ''}: {word}")

    try:
        return harness.run(Job(folder=place, long=long, planted=planted, told=telling))
    finally:
        shutil.rmtree(place, ignore_errors=True)
