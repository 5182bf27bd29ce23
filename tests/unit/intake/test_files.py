"""FileIntake and BulkIntake: every row of a file is accounted for, and a file sent again changes nothing."""

import csv
import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest

from lockplate.clock import period_of
from lockplate.errors import BadInput, NotFound
from lockplate.intake import files as files_module
from lockplate.intake.files import FileOrder, FileReport
from lockplate.lookup.answer import AnsweredRead
from lockplate.readers.column_map import load_column_map
from lockplate.terms import OperatorId, ReaderId
from lockplate.wiring.node import Node

SEATTLE = Path(__file__).parents[3] / ".." / "shared" / "data" / "seattle-reads-2021" / "spd-alpr-pub.csv.gz"
PIPED = """
format: csv
delimiter: "|"
missing: ["NA", ""]
plate: {column: plate_hash, kind: hash}
captured_at: {column: dt, format: "%m/%d/%Y - %H:%M:%S", zone: America/Los_Angeles}
reader: {column: device}
position: {latitude: lat, longitude: lon}
place: {column: location}
"""
ONE_CELL = """
plate: {column: red_VRM}
captured_at: {column: red_Timestamp, format: "%m/%d/%Y %I:%M:%S %p", zone: America/New_York}
position: {column: Location, missing: ["(0, 0)"]}
reader: {constant: city}
region: {constant: US-NY}
"""

Ingest = Callable[..., FileReport]


@pytest.fixture
def ingest(node: Node, tmp_path: Path) -> Ingest:
    """Take content in as a file of some name."""

    def taken(
        content: bytes,
        name: str = "file.ndjson",
        map_text: str | None = None,
        operator: str = "county",
        **more: object,
    ) -> FileReport:
        path = tmp_path / name
        path.write_bytes(content)
        order = FileOrder(
            path=path,
            operator=OperatorId(operator),
            column_map=None if map_text is None else load_column_map(map_text),
            **more,
        )
        return accounted(node.files.ingest(order, lambda _: None))

    return taken


def accounted(report: FileReport) -> FileReport:
    """Return the report once its sum is right."""
    assert report.refused == sum(report.refused_by_reason.values())
    assert report.ignored == sum(report.ignored_by_kind.values())
    parts = (report.imported, report.duplicate, report.merged, report.unkept, report.refused, report.ignored)
    assert min(parts) >= 0
    assert report.rows == sum(parts)
    return report


