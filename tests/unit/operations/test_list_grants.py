"""Another agency's lists: two words and a record for each, the gate before, and a list that counts at once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.clock import SetClock, format_time
from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.hotlist import Category
from lockplate.operations.agencies import AgencyName, NewAgency
from lockplate.operations.hotlists import AddHotList, EnterPlate, HotListsOf, ImportHotList
from lockplate.operations.list_entries import AcceptEntries, ListEntries, RemoveEntry
from lockplate.operations.list_grants import ListGrantName, ListGrantsOf, ListRegister, ProposeListGrant
from lockplate.operations.list_states import ListState, list_states
from lockplate.operations.watching import look
from lockplate.registry.faults import FaultKind
from lockplate.registry.grants import GrantState
from lockplate.registry.list_grants import ListGrant
from lockplate.terms import Action, AgencyKind, OperatorId, Verdict

PINE = OperatorId("pine-county")
DAY = timedelta(days=1)
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PAPER = "Invented memorandum 26-3"


@pytest.fixture
def county(make_county: Callable[..., AbstractContextManager[Any]], tmp_path: Path) -> Iterator[Any]:
    """A county of each test's own: its clock moves, and its lists begin with none."""
    with make_county(tmp_path / "home", SetClock(START)) as opened:
        yield opened


def proposal(county: Any, **changes: Any) -> ProposeListGrant:
    values = {
        "owner_agency": "quarry-police",
        "categories": (Category.STOLEN_VEHICLE, Category.AMBER),
        "valid_to": format_time(county.clock.now() + 30 * DAY),
        "instrument": PAPER,
        "operator": PINE,
    }
    return ProposeListGrant(**(values | changes))


def granted(county: Any, **changes: Any) -> ListGrant:
    made = county.run("hotlist.grant.propose", proposal(county, **changes), "ada", there=True).list_grant
    return county.run("hotlist.grant.accept", ListGrantName(list_grant=made.list_grant), "sam", there=True).list_grant


def new_list(**changes: Any) -> AddHotList:
    values = {
        "name": "Quarry list", "categories": (Category.STOLEN_VEHICLE,), "source": "their weekly file",
        "legal_basis": PAPER, "max_age_hours": 240, "operator": PINE, "owner_agency": "quarry-police",
    }  # fmt: skip
    return AddHotList(**(values | changes))


def file_of(county: Any, *plates: str, reason: str = "taken") -> str:
    until = format_time(county.clock.now() + 90 * DAY)
    return "plate,reason,expires\n" + "".join(f"{plate},{reason},{until}\n" for plate in plates)


def loaded(county: Any, *plates: str) -> str:
    """Add the list and load a file; nothing of it is accepted yet."""
    list_id = county.run("hotlist.add", new_list(), "ada", there=True).hot_list.list_id
    take = ImportHotList(list_id=list_id, content=file_of(county, *plates))
    assert len(plates) == county.run("hotlist.import", take, "ada", there=True).added
    return str(list_id)


def matched(county: Any) -> int:
    return len(county.node.desk(PINE).lane.index)


def state(county: Any) -> ListState:
    (standing,) = list_states(county.node, PINE)
    return standing.state


def test_each_step_is_on_record_before_it_counts(county: Any) -> None:
    """Who, whose lists, which categories, until when; the paper's name by its hash, its text sealed beside."""
    start = county.size()
    step = county.run("hotlist.grant.propose", proposal(county, note="by word of their chief"), "ada", there=True)
    assert (GrantState.PROPOSED, start) == (step.state, step.record_index)
    name = ListGrantName(list_grant=step.list_grant.list_grant)
    accepted = county.run("hotlist.grant.accept", name, "sam", there=True)
    ended = county.run("hotlist.grant.end", name, "quill", there=True)

    assert [GrantState.IN_FORCE, GrantState.REVOKED] == [accepted.state, ended.state]
    records = county.records(start=start)
    assert [
        (Action.LIST_GRANT_PROPOSED, "ada", ("act-list-grants",)),
        (Action.LIST_GRANT_ACCEPTED, "sam", ("act-accept-list-grant",)),
        (Action.LIST_GRANT_ENDED, "quill", ("act-end-own-list",)),
    ] == [(one.action, one.person, one.policy_ids) for one in records]
    assert {"amber,stolen_vehicle"} == {one.facts["categories"] for one in records[:2]}
    assert ("ada", "quarry-police") == (records[1].facts["proposed_by"], records[1].facts["owner"])
    assert not [one for one in records if PAPER in str(one) or "chief" in str(one)]
    assert PAPER == county.node.desk(PINE).recorder.details_of(start).values["instrument"]
    (line,) = county.run("hotlist.grant.list", ListGrantsOf(operator=PINE), "uma", there=True)
    assert ("by word of their chief", GrantState.REVOKED) == (line.note, line.state)


