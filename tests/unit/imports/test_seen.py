"""Seen: what stood before, exactly, however the rows come in batches."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from lockplate.imports.seen import RowHashes, Seen, text_hashes


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=12))
def test_repeats_are_those_of_a_set(batches: list[list[int]]) -> None:
    """Against a set, number by number."""
    seen, known = Seen(), set()
    for batch in batches:
        wanted = []
        for number in batch:
            wanted.append(number in known)
            known.add(number)
        assert wanted == seen.repeats(np.array(batch, np.uint64)).tolist()
    assert len(known) == len(seen)


def test_levels_stay_few() -> None:
    """A million hashes in small batches lie in few sorted levels, eight bytes each."""
    seen, chance = Seen(), np.random.default_rng(1)
    for _ in range(250):
        assert not seen.repeats(chance.integers(0, 2**63, 4000, dtype=np.uint64)).any()

    assert 1_000_000 == len(seen)
    assert len(seen._levels) <= 12


CELL = st.one_of(st.none(), st.text(st.sampled_from("a\x1f\0 "), max_size=3))


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=40))
def test_rows_have_one_hash_if_equal_in_every_cell(rows: list[tuple[str | None, ...]]) -> None:
    """Also when cells hold the sign between cells, and when a cell is missing rather than empty."""
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    hashes = RowHashes().of(columns)

    assert len(set(rows)) == len(set(hashes.tolist()))


def test_a_part_of_a_column_hashes_alike() -> None:
    """A slice, and what is null in it, read the same as a column of its own."""
    texts = pa.array(["x", "a", "b", "", "c"])

    assert (
        text_hashes(texts)[1:4].tolist()
        == text_hashes(texts[1:4]).tolist()
        == text_hashes(pa.array(["a", "b", ""])).tolist()
    )
    assert [] == text_hashes(pa.array([], pa.string())).tolist()
