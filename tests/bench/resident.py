"""Resident: what a process takes of memory and of the processors, as the kernel counts it.

What flows in: a process id, or nothing for this process. What flows out: megabytes, seconds.
What it must never see: what is in that memory.
"""

import os
from pathlib import Path


def resident_megabytes(process: int | None = None) -> float:
    """Return the resident set of a process in megabytes (2**20 bytes)."""
    status = Path(f"/proc/{process or os.getpid()}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def processor_seconds(process: int) -> float:
    """Return the processor time that a process and its threads have used so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
