"""Proving: what another node said about a question, held against its own signed records before it is believed.

What flows in: an answer from there, proof files, the key that we trust for that log, the intent on record here.
What flows out: the proved records. What it must never see: a way to show an answer that is not proved.
"""

from typing import NoReturn

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.errors import BadInput, ProofInvalid
from lockplate.evidence.proof_file import ProvenEntry, open_proof
from lockplate.lookup.answer import OperatorAnswer
from lockplate.lookup.there import Place, There, ThereFailed, ThereRefused
from lockplate.note import encode_base64
from lockplate.reconciliation.pairing import differences, shared_commitments
from lockplate.shared_question import (
    THERE_INDEX,
    THERE_OUTCOME,
    THERE_ROOT,
    THERE_SIZE,
    SharedResult,
)
from lockplate.terms import Action, LeafIndex, Verdict

_ACTION = {
    Verdict.PERMITTED: Action.QUESTION_INTENT,
    Verdict.DENIED: Action.QUESTION_DENIED,
    Verdict.PENDING: Action.QUESTION_PENDING,
}
RESULT_OF = {
    Verdict.PERMITTED: SharedResult.ANSWERED,
    Verdict.DENIED: SharedResult.DENIED,
    Verdict.PENDING: SharedResult.PENDING,
}


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """The other node's records of one question, each proved under its log's key."""

    record: ProvenEntry
    outcome: ProvenEntry | None
    receipts: dict[str, str]
    """The proof files themselves, to be kept sealed: whoever has them can show what that log once said."""

    def facts(self) -> dict[str, str]:
        """Return what the asking side's record says of them, for anyone."""
        newest = self.record if self.outcome is None else self.outcome
        facts = {THERE_INDEX: str(self.record.index)}
        if self.outcome is not None:
            facts[THERE_OUTCOME] = str(self.outcome.index)
        root = encode_base64(newest.checkpoint.root)
        return facts | {THERE_SIZE: str(newest.checkpoint.size), THERE_ROOT: root}


class SaysOtherwise(ThereFailed):
    """Proved records that are not of what was asked; they are kept, since they show it."""

    def __init__(self, proven: Proven, fields: tuple[str, ...]) -> None:
        super().__init__(
            SharedResult.DIFFERS,
            "the other node's own record is not of this question: " + ", ".join(fields),
            next_step="Tell your auditor and whoever runs that node; nothing of the answer is shown.",
        )
        self.proven = proven


def prove(there: There, place: Place, part: OperatorAnswer) -> Proven:
    """Return the records that an answer names, proved; raises ThereFailed when they are not."""
    if part.verdict not in _ACTION or (part.verdict is Verdict.PERMITTED) != (part.outcome_index is not None):
        _unproven("it names no judgement, or an outcome too many or too few")
    receipts = {"receipt": _receipt(there, part.record_index)}
    record = _open(receipts["receipt"], place, part.record_index)
    outcome = None
    if part.outcome_index is not None:
        receipts["receipt_of_outcome"] = _receipt(there, part.outcome_index)
        outcome = _open(receipts["receipt_of_outcome"], place, part.outcome_index)
    return Proven(record=record, outcome=outcome, receipts=receipts)


def require_same(
    proven: Proven, part: OperatorAnswer, intent: AccessRecord, asked_from: str, committed: dict[str, str]
) -> Proven:
    """Return the proved records when they are of what was asked and of what was answered; raises SaysOtherwise.

    `committed` are our own commitments under the shared salts: the plate and the case number agree when they do.
    """
    try:
        record = parse_leaf(proven.record.entry)
        outcome = None if proven.outcome is None else parse_leaf(proven.outcome.entry)
    except BadInput:
        _unproven("its entries are no records")
    differ = list(differences(intent, record, asked_from))
    if (record.action, record.verdict) != (_ACTION[part.verdict], part.verdict):
        differ.append("verdict")
    if record.counts.get("plates") != intent.counts.get("plates"):
        differ.append("plates")
    theirs = shared_commitments(record)
    differ += [name for name in sorted({*committed, *theirs}) if committed.get(name) != theirs.get(name)]
    if outcome is not None:
        counted = (outcome.counts.get("reads"), outcome.counts.get("unopened"))
        same = (outcome.action, outcome.refers_to, outcome.request_id) == (
            Action.QUESTION_OUTCOME, proven.record.index, intent.request_id,
        )  # fmt: skip
        differ += [] if same else ["outcome"]
        differ += [] if counted == (len(part.reads), part.unopened) else ["reads"]
    elif part.reads or part.unopened:
        differ.append("reads")
    if differ:
        raise SaysOtherwise(proven, tuple(differ))
    return proven


def _receipt(there: There, index: LeafIndex) -> str:
    try:
        return there.proof(index)
    except ThereRefused as error:
        _unproven(f"it gives no proof ({error.code_there})")


def _open(text: str, place: Place, index: LeafIndex) -> ProvenEntry:
    try:
        entry = open_proof(text, place.vkey)
    except ProofInvalid as error:
        _unproven(error.message)
    if entry.index != index:
        _unproven("its proof is of another record")
    return entry


def _unproven(why: str) -> NoReturn:
    raise ThereFailed(
        SharedResult.UNPROVEN,
        f"the other node's answer is not proved: {why}",
        next_step="Check that the key is that operator's; nothing of the answer is shown.",
    )
