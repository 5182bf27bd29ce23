"""Facts for the gate: what the registry and the law say around one request, gathered anew for each question.

What flows in: a request and an operator. What flows out: a Question, complete.
What it must never see: a key or a row. Whoever is not in the registry is unknown, and the floor refuses the unknown.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from lockplate.access import AccessRequest
from lockplate.clock import Clock
from lockplate.errors import NotFound
from lockplate.gate.question import (
    AgencyFacts,
    ApprovalFacts,
    GrantFacts,
    OperatorFacts,
    PersonFacts,
    ProfileFacts,
    Question,
)
from lockplate.law.cites import cites_of_law
from lockplate.law.composition import LawInForce
from lockplate.law.profile import LawProfile
from lockplate.registry.agencies import Agencies
from lockplate.registry.grants import Grants
from lockplate.registry.operators import Operators
from lockplate.registry.people import People
from lockplate.terms import AgencyId, AgencyKind, OperatorId, PersonId, ProfileId, ReaderId

FROM_STORAGE = timedelta(days=36_500)
"""Look-back that the gate is told when the limit counts from storage: then keys decide, not the date of the read."""
NO_PROFILE = ProfileId("none")


class FactFinder:
    """Looks facts up; nothing is cached, so a revoked grant or a closed account counts at the next question."""

    def __init__(
        self,
        *,
        operators: Operators,
        agencies: Agencies,
        people: People,
        grants: Grants,
        law_of: Callable[[OperatorId], LawProfile | None],
        law_of_window: Callable[[OperatorId, datetime, datetime], LawInForce | None],
        on_hold: Callable[[AccessRequest, OperatorId], bool],
        clock: Clock,
    ) -> None:
        self._operators = operators
        self._agencies = agencies
        self._people = people
        self._grants = grants
        self._law_of = law_of
        self._law_of_window = law_of_window
        self._on_hold = on_hold
        self._clock = clock

    def question(self, request: AccessRequest, operator: OperatorId, approval: ApprovalFacts | None) -> Question:
        """Return the question that the gate judges; raises NotFound for an operator or person that is not here."""
        now = self._clock.now()
        law = self._law_of_window(operator, request.window_from, request.window_to)
        facts = msgspec.structs.replace(self.operator(operator), profile=facts_of(law))
        return Question(
            request=request,
            operator=facts,
            person=self._people.facts(request.person),
            asking_agency=self.agency(request.agency),
            behalf_agency=self.agency(request.on_behalf_of),
            asking_grant=self._grant(facts, request.agency, request, now),
            behalf_grant=self._grant(facts, request.on_behalf_of, request, now),
            approval=approval,
            now=now,
            on_hold=self._on_hold(request, operator),
        )

    def person(self, request: AccessRequest) -> PersonFacts:
        """Return the person who asks; raises NotFound."""
        return self._people.facts(request.person)

    def person_named(self, person: PersonId) -> PersonFacts:
        """Return a person; raises NotFound."""
        return self._people.facts(person)

    def agency(self, agency: AgencyId) -> AgencyFacts:
        """Return an agency, or the facts of an unknown one."""
        try:
            return self._agencies.get(agency)
        except NotFound:
            return AgencyFacts(agency=agency, kind=AgencyKind.UNKNOWN, state="", active=False)

    def operator(self, operator: OperatorId) -> OperatorFacts:
        """Return an operator with its profile of today; raises NotFound."""
        registered = self._operators.get(operator)
        profile = self._law_of(operator)
        return OperatorFacts(operator=operator, agency=self.agency(registered.agency), profile=profile_facts(profile))

    def profile(self, operator: OperatorId) -> LawProfile | None:
        """Return the law in force for an operator today, or None when it has none."""
        return self._law_of(operator)

    def granted_readers(self, question: Question) -> frozenset[ReaderId] | None:
        """Return the readers that the grants behind a question cover; None when all: the own agency, or whole grants.

        Asked for oneself and for somebody else, only what both grants cover.
        """
        covered: frozenset[ReaderId] | None = None
        for agency in {question.request.agency, question.request.on_behalf_of}:
            if agency == question.operator.agency.agency:
                continue
            grant = self._grants.in_force_grant(question.operator.operator, agency, question.now)
            if grant is None or grant.readers is None:
                continue
            covered = grant.readers if covered is None else covered & grant.readers
        return covered

    def _grant(
        self, facts: OperatorFacts, agency: AgencyId, request: AccessRequest, now: datetime
    ) -> GrantFacts | None:
        if agency == facts.agency.agency:
            return None
        return self._grants.in_force(facts.operator, agency, now, request.case_number)


def facts_of(in_force: LawInForce | None) -> ProfileFacts:
    """Return what the gate must know of the law for one window, the laws that travel with its reads among it."""
    if in_force is None:
        return profile_facts(None)
    return msgspec.structs.replace(
        profile_facts(in_force.law),
        laws=frozenset(law.id for law in in_force.statutes),
        cites=cites_of_law(in_force.law),
    )


def profile_facts(profile: LawProfile | None) -> ProfileFacts:
    """Return what the gate must know of a profile; without a profile, everything is refused."""
    if profile is None:
        return ProfileFacts(
            profile=NO_PROFILE,
            retention=None,
            case_required=True,
            offense_floor="felony",
            purposes_denied=frozenset(),
            share_in_state="deny",
            share_out_of_state="deny",
            share_federal="deny",
            share_private="deny",
            supervisor_after=timedelta(0),
            warrant_after=timedelta(0),
        )
    rule = profile.retention_rule
    return ProfileFacts(
        profile=profile.id,
        retention=None if rule is None else rule.limit if rule.from_capture else FROM_STORAGE,
        case_required=profile.case_required,
        offense_floor=profile.offense_floor.value,
        suspicion_floor=profile.suspicion.value,
        listed_states=profile.share_listed_states,
        purposes_denied=profile.purposes_denied,
        share_in_state=profile.share_in_state.value,
        share_out_of_state=profile.share_out_of_state.value,
        share_federal=profile.share_federal.value,
        share_private=profile.share_private.value,
        supervisor_after=profile.supervisor_after,
        warrant_after=profile.warrant_after,
    )
