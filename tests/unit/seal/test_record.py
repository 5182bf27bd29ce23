"""Records: the documented bytes, and a seal that breaks for everybody who names the wrong thing."""

import hashlib
import hmac
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from lockplate.errors import SealBroken
from lockplate.plate import fold
from lockplate.read import Candidate, ClockRule, Confidence, Image, Position, Read, Vehicle
from lockplate.seal.packing import DICTIONARY
from lockplate.seal.record import CLOCK_RULES, MAX_CANDIDATES, RecordContents, contents_of, open_record, seal_record
from lockplate.seal.token import RECORD_TAG, derived_key
from lockplate.sealed import EARLIEST, LATEST, SealedRead
from lockplate.terms import OperatorId, PlateKey, PlateText, ReaderId, Token

KEY, PLATE = b"p" * 32, PlateKey("7A8C123")
ROW = SealedRead(
    operator=OperatorId("city"), token=Token(b"t" * 8), captured_at=1_772_368_215, reader=ReaderId("pole-7")
)
CONTENTS = RecordContents(plate_text="7abc-123", rule=0, milliseconds=250, region="US-CA")


def sealed(row: SealedRead = ROW, contents: RecordContents = CONTENTS) -> SealedRead:
    return msgspec.structs.replace(row, record=seal_record(contents, row=row, plate_key=PLATE, period_key=KEY))


def packed(value: Any) -> bytes:
    """Write MessagePack as its document says, for the few kinds of value a record holds."""
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        if value < 128:
            return bytes([value])
        return b"\xcc" + bytes([value]) if value < 256 else b"\xcd" + struct.pack(">H", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return bytes([0xA0 | len(text)]) + text
    return bytes([0x90 | len(value)]) + b"".join(map(packed, value))


def packed_fields(values: list[Any]) -> bytes:
    """Write the fields of an array without its head."""
    return b"".join(map(packed, values))


# Known answers


def test_the_known_record(vectors: dict[str, Any]) -> None:
    """Key, associated data, contents and sealed bytes, as computed here from the document and as pinned."""
    vector = vectors["record"]
    period_key, nonce = bytes.fromhex(vector["period_key"]), bytes.fromhex(vector["nonce"])
    operator, reader, second = vector["operator"].encode(), vector["reader"].encode(), vector["captured_at"]

    key = hmac.new(period_key, b"lockplate/record/v1\0" + vector["plate_key"].encode(), hashlib.sha256).digest()
    context = b"\x01" + struct.pack(">IIH", second // 3600, second, len(operator)) + operator + reader
    plain = packed(vector["contents"])

    assert vector["record_key"] == key.hex()
    assert vector["associated_data"] == context.hex()
    assert vector["plain"] == plain.hex()
    assert vector["record"] == (b"\x01" + nonce + AESGCM(key).encrypt(nonce, plain, context)).hex()


def row_of(vector: dict[str, Any], record: str) -> SealedRead:
    return SealedRead(
        operator=OperatorId(vector["operator"]),
        token=Token(bytes.fromhex(vector["token"])),
        captured_at=vector["captured_at"],
        reader=ReaderId(vector["reader"]),
        record=bytes.fromhex(vector[record]),
    )


@pytest.mark.parametrize("record", ["record", "packed_record"])
def test_the_program_opens_the_known_records(vectors: dict[str, Any], record: str) -> None:
    """Records of both versions open, to the same contents: a node goes on with what it has."""
    vector = vectors["record"]
    period_key, plate_key = bytes.fromhex(vector["period_key"]), PlateKey(vector["plate_key"])

    assert vector["record_key"] == derived_key(period_key, RECORD_TAG, plate_key.encode()).hex()
    opened = open_record(row_of(vector, record), plate_key=plate_key, period_key=period_key)
    assert msgspec.convert(vector["contents"], RecordContents) == opened


def test_a_record_is_written_as_the_document_says(vectors: dict[str, Any]) -> None:
    """What the program seals is opened here from the document alone: deflate (RFC 1951) under the pinned dictionary.

    The compressor's bytes are its own affair; what they unpack to is not, nor how they are padded.
    """
    vector = vectors["record"]
    period_key, plate_key = bytes.fromhex(vector["period_key"]), PlateKey(vector["plate_key"])
    nonce, row = bytes.fromhex(vector["nonce"]), row_of(vector, "packed_record")
    contents = msgspec.convert(vector["contents"], RecordContents)
    made = seal_record(contents, row=row, plate_key=plate_key, period_key=period_key, nonce=nonce)

    context = b"\x02" + bytes.fromhex(vector["associated_data"])[1:]
    packed = AESGCM(bytes.fromhex(vector["record_key"])).decrypt(nonce, made[13:], context)
    unpacker = zlib.decompressobj(-12, DICTIONARY)
    plain = unpacker.decompress(packed)

    assert b"\x02" + nonce == made[:13]
    assert vector["dictionary_sha256"] == hashlib.sha256(DICTIONARY).hexdigest()
    # 2026-03-01T04:30:15.250-08:00 follows from the instant: form 96 + 15 - 8 stands in its place; short figures are text
    short = [*vector["contents"], 103]
    short[2], short[5], short[7] = None, "93.5", [["7A8C123", "90.25"], ["7ABG123", None]]
    assert b"\xdc\x00\x10" + packed_fields(short) == plain
    assert 0 == len(packed) % 8
    assert b"" == unpacker.unused_data.strip(b"\0")


# Round trip

TEXT = st.none() | st.text(max_size=20)
FIGURE = st.none() | st.floats(allow_nan=False)
RECORDS = st.builds(
    RecordContents,
    plate_text=st.text(max_size=40),
    rule=st.integers(min_value=0, max_value=len(CLOCK_RULES) - 1),
    captured_at_raw=TEXT,
    milliseconds=st.integers(min_value=0, max_value=999),
    region=TEXT,
    confidence=FIGURE,
    scale=TEXT,
    candidates=st.lists(st.tuples(st.text(max_size=40), FIGURE), max_size=3).map(tuple),
    direction=TEXT,
    vehicle=st.none() | st.tuples(*[TEXT] * 5),
    position=st.none() | st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)),
    place=TEXT,
    lane=TEXT,
    received_after=st.integers(min_value=-(2**40), max_value=2**40),
    format=st.text(max_size=20),
)
ROWS = st.builds(
    SealedRead,
    operator=st.text(max_size=20),
    token=st.binary(min_size=8, max_size=8),
    captured_at=st.integers(min_value=EARLIEST, max_value=LATEST - 1),
    reader=st.text(max_size=20),
)


