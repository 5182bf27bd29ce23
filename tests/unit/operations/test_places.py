"""Places: where the law lets nobody collect nothing is matched or stored, on every way in, from the next read on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.hotlist import Category
from lockplate.intake.delivery import Delivery
from lockplate.intake.files import FileOrder
from lockplate.law.words import Place
from lockplate.operations.hotlists import AddHotList, EnterPlate
from lockplate.operations.local_law import ChangeOperator
from lockplate.operations.operators import OperatorName
from lockplate.operations.places import AddPlace, ImportPlaces, PlaceName, parse_places
from lockplate.operations.readers import AddReader, ReaderName, ReadersOf
from lockplate.operations.taking_in import Ingest
from lockplate.plate import fold
from lockplate.read import ClockRule, Parsed, Position, Read
from lockplate.readers.columns import ReadColumns
from lockplate.terms import Action, OperatorId, PlateText, ReaderId, RecordMode

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE = OperatorId("pine-county")
SCHOOL, FIELD = Position(latitude=47.6205, longitude=-122.3493), Position(latitude=47.70, longitude=-122.40)


@pytest.fixture
def county(make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path) -> Iterator[Any]:
    """A county under Washington's law, with a school and a reader in a field."""
    with make_county(tmp_path / "home", SetClock(START)) as opened:
        opened.run("operator.change", ChangeOperator(operator=PINE, profile="us-wa"))
        opened.run("place.add", school())
        opened.run("reader.add", reader("field-1", FIELD))
        yield opened


def school(**more: Any) -> AddPlace:
    values = {"kind": Place.K12, "name": "Fir School", "latitude": SCHOOL.latitude, "longitude": SCHOOL.longitude}
    return AddPlace(**(values | {"operator": PINE, "radius_metres": 200} | more))


def reader(name: str, position: Position | None, **more: Any) -> AddReader:
    where = {} if position is None else {"latitude": position.latitude, "longitude": position.longitude}
    return AddReader(reader=name, name=name, operator=PINE, **where, **more)


def send(county: Any, name: str, position: Position | None = None, plate: str = "KTN0417") -> Any:
    """Send one live read, as a camera does."""
    at = county.clock.now()
    read = Read(
        format="test", plate_text=PlateText(plate), plate_key=fold(plate), captured_at=at,
        captured_at_raw=at.isoformat(), clock_rule=ClockRule.OFFSET, passage_ids=(), position=position,
    )  # fmt: skip
    parsed = Parsed(format="test", reads=(read,), rejects=(), ignored=())
    delivery = Delivery(operator=PINE, reader=ReaderId(name), parsed=parsed, received_at=at)
    return county.node.live.submit(delivery).result(10)


def read_line(position: Position | None, at: datetime, name: str = "field-1", plate: str = "KTN0417") -> bytes:
    """Return a line of our own format."""
    where = {} if position is None else {"latitude": position.latitude, "longitude": position.longitude}
    return msgspec.json.encode({"plate": plate, "captured_at": at.isoformat(), "reader": name} | where)


def file_order(county: Any, lines: list[bytes]) -> FileOrder:
    """Return the order to take lines in as a file."""
    path = county.settings.home.parent / "lines.ndjson"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return FileOrder(path=path, operator=PINE)


def stored(county: Any) -> int:
    day = START.date()
    return sum(count.reads for count in county.node.store.counts(PINE, day - timedelta(days=30), day))


def test_a_read_at_a_school_is_refused_and_one_in_a_field_is_taken(county: Any) -> None:
    """T10, live: by the read's own position, wherever its reader is registered."""
    assert 1 == send(county, "field-1").stored
    refused = send(county, "field-1", SCHOOL)
    assert (0, 0, {"sensitive_place": 1}) == (refused.stored, refused.hits, refused.refused)
    assert 1 == stored(county)


