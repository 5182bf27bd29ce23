"""People: who may sign in, for which agency, in which roles.

What flows in: an administrator's changes; a name and a password. What flows out: the PersonFacts that the gate judges.
What it must never see: a plate. The display name and the TOTP secret lie sealed; passwords lie hashed.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound, Unauthenticated
from lockplate.gate.question import PersonFacts
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import require_login
from lockplate.registry.passwords import Passwords, wrong_credentials
from lockplate.registry.sealing import ColumnSealer
from lockplate.registry.tables import agencies, people, sessions, sign_in_failures
from lockplate.terms import AgencyId, PersonId, Role

MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=15)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the administrator's page shows them."""

    person: PersonId
    agency: AgencyId
    display_name: str
    roles: frozenset[Role]
    active: bool
    locked_at: datetime | None
    """Since when the person waits for an administrator's release."""
    has_password: bool
    has_totp: bool


class People:
    """The people of every agency here; one is never removed, since records name them, only set inactive."""

    def __init__(self, engine: Engine, sealer: ColumnSealer, clock: Clock, passwords: Passwords) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock
        self._passwords = passwords

    def add(
        self,
        person: PersonId,
        *,
        agency: AgencyId,
        display_name: str,
        roles: frozenset[Role],
        password: str | None = None,
    ) -> PersonFacts:
        """Add a person; without a password they can sign in only by other means.

        Raises BadInput (id, password), NotFound (agency), Conflict (the id is taken).
        """
        require_login(person)
        line = None if password is None else self._passwords.make_line(password)
        with writing(self._engine, "a person with this id exists already") as connection:
            if connection.execute(select(agencies.c.agency).where(agencies.c.agency == agency)).first() is None:
                raise NotFound("no agency has this id", code="unknown_agency")
            connection.execute(
                insert(people).values(
                    person=person,
                    agency=agency,
                    display_name_sealed=self._sealer.seal_column(
                        "people", "display_name_sealed", person, display_name.strip().encode()
                    ),
                    roles=roles,
                    active=True,
                    password_hash=line,
                    created_at=self._clock.now(),
                )
            )
        return PersonFacts(person=person, agency=agency, roles=frozenset(roles), active=True)

    def facts(self, person: PersonId) -> PersonFacts:
        """Return what the gate may know of a person, or raise NotFound."""
        with reading(self._engine) as connection:
            return read_person_facts(connection, person)

    def get(self, person: PersonId) -> Person:
        """Return a person with their name, or raise NotFound."""
        with reading(self._engine) as connection:
            return self._person(_row(connection, person))

    def list_all(self, agency: AgencyId | None = None) -> tuple[Person, ...]:
        """Return every person, or those of one agency, by id."""
        wanted = select(people).order_by(people.c.person)
        if agency is not None:
            wanted = wanted.where(people.c.agency == agency)
        with reading(self._engine) as connection:
            return tuple(self._person(row) for row in connection.execute(wanted))

    def list_facts(self) -> tuple[PersonFacts, ...]:
        """Return what the gate may know of every person, by id; no name is opened."""
        with reading(self._engine) as connection:
            return tuple(_facts(row) for row in connection.execute(select(people).order_by(people.c.person)))

    def authenticate(self, person: str, password: str) -> PersonFacts:
        """Return the facts of an active person whose password this is, or raise Unauthenticated.

        Unknown, locked and inactive people get the same words after the same work. Five failures within 15 minutes
        lock a known person until `release`.
        """
        with reading(self._engine) as connection:
            row = connection.execute(select(people).where(people.c.person == person)).one_or_none()
        try:
            self._passwords.require_match(password, None if row is None else row.password_hash)
        except Unauthenticated:
            self._note_failure(person)
            raise
        with writing(self._engine) as connection:
            # read again: another try may have locked the person while this one was hashing
            row = _row(connection, PersonId(person))
            usable = row.active and row.locked_at is None
            if usable:
                connection.execute(delete(sign_in_failures).where(sign_in_failures.c.name_hash == _name_hash(person)))
        if not usable:
            self._note_failure(person)
            raise wrong_credentials()
        return _facts(row)

    def set_password(self, person: PersonId, password: str) -> None:
        """Give a person another password and end their sessions. Raises BadInput and NotFound."""
        self._change(person, {"password_hash": self._passwords.make_line(password)}, end_sessions=True)

    def set_roles(self, person: PersonId, roles: frozenset[Role]) -> PersonFacts:
        """Give a person other roles and end their sessions. Raises NotFound."""
        return self._change(person, {"roles": roles}, end_sessions=True)

    def deactivate(self, person: PersonId) -> PersonFacts:
        """Set a person inactive and end their sessions. Raises NotFound."""
        return self._change(person, {"active": False}, end_sessions=True)

    def activate(self, person: PersonId) -> PersonFacts:
        """Set a person active again. Raises NotFound."""
        return self._change(person, {"active": True})

    def release(self, person: PersonId, *, by: PersonId) -> PersonFacts:
        """Let a locked person try again; `by` is another active administrator. Raises BadInput and NotFound."""
        with writing(self._engine) as connection:
            who = read_person_facts(connection, by)
            if by == person or not who.active or Role.ADMINISTRATOR not in who.roles:
                raise BadInput("another administrator must release the account", code="not_an_administrator")
            _row(connection, person)
            connection.execute(update(people).where(people.c.person == person).values(locked_at=None))
            connection.execute(delete(sign_in_failures).where(sign_in_failures.c.name_hash == _name_hash(person)))
            return read_person_facts(connection, person)

    def set_totp_secret(self, person: PersonId, secret: bytes | None) -> None:
        """Keep, or clear, a person's TOTP secret, sealed. Raises NotFound."""
        sealed = None if secret is None else self._sealer.seal_column("people", "totp_sealed", person, secret)
        self._change(person, {"totp_sealed": sealed}, end_sessions=True)

    def totp_secret(self, person: PersonId) -> bytes | None:
        """Return a person's TOTP secret, None when they have none; raises NotFound."""
        with reading(self._engine) as connection:
            sealed = _row(connection, person).totp_sealed
        return None if sealed is None else self._sealer.open_column("people", "totp_sealed", person, sealed)

    def _note_failure(self, person: str) -> None:
        """Write a failed try down, for known and unknown names alike, and lock a known person at the fifth."""
        now = self._clock.now()
        failures = sign_in_failures.c
        with writing(self._engine) as connection:
            connection.execute(delete(sign_in_failures).where(failures.at <= now - FAILURE_WINDOW))
            connection.execute(insert(sign_in_failures).values(name_hash=_name_hash(person), at=now))
            count = connection.execute(
                select(func.count()).select_from(sign_in_failures).where(failures.name_hash == _name_hash(person))
            ).scalar_one()
            if count >= MAX_FAILURES:
                not_yet = (people.c.person == person, people.c.locked_at.is_(None))
                connection.execute(update(people).where(*not_yet).values(locked_at=now))

    def _change(self, person: PersonId, values: dict[str, object], *, end_sessions: bool = False) -> PersonFacts:
        with writing(self._engine) as connection:
            _row(connection, person)
            connection.execute(update(people).where(people.c.person == person).values(values))
            if end_sessions:
                connection.execute(delete(sessions).where(sessions.c.person == person))
            return read_person_facts(connection, person)

    def _person(self, row: Row[Any]) -> Person:
        name = self._sealer.open_column("people", "display_name_sealed", row.person, row.display_name_sealed)
        facts = _facts(row)
        return Person(
            person=facts.person,
            agency=facts.agency,
            display_name=name.decode(),
            roles=facts.roles,
            active=facts.active,
            locked_at=row.locked_at,
            has_password=row.password_hash is not None,
            has_totp=row.totp_sealed is not None,
        )


def read_person_facts(connection: Connection, person: PersonId) -> PersonFacts:
    """Return a person's facts inside the caller's transaction, or raise NotFound."""
    return _facts(_row(connection, person))


def _row(connection: Connection, person: PersonId) -> Row[Any]:
    row = connection.execute(select(people).where(people.c.person == person)).one_or_none()
    if row is None:
        raise NotFound("no person has this id", code="unknown_person")
    return row


def _facts(row: Row[Any]) -> PersonFacts:
    return PersonFacts(
        person=PersonId(row.person),
        agency=AgencyId(row.agency),
        roles=frozenset(map(Role, row.roles)),
        active=row.active,
    )


def _name_hash(person: str) -> bytes:
    return hashlib.sha256(person.encode("utf-8", "replace")).digest()