@pytest.mark.parametrize(
    ("person", "policy"),
    [("ada", "floor-own-list-grant"), ("abe", "default-deny"), ("olga", "default-deny"), ("quill", "default-deny")],
)
def test_who_may_not_accept(county: Any, person: str, policy: str) -> None:
    """Not the proposer, no administrator, no officer, nobody of the owner; each try is on record."""
    made = county.run("hotlist.grant.propose", proposal(county), "ada", there=True).list_grant
    with pytest.raises(Denied) as denied:
        county.run("hotlist.grant.accept", ListGrantName(list_grant=made.list_grant), person, there=True)

    # ada is an administrator, whose word no acceptance rests on: the floor names her other fault first
    assert policy in [reason.policy_id for reason in denied.value.reasons]
    last = county.records()[-1]
    assert (Action.LIST_GRANT_ACCEPTED, Verdict.DENIED, person) == (last.action, last.verdict, last.person)
    assert GrantState.PROPOSED == county.node.registries.list_grants.get(made.list_grant).state(county.clock.now())


@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        (AgencyKind.IMMIGRATION_ENFORCEMENT, "floor-list-of-immigration-enforcement"),
        (AgencyKind.PRIVATE, "floor-list-of-private-or-unknown"),
        (AgencyKind.UNKNOWN, "floor-list-of-private-or-unknown"),
    ],
)
def test_lists_that_nobody_may_bring(county: Any, kind: AgencyKind, policy: str) -> None:
    """Of immigration enforcement, a company, an agency nobody knows: denied by the floor, on record."""
    county.run("agency.add", NewAgency(agency="others", name="Others", kind=kind))
    with pytest.raises(Denied) as denied:
        county.run("hotlist.grant.propose", proposal(county, owner_agency="others"), "ada", there=True)
    assert [policy] == [reason.policy_id for reason in denied.value.reasons]
    assert (Verdict.DENIED, "others") == (county.records()[-1].verdict, county.records()[-1].facts["owner"])
    assert () == county.node.registries.list_grants.list_all(PINE)


def test_the_system_user_alone_brings_no_lists(county: Any) -> None:
    """Each step needs a person; a year is the most."""
    made = county.run("hotlist.grant.propose", proposal(county), "ada").list_grant
    name = ListGrantName(list_grant=made.list_grant)
    for step, request in (
        ("hotlist.grant.propose", proposal(county)), ("hotlist.grant.accept", name), ("hotlist.grant.end", name),
        ("hotlist.accept", AcceptEntries(list_id="l0", every=True)), ("hotlist.remove", RemoveEntry(entry_id="e" + "0" * 20, reason="x")),
    ):  # fmt: skip
        with pytest.raises(Unauthenticated):
            county.run(step, request)
    late = format_time(county.clock.now() + 367 * DAY)
    with pytest.raises(BadInput):
        county.run("hotlist.grant.propose", proposal(county, valid_to=late), "ada")


@pytest.mark.parametrize("step", ["hotlist.add", "hotlist.import", "hotlist.accept"])
@pytest.mark.parametrize("person", ["ada", ""])
def test_without_a_grant_nothing_of_it_comes_in(county: Any, step: str, person: str) -> None:
    """A person is denied by the floor, the system user refused; both are on record, and nothing changed."""
    grant = granted(county)
    list_id = loaded(county, "7ONE111")
    county.run("hotlist.grant.end", ListGrantName(list_grant=grant.list_grant), "sam", there=True)
    request = {
        "hotlist.add": new_list(name="another"),
        "hotlist.import": ImportHotList(list_id=list_id, content=file_of(county, "7TWO222")),
        "hotlist.accept": AcceptEntries(list_id=list_id, every=True),
    }[step]
    start = county.size()
    if not person and step == "hotlist.accept":
        person = "sam"

    with pytest.raises(Denied if person else Conflict) as refused:
        county.run(step, request, person, there=bool(person))

    last = county.records(start=start)[-1]
    if isinstance(refused.value, Denied):
        assert ["floor-foreign-list-without-grant"] == [reason.policy_id for reason in refused.value.reasons]
        assert (Verdict.DENIED, person) == (last.verdict, last.person)
    else:
        assert ("failed", "list_grant_needed") == (last.facts["outcome"], last.facts["code"])
    assert (1, 0) == (len(county.node.registries.hot_lists.list_all(PINE)), matched(county))
    assert 1 == len(county.node.registries.acceptances.ids(list_id))


