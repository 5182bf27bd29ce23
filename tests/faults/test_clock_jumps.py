"""A clock that jumps under a running node, in the short form."""

from pathlib import Path

from clock_jumps import HARNESS
from harness import check


def test_clock_jumps(tmp_path: Path) -> None:
    """Nothing is destroyed too early, too late or revived; the planted bugs are caught."""
    check(HARNESS, tmp_path)
