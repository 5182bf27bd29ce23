"""Read, Reject, Ignored: what one body from a reader turns into, and nothing else.

What flows in: values that a reader module has taken from a payload by allow-list. What flows out: frozen values.
What it must never see: driver, passenger, phone, belt, age, mask or "vehicle signature"; no field exists for them.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from lockplate.clock import format_time
from lockplate.plate import MAX_PLATE_CHARACTERS, fold
from lockplate.terms import PlateKey, PlateText, ReaderId


class ClockRule(StrEnum):
    """How a reader's own time became a UTC instant."""

    OFFSET = "offset_in_text"
    """The text carried Z or an offset."""
    UTC_FIELD = "utc_field"
    """The text is naive, and the format's own document says that the field is UTC."""
    EPOCH_SECONDS = "epoch_seconds"
    EPOCH_MILLISECONDS = "epoch_milliseconds"
    EPOCH_MICROSECONDS = "epoch_microseconds"
    EPOCH_NANOSECONDS = "epoch_nanoseconds"
    READER_ZONE = "reader_zone"
    """The text is naive local time, converted by the zone that the operator set for the reader."""
    NO_ZONE = "no_zone"
    """The text is naive and nobody told us the zone: no instant can be given."""
    RECEIVE_TIME = "receive_time"
    """The reader gave no usable time; the instant is our receive time."""
    ABSENT = "absent"
    """The reader gave no time at all."""
    UNREADABLE = "unreadable"
    """The reader gave something that is not a time."""


class Confidence(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's own figure and the scale it is on; figures of two vendors are never compared."""

    value: float
    scale: str
    """`0-1` or `0-100`."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Another reading of the same plate by the same reader."""

    plate_text: PlateText
    confidence: Confidence | None = None


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


class Vehicle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the reader says the vehicle looks like, in the reader's own words."""

    make: str | None = None
    model: str | None = None
    color: str | None = None
    body: str | None = None
    """Type of vehicle: car, truck, bus, motorcycle, sedan…"""
    year: str | None = None


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that came with a read: described here, dropped at the door unless the read is a hit."""

    kind: str
    """`plate`, `vehicle`, `scene` or `unknown`."""
    media_type: str | None = None
    size: int | None = None
    """Bytes, when the picture itself came along."""
    reference: str | None = None
    """The reader's own name or address of a picture that did not come along; never fetched."""
    data: bytes | None = None
    """The picture; never in any JSON, log or record of an unmatched read."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One detection of one plate by one reader, as the reader told it."""

    format: str
    plate_text: PlateText
    plate_key: PlateKey
    region: str | None = None
    """ISO 3166-1 or 3166-2 code where the reader's own code maps to one (`US-MO`, `DE`), else None."""
    captured_at: datetime | None = None
    """UTC instant of the detection, or None when the device time cannot be placed."""
    captured_at_raw: str | None = None
    clock_rule: ClockRule = ClockRule.ABSENT
    confidence: Confidence | None = None
    reader_id: ReaderId | None = None
    """Serial number or MAC before display name; the name changes."""
    event_id: str | None = None
    passage_ids: tuple[str, ...] = ()
    """Vendor ids of the passage: reads that share one of them are of one vehicle passing one reader."""
    direction: str | None = None
    vehicle: Vehicle | None = None
    candidates: tuple[Candidate, ...] = ()
    images: tuple[Image, ...] = ()
    position: Position | None = None
    place: str | None = None
    lane: str | None = None
    character_confidence: tuple[float, ...] = ()
    """Per character, on the scale of `confidence`."""
    claimed_list: str | None = None
    """A list match that the reader itself claims: kept as a foreign claim, never treated as a hit."""
    resent: bool = False
    """The reader says that it sends this again."""


class RejectReason(StrEnum):
    """Why nothing could be read from a body, or from a part of it."""

    NO_PLATE = "no_plate"
    """A detection without a plate, or with a word that means "none"."""
    PLATE_TOO_LONG = "plate_too_long"
    UNKNOWN_FORMAT = "unknown_format"
    MALFORMED = "malformed"
    """The body breaks its own syntax."""
    MISSING_FIELD = "missing_field"
    """The syntax holds but a field that the format cannot do without is missing or of another type."""
    TOO_LARGE = "too_large"
    HOSTILE = "hostile"
    """Entity declarations, absurd nesting, a bomb."""
    EMPTY = "empty"
    BAD_TIME = "bad_time"
    """A file row whose time cannot be read, where a row without a time cannot be stored."""
    UNKNOWN_READER = "unknown_reader"
    """A bulk line that names a reader which its sender may not speak for."""


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a body that should have been a read and is not; `detail` never holds payload text."""

    reason: RejectReason
    detail: str = ""


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a body that is lawfully not a read: a heartbeat, a vehicle without a plate, another kind of event."""

    kind: str


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """All that one body turned into."""

    format: str
    reads: tuple[Read, ...] = ()
    rejects: tuple[Reject, ...] = ()
    ignored: tuple[Ignored, ...] = ()


NO_PLATE_WORDS = frozenset(
    {"", "UNKNOWN", "NOPLATE", "NULL", "NONE", "UNLICENSED", "NA", "UNDEFINED", "NOTDETECTED", "UNREADABLE", "NOTREAD"}
)
"""Words that readers send in the plate field when there is no plate, upper case, letters and digits only."""


_PICTURE_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}


def picture_type(data: bytes) -> str | None:
    """Return the media type of a picture that a browser shows, by how it begins; None for anything else.

    A reader's own word for the type is not believed: it would stand in a page.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _PICTURE_STARTS.items() if data.startswith(start)), None)


def plate_fields(text: object) -> tuple[PlateText, PlateKey] | Reject:
    """Return a plate's text as sent and its key, or the Reject that says why it is no plate.

    The text loses only surrounding white space.
    """
    if not isinstance(text, str):
        return Reject(reason=RejectReason.NO_PLATE, detail="the plate field is missing or not text")
    trimmed = text.strip()
    key = fold(trimmed)
    if not key or "".join(filter(str.isalnum, trimmed)).upper() in NO_PLATE_WORDS:
        return Reject(reason=RejectReason.NO_PLATE, detail="the plate field is empty or a word for none")
    if len(trimmed) > MAX_PLATE_CHARACTERS:
        return Reject(reason=RejectReason.PLATE_TOO_LONG, detail=f"over {MAX_PLATE_CHARACTERS} characters")
    return PlateText(trimmed), key


def public_read(read: Read) -> dict[str, object]:
    """Return a read as `lockplate parse` prints it: every field of the contract, pictures described only."""
    return {
        "format": read.format,
        "plate_text": read.plate_text,
        "plate_key": read.plate_key,
        "region": read.region,
        "captured_at": None if read.captured_at is None else format_time(read.captured_at),
        "captured_at_raw": read.captured_at_raw,
        "clock_rule": read.clock_rule.value,
        "confidence": None if read.confidence is None else msgspec.to_builtins(read.confidence),
        "reader_id": read.reader_id,
        "event_id": read.event_id,
        "passage_ids": list(read.passage_ids),
        "direction": read.direction,
        "lane": read.lane,
        "vehicle": None if read.vehicle is None else msgspec.to_builtins(read.vehicle),
        "candidates": [msgspec.to_builtins(candidate) for candidate in read.candidates],
        "images": [
            {"kind": image.kind, "media_type": image.media_type, "size": image.size, "reference": image.reference}
            for image in read.images
        ],
        "position": None if read.position is None else msgspec.to_builtins(read.position),
        "place": read.place,
        "claimed_list": read.claimed_list,
        "resent": read.resent,
    }
