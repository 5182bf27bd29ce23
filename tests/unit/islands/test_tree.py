"""The browser's tree: published values, every small tree by the RFC's own words, and no proof that survives tampering."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Verifier = Any
VECTORS = Path(__file__).parents[2] / "vectors"
PUBLISHED = json.loads((VECTORS / "rfc6962-tree.json").read_text())
CHECK_INCLUSION = """
const check = ({ leaf, index, size, root, path }) =>
  outcome(() => v.verifyInclusion(unhex(leaf), index, head(size, root), path.map(unhex)));
return Promise.all(given.map(check));
"""
CHECK_CONSISTENCY = """
const check = ({ old, old_root, size, root, path }) =>
  outcome(() => v.verifyConsistency(head(old, old_root), head(size, root), path.map(unhex)));
return Promise.all(given.map(check));
"""


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962, 2.1, says it: with no code of ours."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    half = divide(len(leaves))
    return sha(b"\x01" + root(leaves[:half]) + root(leaves[half:]))


def divide(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """Return the inclusion proof (RFC 6962, 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = divide(len(leaves))
    if index < half:
        return [*path(index, leaves[:half]), root(leaves[half:])]
    return [*path(index - half, leaves[half:]), root(leaves[:half])]


def consistency(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """Return the consistency proof (RFC 6962, 2.1.2)."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    half = divide(len(leaves))
    if old <= half:
        return [*consistency(old, leaves[:half], whole=whole), root(leaves[half:])]
    return [*consistency(old - half, leaves[half:], whole=False), root(leaves[:half])]


LEAVES = [sha(b"\x00" + b"record %d" % number) for number in range(40)]


def inclusion_of(index: int, size: int) -> dict[str, Any]:
    leaves = LEAVES[:size]
    return {
        "leaf": leaves[index].hex(), "index": index, "size": size, "root": root(leaves).hex(),
        "path": [node.hex() for node in path(index, leaves)],
    }  # fmt: skip


def consistency_of(old: int, size: int) -> dict[str, Any]:
    return {
        "old": old, "old_root": root(LEAVES[:old]).hex(), "size": size, "root": root(LEAVES[:size]).hex(),
        "path": [node.hex() for node in consistency(old, LEAVES[:size])] if old else [],
    }  # fmt: skip


def flipped(text: str) -> str:
    return f"{int(text[:2], 16) ^ 1:02x}{text[2:]}"


def tampered(proof: dict[str, Any], roots: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the proof with each of its parts altered, one at a time."""
    nodes = proof["path"]
    bad = [{**proof, name: flipped(proof[name])} for name in roots]
    bad += [{**proof, "path": [*nodes[:at], flipped(nodes[at]), *nodes[at + 1 :]]} for at in range(len(nodes))]
    bad += [{**proof, "path": nodes[:at] + nodes[at + 1 :]} for at in range(len(nodes))]
    bad += [{**proof, "path": [*nodes, nodes[0] if nodes else "00" * 32]}, {**proof, "path": ["00" * 32, *nodes]}]
    bad += [{**proof, "path": [*nodes[:-1], nodes[-1][:-2]]}] if nodes else []
    return bad + ([{**proof, "path": nodes[::-1]}] if nodes != nodes[::-1] else [])


def test_hashes_and_roots_are_the_published_ones(verifier: Verifier) -> None:
    """The eight leaves of the published test tree lead to its nine roots."""
    told = verifier.run(
        "const leaves = await Promise.all(given.map((leaf) => v.leafHash(unhex(leaf))));"
        "return Promise.all([...leaves, 0].map(async (_, size) => hex(await v.rootOver(leaves.slice(0, size)))));",
        PUBLISHED["leaves"],
    )

    assert PUBLISHED["roots"] == told


def test_published_proofs_hold(verifier: Verifier) -> None:
    """The published inclusion and consistency proofs are accepted."""
    roots = PUBLISHED["roots"]
    leaves = [sha(b"\x00" + bytes.fromhex(leaf)).hex() for leaf in PUBLISHED["leaves"]]
    inclusion = [
        {**one, "leaf": leaves[one["index"]], "root": roots[one["size"]]} for one in PUBLISHED["inclusion"]
    ]  # fmt: skip
    grown = [
        {
            "old": one["old"],
            "old_root": roots[one["old"]],
            "size": one["new"],
            "root": roots[one["new"]],
            "path": one["path"],
        }
        for one in PUBLISHED["consistency"]
    ]

    assert {"holds"} == set(verifier.run(CHECK_INCLUSION, inclusion))
    assert {"holds"} == set(verifier.run(CHECK_CONSISTENCY, grown))


def test_every_place_in_every_small_tree(verifier: Verifier) -> None:
    """Each record of each tree up to 40 is shown to be in it, and at no other place."""
    proofs = [inclusion_of(index, size) for size in range(1, 41) for index in range(size)]
    elsewhere = [
        {**inclusion_of(index, size), "index": other}
        for size in (7, 8, 9) for index in range(size) for other in range(-1, size + 2) if other != index
    ]  # fmt: skip

    assert {"holds"} == set(verifier.run(CHECK_INCLUSION, proofs))
    assert {"proof"} == set(verifier.run(CHECK_INCLUSION, elsewhere))


def test_every_growth_of_every_small_tree(verifier: Verifier) -> None:
    """Each tree up to 40 is shown to begin with each smaller one, and never the other way round."""
    proofs = [consistency_of(old, size) for size in range(41) for old in range(size + 1)]
    backwards = [
        {"old": size, "old_root": root(LEAVES[:size]).hex(), "size": old, "root": root(LEAVES[:old]).hex(), "path": []}
        for size in range(1, 12) for old in range(size)
    ]  # fmt: skip

    assert {"holds"} == set(verifier.run(CHECK_CONSISTENCY, proofs))
    assert {"smaller"} == set(verifier.run(CHECK_CONSISTENCY, backwards))


def test_no_altered_proof_holds(verifier: Verifier) -> None:
    """Any part changed, left out, added or moved, and any root changed, is refused."""
    inclusion = [bad for size in (1, 2, 5, 8, 13) for index in range(size) for bad in tampered(inclusion_of(index, size), ("leaf", "root"))]  # fmt: skip
    grown = [bad for size in (1, 2, 5, 8, 13) for old in range(1, size + 1) for bad in tampered(consistency_of(old, size), ("old_root", "root"))]  # fmt: skip

    assert {"proof"} == set(verifier.run(CHECK_INCLUSION, inclusion))
    assert {"proof"} == set(verifier.run(CHECK_CONSISTENCY, grown))
    assert min(len(inclusion), len(grown)) > 200


def test_two_trees_of_one_size_are_one_tree(verifier: Verifier) -> None:
    """Equal sizes need equal roots; the empty tree needs the empty root."""
    one, other = root(LEAVES[:3]).hex(), root(LEAVES[1:4]).hex()
    cases = [
        {"old": 3, "old_root": one, "size": 3, "root": one, "path": []},
        {"old": 3, "old_root": one, "size": 3, "root": other, "path": []},
        {"old": 0, "old_root": one, "size": 3, "root": one, "path": []},
        {"old": 0, "old_root": sha(b"").hex(), "size": 0, "root": one, "path": []},
    ]

    assert ["holds", "proof", "proof", "proof"] == verifier.run(CHECK_CONSISTENCY, cases)


def test_the_vectors_of_other_verifiers(verifier: Verifier) -> None:
    """Every vector that Go's and others' verifiers are held to comes out the same here: what holds and what must not."""
    included = json.loads((VECTORS / "inclusion-proofs.json").read_text())["vectors"]
    consistent = json.loads((VECTORS / "consistency-proofs.json").read_text())["vectors"]
    inclusion = [
        {
            "leaf": one["leaf_hash"],
            "index": one["leaf_index"],
            "size": one["tree_size"],
            "root": one["root"],
            "path": one["proof"],
        }
        for one in included
    ]
    grown = [
        {
            "old": one["old_size"],
            "old_root": one["old_root"],
            "size": one["new_size"],
            "root": one["new_root"],
            "path": one["proof"],
        }
        for one in consistent
    ]
    told = verifier.run(CHECK_INCLUSION, inclusion) + verifier.run(CHECK_CONSISTENCY, grown)

    assert [] == [
        (one["name"], kind)
        for one, kind in zip(included + consistent, told, strict=True)
        if one["holds"] != (kind == "holds")
    ]
    assert (98, 98) == (len(included), len(consistent))
