"""Files of states on a list: what they say is sealed, lives for a time, and is taken whole or not at all."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from list_lines import SAMPLES, ncic
from lockplate.clock import SetClock
from lockplate.errors import BadInput, NotFound
from lockplate.hotlist import AlertOn, Category, ListId, ListTerms, Priority
from lockplate.listfiles.layouts import parse_list
from lockplate.listfiles.outcome import ListRow, ParsedList
from lockplate.listfiles.own import parse_list_csv
from lockplate.read import Vehicle
from lockplate.registry.entries import Entries
from lockplate.registry.hotlists import HotLists, ListChange, NewHotList
from lockplate.registry.list_plan import ImportRules, ListDiff
from lockplate.registry.sealing import ColumnSealer
from lockplate.terms import AgencyId, OperatorId, PlateText

pytestmark = pytest.mark.usefixtures("county")
PINE = OperatorId("pine-county")
HONDA = Vehicle(make="HOND", model="ACC", color="BLK", body="4D", year="2011")
DAY = timedelta(days=1)


@pytest.fixture
def lists(engine: Engine, clock: SetClock) -> HotLists:
    return HotLists(engine, clock)


@pytest.fixture
def entries(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Entries:
    return Entries(engine, sealers.__getitem__, clock)


def new_list(lists: HotLists, **changes: object) -> ListId:
    values = {
        "operator": PINE,
        "name": "State file",
        "owner_agency": AgencyId("pine-sheriff"),
        "categories": frozenset({Category.STOLEN_VEHICLE, Category.STOLEN_PLATE, Category.MISSING}),
        "source": "state bureau",
        "legal_basis": "Civ. Code 1798.90.51",
        "max_age": DAY,
    }
    return lists.add(NewHotList(**(values | changes))).list_id


def file_of(*lines: str, header: str = "VEHEXTRT") -> ParsedList:
    return parse_list("\n".join((header, *lines)).encode(), "ncic")


def numbers(diff: ListDiff) -> tuple[int, int, int, int]:
    return diff.added, diff.changed, diff.unchanged, diff.gone


def test_vehicle_and_number_are_kept_sealed(
    entries: Entries, lists: HotLists, database_file: Path, clock: SetClock
) -> None:
    """What the source says of the car comes back with the entry and lies nowhere in plain."""
    list_id = new_list(lists)
    entries.replace(list_id, file_of(ncic(number=777123), ncic("ZZQ0185", vehicle="", kind="P")))

    found = {entry.plate_text: entry for entry in entries.list_all(list_id)}

    assert (HONDA, "V000777123") == (found["7KTN041"].vehicle, found["7KTN041"].reference)
    assert (None, "P000000301") == (found["ZZQ0185"].vehicle, found["ZZQ0185"].reference)
    assert found["7KTN041"] == entries.get(found["7KTN041"].entry_id)
    with sqlite3.connect(database_file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    on_disk = database_file.read_bytes()
    assert [] == [word for word in (b"HOND", b"777123", b"7KTN041", b"CA0990100") if word in on_disk]


def test_an_entry_without_an_end_lives_as_long_as_the_list_says(
    entries: Entries, lists: HotLists, clock: SetClock
) -> None:
    """Each file that still lists it lets it live on, which is no change; then it is over, never for ever."""
    short, long = new_list(lists), new_list(lists, name="Long", entry_life=7 * DAY)
    for list_id in (short, long):
        entries.replace(list_id, file_of(ncic(), ncic("ZZQ0185")))
    ends = {entry.expires_at - clock.now() for list_id in (short, long) for entry in entries.list_all(list_id)}
    assert {DAY, 7 * DAY} == ends
    clock.advance(timedelta(hours=20))

    diff = entries.replace(short, file_of(ncic(), ncic("ZZQ0185", vehicle="2011HONDACC4DRED")))

    assert (0, 1, 1, 0) == numbers(diff)
    assert {clock.now() + DAY} == {entry.expires_at for entry in entries.list_all(short)}
    assert {short: 2} == entries.expired(clock.now() + DAY, PINE)


def test_an_end_that_a_file_gives_is_kept(entries: Entries, lists: HotLists) -> None:
    """Our own file says when each entry ends, and no statement moves it."""
    list_id = new_list(lists, entry_life=30 * DAY)
    own = parse_list_csv(b"plate,category,expires\n7KTN041,missing,2026-06-01\n")

    entries.replace(list_id, own)

    assert (0, 0, 1, 0) == numbers(entries.replace(list_id, own))
    assert [datetime(2026, 6, 1, tzinfo=UTC)] == [entry.expires_at for entry in entries.list_all(list_id)]


@pytest.mark.parametrize(("dated", "kept"), [("20260201", 1), ("20260131", 1), ("20260130", 0), ("        ", 1)])
def test_old_lines_are_expired_where_the_list_says_so(entries: Entries, lists: HotLists, dated: str, kept: int) -> None:
    """Thirty days before 2 March, a whole day counted for a day; what has no date is not judged by it."""
    list_id = new_list(lists, oldest=30 * DAY)

    diff = entries.replace(list_id, file_of(ncic(date=dated), ncic("ZZQ0185", date="20260301")))

    assert kept + 1 == diff.added
    assert ([] if kept else ["expired"]) == [one.refusal.value for one in diff.refused]


def test_zero_for_o_follows_the_file(entries: Entries, lists: HotLists, clock: SetClock) -> None:
    """Every entry of the file has its trait, new or kept; the index knows."""
    list_id = new_list(lists)
    entries.replace(list_id, file_of(ncic("70TN041", state="0H"), ncic("ZZQ0185")))
    first = {entry.plate_text: entry.zero_for_letter for entry in entries.load(PINE, clock.now())}

    diff = entries.replace(list_id, file_of(ncic("70TN041", state="OH"), ncic("ZZQ0185")))
    second = {entry.plate_text: entry.zero_for_letter for entry in entries.load(PINE, clock.now())}

    assert ({"70TN041": False, "ZZQ0185": False}, (0, 0, 2, 0)) == (second, numbers(diff))
    assert {"70TN041": False, "ZZQ0185": False} == first
    entries.replace(list_id, file_of(ncic("70TN041", state="0H", vehicle=""), ncic("ZZQ0185", vehicle="")))
    assert {True} == {entry.zero_for_letter for entry in entries.list_all(list_id)}
    assert {True} == {entry.zero_for_letter for entry in entries.load(PINE, clock.now())}


def test_a_list_gives_its_terms_to_all_its_entries(entries: Entries, lists: HotLists, clock: SetClock) -> None:
    """One value, shared; a change of the list is a change of every entry."""
    terms = ListTerms(
        alert_on=frozenset({AlertOn.CANDIDATE, AlertOn.REGION_UNREAD}),
        priority=Priority.HIGH,
        repeat_after=timedelta(minutes=20),
    )
    list_id = new_list(lists, alert_on=terms.alert_on, priority=terms.priority, repeat_after=terms.repeat_after)
    entries.replace(list_id, file_of(ncic(), ncic("ZZQ0185")))

    one, other = entries.load(PINE, clock.now())

    assert terms == one.terms
    assert one.terms is other.terms
    changed = lists.change(list_id, ListChange(alert_on=frozenset(), repeat_after=timedelta()))
    assert (frozenset(), Priority.HIGH, timedelta()) == (changed.alert_on, changed.priority, changed.repeat_after)
    assert {changed.terms} == {entry.terms for entry in entries.load(PINE, clock.now())}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "ICE detainers"},
        {"name": "Immigration violators"},
        {"repeat_after": timedelta(days=2)},
        {"repeat_after": timedelta(seconds=-1)},
        {"entry_life": timedelta()},
        {"entry_life": timedelta(days=4000)},
        {"oldest": timedelta(days=-1)},
    ],
)
def test_what_is_no_list(lists: HotLists, changes: dict[str, object]) -> None:
    """A name about immigration, alerts that never repeat, a life that is none or for ever: refused."""
    with pytest.raises(BadInput):
        new_list(lists, **changes)


def test_a_change_is_checked_and_partial(lists: HotLists) -> None:
    """What is not named stays; no time at all means however old; lengths that are none are refused."""
    list_id = new_list(lists, oldest=DAY, entry_life=2 * DAY)
    assert lists.get(list_id) == lists.change(list_id, ListChange())

    changed = lists.change(list_id, ListChange(oldest=timedelta(), max_age=2 * DAY, priority=Priority.LOW))

    assert (None, 2 * DAY, 2 * DAY, Priority.LOW) == (
        changed.oldest, changed.max_age, changed.entry_life, changed.priority
    )  # fmt: skip
    for wrong in (ListChange(max_age=timedelta()), ListChange(entry_life=timedelta(days=-1))):
        with pytest.raises(BadInput):
            lists.change(list_id, wrong)
    with pytest.raises(NotFound):
        lists.change(ListId("l0"), ListChange(priority=Priority.LOW))


def test_debts_only_where_the_law_names_them(entries: Entries, lists: HotLists, clock: SetClock) -> None:
    """The line is refused, and an entry that is there already matches no more once the law does not name it."""
    debts = frozenset({Category.REGISTRATION, Category.SUSPENDED_LICENSE})
    list_id = new_list(lists, categories=debts)
    georgia = next(sample for sample in SAMPLES if sample.layout == "georgia").text().encode()
    named = frozenset({Category.REGISTRATION})

    none = entries.compare(list_id, parse_list(georgia))
    some = entries.replace(list_id, parse_list(georgia), ImportRules(low_level=named))

    assert {"category_not_in_law": 2} == none.refused_by_reason()
    assert ({"category_not_in_law": 1}, 1) == (some.refused_by_reason(), some.added)
    assert 1 == len(list(entries.load(PINE, clock.now(), None, named)))
    assert [] == list(entries.load(PINE, clock.now(), None, frozenset()))


def test_a_file_that_nobody_counted_does_not_empty_a_list(entries: Entries, lists: HotLists) -> None:
    """More than half of a hundred gone: refused before anything is written, unless a count or a person speaks."""
    list_id = new_list(lists)
    lines = [ncic(f"7KTN{number:03d}", number=number) for number in range(120)]
    entries.replace(list_id, file_of(*lines))
    half = file_of(*lines[:59])

    for act in (entries.compare, entries.replace):
        with pytest.raises(BadInput) as caught:
            act(list_id, half)
        assert "list_shrunk" == caught.value.code
    assert 120 == len(list(entries.list_all(list_id)))

    assert 61 == entries.replace(list_id, half, ImportRules(accepted=59)).gone


def test_a_list_remembers_its_last_file(entries: Entries, lists: HotLists) -> None:
    """Its layout, and whether it told its count; a person's word in place of a count changes neither way."""
    list_id = new_list(lists)
    assert (None, False) == (lists.get(list_id).layout, lists.get(list_id).counted)
    entries.replace(list_id, file_of(ncic(), header="VEHEXTRT RECORDS 1"))
    assert ("ncic", True) == (lists.get(list_id).layout, lists.get(list_id).counted)
    entries.replace(list_id, file_of(ncic()), ImportRules(accepted=1))
    assert lists.get(list_id).counted
    entries.replace(list_id, file_of(ncic()))
    assert not lists.get(list_id).counted


def test_progress_is_told(entries: Entries, lists: HotLists) -> None:
    """Whoever waits for a long import sees each step."""
    told: list[str] = []

    entries.replace(new_list(lists), file_of(ncic()), progress=lambda step, _done, _total: told.append(step))

    assert ["sealing"] == told


def test_what_a_row_may_hold() -> None:
    """The fields of a row are an allow-list: none is of a person."""
    assert (
        "line", "plate_text", "region", "category", "reason", "expires_at", "dated", "vehicle", "reference",
    ) == ListRow.__struct_fields__  # fmt: skip
    assert ("make", "model", "color", "body", "year") == Vehicle.__struct_fields__
    row = ListRow(line=1, plate_text=PlateText("A1"), region=None, category=None, reason="", expires_at=None)
    assert (None, None, "") == (row.dated, row.vehicle, row.reference)
    assert date(2026, 10, 2) == file_of(ncic()).rows[0].dated
