"""Make the proof vectors: 98 for inclusion, 98 for consistency, always the same ones.

    python tests/vectors/make_proofs.py        writes inclusion-proofs.json and consistency-proofs.json beside this file

Imports nothing of Lockplate: trees and proofs come straight from the recursive definitions of RFC 6962 2.1, and each
vector is tried by a checker of the same kind before it is written. The good ones hold; each bad one differs from a good
one in a single thing. Small trees are made of real leaves. Of very large trees only the hashes beside the path exist:
they are there for programs that count in 32 bits, or in floating point.
"""

import json
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COUNT = 98
LARGEST = 2**53 - 1
"""The largest number that every reader of JSON takes for what it is."""
EMPTY = sha256(b"").digest()
Vector = dict[str, Any]
Maker = Callable[[], Iterator[Vector]]

INCLUSION_ABOUT = {
    "about": "Does a leaf stand at a place in a tree? Hashes are SHA-256 in hex, trees those of RFC 6962.",
    "fields": {
        "name": "unique; bad ones say what was changed",
        "leaf_index": "the place, counted from 0",
        "tree_size": "how many leaves the tree has; at most 2^53 - 1",
        "leaf_hash": "SHA-256(0x00, entry)",
        "root": "the root of the tree",
        "proof": "the hashes beside the path, from the leaf upwards",
        "holds": "whether a checker must accept",
    },
}
CONSISTENCY_ABOUT = {
    "about": "Is one tree the start of another? Hashes are SHA-256 in hex, trees those of RFC 6962.",
    "fields": {
        "name": "unique; bad ones say what was changed",
        "old_size": "leaves of the old tree; from 0 only the root of no leaves and an empty proof hold",
        "new_size": "leaves of the new tree; at most 2^53 - 1",
        "old_root": "the root of the old tree",
        "new_root": "the root of the new tree",
        "proof": "the nodes, in the order of RFC 6962 2.1.2",
        "holds": "whether a checker must accept",
    },
}


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def invented(*words: object) -> bytes:
    """Return a hash that belongs to nothing, always the same for the same words."""
    return sha256(("lockplate vector " + " ".join(map(str, words))).encode()).digest()


def leaf_of(index: int) -> bytes:
    return sha256(f"\0entry {index} of the vectors".encode()).digest()


def half(count: int) -> int:
    """Return the largest power of two below a count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def root_of(start: int, end: int) -> bytes:
    if start == end:
        return EMPTY
    if end - start == 1:
        return leaf_of(start)
    middle = start + half(end - start)
    return node(root_of(start, middle), root_of(middle, end))


Beside = Callable[[int, int], bytes]
"""Where the hash over leaves [start, end) comes from: computed, or invented for a tree too large to have."""


def inclusion(index: int, start: int, end: int, beside: Beside) -> tuple[bytes, list[bytes]]:
    """Return a tree's root and the proof that a leaf is in it."""
    if end - start == 1:
        return leaf_of(index), []
    middle = start + half(end - start)
    if index < middle:
        root, path = inclusion(index, start, middle, beside)
        other = beside(middle, end)
        return node(root, other), [*path, other]
    root, path = inclusion(index, middle, end, beside)
    other = beside(start, middle)
    return node(other, root), [*path, other]


def consistency(old: int, start: int, end: int, beside: Beside) -> tuple[bytes, bytes, list[bytes]]:
    """Return the roots of the old tree and of the new one, each from `start`, and the proof."""
    if old == end:
        both = beside(start, end)
        return both, both, [] if start == 0 else [both]
    middle = start + half(end - start)
    if old <= middle:
        old_root, new_root, path = consistency(old, start, middle, beside)
        other = beside(middle, end)
        return old_root, node(new_root, other), [*path, other]
    old_root, new_root, path = consistency(old, middle, end, beside)
    other = beside(start, middle)
    return node(other, old_root), node(other, new_root), [*path, other]


def inclusion_holds(one: Vector) -> bool:
    """Say whether a proof of inclusion holds, by the definition: the proof is used up from its end, root first."""
    path = [bytes.fromhex(item) for item in one["proof"]]
    index, size = one["leaf_index"], one["tree_size"]
    if not 0 <= index < size or any(len(item) != 32 for item in path):
        return False

    def walk(start: int, end: int, rest: list[bytes]) -> bytes | None:
        if end - start == 1:
            return None if rest else bytes.fromhex(one["leaf_hash"])
        if not rest:
            return None
        middle = start + half(end - start)
        left = index < middle
        below = walk(start, middle, rest[:-1]) if left else walk(middle, end, rest[:-1])
        if below is None:
            return None
        return node(below, rest[-1]) if left else node(rest[-1], below)

    return walk(0, size, path) == bytes.fromhex(one["root"])


