"""Payloads: what each dialect writes, the node's own reading turns back into the detection it was made from."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lockplate.read import RejectReason
from lockplate.readers.formats import format_names, parse_body
from lockplate.simulate.camera import LONGEST_DELAY
from lockplate.simulate.detection import Kind
from lockplate.simulate.fleet import Fleet
from lockplate.simulate.payloads import BY_NAME, DIALECTS
from lockplate.simulate.picture import draw

ZONE = ZoneInfo("America/Los_Angeles")
PLATELESS = {"no_plate", "vehicle_without_plate", "no_detection"}


@pytest.fixture(scope="module", params=[dialect.name for dialect in DIALECTS])
def dialect(request):
    """One dialect; skipped while the node does not know its format."""
    found = BY_NAME[request.param]
    if found.format not in format_names():
        pytest.skip(f"the node has no format {found.format} yet")
    return found


@pytest.fixture(scope="module")
def messages(dialect, morning):
    """A few hundred messages of readers that all speak this dialect and fail in every way."""
    fleet = Fleet(3, 13, passages_per_hour=300, dialects=[dialect.name])
    return list(fleet.messages(morning, morning + timedelta(hours=1)))


def parsed(message, *, by_name=False):
    return parse_body(
        message.body,
        content_type=message.content_type,
        format_name=message.format if by_name else None,
        zone=ZONE,
    )


def test_every_body_is_known_by_its_shape(dialect, messages):
    """Detection finds the vendor, heartbeats and vehicles without a plate included."""
    assert messages
    assert {dialect.format} == {parsed(message).format for message in messages}


def test_every_read_comes_back(dialect, messages):
    """Plate text, instant (as finely as the format writes it), region and passage: what was detected is what is read."""
    told = [message for message in messages if message.detection is not None and message.detection.plate_text]

    assert len(told) > 100
    for message in told:
        detection = message.detection
        outcome = parsed(message, by_name=True)
        assert len(outcome.reads) == 1, outcome
        read = outcome.reads[0]
        assert detection.plate_text.casefold() == read.plate_text.casefold()
        lost = detection.device_time - read.captured_at
        # A float of seconds, as Frigate sends, is exact to a microsecond or two.
        assert timedelta(microseconds=-2) <= lost < dialect.precision + timedelta(microseconds=2)
        assert read.region in (None, detection.passage.region, detection.passage.region[:2])


def test_what_is_not_a_read_is_never_read(messages):
    """A heartbeat is ignored as such; a vehicle without a plate is ignored or rejected, never given a plate."""
    for message in messages:
        outcome = parsed(message)
        if message.kind is Kind.HEARTBEAT:
            assert [ignored.kind for ignored in outcome.ignored] == ["heartbeat"]
            assert outcome.reads + outcome.rejects == ()
        elif message.kind is Kind.NO_PLATE:
            said = [ignored.kind for ignored in outcome.ignored]
            said += ["no_plate" for reject in outcome.rejects if reject.reason is RejectReason.NO_PLATE]
            assert outcome.reads == ()
            assert len(said) == 1
            assert set(said) <= PLATELESS


def test_a_preview_and_its_update_share_a_vendor_id(dialect, messages):
    """Where a format has previews, the update can be joined to them; elsewhere there are none."""
    previews = [message for message in messages if message.kind is Kind.PREVIEW]
    updates = {message.detection.event: message for message in messages if message.detection and message.detection.part}

    assert bool(previews) == dialect.habit.previews
    joined = 0
    for preview in previews:
        update = updates.get(preview.detection.event)
        if update is not None:
            first, second = parsed(preview).reads[0], parsed(update).reads[0]
            assert set(first.passage_ids) & set(second.passage_ids)
            joined += 1
    assert joined >= len(previews) * 0.9


def test_passages_do_not_share_vendor_ids(messages):
    """Two vehicles are never joined into one passage."""
    owners = {}
    for message in messages:
        if message.detection is not None:
            for read in parsed(message).reads:
                for passage_id in read.passage_ids:
                    owner = (message.reader_id, passage_id)
                    assert (
                        owners.setdefault(owner, message.detection.passage.passage_id)
                        == message.detection.passage.passage_id
                    )


def test_a_message_sent_again_has_the_same_content(messages):
    """Sent again, a read is equal in all that identifies it; only Hikvision says so in the body."""
    again = [message for message in messages if message.kind is Kind.RESENT and parsed(message).reads]
    first = {}
    for message in messages:
        if message.detection is not None and message.kind is not Kind.RESENT:
            first[message.reader_id, message.detection.event, message.detection.part] = message
    for message in again:
        original = first.get((message.reader_id, message.detection.event, message.detection.part))
        if original is None:
            # The first one left just before the window began.
            assert message.detection.passage.at < message.send_at - timedelta(seconds=1)
            continue
        if message.format == "hikvision":
            assert parsed(message).reads[0].resent
            assert b"activePostCount>2<" in message.body
        else:
            assert original.body == message.body
        assert original.detection.plate_text == message.detection.plate_text
        assert message.send_at - original.send_at < LONGEST_DELAY


def test_pictures_show_the_true_plate(messages):
    """Where a body carries a picture, it is of the plate that was there, not of the one that was read."""
    for message in messages:
        for read in parsed(message).reads:
            for image in read.images:
                if image.data is not None:
                    assert draw(message.truth) == image.data


def one(dialect_name, morning):
    fleet = Fleet(3, 1, passages_per_hour=300, dialects=[dialect_name], perfect=True)
    return next(message for message in fleet.messages(morning, morning + timedelta(hours=1)) if message.truth)


def test_dahua_lies_about_utc(morning):
    """`UTC` is the wall clock counted as if it were UTC, eight hours off in winter; `RealUTC` is true."""
    message = one("dahua-event", morning)
    data = msgspec.json.decode(message.body)["data"]
    true = int(message.detection.device_time.timestamp())

    assert true == data["RealUTC"]
    assert true - 8 * 3600 == data["UTC"] == data["TrafficCar"]["UTC"]


@pytest.mark.parametrize("name", [dialect.name for dialect in DIALECTS if dialect.wall_clock])
def test_a_wall_clock_needs_the_readers_zone(name, morning):
    """Without the reader's zone such a time cannot be placed; with a wrong one it is hours off."""
    message = one(name, morning)
    blind = parse_body(message.body, content_type=message.content_type).reads[0]
    wrong = parse_body(message.body, content_type=message.content_type, zone=UTC).reads[0]

    assert blind.captured_at is None
    assert wrong.captured_at == message.detection.device_time.replace(microsecond=0) - timedelta(hours=8)


