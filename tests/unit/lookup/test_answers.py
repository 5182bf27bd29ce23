"""Answers: what an answer shows and says, and that rows which somebody changed do not open."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import pytest

from asking import COUNTY, START, WASH, MakeRequest, See, ask, proven, settings_in
from lockplate.clock import SetClock, period_of
from lockplate.errors import BadInput
from lockplate.settings import Settings
from lockplate.store.schema import Placement, writable_table
from lockplate.terms import AgencyId, OperatorId, PersonId
from lockplate.wiring.node import Node, open_node


def test_an_answer_shows_what_a_person_needs_to_weigh_it(
    node: Node, see: See, make_request: MakeRequest, clock: SetClock
) -> None:
    """Reader by name, place, time to the millisecond, as read, confidence on its scale, when it will be forgotten."""
    at = clock.now() - timedelta(minutes=5, milliseconds=250)
    see(node, "7WEIGH1", at)

    part = ask(node, make_request(node, "7weigh-1"))

    (read,) = part.reads
    assert (at, "Bridge, eastbound", "Bridge", "7WEIGH1", "exact") == (
        read.captured_at,
        read.reader_name,
        read.place,
        read.as_read,
        read.match,
    )
    assert (91.5, "0-100", "US-CA", "N", {"make": "Ford", "color": "green"}, at.isoformat(), "offset_in_text") == (
        read.confidence.value,
        read.confidence.scale,
        read.region,
        read.direction,
        read.vehicle,
        read.device_time,
        read.clock_rule,
    )
    made_at = node.desk(COUNTY).ring.made_at(period_of(at))
    assert made_at + timedelta(days=30) == read.retention_end
    assert ("us-ca", "") == (part.profile, part.note)
    assert [reason.policy_id for reason in part.reasons] == list(part.policy_ids)


def test_retention_from_capture_counts_from_the_hours_start(node: Node, see: See, make_request: MakeRequest) -> None:
    """Washington: 21 days from the hour of the read."""
    at = node.clock.now() - timedelta(hours=3)
    see(node, "WASH123", at, operator="wash")

    part = ask(
        node,
        make_request(
            node,
            "WASH123",
            person=PersonId("wes"),
            agency=AgencyId("wash"),
            on_behalf_of=AgencyId("wash"),
            operators=(WASH,),
        ),
    )

    start = at.replace(minute=0, second=0, microsecond=0)
    assert [start + timedelta(days=21)] == [read.retention_end for read in part.reads]


@pytest.mark.parametrize(
    ("as_read", "asked", "match"),
    [
        ("7AB C-123", "7abc123", "exact"),
        ("0B5IZ", "OBSIZ", "folded"),
        ("OBOLI", "0B0L1", "folded"),
        ("QQ11ZZ", "QQ11Z?", "candidate"),
    ],
)
def test_how_a_read_agrees(
    node: Node, see: See, make_request: MakeRequest, as_read: str, asked: str, match: str
) -> None:
    """The text as read is shown, and whether it equals the asked text, its folding, or a candidate."""
    see(node, as_read)

    reads = [read for read in ask(node, make_request(node, asked)).reads if read.as_read == as_read]

    assert [match] == [read.match for read in reads]


def test_without_records_only_the_key_agrees(node: Node, see: See, make_request: MakeRequest) -> None:
    """An index-only operator's answer says where and when, and that no more is known."""
    see(node, "KEYONLY", operator="index")
    own = {"person": PersonId("ivy"), "agency": AgencyId("index"), "on_behalf_of": AgencyId("index")}

    (read,) = ask(node, make_request(node, "KEYONLY", operators=(OperatorId("index"),), **own)).reads

    assert ("key_only", None, None, None) == (read.match, read.as_read, read.confidence, read.device_time)


def test_a_partial_plate_is_expanded_never_searched(node: Node, see: See, make_request: MakeRequest) -> None:
    """`?` stands for every character, counted in the record; what the pattern does not name is not found."""
    for plate in ("5PART01", "5PART02", "5QART01"):
        see(node, plate)

    answer = node.lookup.ask(make_request(node, "5PART0?"))

    (part,) = answer.operators
    assert {"5PART01", "5PART02"} == {read.as_read for read in part.reads}
    assert 30 == answer.plates_asked == proven(node, part.record_index).counts["plates"]