def lines_of(rows: list[dict[str, object]]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def rows_of(node: Node, count: int, prefix: str, reader: str = "relay") -> list[dict[str, object]]:
    """Return reads of as many invented plates over the last six hours."""
    chance = random.Random(prefix)
    now = node.clock.now()
    return [
        {
            "plate": f"{prefix}{number:04d}",
            "captured_at": (now - timedelta(seconds=chance.randrange(6 * 3600))).isoformat(),
            "reader": reader,
        }
        for number in range(count)
    ]


# NDJSON


@pytest.mark.parametrize("operator", ["county", "index"])
def test_lines_are_imported_once(
    node: Node, ingest: Ingest, ask: Callable[..., list[AnsweredRead]], operator: str
) -> None:
    """A file of lines is stored whole; the same file again is all duplicates; each plate is found at its time."""
    rows = rows_of(node, 300, f"ND{operator[:2].upper()}")
    content = lines_of(rows)

    first = ingest(content, operator=operator)
    again = ingest(content, operator=operator)

    assert ("lockplate", 300, 300, 0) == (first.format, first.rows, first.imported, first.duplicate)
    assert (300, 0, 300) == (again.rows, again.imported, again.duplicate)
    for row in rows[::60]:
        (found,) = ask(str(row["plate"]), operator)
        assert (datetime.fromisoformat(str(row["captured_at"])), "relay") == (found.captured_at, found.reader)
        assert ("key_only" if operator == "index" else "exact") == found.match


@pytest.mark.parametrize("operator", ["county", "index"])
def test_each_bad_line_costs_only_itself(node: Node, ingest: Ingest, operator: str) -> None:
    """Broken JSON, a missing field, no plate, no time, no zone, a future time: counted by reason, the rest is stored."""
    good = rows_of(node, 5, f"BAD{operator[:2].upper()}")
    now = node.clock.now()
    bad = [
        b'{"plate": "AB',
        b"[1, 2]",
        b'{"plate": 7, "captured_at": 1795500000, "reader": "r"}',
        b'{"captured_at": 1795500000, "reader": "r"}',
        b'{"plate": "UNKNOWN", "captured_at": 1795500000, "reader": "r"}',
        b'{"plate": "--", "captured_at": 1795500000, "reader": "r"}',
        b'{"plate": "%s", "captured_at": 1795500000, "reader": "r"}' % (b"A" * 41),
        b'{"plate": "NOZONE1", "captured_at": "2026-11-24T07:00:00", "reader": "r"}',
        b'{"plate": "YEAR1970", "captured_at": 5, "reader": "r"}',
        b'{"plate": "HUGE", "captured_at": 1e300, "reader": "r"}',
        b'{"plate": "BIG", "captured_at": 99999999999999999999999999, "reader": "r"}',
        msgspec.json.encode({"plate": "AHEAD", "captured_at": (now + timedelta(hours=1)).isoformat(), "reader": "r"}),
        b"\xff\xfe",
    ]

    report = ingest(lines_of(good[:3]) + b"\n".join(bad) + b"\n\n  \n" + lines_of(good[3:]), operator=operator)

    assert (5 + len(bad), 5) == (report.rows, report.imported)
    expected = {"malformed": 2, "missing_field": 3, "no_plate": 2, "plate_too_long": 1, "future_time": 1}
    assert expected == {name: report.refused_by_reason[name] for name in expected}
    assert 4 == report.refused_by_reason["bad_time"]


def test_duplicates_inside_a_file_count_once(node: Node, ingest: Ingest) -> None:
    """A line that stands three times in a file is one row and two duplicates."""
    report = ingest(lines_of(rows_of(node, 10, "TRIPLE") * 3))

    assert (30, 10, 20) == (report.rows, report.imported, report.duplicate)


@pytest.mark.parametrize("operator", ["county", "index"])
def test_a_line_without_a_reader_gets_the_named_one(
    node: Node, ingest: Ingest, ask: Callable[..., list[AnsweredRead]], operator: str
) -> None:
    """`--reader` names the reader of lines that name none, whatever the operator keeps."""
    row = rows_of(node, 1, f"NORD{operator[:2].upper()}")[0] | {"reader": ""}

    ingest(lines_of([row]), operator=operator, reader=ReaderId("named-reader"))

    assert ["named-reader"] == [found.reader for found in ask(str(row["plate"]), operator)]


def test_blocks_are_cut_at_lines(node: Node, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the blocks fall, no line is cut, lost or read twice, packed or plain."""
    monkeypatch.setattr(files_module, "BLOCK_BYTES", 97)
    content = lines_of(rows_of(node, 100, "BLOCK")).rstrip(b"\n")

    assert 100 == ingest(content).imported
    assert 100 == ingest(gzip.compress(content), "file.ndjson.gz").duplicate


def test_a_line_longer_than_any_read_is_refused(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without line ends does not fill the memory."""
    monkeypatch.setattr(files_module, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(files_module, "MAX_LINE_BYTES", 1000)

    with pytest.raises(BadInput) as caught:
        ingest(b'{"plate":"A","captured_at":1,"x":"' + b"a" * 5000, format_name="lockplate")
    assert "line_too_long" == caught.value.code


@pytest.mark.parametrize("damage", ["cut", "flipped", "not"])
@pytest.mark.parametrize("kind", ["ndjson", "csv"])
def test_a_broken_archive_is_a_clear_error(
    node: Node, ingest: Ingest, damage: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive that ends early, or does not unpack, is the caller's to mend; nothing is promised of it."""
    rows = rows_of(node, 3000, "BROKEN")
    text = "p|t\n" + "".join(f"{row['plate']}|{row['captured_at']}\n" for row in rows)
    packed = bytearray(gzip.compress(lines_of(rows) if kind == "ndjson" else text.encode()))
    middle = len(packed) // 2
    if damage == "flipped":
        packed[middle : middle + 30] = bytes(byte ^ 0xFF for byte in packed[middle : middle + 30])
    content = bytes(packed[:middle]) if damage == "cut" else b"\x1f\x8bnot gzip" if damage == "not" else bytes(packed)
    map_text = None if kind == "ndjson" else 'delimiter: "|"\nplate: {column: p}\ncaptured_at: {column: t}\n'

    with pytest.raises(BadInput) as caught:
        ingest(content, f"f.{kind}.gz", map_text, format_name="lockplate")
    assert "BROKEN" not in str(caught.value)


def test_history_of_a_year_goes_in_at_once(node: Node, ingest: Ingest) -> None:
    """More days in one batch than the engine takes by default."""
    now = node.clock.now()
    rows = [
        {"plate": f"YEAR{day:03d}", "captured_at": int((now - timedelta(days=day)).timestamp()), "reader": "r"}
        for day in range(365)
    ]

    assert 365 == ingest(lines_of(rows), operator="index").imported


def test_where_the_limit_counts_from_capture_older_rows_are_refused(node: Node, ingest: Ingest) -> None:
    """Washington's 21 days hold for files too; the hour of the limit is split at the second."""
    limit = node.clock.now() - timedelta(days=21)
    rows = [
        {"plate": f"LIM{number}", "captured_at": int(limit.timestamp()) + step, "reader": "r"}
        for number, step in enumerate((-86_400, -1, 0, 1, 3600))
    ]

    for content in (lines_of(rows), lines_of(rows)):
        report = ingest(content, operator="wash")
        assert {"past_retention": 2} == report.refused_by_reason


def test_a_forgotten_hour_stays_forgotten(node: Node, ingest: Ingest) -> None:
    """Rows of an hour whose key was destroyed are refused; no key is made again."""
    ring = node.desk(OperatorId("index")).ring
    start = node.clock.now().replace(minute=0) - timedelta(days=40)
    rows = [
        {"plate": f"GONE{hour}", "captured_at": int((start + timedelta(hours=hour)).timestamp()), "reader": "r"}
        for hour in range(3)
    ]
    assert 3 == ingest(lines_of(rows), operator="index").imported
    gone = ring.destroy_periods([period_of(start)], node.clock.now())

    report = ingest(lines_of(rows), operator="index")

    assert 1 == len(gone)
    assert ({"forgotten": 1}, 2) == (report.refused_by_reason, report.duplicate)
    assert ring.period_key(period_of(start)) is None


@pytest.mark.parametrize("operator", ["quiet", "lawless"])
def test_match_only_matches_a_file_and_keeps_nothing(
    node: Node, ingest: Ingest, operator: str, list_plate: Callable[[str, str], object]
) -> None:
    """Hits are made; no row and no key is."""
    rows = rows_of(node, 20, f"MO{operator[:2].upper()}")
    list_plate(operator, str(rows[7]["plate"]))

    report = ingest(lines_of(rows), operator=operator)

    assert (20, 20, 1, 0) == (report.rows, report.unkept, report.hits, report.imported)
    assert [] == node.desk(OperatorId(operator)).ring.stored_periods()


@pytest.mark.parametrize("operator", ["county", "index"])
def test_a_listed_plate_in_a_file_is_a_hit_once(
    node: Node, ingest: Ingest, operator: str, list_plate: Callable[[str, str], object]
) -> None:
    """A hit keeps what the line says of the vehicle; sent again it is the same hit; a future row is none."""
    row = rows_of(node, 1, f"HIT{operator[:2].upper()}")[0] | {"color": "green", "region": "US-CA"}
    ahead = row | {"captured_at": (node.clock.now() + timedelta(hours=2)).isoformat()}
    list_plate(operator, str(row["plate"]))

    for _ in range(2):
        assert 1 == ingest(lines_of([row, ahead]), operator=operator).hits

    found = [
        hit for hit in node.registries.hits.list_recent(OperatorId(operator)) if hit.details.plate_text == row["plate"]
    ]
    assert ["green"] == [hit.details.vehicle.color for hit in found]


# Tables


def piped(rows: list[tuple[str, str, str, str, str]]) -> bytes:
    head = "zipcode|dt|location|device|plate_hash|lon|lat|extra\n"
    text = head + "".join(
        f"00000|{dt}|{place}|{device}|{plate}|{lon}|{lat}|1\n"
        for dt, place, device, plate, lon, lat in (
            (dt, "Main St", device, plate, lon, lat) for dt, device, plate, lon, lat in rows
        )
    )
    return text.encode()


def test_the_piped_shape(node: Node, ingest: Ingest, ask: Callable[..., list[AnsweredRead]]) -> None:
    """`|` between cells, a dash in the time, no zone, NA for no position, a publisher's hash for the plate, packed."""
    chance = random.Random(12)
    hashes = [f"{chance.getrandbits(160):040x}" for _ in range(40)]
    rows = [
        (f"11/23/2026 - 09:{number:02d}:30", f"CAR {number % 3}", hashes[number], *position)
        for number, position in enumerate([("-122.3", "47.8"), ("NA", "NA")] * 20)
    ]
    rows.append(("23/11/2026 - 09:00:00", "CAR 1", hashes[0], "NA", "NA"))
    rows.append(("11/23/2026 - 09:00:00", "CAR 1", "NA", "NA", "NA"))
    content = gzip.compress(piped(rows))

    first, again = (ingest(content, "piped.csv.gz", PIPED) for _ in range(2))

    assert (42, 40, {"bad_time": 1, "no_plate": 1}) == (first.rows, first.imported, first.refused_by_reason)
    assert (0, 40) == (again.imported, again.duplicate)
    with_position, without = ask(hashes[0])[0], ask(hashes[1])[0]
    assert datetime(2026, 11, 23, 9, 0, 30, tzinfo=ZoneInfo("America/Los_Angeles")) == with_position.captured_at
    assert ("CAR 0", 47.8, -122.3) == (
        with_position.reader,
        with_position.position.latitude,
        with_position.position.longitude,
    )
    assert (None, "Main St", "reader_zone") == (without.position, without.place, without.clock_rule)


def test_the_shape_with_the_position_in_one_cell(
    node: Node, ingest: Ingest, ask: Callable[..., list[AnsweredRead]]
) -> None:
    """A 12-hour clock, quoted positions, (0, 0) for none; the hours that a clock change skips and repeats."""
    content = (
        b"red_VRM,red_Timestamp,Location\n"
        b'KAW1102,11/23/2026 01:05:09 PM,"(40.71, -73.95)"\n'
        b'KAW1103,11/23/2026 12:00:00 AM,"(0, 0)"\n'
        b'KAW1104,11/01/2026 01:30:00 AM,"(40.71, -73.95)"\n'
        b'KAW1105,03/08/2026 02:30:00 AM,"(40.71, -73.95)"\n'
        b'KAW1106,11/23/2026 13:05:09 PM,"(40.71, -73.95)"\n'
        b'KAW1107,not a time,"(40.71, -73.95)"\n'
        b"KAW1108,11/23/2026 01:05:09 PM\n"
        b"KAW1109,11/23/2026 01:05:09 PM,a,b\n"
    )

    report = ingest(content, "cell.csv", ONE_CELL)

    assert (8, 3) == (report.rows, report.imported)
    assert {"bad_time": 3, "malformed": 2} == report.refused_by_reason
    noon, midnight = ask("KAW1102")[0], ask("KAW1103")[0]
    assert (datetime(2026, 11, 23, 18, 5, 9, tzinfo=UTC), 40.71, -73.95) == (
        noon.captured_at,
        noon.position.latitude,
        noon.position.longitude,
    )
    assert (datetime(2026, 11, 23, 5, tzinfo=UTC), None) == (midnight.captured_at, midnight.position)
    (repeated,) = ask("KAW1104", start=datetime(2026, 10, 31, tzinfo=UTC))
    assert datetime(2026, 11, 1, 5, 30, tzinfo=UTC) == repeated.captured_at


def test_a_parquet_table(node: Node, tmp_path: Path, ingest: Ingest, ask: Callable[..., list[AnsweredRead]]) -> None:
    """Timestamps with a zone and without, plates as bytes: the same instants, the bytes as hex."""
    at = datetime(2026, 11, 23, 20, 15, 1, tzinfo=UTC)
    local = at.astimezone(ZoneInfo("America/Denver"))
    for name, kind, value, zone in (
        ("utc", pa.timestamp("us", "UTC"), at, ""),
        ("denver", pa.timestamp("ns", "America/Denver"), at, ""),
        ("naive", pa.timestamp("s"), local.replace(tzinfo=None), ", zone: America/Denver"),
    ):
        plates = [bytes([255, len(name), number]) for number in range(3)]
        path = tmp_path / "made.parquet"
        pa.parquet.write_table(pa.table({"p": plates, "t": pa.array([value] * 3, kind), "n": [1.5] * 3}), path)
        map_text = f"format: parquet\nplate: {{column: p}}\ncaptured_at: {{column: t{zone}}}\nlane: {{column: n}}\n"

        report = ingest(path.read_bytes(), f"{name}.parquet", map_text)

        assert (3, 3) == (report.rows, report.imported), name
        assert [at] == [found.captured_at for found in ask(plates[0].hex())], name


@pytest.mark.parametrize(
    ("content", "map_text"),
    [
        (b"", PIPED),
        (b"a,b,c\n1,2,3\n", ONE_CELL),
        (piped([]).replace(b"|", b","), PIPED),
        (b"red_VRM,red_Timestamp,Location\n\xff\xfe,1,2\n", ONE_CELL),
        (b"red_VRM,red_Timestamp,Location\nA,1,2\n", ONE_CELL + "encoding: klingon\n"),
        (b"red_VRM,red_Timestamp,Location\nA,1,2\n", "format: parquet" + ONE_CELL),
        (b"PAR1 and then nothing", "format: parquet" + ONE_CELL),
    ],
    ids=["empty", "columns", "delimiter", "text", "encoding", "parquet", "cut"],
)
def test_a_file_that_is_not_what_the_map_says(ingest: Ingest, content: bytes, map_text: str) -> None:
    """A clear error with a next step, and no cell of the file in it."""
    with pytest.raises(BadInput) as caught:
        ingest(content, "odd.csv", map_text)
    assert "bad_file" == caught.value.code
    assert caught.value.next_step


def test_a_file_with_only_a_head_is_empty(ingest: Ingest) -> None:
    """No row is not an error."""
    assert 0 == ingest(piped([]), "head.csv", PIPED).rows


@pytest.mark.parametrize("name", ["'; DROP TABLE x; --.csv", "\x1b[31mred.csv", "-rf.csv", "ünïcode {a:String}.csv"])
def test_a_hostile_file_name_is_only_a_name(ingest: Ingest, name: str) -> None:
    """It stands in the report, and nowhere else."""
    report = ingest(piped([("11/23/2026 - 09:00:00", name, "HOSTILE", "NA", "NA")]), name, PIPED)

    assert (name, 1) == (report.file, report.rows)


def test_a_vendors_payload_from_a_file(node: Node, ingest: Ingest, ask: Callable[..., list[AnsweredRead]]) -> None:
    """A payload file goes the live way: passages are grouped, and a read without a time is refused, not dated now."""
    at = node.clock.now() - timedelta(minutes=7)
    message = {
        "data_type": "alpr_results",
        "version": 2,
        "epoch_time": int(at.timestamp() * 1000),
        "camera_id": 4,
        "uuid": "file-uuid",
        "results": [{"plate": "PAYLOAD", "confidence": 91.0}, {"plate": "", "confidence": 1.0}],
    }
    undated = message | {"uuid": "other", "results": [{"plate": "UNDATED", "confidence": 91.0}]}
    del undated["epoch_time"]

    first, again = (ingest(msgspec.json.encode(message), "payload.json") for _ in range(2))
    refused = ingest(msgspec.json.encode(undated), "undated.json", format_name="openalpr")

    assert ("openalpr", 2, 1, {"no_plate": 1}) == (first.format, first.rows, first.imported, first.refused_by_reason)
    assert (0, 1) == (again.imported, again.merged)
    assert {"bad_time": 1} == refused.refused_by_reason
    assert ["4"] == [found.reader for found in ask("PAYLOAD")]


def test_an_unknown_operator_is_not_found(ingest: Ingest, node: Node) -> None:
    """A file is never taken in for nobody."""
    with pytest.raises(NotFound):
        ingest(lines_of(rows_of(node, 1, "NOBODY")), operator="nowhere")


# The record of a real city, when it is here


@pytest.mark.skipif(not SEATTLE.is_file(), reason="the shared data is not here")
def test_a_real_week_answers_as_a_plain_scan_does(
    node: Node, ask: Callable[..., list[AnsweredRead]], tmp_path: Path
) -> None:
    """93,490 real rows: for twenty plates, times, devices and positions are those that the csv module finds."""
    truth: dict[str, set[tuple[datetime, str, tuple[float, float] | None]]] = defaultdict(set)
    rows = 0
    zone = ZoneInfo("America/Los_Angeles")
    with gzip.open(SEATTLE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="|"):
            rows += 1
            at = datetime.strptime(row["dt"], "%m/%d/%Y - %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
            position = None if "NA" in {row["lat"], row["lon"]} else (float(row["lat"]), float(row["lon"]))
            truth[row["plate_hash"]].add((at, row["device"], position))

    order = FileOrder(path=SEATTLE, operator=OperatorId("county"), column_map=load_column_map(PIPED))
    report = accounted(node.files.ingest(order, lambda _: None))

    assert (93_490, 93_490) == (rows, report.rows)
    assert 0 == report.refused
    distinct = sum(len({(at, device) for at, device, _ in seen}) for seen in truth.values())
    assert distinct == report.imported
    busiest = sorted(truth, key=lambda plate: (-len(truth[plate]), plate))[:10]
    for plate in [*busiest, *random.Random(2021).sample(sorted(truth), 10)]:
        found = ask(plate, start=datetime(2021, 9, 1, tzinfo=UTC), end=datetime(2021, 11, 1, tzinfo=UTC))
        shown = Counter((one.captured_at, one.reader) for one in found)
        assert Counter({(at, device) for at, device, _ in truth[plate]}) == shown
        for one in found:
            position = None if one.position is None else (one.position.latitude, one.position.longitude)
            assert (one.captured_at, one.reader, position) in truth[plate]
