"""A disk that is full, in the short form."""

from pathlib import Path

from full_disk import HARNESS
from harness import check


def test_full_disk(tmp_path: Path) -> None:
    """Nothing acknowledged is lost; the planted bugs are caught."""
    check(HARNESS, tmp_path)
