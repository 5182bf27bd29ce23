"""Files that somebody names on the command line: read with a limit, or refused in words.

What flows in: a path. What flows out: bytes.
What it must never see: what the bytes mean.
"""

from pathlib import Path

from lockplate.errors import BadInput


def read_bytes(path: Path, limit: int) -> bytes:
    """Return a file's content, at most one byte more than the limit; raises BadInput when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError:
        raise BadInput(f"cannot read {path.name}", code="no_file", next_step="Look at the file's name.") from None
