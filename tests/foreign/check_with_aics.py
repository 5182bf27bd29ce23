"""Check a log, a proof file or test vectors with aics-tlog: somebody else's verifier, and nothing of Lockplate.

Runs in an environment of its own (tools/foreign-environment), with these words:

    check_with_aics.py log --key KEY [--old FILE]... [--entry N]... FOLDER-OR-URL
    check_with_aics.py proof --key KEY FILE
    check_with_aics.py vectors FILE

KEY is the log's key or a file of it. Prints one JSON object; exit code 0 sound, 1 not sound, 2 used wrongly.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aics_tlog import (
    EMPTY_HASH,
    Checkpoint,
    HttpTileReader,
    TileMissingError,
    TileReader,
    TileUnavailableError,
    TileVerificationError,
    VerifiedTileReader,
    VKey,
    consistency_proof_from_tiles,
    inclusion_proof_from_tiles,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    tree_root_from_tiles,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from aics_tlog.remote import tile_source_url
from aics_tlog.tiles import entry_bundle_path, tile_path

WIDTH = 256
TileTrouble = (TileMissingError, TileUnavailableError, TileVerificationError)
Problems = list[dict[str, str]]


def wrong(problems: Problems, where: str, says: object) -> None:
    """Note what is wrong, each place once."""
    if where not in [problem["where"] for problem in problems]:
        problems.append({"where": where, "says": str(says)})


def open_checkpoint(signed: bytes, key: VKey) -> Checkpoint:
    """Return the checkpoint once the key's signature on it holds; raises ValueError."""
    note = parse_note(signed)
    found = verify_checkpoint(note, key, expected_origin=key.name)
    if not found.ok:
        raise ValueError(found.error)
    return parse_checkpoint(note.text)


def blamed(error: Exception, path: str) -> str:
    """Return the path that an error is about: the tile read, or one above it that it leans on."""
    first = str(error).split(" ")[0]
    return first if first.startswith("tile/") else path


def right_edge(head: Checkpoint) -> str:
    """Return the paths of the partial tiles, which aics-tlog proves together and so cannot tell apart."""
    edge = [(level, *last) for level in range(8) for last in widths(head.size, level) if last[1] is not None]
    return "one of " + ", ".join(tile_path(*tile) for tile in edge)


