"""ListGrants: named, dated, published agreements by which another agency's hot lists are matched at an operator.

What flows in: a proposal, a second person's acceptance, an end. What flows out: the grants; the register.
What it must never see: a plate. There is no list grant without an end, and none for everybody's lists. What was said of
the list lies in a sealed column.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from lockplate.clock import Clock, format_time, require_utc
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category
from lockplate.registry.database import reading, writing
from lockplate.registry.grants import LIVE, GrantState, agency_of_operator, require_person_of
from lockplate.registry.hotlists import HotList, NewHotList, list_hot_lists
from lockplate.registry.ids import new_id
from lockplate.registry.list_footing import NEVER_MATCHED, Footing, read_footing
from lockplate.registry.sealing import SealerOf
from lockplate.registry.tables import agencies, hot_list_entries, list_grants
from lockplate.terms import AgencyId, AgencyKind, ListGrantId, OperatorId, PersonId

MAX_LIFE = timedelta(days=366)
"""A year: after that somebody has to want the list again."""
MAX_INSTRUMENT = 200
MAX_NOTE = 1000

_TABLE = "list_grants"


class ListGrantProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed: whose lists, for which categories, from when to when, on which paper."""

    operator: OperatorId
    """Who would match against them."""
    owner_agency: AgencyId
    categories: frozenset[Category]
    """A list of the owner's with another category is not covered."""
    valid_from: datetime
    valid_to: datetime
    """Half open: [from, to), at most a year."""
    instrument: str
    """The paper on which the two agreed, by its public name: a memorandum, an order."""

    def instrument_sha256(self) -> str:
        """Return the SHA-256, hex, of the paper's name, as records carry it."""
        return hashlib.sha256(self.instrument.encode()).hexdigest()


class ListGrant(ListGrantProposal, frozen=True, kw_only=True):
    """A list grant with its history."""

    list_grant: ListGrantId
    proposed_by: PersonId
    proposed_at: datetime
    accepted_by: PersonId | None = None
    accepted_at: datetime | None = None
    ended_by: PersonId | None = None
    ended_at: datetime | None = None

    def state(self, now: datetime) -> GrantState:
        """Return where it stands at `now`, in the words of the other grants; `revoked` when somebody ended it."""
        if self.accepted_at is None:
            if self.ended_at is not None:
                return GrantState.WITHDRAWN
            return GrantState.PROPOSED if now < self.valid_to else GrantState.LAPSED
        if self.ended_at is not None:
            return GrantState.REVOKED
        if now < self.valid_from:
            return GrantState.COMING
        return GrantState.IN_FORCE if now < self.valid_to else GrantState.EXPIRED


