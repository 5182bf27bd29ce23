"""List grants: two people, an end, a paper's name; and what they make of entries, moment by moment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, EntryId, HotListIndex, ListId
from lockplate.listfiles.own import parse_list_csv
from lockplate.registry.acceptance import Acceptances
from lockplate.registry.agencies import Agencies
from lockplate.registry.database import close_database
from lockplate.registry.entries import Entries, NewEntry
from lockplate.registry.grants import GrantState
from lockplate.registry.hotlists import HotLists, NewHotList
from lockplate.registry.list_grants import EntryCounts, ListGrant, ListGrantProposal, ListGrants
from lockplate.registry.people import People
from lockplate.registry.sealing import ColumnSealer
from lockplate.terms import AgencyId, AgencyKind, ListGrantId, OperatorId, PersonId

pytestmark = pytest.mark.usefixtures("county")
PINE = OperatorId("pine-county")
QUARRY = AgencyId("quarry-police")
BEN, CLEO, DORA, EMIL, FAY = map(PersonId, ("ben", "cleo", "dora", "emil", "fay"))
DAY = timedelta(days=1)
STOLEN = frozenset({Category.STOLEN_VEHICLE})
HEADER = "plate,region,category,reason,expires\n"
FILE = HEADER + ("7ZOO814,US-CA,stolen_vehicle,taken from a lot,2026-06-01\nQX1LPT9,,stolen_vehicle,seen,2026-06-01\n")
Propose = Callable[..., ListGrant]
Granted = Callable[..., ListGrant]


@pytest.fixture
def grants(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> ListGrants:
    return ListGrants(engine, sealers.__getitem__, clock)


@pytest.fixture
def acceptances(engine: Engine, clock: SetClock) -> Acceptances:
    return Acceptances(engine, clock)


@pytest.fixture
def entries(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Entries:
    return Entries(engine, sealers.__getitem__, clock)


@pytest.fixture
def propose(grants: ListGrants, clock: SetClock) -> Propose:
    """Propose a list grant of thirty days; what is given goes before."""

    def proposed(note: str = "", by: PersonId = CLEO, **changes: object) -> ListGrant:
        values = {
            "operator": PINE,
            "owner_agency": QUARRY,
            "categories": STOLEN,
            "valid_from": clock.now(),
            "valid_to": clock.now() + 30 * DAY,
            "instrument": "Invented memorandum 26-3",
        }
        return grants.propose(ListGrantProposal(**(values | changes)), note, by=by)

    return proposed


@pytest.fixture
def granted(grants: ListGrants, propose: Propose) -> Granted:
    """Propose a list grant and accept it."""

    def made(**changes: object) -> ListGrant:
        return grants.accept(propose(**changes).list_grant, by=BEN)

    return made


@pytest.fixture
def list_id(engine: Engine, clock: SetClock) -> ListId:
    """A list of the police next door, whose file may grow old."""
    new = NewHotList(
        operator=PINE, name="Quarry list", owner_agency=QUARRY, categories=STOLEN, source="weekly file",
        legal_basis="memorandum", max_age=timedelta(days=400),
    )  # fmt: skip
    return HotLists(engine, clock).add(new).list_id


def take(entries: Entries, list_id: ListId, text: str = FILE) -> None:
    entries.replace(list_id, parse_list_csv(text.encode()))


def plates(entries: Entries, clock: SetClock) -> set[str]:
    return {entry.plate_text for entry in entries.load(PINE, clock.now())}


def test_a_list_grant_from_proposal_to_end(grants: ListGrants, propose: Propose, clock: SetClock) -> None:
    """Proposed it gives nothing; accepted by another person it is in force; ended it is over at that moment."""
    made = propose("only plates that our own desk saw")
    assert (GrantState.PROPOSED, ()) == (made.state(clock.now()), grants.register(clock.now()))
    accepted = grants.accept(made.list_grant, by=BEN)
    assert (GrantState.IN_FORCE, BEN) == (accepted.state(clock.now()), accepted.accepted_by)
    (line,) = grants.register(clock.now())
    assert (QUARRY, "Quarry City Police", (Category.STOLEN_VEHICLE,), "Invented memorandum 26-3") == (
        line.owner_agency, line.owner_name, line.categories, line.instrument,
    )  # fmt: skip
    assert "only plates that our own desk saw" == grants.note(made.list_grant)
    clock.advance(DAY)
    ended = grants.end(made.list_grant, by=FAY)  # a person of the owner's agency
    assert (GrantState.REVOKED, FAY, clock.now()) == (ended.state(clock.now()), ended.ended_by, ended.ended_at)
    assert (ended,) == grants.list_all(PINE) == grants.list_all()
    assert ended == grants.get(made.list_grant)
    for again in (lambda: grants.end(made.list_grant, by=CLEO), lambda: grants.accept(made.list_grant, by=BEN)):
        with pytest.raises(Conflict):
            again()


def test_the_states_at_their_boundaries(grants: ListGrants, propose: Propose, clock: SetClock) -> None:
    """It comes, is in force from its first moment to before its last, and lapses or is withdrawn unaccepted."""
    made = propose(valid_from=clock.now() + DAY, valid_to=clock.now() + 2 * DAY)
    first, last = made.valid_from, made.valid_to
    moment = timedelta.resolution
    assert [GrantState.PROPOSED, GrantState.LAPSED] == [made.state(last - moment), made.state(last)]
    accepted = grants.accept(made.list_grant, by=BEN)
    assert [GrantState.COMING, GrantState.IN_FORCE, GrantState.IN_FORCE, GrantState.EXPIRED] == [
        accepted.state(at) for at in (first - moment, first, last - moment, last)
    ]
    other = propose()
    assert GrantState.WITHDRAWN == grants.end(other.list_grant, by=CLEO).state(clock.now())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_to": datetime.fromisoformat("2027-03-04T08:30:00+00:00")}, "grant_too_long"),
        ({"valid_to": datetime.fromisoformat("2026-03-02T08:30:00+00:00")}, "bad_window"),
        ({"categories": frozenset()}, "bad_categories"),
        ({"instrument": ""}, "bad_instrument"),
        ({"instrument": "two\nlines"}, "bad_instrument"),
        ({"instrument": "x" * 201}, "bad_instrument"),
        ({"note": "x" * 1001}, "text_too_long"),
        ({"owner_agency": AgencyId("removal-office")}, "floor_immigration"),
        ({"owner_agency": AgencyId("pine-sheriff")}, "bad_owner"),
        ({"by": EMIL}, "wrong_agency"),
    ],
)
def test_what_is_no_list_grant(propose: Propose, changes: dict[str, object], code: str) -> None:
    """Over a year, no end to come, no category, no paper, an owner whose lists are never matched, the wrong person."""
    with pytest.raises(BadInput) as refused:
        propose(**changes)
    assert code == refused.value.code


@pytest.mark.parametrize("kind", [AgencyKind.PRIVATE, AgencyKind.FOREIGN, AgencyKind.UNKNOWN])
def test_owners_whose_lists_are_never_matched(
    engine: Engine, clock: SetClock, propose: Propose, kind: AgencyKind
) -> None:
    """The registry refuses them too, whoever got past the gate."""
    Agencies(engine, clock).add(AgencyId("others"), name="Others", kind=kind)
    with pytest.raises(BadInput) as refused:
        propose(owner_agency=AgencyId("others"))
    assert "bad_owner" == refused.value.code


def test_who_may_accept(grants: ListGrants, propose: Propose, people: People) -> None:
    """Not the proposer, nobody of another agency, nobody whose account is closed; an unknown grant is not found."""
    made = propose()
    people.deactivate(DORA)
    for person, code in ((CLEO, "second_person_needed"), (FAY, "wrong_agency"), (DORA, "wrong_agency")):
        with pytest.raises(BadInput) as refused:
            grants.accept(made.list_grant, by=person)
        assert code == refused.value.code
    with pytest.raises(NotFound):
        grants.accept(ListGrantId("a0"), by=BEN)
    with pytest.raises(NotFound):
        propose(owner_agency=AgencyId("nobody"))


def test_an_owner_set_inactive_before_the_acceptance(
    engine: Engine, clock: SetClock, grants: ListGrants, propose: Propose
) -> None:
    """Then there is nothing to accept; one in force is suspended."""
    made, other = propose(), propose()
    grants.accept(other.list_grant, by=BEN)
    Agencies(engine, clock).deactivate(QUARRY)
    with pytest.raises(BadInput):
        grants.accept(made.list_grant, by=BEN)
    (line,) = grants.register(clock.now())
    assert (GrantState.SUSPENDED, 0, 0) == (line.state, line.entries, line.waiting)


def test_a_foreign_list_matches_what_was_accepted_while_a_grant_covers_it(
    entries: Entries, acceptances: Acceptances, granted: Granted, grants: ListGrants, list_id: ListId, clock: SetClock
) -> None:
    """Without a grant it is not even compared; taken in it waits; accepted it matches, names its owner, and ends."""
    for refused in (
        lambda: take(entries, list_id),
        lambda: entries.compare(list_id, parse_list_csv(FILE.encode())),
        lambda: acceptances.accept(list_id, [EntryId("e" * 21)], by=BEN),
    ):
        with pytest.raises(Conflict) as told:
            refused()
        assert "list_grant_needed" == told.value.code

    grant = granted()
    take(entries, list_id)
    assert set() == plates(entries, clock)
    ids = acceptances.ids(list_id, waiting=True)
    assert 2 == len(ids) == len(acceptances.ids(list_id))
    assert (ids[1],) == acceptances.ids(list_id, after=ids[0], limit=5)

    chosen = ids[0]
    assert 1 == acceptances.accept(list_id, [chosen], by=BEN)

    (entry,) = entries.load(PINE, clock.now())
    assert (chosen, QUARRY, grant.valid_to) == (entry.entry_id, entry.terms.foreign_owner, entry.expires_at)
    assert (ids[1],) == acceptances.ids(list_id, waiting=True)
    assert (BEN, clock.now()) == (entries.get(chosen).accepted_by, entries.get(chosen).accepted_at)
    (line,) = grants.register(clock.now())
    assert (1, 1) == (line.entries, line.waiting)

    index = HotListIndex(entries.load(PINE, clock.now()), clock)
    clock.advance(grant.valid_to - clock.now() - timedelta.resolution)
    assert [0] == index.match_keys([entry.plate_key])
    clock.advance(timedelta.resolution)
    assert [] == index.match_keys([entry.plate_key])  # the server that loaded it before the end went on running
    assert set() == plates(entries, clock)


def test_a_gap_makes_everything_wait_again(
    entries: Entries, acceptances: Acceptances, granted: Granted, grants: ListGrants, list_id: ListId, clock: SetClock
) -> None:
    """A renewal without a gap keeps what was accepted; after an end by hand the next grant finds nothing accepted."""
    grant = granted()
    take(entries, list_id)
    acceptances.accept(list_id, acceptances.ids(list_id), by=BEN)
    granted(valid_from=grant.valid_to, valid_to=grant.valid_to + 20 * DAY)
    assert {grant.valid_to + 20 * DAY} == {entry.expires_at for entry in entries.load(PINE, clock.now())}
    clock.advance(40 * DAY)
    assert 2 == len(plates(entries, clock))

    for one in grants.list_all():
        if one.state(clock.now()) is GrantState.IN_FORCE:
            grants.end(one.list_grant, by=CLEO)
    assert set() == plates(entries, clock)
    clock.advance(DAY)
    granted()
    assert set() == plates(entries, clock)
    assert 2 == len(acceptances.ids(list_id, waiting=True))


def test_a_new_file_keeps_the_acceptance_of_what_did_not_change(
    entries: Entries, acceptances: Acceptances, granted: Granted, list_id: ListId, clock: SetClock, grants: ListGrants
) -> None:
    """Unchanged entries match on; changed and new ones wait."""
    granted()
    take(entries, list_id)
    acceptances.accept(list_id, acceptances.ids(list_id), by=BEN)
    second = HEADER + (
        "7ZOO814,US-CA,stolen_vehicle,taken from a lot,2026-06-01\n"
        "QX1LPT9,,stolen_vehicle,another reason,2026-06-01\n"
        "4NEW777,,stolen_vehicle,seen,2026-06-01\n"
    )
    take(entries, list_id, second)

    assert {"7ZOO814"} == plates(entries, clock)
    waiting = {entries.get(entry_id).plate_text for entry_id in acceptances.ids(list_id, waiting=True)}
    assert {"QX1LPT9", "4NEW777"} == waiting
    hot_list = HotLists(entries._engine, clock).get(list_id)
    assert EntryCounts(entries=1, waiting=2) == grants.counts(hot_list, clock.now())


def test_a_grant_covers_its_categories_and_its_owner_only(
    entries: Entries, granted: Granted, list_id: ListId, engine: Engine, clock: SetClock
) -> None:
    """Another category, or another agency's grant, covers nothing; an owner set inactive neither."""
    Agencies(engine, clock).add(AgencyId("lake"), name="Lake", kind=AgencyKind.COUNTY, state="CA")
    granted(categories=frozenset({Category.AMBER}))
    granted(owner_agency=AgencyId("lake"))
    with pytest.raises(Conflict):
        take(entries, list_id)
    granted()
    take(entries, list_id)
    Agencies(engine, clock).deactivate(QUARRY)
    with pytest.raises(Conflict):
        take(entries, list_id)


