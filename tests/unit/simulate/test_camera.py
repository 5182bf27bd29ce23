"""Camera: mistakes of the kinds and in the numbers that a reader's flaws say."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.plate import fold
from lockplate.simulate.camera import CONFUSIONS, Camera, Habit, confuse, drop_character
from lockplate.simulate.chance import Chance
from lockplate.simulate.detection import Kind
from lockplate.simulate.reader import PERFECT, Flaws

PLATES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9)


@pytest.fixture(scope="module")
def passages(fleet, morning):
    """Five thousand passages or so, none parked."""
    window = fleet.passages(morning, morning + timedelta(hours=4))
    return [passage for passage in window if not passage.parked_seconds]


@pytest.fixture(scope="module")
def reader(fleet):
    """A fixed reader, to be given other flaws."""
    return fleet.readers()[0]


PLAIN = Habit()


def camera(reader, flaws, habit=PLAIN):
    return Camera(5, msgspec.structs.replace(reader, flaws=flaws), habit)


def seen(reader, passages, flaws, habit=PLAIN):
    looking = camera(reader, flaws, habit)
    return [looking.detections(passage) for passage in passages]


def test_a_perfect_reader_reads_everything_once(reader, passages):
    """One detection a passage, the true plate, the true time."""
    for passage, found in zip(passages, seen(reader, passages, PERFECT), strict=True):
        assert [detection.kind for detection in found] == [Kind.READ]
        assert passage.plate == found[0].plate_text
        assert passage.at == found[0].device_time < found[0].send_at


@pytest.mark.parametrize("flaw", ["misread", "missing_character", "low_confidence", "missed", "plateless", "duplicate"])
def test_each_flaw_happens_as_often_as_stated(reader, passages, flaw):
    """At a probability of 0.2 a fifth of the passages shows the flaw, and no other flaw shows at all."""
    flaws = msgspec.structs.replace(PERFECT, **{flaw: 0.2})
    shown = Counter()
    for passage, found in zip(passages, seen(reader, passages, flaws, Habit(says_plateless=True)), strict=True):
        if not found:
            shown["missed"] += 1
        elif found[0].kind is Kind.NO_PLATE:
            shown["plateless"] += 1
        elif len(found[0].plate_text) < len(passage.plate):
            shown["missing_character"] += 1
        elif found[0].plate_text != passage.plate:
            shown["misread"] += 1
        elif found[0].confidence < 0.5:
            shown["low_confidence"] += 1
        elif found[-1].kind is Kind.RESENT:
            shown["duplicate"] += 1

    open_to_it = [passage for passage in passages if flaw != "misread" or set(passage.plate) & set(CONFUSIONS)]
    assert {flaw} == set(shown)
    assert shown[flaw] == pytest.approx(0.2 * len(open_to_it), rel=0.15)


def test_a_format_that_cannot_say_no_plate_says_nothing(reader, passages):
    """Without a word for a plateless vehicle, no message leaves."""
    flaws = msgspec.structs.replace(PERFECT, plateless=1.0)

    assert [[]] * len(passages) == seen(reader, passages, flaws)


@given(plate=PLATES, number=st.integers(0, 10_000))
def test_a_misread_keeps_its_length_and_mostly_its_key(plate, number):
    """Look-alikes change one or two places; but for D read as 0, folding undoes them."""
    text = confuse(Chance(number), plate)

    assert len(plate) == len(text)
    assert sum(one != other for one, other in zip(plate, text, strict=True)) <= 2
    assert (text == plate) == (not set(plate) & set(CONFUSIONS))
    if "D" not in plate:
        assert fold(plate) == fold(text)


@given(plate=PLATES, number=st.integers(0, 10_000))
def test_a_missing_character_is_one_character(plate, number):
    """One character fewer, the rest in order; a plate never vanishes."""
    text = drop_character(Chance(number), plate)

    assert max(1, len(plate) - 1) == len(text)
    assert len(plate) == 1 or any(plate[:place] + plate[place + 1 :] == text for place in range(len(plate)))


def test_a_preview_and_its_update_share_their_event(reader, passages):
    """Previews come with one update of the same vendor event, sent later; some updates correct the plate."""
    flaws = msgspec.structs.replace(PERFECT, misread=0.0)
    pairs = [found for found in seen(reader, passages, flaws, Habit(previews=True)) if len(found) == 2]
    corrected = [pair for pair in pairs if pair[0].plate_text != pair[1].plate_text]

    assert len(pairs) == pytest.approx(len(passages) / 2, rel=0.15)
    assert corrected
    for preview, update in pairs:
        assert (preview.kind, update.kind) == (Kind.PREVIEW, Kind.READ)
        assert preview.event == update.event
        assert preview.part < update.part
        assert preview.send_at < update.send_at
        assert update.passage.plate == update.plate_text


def test_events_of_two_passages_differ(reader, passages):
    """No two passages share a vendor event."""
    events = [found[0].event for found in seen(reader, passages, PERFECT)]

    assert len(passages) == len(set(events))


def test_frames_are_several_looks(reader, passages):
    """Two to four messages a passage, each with its own instant."""
    for found in seen(reader, passages[:300], PERFECT, Habit(frames=True)):
        assert 2 <= len(found) <= 4
        assert len(found) == len({detection.device_time for detection in found})


def test_a_parked_car_is_read_again_and_again(reader, passages):
    """A stay of an hour makes many reads, minutes apart, each with an event of its own."""
    parked = msgspec.structs.replace(passages[0], parked_seconds=3600)
    found = camera(reader, PERFECT).detections(parked)
    gaps = [later.device_time - earlier.device_time for earlier, later in pairwise(found)]

    assert len(found) > 10
    assert all(timedelta(seconds=89) < gap < timedelta(seconds=241) for gap in gaps)
    assert len(found) == len({detection.event for detection in found})


def test_the_clock_error_shows_in_device_time_only(reader, passages, morning):
    """An offset is constant, a gain grows through the week, and neither touches the time of sending."""
    true = [found[0] for found in seen(reader, passages, PERFECT)]
    ahead = msgspec.structs.replace(PERFECT, clock_offset_seconds=94.0)
    gains = msgspec.structs.replace(PERFECT, clock_gain_seconds_per_day=24.0)
    offset = [found[0] for found in seen(reader, passages, ahead)]
    gained = [found[0] for found in seen(reader, passages, gains)]
    errors = [late.device_time - late.passage.at for late in gained]

    assert [detection.send_at for detection in true] == [detection.send_at for detection in offset]
    assert {timedelta(seconds=94)} == {detection.device_time - detection.passage.at for detection in offset}
    assert errors == sorted(errors)
    # Monday 15:00 UTC is 15 hours into the week, at one second an hour.
    assert errors[0].total_seconds() == pytest.approx(15, abs=0.2)
    assert errors[-1].total_seconds() == pytest.approx(19, abs=0.2)


def test_nothing_leaves_during_an_outage(reader, fleet, morning):
    """A reader that is down loses what it sees; one that buffers sends all of it afterwards."""
    days = timedelta(days=3)
    passages = [passage for passage in fleet.passages(morning, morning + days) if not passage.parked_seconds]
    lossy = camera(reader, msgspec.structs.replace(PERFECT, outages_per_week=7.0))
    buffering = camera(reader, msgspec.structs.replace(PERFECT, outages_per_week=7.0, buffers=True))
    outages = lossy._reader.outages(5, morning, morning + 2 * days)
    lost = defaultdict(int)

    assert len(outages) >= 3
    for passage in passages:
        sent, late = lossy.detections(passage), buffering.detections(passage)
        lost[len(sent)] += 1
        assert len(late) == 1
        for detection in (*sent, *late):
            assert not any(begins <= detection.send_at < ends for begins, ends in outages)
        if not sent:
            assert any(late[0].send_at - ends < timedelta(seconds=1) for _, ends in outages)
    assert lost[0] > 0
    assert lost[1] > lost[0]


def test_outages_are_the_same_from_any_window(reader, morning):
    """A longer look finds the outages that a shorter one found, and no two on one start day."""
    down = msgspec.structs.replace(reader, flaws=Flaws(outages_per_week=4.0))
    month = down.outages(5, morning, morning + timedelta(days=30))
    days = [down.outages(5, morning + timedelta(days=day), morning + timedelta(days=day + 1)) for day in range(30)]

    assert set(month) == {outage for day in days for outage in day}
    assert 8 < len(month) < 26
    assert len(month) == len({begins.date() for begins, _ in month})