class PublicListGrant(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the register that anyone may read; no person is named and no plate."""

    list_grant: ListGrantId
    operator: OperatorId
    owner_agency: AgencyId
    owner_name: str
    owner_kind: AgencyKind
    owner_state: str
    """Two letters, or empty."""
    categories: tuple[Category, ...]
    valid_from: datetime
    valid_to: datetime
    instrument: str
    accepted_at: datetime
    ended_at: datetime | None
    state: GrantState
    """Now, when the register was read."""
    entries: int
    """Of the owner's lists that it covers: how many entries are accepted here and match now."""
    waiting: int
    """How many wait for a person here."""


class EntryCounts(msgspec.Struct, frozen=True, kw_only=True):
    """A list's unexpired entries: those that count, and those that wait to be accepted."""

    entries: int
    waiting: int


class ListGrants:
    """The list grants of every operator here; none is ever removed, since the register shows the past too."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock) -> None:
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock

    def propose(self, proposal: ListGrantProposal, note: str = "", *, by: PersonId) -> ListGrant:
        """Write a proposal down; it gives nothing until a second person accepts it.

        `by` is an active person of the operator's agency; `note` is what the owner says of its lists, kept sealed.
        Raises BadInput (dates, categories, paper, note, owner, person), NotFound.
        """
        now = self._clock.now()
        check_list_grant(proposal, note, now)
        made = ListGrant(
            **msgspec.structs.asdict(proposal), list_grant=ListGrantId(new_id("a")), proposed_by=by, proposed_at=now
        )
        with writing(self._engine) as connection:
            own = agency_of_operator(connection, proposal.operator)
            _require_owner(connection, proposal.owner_agency, own)
            require_person_of(connection, by, {own})
            connection.execute(
                insert(list_grants).values(
                    list_grant=made.list_grant,
                    operator=made.operator,
                    owner_agency=made.owner_agency,
                    categories=made.categories,
                    valid_from=made.valid_from,
                    valid_to=made.valid_to,
                    instrument=made.instrument,
                    note_sealed=self._sealed(made, note),
                    proposed_by=by,
                    proposed_at=now,
                )
            )
        return made

    def accept(self, list_grant: ListGrantId, *, by: PersonId) -> ListGrant:
        """Accept a proposal: `by` is an active person of the operator's agency, and not the one who proposed.

        Raises Conflict when it is not a live proposal; BadInput for the wrong person or an owner whose lists are never
        matched; NotFound.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            found = _get(connection, list_grant)
            require_proposed(found, now)
            own = agency_of_operator(connection, found.operator)
            _require_owner(connection, found.owner_agency, own)
            require_person_of(connection, by, {own})
            if by == found.proposed_by:
                raise BadInput("another person than the proposer must accept", code="second_person_needed")
            _step(connection, list_grant, {"accepted_by": by, "accepted_at": now})
            return _get(connection, list_grant)

    def end(self, list_grant: ListGrantId, *, by: PersonId) -> ListGrant:
        """End a list grant, or withdraw a proposal, at once.

        `by` is an active person of the operator's or of the owner's agency. Raises Conflict when it is over already;
        BadInput for the wrong person; NotFound.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            found = _get(connection, list_grant)
            require_live(found, now)
            require_person_of(connection, by, {agency_of_operator(connection, found.operator), found.owner_agency})
            _step(connection, list_grant, {"ended_by": by, "ended_at": now})
            return _get(connection, list_grant)

    def get(self, list_grant: ListGrantId) -> ListGrant:
        """Return a list grant, or raise NotFound."""
        with reading(self._engine) as connection:
            return _get(connection, list_grant)

    def note(self, list_grant: ListGrantId) -> str:
        """Return what the owner said of its lists, opened; empty without. Raises NotFound, SealBroken."""
        with reading(self._engine) as connection:
            row = _row(connection, list_grant)
        if row.note_sealed is None:
            return ""
        sealer = self._sealer_of(OperatorId(row.operator))
        return sealer.open_column(_TABLE, "note_sealed", row.list_grant, row.note_sealed).decode()

    def list_all(self, operator: OperatorId | None = None) -> tuple[ListGrant, ...]:
        """Return every list grant and proposal, or those of one operator, oldest proposal first."""
        wanted = select(list_grants).order_by(list_grants.c.proposed_at, list_grants.c.list_grant)
        if operator is not None:
            wanted = wanted.where(list_grants.c.operator == operator)
        with reading(self._engine) as connection:
            return tuple(_grant(row) for row in connection.execute(wanted))

    def footing(self, hot_list: NewHotList, now: datetime) -> Footing:
        """Return on what a list, here or still to be added, stands at `now`. Raises NotFound."""
        with reading(self._engine) as connection:
            return read_footing(connection, hot_list, now)

    def counts(self, hot_list: HotList, now: datetime) -> EntryCounts:
        """Return how many of a list's entries count at `now`, and how many wait to be accepted."""
        with reading(self._engine) as connection:
            return _counts(connection, hot_list, now)

    def register(self, now: datetime) -> tuple[PublicListGrant, ...]:
        """Return every list grant ever accepted, past and present, as the public page shows it."""
        wanted = (
            select(
                list_grants, agencies.c.name, agencies.c.kind, agencies.c.state.label("owner_state"), agencies.c.active
            )
            .join(agencies, agencies.c.agency == list_grants.c.owner_agency)
            .where(list_grants.c.accepted_at.is_not(None))
            .order_by(list_grants.c.operator, list_grants.c.valid_from, list_grants.c.list_grant)
        )
        with reading(self._engine) as connection:
            lists = list_hot_lists(connection)
            counted = {one.list_id: _counts(connection, one, now) for one in lists}
            return tuple(
                _public(row, now, [counted[one.list_id] for one in lists if _is_under(one, row)])
                for row in connection.execute(wanted)
            )

    def _sealed(self, grant: ListGrant, note: str) -> bytes | None:
        if not note.strip():
            return None
        return self._sealer_of(grant.operator).seal_column(
            _TABLE, "note_sealed", grant.list_grant, note.strip().encode()
        )


def check_list_grant(proposal: ListGrantProposal, note: str, now: datetime) -> None:
    """Raise BadInput for dates, categories, a paper's name or a note that no list grant may have."""
    valid_from, valid_to = require_utc(proposal.valid_from), require_utc(proposal.valid_to)
    if not valid_from < valid_to or valid_to <= now:
        raise BadInput("a list grant ends after it starts, and not in the past", code="bad_window")
    if valid_to - valid_from > MAX_LIFE:
        raise BadInput("a list grant lasts at most a year", code="grant_too_long", next_step="Choose an earlier end.")
    if not proposal.categories:
        raise BadInput("a list grant names the categories that it covers", code="bad_categories")
    if not proposal.instrument.isprintable() or not 1 <= len(proposal.instrument.strip()) <= MAX_INSTRUMENT:
        raise BadInput("a list grant names its paper in one line of at most 200 characters", code="bad_instrument")
    if len(note) > MAX_NOTE:
        raise BadInput("the note is too long", code="text_too_long")


def list_grant_facts(proposal: ListGrantProposal) -> dict[str, str]:
    """Return a list grant as its records say it; the paper's name, a free text, by its hash."""
    return {
        "owner": proposal.owner_agency,
        "categories": ",".join(sorted(each.value for each in proposal.categories)),
        "valid_from": format_time(proposal.valid_from),
        "valid_to": format_time(proposal.valid_to),
        "instrument_sha256": proposal.instrument_sha256(),
    }


def require_proposed(grant: ListGrant, now: datetime) -> None:
    """Raise Conflict unless a list grant is a live proposal."""
    if grant.state(now) is not GrantState.PROPOSED:
        raise Conflict(f"the list grant is {grant.state(now).value}, not proposed", code="grant_not_proposed")


def require_live(grant: ListGrant, now: datetime) -> None:
    """Raise Conflict when a list grant is over already."""
    if grant.state(now) not in LIVE:
        raise Conflict(f"the list grant is {grant.state(now).value} already", code="grant_over")


def _require_owner(connection: Connection, owner: AgencyId, own: AgencyId) -> None:
    """Raise NotFound or BadInput when the agency's lists cannot come here by grant."""
    row = connection.execute(select(agencies.c.kind, agencies.c.active).where(agencies.c.agency == owner)).one_or_none()
    if row is None:
        raise NotFound("no agency has this id", code="unknown_agency")
    if row.kind == AgencyKind.IMMIGRATION_ENFORCEMENT.value:
        raise BadInput("lists of immigration enforcement are not matched", code="floor_immigration")
    if owner == own or not row.active or AgencyKind(row.kind) in NEVER_MATCHED:
        raise BadInput("the owner is one's own agency, not active, or none whose lists are matched", code="bad_owner")


def _counts(connection: Connection, hot_list: HotList, now: datetime) -> EntryCounts:
    footing = read_footing(connection, hot_list, now)
    here = (hot_list_entries.c.list_id == hot_list.list_id, hot_list_entries.c.expires_at > now)
    counted = select(func.count()).select_from(hot_list_entries).where(*here)
    every = connection.execute(counted).scalar_one()
    accepted = connection.execute(counted.where(footing.accepted())).scalar_one()
    return EntryCounts(entries=accepted, waiting=every - accepted)


def _step(connection: Connection, list_grant: ListGrantId, values: dict[str, object]) -> None:
    """Take one step; the caller's transaction looked first, and writers take turns."""
    connection.execute(update(list_grants).where(list_grants.c.list_grant == list_grant).values(values))


def _get(connection: Connection, list_grant: ListGrantId) -> ListGrant:
    return _grant(_row(connection, list_grant))


def _row(connection: Connection, list_grant: ListGrantId) -> Row[Any]:
    row = connection.execute(select(list_grants).where(list_grants.c.list_grant == list_grant)).one_or_none()
    if row is None:
        raise NotFound("no list grant has this id", code="unknown_list_grant")
    return row


def _is_under(hot_list: HotList, row: Row[Any]) -> bool:
    """Say whether a list is one that a grant covers."""
    return (hot_list.operator, hot_list.owner_agency) == (row.operator, row.owner_agency) and (
        hot_list.categories <= frozenset(map(Category, row.categories))
    )


def _grant(row: Row[Any]) -> ListGrant:
    return ListGrant(
        list_grant=ListGrantId(row.list_grant),
        operator=OperatorId(row.operator),
        owner_agency=AgencyId(row.owner_agency),
        categories=frozenset(map(Category, row.categories)),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        instrument=row.instrument,
        proposed_by=PersonId(row.proposed_by),
        proposed_at=row.proposed_at,
        accepted_by=row.accepted_by,
        accepted_at=row.accepted_at,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
    )


def _public(row: Row[Any], now: datetime, counts: list[EntryCounts]) -> PublicListGrant:
    grant = _grant(row)
    state = grant.state(now)
    if grant.accepted_at is None:
        raise Conflict("a proposal is not public", code="grant_not_accepted")
    if state is GrantState.IN_FORCE and not row.active:
        state = GrantState.SUSPENDED
    stands = state is GrantState.IN_FORCE
    return PublicListGrant(
        list_grant=grant.list_grant,
        operator=grant.operator,
        owner_agency=grant.owner_agency,
        owner_name=row.name,
        owner_kind=AgencyKind(row.kind),
        owner_state=row.owner_state,
        categories=tuple(sorted(grant.categories)),
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
        instrument=grant.instrument,
        accepted_at=grant.accepted_at,
        ended_at=grant.ended_at,
        state=state,
        entries=sum(one.entries for one in counts) if stands else 0,
        waiting=sum(one.waiting for one in counts) if stands else 0,
    )
