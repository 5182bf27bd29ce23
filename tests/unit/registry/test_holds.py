"""Holds: written down sealed, kept once, drawn out in time, ended for good."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Engine, select

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.law.words import HoldKind
from lockplate.registry.database import reading
from lockplate.registry.holds import (
    HoldPaper,
    Holds,
    HoldState,
    NewHold,
    decode_paper,
    encode_paper,
    new_hold_id,
)
from lockplate.registry.tables import held_reads
from lockplate.registry.tables import holds as holds_table
from lockplate.terms import AgencyId, HoldId, OperatorId, PersonId, PlateKey, PlateText, ReaderId

pytestmark = pytest.mark.usefixtures("county")
PINE, QUARRY = OperatorId("pine-county"), OperatorId("quarry-city")
SHERIFF, POLICE = AgencyId("pine-sheriff"), AgencyId("quarry-police")
ANN, BEN = PersonId("ann"), PersonId("ben")
DAYS_90 = timedelta(days=90)


@pytest.fixture
def holds(engine: Engine, clock: SetClock) -> Holds:
    return Holds(engine, clock)


def new_of(clock: SetClock, name: str = "k1", **changes: object) -> NewHold:
    now = clock.now()
    values: dict[str, object] = {
        "hold_id": HoldId(name),
        "operator": PINE,
        "agency": SHERIFF,
        "kind": HoldKind.CASE,
        "opened_by": ANN,
        "opened_at": now,
        "window_from": now - timedelta(days=3),
        "window_to": now - timedelta(days=2),
        "expires_at": now + DAYS_90,
        "paper_sealed": b"sealed",
    }
    return NewHold(**(values | changes))  # type: ignore[arg-type]


def test_a_hold_comes_back(holds: Holds, clock: SetClock) -> None:
    """With what was written down, open, never renewed."""
    new = new_of(clock)
    hold = holds.add(new)
    told = msgspec.structs.asdict(hold)

    assert {name: value for name, value in msgspec.structs.asdict(new).items() if name != "paper_sealed"} == {
        name: told[name] for name in msgspec.structs.asdict(new) if name != "paper_sealed"
    }
    assert (HoldState.OPEN, 0, None) == (hold.state, hold.renewals, hold.ended_at)
    assert (hold, b"sealed") == (holds.sealed(hold.hold_id).hold, holds.sealed(hold.hold_id).paper_sealed)


def test_somebody_unknown_is_refused(holds: Holds, clock: SetClock) -> None:
    """A hold names an operator, an agency and a person that are here, and its id is its own."""
    holds.add(new_of(clock))
    for changes in ({"agency": AgencyId("none")}, {"opened_by": PersonId("none")}, {"operator": OperatorId("none")}):
        with pytest.raises(Conflict):
            holds.add(new_of(clock, "k2", **changes))
    with pytest.raises(Conflict):
        holds.add(new_of(clock))
    with pytest.raises(NotFound):
        holds.get(HoldId("k2"))


def test_lists_are_an_operators_or_an_agencys(holds: Holds, clock: SetClock) -> None:
    """Oldest first; another operator's are not among them."""
    holds.add(new_of(clock, "k2"))
    holds.add(new_of(clock, "k1", opened_at=clock.now() - timedelta(hours=1), agency=POLICE))
    holds.add(new_of(clock, "k3", operator=QUARRY))

    assert ["k1", "k2"] == [hold.hold_id for hold in holds.list_all(PINE)]
    assert ["k1"] == [hold.hold_id for hold in holds.list_all(PINE, agency=POLICE)]
    assert ["k3"] == [hold.hold_id for hold in holds.list_all(QUARRY)]


