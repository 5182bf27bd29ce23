"""Marks: two keyed numbers that stand for a row of the store, and sums of them, so that rows can be compared unread.

What flows in: a key of its own, tokens, seconds and readers. What flows out: marks; sums by UTC day and reader; a keyed
hash over a line of the ledger.
What it must never see: a plate, a key that opens a read, I/O. A mark says nothing about a token without the key.

Mark: AES-256 of one block: token (8) ‖ second (4, big-endian) ‖ first 4 bytes of SHA-256(reader), read as two
little-endian numbers of 64 bits. Different rows have different blocks, so this is a keyed permutation; its sums cannot
be steered by who does not have the key (docs/decisions/0024).
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NewType, final

import msgspec
import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from lockplate.terms import TOKEN_BYTES, ReaderId

SECONDS_PER_DAY = 86_400
Day = NewType("Day", int)
"""One UTC day, counted from 1970-01-01."""
Marks = NDArray[np.uint64]

_MARK_TAG = b"lockplate/row-mark/v1\0"
_LEDGER_TAG = b"lockplate/ledger/v1\0"
_BLOCK_BYTES = 16
_LANE = 1 << 64


class RowSum(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows there are, and the sum of their marks: two such sums agree for the same rows only.

    Without the marks' key nobody can make other rows of the same sum. All sums are modulo 2**64.
    """

    rows: int = 0
    low: int = 0
    high: int = 0

    def plus(self, other: "RowSum") -> "RowSum":
        """Return the sum over both."""
        return RowSum(
            rows=self.rows + other.rows, low=(self.low + other.low) % _LANE, high=(self.high + other.high) % _LANE
        )

    def __bool__(self) -> bool:
        return bool(self.rows or self.low or self.high)


@final
class RowMarker:
    """Makes the marks of one operator's rows; safe for many threads."""

    def __init__(self, key: bytes) -> None:
        self._mark_key = hmac.digest(key, _MARK_TAG, hashlib.sha256)
        self._ledger_key = hmac.digest(key, _LEDGER_TAG, hashlib.sha256)

    def __repr__(self) -> str:
        return "RowMarker(…)"

    def marks(
        self,
        tokens: bytes,
        captured_at: NDArray[np.uint32],
        reader_index: NDArray[np.int32],
        readers: Sequence[ReaderId],
    ) -> Marks:
        """Return two numbers for each row, in rows of two; equal ones for the same row only.

        `tokens`: eight bytes a row, joined; `reader_index`: for each row, its place in `readers`.
        """
        blocks = np.empty((len(captured_at), _BLOCK_BYTES), np.uint8)
        blocks[:, :TOKEN_BYTES] = np.frombuffer(tokens, np.uint8).reshape(-1, TOKEN_BYTES)
        blocks[:, 8:12] = captured_at.astype(">u4")[:, None].view(np.uint8)
        names = np.array([_short(reader) for reader in readers], dtype=">u4")
        blocks[:, 12:] = names[reader_index][:, None].view(np.uint8)
        # each block is encrypted alone, as one call of a keyed permutation: there is no mode to get wrong
        cipher = Cipher(algorithms.AES(self._mark_key), modes.ECB())  # noqa: S305
        encrypted = cipher.encryptor().update(blocks.tobytes())
        return np.frombuffer(encrypted, dtype="<u8").reshape(-1, 2).astype(np.uint64, copy=False)

    def vouch(self, plain: bytes) -> bytes:
        """Return HMAC-SHA-256 over a line of the ledger."""
        return hmac.digest(self._ledger_key, plain, hashlib.sha256)


NO_ROWS = RowSum()
DayReader = tuple[Day, ReaderId]
RowSums = dict[DayReader, RowSum]
"""Rows by UTC day of capture and reader; what is not listed has none."""


def day_of(second: int) -> Day:
    """Return the UTC day that holds a second."""
    return Day(second // SECONDS_PER_DAY)


def date_text(day: Day) -> str:
    """Return a day as `2026-11-24`."""
    return datetime.fromtimestamp(day * SECONDS_PER_DAY, UTC).date().isoformat()


def add_sums(parts: Iterable[RowSums]) -> RowSums:
    """Return the sums over all parts, without those that come to nothing."""
    total: RowSums = {}
    for part in parts:
        for place, one in part.items():
            total[place] = total.get(place, NO_ROWS).plus(one)
    return {place: one for place, one in total.items() if one}


def sums_of(
    marks: NDArray[np.uint64],
    captured_at: NDArray[np.uint32],
    reader_index: NDArray[np.int32],
    readers: Sequence[ReaderId],
    signs: NDArray[np.int8] | None = None,
) -> RowSums:
    """Return the sums of rows by day and reader; a row counts once, or -1 or 0 times as `signs` says."""
    if not len(captured_at):
        return {}
    days = captured_at // np.uint32(SECONDS_PER_DAY)
    first, width = int(days.min()), len(readers)
    places = (days - np.uint32(first)).astype(np.int64) * width + reader_index
    size = (int(days.max()) - first + 1) * width
    if signs is not None:
        marks = np.where((signs < 0)[:, None], np.uint64(0) - marks, marks) * (signs != 0)[:, None].astype(np.uint64)
    rows = np.zeros(size, np.int64)
    np.add.at(rows, places, 1 if signs is None else signs)
    lanes = np.zeros((size, 2), np.uint64)
    np.add.at(lanes, places, marks)
    found = np.flatnonzero((rows != 0) | lanes.any(axis=1)).tolist()
    return {
        (Day(first + place // width), readers[place % width]): RowSum(
            rows=int(rows[place]), low=int(lanes[place, 0]), high=int(lanes[place, 1])
        )
        for place in found
    }


def _short(reader: ReaderId) -> int:
    return int.from_bytes(hashlib.sha256(reader.encode()).digest()[:4], "big")
