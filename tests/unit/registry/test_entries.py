"""Entries: every line accounted for, nothing plain at rest, nothing stale in the index."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from lockplate.clock import SetClock
from lockplate.errors import BadInput, NotFound, SealBroken
from lockplate.hotlist import Category, EntryId, ListId
from lockplate.listfiles.outcome import LineRefused, Refusal
from lockplate.listfiles.own import parse_list_csv
from lockplate.registry import entries as entries_module
from lockplate.registry.database import close_database, writing
from lockplate.registry.entries import Entries, NewEntry
from lockplate.registry.hotlists import HotLists, NewHotList
from lockplate.registry.list_plan import ListDiff
from lockplate.registry.people import People
from lockplate.registry.sealing import ColumnSealer
from lockplate.registry.tables import hot_list_entries
from lockplate.terms import AgencyId, OperatorId, PersonId

pytestmark = pytest.mark.usefixtures("county")
PINE = OperatorId("pine-county")
ANN = PersonId("ann")
LATER = datetime(2026, 6, 1, tzinfo=UTC)
HEADER = "plate,region,category,reason,expires\n"
FILE = HEADER + (
    "7ZOO814,US-CA,stolen_vehicle,taken from a lot,2026-06-01\n"
    "zq 0185,US-NV,amber,child in danger,2026-06-01\n"
    "QX1LPT9,,stolen_vehicle,,2026-06-01T12:00:00Z\n"
)


@pytest.fixture
def lists(engine: Engine, clock: SetClock) -> HotLists:
    return HotLists(engine, clock)


@pytest.fixture
def list_id(lists: HotLists) -> ListId:
    return lists.add(
        NewHotList(
            operator=PINE,
            name="State bulletin",
            owner_agency=AgencyId("pine-sheriff"),
            categories=frozenset({Category.STOLEN_VEHICLE, Category.AMBER}),
            source="bulletin",
            legal_basis="Civ. Code 1798.90.51",
            max_age=timedelta(hours=24),
        )
    ).list_id


@pytest.fixture
def entries(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Entries:
    return Entries(engine, sealers.__getitem__, clock)


def take(entries: Entries, list_id: ListId, text: str) -> ListDiff:
    return entries.replace(list_id, parse_list_csv(text.encode()))


def numbers(diff: ListDiff) -> tuple[int, int, int, int, int]:
    assert diff.lines == diff.added + diff.changed + diff.unchanged + len(diff.refused) + diff.blank
    return diff.added, diff.changed, diff.unchanged, diff.gone, len(diff.refused)


def by_hand(list_id: ListId, **changes: object) -> NewEntry:
    values = {
        "list_id": list_id,
        "plate_text": " 4HND777 ",
        "region": "us-or",
        "category": Category.AMBER,
        "reason": "seen near the school",
        "expires_at": LATER,
    }
    return NewEntry(**(values | changes))


def plates(entries: Entries, clock: SetClock) -> set[str]:
    return {entry.plate_text for entry in entries.load(PINE, clock.now())}


def test_a_file_is_taken_and_loaded(entries: Entries, list_id: ListId, clock: SetClock) -> None:
    """Entries come out as the file wrote them, with their folded key, under their list."""
    assert (3, 0, 0, 0, 0) == numbers(take(entries, list_id, FILE))
    loaded = {entry.plate_text: entry for entry in entries.load(PINE, clock.now())}
    assert {"7ZOO814": "7200814", "zq 0185": "200185", "QX1LPT9": "0X1LPT9"} == {
        text: entry.plate_key for text, entry in loaded.items()
    }
    assert {"7ZOO814": "US-CA", "zq 0185": "US-NV", "QX1LPT9": None} == {
        text: entry.region for text, entry in loaded.items()
    }
    assert {list_id} == {entry.list_id for entry in loaded.values()}
    assert Category.AMBER == loaded["zq 0185"].category
    assert [] == list(entries.load(OperatorId("quarry-city"), clock.now()))
    assert {list_id: 3} == entries.counts(clock.now())


def test_the_next_file_is_a_difference(entries: Entries, list_id: ListId, clock: SetClock) -> None:
    """Kept, changed, dropped and new lines are told apart, and what stays keeps its entry id."""
    take(entries, list_id, FILE)
    ids = {entry.plate_text: entry.entry_id for entry in entries.load(PINE, clock.now())}
    second = HEADER + (
        "7zoo-814,US-CA,stolen_vehicle,taken from a lot,2026-06-01\n"  # another spelling of the same plate
        "ZQ0185,US-NV,amber,child in danger,2026-07-01\n"  # a later end
        "7ZOO814,US-CA,amber,also this,2026-06-01\n"  # the same plate in another category
    )
    assert (1, 1, 1, 1, 0) == numbers(entries.compare(list_id, parse_list_csv(second.encode())))
    assert {"7ZOO814", "zq 0185", "QX1LPT9"} == plates(entries, clock)
    assert (1, 1, 1, 1, 0) == numbers(take(entries, list_id, second))
    assert (0, 0, 3, 0, 0) == numbers(take(entries, list_id, second))
    kept = {entry.entry_id: entry for entry in entries.list_all(list_id)}
    assert datetime(2026, 7, 1, tzinfo=UTC) == kept[ids["zq 0185"]].expires_at
    assert ids["7ZOO814"] in kept
    assert ids["QX1LPT9"] not in kept


def test_an_import_longer_than_a_step(
    entries: Entries, list_id: ListId, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding, changing and dropping go through in steps of any size."""
    monkeypatch.setattr(entries_module, "_CHUNK", 3)
    lines = [f"AA{number:04d},,amber,r,2026-06-01" for number in range(20)]
    assert (20, 0, 0, 0, 0) == numbers(take(entries, list_id, HEADER + "\n".join(lines)))
    changed = [line.replace(",r,", ",s,") for line in lines[:10]]
    assert (0, 10, 0, 10, 0) == numbers(take(entries, list_id, HEADER + "\n".join(changed)))
    assert {"s"} == {entry.reason for entry in entries.list_all(list_id)}
    assert 10 == len(plates(entries, clock))


