"""Sessions: they end by themselves, and the database can impersonate nobody."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from lockplate.clock import SetClock
from lockplate.errors import Unauthenticated
from lockplate.registry.database import close_database, reading
from lockplate.registry.people import People
from lockplate.registry.sessions import ForgedForm, Sessions
from lockplate.registry.tables import sessions as sessions_table
from lockplate.terms import PersonId

pytestmark = pytest.mark.usefixtures("county")
ANN = PersonId("ann")


@pytest.fixture
def sessions(engine: Engine, clock: SetClock) -> Sessions:
    return Sessions(engine, clock)


def test_a_session_is_resumed(sessions: Sessions, people: People) -> None:
    """The cookie's id brings back the person and the same token."""
    opened = sessions.open(ANN)
    assert people.facts(ANN) == opened.person
    assert opened == sessions.resume(opened.session_id)


def test_idle_sessions_end(sessions: Sessions, clock: SetClock) -> None:
    """29 idle minutes are well, 30 are not."""
    opened = sessions.open(ANN)
    clock.advance(timedelta(minutes=29))
    sessions.resume(opened.session_id)
    clock.advance(timedelta(minutes=29))
    sessions.resume(opened.session_id)
    clock.advance(timedelta(minutes=30))
    with pytest.raises(Unauthenticated):
        sessions.resume(opened.session_id)


def test_what_goes_on_by_itself_keeps_no_session_alive(sessions: Sessions, clock: SetClock) -> None:
    """An open stream looks at its session each quarter of a minute; thirty minutes after the last use it is over."""
    opened = sessions.open(ANN)
    for _ in range(29):
        clock.advance(timedelta(minutes=1))
        sessions.resume(opened.session_id, is_use=False)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(Unauthenticated):
        sessions.resume(opened.session_id, is_use=False)


def test_twelve_hours_end_any_session(sessions: Sessions, clock: SetClock) -> None:
    """However much it is used, a session ends after twelve hours."""
    opened = sessions.open(ANN)
    for _ in range(12 * 4 - 1):
        clock.advance(timedelta(minutes=15))
        sessions.resume(opened.session_id)
    clock.advance(timedelta(minutes=15))
    assert opened.ends_at == clock.now()
    with pytest.raises(Unauthenticated):
        sessions.resume(opened.session_id)


def test_end_and_revoke(sessions: Sessions) -> None:
    """Signing out ends one session, revoking ends all of a person's."""
    first, second, third = sessions.open(ANN), sessions.open(ANN), sessions.open(ANN)
    bens = sessions.open(PersonId("ben"))
    sessions.end(first.session_id)
    sessions.end("unknown")
    assert 2 == sessions.revoke(ANN)
    for gone in (first, second, third):
        with pytest.raises(Unauthenticated):
            sessions.resume(gone.session_id)
    assert bens == sessions.resume(bens.session_id)


def test_inactive_and_locked_people_open_none(sessions: Sessions, people: People) -> None:
    """No session opens for someone who may not sign in, whatever the caller believes."""
    people.deactivate(ANN)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            people.authenticate("ben", "not the password")
    for person in ("ann", "ben", "nobody"):
        with pytest.raises(Unauthenticated):
            sessions.open(PersonId(person))


@pytest.mark.parametrize("session_id", ["", "x", "\udcff", "A" * 43])
def test_unknown_cookies(sessions: Sessions, session_id: str) -> None:
    """Any other cookie is nobody's."""
    sessions.open(ANN)
    with pytest.raises(Unauthenticated):
        sessions.resume(session_id)


def test_forms_carry_their_sessions_token(sessions: Sessions) -> None:
    """Only the session's own token passes."""
    one, other = sessions.open(ANN), sessions.open(ANN)
    assert one == sessions.require_csrf(one, one.csrf_token)
    for token in ("", other.csrf_token, one.csrf_token[:-1], "ключ"):
        with pytest.raises(ForgedForm):
            sessions.require_csrf(one, token)


def test_the_file_impersonates_nobody(sessions: Sessions, engine: Engine, database_file: Path) -> None:
    """Neither the cookie nor the form token can be read from the database."""
    opened = sessions.open(ANN)
    close_database(engine)
    content = database_file.read_bytes()
    assert opened.session_id.encode() not in content
    assert opened.csrf_token.encode() not in content
    assert bytes.fromhex(opened.csrf_token) not in content


def test_sweep(sessions: Sessions, engine: Engine, clock: SetClock) -> None:
    """Rows of sessions that are over go; the others stay."""
    sessions.open(ANN)
    clock.advance(timedelta(minutes=30))
    fresh = sessions.open(ANN)
    assert 1 == sessions.sweep()
    assert fresh == sessions.resume(fresh.session_id)
    with reading(engine) as connection:
        assert 1 == connection.execute(select(func.count()).select_from(sessions_table)).scalar_one()
