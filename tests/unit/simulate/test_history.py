"""History: lines that tell of the same passages as everything else, and columns of the stated size."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.history import BENCH_DAYS, BENCH_START, bench_columns

TWO_HOURS = timedelta(hours=2)
KEYS = {"plate", "captured_at", "reader", "region", "confidence", "confidence_scale", "direction"}


def lines_of(fleet, start, end):
    return [msgspec.json.decode(line) for line in fleet.history_ndjson(start, end)]


def test_perfect_readers_tell_the_truth(perfect_fleet, morning):
    """One line for each passage, in order: plate, instant, reader, region and direction."""
    passages = list(perfect_fleet.passages(morning, morning + TWO_HOURS))
    lines = lines_of(perfect_fleet, morning, morning + TWO_HOURS)

    assert [(passage.plate, passage.at, passage.reader, passage.region, passage.direction) for passage in passages] == [
        (line["plate"], datetime.fromisoformat(line["captured_at"]), line["reader"], line["region"], line["direction"])
        for line in lines
    ]
    assert all(set(line) == KEYS and line["confidence_scale"] == "0-1" for line in lines)
    assert all(0.82 <= line["confidence"] < 1 for line in lines)


def test_flaws_show_as_often_as_stated(fleet, morning):
    """Some passages have no line, some lines have a wrong plate, and no line has a passage of its own making."""
    end = morning + timedelta(hours=5)
    true = Counter((passage.at, passage.reader, passage.plate) for passage in fleet.passages(morning, end))
    told = Counter(
        (datetime.fromisoformat(line["captured_at"]), line["reader"], line["plate"])
        for line in lines_of(fleet, morning, end)
    )
    wrong = sum((told - true).values())

    assert {key[:2] for key in told} <= {key[:2] for key in true}
    assert 0.01 < wrong / told.total() < 0.10
    assert 0.90 * true.total() < told.total() < 0.99 * true.total()


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(0, 7200))
def test_windows_join_without_a_seam(fleet, morning, cut):
    """Cut anywhere, the lines are the same bytes."""
    middle, end = morning + timedelta(seconds=cut), morning + TWO_HOURS
    whole = list(fleet.history_ndjson(morning, end))

    assert whole == [*fleet.history_ndjson(morning, middle), *fleet.history_ndjson(middle, end)]


def test_an_outage_is_a_gap(morning):
    """A reader that was down has no line from that time, and has some before and after."""
    fleet = Fleet(11, passages_per_hour=1000)
    week = timedelta(days=7)
    reader = fleet.readers()[12]
    outages = fleet.outages(reader, morning, morning + week)
    times = [
        datetime.fromisoformat(line["captured_at"])
        for line in lines_of(fleet, morning, morning + week)
        if line["reader"] == reader.reader_id
    ]

    assert outages
    assert times
    for begins, ends in outages:
        assert not any(begins <= at < ends for at in times)
    assert min(times) < outages[0][0] < max(times)


def test_bench_columns_are_of_the_stated_size():
    """So many reads, in order of time, of no more plates and readers than stated, some plates far oftener than others."""
    columns = bench_columns(50_000, 1000, 40, 3)
    often = Counter(columns.plates)

    assert 50_000 == len(columns.plates) == len(columns.seconds) == len(columns.reader)
    assert np.all(np.diff(columns.seconds) >= 0)
    assert columns.seconds[0] == BENCH_START
    assert columns.seconds[-1] < BENCH_START + BENCH_DAYS * 86_400
    assert set(range(40)) == set(columns.reader.tolist())
    assert 900 < len(often) <= 1000
    assert often.most_common(1)[0][1] > 10 * np.median(list(often.values()))


def test_bench_columns_follow_their_seed():
    """The same seed gives the same columns, another gives others."""
    one, same, other = (bench_columns(2000, 100, 5, seed) for seed in (1, 1, 2))

    assert one.plates == same.plates
    assert np.array_equal(one.reader, same.reader)
    assert one.plates != other.plates


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_bench_columns_of_nothing_are_refused(sizes):
    """A benchmark over nothing is the caller's mistake."""
    with pytest.raises(BadInput):
        bench_columns(*sizes, 1)