def widths(size: int, level: int) -> Iterator[tuple[int, int | None]]:
    """Yield number and width of each tile of a level; None is the full width."""
    full, rest = divmod(size // WIDTH**level, WIDTH)
    yield from ((number, None) for number in range(full))
    if rest:
        yield full, rest


def audit(reader: TileReader, head: Checkpoint, problems: Problems) -> dict[str, int]:
    """Read every tile and every bundle through a reader that proves each; name those that it refuses."""
    verified = VerifiedTileReader(reader, head.size, head.root)
    counts = {"tiles": 0, "bundles": 0, "entries": 0}
    try:
        verified.check_root()
    except TileTrouble as error:
        wrong(problems, blamed(error, right_edge(head)), error)
        return counts
    level = 0
    while head.size // WIDTH**level:
        for number, width in widths(head.size, level):
            try:
                verified.read_tile(level, number, width)
                counts["tiles"] += 1
            except TileTrouble as error:
                wrong(problems, blamed(error, tile_path(level, number, width)), error)
        level += 1
    for number, width in widths(head.size, 0):
        try:
            verified.read_entry_bundle(number, width)
            counts["bundles"] += 1
            counts["entries"] += width or WIDTH
        except TileTrouble as error:
            wrong(problems, blamed(error, entry_bundle_path(number, width)), error)
    return counts


def samples(size: int, least: int) -> list[int]:
    """Return both ends, the middle, and what lies around the edges of tiles."""
    edges = [place + step for power in range(1, 8) for place in [WIDTH**power] for step in (-1, 0, 1)]
    return sorted({place for place in (0, 1, size // 3, size // 2, size - 1, *edges) if least <= place < size})


def prove(
    reader: TileReader, head: Checkpoint, entries: list[int], old: dict[str, Checkpoint], problems: Problems
) -> dict[str, int]:
    """Make proofs out of proven tiles and check them."""
    verified = VerifiedTileReader(reader, head.size, head.root)
    counts = {"inclusion_proofs": 0, "consistency_proofs": 0}
    for index in entries or samples(head.size, 0):
        path = inclusion_proof_from_tiles(verified, index, head.size)
        if verify_inclusion(leaf_hash(verified.entry(index)), index, head.size, path, head.root):
            counts["inclusion_proofs"] += 1
        else:
            wrong(problems, f"entry {index}", "its proof does not hold")
    starts = {f"size {size}": (size, tree_root_from_tiles(verified, size, head.size)) for size in samples(head.size, 1)}
    starts |= {name: (one.size, one.root) for name, one in old.items()}
    for name, (size, root) in starts.items():
        path = consistency_proof_from_tiles(verified, size, head.size)
        if verify_consistency(size, head.size, root, head.root, path):
            counts["consistency_proofs"] += 1
        else:
            wrong(problems, name, "is not the start of this log")
    return counts


def check_log(place: str, key: VKey, old_files: list[str], entries: list[int]) -> dict[str, Any]:
    """Check everything about a log: signature, tiles, bundles, proofs, older checkpoints."""
    problems: Problems = []
    told: dict[str, Any] = {"problems": problems}
    reader = HttpTileReader([tile_source_url(place)], proxies={})
    old: dict[str, Checkpoint] = {}
    try:
        head = open_checkpoint(reader.read_checkpoint(), key)
    except (ValueError, OSError) as error:
        wrong(problems, "checkpoint", error)
        return told
    for name in old_files:
        try:
            old[name] = open_checkpoint(Path(name).read_bytes(), key)
        except ValueError as error:
            wrong(problems, name, error)
            continue
        if old[name].size > head.size:
            wrong(problems, "checkpoint", f"is smaller than {name}")
    told |= {"origin": head.origin, "size": head.size, "root": base64.b64encode(head.root).decode()}
    if head.size == 0 and head.root != EMPTY_HASH:
        wrong(problems, "checkpoint", "the root of a log without entries is wrong")
    told |= audit(reader, head, problems) if not problems else {}
    told |= prove(reader, head, entries, old, problems) if not problems and head.size else {}
    return told


def check_proof(path: Path, key: VKey) -> dict[str, Any]:
    """Check a proof file; aics-tlog does not read the format, so its lines are taken apart here."""
    problems: Problems = []
    told: dict[str, Any] = {"problems": problems}
    head, _, signed = path.read_text(encoding="utf-8").partition("\n\n")
    if not head.startswith("c2sp.org/tlog-proof@v1\nextra "):
        wrong(problems, "proof", "not a proof file that carries its entry")
        return told
    try:
        _, extra, index, *lines = head.split("\n")
        entry = base64.b64decode(extra.removeprefix("extra "), validate=True)
        place = int(index.removeprefix("index "))
        hashes = [base64.b64decode(line, validate=True) for line in lines]
        checkpoint = open_checkpoint(signed.encode(), key)
    except ValueError as error:
        wrong(problems, "proof", error)
        return told
    if not verify_inclusion(leaf_hash(entry), place, checkpoint.size, hashes, checkpoint.root):
        wrong(problems, "proof", "does not hold")
        return told
    return told | {"origin": checkpoint.origin, "size": checkpoint.size, "index": place, "entry": entry.decode()}


def check_vectors(path: Path) -> dict[str, Any]:
    """Return which vectors hold, by name."""
    holds: dict[str, bool] = {}
    for one in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
        hashes = [bytes.fromhex(item) for item in one["proof"]]
        if "leaf_hash" in one:
            leaf, root = bytes.fromhex(one["leaf_hash"]), bytes.fromhex(one["root"])
            holds[one["name"]] = verify_inclusion(leaf, one["leaf_index"], one["tree_size"], hashes, root)
        else:
            roots = bytes.fromhex(one["old_root"]), bytes.fromhex(one["new_root"])
            holds[one["name"]] = verify_consistency(one["old_size"], one["new_size"], *roots, hashes)
    return {"problems": [], "holds": holds}


def read_key(given: str) -> VKey:
    path = Path(given)
    return parse_vkey((path.read_text(encoding="utf-8") if path.is_file() else given).strip())


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", choices=("log", "proof", "vectors"))
    words.add_argument("place")
    words.add_argument("--key", default="")
    words.add_argument("--old", action="append", default=[])
    words.add_argument("--entry", action="append", type=int, default=[])
    given = words.parse_args()
    if given.what == "vectors":
        told = check_vectors(Path(given.place))
    else:
        try:
            key = read_key(given.key)
        except ValueError as error:
            words.error(f"the key is none: {error}")
        if given.what == "log":
            told = check_log(given.place, key, given.old, given.entry)
        else:
            told = check_proof(Path(given.place), key)
    told["sound"] = not told["problems"]
    print(json.dumps(told))
    return 0 if told["sound"] else 1


if __name__ == "__main__":
    sys.exit(main())
