"""Sealed rows and columns: no plate inside, and columns that agree with each other."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.clock import period_of
from lockplate.errors import BadInput
from lockplate.sealed import EARLIEST, LATEST, Probe, SealedColumns, SealedRead
from lockplate.terms import OperatorId, ReaderId, Token

READERS = (ReaderId("north"), ReaderId("south"))


def columns(rows: int, *, tokens: int | None = None, index: list[int] | None = None) -> SealedColumns:
    return SealedColumns(
        operator=OperatorId("city"),
        captured_at=np.arange(rows, dtype=np.uint32) + EARLIEST,
        tokens=b"t" * (8 * rows if tokens is None else tokens),
        readers=READERS,
        reader_index=np.array([row % 2 for row in range(rows)] if index is None else index, dtype=np.int32),
    )


@given(st.integers(min_value=EARLIEST, max_value=LATEST - 1))
def test_a_row_lies_in_the_hour_of_its_second(second: int) -> None:
    """The period is never stored beside the second, so the two cannot disagree."""
    row = SealedRead(operator=OperatorId("city"), token=Token(b"8" * 8), captured_at=second, reader=READERS[0])

    assert period_of(datetime.fromtimestamp(second, UTC)) == row.period


@pytest.mark.parametrize("kind", [SealedRead, SealedColumns, Probe])
def test_no_field_can_hold_a_plate(kind: type[msgspec.Struct]) -> None:
    """What the store sees has no plate text, plate key, region or vehicle."""
    assert not [name for name in kind.__struct_fields__ if any(word in name for word in ("plate", "region", "vehicle"))]


def test_a_probe_always_names_a_token() -> None:
    """There is no probe for "any token of this hour"."""
    with pytest.raises(TypeError):
        Probe(period=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_columns_that_agree_are_returned(rows: int) -> None:
    """A check returns the columns themselves."""
    made = columns(rows)

    assert made is made.check()
    assert rows == len(made)


@pytest.mark.parametrize(
    "broken",
    [
        columns(3, tokens=23),
        columns(3, tokens=16),
        columns(3, index=[0, 1]),
        columns(0, tokens=8),
        columns(3, index=[0, 1, 2]),
        columns(3, index=[0, -1, 1]),
    ],
)
def test_columns_that_disagree_are_refused(broken: SealedColumns) -> None:
    """A row too many, half a token, or a reader that is not listed would file a read under somebody else."""
    with pytest.raises(BadInput) as refused:
        broken.check()
    assert "ragged_columns" == refused.value.code
