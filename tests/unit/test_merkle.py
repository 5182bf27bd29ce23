"""The Merkle tree: published roots and proofs, round trips at every small size, and no proof that survives tampering."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import BadInput, ProofInvalid
from lockplate.merkle import (
    EMPTY_ROOT,
    Subtree,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_at,
    root_of,
    start_shown_by,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rfc6962-tree.json").read_text())
PUBLISHED = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def over(leaves: list[bytes]) -> Subtree:
    """Return subtree hashes computed straight from the leaves."""
    return lambda start, height: root_of(leaves[start : start + (1 << height)])


def recursive_root(leaves: list[bytes]) -> bytes:
    """Return the root by RFC 6962's own recursive words, with no code of ours."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + recursive_root(leaves[:half]) + recursive_root(leaves[half:])).digest()


def flip(data: bytes, bit: int) -> bytes:
    """Return the bytes with one bit turned."""
    return (int.from_bytes(data, "big") ^ (1 << bit % (8 * len(data)))).to_bytes(len(data), "big")


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    """Each published root comes out of the published leaves, by both ways to compute it."""
    assert ROOTS[size] == root_of(PUBLISHED[:size])
    assert ROOTS[size] == root_at(size, over(PUBLISHED))


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_proofs_are_the_published_ones(vector):
    """Published inclusion proofs are what we make, and what we accept."""
    index, size, path = vector["index"], vector["size"], [bytes.fromhex(node) for node in vector["path"]]
    assert path == inclusion_path(index, size, over(PUBLISHED))
    assert ROOTS[size] == verify_inclusion(PUBLISHED[index], index, size, path, ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_proofs_are_the_published_ones(vector):
    """Published consistency proofs are what we make, and what we accept."""
    old, new, path = vector["old"], vector["new"], [bytes.fromhex(node) for node in vector["path"]]
    assert path == consistency_path(old, new, over(PUBLISHED))
    assert ROOTS[new] == verify_consistency(old, ROOTS[old], new, ROOTS[new], path)


def test_every_proof_of_every_small_tree_holds():
    """For all sizes up to 40, each inclusion and each consistency proof verifies against independent roots."""
    leaves = [leaf_hash(bytes([number])) for number in range(40)]
    roots = [recursive_root(leaves[:size]) for size in range(41)]
    for size in range(41):
        assert roots[size] == root_at(size, over(leaves))
        for index in range(size):
            path = inclusion_path(index, size, over(leaves))
            assert roots[size] == verify_inclusion(leaves[index], index, size, path, roots[size])
        for old in range(size + 1):
            path = consistency_path(old, size, over(leaves))
            assert roots[size] == verify_consistency(old, roots[old], size, roots[size], path)


sizes = st.integers(min_value=1, max_value=300)


@given(size=sizes, where=st.integers(min_value=0), bit=st.integers(min_value=0), part=st.integers(min_value=0))
def test_an_inclusion_proof_dies_of_one_bit(size, where, bit, part):
    """One turned bit in the leaf, the root or any sibling, or another index or size, and the proof is refused."""
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]
    index, root = where % size, root_of(leaves)
    path = inclusion_path(index, size, over(leaves))
    fields = [leaves[index], root, *path]
    fields[part % len(fields)] = flip(fields[part % len(fields)], bit)
    with pytest.raises(ProofInvalid):
        verify_inclusion(fields[0], index, size, fields[2:], fields[1])
    with pytest.raises(ProofInvalid):
        verify_inclusion(leaves[index], index ^ (1 << bit % 9), size, path, root)
    for wrong in (path[1:], [*path, root], path[:-1]):
        if wrong != path:
            with pytest.raises(ProofInvalid):
                verify_inclusion(leaves[index], index, size, wrong, root)


@given(size=sizes, where=st.integers(min_value=0), bit=st.integers(min_value=0), part=st.integers(min_value=0))
def test_a_consistency_proof_dies_of_one_bit(size, where, bit, part):
    """One turned bit in either root or any node, or a node too many or too few, and the proof is refused."""
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]
    old = 1 + where % size
    old_root, new_root = root_of(leaves[:old]), root_of(leaves)
    path = consistency_path(old, size, over(leaves))
    fields = [old_root, new_root, *path]
    fields[part % len(fields)] = flip(fields[part % len(fields)], bit)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, fields[0], size, fields[1], fields[2:])
    for wrong in (path[1:], [*path, new_root], path[:-1]):
        if wrong != path:
            with pytest.raises(ProofInvalid):
                verify_consistency(old, old_root, size, new_root, wrong)


