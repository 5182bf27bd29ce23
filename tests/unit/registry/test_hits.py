"""Hits: one person's word, once; sealed until then and after."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.read import Vehicle
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.database import close_database
from lockplate.registry.hits import FRESH, HitDetails, HitFilter, HitId, Hits, HitState, NewHit
from lockplate.registry.people import People
from lockplate.registry.sealing import ColumnSealer
from lockplate.terms import OperatorId, PersonId, PlateText, ReaderId

pytestmark = pytest.mark.usefixtures("county")
PINE = OperatorId("pine-county")
ANN = PersonId("ann")
PICTURE = b"\xff\xd8picture-of-the-car" * 10
DETAILS = HitDetails(
    plate_text=PlateText("7ZO0814"),
    region="US-CA",
    vehicle=Vehicle(make="Ford", color="teal"),
    kind=MatchKind.EXACT_KEY,
    region_agrees=True,
    listed_text=PlateText("7ZOO814"),
    listed_region="US-CA",
    reason="taken from a lot",
    picture_type="image/jpeg",
)


@pytest.fixture
def hits(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Hits:
    return Hits(engine, sealers.__getitem__, clock)


def new_hit(clock: SetClock, **changes: object) -> NewHit:
    values = {
        "operator": PINE,
        "list_id": ListId("l1"),
        "entry_id": EntryId("e1"),
        "category": Category.STOLEN_VEHICLE,
        "reader": ReaderId("bridge-1"),
        "captured_at": clock.now() - timedelta(seconds=2),
        "details": DETAILS,
        "picture": PICTURE,
    }
    return NewHit(**(values | changes))


def one(hits: Hits, clock: SetClock, **changes: object) -> HitId:
    return hits.record([new_hit(clock, **changes)])[0].hit_id


def test_a_hit_comes_back(hits: Hits, clock: SetClock) -> None:
    """What intake handed over is what a person compares; the picture comes when asked for."""
    hit = hits.get(one(hits, clock))
    assert (DETAILS, HitState.UNCONFIRMED, True) == (hit.details, hit.state, hit.has_picture)
    assert (clock.now() - timedelta(seconds=2), clock.now()) == (hit.captured_at, hit.recorded_at)
    assert PICTURE == hits.picture(hit.hit_id)
    assert (hit,) == hits.list_recent(PINE)
    assert () == hits.list_recent(OperatorId("quarry-city"))


def test_a_read_sent_again_changes_nothing(hits: Hits, clock: SetClock) -> None:
    """The same entry, reader and time is the same hit, even after it was decided, even within one batch."""
    first, twin = hits.record([new_hit(clock), new_hit(clock)])
    assert (True, False, first.hit_id) == (first.is_new, twin.is_new, twin.hit_id)
    decided = hits.confirm(first.hit_id, HitState.CORRECT, by=ANN)
    again = hits.record([new_hit(clock, picture=b"other")])[0]
    assert (first.hit_id, False) == (again.hit_id, again.is_new)
    assert decided == hits.get(first.hit_id)


def test_a_batch_is_all_or_none(hits: Hits, clock: SetClock, sealers: dict[str, ColumnSealer]) -> None:
    """A batch with a hit of an unknown operator keeps none of its hits."""
    sealers["nowhere"] = sealers[PINE]
    with pytest.raises(Conflict):
        hits.record([new_hit(clock), new_hit(clock, operator=OperatorId("nowhere"))])
    assert () == hits.list_recent(PINE)
    assert () == hits.record([])


def test_alerts_since_one(hits: Hits, clock: SetClock) -> None:
    """What was recorded after it, oldest first, and of its own instant; no weaker match, no other operator's."""
    ids = []
    for number in range(4):
        ids.append(one(hits, clock, entry_id=EntryId(f"a{number}"), alerts=number != 2))
        clock.advance(timedelta(seconds=1))
    same = [one(hits, clock, entry_id=EntryId(f"b{number}")) for number in range(2)]
    assert (ids[1], ids[3], *sorted(same)) == hits.alerts_since(PINE, ids[0], 9)
    assert (ids[1],) == hits.alerts_since(PINE, ids[0], 1)
    assert (same[1],) == hits.alerts_since(PINE, same[0], 9)
    for operator, hit in ((OperatorId("quarry-city"), ids[0]), (PINE, HitId("h" + "0" * 20))):
        with pytest.raises(NotFound):
            hits.alerts_since(operator, hit, 9)


@pytest.mark.parametrize("state", [state for state in HitState if state is not HitState.UNCONFIRMED])
def test_one_person_decides_once(hits: Hits, clock: SetClock, state: HitState) -> None:
    """Every finding can be made, by whom and when stays, and no second one replaces it."""
    hit_id = one(hits, clock)
    clock.advance(timedelta(minutes=1))
    decided = hits.confirm(hit_id, state, by=ANN)
    assert (state, ANN, clock.now()) == (decided.state, decided.decided_by, decided.decided_at)
    for other in (HitState.CORRECT, HitState.DUPLICATE):
        with pytest.raises(Conflict):
            hits.confirm(hit_id, other, by=PersonId("ben"))
    assert decided == hits.get(hit_id)


