"""Our own NDJSON: columns and reads agree, and a bad line costs only itself."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.plate import fold
from lockplate.read import ClockRule, Read, Reject
from lockplate.readers.formats import parse_body
from lockplate.readers.lockplate import columns_of_lines, decode_lines, reads_of_lines
from lockplate.terms import ReaderId

FILE = ReaderId("file")
NOON = "2026-11-24T12:00:00Z"
FULL = {
    "plate": "7abc 123",
    "captured_at": NOON,
    "reader": "bridge-1",
    "event_id": "e-1",
    "region": "US-CA",
    "confidence": 91.5,
    "confidence_scale": "0-100",
    "direction": "N",
    "lane": "2",
    "latitude": 37.5,
    "longitude": -122.5,
    "place": "Bridge",
    "make": "Ford",
    "model": "Focus",
    "color": "green",
    "body": "sedan",
}


def body(*lines: dict[str, object]) -> bytes:
    return b"\n".join(msgspec.json.encode(line) for line in lines)


def test_every_field_is_read_and_no_other() -> None:
    """The listed keys become a read; a driver, a phone or a belt has nowhere to go."""
    extra = FULL | {"driver": "someone", "phone": "555", "passage_ids": ["x"]}

    ((read,), rows) = reads_of_lines(body(extra))

    assert 1 == rows
    assert ("7abc 123", fold("7ABC123"), "bridge-1", "e-1", "US-CA") == (
        read.plate_text,
        read.plate_key,
        read.reader_id,
        read.event_id,
        read.region,
    )
    assert (91.5, "0-100", "N", "2", "Bridge") == (
        read.confidence.value,
        read.confidence.scale,
        read.direction,
        read.lane,
        read.place,
    )
    assert (37.5, -122.5) == (read.position.latitude, read.position.longitude)
    assert ("Ford", "Focus", "green", "sedan") == (
        read.vehicle.make,
        read.vehicle.model,
        read.vehicle.color,
        read.vehicle.body,
    )
    assert b"someone" not in msgspec.json.encode(read)


@pytest.mark.parametrize(
    ("captured_at", "zone", "expected", "rule"),
    [
        (NOON, None, datetime(2026, 11, 24, 12, tzinfo=UTC), ClockRule.OFFSET),
        ("2026-11-24T12:00:00+01:00", "Asia/Tokyo", datetime(2026, 11, 24, 11, tzinfo=UTC), ClockRule.OFFSET),
        (1795521600, None, datetime(2026, 11, 24, 12, tzinfo=UTC), ClockRule.EPOCH_SECONDS),
        (1795521600.5, None, datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC), ClockRule.EPOCH_SECONDS),
        ("2026-11-24T12:00:00", "Asia/Tokyo", datetime(2026, 11, 24, 3, tzinfo=UTC), ClockRule.READER_ZONE),
        ("2026-11-24T12:00:00", None, None, ClockRule.NO_ZONE),
        (0, None, None, ClockRule.UNREADABLE),
        (1e300, None, None, ClockRule.UNREADABLE),
        ("1980-01-01T00:00:00Z", None, None, ClockRule.UNREADABLE),
    ],
)
def test_times(captured_at: object, zone: str | None, expected: datetime | None, rule: ClockRule) -> None:
    """Text with a zone, seconds, or text that the given zone places; anything else is no instant."""
    line = body({"plate": "A1", "captured_at": captured_at})
    ((read,), _) = reads_of_lines(line, zone=None if zone is None else ZoneInfo(zone))

    assert (expected, rule) == (read.captured_at, read.clock_rule)


def test_a_bad_line_costs_only_itself() -> None:
    """Each broken line is counted by its reason; its neighbours are read."""
    chunk = b"\n".join(
        [body(FULL), b"{", b'{"plate": 1, "captured_at": 5}', b"\xff", b"", body(FULL), b"[" * 5000, b"null"]
    )

    lines, refused = decode_lines(chunk)

    assert 2 == len(lines)
    assert {"malformed": 2, "missing_field": 3} == refused


def test_a_sender_speaks_only_for_whom_it_may() -> None:
    """Lines that name another reader are refused; lines that name none are the sender's."""
    chunk = body(FULL, FULL | {"reader": "other"}, FULL | {"reader": ""})
    allowed = frozenset({ReaderId("bridge-1")})

    columns = columns_of_lines(chunk, default_reader=ReaderId("bridge-1"), allowed=allowed)
    made, rows = reads_of_lines(chunk, default_reader=ReaderId("bridge-1"), allowed=allowed)

    assert (3, {"unknown_reader": 1}) == (columns.rows, columns.refused)
    assert ["bridge-1", "bridge-1"] == [columns.readers[place] for place in columns.reader_index]
    assert 3 == rows
    assert ["bridge-1", "bridge-1"] == [read.reader_id for read in made if isinstance(read, Read)]


