"""What the tests of a witness share: its folder, its clock, a log, and the same log telling something else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockplate.clock import SetClock
from lockplate.witnessing.folder import WitnessFolder
from lockplate.witnessing.trusting import trust_log
from lockplate.witnessing.witness import Witness
from witnessed import PlainLog

NOW = datetime(2026, 11, 24, 8, 30, 0, 750_000, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def log() -> PlainLog:
    return PlainLog()


@pytest.fixture
def fork(log: PlainLog) -> PlainLog:
    """The same log, which tells another history from its sixth record on."""
    return log.told("false", from_leaf=5)


@pytest.fixture
def folder(tmp_path: Path, clock: SetClock, log: PlainLog) -> WitnessFolder:
    """A founded witness that watches the log."""
    made = WitnessFolder.at(tmp_path / "witness")
    made.create("clerk.example/w1", clock.now())
    with made.open_state() as state:
        trust_log(state, log.vkey, clock.now())
    return made


@pytest.fixture
def witness(folder: WitnessFolder, clock: SetClock) -> Iterator[Witness]:
    with folder.open(clock) as opened:
        yield opened
