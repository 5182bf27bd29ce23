"""Hits, waiting requests and hot-list entries: rows go at their limit, a month's key when the month is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.access import AccessRecord
from lockplate.clock import SetClock, format_time
from lockplate.errors import BadInput, NotFound, SealBroken
from lockplate.hotlist import Category, EntryId, ListId, MatchKind
from lockplate.keys.ring import KeyRing
from lockplate.law.profile import LawProfile
from lockplate.operations.asking import Ask
from lockplate.operations.receipts import ReceiptsOf
from lockplate.operations.retaining import RunRetention
from lockplate.registry.hits import HitDetails, NewHit
from lockplate.retention.due import months_over
from lockplate.retention.receipt import commitment_hash
from lockplate.retention.revived import KeysRevived, require_not_revived
from lockplate.terms import Action, Basis, Offense, OperatorId, PlateText, Purpose, ReaderId
from lockplate.wiring.policies import shipped_profiles

PINE, RIDGE = OperatorId("pine-county"), OperatorId("ridge-county")
START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def fresh(tmp_path: Path, make_county: Any) -> Iterator[Any]:
    """A county for one test."""
    with make_county(tmp_path / "home", SetClock(START)) as county:
        yield county


def run(county: Any) -> dict[OperatorId, Any]:
    """Run retention at the clock's time, vouched for."""
    report = county.run("retention.run", RunRetention(now=format_time(county.clock.now())))
    return {part.operator: part for part in report.operators}


def receipts(county: Any, operator: OperatorId = PINE) -> list[AccessRecord]:
    return [one for one in county.records(operator) if one.action is Action.RETENTION_RECEIPT]


def hit(county: Any, name: str, category: Category = Category.STOLEN_VEHICLE, operator: OperatorId = PINE) -> str:
    """Record a hit of this moment, with a picture."""
    details = HitDetails(
        plate_text=PlateText("4HIT777"),
        region=None,
        vehicle=None,
        kind=MatchKind.EXACT_TEXT,
        region_agrees=None,
        listed_text=PlateText("4HIT777"),
        listed_region=None,
        reason="taken from a yard",
    )
    new = NewHit(
        operator=operator,
        list_id=ListId("l"),
        entry_id=EntryId(name),
        category=category,
        reader=ReaderId("bridge-1"),
        captured_at=county.clock.now(),
        details=details,
        picture=b"picture",
    )
    return county.node.registries.hits.record([new])[0].hit_id


# Hits


def test_hits_go_at_the_limit_and_their_key_with_the_month(fresh: Any) -> None:
    """California states no length for hits: ours is a year. Counts by category and the key are in the receipt."""
    hits, ring = fresh.node.registries.hits, fresh.node.desk(PINE).ring
    first, second = hit(fresh, "e1"), hit(fresh, "e2", Category.AMBER)
    sealed = _cell(fresh, first)
    assert ["hits:2026-11"] == ring.data_key_names("hits:")
    promised = ring.data_commitment("hits:2026-11")
    fresh.clock.advance(365 * DAY - timedelta(seconds=1))
    assert {} == run(fresh)[PINE].hits_forgotten
    assert "4HIT777" == hits.get(first).details.plate_text

    fresh.clock.advance(timedelta(seconds=1))
    part = run(fresh)[PINE]

    assert {Category.STOLEN_VEHICLE: 1, Category.AMBER: 1} == part.hits_forgotten
    for gone in (first, second):
        with pytest.raises(NotFound):
            hits.get(gone)
    assert [] == ring.data_key_names("hits:")
    with pytest.raises(SealBroken):
        fresh.node.desk(PINE).columns.open_column("hits", "details_sealed", first, sealed)
    done = receipts(fresh)[-1]
    assert ("hits_forgotten", "hits:2026-11", commitment_hash([promised])) == tuple(
        done.facts[name] for name in ("step", "names", "keys")
    )
    assert {"hits:stolen_vehicle": 1, "hits:amber": 1, "keys": 1} == done.counts


