"""Fields: the few typed looks into a payload that every format needs.

What flows in: values out of an opened payload. What flows out: text, numbers, times with their rule, pictures, or None.
What it must never see: the store, keys, a log. Nothing here raises on a wrong type: a wrong type is an absent field.
"""

import base64
import binascii
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple

from lockplate.read import Candidate, ClockRule, Confidence, Image, Position, plate_fields
from lockplate.readers.payload import Part
from lockplate.readers.regions import ISO_3166_ALPHA_2, ISO_3166_ALPHA_3
from lockplate.terms import ReaderId

EARLIEST_YEAR = 1990
"""Before any reader; an earlier instant is a wrong unit or an unset clock."""
LATEST_YEAR = 2100
MAX_OFFSET_HOURS = 14
"""Kiribati; a wider offset is a broken clock."""


class Captured(NamedTuple):
    """A device time: the instant if it can be placed, the raw text, and the rule that placed it."""

    at: datetime | None
    raw: str | None
    rule: ClockRule


NEVER = Captured(None, None, ClockRule.ABSENT)


def text_of(value: object) -> str | None:
    """Return trimmed text, or a finite number written out, else None; empty text is None."""
    if isinstance(value, str):
        return value.strip() or None
    return None if number_of(value) is None else str(value)


def first_text(*values: object) -> str | None:
    """Return the first value that is text or a number, written out, else None."""
    return next((text for value in values if (text := text_of(value)) is not None), None)


def reader_of(*values: object) -> ReaderId | None:
    """Return the reader's id from the values that may hold it, best first: serial or MAC before a display name."""
    text = first_text(*values)
    return None if text is None else ReaderId(text)


def ids_of(*values: object) -> tuple[str, ...]:
    """Return the ids among the values, each once, in their order."""
    return tuple(dict.fromkeys(text for value in values if (text := text_of(value)) is not None))


def nth(identifier: str | None, index: int) -> str | None:
    """Return a vendor id that names a whole picture, made one plate's own: the first plate keeps it as sent.

    Two plates in one picture are two passages; a bare shared id would fold the second into the first.
    """
    return identifier if identifier is None or index <= 0 else f"{identifier}#{index}"


def number_of(value: object) -> float | None:
    """Return a finite number, from a number or from text that is one, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def inside(value: object, *path: str | int) -> Any:
    """Return what lies at a path of keys and places, or None as soon as a step is not there."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list; a lone object counts as a list of one."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def confidence_of(value: object, scale: str) -> Confidence | None:
    """Return a confidence with its scale, value as sent, or None when there is no number."""
    number = number_of(value)
    return None if number is None else Confidence(value=number, scale=scale)


def candidates_of(pairs: Iterable[tuple[object, object]], scale: str, *, most: int = 20) -> tuple[Candidate, ...]:
    """Return other readings from (plate, confidence) pairs, those without a plate left out, at most `most`."""
    found: list[Candidate] = []
    for plate, confidence in pairs:
        fields = plate_fields(plate)
        if isinstance(fields, tuple) and len(found) < most:
            found.append(Candidate(plate_text=fields[0], confidence=confidence_of(confidence, scale)))
    return tuple(found)


def strongest(value: object, score_key: str) -> dict[str, Any]:
    """Return the entry with the highest score of a list of scored entries, the first of equals, or an empty one."""
    return max(objects(value), key=lambda entry: number_of(entry.get(score_key)) or 0.0, default={})


def position_of(latitude: object, longitude: object) -> Position | None:
    """Return a position, or None when a number is missing or out of range, or both are 0 or -1 (a receiver unset)."""
    north, east = number_of(latitude), number_of(longitude)
    if north is None or east is None or not (-90 <= north <= 90 and -180 <= east <= 180):
        return None
    return None if (north, east) in ((0.0, 0.0), (-1.0, -1.0)) else Position(latitude=north, longitude=east)


