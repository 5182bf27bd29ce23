"""Plate Recognizer: Stream and Snapshot, plate and vehicle mode, forms, ParkPow's log, CSV."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lockplate.read import ClockRule, Ignored, Parsed, Read, RejectReason, Vehicle, public_read
from lockplate.readers.formats import parse_body

FILE = "gate-2_screenshots/25-11-24/16-00-00.123456.jpg"
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


def result(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "plate": "zzt042",
        "score": 0.87,
        "dscore": 0.71,
        "region": {"code": "us-ca", "score": 0.6},
        "candidates": [{"plate": "zzt042", "score": 0.87}, {"plate": "zzto42", "score": 0.7}],
        "vehicle": {"type": "Sedan", "score": 0.5, "box": {"xmin": 1}},
        "model_make": [{"make": "Saab", "model": "900", "score": 0.1}, {"make": "Volvo", "model": "240", "score": 0.6}],
        "color": [{"color": "green", "score": 0.8}],
        "orientation": [{"orientation": "Rear", "score": 0.8}],
        "direction": 225,
        "user_data": "a note",
    }
    return entry | changes


def vehicle_result(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "plate": {
            "type": "Plate",
            "score": 0.9,
            "box": {},
            "props": {
                "plate": [{"value": "zzt042", "score": 0.88}, {"value": "zzto42", "score": 0.5}],
                "region": [{"value": "us-or", "score": 0.4}, {"value": "us-ca", "score": 0.5}],
            },
        },
        "vehicle": {
            "type": "Van",
            "score": 0.9,
            "props": {
                "make_model": [{"make": "Fiat", "model": "Ducato", "score": 0.7}],
                "color": [{"value": "white", "score": 0.6}],
            },
        },
        "direction": None,
    }
    return entry | changes


def webhook(*results: object, **data: Any) -> dict[str, Any]:
    return {
        "hook": {"target": "https://node.example/", "id": "gate-2", "event": "recognition", "filename": FILE},
        "data": {
            "camera_id": "gate-2",
            "filename": FILE,
            "timestamp": "2025-11-24T16:00:00.123456Z",
            "timestamp_local": "2025-11-24 08:00:00.123456-08:00",
            "timestamp_camera": None,
            "results": list(results),
        }
        | data,
    }


def parse(body: object) -> Parsed:
    parsed = parse_body(body if isinstance(body, bytes) else msgspec.json.encode(body))
    assert "platerecognizer" == parsed.format
    return parsed


def only(body: object) -> Read:
    parsed = parse(body)
    assert (1, (), ()) == (len(parsed.reads), parsed.rejects, parsed.ignored)
    return parsed.reads[0]


def test_stream_webhook_says_all() -> None:
    """Plate as sent in lower case, UTC time over local time, degrees as text, likeliest make and colour."""
    read = only(webhook(result()))
    assert ("zzt042", "US-CA", "gate-2", "225") == (read.plate_text, read.region, read.reader_id, read.direction)
    assert (datetime(2025, 11, 24, 16, 0, 0, 123456, UTC), ClockRule.OFFSET) == (read.captured_at, read.clock_rule)
    assert read.confidence is not None
    assert (0.87, "0-1") == (read.confidence.value, read.confidence.scale)
    assert (FILE, (FILE,)) == (read.event_id, read.passage_ids)
    assert Vehicle(make="Volvo", model="240", color="green", body="Sedan") == read.vehicle
    assert ["zzt042", "zzto42"] == [candidate.plate_text for candidate in read.candidates]


def test_vehicle_mode_reads_the_plate_object() -> None:
    """In vehicle mode the plate is an object, its first value the reading, its score the confidence."""
    read = only(webhook(vehicle_result()))
    assert ("zzt042", "US-CA") == (read.plate_text, read.region)
    assert read.confidence is not None
    assert 0.88 == read.confidence.value
    assert Vehicle(make="Fiat", model="Ducato", color="white", body="Van") == read.vehicle
    assert (None, ["zzt042", "zzto42"]) == (read.direction, [candidate.plate_text for candidate in read.candidates])


def test_vehicle_without_plate_is_ignored() -> None:
    """A null plate beside a vehicle is lawfully no read."""
    parsed = parse(webhook(vehicle_result(plate=None)))
    assert ((), (), (Ignored(kind="vehicle_without_plate"),)) == (parsed.reads, parsed.rejects, parsed.ignored)


def multipart(body: dict[str, Any]) -> bytes:
    return b"".join(
        (
            b'--edge\r\nContent-Disposition: form-data; name="json"\r\n\r\n',
            msgspec.json.encode(body),
            b'\r\n--edge\r\nContent-Disposition: form-data; name="upload"; filename="a.jpg"\r\n',
            b"Content-Type: image/jpeg\r\n\r\n",
            JPEG,
            b"\r\n--edge--\r\n",
        )
    )


def test_form_with_picture() -> None:
    """The webhook comes as a form: JSON in `json`, the picture as a file."""
    read = only(multipart(webhook(result())))
    (image,) = read.images
    assert ("zzt042", len(JPEG), JPEG, "image/jpeg") == (read.plate_text, image.size, image.data, image.media_type)


def test_urlencoded_form() -> None:
    """Without a picture the same JSON may come urlencoded."""
    assert "zzt042" == only(urlencode({"json": msgspec.json.encode(webhook(result())).decode()}).encode()).plate_text


def test_two_results_of_one_picture_are_two_passages() -> None:
    """The picture's name is the passage id of its first plate only."""
    parsed = parse(webhook(result(), result(plate="qqr777")))
    assert ["zzt042", "qqr777"] == [read.plate_text for read in parsed.reads]
    assert not set(parsed.reads[0].passage_ids) & set(parsed.reads[1].passage_ids)


