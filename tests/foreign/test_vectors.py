"""The proof vectors: 98 and 98, made without our code, and the same verdict from our checks, from Go's and from aics-tlog's."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from foreign_logs import run

from lockplate.errors import ProofInvalid
from lockplate.merkle import verify_consistency, verify_inclusion

HERE = Path(__file__).parent
FOLDER = HERE.parent / "vectors"
FILES = ("inclusion-proofs.json", "consistency-proofs.json")
Vector = dict[str, Any]


def vectors_of(name: str) -> list[Vector]:
    return list(msgspec.json.decode((FOLDER / name).read_bytes())["vectors"])


def maker() -> ModuleType:
    place = importlib.util.spec_from_file_location("make_proofs", FOLDER / "make_proofs.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def expected(name: str) -> dict[str, bool]:
    return {one["name"]: one["holds"] for one in vectors_of(name)}


def we_accept(one: Vector) -> bool:
    proof = [bytes.fromhex(node) for node in one["proof"]]
    try:
        if "leaf_hash" in one:
            leaf, root = bytes.fromhex(one["leaf_hash"]), bytes.fromhex(one["root"])
            return root == verify_inclusion(leaf, one["leaf_index"], one["tree_size"], proof, root)
        old_root, new_root = bytes.fromhex(one["old_root"]), bytes.fromhex(one["new_root"])
        return new_root == verify_consistency(one["old_size"], old_root, one["new_size"], new_root, proof)
    except ProofInvalid:
        return False


@pytest.mark.parametrize("name", FILES)
def test_we_agree(name: str) -> None:
    """Our own checks accept what holds and refuse the rest."""
    assert expected(name) == {one["name"]: we_accept(one) for one in vectors_of(name)}


@pytest.mark.parametrize("name", FILES)
def test_go_agrees(go_vectors: Path, name: str) -> None:
    """Go's tlog says the same of all that it knows: it has no trees of no leaves."""
    told = run(go_vectors, FOLDER / name).told["holds"]
    known = {
        one["name"] for one in vectors_of(name) if "leaf_hash" in one or 0 not in (one["old_size"], one["new_size"])
    }

    assert {each: holds for each, holds in expected(name).items() if each in known} == told
    assert len(told) >= 75


@pytest.mark.parametrize("name", FILES)
def test_aics_agrees(foreign_python: Path, name: str) -> None:
    """aics-tlog says the same of all of them."""
    assert expected(name) == run(foreign_python, HERE / "check_with_aics.py", "vectors", FOLDER / name).told["holds"]


def test_the_files_are_what_the_script_makes() -> None:
    """Nobody edited a vector by hand, and the script makes the same ones each time."""
    assert {name: (FOLDER / name).read_text(encoding="utf-8") for name in FILES} == maker().documents()


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_many_and_unlike(name: str) -> None:
    """98 each, with different names, at least a third of which hold, every kind of fault among them, small and large trees."""
    vectors = vectors_of(name)
    faults = {one["name"].split(": ")[1] for one in vectors if not one["holds"]}
    sizes = [one.get("tree_size", one.get("new_size")) for one in vectors if one["holds"]]

    assert 98 == len(vectors) == len({one["name"] for one in vectors})
    assert 33 <= sum(one["holds"] for one in vectors) <= 49
    assert len(faults) >= 20
    assert min(sizes) <= 1
    assert 2**53 - 1 == max(sizes)
    assert {type(value) for one in vectors for value in one.values()} == {str, int, list, bool}