def test_one_line_or_several_are_a_body() -> None:
    """A body of ours is told by shape, as one object, as lines or as a list."""
    two = [FULL, FULL | {"plate": "unknown"}]

    for sent in (body(*two), msgspec.json.encode(two)):
        parsed = parse_body(sent)
        assert ("lockplate", 1, 1) == (parsed.format, len(parsed.reads), len(parsed.rejects))
    assert ("lockplate", 1) == (parse_body(body(FULL)).format, len(parse_body(body(FULL)).reads))


LINES = st.lists(
    st.fixed_dictionaries(
        {
            "plate": st.one_of(
                st.sampled_from(["A1", "unknown", "UNKN-OWN", "no plate", "", "x" * 41, "- " * 30 + "A", "ÄÖ 12"]),
                st.text(max_size=45),
            ),
            "captured_at": st.one_of(
                st.integers(-(10**20), 10**20),
                st.floats(allow_nan=False, allow_infinity=False),
                st.sampled_from([NOON, "2026-11-24T12:00:00", "1900-01-01T00:00:00Z", "no time"]),
            ),
            "reader": st.sampled_from(["", "r", "s"]),
        }
    ),
    max_size=20,
)


@given(LINES)
def test_columns_and_reads_agree(lines: list[dict[str, object]]) -> None:
    """Both paths account for every line and keep the same plates, seconds and readers."""
    chunk = body(*lines)

    columns = columns_of_lines(chunk, default_reader=FILE)
    made, rows = reads_of_lines(chunk, default_reader=FILE)

    kept = [read for read in made if isinstance(read, Read) and read.captured_at is not None]
    assert len(lines) == rows == columns.rows == len(columns.plate_keys) + sum(columns.refused.values())
    assert [
        (read.plate_key, int(read.captured_at.timestamp()), read.reader_id) for read in kept if read.captured_at
    ] == [
        (key, second, columns.readers[reader])
        for key, second, reader in zip(
            columns.plate_keys, columns.captured_at.tolist(), columns.reader_index.tolist(), strict=True
        )
    ]
    rejected = sum(isinstance(one, Reject) for one in made)
    undated = sum(isinstance(one, Read) and one.captured_at is None for one in made)
    assert sum(columns.refused.values()) == rejected + undated
    for place in range(len(columns.plate_keys)):
        assert columns.plate_keys[place] == columns.read_at(place).plate_key


@pytest.mark.parametrize("plate", ["unknown", "UNK-NOWN", "un known", "- " * 30 + "A1"])
def test_columns_refuse_what_reads_refuse(plate: str) -> None:
    """A word that stands for no plate in another dress, and a text that folds to a short key, are refused either way."""
    chunk = body({"plate": plate, "captured_at": NOON, "reader": "r"})

    made, _ = reads_of_lines(chunk, default_reader=FILE)
    columns = columns_of_lines(chunk, default_reader=FILE)

    assert isinstance(made[0], Reject)
    assert ([], 1) == (columns.plate_keys, sum(columns.refused.values()))