def test_who_and_what_decides(hits: Hits, clock: SetClock, people: People) -> None:
    """Unconfirmed is no finding; unknown or inactive people find nothing; unknown hits are said so."""
    hit_id = one(hits, clock)
    with pytest.raises(BadInput):
        hits.confirm(hit_id, HitState.UNCONFIRMED, by=ANN)
    with pytest.raises(NotFound):
        hits.confirm(hit_id, HitState.CORRECT, by=PersonId("nobody"))
    people.deactivate(ANN)
    with pytest.raises(BadInput):
        hits.confirm(hit_id, HitState.CORRECT, by=ANN)
    assert HitState.UNCONFIRMED == hits.get(hit_id).state
    with pytest.raises(NotFound):
        hits.confirm(HitId("h0"), HitState.CORRECT, by=PersonId("ben"))
    with pytest.raises(NotFound):
        hits.get(HitId("h0"))


def test_a_hit_without_picture(hits: Hits, clock: SetClock) -> None:
    """No picture came, and asking for it says so."""
    hit_id = one(hits, clock, picture=None)
    assert not hits.get(hit_id).has_picture
    assert [False] == [hit.has_picture for hit in hits.list_recent(PINE)]
    with pytest.raises(NotFound):
        hits.picture(hit_id)


def test_listing(hits: Hits, clock: SetClock) -> None:
    """Newest first, at most so many, by state when asked."""
    ids = []
    for number in range(3):
        ids.append(one(hits, clock, entry_id=EntryId(f"e{number}")))
        clock.advance(timedelta(seconds=1))
    hits.confirm(ids[1], HitState.WRONG_READ, by=ANN)
    assert ids[::-1] == [hit.hit_id for hit in hits.list_recent(PINE)]
    assert ids[:0:-1] == [hit.hit_id for hit in hits.list_recent(PINE, limit=2)]
    assert [ids[1]] == [hit.hit_id for hit in hits.list_recent(PINE, state=HitState.WRONG_READ)]


def test_a_parked_car_is_one_alert(hits: Hits, clock: SetClock) -> None:
    """Seen again within the list's time at the same reader is a repeat, however often; elsewhere or later it is not."""
    began = clock.now()
    first = one(hits, clock, repeat_after=timedelta(minutes=5))
    told = []
    for minutes, reader in ((3, "bridge-1"), (6, "bridge-1"), (6, "bridge-2"), (13, "bridge-1")):
        clock.advance(began + timedelta(minutes=minutes) - clock.now())
        hit = hits.get(one(hits, clock, repeat_after=timedelta(minutes=5), reader=ReaderId(reader)))
        told.append((hit.alerts, hit.repeat_of))
    assert [(False, first), (False, first), (True, None), (True, None)] == told
    assert hits.get(first).alerts


def test_where_a_car_was_an_hour_ago_raises_no_alert(hits: Hits, clock: SetClock) -> None:
    """A hit that is an hour old when it comes in is kept and raises none; nor does what its list does not take."""
    old = one(hits, clock, captured_at=clock.now() - FRESH - timedelta(seconds=1))
    weak = one(hits, clock, entry_id=EntryId("e2"), alerts=False)
    young = one(hits, clock, entry_id=EntryId("e3"), captured_at=clock.now() - FRESH)
    assert [False, False, True] == [hits.get(hit).alerts for hit in (old, weak, young)]


def test_counts(hits: Hits, clock: SetClock) -> None:
    """Hits are counted by category and finding, in a half-open window of when they were recorded."""
    start = clock.now()
    hits.confirm(one(hits, clock), HitState.CORRECT, by=ANN)
    one(hits, clock, entry_id=EntryId("e2"))
    one(hits, clock, entry_id=EntryId("e3"), category=Category.AMBER)
    clock.advance(timedelta(hours=1))
    one(hits, clock, entry_id=EntryId("e4"))
    assert {
        Category.STOLEN_VEHICLE: {HitState.CORRECT: 1, HitState.UNCONFIRMED: 1},
        Category.AMBER: {HitState.UNCONFIRMED: 1},
    } == hits.counts(PINE, start, clock.now())


@pytest.mark.parametrize("from_capture", [True, False])
def test_forget(hits: Hits, clock: SetClock, from_capture: bool) -> None:
    """Hits up to a time go, confirmed or not, counted by category; younger ones and other operators' stay."""
    start = clock.now()
    old = [one(hits, clock), one(hits, clock, entry_id=EntryId("e2"), category=Category.AMBER)]
    limit = clock.now()
    clock.advance(timedelta(hours=1))
    fresh = one(hits, clock)
    assert {} == hits.forget(OperatorId("quarry-city"), limit, from_capture=from_capture)
    assert {} == hits.over(PINE, start - timedelta(hours=1), from_capture=from_capture)
    expected = {Category.AMBER: 1, Category.STOLEN_VEHICLE: 1}
    assert expected == hits.over(PINE, limit, from_capture=from_capture)
    assert expected == hits.forget(PINE, limit, from_capture=from_capture)
    assert {} == hits.over(PINE, limit, from_capture=from_capture)
    assert {fresh} == {hit.hit_id for hit in hits.list_recent(PINE)}
    assert clock.now() == hits.oldest(PINE)
    assert None is hits.oldest(OperatorId("quarry-city"))
    for hit in old:
        with pytest.raises(NotFound):
            hits.get(hit)


