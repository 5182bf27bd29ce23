"""The gate's decision: the one place where a question becomes a Permit, and an act an Allowance.

What flows in: a Question or an act, with facts. What flows out: Permit or Allowance; else Denied or ApprovalNeeded with
the policies that decided. What it must never see: a key, a token, a read.

Yes needs three things together: Cedar says Allow, its diagnostics hold no error (a forbid that errors is skipped by
Cedar), and every policy that decided is one of ours. Anything else, an exception too, is a denial. There is no switch.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

import cedarpy
import msgspec

from lockplate.access import AccessRequest
from lockplate.clock import Clock
from lockplate.errors import ApprovalNeeded, Denied, Reason
from lockplate.findings import VAGUE, VAGUE_FACT, WORDS_FACT
from lockplate.gate.act import Act, ActContext, Allowance
from lockplate.gate.facts import CedarRequest, FactsRefused, act_request, cites_of, is_approved, question_request
from lockplate.gate.hold import HoldFacts, HoldScope, with_what_is_missing
from lockplate.gate.permit import Permit, issue
from lockplate.gate.policy_set import PolicyRefused, PolicySet, hash_of
from lockplate.gate.question import AgencyFacts, OperatorFacts, PersonFacts, Question
from lockplate.gate.shortfall import Shortfall
from lockplate.gate.suggestive import SuggestiveWord, SuggestiveWords
from lockplate.plate import fold, is_pattern
from lockplate.terms import PolicyId, RequestId, Verdict

GATE_ERROR = PolicyId("gate-error")
"""The reason when the gate could not judge: nothing that cannot be judged is allowed."""
DEFAULT_DENY = PolicyId("default-deny")
"""The reason when no policy forbade and none permitted."""
SUGGESTIVE = PolicyId("suggestive-words")

FACTS_LIFE = timedelta(minutes=1)
"""A permit is made only from facts this fresh: a grant may end and an account close between asking and judging."""

NO_CITES: Mapping[str, str] = MappingProxyType({})

_GATE_CITE = "Lockplate promise 3"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says, without a permit: for a form that shows beforehand what will happen."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    """The policies that decided: permits when permitted, else what stands against it."""

    def policy_ids(self) -> tuple[PolicyId, ...]:
        """Return the ids of the policies that decided."""
        return tuple(reason.policy_id for reason in self.reasons)

    def require_permitted(self) -> "Explanation":
        """Return the explanation itself, or raise Denied or ApprovalNeeded with its reasons."""
        if self.verdict is Verdict.PENDING:
            raise ApprovalNeeded(self.reasons)
        if self.verdict is not Verdict.PERMITTED:
            raise Denied(self.reasons)
        return self


class _Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """Cedar's answer after the wrapper's checks: the policies that decided, and whether they say yes."""

    allowed: bool
    policy_ids: tuple[PolicyId, ...]


class Gate:
    """Judges questions and acts under one set of policies."""

    def __init__(self, policies: PolicySet, suggestive: SuggestiveWords, clock: Clock) -> None:
        self._policies = policies
        self._clock = clock
        self._shortfall = Shortfall(policies)
        self._suggestive = suggestive
        self.policy_set_hash = self.hash_with(suggestive)
        """SHA-256, hex, over schema, policies and suggestive words in force; it goes into every record."""
        self.growing = threading.Lock()
        """Held while somebody adds to the list, so that the hashes on record follow each other."""

    @property
    def suggestive(self) -> SuggestiveWords:
        """Return the list of suggestive words in force."""
        return self._suggestive

    def hash_with(self, suggestive: SuggestiveWords) -> str:
        """Return the hash of the policies with a list of words; `hash_of` says how anyone can repeat it."""
        return hash_of((*self._policies.digests, *suggestive.digests))

    def use_words(self, suggestive: SuggestiveWords) -> None:
        """Judge with a longer list from now on; raises PolicyRefused for one that lacks an entry in force."""
        entries = (*suggestive.shipped, *suggestive.added)
        if any(word not in entries for word in (*self._suggestive.shipped, *self._suggestive.added)):
            raise PolicyRefused("the list of suggestive words only grows", code="words_only_grow")
        self._suggestive = suggestive
        self.policy_set_hash = self.hash_with(suggestive)

    def marks(self, request: AccessRequest) -> dict[str, str]:
        """Return what the free text comes to, as a record may say it: entries of our own list, or that it is vague."""
        found = self._suggestive.find(request.reason, request.case_number)
        marks = {WORDS_FACT: ",".join(word.id for word in found)} if found else {}
        return marks | ({VAGUE_FACT: VAGUE} if self._suggestive.is_vague(request.reason) else {})

    def decide_question(self, question: Question) -> Permit:
        """Return a permit for this request, operator, plates and window, or raise Denied or ApprovalNeeded.

        The permit is for the operator in the question alone; a request to several operators is asked once for each.
        """
        explanation = self.explain(question).require_permitted()
        now = self._clock.now()
        if abs(now - question.now) > FACTS_LIFE:
            raise Denied([_error("The facts about the question are not fresh; it has to be judged with new ones.")])
        try:
            plate_keys = frozenset(question.request.plate_keys())
        except Exception as error:
            raise Denied([_error("The plate cannot be read.")]) from error
        return issue(
            request_id=question.request.request_id,
            operator=question.operator.operator,
            plate_keys=plate_keys,
            window_from=question.request.window_from,
            window_to=question.request.window_to,
            issued_at=now,
            policy_ids=explanation.policy_ids(),
            policy_set_hash=self.policy_set_hash,
            profile=question.operator.profile.profile,
        )

    def explain(self, question: Question) -> Explanation:
        """Return the verdict and its reasons; `decide_question` stands on the same judgement."""
        try:
            return self._judge_question(question)
        except FactsRefused as error:
            return _denied(_error(f"The question cannot be judged: {error.message}."))
        except Exception:  # noqa: BLE001 - whatever breaks while judging ends as a denial
            return _denied(_error("The question could not be judged, so it is denied."))

    def reasons(self, policy_ids: Sequence[PolicyId], cites: Mapping[str, str] = NO_CITES) -> tuple[Reason, ...]:
        """Return policies by id as reasons, with cite and words; raises KeyError for one that is not in force."""
        notes = [self._policies.notes[name] for name in policy_ids]
        return tuple(note.reason(cite=cites.get(note.field or "", "")) for note in notes)

    def decide_act(
        self,
        person: PersonFacts,
        agency: AgencyFacts,
        act: Act,
        operator: OperatorFacts,
        context: ActContext | None = None,
    ) -> Allowance:
        """Return the allowance for a person of an agency to do an act at an operator, or raise Denied."""
        told = self.explain_act(person, agency, act, operator, context).require_permitted()
        return Allowance(policy_ids=told.policy_ids(), policy_set_hash=self.policy_set_hash)

    def decide_hold(
        self,
        person: PersonFacts,
        agency: AgencyFacts,
        act: Act,
        operator: OperatorFacts,
        hold: HoldFacts,
        of: HoldScope,
    ) -> Permit:
        """Return a permit to re-seal what a hold covers, one plate and one window, or raise Denied.

        Only `open_hold` and `keep_hold` lead to one. Nothing that it opens is shown to anybody: see `holding`.
        """
        told = self.explain_act(person, agency, act, operator, ActContext(hold=hold)).require_permitted()
        now = self._clock.now()
        plate_key, start, end = fold(of.plate), of.window_from, of.window_to
        if act not in {Act.OPEN_HOLD, Act.KEEP_HOLD} or hold.plates != 1 or is_pattern(of.plate) or not plate_key:
            raise Denied([_error("No permit can be made for this: it is not one plate to be held.")])
        if start is None or end is None or not start < end <= now:
            raise Denied([_error("The window of a hold has a beginning and an end, and lies in the past.")])
        return issue(
            request_id=RequestId(of.hold_id),
            operator=operator.operator,
            plate_keys=frozenset({plate_key}),
            window_from=start,
            window_to=end,
            issued_at=now,
            policy_ids=told.policy_ids(),
            policy_set_hash=self.policy_set_hash,
            profile=operator.profile.profile,
        )

    def explain_act(
        self,
        person: PersonFacts,
        agency: AgencyFacts,
        act: Act,
        operator: OperatorFacts,
        context: ActContext | None = None,
    ) -> Explanation:
        """Return the verdict on an act and its reasons; pages use it to offer only what would be allowed."""
        try:
            request = act_request(person, agency, Act(act), operator, context or ActContext())
            hold = None if context is None else context.hold
            if not isinstance(hold, HoldFacts):
                return self._told(request, self._rule(request))
            told = self._told(request, self._rule(request), hold.cites)
            return msgspec.structs.replace(told, reasons=with_what_is_missing(told.reasons, hold))
        except FactsRefused as error:
            return _denied(_error(f"The act cannot be judged: {error.message}."))
        except Exception:  # noqa: BLE001 - whatever breaks while judging ends as a denial
            return _denied(_error("The act could not be judged, so it is denied."))

    def _judge_question(self, question: Question) -> Explanation:
        """Return the verdict on a question; what a second person would not change is denied at once."""
        found = self._suggestive.find(question.request.reason, question.request.case_number)
        approved = is_approved(question)
        request = question_request(question, suggestive=bool(found), approved=approved)
        ruling = self._rule(request)
        if not self._only_wants_approval(ruling):
            return self._told(request, ruling, cites_of(question))
        with_approval = question_request(question, suggestive=bool(found), approved=True)
        would_be = self._rule(with_approval)
        if not would_be.allowed:
            return self._told(with_approval, would_be, cites_of(question))
        return Explanation(verdict=Verdict.PENDING, reasons=self._reasons(ruling, cites_of(question), found))

    def _rule(self, request: CedarRequest) -> _Ruling:
        """Return Cedar's answer, or raise when it is not a clean yes or a clean no."""
        result = cedarpy.is_authorized(request.call(), self._policies.handle, request.entities, self._policies.schema)
        diagnostics = result.diagnostics
        if diagnostics.errors or result.decision not in {cedarpy.Decision.Allow, cedarpy.Decision.Deny}:
            # Cedar's own words may quote a value, so they are not passed on.
            raise FactsRefused("a policy failed, or a value is not one the schema knows")
        named = diagnostics.id_annotations_by_reason
        ids = tuple(sorted(PolicyId(named[number]) for number in diagnostics.reasons))
        allowed = result.decision is cedarpy.Decision.Allow
        effect = "permit" if allowed else "forbid"
        if any(self._policies.notes[name].effect != effect for name in ids) or (allowed and not ids):
            raise FactsRefused("the decision names a policy that cannot have made it")
        return _Ruling(allowed=allowed, policy_ids=ids)

    def _only_wants_approval(self, ruling: _Ruling) -> bool:
        """Say whether forbids decided, and each of them lifts with a second person's yes."""
        if ruling.allowed or not ruling.policy_ids:
            return False
        return all(self._policies.notes[name].approval for name in ruling.policy_ids)

    def _told(self, request: CedarRequest, ruling: _Ruling, cites: Mapping[str, str] = NO_CITES) -> Explanation:
        """Return a ruling in words."""
        if ruling.allowed:
            return Explanation(verdict=Verdict.PERMITTED, reasons=self._reasons(ruling, cites))
        if ruling.policy_ids:
            return _denied(*self._reasons(ruling, cites))
        says = f"No rule allows this. {self._shortfall.explain(request)}"
        return _denied(Reason(policy_id=DEFAULT_DENY, cite=_GATE_CITE, says=says))

    def _reasons(
        self, ruling: _Ruling, cites: Mapping[str, str], found: Sequence[SuggestiveWord] = ()
    ) -> tuple[Reason, ...]:
        """Return the policies that decided, with the entries of our own list that were found, never the free text."""
        more = {SUGGESTIVE: "Found: " + "; ".join(f"{word.id} ({word.why})" for word in found)} if found else {}
        notes = [self._policies.notes[name] for name in ruling.policy_ids]
        return tuple(note.reason(more.get(note.policy_id, ""), cites.get(note.field or "", "")) for note in notes)


def _error(says: str) -> Reason:
    """Return the reason for what could not be judged."""
    return Reason(policy_id=GATE_ERROR, cite=_GATE_CITE, says=says)


def _denied(*reasons: Reason) -> Explanation:
    """Return a denial."""
    return Explanation(verdict=Verdict.DENIED, reasons=reasons)