def consistency_holds(one: Vector) -> bool:
    """Say whether a proof of consistency holds, by the definition."""
    path = [bytes.fromhex(item) for item in one["proof"]]
    old, new = one["old_size"], one["new_size"]
    roots = bytes.fromhex(one["old_root"]), bytes.fromhex(one["new_root"])
    if not 0 <= old <= new or any(len(item) != 32 for item in path):
        return False
    if old == 0:
        return not path and roots[0] == EMPTY and (new > 0 or roots[1] == EMPTY)

    def walk(start: int, end: int, rest: list[bytes]) -> tuple[bytes, bytes] | None:
        if old == end:
            if start == 0:
                return None if rest else (roots[0], roots[0])
            return (rest[0], rest[0]) if len(rest) == 1 else None
        if not rest:
            return None
        middle = start + half(end - start)
        below = walk(start, middle, rest[:-1]) if old <= middle else walk(middle, end, rest[:-1])
        if below is None:
            return None
        if old <= middle:
            return below[0], node(below[1], rest[-1])
        return node(rest[-1], below[0]), node(rest[-1], below[1])

    return walk(0, new, path) == roots


def turned(text: str, bit: int) -> str:
    """Return a hash in hex with one bit turned."""
    return (int(text, 16) ^ (1 << bit % 256)).to_bytes(32, "big").hex()