def test_a_read_is_kept_once(holds: Holds, clock: SetClock) -> None:
    """The same mark again changes nothing, in the same call too; another hold has its own."""
    holds.add(new_of(clock))
    holds.add(new_of(clock, "k2"))

    assert 2 == holds.keep(HoldId("k1"), [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")])
    assert 1 == holds.keep(HoldId("k1"), [(b"b", b"9"), (b"c", b"4")])
    assert 0 == holds.keep(HoldId("k1"), [])
    assert [b"a", b"b", b"c"] == sorted(mark for mark, _ in holds.held(HoldId("k1")))
    assert (b"b", b"2") in holds.held(HoldId("k1"))
    assert [] == holds.held(HoldId("k2"))


@pytest.mark.parametrize(
    ("start", "end", "covers"),
    [(0, 24, True), (1, 23, True), (-1, 24, False), (0, 25, False), (-1, 25, False), (30, 31, False)],
)
def test_a_hold_covers_what_lies_inside_its_window(
    holds: Holds, clock: SetClock, start: int, end: int, covers: bool
) -> None:
    """The whole of the window asked for, and no more; another operator's hold covers nothing."""
    holds.add(new_of(clock))
    first = clock.now() - timedelta(days=3)
    window = (first + timedelta(hours=start), first + timedelta(hours=end))

    assert covers == bool(holds.covering(PINE, *window))
    assert () == holds.covering(QUARRY, *window)


def test_past_its_end_a_hold_reads_as_expired_and_covers_nothing(holds: Holds, clock: SetClock) -> None:
    """From the very instant, whether or not a sweep has come by; it stands until one has."""
    hold = holds.add(new_of(clock))
    window = (hold.window_from, hold.window_to)
    clock.advance(DAYS_90 - timedelta(microseconds=1))
    assert HoldState.OPEN is holds.get(hold.hold_id).state
    assert 1 == len(holds.covering(PINE, *window))
    clock.advance(timedelta(microseconds=1))

    assert HoldState.EXPIRED is holds.get(hold.hold_id).state
    assert () == holds.covering(PINE, *window)
    assert [hold.hold_id] == [one.hold_id for one in holds.standing(PINE)]
    with pytest.raises(Conflict):
        holds.sealed(hold.hold_id)
    with pytest.raises(Conflict):
        holds.renew(hold.hold_id, clock.now() + DAYS_90, b"new")


def test_a_renewal_counts(holds: Holds, clock: SetClock) -> None:
    """A new end, a new paper, and one more renewal."""
    hold = holds.add(new_of(clock))
    until = clock.now() + 2 * DAYS_90
    renewed = holds.renew(hold.hold_id, until, b"new")

    assert (until, 1, HoldState.OPEN) == (renewed.expires_at, renewed.renewals, renewed.state)
    assert b"new" == holds.sealed(hold.hold_id).paper_sealed


def test_an_ended_hold_is_empty_and_stays_so(holds: Holds, clock: SetClock, engine: Engine) -> None:
    """Reads and paper are deleted; nothing is kept, drawn out or ended again."""
    hold = holds.add(new_of(clock))
    holds.keep(hold.hold_id, [(b"a", b"1"), (b"b", b"2")])
    with pytest.raises(BadInput):
        holds.end(hold.hold_id, HoldState.OPEN, reason="x", by=BEN)

    assert 2 == holds.end(hold.hold_id, HoldState.LIFTED, reason="no_charge", by=BEN)
    ended = holds.get(hold.hold_id)
    assert (HoldState.LIFTED, "no_charge", BEN, clock.now()) == (
        ended.state, ended.end_reason, ended.ended_by, ended.ended_at,
    )  # fmt: skip
    assert () == holds.standing(PINE)
    for act in (
        lambda: holds.keep(hold.hold_id, [(b"c", b"3")]),
        lambda: holds.renew(hold.hold_id, clock.now() + DAYS_90, b"new"),
        lambda: holds.end(hold.hold_id, HoldState.EXPIRED, reason="expired", by=BEN),
    ):
        with pytest.raises(Conflict):
            act()
    with reading(engine) as connection:
        assert [] == connection.execute(select(held_reads)).all()
        assert [None] == connection.execute(select(holds_table.c.paper_sealed)).scalars().all()


def test_a_paper_comes_back_and_knows_its_case() -> None:
    """All of it; a case number agrees but for letters' case and spaces, and an empty one with nothing."""
    paper = HoldPaper(
        plate=PlateText("7ZOO814"),
        plate_key=PlateKey("7200814"),
        case_number=" 26-CR 0417",
        readers=(ReaderId("bridge-1"),),
        sworn=True,
        facts="seen there",
    )

    assert paper == decode_paper(encode_paper(paper))
    assert paper.is_case("26-cr0417 ")
    assert not paper.is_case("26-CR 0418")
    assert not msgspec.structs.replace(paper, case_number="").is_case("")
    with pytest.raises(BadInput):
        decode_paper(b"other bytes")


def test_ids_are_random() -> None:
    """A hold's id says nothing but that it is one."""
    assert {"k"} == {new_hold_id()[0] for _ in range(9)}
    assert 9 == len({new_hold_id() for _ in range(9)})
