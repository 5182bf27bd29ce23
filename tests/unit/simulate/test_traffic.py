"""Traffic: the stated rate, in order, without seams, and with people who come back."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.traffic import BLOCKS_BACK, HOUR_MS

DAY = timedelta(days=1)
LOCAL_MIDNIGHT = timedelta(hours=-7)
"""From the busy hour back to 00:00 in Los Angeles."""


@pytest.mark.parametrize("rate", [40, 1000, 20_000])
@pytest.mark.parametrize("readers", [3, 40])
def test_a_day_holds_the_stated_rate(morning, rate, readers):
    """Over a local day the mean is the rate asked for, within a tenth, whatever the rate and the fleet."""
    fleet = Fleet(1, readers, passages_per_hour=rate)
    start = morning + LOCAL_MIDNIGHT
    count = sum(1 for _ in fleet.history_ndjson(start, start + DAY))
    flawless = Fleet(1, readers, passages_per_hour=rate, perfect=True)
    everything = sum(1 for _ in flawless.history_ndjson(start, start + DAY))

    assert everything == pytest.approx(24 * rate, rel=0.1)
    assert 0.8 * everything < count < everything


def test_rush_hour_is_busier_than_night(fleet, morning, an_hour):
    """Seven in the morning sees many times what three at night sees."""
    night = morning - timedelta(hours=4)
    busy, quiet = (sum(1 for _ in fleet.passages(start, start + an_hour)) for start in (morning, night))

    assert busy > 5 * quiet > 0


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 7_200_000))
def test_windows_join_without_a_seam(fleet, morning, cut):
    """A window cut anywhere holds the same passages as the whole, in order of time, each once."""
    end = morning + timedelta(hours=2)
    middle = morning + timedelta(milliseconds=cut)
    whole = list(fleet.passages(morning, end))

    assert whole == [*fleet.passages(morning, middle), *fleet.passages(middle, end)]
    assert whole == sorted(whole, key=lambda passage: passage.at)
    assert len(whole) == len({(passage.passage_id, passage.reader) for passage in whole})
    assert all(morning <= passage.at < end for passage in whole)


def test_a_window_holds_what_every_trip_put_in_it(fleet, morning):
    """No passage is lost at a full hour, or of a trip that set out before the window: counted from the trips."""
    traffic = fleet._traffic
    first = int(morning.timestamp()) * 1000 // HOUR_MS
    wanted = Counter()
    for block in range(first - 4, first + 3):
        crossings = traffic._block(block)
        inside = (crossings.at_ms >= first * HOUR_MS) & (crossings.at_ms < (first + 3) * HOUR_MS)
        wanted.update(f"p{block:x}-{row:x}" for row in crossings.row[inside].tolist())
    window = fleet.passages(morning, morning + timedelta(hours=3))

    assert wanted == Counter(passage.passage_id for passage in window)
    assert any(passage_id.startswith(f"p{first - 1:x}-") for passage_id in wanted)


def test_an_empty_window_is_empty(fleet, morning):
    """Nothing passes in no time."""
    assert list(fleet.passages(morning, morning)) == []
    assert list(fleet.passages(morning, morning - DAY)) == []


def test_commuters_come_back_every_working_day(fleet, morning, an_hour):
    """Many vehicles pass the same reader in the same morning hour on four days of five or more."""
    days = defaultdict(set)
    for day in range(5):
        start = morning + day * DAY
        for passage in fleet.passages(start, start + an_hour):
            days[passage.vehicle, passage.reader].add(day)
    regulars = {vehicle for (vehicle, _), seen in days.items() if len(seen) >= 4}

    assert len(regulars) > 50


def test_vans_pass_again_and_again(fleet, morning):
    """Over one working day the busiest vans pass more often than any other vehicle, and there are several."""
    passes = defaultdict(int)
    vans = set()
    for passage in fleet.passages(morning, morning + timedelta(hours=10)):
        if passage.look.body == "van":
            vans.add(passage.vehicle)
            passes[passage.vehicle] += 1

    assert len(vans) > 5
    assert max(passes.values()) >= 10


def test_no_trip_outlasts_its_blocks(fleet, morning):
    """What sets out in an hour is over before its block is forgotten."""
    traffic = fleet._traffic
    hour = int(morning.timestamp()) * 1000 // HOUR_MS
    late = traffic._block(hour).at_ms.max()

    assert late < (hour + BLOCKS_BACK + 1) * HOUR_MS


def test_parked_vehicles_stand_before_a_reader_that_watches(fleet, morning):
    """Every stay is before a reader that watches parking places, and there are some."""
    watching = {reader.reader_id for reader in fleet.readers() if reader.watches_parking}
    stays = [passage for passage in fleet.passages(morning, morning + timedelta(hours=3)) if passage.parked_seconds]

    assert stays
    assert watching >= {passage.reader for passage in stays}


def test_a_mobile_reader_moves(fleet, morning):
    """A patrol car sees traffic at several places of a day; a pole sees it at one."""
    mobile = {reader.reader_id for reader in fleet.readers() if reader.mobile}
    places = defaultdict(set)
    for passage in fleet.passages(morning, morning + timedelta(hours=10)):
        places[passage.reader].add((passage.latitude, passage.longitude))

    assert len(mobile) == 3
    assert all(len(places[reader]) > 2 for reader in mobile)
    assert all(len(seen) == 1 for reader, seen in places.items() if reader not in mobile)


def test_a_rate_of_nothing_is_refused():
    """Traffic that never comes is the caller's mistake."""
    with pytest.raises(BadInput):
        Fleet(1, passages_per_hour=0)