def epoch(value: object, rule: ClockRule) -> Captured:
    """Return the instant of an epoch number under a stated unit; the raw text is kept as sent."""
    number = number_of(value)
    raw = text_of(value)
    if number is None or number <= 0:
        return Captured(None, raw, ClockRule.ABSENT if raw in (None, "0") else ClockRule.UNREADABLE)
    divisor = {
        ClockRule.EPOCH_SECONDS: 1,
        ClockRule.EPOCH_MILLISECONDS: 1_000,
        ClockRule.EPOCH_MICROSECONDS: 1_000_000,
        ClockRule.EPOCH_NANOSECONDS: 1_000_000_000,
    }[rule]
    return _placed(lambda: datetime.fromtimestamp(number / divisor, UTC), raw, rule)


def epoch_by_size(value: object) -> Captured:
    """Return the instant of an epoch number whose unit only its size tells (s, ms, µs, ns)."""
    number = number_of(value) or 0
    for rule, limit in (
        (ClockRule.EPOCH_SECONDS, 1e11),
        (ClockRule.EPOCH_MILLISECONDS, 1e14),
        (ClockRule.EPOCH_MICROSECONDS, 1e17),
    ):
        if number < limit:
            return epoch(value, rule)
    return epoch(value, ClockRule.EPOCH_NANOSECONDS)


_PLACED = frozenset(
    {
        ClockRule.OFFSET, ClockRule.UTC_FIELD, ClockRule.EPOCH_SECONDS, ClockRule.EPOCH_MILLISECONDS,
        ClockRule.EPOCH_MICROSECONDS, ClockRule.EPOCH_NANOSECONDS,
    }
)  # fmt: skip
_ORDER = (ClockRule.READER_ZONE, ClockRule.NO_ZONE, ClockRule.UNREADABLE)


def best_of(*times: Captured) -> Captured:
    """Return the time that is placed most surely: UTC, offset or epoch, then the reader's zone, then none; first wins.

    The times come in the order in which they are meant; a naive local one never beats one that places itself.
    """
    return min(times, key=_doubt, default=NEVER)


def _doubt(captured: Captured) -> int:
    if captured.rule in _PLACED:
        return 0
    return _ORDER.index(captured.rule) + 1 if captured.rule in _ORDER else len(_ORDER) + 1


def any_time(value: object, zone: tzinfo | None) -> Captured:
    """Return the instant of a time that a relay may write either as an epoch number or as text."""
    return epoch_by_size(value) if number_of(value) is not None else written(value, zone)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MAIL = re.compile(
    r"^(?:[A-Za-z]{3},?\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
)


def mail_time(value: object) -> Captured:
    """Return the instant of a time as mail headers write it (RFC 822), with or without the comma."""
    raw = text_of(value)
    if raw is None:
        return NEVER
    match = _MAIL.match(raw)
    if match is None or match[2].lower() not in _MONTHS:
        return Captured(None, raw, ClockRule.UNREADABLE)
    day, name, year, hour, minute, second, offset = match.groups()
    parts = [int(year), _MONTHS.index(name.lower()) + 1, int(day), int(hour), int(minute), int(second)]
    suffix = "+00:00" if offset in ("Z", "UTC", "GMT") else offset
    return _placed(lambda: _build(parts, 0).replace(tzinfo=_offset(suffix)), raw, ClockRule.OFFSET)


_COMPACT = re.compile(
    r"^(\d{4})(\d{2})(\d{2})[T ]?(\d{2})(\d{2})(\d{2})[.,]?(\d{0,9})\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?$", re.ASCII
)
_SPACED = re.compile(
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,:](\d{1,9}))?"
    r"\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?$",
    re.ASCII,
)


def written(value: object, zone: tzinfo | None, *, naive_is_utc: bool = False) -> Captured:
    """Return the instant of a written time.

    A time with Z or an offset is placed by it; a naive one by `naive_is_utc` (the format's own document says so), else
    by the reader's zone, else not at all. Year comes first: day-first forms belong to the format that has them.
    """
    raw = text_of(value)
    if raw is None:
        return NEVER
    match = _SPACED.match(raw.upper()) or _COMPACT.match(raw.upper())
    if match is None:
        return Captured(None, raw, ClockRule.UNREADABLE)
    *numbers, fraction, offset = match.groups()
    parts = [int(number or "0") for number in numbers]
    micro = int(((fraction or "") + "000000")[:6])
    if offset:
        suffix = "+00:00" if offset in ("Z", "UTC", "GMT") else offset
        return _placed(lambda: _build(parts, micro).replace(tzinfo=_offset(suffix)), raw, ClockRule.OFFSET)
    return naive(lambda: _build(parts, micro), raw, zone, naive_is_utc=naive_is_utc)


