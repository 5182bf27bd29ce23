"""Folders: made, and private files in them, so that they are still there after a power loss.

What flows in: paths, and what a new file is to hold. What flows out: folders, and names in them, that a disk has taken
for good. What it must never see: what lies in a folder already. A file that was synced is lost all the same when its
name, or the folder around it, was not: a folder's names are durable only once the folder itself is synced.
"""

import os
from contextlib import suppress
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


def name_new_file(fresh: Path, path: Path) -> None:
    """Give a finished file its name, durably, and take away the one it had.

    Raises FileExistsError when there is a file of that name, which is never touched; OSError when the disk refuses.
    """
    try:
        os.link(fresh, path)  # unlike a rename, it never takes another file's place
    finally:
        with suppress(OSError):  # what may be left is as private as the file
            fresh.unlink()
    sync_folder(path.parent)


def make_private_file(path: Path, content: bytes) -> None:
    """Make a file that only its owner can read, whole and durable or not at all, with the folders above it.

    Raises FileExistsError when there is a file of that name, which is never touched; OSError when the disk refuses.
    """
    make_folder(path.parent)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    name_new_file(fresh, path)
