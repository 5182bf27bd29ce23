"""People: five failures lock, strangers learn nothing, and the file names nobody."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound, SealBroken, Unauthenticated
from lockplate.gate.question import PersonFacts
from lockplate.registry.database import close_database, reading, writing
from lockplate.registry.people import People
from lockplate.registry.sessions import Sessions
from lockplate.registry.tables import people as people_table
from lockplate.registry.tables import sign_in_failures
from lockplate.terms import AgencyId, PersonId, Role

pytestmark = pytest.mark.usefixtures("county")
ANN = PersonId("ann")
CLEO = PersonId("cleo")
PASSWORD = "a long enough password"
FACTS = PersonFacts(person=ANN, agency=AgencyId("pine-sheriff"), roles=frozenset({Role.OFFICER}), active=True)


def fail(people: People, person: str = "ann", times: int = 1) -> str:
    for _ in range(times):
        with pytest.raises(Unauthenticated) as caught:
            people.authenticate(person, "not the password")
    return str(caught.value.public())


def test_a_password_proves_a_person(people: People) -> None:
    """The right password returns the facts the gate judges."""
    assert FACTS == people.authenticate("ann", PASSWORD)
    assert FACTS == people.facts(ANN)


def test_everyone_refused_hears_the_same(people: People) -> None:
    """Unknown, wrong, inactive and locked people cannot be told apart by what is said."""
    people.deactivate(PersonId("ben"))
    fail(people, "emil", 5)
    refusals = {fail(people), fail(people, "nobody"), fail(people, "")}
    for person in ("ben", "emil"):
        with pytest.raises(Unauthenticated) as caught:
            people.authenticate(person, PASSWORD)
        refusals.add(str(caught.value.public()))
    assert 1 == len(refusals)


def test_strangers_cost_the_same_work(people: People, engine: Engine) -> None:
    """A try for an unknown name is written down as one for a known name is, and by hash only."""
    fail(people, "ann")
    fail(people, "no such person")
    with reading(engine) as connection:
        rows = connection.execute(select(sign_in_failures.c.name_hash)).scalars().all()
    assert [32, 32] == [len(row) for row in rows]
    assert 2 == len(set(rows))


def test_five_failures_lock_until_release(people: People, clock: SetClock) -> None:
    """The fifth failure within 15 minutes locks; time does not unlock, an administrator does."""
    fail(people, times=4)
    assert people.get(ANN).locked_at is None
    fail(people)
    assert clock.now() == people.get(ANN).locked_at
    clock.advance(timedelta(days=30))
    with pytest.raises(Unauthenticated):
        people.authenticate("ann", PASSWORD)
    people.release(ANN, by=CLEO)
    assert FACTS == people.authenticate("ann", PASSWORD)


def test_failures_age(people: People, clock: SetClock) -> None:
    """Four failures, a quarter of an hour, and four more do not lock."""
    fail(people, times=4)
    clock.advance(timedelta(minutes=15))
    fail(people, times=4)
    assert people.get(ANN).locked_at is None
    clock.advance(timedelta(minutes=14))
    fail(people)
    assert people.get(ANN).locked_at is not None


def test_success_forgets_failures(people: People) -> None:
    """A person who gets it right starts again from nothing."""
    for _ in range(3):
        fail(people, times=4)
        people.authenticate("ann", PASSWORD)
    assert people.get(ANN).locked_at is None


def test_one_persons_failures_are_not_anothers(people: People) -> None:
    """Locking Ann leaves Ben alone."""
    fail(people, "ann", 5)
    assert PersonId("ben") == people.authenticate("ben", PASSWORD).person


def test_release_clears_old_failures(people: People) -> None:
    """After a release a single mistake does not lock again."""
    fail(people, times=5)
    people.release(ANN, by=CLEO)
    fail(people)
    assert people.get(ANN).locked_at is None


@pytest.mark.parametrize("by", ["ann", "ben", "nobody", "cleo"])
def test_who_may_release(people: People, by: str) -> None:
    """Only another active administrator releases."""
    person = PersonId("cleo") if by == "cleo" else ANN
    with pytest.raises((BadInput, NotFound)):
        people.release(person, by=PersonId(by))
    people.deactivate(CLEO)
    with pytest.raises(BadInput):
        people.release(ANN, by=CLEO)


def test_a_person_without_password_cannot_use_one(people: People) -> None:
    """Somebody who signs in by other means has no password to guess."""
    gus = PersonId("gus")
    people.add(gus, agency=AgencyId("pine-sheriff"), display_name="Gus", roles=frozenset({Role.AUDITOR}))
    assert not people.get(gus).has_password
    fail(people, "gus")
    people.set_password(gus, PASSWORD)
    assert gus == people.authenticate("gus", PASSWORD).person


@pytest.mark.parametrize("change", ["deactivate", "set_roles", "set_password", "set_totp_secret"])
def test_changes_end_sessions(people: People, engine: Engine, clock: SetClock, change: str) -> None:
    """Whoever loses rights or credentials is signed out at once, and nobody else is."""
    sessions = Sessions(engine, clock)
    anns, bens = sessions.open(ANN), sessions.open(PersonId("ben"))
    arguments = {
        "deactivate": (),
        "set_roles": (frozenset({Role.AUDITOR}),),
        "set_password": ("another long password",),
        "set_totp_secret": (b"x" * 20,),
    }[change]
    getattr(people, change)(ANN, *arguments)
    with pytest.raises(Unauthenticated):
        sessions.resume(anns.session_id)
    assert PersonId("ben") == sessions.resume(bens.session_id).person.person


def test_inactive_and_back(people: People) -> None:
    """An inactive person keeps their facts but cannot sign in; active again, they can."""
    assert not people.deactivate(ANN).active
    assert not people.facts(ANN).active
    with pytest.raises(Unauthenticated):
        people.authenticate("ann", PASSWORD)
    people.activate(ANN)
    assert FACTS == people.authenticate("ann", PASSWORD)


def test_listing(people: People) -> None:
    """The list shows names and agencies; one agency's list shows its own."""
    assert ["emil", "fay"] == [person.person for person in people.list_all(AgencyId("quarry-police"))]
    assert 6 == len(people.list_all())
    assert "Ann Example" == people.get(ANN).display_name


