"""Ownership: one process owns a node's folder at a time.

What flows in: the folder. What flows out: a lock held until it is released or the process dies.
What it must never see: what is in the folder.
"""

import fcntl
import os
from pathlib import Path

from lockplate.errors import NodeBusy
from lockplate.folders import make_folder


class Ownership:
    """The lock on a node's folder; the kernel gives it back when the process dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._descriptor = os.open(folder / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise NodeBusy(
                "another process owns this node",
                next_step="If the server is running, this command talks to it; otherwise wait for the other command.",
            ) from None

    def release(self) -> None:
        """Give the folder back; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