@pytest.mark.parametrize("plate", ["???", "*", "", "-- --", "A???", "7" + "?" * 39, "A" * 41])
def test_what_names_no_plate_is_no_question(node: Node, make_request: MakeRequest, plate: str) -> None:
    """Only unknown characters, none at all, or too many: refused before the gate, with nothing on record."""
    size = node.desk(COUNTY).evidence.log.size

    with pytest.raises(BadInput):
        node.lookup.ask(make_request(node, plate))
    assert size == node.desk(COUNTY).evidence.log.size


def test_the_window_is_half_open_to_the_second(node: Node, see: See, make_request: MakeRequest) -> None:
    """A read at the start is in, at the end is out; a window that begins inside a second is no error."""
    at = node.clock.now() - timedelta(minutes=20)
    see(node, "WINDOW1", at)

    def found(start: datetime, end: datetime) -> int:
        return len(ask(node, make_request(node, "WINDOW1", window_from=start, window_to=end)).reads)

    second, half = timedelta(seconds=1), timedelta(milliseconds=500)
    assert [1, 0, 0, 1] == [
        found(at, at + second),
        found(at - second, at),
        found(at + half, at + second),
        found(at - half, at + half),
    ]


def test_nothing_kept_is_said_so(node: Node, make_request: MakeRequest) -> None:
    """An hour without a key gives no probe, and the note says what that means."""
    start = datetime(2026, 11, 1, tzinfo=UTC)

    part = ask(node, make_request(node, "NOTHERE", window_from=start, window_to=start + timedelta(days=1)))

    assert ((), 0) == (part.reads, part.periods_asked)
    assert "forgotten" in part.note
    assert "not read" in ask(node, make_request(node, "NEVERSEEN")).note


def test_a_destroyed_hour_does_not_answer(node: Node, see: See, make_request: MakeRequest) -> None:
    """The row is still in the store; without its hour's key nothing asks for it."""
    at = node.clock.now() - timedelta(hours=30)
    see(node, "DESTROY", at)
    assert 1 == len(ask(node, make_request(node, "DESTROY")).reads)
    ring = node.desk(COUNTY).ring
    period = period_of(at)

    ring.destroy_periods([period], node.clock.now())

    assert () == ask(node, make_request(node, "DESTROY")).reads
    assert 1 == sum(node.store.rows_in_period(COUNTY, period).values())


# A store that somebody changed


def test_changed_rows_do_not_open(
    tmp_path: Path, see: See, make_request: MakeRequest, found_node: Callable[[Settings, SetClock], None], node: Node
) -> None:
    """A record moved to another row, a byte turned over, an hour that does not fit: counted, and nothing is shown."""
    node.close()
    settings = settings_in(tmp_path)
    clock = SetClock(START)
    found_node(settings, clock)
    times = {plate: clock.now() - timedelta(minutes=20 - place) for place, plate in enumerate(("SWAPAAA", "SWAPBBB"))}
    with open_node(settings, clock) as opened:
        for plate, at in times.items():
            see(opened, plate, at)
        see(opened, "TURNED1", clock.now() - timedelta(minutes=3))
        see(opened, "MOVED01", clock.now() - timedelta(minutes=2))
        see(opened, "INTACT1", clock.now() - timedelta(minutes=1))

    client = clickhouse_connect.get_client(interface="chdb", path=str(settings.home / "store"))
    table = writable_table(Placement())
    rows = client.query(f"SELECT captured_at, hex(record), period FROM {table} FINAL ORDER BY captured_at").result_rows
    assert 5 == len(rows)
    first, second, turned, moved, _ = rows
    change = "ALTER TABLE {} UPDATE record = unhex('{}') WHERE captured_at = {} SETTINGS mutations_sync = 2"
    client.command(change.format(table, second[1], first[0]))
    client.command(change.format(table, first[1], second[0]))
    last = f"{int(turned[1][-2:], 16) ^ 1:02X}"
    client.command(change.format(table, turned[1][:-2] + last, turned[0]))
    columns = "operator, period, token, captured_at, reader, withdrawn, record"
    client.command(
        f"INSERT INTO {table} ({columns}) SELECT operator, period, token, captured_at - 7200, reader, withdrawn, record "
        f"FROM {table} WHERE captured_at = {moved[0]}"
    )
    client.close()

    with open_node(settings, clock) as opened:
        for plate, unopened, shown in (
            ("SWAPAAA", 1, 0),
            ("SWAPBBB", 1, 0),
            ("TURNED1", 1, 0),
            ("MOVED01", 1, 1),
            ("INTACT1", 0, 1),
        ):
            part = ask(opened, make_request(opened, plate))
            assert (plate, unopened, shown) == (plate, part.unopened, len(part.reads))
            assert unopened == proven(opened, part.outcome_index).counts["unopened"]
