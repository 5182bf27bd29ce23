"""Strace: which write-side system calls an act makes on the home, and one of them made to fail or to kill.

What flows in: the process id of a child that stands still before its act. What flows out: places; whether a fault struck.
What it must never see: what the act is.

A place is the n-th call of a kind on one path. Strace counts only calls that touch the path it is given, so a place
is the same in every run, whichever thread gets there. KILL comes before the call is carried out.
"""

import re
import subprocess
from pathlib import Path
from typing import Self

import msgspec

WRITE_SIDE = (
    "write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate", "fallocate", "fsync", "fdatasync",
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "link", "linkat", "mkdir", "mkdirat", "openat",
)  # fmt: skip
"""What changes a disk; `openat` counts where it may make a file."""
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")
SECONDS = 60

_CALL = re.compile(
    r"\d+ +(?P<call>\w+)\((?:AT_FDCWD(?:<[^>]*>)?, )?(?:\d+<(?P<held>[^>]*)>|\"(?P<named>[^\"]*)\")(?P<rest>.*)"
)


_BY_CHANCE = "case_sensitivity_check"
"""The engine looks, with a file of a random name, how its disk takes letters."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One system call of an act."""

    call: str
    path: str
    """Of the file that is held open, or that is named first."""
    nth: int

    def words(self, folder: Path) -> str:
        """Return the place in words, without the path of this machine."""
        return f"{self.call} {self.nth} on {Path(self.path).relative_to(folder)}"


class Strace:
    """One strace on one child; attached when the constructor returns."""

    def __init__(self, pid: int, output: Path, *options: str) -> None:
        self._output = output
        self._process = subprocess.Popen(
            ["strace", "-f", "-y", "-o", str(output), *options, "-p", str(pid)], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        told = self._process.stderr.readline()
        if "attached" not in told:
            self.close()
            raise OSError(f"strace cannot trace here: {told.strip()}")

    @classmethod
    def watching(cls, pid: int, output: Path) -> Self:
        """Attach, and note every write-side call."""
        return cls(pid, output, "-e", f"trace={','.join(WRITE_SIDE)}")

    @classmethod
    def recording(cls, pid: int, output: Path) -> Self:
        """Attach, and note every write-side call with its data, and what the child says on its socket."""
        return cls(pid, output, "-xx", "-s", "16777216", "-e", f"trace={','.join(WRITE_SIDE)},sendto")

    @classmethod
    def injecting(cls, pid: int, output: Path, place: Place, fault: str) -> Self:
        """Attach, and let one call fail or kill."""
        inject = f"inject={place.call}:{fault}:when={place.nth}"
        return cls(pid, output, "-e", f"trace={place.call}", "-P", place.path, "-e", inject)

    def close(self) -> str:
        """Wait until the child is gone, and return what was noted."""
        _, _ = self._process.communicate(timeout=SECONDS)
        return self._output.read_text(encoding="utf-8", errors="replace")


def struck(noted: str) -> bool:
    """Say whether the fault happened, from what strace noted."""
    return "(INJECTED)" in noted or "killed by SIGKILL" in noted


def places(noted: str, folder: Path) -> list[Place]:
    """Return the write-side calls on what lies in a folder, in order; files with names made by chance left out."""
    counts: dict[tuple[str, str], int] = {}
    found: list[Place] = []
    for line in noted.splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        call, path = match["call"], (match["held"] or match["named"] or "").removesuffix(" (deleted)")
        if not Path(path).is_relative_to(folder) or _BY_CHANCE in path:
            continue
        nth = counts[call, path] = counts.get((call, path), 0) + 1
        if call != "openat" or "O_CREAT" in match["rest"]:
            found.append(Place(call=call, path=path.rstrip("/") if call == "mkdir" else path, nth=nth))
    return found
