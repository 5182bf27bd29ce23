"""A folder of this process's own, for parsers that read files."""

import tempfile
from functools import cache
from pathlib import Path


@cache
def scratch() -> Path:
    """Return a folder of this process's own."""
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def written(name: str, data: bytes) -> Path:
    """Return a file with these bytes."""
    path = scratch() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