def test_nothing_of_a_hit_is_plain_in_the_file(
    hits: Hits, clock: SetClock, engine: Engine, database_file: Path
) -> None:
    """No plate, reason, vehicle or picture byte can be read in the file; reader and category can."""
    one(hits, clock)
    close_database(engine)
    content = database_file.read_bytes()
    assert b"stolen_vehicle" in content
    for secret in (b"7ZO0814", b"7ZOO814", b"taken from", b"teal", b"picture-of-the-car", b"exact_key"):
        assert secret not in content


def test_what_the_source_said_stays_with_the_finding(hits: Hits, clock: SetClock) -> None:
    """The answer, when it came and what was compared by hand are kept; who found a hit wrong may leave them out."""
    first, second = one(hits, clock), one(hits, clock, entry_id=EntryId("e2"))
    told = hits.confirm(
        first, HitState.CORRECT, by=ANN, source=SourceCheck.STILL_LISTED, compared=frozenset({Compared.REGION})
    )
    assert (SourceCheck.STILL_LISTED, clock.now(), {Compared.REGION}) == (told.source, told.checked_at, told.compared)
    assert told == hits.get(first)
    plain = hits.confirm(second, HitState.WRONG_READ, by=ANN)
    assert (SourceCheck.NOT_CHECKED, None, frozenset()) == (plain.source, plain.checked_at, plain.compared)


def test_two_people_at_once_one_wins(hits: Hits, clock: SetClock) -> None:
    """Of many who decide the same hit at the same moment exactly one does, and what they said stays."""
    hit_id = one(hits, clock)
    start, told = threading.Barrier(6), []

    def decide(state: HitState) -> None:
        start.wait()
        try:
            told.append(hits.confirm(hit_id, state, by=ANN))
        except Conflict as error:
            told.append(error)

    people = [threading.Thread(target=decide, args=(state,)) for state in list(HitState)[1:]]
    for each in people:
        each.start()
    for each in people:
        each.join()
    won = [each for each in told if not isinstance(each, Conflict)]
    assert (6, 1) == (len(told), len(won))
    assert won == [hits.get(hit_id)]


def test_filters_and_pages(hits: Hits, clock: SetClock) -> None:
    """By list, priority, alert or not; a page goes on exactly where the last one ended, also within one instant."""
    ids = [one(hits, clock, entry_id=EntryId(f"e{number}")) for number in range(4)]
    clock.advance(timedelta(seconds=1))
    high = one(hits, clock, list_id=ListId("l2"), entry_id=EntryId("e9"), priority=Priority.HIGH)
    weak = one(hits, clock, entry_id=EntryId("e8"), alerts=False)

    def found(**which: object) -> list[HitId]:
        return [hit.hit_id for hit in hits.list_recent(PINE, which=HitFilter(**which))]  # type: ignore[arg-type]

    assert [high] == found(list_id=ListId("l2")) == found(priority=Priority.HIGH)
    assert [weak] == found(alerts=False)
    assert [5, 1] == [hits.count(PINE, HitFilter(alerts=alerts)) for alerts in (True, False)]
    everything = found()
    assert sorted([*ids, high, weak]) == sorted(everything)
    for place, hit_id in enumerate(everything):
        assert everything[place + 1 :] == found(older_than=hit_id)
    with pytest.raises(NotFound):
        found(older_than=HitId("h0"))
    assert PINE == hits.operator_of(high)
    with pytest.raises(NotFound):
        hits.operator_of(HitId("h0"))


def test_findings_by_reader(hits: Hits, clock: SetClock) -> None:
    """Each reader's hits by state, in a half-open window of when they were recorded; other operators' are not among them."""
    start = clock.now()
    hits.confirm(one(hits, clock), HitState.WRONG_READ, by=ANN)
    one(hits, clock, entry_id=EntryId("e2"))
    hits.confirm(one(hits, clock, reader=ReaderId("r-2")), HitState.CORRECT, by=ANN)
    clock.advance(timedelta(hours=1))
    one(hits, clock, entry_id=EntryId("e4"))
    assert {
        ReaderId("bridge-1"): {HitState.WRONG_READ: 1, HitState.UNCONFIRMED: 1},
        ReaderId("r-2"): {HitState.CORRECT: 1},
    } == hits.findings_by_reader(PINE, start, clock.now())
    assert {} == hits.findings_by_reader(OperatorId("quarry-city"), start, clock.now())