def test_a_reader_at_a_school_cannot_be_registered_or_taken_back(county: Any) -> None:
    """A fixed reader inside is refused with the next step; a car that only passes is not fixed."""
    with pytest.raises(Conflict, match="k12"):
        county.run("reader.add", reader("gate-1", SCHOOL), "ada", there=True)
    county.run("reader.add", reader("car-1", SCHOOL, mobile=True))
    county.run("reader.deactivate", ReaderName(reader="field-1"))
    county.run("place.add", school(latitude=FIELD.latitude, longitude=FIELD.longitude, name="New School"))
    with pytest.raises(Conflict):
        county.run("reader.activate", ReaderName(reader="field-1"))


def test_a_place_added_later_stops_its_readers_at_once(county: Any) -> None:
    """The report names them, the next read is refused, and once the place is gone the one after it is taken."""
    assert 1 == send(county, "field-1").stored
    told = county.run(
        "place.add", school(kind=Place.HEALTH, name="Clinic", latitude=FIELD.latitude, longitude=FIELD.longitude)
    )
    assert (("field-1",), True, 1) == (told.readers_inside, told.denied, told.imported)
    assert {"sensitive_place": 1} == send(county, "field-1", plate="KTN0418").refused
    listed = {one.place.name: one for one in county.run("place.list", OperatorName(operator=PINE), there=True)}
    assert ("field-1",) == listed["Clinic"].readers_inside
    county.run("place.remove", PlaceName(place=listed["Clinic"].place.place), "ada", there=True)
    assert 1 == send(county, "field-1", plate="KTN0419").stored


def test_what_a_fixed_reader_says_of_itself_does_not_free_it(county: Any) -> None:
    """Registered at a school under another law, it collects nothing under this one, wherever it says that it is."""
    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-ca"))
    county.run("reader.add", reader("gate-1", SCHOOL))
    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-wa"))
    assert {"sensitive_place": 1} == send(county, "gate-1").refused
    assert {"sensitive_place": 1} == send(county, "gate-1", FIELD, "KTN0418").refused


def test_a_car_is_where_its_reads_say_not_where_it_is_kept(county: Any) -> None:
    """Kept beside a school it collects elsewhere; kept in a field, a read that does not say where is refused."""
    county.run("reader.add", reader("car-1", SCHOOL, mobile=True))
    county.run("reader.add", reader("car-2", FIELD, mobile=True))
    assert 1 == send(county, "car-1", FIELD).stored
    assert {"sensitive_place": 1} == send(county, "car-2", SCHOOL).refused
    assert {"place_unknown": 1} == send(county, "car-2").refused
    told = county.run("place.add", school(name="Depot School", latitude=FIELD.latitude, longitude=FIELD.longitude))
    assert ("field-1",) == told.readers_inside


def test_a_refused_read_is_matched_against_nothing(county: Any) -> None:
    """Its plate is on a hot list: at the school there is no hit, in the field there is one; whole, in columns, live."""
    made = county.run(
        "hotlist.add",
        AddHotList(
            operator=PINE, name="Stolen", categories=(Category.STOLEN_VEHICLE,), source="desk", legal_basis="cite",
            max_age_hours=24,
        ),
    )  # fmt: skip
    listed = EnterPlate(
        list_id=made.hot_list.list_id, plate="KTN0417", category=Category.STOLEN_VEHICLE, reason="taken",
        case_number="26-7", until=(START + timedelta(hours=5)).isoformat(),
    )  # fmt: skip
    # the plate was listed before the cars passed: where it was before is no match
    county.clock.advance(-timedelta(hours=3))
    county.run("hotlist.enter", listed, "sam", there=True)
    county.clock.advance(timedelta(hours=3))
    for hours, mode in enumerate((RecordMode.RECORD, RecordMode.INDEX_ONLY), start=1):
        county.run("operator.change", ChangeOperator(operator=PINE, record_mode=mode))
        file = [read_line(SCHOOL, START), read_line(FIELD, START - timedelta(hours=hours))]
        sealed = county.node.files.ingest(file_order(county, file), lambda _: None)
        assert (1, 1, {"sensitive_place": 1}) == (sealed.imported, sealed.hits, sealed.refused_by_reason)
    assert 0 == send(county, "field-1", SCHOOL).hits
    assert 1 == send(county, "field-1").hits


