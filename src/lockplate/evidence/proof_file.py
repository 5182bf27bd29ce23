"""Proof file: one text that proves, without the node, that an entry is in a signed log (c2sp.org/tlog-proof@v1).

What flows in: an entry, its place, its inclusion proof, a signed checkpoint. What flows out: a text; what it proves.
What it must never see: I/O, private details. An entry is public; the proof adds nothing secret to it.

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry>        our use of the optional line: the leaf itself, so one file is enough
    index <place in the log>
    <base64 hash>                      siblings from the leaf upwards, a line each; none in a log of one entry
    <empty line>
    <signed checkpoint>

The extra line is not signed. It is believed only after its hash has led, through the siblings, to the signed root.
"""

import re
from collections.abc import Sequence

import msgspec

from lockplate.checkpoint import Checkpoint, verify_checkpoint
from lockplate.errors import ProofInvalid
from lockplate.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from lockplate.note import MAX_NOTE_CHARACTERS, decode_base64, encode_base64

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63
"""A log of 2**63 entries has no longer proof."""
MAX_PROOF_CHARACTERS = MAX_NOTE_CHARACTERS + 100_000
"""A note, an entry of 65,535 bytes in base64, and 63 hashes."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


class ProofFile(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a proof file, as read: nothing in it is proved yet."""

    index: int
    extra: bytes | None
    path: tuple[bytes, ...]
    note: str


class ProvenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose place in a signed tree was proved."""

    index: int
    entry: bytes
    checkpoint: Checkpoint


def make(index: int, entry: bytes, path: Sequence[bytes], note: str) -> str:
    """Return the proof file of an entry under a signed checkpoint; `path` is for that checkpoint's size."""
    return write(ProofFile(index=index, extra=entry, path=tuple(path), note=note))


def write(proof: ProofFile) -> str:
    """Return the text of a proof file."""
    extra = [] if proof.extra is None else [f"extra {encode_base64(proof.extra)}"]
    siblings = [encode_base64(sibling) for sibling in proof.path]
    return "\n".join([FIRST_LINE, *extra, f"index {proof.index}", *siblings, "", proof.note])


def parse(text: str) -> ProofFile:
    """Return a proof file's parts, or raise ProofInvalid for a text that the format does not allow."""
    if len(text) > MAX_PROOF_CHARACTERS:
        raise ProofInvalid("the proof file is too long", code="bad_proof_file")
    head, separator, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != FIRST_LINE or not separator:
        raise ProofInvalid("not a tlog-proof file", code="bad_proof_file")
    extra = decode_base64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None or len(lines) > MAX_PATH:
        raise ProofInvalid("the proof file names no place, or too many hashes", code="bad_proof_file")
    path = tuple(decode_base64(line) for line in lines)
    if any(len(sibling) != HASH_BYTES for sibling in path):
        raise ProofInvalid("a hash in the proof file does not have 32 bytes", code="bad_proof_file")
    return ProofFile(index=int(index[1]), extra=extra, path=path, note=note)


def verify(text: str, entry: bytes, vkey: str) -> Checkpoint:
    """Return the signed checkpoint that covers `entry`, or raise ProofInvalid.

    Needs the file, the entry and the log's published key, nothing else. An extra line, when there is one, must be
    the entry: a file that shows one record and proves another is refused.
    """
    proof = parse(text)
    if proof.extra not in (None, entry):
        raise ProofInvalid("the proof file carries another entry", code="other_entry")
    checkpoint = verify_checkpoint(proof.note, vkey)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint


def open_proof(text: str, vkey: str) -> ProvenEntry:
    """Return the entry that a proof file carries, once it is proved; raises ProofInvalid when it carries none."""
    proof = parse(text)
    if proof.extra is None:
        raise ProofInvalid("the proof file carries no entry", code="no_entry", next_step="Give the entry beside it.")
    checkpoint = verify(text, proof.extra, vkey)
    return ProvenEntry(index=proof.index, entry=proof.extra, checkpoint=checkpoint)