def test_snapshot_answer_has_naive_time() -> None:
    """The API's answer has no zone: no instant without the reader's zone, one with it."""
    body = msgspec.json.encode(
        {
            "filename": "p.jpg",
            "timestamp": "2025-11-24 08:00:00.5",
            "camera_id": None,
            "results": [result()],
            "usage": {"calls": 1, "max_calls": 2},
            "processing_time": 9.5,
        }
    )
    (naive,) = parse_body(body).reads
    assert (None, ClockRule.NO_ZONE, None) == (naive.captured_at, naive.clock_rule, naive.reader_id)
    (placed,) = parse_body(body, zone=ZoneInfo("America/Los_Angeles")).reads
    assert (datetime(2025, 11, 24, 16, 0, 0, 500000, UTC), ClockRule.READER_ZONE) == (
        placed.captured_at,
        placed.clock_rule,
    )


def test_offset_beats_naive_time_even_with_a_zone_set() -> None:
    """A naive time never wins over one that carries its offset."""
    body = webhook(result(), timestamp="2025-11-24 08:00:00")
    (read,) = parse_body(msgspec.json.encode(body), zone=ZoneInfo("Asia/Tokyo")).reads
    assert (datetime(2025, 11, 24, 16, 0, 0, 123456, UTC), ClockRule.OFFSET) == (read.captured_at, read.clock_rule)


def test_snapshot_webhook_number_is_no_reader() -> None:
    """In Snapshot the hook's id numbers the registration of the webhook."""
    body = webhook(result(), camera_id=None)
    body["hook"] |= {"id": 479, "event": "image.done"}
    assert None is only(body).reader_id