def test_the_list_of_readers_says_who_was_refused_and_why(county: Any, tmp_path: Path) -> None:
    """By the reader that sent, or that a line of a file names; and that one of them stands where none may."""
    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-ca"))
    county.run("reader.add", reader("gate-1", SCHOOL))
    county.run("reader.add", reader("lost-1", None))
    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-wa"))
    send(county, "gate-1")
    county.ingest(tmp_path, [("KTN0417", START - timedelta(hours=1), name) for name in ("gate-1", "lost-1", "field-1")])
    listed = {one.reader.reader: one for one in county.run("reader.list", ReadersOf(operator=PINE))}
    assert ({"sensitive_place": 2}, 2, "sensitive_place") == (
        listed["gate-1"].refused_by_reason, listed["gate-1"].refused, listed["gate-1"].place_fault,
    )  # fmt: skip
    assert ({"place_unknown": 1}, "place_unknown") == (
        listed["lost-1"].refused_by_reason, listed["lost-1"].place_fault,
    )  # fmt: skip
    assert ({}, None) == (listed["field-1"].refused_by_reason, listed["field-1"].place_fault)


def test_nobody_knows_where_means_no(county: Any) -> None:
    """Under such a law a read without a place, the reader's or its own, is refused: nobody can say it was lawful."""
    county.run("reader.add", reader("lost-1", None))
    assert {"place_unknown": 1} == send(county, "lost-1").refused
    nowhere = Position(latitude=float("nan"), longitude=500)
    assert {"place_unknown": 1} == send(county, "lost-1", nowhere, "KTN0418").refused
    assert 1 == send(county, "lost-1", FIELD, "KTN0419").stored


@pytest.mark.parametrize("mode", [RecordMode.RECORD, RecordMode.INDEX_ONLY])
def test_files_are_no_way_around(county: Any, tmp_path: Path, mode: RecordMode) -> None:
    """The same for a file of reads, with records and with the index only; an unregistered reader stands nowhere."""
    county.run("operator.change", ChangeOperator(operator=PINE, record_mode=mode))
    county.run("reader.add", reader("car-1", SCHOOL, mobile=True))
    at = START - timedelta(minutes=20)
    taken = county.ingest(tmp_path, [("KTN0417", at, "field-1"), ("KTN0418", at, "car-1"), ("KTN0419", at, "who")])
    assert (1, {"place_unknown": 1, "sensitive_place": 1}) == (taken.imported, taken.refused_by_reason)
    placed = [
        read_line(SCHOOL, at, "who"), read_line(FIELD, at, "who"), read_line(FIELD, at, "car-1"),
        read_line(SCHOOL, at, "field-1"), read_line(None, at, "who"),
    ]  # fmt: skip
    told = county.node.files.ingest(file_order(county, placed), lambda _: None)
    assert (2, {"place_unknown": 1, "sensitive_place": 2}) == (told.imported, told.refused_by_reason)
    assert 3 == stored(county)


@pytest.mark.parametrize("mode", [RecordMode.RECORD, RecordMode.INDEX_ONLY])
def test_a_table_with_positions_is_no_way_around(county: Any, tmp_path: Path, mode: RecordMode) -> None:
    """CSV with a map: each row by its own position; a row before it that is no read moves nobody else's place."""
    county.run("operator.change", ChangeOperator(operator=PINE, record_mode=mode))
    at = (START - timedelta(minutes=20)).isoformat()
    cells = [("", FIELD), ("KTN0417", SCHOOL), ("KTN0418", FIELD), ("KTN0419", None)]
    text = "plate,at,lat,lon\n" + "".join(
        f"{plate},{at},{'' if where is None else where.latitude},{'' if where is None else where.longitude}\n"
        for plate, where in cells
    )
    path = tmp_path / "reads.csv"
    path.write_text(text, encoding="utf-8")
    column_map = (
        "format: csv\nplate: {column: plate}\ncaptured_at: {column: at, format: rfc3339}\n"
        "position: {latitude: lat, longitude: lon}\nreader: {constant: who}\n"
    )
    told = county.run("ingest", Ingest(path=str(path), operator=PINE, map_text=column_map))
    assert (1, {"no_plate": 1, "place_unknown": 1, "sensitive_place": 1}) == (told.imported, told.refused_by_reason)