def test_a_rewritten_past_has_no_consistency_proof():
    """A log that changed an old leaf cannot prove that it extends what it signed, with any honest path of either tree."""
    honest = [leaf_hash(bytes([number])) for number in range(20)]
    rewritten = [*honest[:3], leaf_hash(b"rewritten"), *honest[4:]]
    for leaves in (honest, rewritten):
        path = consistency_path(11, 20, over(leaves))
        with pytest.raises(ProofInvalid):
            verify_consistency(11, root_of(honest[:11]), 20, root_of(rewritten), path)


@given(size=sizes, where=st.integers(min_value=0), bit=st.integers(min_value=0), part=st.integers(min_value=0))
def test_a_proof_shows_the_start_that_it_leads_from(size, where, bit, part):
    """A proof tells the old root to whoever has the new one, except for a power of two; a changed one tells nothing."""
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]
    old, root = 1 + where % size, root_of(leaves)
    path = consistency_path(old, size, over(leaves))
    if old == size or old & (old - 1) == 0:
        with pytest.raises(ProofInvalid):
            start_shown_by(old, size, root, path)
        return
    assert root_of(leaves[:old]) == start_shown_by(old, size, root, path)
    changed = list(path)
    changed[part % len(path)] = flip(path[part % len(path)], bit)
    for wrong in (changed, path[1:], [*path, root], []):
        with pytest.raises(ProofInvalid):
            start_shown_by(old, size, root, wrong)


def test_a_rewritten_past_shows_itself_by_its_own_proof():
    """The proof of a log that changed an old leaf tells the start that it changed it to."""
    rewritten = [leaf_hash(bytes([number])) for number in (*range(3), 99, *range(4, 20))]
    path = consistency_path(11, 20, over(rewritten))
    assert root_of(rewritten[:11]) == start_shown_by(11, 20, root_of(rewritten), path)


def test_the_empty_tree_starts_every_tree_and_only_with_its_own_root():
    """From size 0 only the empty root with an empty proof is accepted, and a smaller new tree never."""
    root = root_of(PUBLISHED)
    assert root == verify_consistency(0, EMPTY_ROOT, 8, root, [])
    for old, old_root, new, new_root, path in [
        (0, root, 8, root, []),
        (0, EMPTY_ROOT, 8, root, [root]),
        (0, root, 0, root, []),
        (8, root, 8, EMPTY_ROOT, []),
        (8, root, 7, ROOTS[7], []),
        (4, ROOTS[4], 8, root, []),
        (4, ROOTS[4], 8, root, [b"short"]),
        (-1, EMPTY_ROOT, 8, root, []),
    ]:
        with pytest.raises(ProofInvalid):
            verify_consistency(old, old_root, new, new_root, path)


def test_no_proof_is_made_for_what_is_not_there():
    """A leaf beyond the tree, or an old tree larger than the new one, is the caller's mistake."""
    for index, size in [(3, 3), (-1, 3), (0, 0)]:
        with pytest.raises(BadInput):
            inclusion_path(index, size, over(PUBLISHED))
        with pytest.raises(ProofInvalid):
            verify_inclusion(PUBLISHED[0], index, size, [], ROOTS[3])
    for old, new in [(4, 3), (-1, 3)]:
        with pytest.raises(BadInput):
            consistency_path(old, new, over(PUBLISHED))
    with pytest.raises(BadInput):
        root_at(-1, over(PUBLISHED))


def test_an_inner_node_is_no_leaf():
    """A proof that stops early is refused even when what it is given as leaf, or as old root, is the node it stops at."""
    root = root_of(PUBLISHED)
    with pytest.raises(ProofInvalid, match="short"):
        verify_inclusion(root, 0, 8, [], root)
    with pytest.raises(ProofInvalid, match="short"):
        verify_consistency(3, root, 8, root, [root])
