"""Payloads found in the wild, read by hand first: what each holds, and what the formats make of it."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lockplate.clock import format_time
from lockplate.read import Parsed, Read
from lockplate.readers.formats import parse_body

PAYLOADS = Path(__file__).resolve().parents[4] / "shared" / "data" / "payloads"


class Seen(NamedTuple):
    """What a careful person reads in one detection of a payload."""

    plate: str
    at: str | None
    rule: str
    confidence: tuple[float, str] | None
    region: str | None
    reader: str | None
    direction: str | None = None


REKOR = "63PHH1MHEXF9U245NFI66RGPUXTQEREKAJI7K44Y-177622-1627675927855"
YS = "Y" * 40

EXPECTED: dict[str, tuple[str, list[Seen]]] = {
    "openalpr-results-2.json": (
        "openalpr",
        [
            Seen(
                "D2651BF",
                "2019-07-09T14:13:28.425Z",
                "epoch_milliseconds",
                (92.9419174194336, "0-100"),
                "US-MO",
                "1234",
            ),
            Seen(
                "CG3L5Y", "2019-07-09T14:13:28.425Z", "epoch_milliseconds", (94.7376327514648, "0-100"), "US-MO", "1234"
            ),
        ],
    ),
    "openalpr-group-2.json": (
        "openalpr",
        [
            Seen(
                "D2651BF",
                "2019-07-09T14:05:21.504Z",
                "epoch_milliseconds",
                (93.877067565918, "0-100"),
                "US-MO",
                "1234",
                "85.5532836914062",
            )
        ],
    ),
    "rekor-scout-group-1.json": (
        "openalpr",
        [
            Seen(
                "19462SH",
                "2021-10-17T13:05:47.845Z",
                "epoch_milliseconds",
                (93.25465393, "0-100"),
                "US-MA",
                "1000",
                "296.55792236",
            )
        ],
    ),
    "rekor-scout-alert-1.json": (
        "openalpr",
        [
            Seen(
                "2BH375",
                "2021-09-03T19:06:29.342Z",
                "epoch_milliseconds",
                (93.25465393, "0-100"),
                "US-MA",
                "1000",
                "296.55792236",
            )
        ],
    ),
    "blueiris-codeproject-1.json": (
        "blueiris",
        [
            Seen("9RPX658", "2025-07-15T13:59:04.000Z", "offset_in_text", (0.9400946199893951, "0-1"), None, "ALPR2"),
            Seen("HF7499", "2025-07-15T13:59:04.000Z", "offset_in_text", (0.9081299901008606, "0-1"), None, "ALPR2"),
        ],
    ),
    "codeproject-alpr-1.json": (
        "blueiris",
        [
            Seen("T121396C", "2024-11-19T23:51:20.000Z", "offset_in_text", (0.9422435760498047, "0-1"), None, None),
            Seen("KYJ5", "2024-11-19T23:51:20.000Z", "offset_in_text", (0.7209769487380981, "0-1"), None, None),
        ],
    ),
    "fastalpr-adapter-1.json": ("fastalpr", [Seen("C00D", None, "absent", (0.5143, "0-1"), None, None)]),
    "frigate-tracked-object-update-1.jsonc": (
        "frigate",
        [Seen("123ABC", "2020-12-04T23:19:18.748Z", "epoch_seconds", (0.95, "0-1"), None, "driveway_cam")],
    ),
    "genetec-lpringestion-1.json": (
        "genetec",
        [Seen("AXIS1234", "2023-12-11T14:30:26.703Z", "offset_in_text", (0.95, "0-1"), None, "ACCC8E9BB16D", "In")],
    ),
    "platerecognizer-snapshot-1.json": (
        "platerecognizer",
        [Seen("nhk552", None, "no_zone", (0.898, "0-1"), "GB", None)],
    ),
    "platerecognizer-stream-webhook-1.json": (
        "platerecognizer",
        [Seen("9jub11", "2021-09-29T05:56:13.606Z", "offset_in_text", (0.839, "0-1"), "GB", "camera-1")],
    ),
    "platerecognizer-stream-csv-1.csv": (
        "platerecognizer",
        [Seen("sjubi1", "2021-10-27T06:20:43.970Z", "offset_in_text", (0.781, "0-1"), None, "camera-1", "225")],
    ),
    "verkada-1.json": (
        "verkada",
        [
            Seen(
                "ABCD123",
                "2025-09-19T17:27:45.879Z",
                "epoch_milliseconds",
                (0.9630414285714286, "0-1"),
                "US-CA",
                "38718198-8a78-4718-a60f-68e1a8de30ac",
            )
        ],
    ),
    "verkada-2.json": (
        "verkada",
        [
            Seen(
                "7NCR867",
                "2020-10-15T01:31:24.000Z",
                "epoch_seconds",
                (0.85, "0-1"),
                None,
                "7a226fef-3636-4428-bb61-aa3e61c4abea",
            )
        ],
    ),
}
IGNORED = {"openalpr-heartbeat-1.json": ("openalpr", "heartbeat"), "frigate-reviews-1.jsonc": ("frigate", "review")}


def parse(name: str) -> Parsed:
    path = PAYLOADS / name
    if not path.is_file():
        pytest.skip("the shared payloads are not beside this checkout")
    return parse_body(path.read_bytes(), filename=name)


def only(name: str) -> Read:
    (read,) = parse(name).reads
    return read


def seen(read: Read) -> Seen:
    return Seen(
        read.plate_text,
        None if read.captured_at is None else format_time(read.captured_at),
        read.clock_rule.value,
        None if read.confidence is None else (read.confidence.value, read.confidence.scale),
        read.region,
        read.reader_id,
        read.direction,
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_reads_are_what_the_payload_holds(name: str) -> None:
    """Every plate, its instant with the rule, confidence with scale, region, camera and direction."""
    parsed = parse(name)
    expected_format, expected = EXPECTED[name]
    assert (expected_format, expected) == (parsed.format, [seen(read) for read in parsed.reads])
    assert ((), ()) == (parsed.rejects, parsed.ignored)


@pytest.mark.parametrize("name", IGNORED)
def test_messages_without_reads(name: str) -> None:
    """Heartbeats and reviews hold no read."""
    parsed = parse(name)
    assert IGNORED[name] == (parsed.format, *(ignored.kind for ignored in parsed.ignored))
    assert ((), ()) == (parsed.reads, parsed.rejects)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openalpr-group-2.json", ("ford", "ford_focus", "black", "sedan-standard", "2010-2014")),
        ("rekor-scout-group-1.json", ("bmw", "bmw_x3", "white", "suv-crossover", "2010-2014")),
        ("platerecognizer-snapshot-1.json", (None, None, None, "Sedan", None)),
        ("platerecognizer-stream-csv-1.csv", ("Volkswagen", "Golf", "white", "Big Truck", None)),
    ],
)
def test_vehicles(name: str, expected: tuple[Any, ...]) -> None:
    """The most confident of each list, in the vendor's words."""
    vehicle = only(name).vehicle
    assert vehicle is not None
    assert expected == (vehicle.make, vehicle.model, vehicle.color, vehicle.body, vehicle.year)