def test_columns_ask_where_the_reader_stands(county: Any) -> None:
    """The bulk path by columns, taken over HTTP when only the index is kept, refuses by reader."""
    county.run("operator.change", ChangeOperator(operator=PINE, record_mode=RecordMode.INDEX_ONLY))
    county.run("reader.add", reader("car-1", SCHOOL, mobile=True))
    second = int((START - timedelta(minutes=20)).timestamp())
    columns = ReadColumns(
        rows=3, plate_keys=[fold("KTN0417"), fold("KTN0418"), fold("KTN0419")],
        captured_at=np.array([second] * 3, dtype=np.uint32), reader_index=np.array([0, 1, 2], dtype=np.int32),
        readers=(ReaderId("field-1"), ReaderId("car-1"), ReaderId("who")), refused={}, read_at=lambda _: None,  # type: ignore[arg-type,return-value]
    )  # fmt: skip
    count = county.node.bulk.seal_columns(PINE, columns).count
    assert (1, {"place_unknown": 1, "sensitive_place": 1}) == (count.stored, count.refused)


def test_a_law_that_names_no_places_asks_nothing(county: Any) -> None:
    """Under California's law the same reader at the same school collects: its law denies no place."""
    county.run("operator.change", ChangeOperator(operator=PINE, profile="us-ca"))
    county.run("reader.add", reader("gate-1", SCHOOL))
    assert (1, {}) == ((taken := send(county, "gate-1")).stored, taken.refused)
    (place,) = county.run("place.list", OperatorName(operator=PINE), there=True)
    assert not place.denied


def test_every_line_of_a_file_of_places_is_accounted_for(county: Any) -> None:
    """Good lines are added, bad ones named by number and reason; a wrong header is refused whole."""
    content = (
        "kind,name,latitude,longitude,radius_m\n"
        "court,Court House,47.60,-122.33,150\nchurch,St. Oak,47.6,-122.3,100\nworship,St. Oak,47.6,-122.3,\n"
        "k12,Far School,97.6,-122.3,100\nhealth,,47.6,-122.3,100\n"
    )
    told = county.run("place.import", ImportPlaces(content=content, operator=PINE), "ada", there=True)
    assert (5, 2, 3, [3, 5, 6]) == (told.rows, told.imported, told.refused, [one.line for one in told.refused_lines])
    with pytest.raises(BadInput):
        county.run("place.import", ImportPlaces(content="name,kind\n", operator=PINE), "ada", there=True)


def test_a_line_with_too_many_cells_is_no_place() -> None:
    """A comma too many moves every cell after it: such a line is refused, not read."""
    head = "kind,name,latitude,longitude,radius_m\n"
    places, refused = parse_places(head + "court,Court House,47.60,-122.33,150,9\ncourt,Oak,47.6,-122.3,150\r\n")
    assert (["Oak"], [2]) == ([one.name for one in places], [one.line for one in refused])


@pytest.mark.parametrize("content", ["", "\0", '"', "kind", "x" * 200_000, "k" * 200_000 + ",name\n"])
def test_what_is_no_csv_of_places_is_refused(content: str) -> None:
    """A first line that is not ours, or longer than a cell may be, is bad input."""
    with pytest.raises(BadInput):
        parse_places(content)


def test_who_may_change_places_is_on_record(county: Any) -> None:
    """An administrator may, an officer may not, nobody may over the network; the record commits to the name."""
    with pytest.raises(Denied):
        county.run("place.add", school(name="Other"), "olga", there=True)
    with pytest.raises(Unauthenticated):
        county.run("place.add", school(name="Other"), there=True)
    with pytest.raises(NotFound):
        county.run("place.remove", PlaceName(place="p0"), "ada", there=True)
    county.run("place.add", school(name="Birch School"), "ada", there=True)
    last = [one for one in county.records() if one.action is Action.READERS_CHANGED][-1]
    assert ("places added", "k12") == (last.facts["change"], last.facts["kinds"])
    assert "names" in last.commitments
    assert "Birch" not in str(last)
