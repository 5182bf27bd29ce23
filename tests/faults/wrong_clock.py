"""Wrong clock: the program as it ships is started, as a command and as a server, on a machine whose clock is wrong.

What flows in: a job. What flows out: a Tally; a case is one start under a wrong clock.
What it must never see: a clock of ours: faketime moves the system's under the program.

    first run, 20 days behind the newest key    stops and asks; then the right clock goes on by itself
    command and server, 400 days ahead          stop and ask; the server serves; nothing is destroyed
    server, 300 days behind                     what was over at the last run goes; nothing comes back
"""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import clock_bugs
from clock_jumps import library
from harness import Harness, Job, Tally

from lockplate.access import parse_leaf
from lockplate.clock import SystemClock, period_of
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.log import TileLog
from lockplate.retention.receipt import periods_in
from lockplate.retention.receipts import notes_path
from lockplate.terms import Action, AgencyKind, OperatorId, Period, ProfileId
from lockplate.wiring.desk import open_ring
from lockplate.wiring.founding import NewOperator, found_operator
from lockplate.wiring.layout import Layout
from lockplate.wiring.node import load_node_kek
from running import Home, Server

PINE = OperatorId("pine")
SERVED = Path(__file__).with_name("served.py")
PATIENCE = 90.0
"""Only to end a wait for what never comes."""
STOPPED = 'lockplate_retention_stopped{operator="pine",why="clock_jumped"} 1.0'
PLANTED = {name: clock_bugs.PLANTED[name] for name in ("clock-believed", "clock-followed-back", "first-run-back")}


def run(job: Job) -> Tally:
    """Go through the three errors on one home."""
    machine = _Machine(job.folder, job.planted)
    tally = Tally()
    for act in (_first_run_behind, _ahead, _behind):
        job.told(act.__name__.strip("_").replace("_", " "))
        act(machine, tally)
        if job.seen_enough(tally):
            return tally
    return tally


class _Machine:
    """One home on a machine whose clock can be off."""

    def __init__(self, folder: Path, planted: str) -> None:
        self.home = Home(folder, command=(sys.executable, str(SERVED), planted))
        newcomer = NewOperator(operator=PINE, profile=ProfileId("us-ca"), agency_kind=AgencyKind.MUNICIPAL, state="CA")
        found_operator(self.home.settings, SystemClock(), newcomer)
        self.over, self.recent = self.make_key(40), self.make_key(0)

    def make_key(self, days: int) -> Period:
        """Give the ring the key of an hour of so many days ago, as a read of then would have."""
        at = SystemClock().now() - timedelta(days=days)
        with closing(open_ring(self.home.path, PINE, load_node_kek(self.home.settings))) as ring:
            ring.make_period_key(period_of(at), at)
        return period_of(at)

    def hours(self) -> set[Period]:
        """Return the hours that have a key, from the file: somebody else may hold the node."""
        with closing(sqlite3.connect(Layout(self.home.path).keys(PINE), timeout=60)) as connection:
            return {Period(period) for (period,) in connection.execute("SELECT period FROM period_keys")}

    def receipts(self, period: Period) -> int:
        """Return how many receipts say that an hour's key was destroyed."""
        with TileLog.open(EvidenceFolder.of(self.home.path, PINE).log) as log:
            records = [parse_leaf(leaf) for leaf in log.entries(0, log.size)]
        told = [one for one in records if one.action is Action.RETENTION_RECEIPT and one.facts["step"] == "destroyed"]
        return sum(period in periods_in(one.facts["periods"]) for one in told)

    def retention(self, days: int) -> "subprocess.CompletedProcess[str]":
        """Run retention by command, so many days off."""
        with self._off_by(days):
            return self.home.run("retention", "run", "--json")

    @contextmanager
    def serving(self, days: int) -> Iterator[Server]:
        """Serve, so many days off."""
        with self._off_by(days), self.home.serve(f"server-{days}.log") as server:
            yield server

    @contextmanager
    def _off_by(self, days: int) -> Iterator[None]:
        self.home.environment = _environment(days)
        try:
            yield
        finally:
            self.home.environment = {}


def _first_run_behind(machine: _Machine, tally: Tally) -> None:
    before = machine.hours()
    done = machine.retention(-20)
    tally.case(died=done.returncode != 0)
    _expect(tally, "clock_jumped" in done.stdout + done.stderr, "a first run at a clock set back did not ask")
    _expect(tally, machine.hours() == before, "a first run at a clock set back destroyed a key")
    done = machine.retention(0)
    _expect(tally, done.returncode == 0, "after a first run at a clock set back, the right clock is refused")
    _expect(
        tally, machine.hours() == before - {machine.over}, "the right clock did not forget what is over, and no more"
    )


def _ahead(machine: _Machine, tally: Tally) -> None:
    before = machine.hours()
    done = machine.retention(400)
    tally.case(died=done.returncode != 0)
    _expect(tally, "clock_jumped" in done.stdout + done.stderr, "a command with a clock 400 days ahead did not ask")
    _expect(tally, machine.hours() == before, "a command with a clock 400 days ahead destroyed a key")
    with machine.serving(400) as server:
        told = _until(lambda: "retention_stopped" in server.output.read_text(), lambda: machine.hours() != before)
        _expect(tally, told, "a server with a clock 400 days ahead did not say that it stopped forgetting")
        _expect(
            tally, STOPPED in _metrics(server), "a server with a clock 400 days ahead does not show that it stopped"
        )
    tally.case(died=False)
    _expect(tally, machine.hours() == before, "a server with a clock 400 days ahead destroyed a key")


def _behind(machine: _Machine, tally: Tally) -> None:
    due = machine.make_key(31)
    remembered = notes_path(machine.home.path, PINE)
    before = remembered.stat().st_mtime_ns
    with machine.serving(-300):
        ran = _until(lambda: remembered.stat().st_mtime_ns != before)
    tally.case(died=False)
    _expect(tally, ran, "a server whose clock went back does not run retention")
    _expect(tally, due not in machine.hours(), "a clock that went back delays what was over at the last run")
    done = machine.retention(0)
    _expect(tally, done.returncode == 0, "after the clock went back, the right one is refused")
    _expect(
        tally, machine.hours() == {machine.recent}, "after the clock went back, other keys are there than should be"
    )
    for period in (machine.over, due):
        _expect(tally, machine.receipts(period) == 1, "a destroyed key has not exactly one receipt")


def _expect(tally: Tally, holds: bool, says: str) -> None:
    if not holds:
        tally.wrong(says)


def _until(comes: Callable[[], bool], never: Callable[[], bool] = lambda: False) -> bool:
    """Wait for what should come; say whether it came before what never should, and before patience ends."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not never():
        if comes():
            return True
        time.sleep(0.1)
    return False


def _metrics(server: Server) -> str:
    with server.client(authorization=f"Bearer {server.run_token}") as client:
        return client.get("/metrics").text


def _environment(days: int) -> dict[str, str]:
    if days == 0:
        return {}
    return {"LD_PRELOAD": str(library()), "FAKETIME": f"{days:+d}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


HARNESS = Harness(name="the program under a wrong clock", run=run, planted=PLANTED, needs=("faketime",))
