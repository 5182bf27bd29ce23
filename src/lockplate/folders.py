"""Folders: made so that they are still there after a power loss.

What flows in: paths. What flows out: folders, and names in them, that a disk has taken for good.
What it must never see: what lies in a folder. A file that was synced is lost all the same when its name, or the folder
around it, was not: a folder's names are durable only once the folder itself is synced.
"""

import os
from pathlib import Path


def make_folder(path: Path, *, mode: int = 0o777) -> Path:
    """Return the folder, made with those above it where they are missing, each durable in the one above; or OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)
    return path


def sync_folder(path: Path) -> None:
    """Return once the names in a folder, as they stand, are durable; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