def test_hikvision_speaks_four_ways(morning):
    """Three namespaces and a prefix, alone and in a form."""
    bodies = {name: one(name, morning).body for name in BY_NAME if name.startswith("hikvision")}

    assert b"www.hikvision.com" in bodies["hikvision-form"]
    assert b"www.isapi.org" in bodies["hikvision-isapi-form"]
    assert b"www.std-cgi.com" in bodies["hikvision-old"]
    assert b"<ns1:licensePlate>" in bodies["hikvision-prefixed"]
    assert [body.startswith(b"--") for body in bodies.values()] == [True, True, False, False]


def test_no_dialect_has_two_names():
    """Names are unique, and every file extension is a plain word."""
    assert len(DIALECTS) == len(BY_NAME)
    assert {"json", "xml", "multipart", "ndjson"} == {dialect.extension for dialect in DIALECTS}


def test_our_own_line_is_one_line(morning):
    """The NDJSON body is one JSON object and a line feed."""
    message = one("lockplate", morning)
    line = msgspec.json.decode(message.body)

    assert message.body.endswith(b"}\n")
    assert message.body.count(b"\n") == 1
    assert message.truth == line["plate"]
    assert message.reader_id == line["reader"]
    assert message.detection.device_time == datetime.fromisoformat(line["captured_at"])
