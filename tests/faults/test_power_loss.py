"""Power losses, in the short form: nothing bad is left, and each planted bug is caught."""

from pathlib import Path

import pytest
from harness import Harness, check
from power_loss import HARNESSES


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_nothing_bad_is_left(harness: Harness, tmp_path: Path) -> None:
    """See docs/faults.md."""
    check(harness, tmp_path)
