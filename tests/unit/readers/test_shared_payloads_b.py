"""Public samples of Hikvision, Dahua, Axis, Milesight, Tattile and LILIN, against what a person reads in each file.

The samples lie beside the repository and are not part of it; without them these tests are skipped.
"""

from pathlib import Path
from typing import Any

import pytest

from lockplate.read import Parsed, public_read
from lockplate.readers.formats import parse_body

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "payloads"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the public samples are not here")


def parsed(name: str) -> Parsed:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("this sample is not here")
    return parse_body(path.read_bytes(), filename=name)


def ms(value: float) -> dict[str, Any]:
    return {"value": value, "scale": "0-1"}


def percent(value: float) -> dict[str, Any]:
    return {"value": value, "scale": "0-100"}


EXPECTED: dict[str, list[dict[str, Any]]] = {
    "hikvision-1.xml": [
        {"plate_text": "PECT600", "captured_at": "2024-01-19T03:17:19.000Z", "clock_rule": "offset_in_text", "confidence": percent(97),
         "reader_id": "d4:e8:53:bc:4c:02", "event_id": "2024011911172144900FlERIduqg06eKsYuvLX072NugIxaHw22mHG5D5KBmWqX", "region": None,
         "direction": "reverse", "lane": "2", "vehicle": {"color": "white", "body": "vehicle"}, "claimed_list": None, "resent": False,
         "position": {"latitude": 0.3666667, "longitude": 111.0}}
    ],
    "hikvision-2.xml": [
        {"plate_text": "ABC1234", "captured_at": "2024-05-07T10:48:03.847Z", "clock_rule": "offset_in_text", "confidence": percent(98),
         "reader_id": "44:a6:42:f3:2a:d7", "event_id": "a0fe72d4-3652-464a-aebd-3f9190010236", "region": "TH", "direction": "forward",
         "lane": "1", "vehicle": {"body": "SUVMPV"}, "claimed_list": "temporary", "position": None}
    ],
    "hikvision-4-old-firmware.xml": [
        {"plate_text": "EL123AB", "captured_at": "2020-03-10T08:12:00.000Z", "clock_rule": "offset_in_text", "confidence": percent(85),
         "reader_id": "192.168.1.201", "event_id": None, "direction": "forward", "lane": "1", "vehicle": None}
    ],
    "dahua-2-itsapi.json": [
        {"plate_text": "ABC1234", "captured_at": None, "captured_at_raw": "2026-02-10 09:30:45", "clock_rule": "no_zone",
         "confidence": percent(90), "reader_id": "camera_01", "direction": "Obverse", "vehicle": {"color": "Black"}}
    ],
    "dahua-3-itsapi.json": [
        {"plate_text": "KA15K3343", "captured_at": None, "captured_at_raw": "2026-02-06 13:48:24", "clock_rule": "no_zone",
         "confidence": None, "reader_id": None, "vehicle": {"color": "Black"}}
    ],
    "dahua-5-snapmanager.txt": [
        {"plate_text": "abc-123", "plate_key": "A8C123", "passage_ids": ["41"], "captured_at": None, "clock_rule": "absent"},
        {"plate_text": "XYZ 789", "plate_key": "XY2789", "passage_ids": [], "captured_at": None, "clock_rule": "absent"},
    ],
    "dahua-8-eventmanager.json": [
        {"plate_text": "ABC-1234", "confidence": percent(96), "vehicle": {"body": "SUV"}, "captured_at": None, "clock_rule": "absent"}
    ],
    "axis-1.json": [
        {"plate_text": "RLE11684", "captured_at": "2021-06-11T10:05:38.252Z", "clock_rule": "epoch_milliseconds", "confidence": ms(0.719034),
         "region": "PL", "reader_id": "ACCC8ED3290D", "passage_ids": ["1144696"], "direction": "in",
         "position": {"latitude": 50.418114, "longitude": 30.476213}}
    ],
    "axis-2.json": [
        {"plate_text": "1AB1234", "captured_at": "2024-06-14T14:04:36.372Z", "clock_rule": "epoch_milliseconds", "confidence": ms(0.8688),
         "region": "CZ", "reader_id": "B8A44F960ACE", "passage_ids": ["1327"], "direction": "in", "claimed_list": None,
         "vehicle": {"make": "Skoda", "model": "Rapid/Scala", "color": "GRAY", "body": "CAR"}}
    ],
    "axis-4-list-match.json": [
        {"plate_text": "TÖLSL123", "captured_at": "2023-12-11T12:54:26.977Z", "clock_rule": "epoch_milliseconds", "confidence": ms(0.725149),
         "region": "DE", "reader_id": "ACCC8E9BB16D", "passage_ids": ["34939"], "direction": None, "claimed_list": "Block list",
         "images": [{"kind": "plate", "media_type": "image/png", "size": 89, "reference": None}]}
    ],
    "axis-5-onvif-metadata.xml": [
        {"plate_text": "MWR6677", "captured_at": "2024-03-14T18:08:57.193Z", "clock_rule": "epoch_milliseconds", "passage_ids": ["4"],
         "confidence": None, "reader_id": "ae273212-d36d-4c76-bbd5-c1b08dde9e82"}
    ],
    "milesight-1.json": [
        {"plate_text": "ABC1234", "captured_at": None, "captured_at_raw": "2024-01-15 10:30:00", "clock_rule": "no_zone", "direction": "In",
         "reader_id": "Network Camera", "confidence": None, "vehicle": {"color": "Blue", "body": "Car"}}
    ],
    "tattile-1.xml": [
        {"plate_text": "7459MTL", "captured_at": None, "captured_at_raw": "2024-03-21 15:42:10", "clock_rule": "no_zone", "region": "ES",
         "confidence": percent(92.5), "reader_id": "TAT1234567", "direction": "GOAWAY", "lane": "1", "place": "Camara Puente Norte"}
    ],
    "lilin-1.json": [
        {"plate_text": "30U9874", "captured_at": "2018-04-10T03:03:57.899Z", "clock_rule": "epoch_microseconds", "region": "TR",
         "confidence": ms(0.795461475849152), "passage_ids": ["44"], "claimed_list": "denial"},
        {"plate_text": "7336GN", "captured_at": "2018-04-10T02:59:22.878Z", "clock_rule": "epoch_microseconds", "region": "KG",
         "confidence": ms(0.74889463186264), "passage_ids": ["43"], "claimed_list": "allowed"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_says_what_a_person_reads_in_it(name: str) -> None:
    """Every read, and every field named here, as it stands in the file."""
    found = parsed(name)
    assert name.partition("-")[0] == found.format
    shown = [public_read(read) for read in found.reads]
    assert len(EXPECTED[name]) == len(shown)
    for wanted, read in zip(EXPECTED[name], shown, strict=True):
        assert wanted == {field: read[field] for field in wanted}


def test_the_snap_managers_four_events_are_four_outcomes() -> None:
    """Two cars, motion, and a car whose plate is a word for none."""
    found = parsed("dahua-5-snapmanager.txt")
    assert (2, ["no_plate"], ["VideoMotion"]) == (
        len(found.reads), [reject.reason.value for reject in found.rejects], [ignored.kind for ignored in found.ignored],
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["nlets-lpq-1.txt", "flock-public-search-audit-1.csv", "flock-transparency-portal-1.txt"]
)
def test_what_no_reader_sends_is_of_no_format(name: str) -> None:
    """A manual's page, an audit export and a web page are not reads."""
    found = parsed(name)
    assert ((), ["unknown_format"], ()) == (
        found.reads,
        [reject.reason.value for reject in found.rejects],
        found.ignored,
    )