@given(RECORDS, ROWS, st.text(min_size=1, max_size=40), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens(contents: RecordContents, row: SealedRead, plate: str, key: bytes) -> None:
    """Whoever names the plate and holds the hour's key gets every field back."""
    plate_key = fold(plate) or PlateKey("X")
    record = seal_record(contents, row=row, plate_key=plate_key, period_key=key)

    opened = open_record(msgspec.structs.replace(row, record=record), plate_key=plate_key, period_key=key)

    assert contents == opened


def test_a_nonce_is_never_used_twice() -> None:
    """The same read sealed again gives other bytes: the store cannot see that two records say the same."""
    records = {sealed().record for _ in range(50)}

    assert 50 == len(records)
    assert 50 == len({record[1:13] for record in records})


def test_a_record_shows_nothing() -> None:
    """Plate, region and clock rule are not readable in the sealed bytes."""
    record = sealed().record

    assert not [text for text in (b"7abc", b"7A8C", b"US-CA", b"offset") if text in record]


# Broken


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": "county"},
        {"operator": "cit", "reader": "ypole-7"},
        {"operator": "citypole", "reader": "-7"},
        {"reader": "pole-8"},
        {"reader": ""},
        {"captured_at": ROW.captured_at + 1},
        {"captured_at": ROW.captured_at - 1},
        {"captured_at": ROW.captured_at + 3600},
        {"captured_at": 2**32},
        {"captured_at": -1},
        {"record": b""},
    ],
)
def test_a_record_moved_to_another_row_does_not_open(changes: dict[str, Any]) -> None:
    """Operator, hour, second and reader are bound; their borders cannot be shifted either."""
    with pytest.raises(SealBroken):
        open_record(msgspec.structs.replace(sealed(), **changes), plate_key=PLATE, period_key=KEY)


@pytest.mark.parametrize("plate", ["7A8C124", "7A8C12", "7A8C1233", "", "7a8c123", "Ö"])
def test_another_plate_does_not_open(plate: str) -> None:
    """It opens only for a caller who names the plate."""
    with pytest.raises(SealBroken):
        open_record(sealed(), plate_key=PlateKey(plate), period_key=KEY)


@pytest.mark.parametrize("key", [b"q" * 32, b"p" * 31 + b"q", bytes(32)])
def test_another_hours_key_does_not_open(key: bytes) -> None:
    """Without the hour's own key, naming the plate is not enough."""
    with pytest.raises(SealBroken):
        open_record(sealed(), plate_key=PLATE, period_key=key)


@given(ROWS, ROWS)
def test_any_other_row_does_not_open(one: SealedRead, other: SealedRead) -> None:
    """For any two rows, a record opens in the other only if operator, reader and second are the same."""
    moved = msgspec.structs.replace(other, record=sealed(one).record)

    if (one.operator, one.reader, one.captured_at) == (other.operator, other.reader, other.captured_at):
        assert CONTENTS == open_record(moved, plate_key=PLATE, period_key=KEY)
    else:
        with pytest.raises(SealBroken):
            open_record(moved, plate_key=PLATE, period_key=KEY)