def test_refusals(people: People) -> None:
    """Bad ids, short passwords, unknown agencies, taken ids and unknown people."""
    pine, officer = AgencyId("pine-sheriff"), frozenset({Role.OFFICER})
    with pytest.raises(BadInput):
        people.add(PersonId("A B"), agency=pine, display_name="x", roles=officer)
    with pytest.raises(BadInput):
        people.add(PersonId("hal"), agency=pine, display_name="x", roles=officer, password="short")
    with pytest.raises(NotFound):
        people.add(PersonId("hal"), agency=AgencyId("nobody"), display_name="x", roles=officer)
    with pytest.raises(Conflict):
        people.add(ANN, agency=pine, display_name="x", roles=officer)
    for act in (people.get, people.facts, people.deactivate):
        with pytest.raises(NotFound):
            act(PersonId("hal"))


def test_nothing_of_a_person_is_plain_in_the_file(people: People, engine: Engine, database_file: Path) -> None:
    """Display name, password, TOTP secret and mistyped names are not in the file; ids are."""
    people.set_totp_secret(ANN, b"totp-secret-bytes-20")
    assert b"totp-secret-bytes-20" == people.totp_secret(ANN)
    fail(people, "my password by mistake")
    close_database(engine)
    content = database_file.read_bytes()
    assert b"quarry-police" in content
    for secret in (b"Ann Example", PASSWORD.encode(), b"totp-secret-bytes-20", b"by mistake"):
        assert secret not in content


def test_a_sealed_name_cannot_be_moved(people: People, engine: Engine) -> None:
    """Somebody who can write the file cannot pass one person's cell off as another's."""
    with writing(engine) as connection:
        name = connection.execute(
            select(people_table.c.display_name_sealed).where(people_table.c.person == "ben")
        ).scalar_one()
        connection.execute(update(people_table).where(people_table.c.person == "ann").values(display_name_sealed=name))
    with pytest.raises(SealBroken):
        people.get(ANN)


def test_a_try_that_races_a_lock_is_refused(people: People, engine: Engine, clock: SetClock) -> None:
    """The lock is looked at after the hashing too: a right guess that started before the lock does not pass."""
    real = people._passwords

    class LocksMeanwhile:
        def require_match(self, password: str, line: str | None) -> str:
            with writing(engine) as connection:
                connection.execute(
                    update(people_table).where(people_table.c.person == "ann").values(locked_at=clock.now())
                )
            return real.require_match(password, line)

    people._passwords = LocksMeanwhile()  # type: ignore[assignment]
    with pytest.raises(Unauthenticated):
        people.authenticate("ann", PASSWORD)
    with reading(engine) as connection:
        assert 1 == connection.execute(select(func.count()).select_from(sign_in_failures)).scalar_one()
