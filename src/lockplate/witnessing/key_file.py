"""The witness's key file: 64 random bytes from which both signing keys are made, apart from the state.

What flows in: a path. What flows out: the seed.
What it must never see: the state's folder: a copy of the state that holds the key is a second witness, and two that
sign under one key can be led to cosign two histories.
"""

import os
import secrets
import stat
from pathlib import Path

from lockplate.checkpoint import SEED_BYTES
from lockplate.errors import Conflict, SettingRefused, StoreFailed
from lockplate.folders import make_private_file

WITNESS_SEED_BYTES = 2 * SEED_BYTES


def make_key_file(path: Path) -> None:
    """Write a new seed, durably, to a file that only its owner can read.

    Raises Conflict when there is a file, and StoreFailed when the disk refuses. The file gets its name only once it is
    whole: half of a seed would stand in the way of the next attempt.
    """
    try:
        make_private_file(path, secrets.token_hex(WITNESS_SEED_BYTES).encode() + b"\n")
    except OSError as error:
        if isinstance(error, FileExistsError) and os.path.lexists(path):
            raise Conflict(
                "the witness's key file exists already", code="witness_key_exists", next_step="Name another file."
            ) from None
        raise StoreFailed("the witness's key could not be written", next_step="Look at the disk.") from error


def load_seed(path: Path) -> bytes:
    """Return the seed, or raise SettingRefused: no file, one that others may read, or not 128 hex digits."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingRefused(
            "the witness's key file cannot be read",
            code="no_witness_key",
            next_step="Name it with --key-file. A witness whose key is lost is retired: make one with a new name.",
        ) from None
    if mode & 0o077:
        raise SettingRefused(
            "the witness's key file can be read by others",
            code="witness_key_exposed",
            next_step="chmod 600 the file; retire the key if somebody may have read it.",
        )
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) != WITNESS_SEED_BYTES:
        raise SettingRefused("the witness's key file does not hold 128 hex digits", code="bad_witness_key")
    return seed
