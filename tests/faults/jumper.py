"""Jumper: a node that lives through months while its clock jumps; says each jump, and whatever must not be.

What flows in: a folder with a home, a seed, a planted bug; the system's clock, moved by libfaketime through a file.
What flows out: JSON lines. What it must never see: the true time, but for judging what the node did.

The true time goes on by up to twenty hours a step. In each step the clock is right, or a few minutes off, or wrong by
two days to a year. Each hour in which the clock is right gets a key, as if a read had come.
"""

import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import clock_bugs
import msgspec
import structlog
import warm
from ground import HOME, START, do

from lockplate.clock import Clock, SystemClock, format_time, period_of
from lockplate.errors import KeyUnavailable, LockplateError
from lockplate.keys.ring import KeyRing
from lockplate.operations.retaining import RunRetention, retention_state_of
from lockplate.operations.schedule import ForgettingSchedule
from lockplate.retention.sureness import MAX_CLOCK_STEP
from lockplate.settings import load_settings
from lockplate.terms import Period
from lockplate.wiring.node import Node

STEPS = 160
SLACK = timedelta(hours=2)
"""An hour ends, and the schedule looks once an hour."""


class Life:
    """One node, the true time, and what was seen destroyed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._moved = folder / "clock.txt"
        self._true = START
        self._shown = START
        self._believed = START
        """The latest time that the node had reason to believe."""
        self._made: dict[Period, datetime] = {}
        """Hour → the true time at which its key was made."""
        self._destroyed: set[Period] = set()
        self._clock: Clock = SystemClock()
        self._settings = load_settings(folder / "home", {})
        self._node = warm.open_node(self._settings, self._clock)
        self._limit = self._rule(self._node)

    def live(self) -> None:
        """Go through every step; before the first run the clock is once behind the newest key."""
        self._begin_behind()
        for number in range(STEPS):
            self._step()
            if number % 23 == 22:
                self._node.close()
                self._node = warm.open_node(self._settings, self._clock)
        self._node.close()

    def _begin_behind(self) -> None:
        """A first run at a clock that was set back destroys nothing, and the right clock then goes on by itself."""
        ring = self._node.desk(HOME).ring
        before = set(ring.stored_periods())
        self._show(START - timedelta(days=self._chance.choice((2, 9, 45))))
        ForgettingSchedule(self._node).step()
        stopped = retention_state_of(self._node, HOME).is_stopped
        if not stopped or before != set(ring.stored_periods()):
            bad("a first run at a clock that was set back was not stopped")
        say("jump", stopped=stopped, hours=round((self._shown - START) / timedelta(hours=1)), gone=0)
        self._show(START)
        ForgettingSchedule(self._node).step()
        if retention_state_of(self._node, HOME).is_stopped:
            bad("after a first run at a clock that was set back, the right clock is not believed")
        self._destroyed |= before - set(ring.stored_periods())

    def _step(self) -> None:
        self._true += timedelta(hours=self._chance.randint(1, 20))
        error = self._error()
        self._show(self._true + error)
        is_right = abs(error) < timedelta(hours=1)
        ring = self._node.desk(HOME).ring
        if is_right:
            period = period_of(self._shown)
            if period not in self._made and self._make(ring, period):
                self._made[period] = self._true
        before = set(ring.stored_periods())
        ForgettingSchedule(self._node).step()
        gone = before - set(ring.stored_periods())
        stopped = retention_state_of(self._node, HOME).is_stopped
        self._judge(ring, gone, error, stopped=stopped)
        if is_right and stopped:
            # somebody looks at the clock on the wall and says that it is right
            before = set(ring.stored_periods())
            do(self._node, "retention.run", RunRetention(now=format_time(self._shown)))
            self._believed = max(self._believed, self._shown)
            vouched = before - set(ring.stored_periods())
            self._judge(ring, vouched, error, stopped=False)
            gone |= vouched
        if not is_right:
            say("jump", stopped=stopped, hours=round(error / timedelta(hours=1)), gone=len(gone))
        self._destroyed |= gone
        self._try_again(ring)

    def _judge(self, ring: KeyRing, gone: set[Period], error: timedelta, *, stopped: bool) -> None:
        ahead = self._shown - self._believed > MAX_CLOCK_STEP
        if ahead and gone:
            bad(f"a clock {error} ahead destroyed {len(gone)} keys")
        if ahead and not stopped:
            bad(f"a clock {error} ahead was not told")
        if not ahead and stopped:
            state = retention_state_of(self._node, HOME)
            bad(
                "a clock within a day of the time that was believed before is refused, and delays what is due:"
                f" {state.why} {state.code}, {self._shown - self._believed} on, last run {state.last_run}"
            )
        if not ahead:
            self._believed = max(self._believed, self._shown)
        for period in gone:
            if period in self._made and self._made[period] + self._limit > self._true + SLACK:
                bad(f"a key was destroyed {self._made[period] + self._limit - self._true} too early")
        for period in ring.stored_periods():
            made = self._made.get(period)
            if made is not None and made + self._limit + SLACK < self._believed and not ahead:
                bad(f"a key outlived its limit by {self._believed - made - self._limit}, the clock being {error} off")

    def _try_again(self, ring: KeyRing) -> None:
        """No destroyed hour is there again, and none can be made again."""
        back = self._destroyed & set(ring.stored_periods())
        if back:
            bad(f"{len(back)} destroyed keys are there again")
        for period in list(self._destroyed)[:3]:
            if self._make(ring, period):
                bad("an hour whose key was destroyed got a new one")

    def _make(self, ring: KeyRing, period: Period) -> bool:
        try:
            ring.make_period_key(period, self._clock.now())
        except KeyUnavailable:
            return False
        return True

    def _error(self) -> timedelta:
        kind = self._chance.random()
        if kind < 0.5:
            return timedelta(minutes=self._chance.randint(-5, 5))
        days = timedelta(days=self._chance.choice((2, 9, 45, 80, 365)), hours=self._chance.randint(0, 23))
        return days if kind < 0.75 else -days

    def _show(self, at: datetime) -> None:
        self._shown = at
        self._moved.write_text(f"{at:%Y-%m-%d %H:%M:%S}\n", encoding="utf-8")

    @staticmethod
    def _rule(node: Node) -> timedelta:
        rule = node.desk(HOME).rule
        assert rule is not None
        return rule.limit


def say(word: str, **more: Any) -> None:
    """Print one line."""
    sys.stdout.write(msgspec.json.encode({"said": word, **more}).decode() + "\n")


def bad(sentence: str) -> None:
    """Print one thing that must not be."""
    say("bad", sentence=sentence)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    clock_bugs.plant(sys.argv[3])
    warm.keep()
    warm.use_store(real=False)
    try:
        Life(Path(sys.argv[1]), int(sys.argv[2])).live()
    except LockplateError as error:
        bad(f"the node refuses: {error.code}")
