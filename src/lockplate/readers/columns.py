"""Columns: many reads at once, for the bulk path, without a Python object for each.

What flows in: decoded lines or table columns. What flows out: plate keys, seconds and readers in step, and what was
refused. What it must never see: the store, keys, a log.
"""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from lockplate.read import Position, Read
from lockplate.terms import PlateKey, ReaderId


class ReadColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Reads in step: the n-th plate key, second and reader belong together."""

    rows: int
    """Rows looked at, the refused ones included."""
    plate_keys: list[PlateKey]
    captured_at: NDArray[np.uint32]
    reader_index: NDArray[np.int32]
    readers: tuple[ReaderId, ...]
    refused: dict[str, int]
    """Rows left out, by RejectReason."""
    read_at: Callable[[int], Read]
    """Makes the whole read of one place: needed only for the few that a hot list names."""
    positions: Callable[[], Sequence[Position | None]] | None = None
    """Makes where each row says that it was made: needed only under a law that names places. None: no row says it."""
