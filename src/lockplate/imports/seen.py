"""Seen: which rows of a release stood in it before, in bounded memory.

What flows in: 64-bit hashes of rows, batch by batch. What flows out: which of them were there already.
What it must never see: a row that is kept; only its hash stays, 8 bytes each.

The hash is the interpreter's own SipHash under this process's random key, so no file can be written to make two rows
look the same; by chance it happens once in 400,000 files of ten million rows.
"""

import secrets
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


class Seen:
    """Hashes in sorted levels, each at least twice as large as the next, merged as they grow."""

    def __init__(self) -> None:
        self._levels: list[Hashes] = []

    def __len__(self) -> int:
        return sum(len(level) for level in self._levels)

    def repeats(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Return which hashes were seen before, in earlier batches or earlier in this one, and remember the others."""
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        again = np.zeros(len(hashes), np.bool_)
        again[1:] = ordered[1:] == ordered[:-1]
        known = np.zeros(len(hashes), np.bool_)
        for level in self._levels:
            places = np.minimum(np.searchsorted(level, ordered), len(level) - 1)
            known |= level[places] == ordered
        found = np.zeros(len(hashes), np.bool_)
        found[order] = again | known
        self._add(ordered[~(again | known)])
        return found

    def _add(self, fresh: Hashes) -> None:
        if not len(fresh):
            return
        while self._levels and len(self._levels[-1]) < 2 * len(fresh):
            fresh = np.concatenate((self._levels.pop(), fresh))
            fresh.sort(kind="stable")  # two sorted runs are merged
        self._levels.append(fresh)


class RowHashes:
    """Hashes whole rows; one for a release, since its numbers are its own."""

    def __init__(self) -> None:
        self._odd: list[int] = []

    def of(self, columns: Sequence[pa.StringArray]) -> Hashes:
        """Return one hash for each row: equal for rows that are equal in every cell."""
        while len(self._odd) <= len(columns):
            self._odd.append(secrets.randbits(63) * 2 + 1)
        filled = [pc.fill_null(column, "") if column.null_count else column for column in columns]
        hashes = text_hashes(pc.binary_join_element_wise(*filled, "\x1f") if len(filled) > 1 else filled[0])
        # with their lengths, cells that hold the separator cannot pass for others; a missing cell is no empty one
        hashes += np.uint64(self._odd[len(columns)])
        for number, column in enumerate(columns):
            lengths = np.asarray(pc.fill_null(pc.binary_length(column), -1)).astype(np.int64) + 1
            hashes += lengths.astype(np.uint64) * np.uint64(self._odd[number])
        return hashes


def text_hashes(texts: pa.StringArray) -> Hashes:
    """Return one hash for each text."""
    _, offsets, data = texts.buffers()
    ends: list[int] = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4).tolist()
    body = b"" if data is None else data.to_pybytes()
    made = (hash(body[start:end]) for start, end in pairwise(ends))
    return np.fromiter(made, np.int64, len(texts)).view(np.uint64)