def test_parkpow_log() -> None:
    """ParkPow's vehicle log wraps vehicle mode with `camera`, `time` and an inline image."""
    read = only({"camera": "lot-3", "time": "2025-11-24 16:00:00.123456+0000", "results": [vehicle_result()]})
    assert ("lot-3", datetime(2025, 11, 24, 16, 0, 0, 123456, UTC)) == (read.reader_id, read.captured_at)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (webhook(), Ignored(kind="no_detection")),
        ({"hook": {"event": "video", "target": "x"}, "data": {"filename": "v.mp4"}}, Ignored(kind="other_event")),
    ],
)
def test_bodies_without_reads_are_ignored(body: object, expected: Ignored) -> None:
    """A webhook is sent for pictures without a plate too, and for finished videos."""
    parsed = parse(body)
    assert ((), (), (expected,)) == (parsed.reads, parsed.rejects, parsed.ignored)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (webhook(result(plate="")), RejectReason.NO_PLATE),
        (webhook(result(plate="No Plate")), RejectReason.NO_PLATE),
        (webhook(result(plate=["zzt042"], vehicle=None)), RejectReason.MISSING_FIELD),
        (webhook(vehicle_result(plate={"props": {"plate": []}})), RejectReason.MISSING_FIELD),
        (webhook(3), RejectReason.MISSING_FIELD),
        (webhook(results=None), RejectReason.MISSING_FIELD),
        ({"hook": {"event": "recognition", "target": "x"}, "data": []}, RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A plate that is none and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])


HEADER = (
    "timestamp,plate,score,dscore,file,box,model_make,color,vehicle,region,orientation,candidates,source_url,direction"
)


def csv_row(plate: str = "zzt042", **changes: str) -> str:
    cells = {
        "timestamp": "2025-11-24 16:00:00.123456+00:00",
        "plate": plate,
        "score": "0.9",
        "dscore": "0.8",
        "file": f"/{FILE}",
        "box": "{'xmin': 1}",
        "model_make": "[{'make': 'Volvo', 'model': '240', 'score': 0.6}]",
        "color": "[{'color': 'green', 'score': 0.8}]",
        "vehicle": "{'score': 0.3, 'type': 'Van'}",
        "region": "{'code': 'fr', 'score': 0.5}",
        "orientation": "[]",
        "candidates": "[{'plate': 'zzt042'}, {'plate': 'zzto42'}]",
        "source_url": "rtsp://cam.example/1",
        "direction": "90",
    } | changes
    return ",".join(f'"{cell}"' for cell in cells.values())


def test_stream_csv_rows_are_reads_of_the_same_kind() -> None:
    """A CSV row says what the webhook says; the camera is in the name of the picture's folder."""
    parsed = parse("\n".join((HEADER, csv_row(), csv_row("qqr777"), csv_row(""))).encode())
    first, second = parsed.reads
    assert ("zzt042", "FR", "gate-2", "90") == (first.plate_text, first.region, first.reader_id, first.direction)
    assert Vehicle(make="Volvo", model="240", color="green", body="Van") == first.vehicle
    assert datetime(2025, 11, 24, 16, 0, 0, 123456, UTC) == first.captured_at
    assert not set(first.passage_ids) & set(second.passage_ids)
    assert [RejectReason.NO_PLATE] == [reject.reason for reject in parsed.rejects]


@pytest.mark.parametrize(
    "cell",
    [
        "[" * 5000,
        "__import__('os')",
        "[1, 2",
        "{'a': open}",
        "\\",
        "{" + "'a':{" * 400,
        "{'code': '\\ud800', 'type': '\\ud800'}",
    ],
)
def test_stream_csv_cells_are_never_run(cell: str) -> None:
    """A cell that is no literal is no value; the plate beside it is still read."""
    parsed = parse("\n".join((HEADER, csv_row(vehicle=cell, candidates=cell, region=cell))).encode())
    assert ["zzt042"] == [read.plate_text for read in parsed.reads]
    msgspec.json.encode(list(map(public_read, parsed.reads)))


@pytest.mark.parametrize("text", [HEADER, HEADER + "\n", HEADER + "\nshort", HEADER + "\n" + "x" * 200_000])
def test_stream_csv_of_odd_shape_is_an_answer_all_the_same(text: str) -> None:
    """An empty file, short rows and huge cells end in Ignored or Reject."""
    parsed = parse(text.encode())
    assert ((), 1) == (parsed.reads, len(parsed.rejects) + len(parsed.ignored))
