"""The server's own log: it may fail, and nobody's request fails with it."""

import sys
from pathlib import Path

import pytest

from lockplate.cli.serving import UnfailingOutput

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_log_on_a_full_disk_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is lost; whoever wrote it goes on."""
    full = FULL.open("w", encoding="utf-8", buffering=1)
    monkeypatch.setattr(sys, "stdout", full)

    written = UnfailingOutput().write("a line\n")
    UnfailingOutput().flush()

    monkeypatch.undo()
    assert 7 == written
    with pytest.raises(OSError, match="No space"):
        full.close()


def test_a_log_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """When there is room."""
    UnfailingOutput().write("a line\n")
    UnfailingOutput().flush()

    assert "a line\n" == capsys.readouterr().out
