"""Merkle: the tree hashes of RFC 6962, its two kinds of proof, and how to check them.

What flows in: leaf hashes, or a callable that gives the hash of a perfect subtree. What flows out: roots and proofs.
What it must never see: I/O, keys, what a leaf says. Hashes are SHA-256, 32 bytes.

Sources: RFC 6962 2.1 (hashing, making proofs), RFC 9162 2.1.3.2 and 2.1.4.2 (checking them).
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import reduce

from lockplate.errors import BadInput, ProofInvalid

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Subtree = Callable[[int, int], bytes]
"""(start, height) → the root over leaves [start, start + 2**height), where start is a multiple of 2**height."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry: SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, in order; EMPTY_ROOT for none."""
    stack: list[bytes] = []
    for position, leaf in enumerate(leaves):
        node, carry = leaf, position
        while carry & 1:
            node, carry = node_hash(stack.pop(), node), carry >> 1
        stack.append(node)
    return fold_right(stack)


def fold_right(parts: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring perfect subtrees, the largest first; EMPTY_ROOT for none."""
    if not parts:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))


def root_at(size: int, subtree: Subtree) -> bytes:
    """Return the root of the first `size` leaves."""
    if size < 0:
        raise BadInput("a tree has no negative size", code="bad_tree_size")
    return _range_root(0, size, subtree)


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves: siblings from the leaf upwards.

    Raises BadInput when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise BadInput("a tree of this size has no such leaf", code="no_such_leaf")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            path.append(_range_root(split, end, subtree))
            end = split
        else:
            path.append(_range_root(start, split, subtree))
            start = split
    return path[::-1]


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that the tree of `new` leaves starts with the tree of `old` leaves; empty from 0 or to itself.

    Raises BadInput when `old` is larger than `new`.
    """
    if not 0 <= old <= new:
        raise BadInput("a tree cannot extend a larger one", code="bad_tree_size")
    if old == 0:
        return []
    path: list[bytes] = []
    start, end, from_the_left_edge = 0, new, True
    while old != end:
        split = start + _largest_power_below(end - start)
        if old <= split:
            path.append(_range_root(split, end, subtree))
            end = split
        else:
            path.append(_range_root(start, split, subtree))
            start, from_the_left_edge = split, False
    if not from_the_left_edge:
        path.append(_range_root(start, end, subtree))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bytes:
    """Return the root, having proved that it holds the leaf hash at `index`; raises ProofInvalid otherwise."""
    _require_hashes(leaf, root, *path)
    if not 0 <= index < size:
        raise ProofInvalid("the index lies outside the tree")
    place, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofInvalid("the inclusion proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            place, last = _skip_missing_levels(place, last)
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the inclusion proof is too short")
    if node != root:
        raise ProofInvalid("the inclusion proof leads to another root")
    return root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bytes:
    """Return the new root, having proved that its tree starts with the old one; raises ProofInvalid otherwise.

    The empty tree is the start of every tree, with an empty proof and EMPTY_ROOT as its root.
    """
    _require_hashes(old_root, new_root, *path)
    if not 0 <= old <= new:
        raise ProofInvalid("the new tree is smaller than the old one")
    if old in (0, new):
        expected_root = new_root if old == new else EMPTY_ROOT
        if path or old_root != expected_root or (new == 0 and new_root != EMPTY_ROOT):
            raise ProofInvalid("two heads that need no proof differ")
        return new_root
    old_node, new_node = _climb(old, new, old_root, path)
    if old_node != old_root or new_node != new_root:
        raise ProofInvalid("the consistency proof leads to another root")
    return new_root


def start_shown_by(old: int, new: int, new_root: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root of the first `old` leaves that a proof shows the tree of `new_root` to start with.

    Whoever stands by `new_root` stands by this root too, since no other leads to it. Raises ProofInvalid when the proof
    does not lead to `new_root`, or does not say: for a power of two it leaves the old root out.
    """
    _require_hashes(new_root, *path)
    if not 0 < old < new or old & (old - 1) == 0:
        raise ProofInvalid("a proof from this size does not say what it starts from")
    old_node, new_node = _climb(old, new, EMPTY_ROOT, path)
    if new_node != new_root:
        raise ProofInvalid("the consistency proof leads to another root")
    return old_node


def _climb(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both sizes that a path leads to, 0 < old < new; `old_root` counts for a power of two only."""
    if not path:
        raise ProofInvalid("the consistency proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # When the old tree is perfect its root is the proof's first node, and the proof leaves it out.
    first, *rest = [old_root, *path] if old & (old - 1) == 0 else path
    old_node = new_node = first
    for sibling in rest:
        if last == 0:
            raise ProofInvalid("the consistency proof is too long")
        if place & 1 or place == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            place, last = _skip_missing_levels(place, last)
        else:
            new_node = node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the consistency proof is too short")
    return old_node, new_node


def _skip_missing_levels(place: int, last: int) -> tuple[int, int]:
    """Climb past the levels where a node on the ragged right edge has no sibling."""
    while not place & 1 and place != 0:
        place, last = place >> 1, last >> 1
    return place, last


def _range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """Return the root over leaves [start, end), where `start` is a multiple of a power of two >= end - start."""
    parts: list[bytes] = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append(subtree(start, height))
        start += 1 << height
    return fold_right(parts)


def _largest_power_below(count: int) -> int:
    """Return the largest power of two that is smaller than `count` (RFC 6962's k)."""
    return 1 << ((count - 1).bit_length() - 1)


def _require_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ProofInvalid("a hash in the proof does not have 32 bytes")
