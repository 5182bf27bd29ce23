"""Grants: named, dated, published permission from one operator to one agency.

What flows in: a proposal with its papers, a second person's approval, a revocation, a paper taken back. What flows out:
the grant in force; the register; the papers, opened.
What it must never see: a plate. There is no grant to everybody, and none without an end. The case and the paper's text
lie in sealed columns.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from lockplate.clock import Clock, require_utc
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.gate.question import GrantFacts
from lockplate.registry.database import reading, writing
from lockplate.registry.grant_papers import NO_PAPERS, GrantPapers, papers_of, same_case
from lockplate.registry.ids import new_id
from lockplate.registry.people import read_person_facts
from lockplate.registry.sealing import SealerOf
from lockplate.registry.tables import agencies, grants, operators, readers
from lockplate.terms import AgencyId, AgencyKind, GrantId, OperatorId, PersonId, Purpose, ReaderId

MAX_LIFE = timedelta(days=731)
"""Two years, one of them a leap year."""

NEVER_GRANTED = frozenset(
    {
        Purpose.IMMIGRATION,
        Purpose.REPRODUCTIVE_CARE,
        Purpose.GENDER_AFFIRMING_CARE,
        Purpose.PROTECTED_SPEECH,
        Purpose.PROTECTED_CLASS,
    }
)
"""What the floor refuses whoever asks (promise 4): a grant that names it could only mislead."""

_TABLE = "grants"
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")


class Instrument(StrEnum):
    """The legal paper behind a grant."""

    NONE = "none"
    DECLARATION = "declaration"
    ATTESTATION = "attestation"
    CERTIFICATION = "certification"


class GrantState(StrEnum):
    """Where a grant stands at a moment."""

    PROPOSED = "proposed"
    LAPSED = "lapsed"
    """Proposed, and over before anyone approved it."""
    WITHDRAWN = "withdrawn"
    """Proposed, and revoked before anyone approved it."""
    COMING = "coming"
    """Approved, and its first day has not come."""
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    """In the register: in force but for the grantee, which is set inactive and answered nothing."""


LIVE = frozenset({GrantState.PROPOSED, GrantState.COMING, GrantState.IN_FORCE})
"""States in which a grant can still be ended, or its paper taken back."""


class GrantProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed: by whom for whom, for which purposes and readers, from when to when."""

    operator: OperatorId
    grantee: AgencyId
    purposes: frozenset[Purpose]
    readers: frozenset[ReaderId] | None = None
    """None: every reader of the operator."""
    valid_from: datetime
    valid_to: datetime
    """Half open: [from, to), at most two years."""
    instrument: Instrument = Instrument.NONE
    instrument_hash: str | None = None
    """SHA-256, lower-case hex, of the signed paper; required unless the instrument is none."""
    for_case: bool = False
    """Only for one case; its number lies sealed."""


class Grant(GrantProposal, frozen=True, kw_only=True):
    """A grant with its history."""

    grant: GrantId
    proposed_by: PersonId
    proposed_at: datetime
    approved_by: PersonId | None = None
    approved_at: datetime | None = None
    revoked_by: PersonId | None = None
    revoked_at: datetime | None = None
    paper_here: bool = False
    """The paper lies here, sealed; False: there is none, or only its hash was given."""
    paper_withdrawn_by: PersonId | None = None
    paper_withdrawn_at: datetime | None = None

    @property
    def paper_stands(self) -> bool:
        """Say whether a declaration, attestation or certification is on file and not withdrawn."""
        return self.instrument is not Instrument.NONE and self.paper_withdrawn_at is None

    def state(self, now: datetime) -> GrantState:
        """Return where the grant stands at `now`."""
        if self.approved_at is None:
            if self.revoked_at is not None:
                return GrantState.WITHDRAWN
            return GrantState.PROPOSED if now < self.valid_to else GrantState.LAPSED
        if self.revoked_at is not None:
            return GrantState.REVOKED
        if now < self.valid_from:
            return GrantState.COMING
        return GrantState.IN_FORCE if now < self.valid_to else GrantState.EXPIRED


