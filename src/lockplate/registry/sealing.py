"""ColumnSealer: what the registry asks of whoever holds the operator's data keys.

What flows in: the plain bytes of one cell. What flows out: sealed bytes bound to table, column and row.
What it must never see: a key; the registry only knows this Protocol, wiring supplies the sealer.
"""

from collections.abc import Callable
from typing import Protocol

from lockplate.terms import OperatorId


class ColumnSealer(Protocol):
    """Seals one cell and opens it again; a cell moved to another row, column or table does not open (SealBroken)."""

    def seal_column(self, table: str, column: str, row_id: str, plain: bytes) -> bytes:
        """Return the sealed bytes."""
        ...

    def open_column(self, table: str, column: str, row_id: str, sealed: bytes) -> bytes:
        """Return the plain bytes, or raise SealBroken."""
        ...


SealerOf = Callable[[OperatorId], ColumnSealer]
"""The sealer that works under one operator's data keys (design part 6): a node may serve several operators."""
