"""Elsewhere: somebody here asks at another node; both nodes keep a record, and this one's comes first.

What flows in: a person's question, another node's address and key, a password. What flows out: the other side's answer.
What it must never see: a key of this node, the other's reads before they are proved, the password after it was used.

    gate of this side → intent on record here → sign in there → judged and on record there → proved → outcome here

Denied by this side's gate, nothing leaves the house. Whatever happens there ends in an outcome here; only a crash of
this node leaves an intent without one, which is a finding.
"""

from collections.abc import Callable, Mapping

import msgspec

from lockplate.access import AccessRecord, AccessRequest, PrivateDetails, commitments
from lockplate.clock import Clock, format_time
from lockplate.errors import BadInput, Denied, NotFound
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.gate.act import Act, ActContext
from lockplate.gate.decision import Gate
from lockplate.gate.elsewhere import ElsewhereFacts
from lockplate.lookup.answer import OperatorAnswer
from lockplate.lookup.asking import plates_in, private_details
from lockplate.lookup.earlier import earlier_question
from lockplate.lookup.exchange import SharedAsk
from lockplate.lookup.facts import FactFinder
from lockplate.lookup.proving import RESULT_OF, SaysOtherwise, prove, require_same
from lockplate.lookup.there import AskingFailed, Place, There, ThereFailed
from lockplate.note import parse_vkey
from lockplate.shared_question import (
    CODE,
    RESULT,
    THERE,
    THERE_OPERATOR,
    THERE_PERSON,
    SharedResult,
    new_salt,
    salts_of,
    shared_salt,
)
from lockplate.terms import Action, AgencyId, LeafIndex, OperatorId, PersonId, RequestId, Verdict


