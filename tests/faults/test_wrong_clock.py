"""The program as it ships under a wrong clock, in the short form."""

from pathlib import Path

from harness import check
from wrong_clock import HARNESS


def test_wrong_clock(tmp_path: Path) -> None:
    """A clock ahead is asked about, one behind revives and delays nothing; the planted bugs are caught."""
    check(HARNESS, tmp_path)
