"""Witness: cosigns a log's checkpoint once it is proved to extend the last one, and never otherwise.

What flows in: the body of an add-checkpoint request, from anyone. What flows out: cosignature lines, or a refusal.
What it must never see: a node, a log's entries.

Order (C2SP tlog-witness): form → log known → log signed it → old size → proof → clock → on disk → answer. Judging and
storing are one transaction, so that of two requests that start from the same size one finds the other's.
"""

from datetime import datetime
from typing import Self

import msgspec
import structlog

from lockplate.checkpoint import Checkpoint, parse_checkpoint, verify_note
from lockplate.clock import Clock
from lockplate.cosigning.cosignature import Cosigner
from lockplate.errors import BadInput, LockplateError, LogRefused, NotFound, ProofInvalid
from lockplate.merkle import EMPTY_ROOT, verify_consistency
from lockplate.note import Note, SignatureLine, parse_lines, parse_note
from lockplate.witnessing.refusals import ClockBehind, Inconsistent, NotSigned, OtherSize, UnknownLog
from lockplate.witnessing.seen import KeptEvidence, LogSeen, SeenHead
from lockplate.witnessing.state import LOST, Ledger, SeenStore
from lockplate.witnessing.submission import Submission, parse_submission
from lockplate.witnessing.suspicion import Memory, doubt


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose checkpoint the log signed."""

    submission: Submission
    note: Note
    """Without lines by anybody but the log."""
    checkpoint: Checkpoint


class Witness:
    """One witness: its keys, its state, its clock. Safe for many threads."""

    def __init__(self, state: SeenStore, cosigner: Cosigner, clock: Clock) -> None:
        """Take up a founded state; raises LogRefused when it is not this key's."""
        if state.vkeys() != tuple(key.text() for key in cosigner.keys):
            raise LogRefused(
                "the state belongs to another witness key, or to none", code="witness_key_differs", next_step=LOST
            )
        self._state, self._cosigner, self._clock = state, cosigner, clock

    @property
    def vkeys(self) -> tuple[str, ...]:
        """Return the key strings with which anyone checks this witness's cosignatures: Ed25519, then ML-DSA-44."""
        return tuple(key.text() for key in self._cosigner.keys)

    @property
    def name(self) -> str:
        """Return the witness's name."""
        return self._cosigner.name

    def close(self) -> None:
        """Close the state."""
        self._state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_checkpoint(self, body: bytes) -> tuple[SignatureLine, ...]:
        """Return cosignatures of both forms on the checkpoint of a request; it is on disk by then.

        Raises BadInput, UnknownLog, NotSigned, OtherSize, Inconsistent, ClockBehind; StoreFailed when the disk refuses.
        """
        asked = self._read(body)
        with self._state.deciding() as ledger:
            decided = self._decide(ledger, asked)
        if isinstance(decided, LockplateError):  # raised only here: what was kept of the request must be on disk
            raise decided
        return decided

    def cosigned(self, hashed: str) -> str:
        """Return the newest cosigned checkpoint of the log whose origin has this SHA-256 (hex); raises NotFound."""
        head = self._state.newest_by_hash(hashed)
        if head is None:
            raise NotFound("this witness has cosigned nothing for that log", code="nothing_cosigned")
        return parse_note(head.note).with_lines(parse_lines(head.lines)).written()

    def logs(self) -> tuple[LogSeen, ...]:
        """Return every watched log in figures; raises StoreFailed when the state cannot be read."""
        return self._state.logs()

    def now(self) -> datetime:
        """Return the time by this witness's clock."""
        return self._clock.now()

    def _read(self, body: bytes) -> _Asked:
        """Return the request once the log's signature on its checkpoint holds."""
        submission = parse_submission(body)
        try:
            note = parse_note(submission.note)
        except ProofInvalid as error:
            raise BadInput("the checkpoint is malformed", code="bad_checkpoint") from error
        keys = self._state.trusted(note.text.partition("\n")[0])
        if not keys:
            raise UnknownLog
        try:
            checkpoint = parse_checkpoint(note.text)
        except ProofInvalid as error:
            raise BadInput("the checkpoint is malformed, or has extension lines", code="bad_checkpoint") from error
        signers = [key for key in keys if any(line.is_by(key) for line in note.signatures)]
        if not signers:
            raise NotSigned
        try:
            for key in signers:
                verify_note(submission.note, key)
        except ProofInvalid as error:
            raise NotSigned from error
        if submission.old > checkpoint.size:
            raise BadInput("the old size is larger than the checkpoint", code="bad_submission")
        own = tuple(line for line in note.signatures if any(line.is_by(key) for key in signers))
        note = msgspec.structs.replace(note, signatures=own)
        return _Asked(submission=submission, note=note, checkpoint=checkpoint)

    def _decide(self, ledger: Ledger, asked: _Asked) -> tuple[SignatureLine, ...] | LockplateError:
        """Return the lines, stored; or the refusal, with what it is evidence of kept."""
        newest = ledger.newest(asked.checkpoint.origin)
        at = self._clock.now().replace(microsecond=0)
        refusal = _refusal(newest, asked)
        if refusal is not None:
            self._keep(ledger, asked, newest, at)
            return refusal
        if newest is not None and at < newest.at:
            return ClockBehind(int((newest.at - at).total_seconds()))
        if newest is not None and (newest.size, newest.at) == (asked.checkpoint.size, at):
            return parse_lines(newest.lines)  # sent again within the second: the same answer, and no write
        lines = self._cosigner.cosign(asked.checkpoint, at)
        ledger.put(
            SeenHead(
                origin=asked.checkpoint.origin,
                size=asked.checkpoint.size,
                root=asked.checkpoint.root,
                note=asked.note.written(),
                lines="".join(line.text() for line in lines),
                at=at,
            )
        )
        return lines

    @staticmethod
    def _keep(ledger: Ledger, asked: _Asked, newest: SeenHead | None, at: datetime) -> None:
        """Keep a refused request if it says something against its log."""
        checkpoint, submission = asked.checkpoint, asked.submission
        memory = Memory(
            newest=newest,
            same_size=ledger.head(checkpoint.origin, checkpoint.size),
            start=ledger.head(checkpoint.origin, submission.old),
        )
        found = doubt(checkpoint, submission, memory)
        if found is None:
            return
        ledger.keep(
            KeptEvidence(
                origin=checkpoint.origin,
                suspicion=found.suspicion,
                size=checkpoint.size,
                root=checkpoint.root,
                request=msgspec.structs.replace(submission, note=asked.note.written()).body().decode(),
                against="" if found.against is None else found.against.note,
                at=at,
            )
        )
        structlog.get_logger("lockplate.witness").error(
            "refused", suspicion=found.suspicion, origin=checkpoint.origin, size=checkpoint.size
        )


def _refusal(newest: SeenHead | None, asked: _Asked) -> LockplateError | None:
    """Return why the checkpoint does not follow the newest head; None when it is proved to."""
    size, root = (0, EMPTY_ROOT) if newest is None else (newest.size, newest.root)
    if asked.submission.old != size:
        return OtherSize(size)
    try:
        verify_consistency(size, root, asked.checkpoint.size, asked.checkpoint.root, asked.submission.proof)
    except ProofInvalid:
        return Inconsistent()
    return None