class ElsewhereParts(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of the operator whose log has the asking side's record."""

    recorder: Recorder
    log: TileLog
    origin: str


class ElsewhereAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a question at another node; its parts are named as in `Answer`."""

    request_id: RequestId
    decision: Verdict
    plates_asked: int
    operators: tuple[OperatorAnswer, ...]
    """One: as the other node said it, and proved it."""
    own_operator: OperatorId
    own_record_index: LeafIndex
    """The intent on this side, durable before anything left the house."""
    own_outcome_index: LeafIndex
    there: str
    """Origin of the other log."""
    there_size: int
    """Size of the signed checkpoint under which the other side's records were proved."""


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    """One try of asking, with its intent on record."""

    part: ElsewhereParts
    intent: AccessRecord
    index: LeafIndex
    place: Place


_Told = tuple[OperatorAnswer, dict[str, bytes]]
"""What the other node says, and the salts of our details that both sides know; none when it takes a question up."""


class Elsewhere:
    """Asks at other nodes for the people of this node's operators."""

    def __init__(
        self, *, facts: FactFinder, gate: Gate, parts: Mapping[OperatorId, ElsewhereParts], clock: Clock
    ) -> None:
        self._facts = facts
        self._gate = gate
        self._parts = parts
        self._clock = clock

    def ask(self, request: AccessRequest, own: OperatorId, place: Place, password: str) -> ElsewhereAnswer:
        """Return the other node's answer, denial or wait, on record on both sides and proved.

        Raises BadInput for a question that cannot be judged, Denied (on record, and nothing has left), ThereFailed and
        ThereRefused, each after its outcome is on record here.
        """
        request.check()
        part, private = self._parts[own], private_details(request)
        intent = self._intent(request, own, place)
        judged = self._judged(intent, request.on_behalf_of, has_case=bool(request.case_number.strip()))
        intent = self._allowed(part, intent, judged, private)
        begun = _Begun(part=part, intent=intent, index=part.recorder.record(intent, private), place=place)

        def ask_there(there: There) -> _Told:
            mine = new_salt()
            told = there.ask(_question(request, place, part.origin, mine))
            if len(told.answer.operators) != 1 or told.answer.request_id != request.request_id:
                raise ThereFailed(SharedResult.GARBLED, "the other node answered another question")
            return told.answer.operators[0], salts_of(_combined(mine, told.salt), private)

        return self._try(begun, password, ask_there, private)

    def take_up(
        self, request_id: RequestId, person: PersonId, own: OperatorId, place: Place, password: str
    ) -> ElsewhereAnswer:
        """Have a question that waited at the other node judged again and answered, on record on both sides.

        Raises NotFound when this person asked no such question from here within a day; else as `ask`.
        """
        part, now = self._parts[own], self._clock.now()
        earlier = earlier_question(part.log, request_id, person, parse_vkey(place.vkey).name, now)
        asked = earlier.intent
        again = msgspec.structs.replace(
            asked, at=now, refers_to=earlier.index, commitments={}, policy_set_hash=self._gate.policy_set_hash
        )
        judged = self._judged(again, again.on_behalf_of or AgencyId(""), has_case="case_number" in asked.commitments)
        again = self._allowed(part, again, judged, {})
        begun = _Begun(part=part, intent=again, index=part.recorder.record(again), place=place)

        def take_up_there(there: There) -> _Told:
            return there.take_up(request_id), {}

        return self._try(begun, password, take_up_there, {}, earlier.committed)

    def _intent(self, request: AccessRequest, own: OperatorId, place: Place) -> AccessRecord:
        there = {
            THERE: parse_vkey(place.vkey).name,
            THERE_OPERATOR: place.operator,
            THERE_PERSON: place.person,
        }
        return AccessRecord(
            action=Action.QUESTION_ELSEWHERE_INTENT,
            at=self._clock.now(),
            operator=own,
            person=request.person,
            agency=request.agency,
            on_behalf_of=request.on_behalf_of,
            purpose=request.purpose,
            offense=request.offense,
            basis=request.basis,
            verdict=Verdict.PERMITTED,
            policy_set_hash=self._gate.policy_set_hash,
            request_id=request.request_id,
            window_from=request.window_from,
            window_to=request.window_to,
            counts={"plates": plates_in(request)},
            facts=self._gate.marks(request) | there,
        )

    def _judged(self, intent: AccessRecord, behalf: AgencyId, *, has_case: bool) -> ActContext:
        if intent.purpose is None or intent.offense is None or intent.basis is None:
            raise NotFound("no question of yours from here waits there", code="unknown_request")
        return ActContext(
            elsewhere=ElsewhereFacts(
                purpose=intent.purpose,
                offense=intent.offense,
                basis=intent.basis,
                has_case=has_case,
                candidates=intent.counts.get("plates", 0),
                behalf=self._facts.agency(behalf),
            )
        )

    def _allowed(
        self, part: ElsewhereParts, intent: AccessRecord, context: ActContext, private: Mapping[str, str]
    ) -> AccessRecord:
        """Return the intent with the policies that allow it, or raise Denied once that is on record."""
        person = self._facts.person_named(intent.person)
        agency, operator = self._facts.agency(person.agency), self._facts.operator(intent.operator)
        try:
            allowance = self._gate.decide_act(person, agency, Act.ASK_ELSEWHERE, operator, context)
        except Denied as denied:
            ids = tuple(reason.policy_id for reason in denied.reasons)
            action = Action.QUESTION_ELSEWHERE_DENIED
            record = msgspec.structs.replace(intent, action=action, verdict=Verdict.DENIED, policy_ids=ids)
            raise denied.on_record(intent.operator, part.recorder.record(record, private)) from denied
        return msgspec.structs.replace(intent, policy_ids=allowance.policy_ids)

    def _try(
        self,
        begun: _Begun,
        password: str,
        step: Callable[[There], _Told],
        private: Mapping[str, str],
        committed: dict[str, str] | None = None,
    ) -> ElsewhereAnswer:
        """Ask there, prove what comes back, and put what came of it on record before it is shown."""
        intent, place = begun.intent, begun.place
        try:
            with There(place) as there:
                there.sign_in(password)
                told, salts = step(there)
                proven = prove(there, place, told)
            if committed is None:
                committed = commitments(PrivateDetails(values=dict(private), salts=salts))
            require_same(proven, told, intent, begun.part.origin, committed)
        except AskingFailed as error:
            self._ended(begun, error)
            raise
        counts = {"reads": len(told.reads), "unopened": told.unopened} if told.verdict is Verdict.PERMITTED else {}
        outcome = msgspec.structs.replace(
            self._outcome(begun, RESULT_OF[told.verdict], proven.facts()),
            verdict=told.verdict,
            counts=intent.counts | counts,
        )
        return ElsewhereAnswer(
            request_id=RequestId(intent.request_id or ""),
            decision=told.verdict,
            plates_asked=intent.counts.get("plates", 0),
            operators=(told,),
            own_operator=intent.operator,
            own_record_index=begun.index,
            own_outcome_index=begun.part.recorder.record(outcome, {**private, **proven.receipts}, salts),
            there=proven.record.checkpoint.origin,
            there_size=(proven.outcome or proven.record).checkpoint.size,
        )

    def _ended(self, begun: _Begun, error: AskingFailed) -> None:
        """Put on record that nothing came of a try that can be believed; receipts that show why are kept."""
        facts = {CODE: error.code_there} if error.code_there else {}
        proven = error.proven if isinstance(error, SaysOtherwise) else None
        known, receipts = ({}, {}) if proven is None else (proven.facts(), proven.receipts)
        begun.part.recorder.record(self._outcome(begun, error.result, facts | known), receipts)

    def _outcome(self, begun: _Begun, result: SharedResult, facts: dict[str, str]) -> AccessRecord:
        there = {name: begun.intent.facts[name] for name in (THERE, THERE_OPERATOR, THERE_PERSON)}
        return msgspec.structs.replace(
            begun.intent,
            action=Action.QUESTION_ELSEWHERE_OUTCOME,
            at=self._clock.now(),
            verdict=Verdict.NOT_ASKED,
            refers_to=begun.index,
            facts=there | {RESULT: result.value} | facts,
        )


def _question(request: AccessRequest, place: Place, origin: str, salt: bytes) -> SharedAsk:
    return SharedAsk(
        request_id=request.request_id,
        asked_from=origin,
        salt=salt.hex(),
        plate=request.plate,
        operators=(place.operator,),
        window_from=format_time(request.window_from),
        window_to=format_time(request.window_to),
        purpose=request.purpose,
        offense=request.offense,
        basis=request.basis,
        on_behalf_of=request.on_behalf_of,
        case_number=request.case_number,
        reason=request.reason,
    )


def _combined(mine: bytes, told: str) -> bytes:
    """Return both sides' salt; raises ThereFailed when the other's part is none."""
    try:
        return shared_salt(mine, bytes.fromhex(told))
    except (ValueError, BadInput):
        raise ThereFailed(SharedResult.GARBLED, "the other node sent no salt") from None
