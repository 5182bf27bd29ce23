"""Asking: request → gate per operator → record sequenced → tokens → rows → open → outcome recorded → answer.

What flows in: an AccessRequest of an authenticated person. What flows out: an Answer.
What it must never see: a way around the order. Nothing is opened before the intent is durable in the log; no answer
leaves before its outcome is (promise 3). Any failure in between leaves an intent without outcome, which is a finding.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from lockplate.access import AccessRecord, AccessRequest
from lockplate.clock import Clock
from lockplate.errors import ApprovalNeeded, Conflict, Denied, NotFound, Reason, SealBroken
from lockplate.evidence.recorder import Recorder
from lockplate.gate.decision import Explanation, Gate
from lockplate.gate.permit import Permit
from lockplate.gate.question import Question
from lockplate.lookup.answer import Answer, AnsweredRead, OperatorAnswer, overall
from lockplate.lookup.facts import FactFinder
from lockplate.lookup.held import HeldReads
from lockplate.lookup.opening import ReadView
from lockplate.registry.requests import WaitingRequests, WaitingState
from lockplate.seal.sealer import NamedProbe, Opened, Sealer
from lockplate.sealed import SealedRead
from lockplate.shared_question import ASKED_FROM, salts_of
from lockplate.store.surface import ReadStore
from lockplate.terms import Action, LeafIndex, OperatorId, Period, ReaderId, RequestId, Verdict

HoursOver = Callable[[datetime, datetime], frozenset[Period]]
"""Which hours of a window are over: they answer nobody, also while their keys are still there."""


class OperatorParts(msgspec.Struct, frozen=True, kw_only=True):
    """What lookup needs of one operator."""

    sealer: Sealer
    recorder: Recorder
    view: ReadView
    held: HeldReads
    over: HoursOver


class Lookup:
    """Answers questions for the operators of this node."""

    def __init__(
        self,
        *,
        facts: FactFinder,
        gate: Gate,
        store: ReadStore,
        parts: Mapping[OperatorId, OperatorParts],
        waiting: WaitingRequests,
        clock: Clock,
    ) -> None:
        self._facts = facts
        self._gate = gate
        self._store = store
        self._parts = parts
        self._waiting = waiting
        self._clock = clock

    def ask(self, request: AccessRequest) -> Answer:
        """Return the answer of every operator asked; a denial or a wait is an answer, with its record.

        Raises BadInput for a request that cannot be judged, NotFound for an operator or person that is not here;
        StoreFailed, KeyUnavailable or LogRefused when the node cannot do its part: then nothing is shown.
        """
        request.check()
        for operator in request.operators:
            self._part(operator)
        self._facts.person(request)
        parts = tuple(self._ask_one(request, operator) for operator in dict.fromkeys(request.operators))
        return Answer(
            request_id=request.request_id,
            decision=overall(parts),
            plates_asked=len(request.plate_keys()),
            operators=parts,
        )

    def resume(self, request_id: RequestId, operator: OperatorId) -> OperatorAnswer:
        """Judge a request that waited again, with the second person's yes, and answer it once.

        Raises NotFound, Conflict when it was answered, refused or is too old.
        """
        waiting = self._waiting.get(request_id, operator)
        if waiting.state not in (WaitingState.WAITING, WaitingState.APPROVED):
            raise Conflict(f"the request is {waiting.state.value}", code="request_over", next_step="Ask again.")
        return self._ask_one(waiting.request, operator, resumed=True)

    def preview(self, request: AccessRequest) -> dict[OperatorId, Explanation]:
        """Return what the gate would say now, for each operator, without a record, a permit or an opened row."""
        request.check()
        return {
            operator: self._gate.explain(self._facts.question(request, operator, None))
            for operator in dict.fromkeys(request.operators)
        }

    def _part(self, operator: OperatorId) -> OperatorParts:
        try:
            return self._parts[operator]
        except KeyError:
            raise NotFound(
                "this node does not serve that operator",
                code="unknown_operator",
                next_step="See `lockplate operator list`.",
            ) from None

    def _ask_one(self, request: AccessRequest, operator: OperatorId, *, resumed: bool = False) -> OperatorAnswer:
        part = self._part(operator)
        approval = self._waiting.approval(request.request_id, operator) if resumed else None
        question = self._facts.question(request, operator, approval)
        try:
            permit = self._gate.decide_question(question)
        except Denied as denied:
            return self._refused(part, question, denied.reasons, Action.QUESTION_DENIED, Verdict.DENIED)
        except ApprovalNeeded as needed:
            if not resumed:
                self._waiting.put(request, operator, tuple(reason.policy_id for reason in needed.reasons))
            return self._refused(part, question, needed.reasons, Action.QUESTION_PENDING, Verdict.PENDING)
        if resumed:
            # spent before anything is opened: an approval answers one question, also when two ask at once
            self._waiting.mark_answered(request.request_id, operator)
        return self._answer(part, question, permit)

    def _refused(
        self, part: OperatorParts, question: Question, reasons: tuple[Reason, ...], action: Action, verdict: Verdict
    ) -> OperatorAnswer:
        """Record a denial or a wait, durably, and return it."""
        policy_ids = tuple(reason.policy_id for reason in reasons)
        record = self._record(question, action, verdict)
        record = msgspec.structs.replace(record, policy_ids=policy_ids, counts={"plates": plates_in(question.request)})
        index = _put(part, record, question.request)
        return OperatorAnswer(
            operator=question.operator.operator,
            verdict=verdict,
            reasons=reasons,
            policy_ids=policy_ids,
            profile=question.operator.profile.profile,
            record_index=index,
        )

    def _answer(self, part: OperatorParts, question: Question, permit: Permit) -> OperatorAnswer:
        """Record the intent, look, open, record the outcome, and only then return what was found."""
        intent = self._record(question, Action.QUESTION_INTENT, Verdict.PERMITTED)
        counts = {"plates": len(permit.plate_keys)}
        holds = {"holds": ",".join(part.held.hold_ids(question.request))} if question.on_hold else {}
        intent = msgspec.structs.replace(
            intent, policy_ids=permit.policy_ids, counts=counts, facts=intent.facts | holds
        )
        intent_index = _put(part, intent, question.request)
        over, readers = part.over(permit.window_from, permit.window_to), self._facts.granted_readers(question)
        probes = list(part.sealer.probes(permit, over))
        rows = _covered(self._find(permit, probes), readers)
        opened, unopened = _opened(part.sealer, permit, rows, probes)
        reads = part.view.show(opened, question.request.plate)
        if question.on_hold:
            # hours that are over answer under the hold alone: what no hold keeps of them must not
            held, shut = _held(part, permit, question, {one.probe.period for one in probes}, readers)
            reads, unopened = tuple(sorted((*held, *reads), key=lambda read: read.captured_at)), unopened + shut
        outcome_index = self._record_outcome(part, question, permit, intent_index, len(reads), unopened, len(probes))
        return OperatorAnswer(
            operator=permit.operator,
            verdict=Verdict.PERMITTED,
            reasons=self._gate.reasons(permit.policy_ids),
            policy_ids=permit.policy_ids,
            profile=permit.profile,
            record_index=intent_index,
            outcome_index=outcome_index,
            reads=reads,
            unopened=unopened,
            periods_asked=len({one.probe.period for one in probes}),
            note=_note(reads, probes),
        )

    def _find(self, permit: Permit, probes: list[NamedProbe]) -> list[SealedRead]:
        # rows have whole seconds: the second in which the window begins belongs to it only when it begins with it
        start, end = _ceil(permit.window_from), _ceil(permit.window_to)
        return self._store.find(permit.operator, [one.probe for one in probes], start=start, end=end)

    def _record_outcome(
        self,
        part: OperatorParts,
        question: Question,
        permit: Permit,
        intent: LeafIndex,
        reads: int,
        unopened: int,
        probes: int,
    ) -> LeafIndex:
        record = self._record(question, Action.QUESTION_OUTCOME, Verdict.PERMITTED)
        counts = {"plates": len(permit.plate_keys), "probes": probes, "reads": reads, "unopened": unopened}
        return part.recorder.record(
            msgspec.structs.replace(record, policy_ids=permit.policy_ids, refers_to=intent, counts=counts)
        )

    def _record(self, question: Question, action: Action, verdict: Verdict) -> AccessRecord:
        """Return the record of a question: every element that SB 34 wants and no plate, case or free text."""
        request = question.request
        return AccessRecord(
            action=action,
            at=self._clock.now(),
            operator=question.operator.operator,
            person=request.person,
            agency=request.agency,
            on_behalf_of=request.on_behalf_of,
            purpose=request.purpose,
            offense=request.offense,
            basis=request.basis,
            verdict=verdict,
            policy_set_hash=self._gate.policy_set_hash,
            profile=question.operator.profile.profile,
            request_id=request.request_id,
            window_from=request.window_from,
            window_to=request.window_to,
            facts={} if action is Action.QUESTION_OUTCOME else self._gate.marks(request) | _origin(request),
        )


def _put(part: OperatorParts, record: AccessRecord, request: AccessRequest) -> LeafIndex:
    """Put a record and the question's private details on record, under the salts that both sides of it know."""
    private = private_details(request)
    if request.shared is msgspec.UNSET:
        return part.recorder.record(record, private)
    return part.recorder.record(record, private, salts_of(request.shared.salt, private))


