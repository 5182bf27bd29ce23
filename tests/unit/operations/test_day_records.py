"""A day becomes one record: a little after it ended, once whatever happens, in parts when it is long, corrected by name."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from lockplate.clock import SetClock
from lockplate.operations.documents import ReportOf, count_operator
from lockplate.registry.database import writing
from lockplate.registry.tables import counted_days, day_counts
from lockplate.reporting import day as day_module
from lockplate.terms import Action, OperatorId

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PINE = OperatorId("pine-county")


@pytest.fixture
def county(make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path) -> Iterator[Any]:
    """A county of one's own: these tests move its clock."""
    with make_county(tmp_path / "home", SetClock(START)) as opened:
        yield opened


def read_in(county: Any, folder: Path, number: int = 12) -> None:
    at = county.clock.now() - timedelta(minutes=2)
    county.ingest(folder, [(f"KTN{count:04}", at, "r-1") for count in range(number)])


def minnesota(county: Any) -> dict[str, Any]:
    county.node.publish()
    wanted = ReportOf(operator=PINE, profile="us-mn", first="2026-11-01", end="2026-12-01")
    return {line.id: line for line in county.run("document.report", wanted, there=True).lines}


def uncount(county: Any) -> None:
    """Take the note of a day away, as a crash between the record and its note would leave it."""
    with writing(county.node.registries.day_counts._engine) as connection:
        connection.execute(delete(counted_days))


def test_a_crash_before_the_note_makes_no_second_record(county: Any, tmp_path: Path) -> None:
    """The record is found at the end of the log, and noted."""
    read_in(county, tmp_path)
    county.clock.advance(timedelta(days=1))
    (leaf,) = count_operator(county.node, PINE)
    uncount(county)
    assert None is county.node.registries.day_counts.counted_through(PINE)

    assert () == count_operator(county.node, PINE)

    assert date(2026, 11, 2) == county.node.registries.day_counts.counted_through(PINE)
    assert [leaf] == [place for place, one in enumerate(county.records()) if one.action is Action.DAY_COUNTED]


def test_counts_that_differ_are_a_correction_that_names_the_first(county: Any, tmp_path: Path) -> None:
    """A second record of a day refers to the first, and its numbers stand."""
    read_in(county, tmp_path)
    county.clock.advance(timedelta(days=1))
    (first,) = count_operator(county.node, PINE)
    uncount(county)
    with writing(county.node.registries.day_counts._engine) as connection:
        connection.execute(update(day_counts).where(day_counts.c.what == "reads").values(counted=14))

    (second,) = count_operator(county.node, PINE)

    assert (first, 14) == (county.records()[second].refers_to, county.records()[second].counts["reads"])
    assert 14 == minnesota(county)["plates"].total


def test_a_day_is_counted_a_little_after_it_ended(county: Any, tmp_path: Path) -> None:
    """What came in just before midnight has time to be durable and counted."""
    read_in(county, tmp_path)
    county.clock.advance(timedelta(hours=15, minutes=32))
    assert (0, 2) == (county.clock.now().hour, county.clock.now().minute)
    assert () == count_operator(county.node, PINE)
    county.clock.advance(day_module.GRACE)
    assert 1 == len(count_operator(county.node, PINE))


def test_a_day_of_too_many_counts_is_in_parts(county: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each leaf short enough; together the day's numbers; the day once; found again after a crash."""
    monkeypatch.setattr(day_module, "COUNTS_IN_ONE", 2)
    read_in(county, tmp_path)
    county.clock.advance(timedelta(days=1))
    places = count_operator(county.node, PINE)
    parts = [county.records()[place] for place in places]
    assert (["1", "2"], {"reads": 12, "kept": 12, "readers": 1}) == (
        [one.facts["part"] for one in parts], parts[0].counts | parts[1].counts,
    )  # fmt: skip
    lines = minnesota(county)
    assert (12, 1) == (lines["plates"].total, lines["days"].total)
    uncount(county)
    assert () == count_operator(county.node, PINE)
    county.clock.advance(timedelta(days=1))
    assert () == count_operator(county.node, PINE)