def test_nobody_writes_on_it_by_hand(entries: Entries, granted: Granted, list_id: ListId, clock: SetClock) -> None:
    """A list of others holds what they listed, nothing of ours under their name."""
    granted()
    new = NewEntry(
        list_id=list_id, plate_text="4HND777", category=Category.STOLEN_VEHICLE, reason="ours", case_number="1",
        expires_at=clock.now() + DAY,
    )  # fmt: skip
    with pytest.raises(BadInput) as refused:
        entries.add(new, by=BEN)
    assert "foreign_list" == refused.value.code


def test_what_cannot_be_accepted(
    entries: Entries, acceptances: Acceptances, granted: Granted, list_id: ListId, people: People
) -> None:
    """All or none: an entry twice, one that is not on the list, a closed account."""
    granted()
    take(entries, list_id)
    one, other = acceptances.ids(list_id)
    with pytest.raises(NotFound):
        acceptances.accept(list_id, [one, EntryId("e" + "0" * 20)], by=BEN)
    assert (one, other) == acceptances.ids(list_id, waiting=True)
    acceptances.accept(list_id, [one], by=BEN)
    with pytest.raises(NotFound):
        acceptances.accept(list_id, [one, other], by=BEN)
    assert [(one, BEN)] == [(line.entry_id, line.by) for line in acceptances.accepted(list_id)]
    people.deactivate(DORA)
    with pytest.raises(BadInput):
        acceptances.accept(list_id, [other], by=DORA)


def test_ones_own_list_has_nothing_to_accept(
    engine: Engine, clock: SetClock, entries: Entries, acceptances: Acceptances
) -> None:
    """Its entries match as they come, and name no other owner."""
    new = NewHotList(
        operator=PINE, name="Own", owner_agency=AgencyId("pine-sheriff"), categories=STOLEN, source="desk",
        legal_basis="policy", max_age=DAY,
    )  # fmt: skip
    own = HotLists(engine, clock).add(new).list_id
    take(entries, own)
    assert () == acceptances.ids(own, waiting=True)
    assert {None} == {entry.terms.foreign_owner for entry in entries.load(PINE, clock.now())}
    with pytest.raises(BadInput) as refused:
        acceptances.accept(own, acceptances.ids(own), by=BEN)
    assert "own_list" == refused.value.code


def test_the_note_lies_sealed(propose: Propose, engine: Engine, database_file: Path) -> None:
    """What the owner said of its lists stands nowhere in the file."""
    propose("an invented remark about a blue van")
    close_database(engine)
    assert not [path for path in database_file.parent.iterdir() if b"blue van" in path.read_bytes()]
