"""Several processes on one node and on one log, in the short form."""

from pathlib import Path

from harness import check
from racing import HARNESS


def test_two_processes(tmp_path: Path) -> None:
    """One owner; several writers; both planted bugs are caught."""
    check(HARNESS, tmp_path)
