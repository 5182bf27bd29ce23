"""Tile paths: the specification's own examples, one spelling each, and the right tiles for a size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.evidence.tiles import BundleName, TileName, bundle_path, bundles_of, parse_path, tile_path, tiles_of

names = st.one_of(
    st.builds(TileName, st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256)),
    st.builds(BundleName, st.integers(0, 10**15), st.integers(1, 256)),
)


def test_numbers_are_written_in_groups_of_three():
    """The specification's example, a bundle, and a partial tile."""
    assert "tile/0/x001/x234/067" == tile_path(TileName(0, 1_234_067, 256))
    assert "tile/entries/x001/000" == bundle_path(BundleName(1000, 256))
    assert "tile/1/000.p/17" == tile_path(TileName(1, 0, 17))


@given(name=names)
def test_a_path_comes_back(name):
    """Each name has one path, and the path gives the name."""
    path = bundle_path(name) if isinstance(name, BundleName) else tile_path(name)
    assert name == parse_path(path)


@pytest.mark.parametrize("path", [
    "", "tile", "tile/0", "tile/0/1", "tile/0/0001", "tile/00/001", "tile/64/001", "tile/-1/001", "tile/0/x001",
    "tile/0/x000/001", "tile/0/001/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.p",
    "tile/0/001.p/", "/tile/0/001", "tile/0/001/", "tile/0/../001", "tile/0/٠٠١", "tile/entries/1", "tile/data/001",
    "tile/0/001.p/5.p/5", "tile/0/xx01/001", "tile/0/+01", "tile/0/ 01", "checkpoint",
])  # fmt: skip
def test_other_spellings_are_refused(path):
    """A path that the specification would not write names nothing."""
    with pytest.raises(BadInput):
        parse_path(path)


def test_a_tree_of_70000_has_the_tiles_of_the_specification():
    """273 full and one partial of 112 at level 0, one full and one partial of 17 at level 1, one of 1 at level 2."""
    tiles = list(tiles_of(70_000))
    assert [TileName(0, number, 256) for number in range(273)] == tiles[:273]
    assert [TileName(0, 273, 112), TileName(1, 0, 256), TileName(1, 1, 17), TileName(2, 0, 1)] == tiles[273:]
    assert [TileName(0, 0, 256), TileName(1, 0, 1)] == list(tiles_of(256))
    assert [] == list(tiles_of(0))
    assert [BundleName(0, 256), BundleName(1, 1)] == list(bundles_of(257))