def proof_faults(one: Vector) -> Iterator[tuple[str, Vector]]:
    """Yield what can be wrong with a proof itself, one thing at a time."""
    path: list[str] = one["proof"]
    stray = invented("stray").hex()
    yield "a node too many at the end", {"proof": [*path, stray]}
    yield "a node too many at the start", {"proof": [stray, *path]}
    if not path:
        return
    yield "the first node left out", {"proof": path[1:]}
    yield "the last node left out", {"proof": path[:-1]}
    for place in sorted({0, len(path) // 2, len(path) - 1}):
        bad = [*path[:place], turned(path[place], 17 * place + 3), *path[place + 1 :]]
        yield f"a bit turned in node {place}", {"proof": bad}
    yield "a node of 31 bytes", {"proof": [path[0][:-2], *path[1:]]}
    if len(path) > 1:
        yield "no proof at all", {"proof": []}
        yield "two nodes the wrong way round", {"proof": [path[1], path[0], *path[2:]]}
        yield "all nodes the wrong way round", {"proof": path[::-1]}
        yield "the last node said twice", {"proof": [*path, path[-1]]}


# Inclusion

SMALL_LEAVES = (
    (0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3), (3, 4), (0, 5), (4, 5), (5, 6), (3, 7), (6, 7), (0, 8), (7, 8),
    (8, 9), (10, 11), (12, 13), (15, 16), (16, 17), (20, 31), (32, 33), (96, 99), (255, 256), (256, 257), (300, 301),
)  # fmt: skip
LARGE_LEAVES = (
    (2**31 - 1, 2**31), (2**31, 2**31 + 1), (2**32 - 1, 2**32 + 7), (2**32, 2**32 + 1), (2**32 + 5, 2**33 - 1),
    (2**40 + 123, 2**41 + 456), (0, 2**53 - 1), (2**52 + 1, 2**53 - 2), (2**53 - 2, 2**53 - 1),
)  # fmt: skip


def good_inclusion(index: int, size: int, beside: Beside) -> Vector:
    root, path = inclusion(index, 0, size, beside)
    return {
        "name": f"leaf {index} of {size}",
        "leaf_index": index,
        "tree_size": size,
        "leaf_hash": leaf_of(index).hex(),
        "root": root.hex(),
        "proof": [item.hex() for item in path],
        "holds": True,
    }


def inclusion_faults(one: Vector) -> Iterator[tuple[str, Vector]]:
    index, size = one["leaf_index"], one["tree_size"]
    yield "a bit turned in the leaf", {"leaf_hash": turned(one["leaf_hash"], 200)}
    yield "a bit turned in the root", {"root": turned(one["root"], 0)}
    yield "the root of no leaves", {"root": EMPTY.hex()}
    yield "the root in the leaf's place", {"leaf_hash": one["root"]} if size > 1 else {"leaf_hash": EMPTY.hex()}
    yield "the place beyond the tree", {"leaf_index": size}
    yield "the place before", {"leaf_index": index - 1}
    yield "the next place", {"leaf_index": index + 1}
    yield "a tree of no leaves", {"tree_size": 0}
    yield "a tree that ends before", {"tree_size": index}
    yield "a tree of twice the size", {"tree_size": size * 2}
    yield from proof_faults(one)


def inclusion_vectors() -> Iterator[Vector]:
    good = [good_inclusion(index, size, root_of) for index, size in SMALL_LEAVES]
    good += [
        good_inclusion(index, size, lambda start, end: invented("beside", start, end)) for index, size in LARGE_LEAVES
    ]
    yield from good
    yield from with_faults(chosen(good), inclusion_faults, inclusion_holds)


# Consistency

SMALL_PAIRS = (
    (1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 4), (2, 5), (4, 5), (3, 7), (4, 7), (6, 7), (4, 8), (6, 8), (7, 8),
    (8, 9), (8, 16), (11, 16), (13, 21), (16, 31), (32, 33), (64, 99), (255, 256), (255, 257), (256, 257), (256, 300),
)  # fmt: skip
LARGE_PAIRS = (
    (2**31, 2**31 + 1), (2**31 - 1, 2**32), (2**32, 2**32 + 1), (2**32 + 1, 2**33 - 1), (2**40, 2**41 + 456),
    (2**40 + 3, 2**41), (1, 2**53 - 1), (2**52, 2**53 - 1), (2**53 - 2, 2**53 - 1),
)  # fmt: skip


def good_consistency(old: int, new: int, beside: Beside) -> Vector:
    old_root, new_root, path = consistency(old, 0, new, beside)
    return {
        "name": f"{old} before {new}",
        "old_size": old,
        "new_size": new,
        "old_root": old_root.hex(),
        "new_root": new_root.hex(),
        "proof": [item.hex() for item in path],
        "holds": True,
    }


def from_nothing() -> Iterator[Vector]:
    """Yield the good ones from a tree of no leaves, which needs no proof."""
    for new in (0, 1, 5):
        roots = {"old_root": EMPTY.hex(), "new_root": root_of(0, new).hex()}
        yield {"name": f"0 before {new}", "old_size": 0, "new_size": new} | roots | {"proof": [], "holds": True}


def consistency_faults(one: Vector) -> Iterator[tuple[str, Vector]]:
    old, new = one["old_size"], one["new_size"]
    yield "a bit turned in the old root", {"old_root": turned(one["old_root"], 255)}
    yield "a bit turned in the new root", {"new_root": turned(one["new_root"], 100)}
    yield "another old root that is empty", {"old_root": EMPTY.hex()}
    yield "the roots the wrong way round", {"old_root": one["new_root"], "new_root": one["old_root"]}
    yield "the sizes the wrong way round", {"old_size": new, "new_size": old}
    yield "the old tree smaller by one", {"old_size": old - 1}
    yield "the old tree larger by one", {"old_size": old + 1}
    yield "the old tree of no leaves", {"old_size": 0}
    yield "the new tree of twice the size", {"new_size": new * 2}
    yield "the new tree as small as the old", {"new_size": old}
    yield from proof_faults(one)


def consistency_vectors() -> Iterator[Vector]:
    good = [good_consistency(old, new, root_of) for old, new in SMALL_PAIRS]
    good += [good_consistency(old, new, lambda start, end: invented("beside", start, end)) for old, new in LARGE_PAIRS]
    empty = list(from_nothing())
    yield from chain(empty, good)
    yield from with_faults([*chosen(good), empty[0], empty[2]], consistency_faults, consistency_holds)


# Choosing and writing


def chosen(good: list[Vector]) -> list[Vector]:
    """Return some good vectors, spread over small and large, to be broken in every way."""
    return good[2::7]


def countable(one: Vector) -> bool:
    return all(value <= LARGEST for value in one.values() if isinstance(value, int))


def with_faults(
    good: list[Vector],
    faults: Callable[[Vector], Iterator[tuple[str, Vector]]],
    holds: Callable[[Vector], bool],
) -> Iterator[Vector]:
    """Yield good vectors with one thing changed each, in turn; a change after which the proof still holds is none."""
    broken = [
        [
            changed | {"name": f"{one['name']}: {what}", "holds": False}
            for what, change in faults(one)
            if not holds(changed := one | change) and countable(changed)
        ]
        for one in good
    ]
    for turn in range(max(map(len, broken))):
        yield from (
            column[(turn + place * 3) % len(column)] for place, column in enumerate(broken) if turn < len(column)
        )


def document(about: Vector, vectors: Iterator[Vector], holds: Callable[[Vector], bool]) -> str:
    """Return the file: the first 98 vectors, each tried; one a line."""
    kept = [one for one, _ in zip(vectors, range(COUNT), strict=False)]
    names = {one["name"] for one in kept}
    if len(names) != COUNT or any(holds(one) != one["holds"] for one in kept):
        sys.exit("the vectors are not what they should be")
    lines = ",\n".join("  " + json.dumps(one) for one in kept)
    top = json.dumps(about, indent=1)[1:-2].rstrip()
    return "{" + top + ',\n "vectors": [\n' + lines + "\n ]\n}\n"


def documents() -> dict[str, str]:
    """Return both files by name."""
    return {
        "inclusion-proofs.json": document(INCLUSION_ABOUT, inclusion_vectors(), inclusion_holds),
        "consistency-proofs.json": document(CONSISTENCY_ABOUT, consistency_vectors(), consistency_holds),
    }


if __name__ == "__main__":
    for name, text in documents().items():
        (HERE / name).write_text(text, encoding="utf-8")