def test_any_changed_bit_breaks_the_seal() -> None:
    """Version, nonce, ciphertext and tag: not one bit can change."""
    record = sealed().record
    for place in range(len(record)):
        for bit in range(8):
            spoilt = record[:place] + bytes([record[place] ^ 1 << bit]) + record[place + 1 :]
            with pytest.raises(SealBroken):
                open_record(msgspec.structs.replace(ROW, record=spoilt), plate_key=PLATE, period_key=KEY)


def test_any_missing_or_added_byte_breaks_the_seal() -> None:
    """A record cut short anywhere, or with something after it, does not open."""
    record = sealed().record
    for spoilt in [*(record[:length] for length in range(len(record))), record + b"\0", record + record]:
        with pytest.raises(SealBroken):
            open_record(msgspec.structs.replace(ROW, record=spoilt), plate_key=PLATE, period_key=KEY)


def test_a_broken_seal_says_nothing_about_the_plate() -> None:
    """The message is the same for a wrong plate and for damage, and names neither."""
    messages = set()
    for row, plate in ((sealed(), "OTHER"), (msgspec.structs.replace(sealed(), reader=ReaderId("x")), PLATE)):
        with pytest.raises(SealBroken) as broken:
            open_record(row, plate_key=PlateKey(plate), period_key=KEY)
        messages.add(broken.value.message)

    assert 1 == len(messages)
    assert not [word for word in ("7A8C", "OTHER", "pole") if word in "".join(messages)]


# What is kept


def test_what_is_kept_of_a_read() -> None:
    """Text, region, confidence with its scale, candidates, direction, vehicle, three kinds of time; no picture."""
    instant = datetime(2026, 3, 1, 12, 30, 15, 250_999, tzinfo=UTC)
    read = Read(
        format="invented",
        plate_text=PlateText("7abc-123"),
        plate_key=PLATE,
        region="US-CA",
        captured_at=instant,
        captured_at_raw="2026-03-01T04:30:15.250-08:00",
        clock_rule=ClockRule.OFFSET,
        confidence=Confidence(value=93.5, scale="0-100"),
        candidates=(
            Candidate(plate_text=PlateText("7abc-123"), confidence=Confidence(value=93.5, scale="0-100")),
            Candidate(plate_text=PlateText("7A8C123"), confidence=Confidence(value=90.25, scale="0-100")),
            Candidate(plate_text=PlateText("7ABG123")),
            Candidate(plate_text=PlateText("7ABO123"), confidence=Confidence(value=0.5, scale="0-1")),
            Candidate(plate_text=PlateText("7ABQ123"), confidence=Confidence(value=1.0, scale="0-100")),
        ),
        direction="north",
        vehicle=Vehicle(make="Tatra", color="red", body="car"),
        position=Position(latitude=37.5, longitude=-122.25),
        images=(Image(kind="plate", data=b"picture"),),
        place="North gate",
        lane="2",
        passage_ids=("epoch-17",),
        event_id="e1",
        claimed_list="stolen",
    )

    kept = contents_of(read, captured_at=instant, received_at=datetime(2026, 3, 1, 12, 30, 16, tzinfo=UTC))

    assert (
        RecordContents(
            plate_text="7abc-123",
            rule=0,
            captured_at_raw="2026-03-01T04:30:15.250-08:00",
            milliseconds=250,
            region="US-CA",
            confidence=93.5,
            scale="0-100",
            candidates=(("7A8C123", 90.25), ("7ABG123", None), ("7ABO123", None)),
            direction="north",
            vehicle=("Tatra", None, "red", "car", None),
            position=(37.5, -122.25),
            place="North gate",
            lane="2",
            received_after=749,
            format="invented",
        )
        == kept
    )
    assert MAX_CANDIDATES == len(kept.candidates)


def test_a_scale_is_kept_when_only_candidates_have_figures() -> None:
    """A figure is never kept without its scale."""
    read = Read(
        format="invented",
        plate_text=PlateText("7ABC123"),
        plate_key=PLATE,
        candidates=(Candidate(plate_text=PlateText("7A8C123"), confidence=Confidence(value=0.4, scale="0-1")),),
    )
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

    kept = contents_of(read, captured_at=noon, received_at=noon)

    assert (None, "0-1", (("7A8C123", 0.4),)) == (kept.confidence, kept.scale, kept.candidates)


def test_every_clock_rule_has_its_place() -> None:
    """No rule is missing from the sealed format, and one that nobody knows yet is told as none."""
    assert set(ClockRule) == set(CLOCK_RULES)
    assert len(CLOCK_RULES) == len(set(CLOCK_RULES))
    assert [ClockRule.OFFSET, ClockRule.UNREADABLE] == [CLOCK_RULES[0], CLOCK_RULES[-1]]
    assert RecordContents(plate_text="A", rule=len(CLOCK_RULES)).clock_rule is None
