"""New files: texts and pictures that a command leaves behind, durable, and never over a file that is there.

What flows in: a path that nobody uses yet, its content. What flows out: the file, whole, on disk.
What it must never see: an existing file's content.
"""

import contextlib
import os
from pathlib import Path

from lockplate.errors import BadInput

FOR_ANYONE, FOR_OWNER = 0o644, 0o600


def require_new(path: Path) -> Path:
    """Return the path itself, or raise BadInput when it is taken or its folder is not there: asked before the act."""
    if path.exists() or path.is_symlink():
        raise BadInput(f"{path.name} is there already", code="file_exists", next_step="Name a new file.")
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder for {path.name}", code="no_folder", next_step="Make the folder first.")
    return path


def write_new(path: Path, text: str, mode: int = FOR_ANYONE) -> Path:
    """Return the path, its file durable with the text; raises BadInput when it is taken or cannot be written."""
    return write_new_bytes(path, text.encode(), mode)


def write_new_bytes(path: Path, content: bytes, mode: int = FOR_ANYONE) -> Path:
    """Return the path, its file durable with the content; as `write_new`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise BadInput(f"{path.name} is there already", code="file_exists", next_step="Name a new file.") from None
    except OSError as error:
        raise _unwritable(path) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise _unwritable(path) from error
    return path


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path) -> BadInput:
    return BadInput(f"{path.name} cannot be written", code="unwritable_file", next_step="Name a file elsewhere.")