class PublicGrant(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the register that anyone may read."""

    grant: GrantId
    operator: OperatorId
    grantee: AgencyId
    grantee_name: str
    grantee_kind: AgencyKind
    grantee_state: str
    """Two letters, or empty."""
    purposes: tuple[Purpose, ...]
    readers: tuple[ReaderId, ...] | None
    valid_from: datetime
    valid_to: datetime
    instrument: Instrument
    instrument_hash: str | None
    paper_withdrawn_at: datetime | None
    for_case: bool
    """It answers in one case only, whose number is not public."""
    approved_at: datetime
    revoked_at: datetime | None
    state: GrantState
    """Now, when the register was read."""


class Grants:
    """The grants of every operator here; none is ever removed, since the register shows the past too."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock) -> None:
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock

    def propose(self, proposal: GrantProposal, papers: GrantPapers = NO_PAPERS, *, by: PersonId) -> Grant:
        """Write a proposal down; it gives nothing until a second person approves.

        `by` is an active person of the operator's or of the grantee's agency. Raises BadInput (dates, purposes,
        paper, case, readers, grantee), NotFound.
        """
        proposal = with_papers(proposal, papers)
        _check(proposal, self._clock.now())
        made = Grant(
            **msgspec.structs.asdict(proposal),
            grant=GrantId(new_id("g")),
            proposed_by=by,
            proposed_at=self._clock.now(),
            paper_here=papers.content() is not None,
        )
        case = papers.case_number.strip().encode() if made.for_case else None
        with writing(self._engine) as connection:
            owner = agency_of_operator(connection, proposal.operator)
            _require_grantee(connection, proposal.grantee, owner)
            _require_readers(connection, proposal)
            require_person_of(connection, by, {owner, proposal.grantee})
            connection.execute(
                insert(grants).values(
                    grant_id=made.grant,
                    operator=made.operator,
                    grantee=made.grantee,
                    purposes=made.purposes,
                    readers=made.readers,
                    valid_from=made.valid_from,
                    valid_to=made.valid_to,
                    instrument=made.instrument.value,
                    instrument_hash=made.instrument_hash,
                    case_sealed=self._sealed(made, "case_sealed", case),
                    paper_sealed=self._sealed(made, "paper_sealed", papers.content()),
                    proposed_by=by,
                    proposed_at=made.proposed_at,
                )
            )
        return made

    def approve(self, grant: GrantId, *, by: PersonId) -> Grant:
        """Approve a proposal: `by` is an active person of the operator's agency, and not the one who proposed.

        Raises Conflict when it is not a live proposal, or another approved grant of the pair covers part of its time;
        BadInput for the wrong person; NotFound.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            found = _get(connection, grant)
            if found.state(now) is not GrantState.PROPOSED:
                raise Conflict(f"the grant is {found.state(now).value}, not proposed", code="grant_not_proposed")
            require_person_of(connection, by, {agency_of_operator(connection, found.operator)})
            if by == found.proposed_by:
                raise BadInput("another person than the proposer must approve", code="second_person_needed")
            if any(_overlap(found, other) for other in _of_pair(connection, found.operator, found.grantee)):
                raise Conflict(
                    "another grant between the two covers part of this time",
                    code="grant_overlaps",
                    next_step="Revoke the other grant first, or choose other dates.",
                )
            _step(connection, grant, grants.c.approved_at.is_(None), {"approved_by": by, "approved_at": now})
            return _get(connection, grant)

    def revoke(self, grant: GrantId, *, by: PersonId) -> Grant:
        """End a grant, or withdraw a proposal, at once: `by` is an active person of the operator's agency.

        Raises Conflict when it is over already; BadInput for the wrong person; NotFound.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            found = _get(connection, grant)
            if found.state(now) not in LIVE:
                raise Conflict(f"the grant is {found.state(now).value} already", code="grant_over")
            require_person_of(connection, by, {agency_of_operator(connection, found.operator)})
            _step(connection, grant, grants.c.revoked_at.is_(None), {"revoked_by": by, "revoked_at": now})
            return _get(connection, grant)

    def withdraw_paper(self, grant: GrantId, *, by: PersonId) -> Grant:
        """Write down that the paper is taken back: from now on the grant has none on file.

        `by` is an active person of the operator's or of the grantee's agency. Raises Conflict when there is no paper,
        it was withdrawn already or the grant is over; BadInput for the wrong person; NotFound.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            found = _get(connection, grant)
            require_paper_to_withdraw(found, now)
            require_person_of(connection, by, {agency_of_operator(connection, found.operator), found.grantee})
            values = {"paper_withdrawn_by": by, "paper_withdrawn_at": now}
            _step(connection, grant, grants.c.paper_withdrawn_at.is_(None), values)
            return _get(connection, grant)

    def papers(self, grant: GrantId) -> GrantPapers:
        """Return a grant's case number and its paper, opened; raises NotFound, SealBroken."""
        with reading(self._engine) as connection:
            row = _row(connection, grant)
        number = self._opened(row, "case_sealed", row.case_sealed) or b""
        return papers_of(number.decode(), self._opened(row, "paper_sealed", row.paper_sealed))

    def get(self, grant: GrantId) -> Grant:
        """Return a grant, or raise NotFound."""
        with reading(self._engine) as connection:
            return _get(connection, grant)

    def list_all(self, operator: OperatorId | None = None) -> tuple[Grant, ...]:
        """Return every grant and proposal, or those of one operator, oldest proposal first."""
        wanted = select(grants).order_by(grants.c.proposed_at, grants.c.grant_id)
        if operator is not None:
            wanted = wanted.where(grants.c.operator == operator)
        with reading(self._engine) as connection:
            return tuple(_grant(row) for row in connection.execute(wanted))

    def in_force(
        self, operator: OperatorId, grantee: AgencyId, now: datetime, case_number: str = ""
    ) -> GrantFacts | None:
        """Return the grant in force at `now`, or None; at most one can be. An inactive grantee has none.

        `case_number` is the question's; whether it is the grant's is all that the facts say of either.
        """
        found = self.in_force_grant(operator, grantee, now)
        if found is None:
            return None
        return GrantFacts(
            grant=found.grant,
            grantee=found.grantee,
            purposes=found.purposes,
            declaration_on_file=found.paper_stands,
            for_case=found.for_case,
            case_agrees=found.for_case and same_case(self.papers(found.grant).case_number, case_number),
        )

    def in_force_grant(self, operator: OperatorId, grantee: AgencyId, now: datetime) -> Grant | None:
        """Return the same with its readers: a look-up answers only from those that the grant names."""
        active = select(agencies.c.agency).where(agencies.c.agency == grantee, agencies.c.active)
        with reading(self._engine) as connection:
            if connection.execute(active).first() is None:
                return None
            for found in _of_pair(connection, operator, grantee):
                if found.state(now) is GrantState.IN_FORCE:
                    return found
        return None

    def register(self, now: datetime) -> tuple[PublicGrant, ...]:
        """Return every grant ever approved, past and present, as the public page shows it; no person is named."""
        wanted = (
            select(grants, agencies.c.name, agencies.c.kind, agencies.c.state.label("grantee_state"), agencies.c.active)
            .join(agencies, agencies.c.agency == grants.c.grantee)
            .where(grants.c.approved_at.is_not(None))
            .order_by(grants.c.operator, grants.c.valid_from, grants.c.grant_id)
        )
        with reading(self._engine) as connection:
            return tuple(_public(row, now) for row in connection.execute(wanted))

    def _sealed(self, grant: Grant, column: str, plain: bytes | None) -> bytes | None:
        if plain is None:
            return None
        return self._sealer_of(grant.operator).seal_column(_TABLE, column, grant.grant, plain)

    def _opened(self, row: Row[Any], column: str, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        return self._sealer_of(OperatorId(row.operator)).open_column(_TABLE, column, row.grant_id, sealed)


def with_papers(proposal: GrantProposal, papers: GrantPapers) -> GrantProposal:
    """Return the proposal as its papers make it: for one case or not, with our own hash of the paper.

    Raises BadInput for papers nobody can keep, a hash that is not the paper's, or a paper without its kind.
    """
    papers.check()
    digest = proposal.instrument_hash
    if papers.content() is not None:
        if proposal.instrument is Instrument.NONE:
            raise BadInput("a paper without its kind", code="bad_instrument")
        if digest not in {None, papers.digest()}:
            raise BadInput("the paper has another SHA-256 than the one given", code="paper_differs")
        digest = papers.digest()
    return msgspec.structs.replace(proposal, instrument_hash=digest, for_case=bool(papers.case_number.strip()))


def require_paper_to_withdraw(grant: Grant, now: datetime) -> None:
    """Raise Conflict when a grant has no paper, it was withdrawn already, or the grant is over."""
    if grant.instrument is Instrument.NONE:
        raise Conflict("the grant has no paper behind it", code="no_paper")
    if grant.paper_withdrawn_at is not None:
        raise Conflict("the paper was withdrawn already", code="paper_withdrawn")
    if grant.state(now) not in LIVE:
        raise Conflict(f"the grant is {grant.state(now).value} already", code="grant_over")


def _check(proposal: GrantProposal, now: datetime) -> None:
    """Raise BadInput for dates, purposes or paper that no grant may have."""
    valid_from, valid_to = require_utc(proposal.valid_from), require_utc(proposal.valid_to)
    if not valid_from < valid_to or valid_to <= now:
        raise BadInput("a grant ends after it starts, and not in the past", code="bad_window")
    if valid_to - valid_from > MAX_LIFE:
        raise BadInput("a grant lasts at most two years", code="grant_too_long", next_step="Choose an earlier end.")
    if not proposal.purposes or proposal.purposes & NEVER_GRANTED:
        raise BadInput("a grant names purposes, and none that the floor refuses", code="bad_purposes")
    if proposal.readers is not None and not proposal.readers:
        raise BadInput("a grant names readers, or is for all of them", code="bad_readers")
    if proposal.instrument is Instrument.NONE:
        if proposal.instrument_hash is not None:
            raise BadInput("a text's hash without a kind of paper", code="bad_instrument")
    elif not _SHA256_HEX.fullmatch(proposal.instrument_hash or ""):
        raise BadInput("the paper's SHA-256 is missing or not 64 hex digits", code="bad_instrument")


def agency_of_operator(connection: Connection, operator: OperatorId) -> AgencyId:
    """Return the operator's agency, or raise NotFound."""
    row = connection.execute(select(operators.c.agency).where(operators.c.operator == operator)).one_or_none()
    if row is None:
        raise NotFound("no operator has this id", code="unknown_operator")
    return AgencyId(row.agency)


def _require_grantee(connection: Connection, grantee: AgencyId, owner: AgencyId) -> None:
    """Raise NotFound or BadInput when the agency cannot be granted anything."""
    row = connection.execute(
        select(agencies.c.kind, agencies.c.active).where(agencies.c.agency == grantee)
    ).one_or_none()
    if row is None:
        raise NotFound("no agency has this id", code="unknown_agency")
    if row.kind == AgencyKind.IMMIGRATION_ENFORCEMENT.value:
        raise BadInput("immigration enforcement is granted nothing", code="floor_immigration")
    if grantee == owner or not row.active:
        raise BadInput("the grantee is the operator's own agency, or inactive", code="bad_grantee")


def _require_readers(connection: Connection, proposal: GrantProposal) -> None:
    """Raise NotFound when a named reader is not the operator's."""
    if proposal.readers is not None:
        own = select(readers.c.reader).where(readers.c.operator == proposal.operator)
        if not proposal.readers <= set(connection.execute(own).scalars()):
            raise NotFound("a named reader is not the operator's", code="unknown_reader")


def require_person_of(connection: Connection, person: PersonId, allowed: set[AgencyId]) -> None:
    """Raise BadInput when the person is inactive or of another agency."""
    facts = read_person_facts(connection, person)
    if not facts.active or facts.agency not in allowed:
        raise BadInput("only an active person of the right agency may do this", code="wrong_agency")


def _step(connection: Connection, grant: GrantId, condition: Any, values: dict[str, object]) -> None:
    """Take one step if nobody took it first."""
    if connection.execute(update(grants).where(grants.c.grant_id == grant, condition).values(values)).rowcount != 1:
        raise Conflict("somebody else changed the grant at the same time", code="grant_changed")


def _get(connection: Connection, grant: GrantId) -> Grant:
    return _grant(_row(connection, grant))


def _row(connection: Connection, grant: GrantId) -> Row[Any]:
    row = connection.execute(select(grants).where(grants.c.grant_id == grant)).one_or_none()
    if row is None:
        raise NotFound("no grant has this id", code="unknown_grant")
    return row


def _of_pair(connection: Connection, operator: OperatorId, grantee: AgencyId) -> Iterable[Grant]:
    """Return the pair's grants that were approved and not revoked, oldest first."""
    lines = connection.execute(
        select(grants)
        .where(
            grants.c.operator == operator,
            grants.c.grantee == grantee,
            grants.c.approved_at.is_not(None),
            grants.c.revoked_at.is_(None),
        )
        .order_by(grants.c.valid_from)
    )
    return [_grant(row) for row in lines]


def _overlap(one: Grant, other: Grant) -> bool:
    return one.valid_from < other.valid_to and other.valid_from < one.valid_to


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        grant=GrantId(row.grant_id),
        operator=OperatorId(row.operator),
        grantee=AgencyId(row.grantee),
        purposes=frozenset(map(Purpose, row.purposes)),
        readers=None if row.readers is None else frozenset(map(ReaderId, row.readers)),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        instrument=Instrument(row.instrument),
        instrument_hash=row.instrument_hash,
        for_case=row.case_sealed is not None,
        paper_here=row.paper_sealed is not None,
        paper_withdrawn_by=row.paper_withdrawn_by,
        paper_withdrawn_at=row.paper_withdrawn_at,
        proposed_by=PersonId(row.proposed_by),
        proposed_at=row.proposed_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        revoked_by=row.revoked_by,
        revoked_at=row.revoked_at,
    )


def _public(row: Row[Any], now: datetime) -> PublicGrant:
    grant = _grant(row)
    state = grant.state(now)
    if grant.approved_at is None:
        raise Conflict("a proposal is not public", code="grant_not_approved")
    return PublicGrant(
        grant=grant.grant,
        operator=grant.operator,
        grantee=grant.grantee,
        grantee_name=row.name,
        grantee_kind=AgencyKind(row.kind),
        grantee_state=row.grantee_state,
        purposes=tuple(sorted(grant.purposes)),
        readers=None if grant.readers is None else tuple(sorted(grant.readers)),
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
        instrument=grant.instrument,
        instrument_hash=grant.instrument_hash,
        paper_withdrawn_at=grant.paper_withdrawn_at,
        for_case=grant.for_case,
        approved_at=grant.approved_at,
        revoked_at=grant.revoked_at,
        state=GrantState.SUSPENDED if state is GrantState.IN_FORCE and not row.active else state,
    )