def test_a_list_of_another_category_is_not_covered(county: Any) -> None:
    """The grant names what may be listed; a wider list does not come in under it."""
    granted(county)
    wider = new_list(categories=(Category.STOLEN_VEHICLE, Category.WANTED))
    with pytest.raises(Denied):
        county.run("hotlist.add", wider, "ada", there=True)


def test_entries_are_accepted_one_by_one_and_end_with_the_grant(county: Any) -> None:
    """Waiting they match nothing; each acceptance is on record by id; the end takes all of them at once."""
    grant = granted(county)
    list_id = loaded(county, "7ONE111", "7TWO222", "7THR333")
    assert 0 == matched(county)
    start = county.size()

    shown = county.run("hotlist.entries", ListEntries(list_id=list_id, waiting=True), "sam", there=True)

    assert ({"7ONE111", "7TWO222", "7THR333"}, {"quarry-police"}, {True}) == (
        {one.plate_text for one in shown.entries},
        {one.owner_agency for one in shown.entries},
        {one.foreign and one.waiting for one in shown.entries},
    )
    (looked,) = county.records(start=start)
    assert (Action.ENTRIES_SHOWN, {"entries": 3}, shown.record_index) == (looked.action, looked.counts, start)
    assert not [plate for plate in ("7ONE111", "7TWO222", "7THR333") if plate in str(looked)]

    first = shown.entries[0]
    told = county.run("hotlist.accept", AcceptEntries(list_id=list_id, entry_ids=(first.entry_id,)), "sam", there=True)
    assert (1, 2, 1) == (told.accepted, told.waiting, told.index_entries)
    record = county.records()[-1]
    assert ("entries_accepted", first.entry_id, {"entries": 1}) == (
        record.facts["change"], record.facts["entries"], record.counts,
    )  # fmt: skip
    rest = county.run("hotlist.accept", AcceptEntries(list_id=list_id, every=True), "sue", there=True)
    assert (2, 0, 3) == (rest.accepted, rest.waiting, rest.index_entries)
    assert 0 == county.run("hotlist.accept", AcceptEntries(list_id=list_id, every=True), "sue", there=True).accepted
    by = {
        one.entry_id: one.accepted_by
        for one in county.run("hotlist.entries", ListEntries(list_id=list_id), "sam").entries
    }
    assert "sam" == by.pop(first.entry_id)
    assert {"sue"} == set(by.values())

    county.clock.advance(timedelta(hours=1))
    county.run("hotlist.grant.end", ListGrantName(list_grant=grant.list_grant), "sam", there=True)
    assert (0, ListState.GRANT_OVER) == (matched(county), state(county))
    (line,) = county.run("hotlist.list", HotListsOf(operator=PINE), "olga", there=True)
    assert (county.clock.now(), 0, 3) == (line.standing.since, line.entries, line.standing.waiting)
    look(county.node)
    assert (FaultKind.LIST_UNGRANTED, list_id) in {
        (fault.kind, fault.subject) for fault in county.node.registries.faults.list_open(PINE)
    }, "a list that matches nothing is not quiet about it"


def test_what_a_page_of_entries_takes(county: Any) -> None:
    """Pages by id; a limit, an id and a selection that are none are refused before anything is recorded."""
    granted(county)
    list_id = loaded(county, "7ONE111", "7TWO222")
    first = county.run("hotlist.entries", ListEntries(list_id=list_id, limit=1), "sam", there=True)
    then = county.run("hotlist.entries", ListEntries(list_id=list_id, after=first.next_after), "sam", there=True)
    assert (1, 1, None) == (len(first.entries), len(then.entries), then.next_after)
    assert {"7ONE111", "7TWO222"} == {one.plate_text for one in (*first.entries, *then.entries)}
    start = county.size()
    for step, request, kind in (
        ("hotlist.entries", ListEntries(list_id=list_id, limit=0), BadInput),
        ("hotlist.entries", ListEntries(list_id=list_id, after="7ONE111"), NotFound),
        ("hotlist.accept", AcceptEntries(list_id=list_id), BadInput),
        ("hotlist.accept", AcceptEntries(list_id=list_id, entry_ids=("x",)), NotFound),
        ("hotlist.accept", AcceptEntries(list_id=list_id, entry_ids=("x",), every=True), BadInput),
        ("hotlist.remove", RemoveEntry(entry_id="7ONE111", reason="x"), NotFound),
    ):
        with pytest.raises(kind):
            county.run(step, request, "sam", there=True)
    assert start == county.size()


