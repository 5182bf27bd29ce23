"""Ownership: one process at a time, and the kernel takes the lock back from the dead."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lockplate.errors import NodeBusy
from lockplate.store.ownership import Ownership

HOLDER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from lockplate.errors import NodeBusy
    from lockplate.store.ownership import Ownership

    try:
        held = Ownership(Path(sys.argv[1]))
    except NodeBusy as busy:
        print(busy.code, flush=True)
    else:
        print("held", flush=True)
        sys.stdin.readline()
""")


def start_holder(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    """In the same process as in another, with a next step and without the folder's path."""
    held = Ownership(tmp_path / "node")

    with pytest.raises(NodeBusy) as busy:
        Ownership(tmp_path / "node")
    with start_holder(tmp_path / "node") as other:
        assert "node_busy" == said(other)

    assert busy.value.next_step
    assert str(tmp_path) not in busy.value.message
    held.release()


def test_a_released_folder_can_be_owned_again(tmp_path: Path) -> None:
    """Also by a process that was refused before, and the folder is made when it is not there."""
    for _ in range(3):
        Ownership(tmp_path / "a" / "node").release()

    with start_holder(tmp_path / "a" / "node") as other:
        assert "held" == said(other)
        other.communicate("\n")


def test_another_folder_is_another_node(tmp_path: Path) -> None:
    """Two nodes run beside each other."""
    one, other = Ownership(tmp_path / "one"), Ownership(tmp_path / "other")

    with pytest.raises(NodeBusy):
        Ownership(tmp_path / "one")
    one.release()
    other.release()


def test_the_dead_own_nothing(tmp_path: Path) -> None:
    """After kill -9 the folder is free at once; nothing has to be cleaned up by hand."""
    with start_holder(tmp_path / "node") as other:
        assert "held" == said(other)
        with pytest.raises(NodeBusy):
            Ownership(tmp_path / "node")
        os.kill(other.pid, signal.SIGKILL)
        other.wait()

        Ownership(tmp_path / "node").release()


def test_a_refused_owner_keeps_nothing_open(tmp_path: Path) -> None:
    """Trying again and again does not use up file descriptors."""
    held = Ownership(tmp_path / "node")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(NodeBusy):
            Ownership(tmp_path / "node")

    assert before == len(list(Path("/proc/self/fd").iterdir()))
    held.release()


def test_releasing_twice_closes_nobody_elses_file(tmp_path: Path) -> None:
    """A second release does nothing, although the number of the closed file may be in use again."""
    held = Ownership(tmp_path / "node")
    held.release()
    second = Ownership(tmp_path / "node")

    held.release()

    with pytest.raises(NodeBusy):
        Ownership(tmp_path / "node")
    second.release()


def test_the_lock_file_is_for_its_owner_and_empty(tmp_path: Path) -> None:
    """The lock says nothing: no process number, no name."""
    held = Ownership(tmp_path / "node")

    lock = tmp_path / "node" / "owner.lock"
    assert (0o600, 0) == (lock.stat().st_mode & 0o777, lock.stat().st_size)
    held.release()
