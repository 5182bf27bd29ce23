"""Sessions: who is signed in, for at most 30 idle minutes and 12 hours in all.

What flows in: a person who has authenticated; later the id from their cookie. What flows out: PersonFacts, or no.
What it must never see: a password. The id (256 random bits) is stored as SHA-256 only, and the token against forged
forms is derived from the id, so that the database can impersonate nobody.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Engine, delete, insert, or_, select, update

from lockplate.clock import Clock
from lockplate.errors import CallerError, NotFound, Unauthenticated
from lockplate.gate.question import PersonFacts
from lockplate.registry.database import reading, writing
from lockplate.registry.people import read_person_facts
from lockplate.registry.tables import people, sessions
from lockplate.terms import PersonId

SESSION_ID_BYTES = 32
IDLE_LIFE = timedelta(minutes=30)
WHOLE_LIFE = timedelta(hours=12)
_TOUCH_AFTER = timedelta(minutes=1)
"""A session's last use is written down at most once a minute, so that a page view seldom costs a write."""


class ForgedForm(CallerError):
    """A form came without its session's token."""

    default_code = "forged_form"
    http_status = 403


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in."""

    session_id: str
    """The secret for the cookie."""
    csrf_token: str
    person: PersonFacts
    opened_at: datetime
    ends_at: datetime
    """When it ends however much it is used."""


class Sessions:
    """The sessions of this node."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def open(self, person: PersonId) -> Session:
        """Open a session for a person who has just authenticated; raises Unauthenticated when inactive or locked."""
        now = self._clock.now()
        session_id = secrets.token_urlsafe(SESSION_ID_BYTES)
        with writing(self._engine) as connection:
            usable = (people.c.person == person, people.c.active, people.c.locked_at.is_(None))
            if connection.execute(select(people.c.person).where(*usable)).first() is None:
                raise _sign_in_again()
            connection.execute(
                insert(sessions).values(
                    session_hash=_session_hash(session_id), person=person, opened_at=now, last_used_at=now
                )
            )
            facts = read_person_facts(connection, person)
        return _session(session_id, facts, now)

    def resume(self, session_id: str, *, is_use: bool = True) -> Session:
        """Return the session behind a cookie, or raise Unauthenticated: unknown, over, or its person inactive.

        `is_use`: somebody does something. What goes on by itself, such as an open stream, keeps no session alive.
        """
        now = self._clock.now()
        here = sessions.c.session_hash == _session_hash(session_id)
        with reading(self._engine) as connection:
            row = connection.execute(select(sessions).where(here)).one_or_none()
            if row is None or now >= row.last_used_at + IDLE_LIFE or now >= row.opened_at + WHOLE_LIFE:
                raise _sign_in_again()
            try:
                facts = read_person_facts(connection, PersonId(row.person))
            except NotFound as error:
                raise _sign_in_again() from error
        if not facts.active:
            raise _sign_in_again()
        if is_use and now - row.last_used_at >= _TOUCH_AFTER:
            with writing(self._engine) as connection:
                connection.execute(update(sessions).where(here).values(last_used_at=now))
        return _session(session_id, facts, row.opened_at)

    def require_csrf(self, session: Session, token: str) -> Session:
        """Return the session when a form carries its token, else raise ForgedForm."""
        if not hmac.compare_digest(session.csrf_token.encode(), token.encode("utf-8", "replace")):
            raise ForgedForm("the form does not belong to this session", next_step="Load the page again.")
        return session

    def end(self, session_id: str) -> None:
        """End a session; one that is unknown or over already ends silently."""
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.session_hash == _session_hash(session_id)))

    def revoke(self, person: PersonId) -> int:
        """End every session of a person and return how many there were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(sessions).where(sessions.c.person == person)).rowcount

    def sweep(self) -> int:
        """Drop the rows of sessions that are over and return how many there were."""
        now = self._clock.now()
        over = or_(sessions.c.last_used_at <= now - IDLE_LIFE, sessions.c.opened_at <= now - WHOLE_LIFE)
        with writing(self._engine) as connection:
            return connection.execute(delete(sessions).where(over)).rowcount


def _session(session_id: str, person: PersonFacts, opened_at: datetime) -> Session:
    token = hmac.digest(session_id.encode(), b"lockplate/csrf/v1", hashlib.sha256).hex()
    return Session(
        session_id=session_id,
        csrf_token=token,
        person=person,
        opened_at=opened_at,
        ends_at=opened_at + WHOLE_LIFE,
    )


def _session_hash(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode("utf-8", "replace")).digest()


def _sign_in_again() -> Unauthenticated:
    return Unauthenticated("no session", next_step="Sign in.")