@pytest.mark.parametrize("person", ["olga", "uma", "quill", "rex"])
def test_who_may_not_look_or_accept(county: Any, person: str) -> None:
    """Officers, auditors, the owner, another operator's administrator: denied, on record, nothing shown or changed."""
    granted(county)
    list_id = loaded(county, "7ONE111")
    for step, request in (
        ("hotlist.entries", ListEntries(list_id=list_id)),
        ("hotlist.accept", AcceptEntries(list_id=list_id, every=True)),
    ):
        with pytest.raises(Denied):
            county.run(step, request, person, there=True)
        assert (Verdict.DENIED, person) == (county.records()[-1].verdict, county.records()[-1].person)
    assert 0 == matched(county)


def test_taking_one_off_is_on_record_and_counts_at_once(county: Any) -> None:
    """With a reason, sealed beside the leaf; of another agency's list it waits again when the next file has it."""
    granted(county)
    list_id = loaded(county, "7ONE111")
    county.run("hotlist.accept", AcceptEntries(list_id=list_id, every=True), "sam", there=True)
    (entry_id,) = county.node.registries.acceptances.ids(list_id)
    with pytest.raises(BadInput):
        county.run("hotlist.remove", RemoveEntry(entry_id=entry_id, reason=" "), "sam", there=True)
    with pytest.raises(Denied):
        county.run("hotlist.remove", RemoveEntry(entry_id=entry_id, reason="x"), "olga", there=True)
    start = county.size()

    told = county.run("hotlist.remove", RemoveEntry(entry_id=entry_id, reason="the owner called"), "sam", there=True)

    assert (entry_id, 0, 0) == (told.entry_id, told.index_entries, matched(county))
    (record,) = county.records(start=start)
    assert {"change": "removed", "list": list_id, "entry": entry_id} == record.facts
    assert "the owner called" == county.node.desk(PINE).recorder.details_of(start).values["reason"]
    with pytest.raises(NotFound):
        county.run("hotlist.remove", RemoveEntry(entry_id=entry_id, reason="again"), "sam", there=True)
    take = ImportHotList(list_id=list_id, content=file_of(county, "7ONE111"))
    assert (1, 0) == (county.run("hotlist.import", take, "sam", there=True).added, matched(county))


def test_nobody_enters_a_plate_on_it_by_hand(county: Any) -> None:
    """Refused, and on record as failed."""
    granted(county)
    list_id = loaded(county, "7ONE111")
    new = EnterPlate(
        plate="7TWO222", list_id=list_id, category=Category.STOLEN_VEHICLE, reason="ours", case_number="26-1",
        until=format_time(county.clock.now() + timedelta(hours=2)),
    )  # fmt: skip
    with pytest.raises(BadInput):
        county.run("hotlist.enter", new, "sam", there=True)
    assert ("failed", "foreign_list") == tuple(county.records()[-1].facts[name] for name in ("outcome", "code"))


def test_an_owner_set_inactive_is_matched_no_more(county: Any) -> None:
    """From that moment, and again from the moment it is active."""
    granted(county)
    list_id = loaded(county, "7ONE111")
    county.run("hotlist.accept", AcceptEntries(list_id=list_id, every=True), "sam", there=True)
    assert 1 == matched(county)
    county.run("agency.deactivate", AgencyName(agency="quarry-police"))
    assert (0, ListState.GRANT_OVER) == (matched(county), state(county))
    (line,) = county.run("hotlist.grant.register", ListRegister(), there=True)
    assert GrantState.SUSPENDED == line.state
    county.run("agency.activate", AgencyName(agency="quarry-police"))
    assert (1, ListState.FRESH) == (matched(county), state(county))


def test_a_gap_between_grants_makes_everything_wait(county: Any) -> None:
    """The next grant begins by itself and gives nothing by itself: somebody here accepts anew."""
    granted(county)
    list_id = loaded(county, "7ONE111")
    county.run("hotlist.accept", AcceptEntries(list_id=list_id, every=True), "sam", there=True)
    begins, ends = county.clock.now() + 40 * DAY, county.clock.now() + 60 * DAY
    granted(county, valid_from=format_time(begins), valid_to=format_time(ends))
    county.clock.advance(35 * DAY)
    assert ListState.GRANT_OVER == state(county)
    county.clock.advance(5 * DAY)

    assert (ListState.STALE, 1) == (state(county), list_states(county.node, PINE)[0].waiting)
    take = ImportHotList(list_id=list_id, content=file_of(county, "7ONE111"))
    county.run("hotlist.import", take, "sam", there=True)
    county.node.desk(PINE).reload_index(county.node.registries.entries, county.clock)
    assert (ListState.FRESH, 0) == (state(county), matched(county))
