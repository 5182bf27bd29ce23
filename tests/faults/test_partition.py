"""A network cut between node and witness, in the short form."""

from pathlib import Path

from harness import check
from partition import HARNESS


def test_partition(tmp_path: Path) -> None:
    """The node goes on, says so, and the two agree again by themselves; the planted bugs are caught."""
    check(HARNESS, tmp_path)
