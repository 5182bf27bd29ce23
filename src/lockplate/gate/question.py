"""Facts the gate judges: everything about one question to one operator that a policy may look at.

What flows in: the request, and what the registry and the law profile say. What flows out: frozen values.
What it must never see: I/O, a key, a token. No default here makes a request look better than it is.
"""

from datetime import datetime, timedelta

import msgspec

from lockplate.access import AccessRequest
from lockplate.terms import AgencyId, AgencyKind, GrantId, OperatorId, PersonId, ProfileId, Purpose, Role


class AgencyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An agency as the registry knows it."""

    agency: AgencyId
    kind: AgencyKind
    state: str
    """Two letters, `US-CA` without the country: `CA`; empty when it belongs to none."""
    active: bool


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the registry knows them."""

    person: PersonId
    agency: AgencyId
    roles: frozenset[Role]
    active: bool


class GrantFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A grant in force at this moment, from the operator to the agency named in it."""

    grant: GrantId
    grantee: AgencyId
    purposes: frozenset[Purpose]
    declaration_on_file: bool = False
    """The grantee's signed declaration, attestation or certification is on file and has not been withdrawn."""
    for_case: bool = False
    """The grant is for one case only."""
    case_agrees: bool = False
    """The question names that case; the number itself is not shown to policies."""


class ApprovalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A second person's yes to this very request; `gate.facts` says when it counts."""

    approver: PersonFacts
    approved_at: datetime


class ProfileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator's law profile says about questions."""

    profile: ProfileId
    retention: timedelta | None
    """How long unmatched reads live; None under match-only, where there are none to ask about."""
    case_required: bool
    offense_floor: str
    """`any`, `misdemeanor`, `gross_misdemeanor` or `felony`."""
    suspicion_floor: str = "reasonable"
    """`none`, `articulable`, `reasonable` or `probable_cause`: what a criminal investigation has to stand on."""
    purposes_denied: frozenset[Purpose]
    share_in_state: str
    """This and the next three: one of the schema's ShareRule; all but `deny` still need a grant."""
    share_out_of_state: str
    share_federal: str
    share_private: str
    """Asked when a grant is made; the floor lets no private agency ask, whatever stands here."""
    listed_states: frozenset[str] = frozenset()
    """Two-letter states that the rule `listed_states` means."""
    supervisor_after: timedelta | None
    """Reads older than this need a second person."""
    warrant_after: timedelta | None
    """Reads older than this need a warrant or court order."""
    laws: frozenset[ProfileId] = frozenset()
    """Every law profile that the reads asked for stand under: the operator's own, and those that travel with copies."""
    cites: dict[str, str] = {}
    """Field of the law in force → where its value is written, so that a denial names the very section."""


class OperatorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The operator whose reads are asked for."""

    operator: OperatorId
    agency: AgencyFacts
    profile: ProfileFacts


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One request to one operator, with all that the policies may look at."""

    request: AccessRequest
    operator: OperatorFacts
    person: PersonFacts
    asking_agency: AgencyFacts
    behalf_agency: AgencyFacts
    """The agency that will receive the answer; equal to `asking_agency` for "own agency"."""
    asking_grant: GrantFacts | None
    """The operator's grant to the asking agency; None when the operator's own agency asks, or none is in force."""
    behalf_grant: GrantFacts | None
    approval: ApprovalFacts | None
    now: datetime
    """When the facts were taken; the gate makes no permit from facts older than a minute."""
    on_hold: bool = False
    """A hold of the operator covers every plate and the whole window asked for."""
