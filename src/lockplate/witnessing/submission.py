"""Submission: a checkpoint and its proof as they travel from a log to a witness (C2SP tlog-witness, add-checkpoint).

What flows in: the old size, a consistency proof, a signed checkpoint; or a request's body. What flows out: the other.
What it must never see: I/O, a key. Nothing in a parsed submission is proved yet.

    old <size>
    <base64 hash>          the proof, a line each, 63 at most; none from size 0
    <empty line>
    <signed checkpoint>
"""

import msgspec

from lockplate.checkpoint import parse_size
from lockplate.errors import BadInput, ProofInvalid
from lockplate.merkle import HASH_BYTES
from lockplate.note import MAX_NOTE_CHARACTERS, decode_base64, encode_base64

MAX_PROOF = 63
MAX_SUBMISSION_BYTES = MAX_NOTE_CHARACTERS * 2 + 8_192
SIZE_TYPE = "text/x.tlog.size"
"""The media type of a witness's answer that says which size it saw last."""
ADD_CHECKPOINT = "add-checkpoint"
"""The path below a witness's submission prefix."""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """One request to cosign."""

    old: int
    """The size that the witness is thought to have cosigned last; 0 for none."""
    proof: tuple[bytes, ...]
    note: str

    def body(self) -> bytes:
        """Return the request's body."""
        return "\n".join([f"old {self.old}", *map(encode_base64, self.proof), "", self.note]).encode()


def parse_submission(body: bytes) -> Submission:
    """Return what a request's body says, or raise BadInput for a body that the protocol does not allow."""
    if len(body) > MAX_SUBMISSION_BYTES:
        raise BadInput("the request is too long", code="bad_submission")
    try:
        head, separator, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        if not separator or not first.startswith("old ") or len(lines) > MAX_PROOF:
            raise BadInput("a request is the old size, a proof, and a checkpoint", code="bad_submission")
        proof = tuple(decode_base64(line) for line in lines)
        old = parse_size(first.removeprefix("old "))
    except (UnicodeDecodeError, ProofInvalid) as error:
        raise BadInput("the request is malformed", code="bad_submission") from error
    if any(len(node) != HASH_BYTES for node in proof):
        raise BadInput("a hash of the proof does not have 32 bytes", code="bad_submission")
    return Submission(old=old, proof=proof, note=note)
