"""Sealed reads: what the store holds of a passing car, one by one or in columns.

What flows in: values that seal made. What flows out: frozen values for the store and back.
What it must never see: a plate text, a plate key, a key. Nothing here can say whose car it was.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from lockplate.errors import BadInput
from lockplate.terms import SECONDS_PER_PERIOD, TOKEN_BYTES, OperatorId, Period, ReaderId, Token

EARLIEST = 631_152_000
"""1990-01-01: an earlier device time is an unset clock."""
LATEST = 4_102_444_800
"""2100-01-01, inside the engine's unsigned 32-bit seconds."""


class SealedRead(msgspec.Struct, frozen=True, kw_only=True):
    """One row: operator, period, token, second, reader, and the encrypted record or nothing."""

    operator: OperatorId
    token: Token
    captured_at: int
    """Seconds since 1970, UTC."""
    reader: ReaderId
    record: bytes = b""
    withdrawn: bool = False
    """A later message of the same passage corrected the plate; this row no longer answers."""

    @property
    def period(self) -> Period:
        """The UTC hour of the read."""
        return Period(self.captured_at // SECONDS_PER_PERIOD)


class SealedColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Many rows of one operator without records, in columns: the bulk path."""

    operator: OperatorId
    captured_at: NDArray[np.uint32]
    tokens: bytes
    """Eight bytes a row, joined."""
    readers: tuple[ReaderId, ...]
    reader_index: NDArray[np.int32]
    """For each row, its place in `readers`."""

    def __len__(self) -> int:
        return len(self.captured_at)

    def check(self) -> "SealedColumns":
        """Return the columns themselves, or raise BadInput when their lengths disagree."""
        rows = len(self.captured_at)
        if len(self.tokens) != rows * TOKEN_BYTES or len(self.reader_index) != rows:
            raise BadInput("columns of different lengths", code="ragged_columns")
        if rows and not 0 <= self.reader_index.min() <= self.reader_index.max() < len(self.readers):
            raise BadInput("a row of a reader that is not listed", code="ragged_columns")
        return self


class RowPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one row from every other of its operator, and whether it was taken back."""

    token: Token
    captured_at: int
    reader: ReaderId
    withdrawn: bool = False


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One place to look: a period and a token. Made from a permit; there is no probe for "any token"."""

    period: Period
    token: Token
