"""Clock bugs: what we plant in a process whose clock jumps. Each breaks one promise of forgetting on purpose.

What flows in: a name. What flows out: nothing; this process is broken from now on.
What it must never see: the package's files: nothing is ever written there, and nothing here ships.
"""

from lockplate.keys.ring import KeyRing
from lockplate.retention import run, sureness
from lockplate.retention.receipts import Receipts

PLANTED = {
    "clock-believed": "a clock that is months ahead of the last run is believed",
    "clock-followed-back": "what is due is counted from the clock, also when it has gone back",
    "key-made-again": "an hour whose key was destroyed gets a new one",
    "first-run-back": "a first run remembers the time of a clock that was set back",
}


def plant(name: str) -> None:
    """Break this process; a name that is none of ours changes nothing."""
    if name == "clock-believed":
        run.require_steady_clock = lambda ring, last_run, now: now
    if name == "clock-followed-back":
        Receipts.not_before = lambda self, now: now  # type: ignore[method-assign]
    if name == "key-made-again":
        KeyRing._bury = lambda self, *_: None  # type: ignore[method-assign]
    if name == "first-run-back":
        sureness._has_jumped = lambda known, last_run, now: now - known > sureness.MAX_CLOCK_STEP
