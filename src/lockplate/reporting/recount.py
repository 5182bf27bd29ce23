"""Recount: a query run again by somebody who has the exported log and its key, and nothing else of ours.

What flows in: a folder of `log export`, the log's key, a Recount out of a report. What flows out: the number.
What it must never see: a node, private details. Nothing is counted from a log that does not hold together.
"""

from collections.abc import Iterator
from pathlib import Path

from lockplate.access import parse_leaf
from lockplate.checkpoint import Checkpoint, verify_checkpoint
from lockplate.errors import BadInput, ProofInvalid
from lockplate.evidence.rebuild import Levels, split_bundle
from lockplate.evidence.tiles import bundle_path, bundles_of
from lockplate.note import encode_base64
from lockplate.reporting.query import Counted, LogPlace, Placed, Recount, run_all
from lockplate.terms import LeafIndex


def recount(folder: Path, vkey: str, wanted: Recount) -> Counted:
    """Return what a query comes to over an exported log, as far as its checkpoint of that time reached.

    Raises ProofInvalid when the folder is not the log that the key signs, or not the one that was counted; BadInput for
    a folder that cannot be read, one that ends before that checkpoint, and a sealed query, which no export can answer.
    """
    if wanted.query.sealed:
        raise BadInput("these counts are sealed beside the log, which no export holds", code="sealed_counts")
    signed = verify_checkpoint(_read(folder, "checkpoint").decode(errors="replace"), vkey)
    if signed.origin != wanted.log.origin:
        raise ProofInvalid("the query is of another log", next_step=f"It is of {wanted.log.origin}.")
    if signed.size < wanted.log.size:
        raise BadInput("the export is older than the count", code="old_export", next_step="Export the log again.")
    # checked whole before anything is counted
    for _ in _checked(folder, signed, wanted.log):
        pass
    (counted,) = run_all([wanted.query], _checked(folder, signed, wanted.log), wanted.span, wanted.own_agency)
    if counted is None:
        raise BadInput("these counts are sealed beside the log, which no export holds", code="sealed_counts")
    return counted


def _checked(folder: Path, signed: Checkpoint, log: LogPlace) -> Iterator[Placed]:
    """Yield the records that were counted; raise ProofInvalid at the end when either root is not theirs."""
    levels = Levels()
    roots: dict[int, str] = {0: encode_base64(levels.root())}
    for bundle in bundles_of(signed.size):
        for entry in split_bundle(_read(folder, bundle_path(bundle))):
            place = LeafIndex(levels.count)
            for _ in levels.add(entry):
                pass
            if levels.count in {log.size, signed.size}:
                roots[levels.count] = encode_base64(levels.root())
            if place < log.size:
                yield place, parse_leaf(entry)
    if (roots.get(log.size), roots.get(signed.size)) != (log.root, encode_base64(signed.root)):
        raise ProofInvalid("the export is not the log that was counted", next_step="Run fsck on the folder.")


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise BadInput(
            f"the export has no {name}", code="no_export", next_step="Make one: lockplate log export DIR"
        ) from None
