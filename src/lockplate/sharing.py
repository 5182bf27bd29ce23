"""Sharing: a grant is proposed, approved by a second person, on record, and only then in the register.

What flows in: people, agencies and an operator as the registry knows them; a proposal with its papers. What flows out:
grants.
What it must never see: a key, a read. The gate judges every step, the floor among its policies, and a step that it
denies is on record too. A proposal gives nothing; an approval's record is durable before the approval counts.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import Clock, format_time
from lockplate.errors import Conflict, Denied, LockplateError
from lockplate.evidence.noting import Recording
from lockplate.gate.act import Act, ActContext, Allowance
from lockplate.gate.decision import Gate
from lockplate.gate.question import AgencyFacts, OperatorFacts, PersonFacts
from lockplate.registry.grant_papers import NO_PAPERS, GrantPapers
from lockplate.registry.grants import (
    Grant,
    GrantProposal,
    Grants,
    GrantState,
    require_paper_to_withdraw,
    with_papers,
)
from lockplate.terms import Action, LeafIndex, Verdict

T = TypeVar("T")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, for which agency, at whose reads: facts of this moment."""

    person: PersonFacts
    agency: AgencyFacts
    operator: OperatorFacts


class Sharing:
    """Grants from one operator; built for one call, so that its facts are of this moment."""

    def __init__(self, *, grants: Grants, gate: Gate, recorder: Recording, clock: Clock) -> None:
        self._grants = grants
        self._gate = gate
        self._recorder = recorder
        self._clock = clock

    def propose(
        self, who: Standing, grantee: AgencyFacts, proposal: GrantProposal, papers: GrantPapers = NO_PAPERS
    ) -> Grant:
        """Return the proposal, on record; it gives nothing yet. Raises Denied, BadInput, NotFound.

        Its id is made when it is written down, so the record follows; the approval's record repeats all of it. Of the
        case's number, records hold a commitment only.
        """
        proposal = with_papers(proposal, papers)
        context = _context(grantee, proposal)
        allowance = self._allow(who, Act.PROPOSE_GRANT, context, Action.GRANT_PROPOSED, grant_facts(proposal))
        made = self._grants.propose(proposal, papers, by=who.person.person)
        facts = {"grant": made.grant} | grant_facts(made)
        self._record(who, allowance, Action.GRANT_PROPOSED, facts, _private(papers))
        return made

    def approve(self, who: Standing, grantee: AgencyFacts, grant: Grant) -> Grant:
        """Return the grant, approved by a second person. Raises Denied, Conflict, BadInput."""
        facts = {"grant": grant.grant, "proposed_by": grant.proposed_by} | grant_facts(grant)
        context = msgspec.structs.replace(_context(grantee, grant), proposer=grant.proposed_by)
        allowance = self._allow(who, Act.APPROVE_GRANT, context, Action.GRANT_APPROVED, facts)
        if grant.state(self._clock.now()) is not GrantState.PROPOSED:
            raise Conflict(f"the grant is {grant.state(self._clock.now()).value}", code="grant_not_proposed")
        papers = self._grants.papers(grant.grant)
        place = self._record(who, allowance, Action.GRANT_APPROVED, facts, _private(papers))
        return self._counted(
            who,
            Action.GRANT_APPROVED,
            place,
            facts,
            lambda: self._grants.approve(grant.grant, by=who.person.person),
        )

    def revoke(self, who: Standing, grant: Grant) -> Grant:
        """Return the grant, ended now, or the proposal, withdrawn. Raises Denied, Conflict."""
        facts = {"grant": grant.grant, "grantee": grant.grantee}
        allowance = self._allow(who, Act.REVOKE_GRANT, ActContext(), Action.GRANT_REVOKED, facts)
        place = self._record(who, allowance, Action.GRANT_REVOKED, facts)
        return self._counted(
            who, Action.GRANT_REVOKED, place, facts, lambda: self._grants.revoke(grant.grant, by=who.person.person)
        )

    def withdraw_paper(self, who: Standing, grantee: AgencyFacts, grant: Grant) -> Grant:
        """Return the grant, its paper withdrawn from the next question on. Raises Denied, Conflict.

        The grantee's own supervisor may do it, too: it is that agency's word.
        """
        facts = {"grant": grant.grant, "grantee": grant.grantee, "instrument": grant.instrument.value}
        if grant.instrument_hash is not None:
            facts["instrument_hash"] = grant.instrument_hash
        action = Action.GRANT_PAPER_WITHDRAWN
        allowance = self._allow(who, Act.WITHDRAW_PAPER, ActContext(grantee=grantee), action, facts)
        require_paper_to_withdraw(grant, self._clock.now())
        place = self._record(who, allowance, action, facts)
        return self._counted(
            who, action, place, facts, lambda: self._grants.withdraw_paper(grant.grant, by=who.person.person)
        )

    def _allow(self, who: Standing, act: Act, context: ActContext, action: Action, facts: dict[str, str]) -> Allowance:
        """Return the gate's yes, or put its no on record and raise it."""
        try:
            return self._gate.decide_act(who.person, who.agency, act, who.operator, context)
        except Denied as denied:
            record = self._made(who, action, facts)
            ids = tuple(reason.policy_id for reason in denied.reasons)
            self._recorder.record(msgspec.structs.replace(record, verdict=Verdict.DENIED, policy_ids=ids))
            raise

    def _record(
        self,
        who: Standing,
        allowance: Allowance,
        action: Action,
        facts: dict[str, str],
        private: dict[str, str] | None = None,
    ) -> LeafIndex:
        made = self._made(who, action, facts)
        permitted = msgspec.structs.replace(made, verdict=Verdict.PERMITTED, policy_ids=allowance.policy_ids)
        return self._recorder.record(permitted, private)

    def _counted(
        self, who: Standing, action: Action, place: LeafIndex, facts: dict[str, str], step: Callable[[], T]
    ) -> T:
        """Take a recorded step; when it fails after all, that is on record too."""
        try:
            return step()
        except LockplateError as error:
            failed = facts | {"outcome": "failed", "code": error.code}
            self._recorder.record(msgspec.structs.replace(self._made(who, action, failed), refers_to=place))
            raise

    def _made(self, who: Standing, action: Action, facts: dict[str, str]) -> AccessRecord:
        return AccessRecord(
            action=action,
            at=self._clock.now(),
            operator=who.operator.operator,
            person=who.person.person,
            agency=who.person.agency,
            policy_set_hash=self._gate.policy_set_hash,
            profile=who.operator.profile.profile,
            facts=facts,
        )


def _context(grantee: AgencyFacts, proposal: GrantProposal) -> ActContext:
    """Return what the gate looks at; a grant here always ends."""
    return ActContext(
        grantee=grantee, grant_purposes=proposal.purposes, grant_ends=True, grant_for_case=proposal.for_case
    )


def _private(papers: GrantPapers) -> dict[str, str]:
    """Return what a grant's records commit to and keep sealed."""
    case = papers.case_number.strip()
    return {"case_number": case} if case else {}


def grant_facts(proposal: GrantProposal) -> dict[str, str]:
    """Return a grant as its records say it: what the register will publish."""
    facts = {
        "grantee": proposal.grantee,
        "purposes": ",".join(sorted(purpose.value for purpose in proposal.purposes)),
        "readers": "all" if proposal.readers is None else ",".join(sorted(proposal.readers)),
        "valid_from": format_time(proposal.valid_from),
        "valid_to": format_time(proposal.valid_to),
        "instrument": proposal.instrument.value,
    }
    if proposal.for_case:
        facts["for_case"] = "yes"
    return facts if proposal.instrument_hash is None else facts | {"instrument_hash": proposal.instrument_hash}