def naive(build: Any, raw: str, zone: tzinfo | None, *, naive_is_utc: bool = False) -> Captured:
    """Return the instant of a naive time that `build` makes, by UTC, by the reader's zone, or not at all."""
    if naive_is_utc:
        return _placed(lambda: build().replace(tzinfo=UTC), raw, ClockRule.UTC_FIELD)
    if zone is not None:
        return _placed(lambda: build().replace(tzinfo=zone), raw, ClockRule.READER_ZONE)
    checked = _placed(lambda: build().replace(tzinfo=UTC), raw, ClockRule.NO_ZONE)
    return checked._replace(at=None)


def _build(parts: list[int], micro: int) -> datetime:
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - the zone is set by the caller


def _offset(text: str) -> tzinfo:
    """Return the zone of `+08:00`, `+0800`, `+08` or `+8`; ValueError when no place on Earth has it."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > MAX_OFFSET_HOURS or minutes > 59:
        raise ValueError(text)
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _placed(build: Any, raw: str | None, rule: ClockRule) -> Captured:
    try:
        at = build().astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return Captured(None, raw, ClockRule.UNREADABLE)
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        return Captured(None, raw, ClockRule.UNREADABLE)
    return Captured(at, raw, rule)


_EUROPE = re.compile(r"^EU\d?[-_](?=[A-Z]{2}$)")
_NOT_ISO = {"UK": "GB", "EU": None, "XX": None, "ZZ": None}
_REGION = re.compile(r"^([A-Z]{2})(?:[-_]([A-Z0-9]{1,3}))?$")


def region_of(value: object) -> str | None:
    """Return an ISO 3166 code for a reader's region word (`us-mo`, `POL`, `gb`, `eu-de`), or None if none maps.

    `eu` is no country: several engines write European ones behind it. `uk` is what many write for `gb`.
    """
    text = _EUROPE.sub("", (text_of(value) or "").upper())
    if text in _NOT_ISO:
        return _NOT_ISO[text]
    if text in ISO_3166_ALPHA_3:
        return ISO_3166_ALPHA_3[text]
    if (match := _REGION.match(text)) and match[1] in ISO_3166_ALPHA_2:
        return "-".join(filter(None, match.groups()))
    return None


_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"), (b"BM", "image/bmp"),
    (b"RIFF", "image/webp"),
)  # fmt: skip


def media_type_of(data: bytes) -> str | None:
    """Return the media type that a picture's first bytes say, or None."""
    return next((media_type for magic, media_type in _MAGIC if data.startswith(magic)), None)


def picture(kind: str, value: object, *, media_type: str | None = None) -> tuple[Image, ...]:
    """Return a picture that came as base64 text or as a reference; a tuple, empty when there is none.

    Text that is not base64 (an elided sample, a path) is kept as a reference when it is short, else described only.
    """
    text = text_of(value) if isinstance(value, str) else None
    if text is None:
        return ()
    encoded = text.split(",", 1)[1] if text.startswith("data:") and "," in text else text
    data = _decoded(encoded)
    if data:
        found = media_type or media_type_of(data) or "image/jpeg"
        return (Image(kind=kind, media_type=found, size=len(data), data=data),)
    return (Image(kind=kind, media_type=media_type, reference=text if len(text) <= 300 else None),)


def _decoded(encoded: str) -> bytes | None:
    if len(encoded) < 64 or "/local/" in encoded:
        return None
    compact = "".join(encoded.split())
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def pictures_of(parts: Iterable[Part], kind: str) -> tuple[Image, ...]:
    """Return the pictures that came as files of a form, all of one kind because the form does not say more."""
    return tuple(
        Image(
            kind=kind,
            media_type=media_type_of(part.data) or part.media_type or None,
            size=len(part.data),
            reference=part.filename,
            data=part.data,
        )
        for part in parts
        if part.data and (part.media_type.startswith("image/") or media_type_of(part.data) is not None)
    )