def test_a_month_s_key_stays_while_a_hit_of_it_is_left(fresh: Any) -> None:
    """Half of the month's hits are over: they go, the others still open, and the key stays until the last has gone."""
    old = hit(fresh, "e1")
    fresh.clock.advance(20 * DAY)
    young = hit(fresh, "e2")
    ring, hits = fresh.node.desk(PINE).ring, fresh.node.registries.hits
    fresh.clock.advance(350 * DAY)

    part = run(fresh)[PINE]

    assert ({Category.STOLEN_VEHICLE: 1}, ()) == (part.hits_forgotten, part.keys_destroyed)
    with pytest.raises(NotFound):
        hits.get(old)
    assert "4HIT777" == hits.get(young).details.plate_text
    fresh.clock.advance(15 * DAY)
    assert ("hits:2026-11",) == run(fresh)[PINE].keys_destroyed
    assert [] == ring.data_key_names("hits:")


def test_a_second_run_writes_nothing(fresh: Any) -> None:
    """Hits, requests and entries that are gone leave nothing to write."""
    hit(fresh, "e1")
    fresh.clock.advance(400 * DAY)
    run(fresh)
    size = fresh.size()

    part = run(fresh)[PINE]

    assert (size, ()) == (fresh.size(), part.receipts)


def test_values_sealed_before_the_months_still_open(fresh: Any) -> None:
    """A sealed value names its key: one under the table's old key opens as before."""
    columns = fresh.node.desk(PINE).columns
    place = b"column\0hits\0details_sealed\0h1"
    old = columns._seal("column:hits", place, b"plain")

    assert b"plain" == columns.open_column("hits", "details_sealed", "h1", old)


def test_how_long_a_hit_lives_is_the_law_s_or_ours() -> None:
    """Stated: the law's, from capture. Else the longest time for records, else a year; ours, and shown as ours."""
    profiles, day = shipped_profiles(), datetime(2026, 11, 2, tzinfo=UTC).date()

    def rule(name: str) -> tuple[int, bool]:
        found: LawProfile = profiles.on(name, day)
        return found.retention_matched.limit.days, found.retention_matched.from_capture

    assert [(30, True), (730, False), (365, False)] == [rule(name) for name in ("model-strict", "us-va", "us-ca")]
    (row,) = [row for row in profiles.on("us-ca", day).rows() if row.field == "retention.matched"]
    assert ("365 days", "ours") == (row.value, row.mark.value)


# Waiting requests


def test_waiting_requests_go_a_week_after_their_time(fresh: Any) -> None:
    """Expired, and nobody wrote it down: the request and its plate are gone after a week, the key with the month."""
    request = Ask(
        plate="5ABC123",
        operators=(PINE,),
        window_from=format_time(START - HOUR),
        window_to=format_time(START),
        purpose=Purpose.STOLEN_VEHICLE,
        offense=Offense.FELONY,
        basis=Basis.PROBABLE_CAUSE,
        on_behalf_of="own",
        case_number="24-77",
        reason="ICE detainer",
    )
    answer = fresh.run("lookup", request, "olga")
    waiting, ring = fresh.node.registries.waiting, fresh.node.desk(PINE).ring
    assert "5ABC123" == waiting.get(answer.request_id, PINE).request.plate
    assert ["requests:2026-11"] == ring.data_key_names("requests:")
    fresh.clock.advance(8 * DAY - timedelta(seconds=1))
    assert 0 == run(fresh)[PINE].requests_forgotten

    fresh.clock.advance(timedelta(seconds=1))
    part = run(fresh)[PINE]

    assert (1, ()) == (part.requests_forgotten, part.keys_destroyed)
    with pytest.raises(NotFound):
        waiting.get(answer.request_id, PINE)
    fresh.clock.advance(22 * DAY)
    assert ("requests:2026-11",) == run(fresh)[PINE].keys_destroyed


