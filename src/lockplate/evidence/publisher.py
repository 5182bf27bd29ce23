"""Publisher: signs the log's newest head, and only ever an extension of the head it signed before.

What flows in: a log, the last signed head, the log's signing key. What flows out: the newest signed checkpoint.
What it must never see: what an entry says.

Order: read the head → prove it consistent with the last signed one → sign → compare-and-swap → tell the log.
A signature that lost the swap was never shown to anyone.
"""

import threading
from typing import Self

from lockplate.checkpoint import Checkpoint, Signer, verify_checkpoint
from lockplate.errors import Conflict, LogRefused, ProofInvalid
from lockplate.evidence.heads import HeadStore, SignedHead
from lockplate.evidence.log import TileLog, TreeHead
from lockplate.merkle import verify_consistency

_NEXT_STEP = "Stop the node, keep a copy of the evidence folder as it is, run fsck, and restore the newest log."
_MAX_RACES = 20


class Publisher:
    """Publishes one log under one key; refuses to start over a log that lost what was signed."""

    def __init__(self, log: TileLog, heads: HeadStore, signer: Signer) -> None:
        """Take up a founded log; raises LogRefused when log, head store and key do not belong together.

        That is: no signed head, one that this key did not sign, one that the log does not extend (a rollback, lost
        data, another log's file), or one older than the log remembers (a head store that was put back).
        """
        self._log, self._heads, self._signer = log, heads, signer
        self._publishing = threading.Lock()
        self._extend(self._newest_head())

    @classmethod
    def found(cls, log: TileLog, heads: HeadStore, signer: Signer) -> Self:
        """Sign the head of an empty log, once, and take it up; raises LogRefused when the log is not empty.

        After this a missing head means that it was lost, never that it was not yet signed.
        """
        head = log.head()
        if heads.last() is None:
            if head.size:
                raise LogRefused("the log has entries and no signed head", code="head_missing", next_step=_NEXT_STEP)
            heads.swap(None, cls._sign(signer, head))
        return cls(log, heads, signer)

    @property
    def vkey(self) -> str:
        """Return the key string with which anyone checks this log's checkpoints."""
        return self._signer.vkey

    def last(self) -> str:
        """Return the note of the last signed checkpoint, as it is served."""
        return self._last_head().note

    def publish(self) -> str:
        """Return a signed note that covers all that is integrated; the last one again when there is nothing new.

        Raises LogRefused rather than contradict a head that was signed before.
        """
        with self._publishing:
            for _ in range(_MAX_RACES):
                last = self._newest_head()
                head = self._extend(last)
                if head.size == last.size:
                    return last.note
                try:
                    signed = self._heads.swap(last, self._sign(self._signer, head))
                except Conflict:
                    continue  # another process published; what it signed is now the head to extend
                self._log.mark_published(signed.size)
                return signed.note
        raise Conflict("other publishers kept signing first", code="head_moved")

    def _last_head(self) -> SignedHead:
        """Return the last signed head once its own signature holds and its columns say what the note says."""
        last = self._heads.last()
        if last is None:
            raise LogRefused("the head store holds no signed head", code="head_missing", next_step=_NEXT_STEP)
        try:
            checkpoint = verify_checkpoint(last.note, self._signer.vkey)
        except ProofInvalid as error:
            raise LogRefused(
                "the last head is not signed by this key", code="head_forged", next_step=_NEXT_STEP
            ) from error
        if (checkpoint.size, checkpoint.root) != (last.size, last.root):
            raise LogRefused("the last head's note says something else", code="head_forged", next_step=_NEXT_STEP)
        return last

    def _newest_head(self) -> SignedHead:
        """Return the last signed head, at least as new as the newest that the log knows of."""
        known = self._log.published()  # before the head: another process may sign between the two
        last = self._last_head()
        if last.size < known:
            raise LogRefused("the head store is older than the log", code="head_rolled_back", next_step=_NEXT_STEP)
        return last

    def _extend(self, last: SignedHead) -> TreeHead:
        """Return the log's head once it is proved to extend the last signed one."""
        head = self._log.head()
        if head.size < last.size:
            raise LogRefused("the log is shorter than what it signed", code="log_rolled_back", next_step=_NEXT_STEP)
        proof = self._log.consistency(last.size, head.size)
        try:
            verify_consistency(last.size, last.root, head.size, head.root, proof)
        except ProofInvalid as error:
            raise LogRefused("the log is not what it signed before", code="log_forked", next_step=_NEXT_STEP) from error
        return head

    @staticmethod
    def _sign(signer: Signer, head: TreeHead) -> SignedHead:
        checkpoint = Checkpoint(origin=signer.origin, size=head.size, root=head.root)
        return SignedHead(size=head.size, root=head.root, note=signer.sign(checkpoint))