@pytest.mark.parametrize(
    ("name", "event", "count"),
    [
        ("openalpr-group-2.json", f"{YS}-1234-1562681122676", 4),
        ("rekor-scout-group-1.json", REKOR, 18),
        ("rekor-scout-alert-1.json", REKOR, 18),
        ("frigate-tracked-object-update-1.jsonc", "1607123955.475377-mxklsc", 1),
        ("genetec-lpringestion-1.json", "1802305026703433", 1),
        ("verkada-1.json", "a73b17d4-d7ae-4631-8365-d72776bd5f4c", 1),
        ("platerecognizer-stream-webhook-1.json", "camera-1_screenshots/21-09-29/05-56-13.606935.jpg", 1),
    ],
)
def test_ids_of_the_passage(name: str, event: str, count: int) -> None:
    """The event is one of the passage's ids, and every id of the passage is there once."""
    read = only(name)
    assert (event, count, True) == (read.event_id, len(read.passage_ids), event in read.passage_ids)


def test_alert_is_a_claim() -> None:
    """The agent's own list match is kept as its claim."""
    assert "blacklist" == only("rekor-scout-alert-1.json").claimed_list


def test_candidates_of_a_stream_read() -> None:
    """The other readings are kept, as sent."""
    candidates = only("platerecognizer-stream-webhook-1.json").candidates
    assert ["9jub11", "sju88y", "sjubi"] == [candidate.plate_text for candidate in candidates]


def test_pictures_of_a_camera_push() -> None:
    """Inline pictures are carried with the type that their bytes say."""
    images = only("genetec-lpringestion-1.json").images
    assert [("plate", "image/png", 89), ("scene", "image/png", 89)] == [
        (image.kind, image.media_type, image.size) for image in images
    ]
