"""RegisteredReaders: a key opens one reader, and nobody can read it again."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound, StoreFailed, Unauthenticated
from lockplate.read import Position
from lockplate.registry.database import close_database, open_database, writing
from lockplate.registry.readers import NewReader, RegisteredReader, RegisteredReaders
from lockplate.terms import OperatorId, ReaderId

pytestmark = pytest.mark.usefixtures("county")
POLE = ReaderId("pole-7")
PINE = OperatorId("pine-county")
DAY = date(2026, 3, 2)


def new_reader(**changes: object) -> NewReader:
    values = {
        "reader": POLE,
        "operator": PINE,
        "name": "Pole 7",
        "place": "Main St / 4th Ave",
        "position": Position(latitude=38.5, longitude=-121.5),
        "format": "axis",
        "mobile": True,
    }
    return NewReader(**(values | changes))


@pytest.fixture
def readers(engine: Engine, clock: SetClock) -> RegisteredReaders:
    return RegisteredReaders(engine, clock)


def test_a_key_opens_its_reader(readers: RegisteredReaders) -> None:
    """The key given once finds the reader as it was described, with its operator's zone."""
    made, key = readers.add(new_reader())
    expected = RegisteredReader(
        reader=POLE,
        operator=PINE,
        name="Pole 7",
        place="Main St / 4th Ave",
        position=Position(latitude=38.5, longitude=-121.5),
        zone="America/Los_Angeles",
        active=True,
        format="axis",
        mobile=True,
    )
    assert expected == made == readers.get(POLE) == readers.authenticate(key) == readers.authenticate(key)
    assert ["bridge-1", "pole-7"] == [reader.reader for reader in readers.list_all(PINE)]
    assert () == readers.list_all(OperatorId("quarry-city"))


def test_the_key_is_not_in_the_file(readers: RegisteredReaders, engine: Engine, database_file: Path) -> None:
    """Whoever copies the database cannot send as a reader."""
    _, key = readers.add(new_reader())
    close_database(engine)
    content = database_file.read_bytes()
    assert b"pole-7" in content
    assert key.encode() not in content
    assert key.removeprefix("lpk_").encode() not in content


@pytest.mark.parametrize("key", ["", "lpk_", "lpk_" + "A" * 43, "\udcff", "ключ"])
def test_wrong_keys(readers: RegisteredReaders, key: str) -> None:
    """Anything else is refused, whatever it looks like."""
    readers.add(new_reader())
    with pytest.raises(Unauthenticated):
        readers.authenticate(key)


def test_deactivation_counts_at_once(readers: RegisteredReaders) -> None:
    """A reader that was just believed is refused the moment it is set inactive, and believed again when active."""
    _, key = readers.add(new_reader())
    readers.authenticate(key)
    readers.deactivate(POLE)
    with pytest.raises(Unauthenticated):
        readers.authenticate(key)
    readers.activate(POLE)
    assert POLE == readers.authenticate(key).reader


def test_a_renewed_key_ends_the_old(readers: RegisteredReaders) -> None:
    """There is one key at a time."""
    _, old = readers.add(new_reader())
    readers.authenticate(old)
    fresh = readers.renew_key(POLE)
    with pytest.raises(Unauthenticated):
        readers.authenticate(old)
    assert POLE == readers.authenticate(fresh).reader


def test_another_process_is_heard_within_seconds(
    readers: RegisteredReaders, database_file: Path, clock: SetClock
) -> None:
    """A key that another process stopped is believed for less than five seconds more."""
    _, key = readers.add(new_reader())
    readers.authenticate(key)
    elsewhere = open_database(database_file)
    RegisteredReaders(elsewhere, clock).deactivate(POLE)
    close_database(elsewhere)
    clock.advance(timedelta(seconds=5))
    with pytest.raises(Unauthenticated):
        readers.authenticate(key)


def test_settings_change(readers: RegisteredReaders) -> None:
    """Format and zone can be set, and the next authentication shows them."""
    _, key = readers.add(new_reader())
    readers.authenticate(key)
    readers.set_format(POLE, None)
    readers.set_zone(POLE, "America/Denver")
    assert (None, "America/Denver") == (readers.authenticate(key).format, readers.authenticate(key).zone)


def test_refusals(readers: RegisteredReaders) -> None:
    """Bad ids, names, zones and positions, unknown operators, taken ids, unknown readers."""
    for bad in (
        {"reader": ReaderId("Pole 7")},
        {"name": ""},
        {"zone": "Nowhere"},
        {"position": Position(latitude=91, longitude=0)},
        {"position": Position(latitude=float("nan"), longitude=0)},
    ):
        with pytest.raises(BadInput):
            readers.add(new_reader(**bad))
    with pytest.raises(NotFound):
        readers.add(new_reader(operator=OperatorId("nobody")))
    with pytest.raises(Conflict):
        readers.add(new_reader(reader=ReaderId("bridge-1")))
    for act in (readers.get, readers.deactivate, readers.renew_key):
        with pytest.raises(NotFound):
            act(POLE)
    with pytest.raises(NotFound):
        readers.health(POLE, DAY)


def test_counters_add_up(readers: RegisteredReaders, clock: SetClock) -> None:
    """Counts of several flushes add up by day and reason; days before the one asked for are left out."""
    readers.add(new_reader())
    for _ in range(2):
        readers.count_rejects(POLE, DAY, "no_plate", 2)
        readers.count_rejects(POLE, DAY, "malformed")
        readers.count_rejects(POLE, DAY - timedelta(days=1), "no_plate")
        readers.count_rejects(ReaderId("nobody"), DAY, "no_plate")
        readers.flush()
    readers.note_seen(POLE, clock.now(), -3.5)
    readers.note_seen(POLE, clock.now() + timedelta(seconds=1))
    health = readers.health(POLE, DAY)
    assert {DAY: {"no_plate": 4, "malformed": 2}} == health.rejects
    assert clock.now() + timedelta(seconds=1) == health.last_seen
    assert {DAY - timedelta(days=1), DAY} == set(readers.health(POLE, DAY - timedelta(days=1)).rejects)


def test_drift_is_kept_when_a_later_read_has_none(readers: RegisteredReaders, clock: SetClock) -> None:
    """A read without device time says nothing about the clock, and erases nothing written before."""
    readers.add(new_reader())
    readers.note_seen(POLE, clock.now(), 42.0)
    readers.flush()
    readers.note_seen(POLE, clock.now())
    assert 42.0 == readers.health(POLE, DAY).clock_drift_seconds


def test_counters_survive_a_refused_flush(readers: RegisteredReaders, engine: Engine, clock: SetClock) -> None:
    """When the database refuses, the counts stay pending and are written by the next flush."""
    readers.add(new_reader())
    readers.count_rejects(POLE, DAY, "no_plate", 3)
    readers.note_seen(POLE, clock.now())
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE reject_counts RENAME TO away"))
    with pytest.raises(StoreFailed):
        readers.flush()
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE away RENAME TO reject_counts"))
    readers.count_rejects(POLE, DAY, "no_plate")
    health = readers.health(POLE, DAY)
    assert ({DAY: {"no_plate": 4}}, clock.now()) == (health.rejects, health.last_seen)
