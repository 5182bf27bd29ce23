"""What a refused checkpoint says about the log that signed it: nothing, a doubt, or proof of two histories.

What flows in: a submission whose checkpoint the log signed, and heads that were cosigned before. What flows out: the
suspicion with the head it rests on, or nothing.
What it must never see: I/O. Anyone can send a witness what a log signed, in any order and with any proof; so a wrong
proof or an old checkpoint alone accuses nobody, and only what no other explanation is left for is called a fork.
"""

import msgspec

from lockplate.checkpoint import Checkpoint
from lockplate.errors import ProofInvalid
from lockplate.merkle import EMPTY_ROOT, start_shown_by
from lockplate.witnessing.seen import SeenHead, Suspicion
from lockplate.witnessing.submission import Submission


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A suspicion and the cosigned head that the refused checkpoint does not fit."""

    suspicion: Suspicion
    against: SeenHead | None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What was cosigned for a log, as far as a submission touches it."""

    newest: SeenHead | None
    same_size: SeenHead | None
    """The head of the submitted checkpoint's size."""
    start: SeenHead | None
    """The head of the size that the submission starts from."""


def doubt(checkpoint: Checkpoint, submission: Submission, memory: Memory) -> Doubt | None:
    """Return what a refused checkpoint makes doubtful; None when it says nothing against its log.

    A fork is one of three: an empty tree with a root that no empty tree has; the size of a head that was cosigned with
    another root; or a proof that leads to the checkpoint from another start than the head that was cosigned.
    """
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return Doubt(suspicion=Suspicion.FORK, against=memory.same_size)
    contradicted = _contradicted(checkpoint, submission, memory)
    if contradicted is not None:
        return Doubt(suspicion=Suspicion.FORK, against=contradicted)
    newest = memory.newest
    if newest is None or memory.same_size is not None:
        return None
    if checkpoint.size < newest.size:
        return Doubt(suspicion=Suspicion.OLDER, against=newest)
    return Doubt(suspicion=Suspicion.UNPROVED, against=newest) if submission.old == newest.size else None


def _contradicted(checkpoint: Checkpoint, submission: Submission, memory: Memory) -> SeenHead | None:
    """Return the cosigned head that cannot be in one history with the checkpoint; None when there is no such proof."""
    if memory.same_size is not None:
        return memory.same_size if memory.same_size.root != checkpoint.root else None
    if memory.start is None:
        return None
    try:
        shown = start_shown_by(memory.start.size, checkpoint.size, checkpoint.root, submission.proof)
    except ProofInvalid:
        return None
    return memory.start if shown != memory.start.root else None
