"""Companion: a program of ours that runs beside this one as a process of its own, and ends with it.

What flows in: words of a `lockplate` command, a file for what it prints. What flows out: a running process.
What it must never see: a secret among the words; other programs can read those.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 20.0
"""Seconds to end by itself, before it is killed."""


@contextmanager
def companion(words: list[str], output: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command until the block ends; Ctrl-C at the keyboard reaches this program only, which then stops it."""
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "lockplate.cli.main", *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
