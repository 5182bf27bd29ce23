"""A server that is killed under load, in the short form."""

from pathlib import Path

from harness import check
from killing import HARNESS


def test_killing(tmp_path: Path) -> None:
    """Nothing acknowledged is lost; the planted bugs are caught."""
    check(HARNESS, tmp_path)
