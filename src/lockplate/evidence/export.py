"""Export: the whole log as plain files, for a web server, a witness, a journalist or a disk in a drawer.

What flows in: a log, its last signed checkpoint, its public key.
What flows out: a folder that needs no program of ours.
What it must never see: details, sealed or not; the signing key.

    vkey   checkpoint   tile/<level>/<number>[.p/<width>]   tile/entries/<number>[.p/<width>]

Tiles come first and the checkpoint last, so that a folder never promises what it does not hold.
"""

import errno
import os
from pathlib import Path

import msgspec

from lockplate.checkpoint import verify_checkpoint
from lockplate.errors import BadInput, Conflict, StoreFailed
from lockplate.evidence.log import TileLog
from lockplate.evidence.tiles import bundle_path, bundles_of, tile_path, tiles_of
from lockplate.folders import make_folder, sync_folder

FULL_OR_BROKEN = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE})
"""What the machine answers for; anything else says that the folder named cannot be one."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What an export did."""

    size: int
    """Entries that the checkpoint covers."""
    written: int
    """Files written."""
    unchanged: int
    """Files that were there already, with the same bytes."""


def export_log(log: TileLog, note: str, vkey: str, folder: Path) -> Exported:
    """Write everything that the signed checkpoint `note` covers into `folder`, each file whole or not at all.

    A folder from an earlier export is brought up to date. Raises Conflict when a tile there has other bytes (another
    log's folder, or an altered one) or its checkpoint is newer, ProofInvalid when the note is not the key's,
    BadInput for a folder that cannot be there, StoreFailed when the disk refuses.
    """
    checkpoint = verify_checkpoint(note, vkey)
    if log.root(checkpoint.size) != checkpoint.root:
        raise Conflict("the checkpoint is not of this log", code="other_log")
    counts = {True: 0, False: 0}
    try:
        _require_older(folder / "checkpoint", vkey, checkpoint.size)
        for tile in tiles_of(checkpoint.size):
            counts[_write_once(folder / tile_path(tile), log.tile(*tile))] += 1
        for bundle in bundles_of(checkpoint.size):
            counts[_write_once(folder / bundle_path(bundle), log.entry_bundle(*bundle))] += 1
        counts[_write_once(folder / "vkey", f"{vkey}\n".encode())] += 1
        counts[_replace(folder / "checkpoint", note.encode())] += 1
    except OSError as error:
        if error.errno in FULL_OR_BROKEN:
            raise StoreFailed("the export folder could not be written") from error
        raise BadInput("no folder can be written there", code="bad_folder", next_step="Name another folder.") from error
    except ValueError as error:
        raise BadInput("that is no folder's name", code="bad_folder", next_step="Name another folder.") from error
    return Exported(size=checkpoint.size, written=counts[True], unchanged=counts[False])


def _require_older(path: Path, vkey: str, size: int) -> None:
    """Refuse to put an older checkpoint over a newer one: whoever watches the folder would see the log shrink."""
    if path.exists() and verify_checkpoint(path.read_bytes().decode(errors="replace"), vkey).size > size:
        raise Conflict("the folder holds a newer checkpoint", code="newer_checkpoint")


def _write_once(path: Path, content: bytes) -> bool:
    """Write a file that never changes; say whether it was written (it may be there already, with these very bytes)."""
    if path.exists():
        if path.read_bytes() != content:
            raise Conflict(
                "a file in the folder has other bytes",
                code="folder_differs",
                next_step="Export into an empty folder, and run fsck on this one.",
            )
        return False
    return _replace(path, content)


def _replace(path: Path, content: bytes) -> bool:
    """Write a file whole or not at all, durable on return; say whether anything changed."""
    if path.exists() and path.read_bytes() == content:
        return False
    make_folder(path.parent)
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
    return True