def test_refused_lines_are_counted_by_reason(entries: Entries, list_id: ListId, clock: SetClock) -> None:
    """Lines the parser took but this list cannot: category, expiry, repetition; in the order of lines."""
    text = FILE + (
        "AAA111,,felony,,2026-06-01\n"
        "AAA112,,,,2026-06-01\n"
        "AAA113,,amber,,2026-03-02\n"
        "7Z O-O 814,US-CA,stolen_vehicle,again,2026-06-02\n"
        "AAA114,,immigration,,2026-06-01\n"
        "\n"
    )
    diff = take(entries, list_id, text)
    assert (3, 0, 0, 0, 5) == numbers(diff)
    assert [
        Refusal.CATEGORY_NOT_OF_LIST,
        Refusal.CATEGORY_MISSING,
        Refusal.EXPIRED,
        Refusal.DUPLICATE,
        Refusal.IMMIGRATION,
    ] == [line.refusal for line in diff.refused]
    assert [5, 6, 7, 8, 9] == [line.line for line in diff.refused]
    assert {
        "category_missing": 1,
        "category_not_of_list": 1,
        "duplicate": 1,
        "expired": 1,
        "immigration": 1,
    } == diff.refused_by_reason()
    assert {"7ZOO814", "zq 0185", "QX1LPT9"} == plates(entries, clock)


def test_a_list_of_one_category_supplies_it(entries: Entries, lists: HotLists, clock: SetClock) -> None:
    """An empty category cell means the list's own when it has only one."""
    one = NewHotList(
        operator=PINE,
        name="Plates",
        owner_agency=AgencyId("pine-sheriff"),
        categories=frozenset({Category.STOLEN_PLATE}),
        source="desk",
        legal_basis="policy 4",
        max_age=timedelta(hours=1),
    )
    take(entries, lists.add(one).list_id, "plate,expires\nAAA112,2026-06-01\n")
    assert [Category.STOLEN_PLATE] == [entry.category for entry in entries.load(PINE, clock.now())]


def test_a_stale_list_matches_nothing(entries: Entries, list_id: ListId, clock: SetClock, lists: HotLists) -> None:
    """In the index an entry ends with its list's age; a day later the file must come again; by-hand entries stay."""
    take(entries, list_id, FILE)
    entries.add(by_hand(list_id), by=ANN)
    taken_at = clock.now()
    ends = {entry.plate_text: entry.expires_at for entry in entries.load(PINE, clock.now())}
    assert {taken_at + timedelta(hours=24), LATER} == set(ends.values())
    assert LATER == ends["4HND777"]
    clock.advance(timedelta(hours=24))
    assert lists.get(list_id).is_stale(clock.now())
    assert {"4HND777"} == plates(entries, clock)
    take(entries, list_id, FILE)
    assert 4 == len(plates(entries, clock))


def test_an_inactive_list_is_not_loaded(entries: Entries, list_id: ListId, clock: SetClock, lists: HotLists) -> None:
    """A list set aside is not matched."""
    take(entries, list_id, FILE)
    lists.deactivate(list_id)
    assert set() == plates(entries, clock)