def test_months_are_over_a_day_late_and_never_before_the_oldest_row() -> None:
    """The month's end, a day for clocks that were off, and nothing left that is as old."""
    names = ["hits:2026-11", "hits:2026-12"]
    end = datetime(2026, 12, 1, tzinfo=UTC)

    assert [] == months_over(names, None, end + DAY - timedelta(microseconds=1))
    assert ["hits:2026-11"] == months_over(names, None, end + DAY)
    assert [] == months_over(names, end - HOUR, end + 300 * DAY)
    assert names == months_over(names, None, datetime(2027, 1, 2, tzinfo=UTC))


# Receipts


def test_receipts_are_listed_with_what_their_hash_is_over(fresh: Any, tmp_path: Path) -> None:
    """Anyone can compute each hash again: from the commitments made when the keys were made."""
    hit(fresh, "e1", operator=RIDGE)
    fresh.ingest(tmp_path, [("3FGH108", START, "bridge-1"), ("3FGH108", START, "bridge-2")], RIDGE)
    fresh.clock.advance(800 * DAY)
    run(fresh)

    lines = fresh.run("retention.receipts", ReceiptsOf(operator=RIDGE), "rex")

    by_step = {line.step: line for line in lines}
    hours = by_step["destroyed"]
    assert ("us-va",) == hours.laws
    assert {"bridge-1": 1, "bridge-2": 1} == hours.rows_by_reader
    assert 21 * 86_400 == hours.limit_seconds
    assert {"hits:2026-11"} == {key.name for key in by_step["hits_forgotten"].keys}
    assert all(line.agrees and commitment_hash(line.keys) == line.keys_hash for line in lines)
    assert {"period", "data"} == {key.kind for line in lines for key in line.keys}


def test_a_receipt_that_a_crash_prevented_is_written_for_months_too(fresh: Any) -> None:
    """A key is gone and no receipt names it: the next run writes one, once."""
    ring = fresh.node.desk(PINE).ring
    ring.data_key("hits:2025-01", START)
    ring.destroy_data_key("hits:2025-01", START)

    first, second = run(fresh)[PINE], run(fresh)[PINE]

    assert (1, 0) == (first.recovered, second.recovered)
    assert ("keys_forgotten", "hits:2025-01", "yes") == tuple(
        receipts(fresh)[-1].facts[name] for name in ("step", "names", "recovered")
    )


def test_a_month_s_key_that_comes_back_is_refused(fresh: Any) -> None:
    """An old key database is found out by its months' keys, too."""
    hit(fresh, "e1")
    fresh.clock.advance(400 * DAY)
    run(fresh)
    ring: KeyRing = fresh.node.desk(PINE).ring
    told = fresh.node.receipts[PINE]
    assert ring is require_not_revived(PINE, ring, told)
    with ring._transaction():
        ring._connection.execute("INSERT INTO data_keys VALUES ('hits:2026-11', x'00', x'00', '', 0)")

    with pytest.raises(KeysRevived):
        require_not_revived(PINE, ring, told)


def test_only_those_who_answer_for_it_see_the_receipts(fresh: Any) -> None:
    """An auditor and an administrator do; an officer does not."""
    for person in ("uma", "ada"):
        assert () == fresh.run("retention.receipts", ReceiptsOf(operator=PINE), person)
    with pytest.raises(Exception, match=r"(?i)not allowed|denied|needs"):
        fresh.run("retention.receipts", ReceiptsOf(operator=PINE), "olga")
    with pytest.raises(BadInput):
        fresh.run("retention.receipts", ReceiptsOf(), "uma")


def _cell(county: Any, hit_id: str) -> bytes:
    with county.node.registries.hits._engine.connect() as connection:
        (cell,) = connection.exec_driver_sql("SELECT details_sealed FROM hits WHERE hit_id = ?", (hit_id,)).one()
    return bytes(cell)