def _origin(request: AccessRequest) -> dict[str, str]:
    """Return which other log has the question on record, too."""
    return {} if request.shared is msgspec.UNSET else {ASKED_FROM: request.shared.asked_from}


def private_details(request: AccessRequest) -> dict[str, str]:
    """Return what the leaf only commits to: plate as asked, case number, free text."""
    details = {"plate": request.plate, "case_number": request.case_number, "reason": request.reason}
    return {name: value for name, value in details.items() if value}


def plates_in(request: AccessRequest) -> int:
    """Return how many plate keys a request names."""
    return len(request.plate_keys())


def _covered(rows: list[SealedRead], readers: frozenset[ReaderId] | None) -> list[SealedRead]:
    """Return the rows of readers that the grant covers; the others stay closed."""
    return rows if readers is None else [row for row in rows if row.reader in readers]


def _opened(
    sealer: Sealer, permit: Permit, rows: list[SealedRead], probes: list[NamedProbe]
) -> tuple[list[Opened], int]:
    """Open rows, each for the plate whose probe found it; count those that do not open."""
    plates = {(one.probe.period, one.probe.token): one.plate_key for one in probes}
    opened: list[Opened] = []
    unopened = 0
    for row in rows:
        plate_key = plates.get((row.period, row.token))
        try:
            if plate_key is None:
                raise SealBroken("the row's hour is not the one that it was found under")  # noqa: TRY301 - one count
            opened.append(sealer.open(permit, row, plate_key))
        except SealBroken:
            unopened += 1
    return opened, unopened


def _held(
    part: OperatorParts,
    permit: Permit,
    question: Question,
    alive: set[Period],
    readers: frozenset[ReaderId] | None,
) -> tuple[list[AnsweredRead], int]:
    """Return the reads that only holds still answer for, as far as the grant covers their readers."""
    found, unopened = part.held.open(permit, question.request, alive)
    found = [one for one in found if readers is None or one.read.row.reader in readers]
    shown = part.view.show([one.read for one in found], question.request.plate)
    held = [
        msgspec.structs.replace(read, held_under=one.hold_id, retention_end=one.expires_at)
        for read, one in zip(shown, found, strict=True)
    ]
    return held, unopened


def _ceil(at: datetime) -> int:
    """Return the first whole second at or after an instant."""
    second = int(at.timestamp())
    return second + (1 if at.microsecond else 0)


def _note(reads: tuple[AnsweredRead, ...], probes: list[NamedProbe]) -> str:
    if not probes:
        return "Nothing is kept for this window: no read came in, or it is forgotten."
    return "" if reads else "The plate was not read in this window, as far as reads are kept."
