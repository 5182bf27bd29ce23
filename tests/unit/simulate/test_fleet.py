"""Fleet: one seed, one county, the same bytes in every process."""

import hashlib
import os
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput
from lockplate.simulate.detection import Kind
from lockplate.simulate.fleet import HEARTBEAT_SECONDS, Fleet
from lockplate.simulate.payloads import DIALECTS

DIGEST = """
import hashlib
from datetime import UTC, datetime, timedelta
from lockplate.simulate.fleet import Fleet

start = datetime(2026, 11, 23, 15, tzinfo=UTC)
fleet = Fleet({seed}, passages_per_hour=600)
digest = hashlib.sha256()
for message in fleet.messages(start, start + timedelta(minutes=40)):
    head = f"{{message.send_at}}|{{message.reader_id}}|{{message.path}}|{{message.content_type}}|{{message.kind}}|"
    digest.update(head.encode() + message.body)
for line in fleet.history_ndjson(start, start + timedelta(minutes=40)):
    digest.update(line)
print(digest.hexdigest())
"""


def digest_elsewhere(seed, hash_seed):
    """Return the digest that a process of its own, with its own PYTHONHASHSEED, comes to."""
    run = subprocess.run(
        [sys.executable, "-c", DIGEST.format(seed=seed)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def test_the_same_seed_gives_the_same_bytes_in_every_process():
    """Two processes with different hash seeds agree to the byte; another seed does not."""
    one, other = digest_elsewhere(7, "1"), digest_elsewhere(7, "424242")

    assert one == other
    assert len(hashlib.sha256().hexdigest()) == len(one)
    assert one != digest_elsewhere(8, "1")


def test_a_fleet_is_forty_readers_that_speak_every_dialect(fleet):
    """Ids are unique, places have a position and a zone, three readers are mobile, every dialect is spoken."""
    readers = fleet.readers()

    assert (
        40 == len(readers) == len({reader.reader_id for reader in readers}) == len({reader.name for reader in readers})
    )
    assert len({reader.serial for reader in readers}) == 40
    assert {dialect.name for dialect in DIALECTS} == {reader.dialect for reader in readers}
    assert sum(reader.mobile for reader in readers) == 3
    assert {"America/Los_Angeles"} == {reader.zone for reader in readers}
    assert all(41 < reader.latitude < 41.6 and -121.7 < reader.longitude < -120.9 for reader in readers)


def test_some_readers_have_something_to_notice(fleet, perfect_fleet):
    """A drifting clock, a clock that is wrong, a reader that is often down, one that misreads; none in a perfect fleet."""
    flaws = [reader.flaws for reader in fleet.readers()]

    assert any(flaw.clock_gain_seconds_per_day for flaw in flaws)
    assert {94.0, -3600.0} <= {flaw.clock_offset_seconds for flaw in flaws}
    assert any(flaw.outages_per_week >= 5 for flaw in flaws)
    assert any(flaw.misread > 0.1 for flaw in flaws)
    assert len({reader.flaws for reader in perfect_fleet.readers()}) == 1


@settings(max_examples=12, deadline=None)
@given(cut=st.integers(0, 3_600_000))
def test_message_windows_join_without_a_seam(fleet, morning, an_hour, cut):
    """Cut anywhere, the same messages leave in the same order, each once; none leaves outside its window."""
    middle = morning + timedelta(milliseconds=cut)
    whole = list(fleet.messages(morning, morning + an_hour))

    assert whole == [*fleet.messages(morning, middle), *fleet.messages(middle, morning + an_hour)]
    assert whole == sorted(whole, key=lambda message: message.send_at)
    assert all(morning <= message.send_at < morning + an_hour for message in whole)


def test_no_message_leaves_a_reader_that_is_down(fleet, morning):
    """Over a day and a half, outages are silent, heartbeats included, and there are some."""
    end = morning + timedelta(hours=36)
    down = {reader.reader_id: fleet.outages(reader, morning, end) for reader in fleet.readers()}
    silent = 0
    for message in fleet.messages(morning, end):
        for begins, ends in down[message.reader_id]:
            assert not begins <= message.send_at < ends
            silent += 1

    assert any(down.values())
    assert silent


def test_a_reader_that_buffers_sends_what_it_kept(fleet, morning):
    """After an outage, Hikvision readers send reads that are older than the outage's end."""
    end = morning + timedelta(days=4)
    reader, (begins, ends) = next(
        (reader, outage)
        for reader in fleet.readers()
        if reader.flaws.buffers
        for outage in fleet.outages(reader, morning, end)
        if outage[0] > morning and outage[1] < end
    )
    late = [
        message
        for message in fleet.messages(ends, ends + timedelta(minutes=1))
        if message.reader_id == reader.reader_id and message.detection and message.detection.passage.at < ends
    ]
    passed = [passage for passage in fleet.passages(begins, ends) if passage.reader == reader.reader_id]

    assert passed
    assert len(late) > len(passed) / 2


def test_heartbeats_come_at_their_time(perfect_fleet, morning, an_hour):
    """A reader whose format has a heartbeat sends one every five minutes, the others none."""
    beats = [
        message for message in perfect_fleet.messages(morning, morning + an_hour) if message.kind is Kind.HEARTBEAT
    ]
    beating = [reader for reader in perfect_fleet.readers() if reader.format in ("openalpr", "hikvision")]

    assert {reader.reader_id for reader in beating} <= {beat.reader_id for beat in beats}
    for reader in beating:
        times = [beat.send_at for beat in beats if beat.reader_id == reader.reader_id]
        assert len(times) == 3600 // HEARTBEAT_SECONDS
        assert {timedelta(seconds=HEARTBEAT_SECONDS)} == {later - earlier for earlier, later in pairwise(times)}


def test_a_perfect_fleet_reads_every_passage(perfect_fleet, morning, an_hour):
    """With no failing, each passage of the hour makes at least one message, and every message says the true plate."""
    end = morning + an_hour
    passages = {passage.passage_id for passage in perfect_fleet.passages(morning, end)}
    said = set()
    for message in perfect_fleet.messages(morning, end + timedelta(minutes=1)):
        if message.detection is not None:
            said.add(message.detection.passage.passage_id)
            if message.kind is not Kind.PREVIEW:
                assert message.truth == message.detection.plate_text

    assert passages <= said


def test_most_readers_name_their_format(fleet):
    """Some readers post to the bare path, most to their format's own."""
    paths = [fleet._path(reader) for reader in fleet.readers()]

    assert 0 < paths.count("/v1/reads") < 20
    assert all(
        path in ("/v1/reads", f"/v1/reads/{reader.format}") for path, reader in zip(paths, fleet.readers(), strict=True)
    )


@pytest.mark.parametrize(
    "choices",
    [{"readers": 0}, {"readers": 100_000}, {"seed": -1}, {"dialects": ["vigilant"]}, {"vehicles": 0}],
)
def test_a_fleet_that_cannot_be_is_refused(choices):
    """A count, seed or name out of range is the caller's mistake."""
    with pytest.raises(BadInput):
        Fleet(**{"seed": 1} | choices)


def test_times_without_a_zone_are_refused(fleet, morning, an_hour):
    """A naive window is refused, not guessed."""
    with pytest.raises(BadInput):
        fleet.messages(morning.replace(tzinfo=None), morning + an_hour)


@pytest.mark.parametrize("readers", [1, 2, 13, 90])
def test_fleets_of_any_size_see_traffic(readers, morning, an_hour):
    """One reader or ninety: something passes, and every fixed reader is somewhere of its own."""
    fleet = Fleet(4, readers, passages_per_hour=500)
    fixed = [(reader.latitude, reader.longitude) for reader in fleet.readers() if not reader.mobile]

    assert readers == len(fleet.readers())
    assert len(fixed) == len(set(fixed))
    assert sum(1 for _ in fleet.passages(morning, morning + an_hour)) > 100
