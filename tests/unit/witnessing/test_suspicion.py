"""What a refused checkpoint says about its log: proof, doubt or nothing, over every small history and fork."""

import itertools
from datetime import UTC, datetime

import pytest

from lockplate.witnessing.seen import SeenHead, Suspicion
from lockplate.witnessing.submission import Submission
from lockplate.witnessing.suspicion import Memory, doubt
from witnessed import PlainLog

AT = datetime(2026, 11, 24, tzinfo=UTC)
TRUE = PlainLog()
SIZES = range(1, 14)


def head(size: int) -> SeenHead:
    return SeenHead(origin=TRUE.origin, size=size, root=TRUE.root(size), note=TRUE.note(size), lines="", at=AT)


def judged(log: PlainLog, submission: Submission, size: int, cosigned: dict[int, SeenHead]):
    memory = Memory(
        newest=cosigned[max(cosigned)] if cosigned else None,
        same_size=cosigned.get(size),
        start=cosigned.get(submission.old),
    )
    return doubt(log.checkpoint(size), submission, memory)


@pytest.mark.parametrize("old", SIZES)
def test_an_honest_log_is_never_called_a_fork(old):
    """Whatever is sent of it, in whatever order and with whatever proof of its own or of another's."""
    cosigned = {size: head(size) for size in {3, old}}
    for size, start in itertools.product(SIZES, SIZES):
        if start > size:
            continue
        proofs = (TRUE.proof(start, size), TRUE.proof(1, size), PlainLog(story="x").proof(start, size), [], [bytes(32)])
        for proof in proofs:
            found = judged(TRUE, Submission(old=start, proof=tuple(proof), note=""), size, cosigned)
            assert found is None or found.suspicion is not Suspicion.FORK


@pytest.mark.parametrize("forked_at", range(13))
def test_a_fork_is_proved_wherever_it_can_be(forked_at):
    """From each size that is no power of two, a log's own proof of a changed past convicts it."""
    lying = TRUE.told("false", from_leaf=forked_at)
    for old, size in itertools.combinations(SIZES, 2):
        found = judged(lying, lying.submission(old, size), size, {old: head(old)})
        if forked_at >= old:
            assert found is None or Suspicion.UNPROVED == found.suspicion  # its past is as it was: no lie here
        elif old & (old - 1):
            assert (Suspicion.FORK, old) == (found.suspicion, found.against.size)
        else:
            assert Suspicion.UNPROVED == found.suspicion


def test_the_same_size_with_another_root_is_always_a_fork():
    for size in SIZES:
        found = judged(TRUE.told("false"), Submission(old=0, proof=(), note=""), size, {size: head(size), 13: head(13)})
        assert (Suspicion.FORK, size) == (found.suspicion, found.against.size)


def test_before_the_first_head_nothing_is_doubtful():
    """There is nothing to contradict, except what every empty tree is."""
    assert judged(TRUE, TRUE.submission(0, 7), 7, {}) is None
    assert judged(TRUE, Submission(old=3, proof=(bytes(32),), note=""), 7, {}) is None