def test_an_entry_by_hand(entries: Entries, list_id: ListId, clock: SetClock) -> None:
    """It names who entered it, survives the next file, and can be taken off."""
    made = entries.add(by_hand(list_id), by=ANN)
    assert ("4HND777", "US-OR", "seen near the school", ANN, True) == (
        made.plate_text,
        made.region,
        made.reason,
        made.entered_by,
        made.manual,
    )
    take(entries, list_id, FILE)
    assert made == entries.get(made.entry_id)
    entries.remove(made.entry_id)
    assert "4HND777" not in plates(entries, clock)
    for act in (entries.get, entries.remove):
        with pytest.raises(NotFound):
            act(made.entry_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"plate_text": "--"},
        {"region": "Oregon"},
        {"reason": " "},
        {"reason": "x" * 1001},
        {"expires_at": datetime(2026, 3, 2, 8, 30, tzinfo=UTC)},
        {"category": Category.FELONY},
    ],
)
def test_what_cannot_be_entered_by_hand(entries: Entries, list_id: ListId, changes: dict[str, object]) -> None:
    """No plate, no region, no reason, no future, not the list's category: refused."""
    with pytest.raises(BadInput):
        entries.add(by_hand(list_id, **changes), by=ANN)
    assert [] == list(entries.list_all(list_id))


def test_who_and_where_must_exist(entries: Entries, list_id: ListId, people: People) -> None:
    """Unknown lists and people, and inactive people, list nothing."""
    with pytest.raises(NotFound):
        entries.add(by_hand(ListId("l0")), by=ANN)
    with pytest.raises(NotFound):
        entries.add(by_hand(list_id), by=PersonId("nobody"))
    people.deactivate(ANN)
    with pytest.raises(BadInput):
        entries.add(by_hand(list_id), by=ANN)
    for act in (entries.replace, entries.compare):
        with pytest.raises(NotFound):
            act(ListId("l0"), parse_list_csv(FILE.encode()))


def test_expired_entries_go(entries: Entries, list_id: ListId, clock: SetClock) -> None:
    """At its end an entry is neither loaded nor counted, and `expire` deletes it."""
    take(entries, list_id, FILE)
    at = LATER
    assert {list_id: 1} == entries.counts(at)
    assert {list_id: 2} == entries.expire(at)
    assert {} == entries.expire(at)
    assert ["QX1LPT9"] == [entry.plate_text for entry in entries.list_all(list_id)]


def test_nothing_of_an_entry_is_plain_in_the_file(
    entries: Entries, list_id: ListId, engine: Engine, database_file: Path
) -> None:
    """Neither plate, as written or folded, nor reason is in the file, before and after deletion; the list's name is."""
    take(entries, list_id, FILE)
    entries.add(by_hand(list_id), by=ANN)
    close_database(engine)
    content = database_file.read_bytes()
    assert b"State bulletin" in content
    for secret in ("7ZOO814", "7200814", "zq 0185", "200185", "QX1LPT9", "4HND777", "taken from", "child in", "school"):
        assert secret.encode() not in content


def test_a_sealed_plate_cannot_be_moved(entries: Entries, list_id: ListId, engine: Engine, clock: SetClock) -> None:
    """A plate's cell put into another row, or into the reason's column, does not open."""
    take(entries, list_id, FILE)
    first, second, _ = entries.list_all(list_id)

    def put(change: Callable[[], dict[str, object]]) -> None:
        with writing(engine) as connection:
            row = connection.execute(
                hot_list_entries.select().where(hot_list_entries.c.entry_id == first.entry_id)
            ).one()
            values = {name: getattr(row, source) for name, source in change().items()}
            where = EntryId(second.entry_id)
            connection.execute(update(hot_list_entries).where(hot_list_entries.c.entry_id == where).values(values))

    put(lambda: {"reason_sealed": "plate_sealed"})
    with pytest.raises(SealBroken):
        entries.get(second.entry_id)
    put(lambda: {"plate_sealed": "plate_sealed"})
    with pytest.raises(SealBroken):
        list(entries.load(PINE, clock.now()))


def test_each_operator_has_its_own_sealer(
    entries: Entries, list_id: ListId, engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]
) -> None:
    """Another operator's keys open nothing of this one's."""
    take(entries, list_id, FILE)
    swapped = Entries(engine, lambda _: sealers["quarry-city"], clock)
    with pytest.raises(SealBroken):
        list(swapped.load(PINE, clock.now()))


def test_a_refused_line_says_nothing_of_its_plate() -> None:
    """The error for a line names a reason only."""
    assert "the entry is refused: no_plate" == LineRefused(Refusal.NO_PLATE).message
