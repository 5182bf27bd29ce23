"""Fields: the few typed looks into a payload that every format needs.

What flows in: values out of an opened payload. What flows out: text, numbers, times with their rule, pictures, or None.
What it must never see: the store, keys, a log. Nothing here raises on a wrong type: a wrong type is an absent field.
"""

import base64
import binascii
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from lockplate.read import Candidate, ClockRule, Confidence, Image, plate_fields

EARLIEST_YEAR = 1990
"""Before any reader; an earlier instant is a wrong unit or an unset clock."""
LATEST_YEAR = 2100


class Captured(NamedTuple):
    """A device time: the instant if it can be placed, the raw text, and the rule that placed it."""

    at: datetime | None
    raw: str | None
    rule: ClockRule


NEVER = Captured(None, None, ClockRule.ABSENT)


def text_of(value: object) -> str | None:
    """Return trimmed text, or a number written out, else None; empty text is None."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


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


_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})[T ]?(\d{2})(\d{2})(\d{2})(\d{0,6})(Z|[+-]\d{2}:?\d{2})?$")
_SPACED = re.compile(
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ]+(\d{1,2}):(\d{2}):(\d{2})(?:[.,:](\d{1,9}))?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)


def written(value: object, zone: tzinfo | None, *, naive_is_utc: bool = False) -> Captured:
    """Return the instant of a written time.

    A time with Z or an offset is placed by it; a naive one by `naive_is_utc` (the format's own document says so), else
    by the reader's zone, else not at all. Year comes first: day-first forms belong to the format that has them.
    """
    raw = text_of(value)
    if raw is None:
        return NEVER
    match = _SPACED.match(raw) or _COMPACT.match(raw)
    if match is None:
        return Captured(None, raw, ClockRule.UNREADABLE)
    *numbers, fraction, offset = match.groups()
    parts = [int(number) for number in numbers]
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
    placed = datetime.strptime(text, "%z").tzinfo
    if placed is None:
        raise ValueError(text)
    return placed


def _placed(build: Any, raw: str | None, rule: ClockRule) -> Captured:
    try:
        at = build().astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return Captured(None, raw, ClockRule.UNREADABLE)
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        return Captured(None, raw, ClockRule.UNREADABLE)
    return Captured(at, raw, rule)


_ISO3 = {
    "USA": "US", "CAN": "CA", "MEX": "MX", "GBR": "GB", "DEU": "DE", "FRA": "FR", "ESP": "ES", "ITA": "IT", "POL": "PL",
    "CZE": "CZ", "NLD": "NL", "BEL": "BE", "AUT": "AT", "CHE": "CH", "SWE": "SE", "NOR": "NO", "DNK": "DK", "FIN": "FI",
    "PRT": "PT", "IRL": "IE", "UKR": "UA", "TUR": "TR", "KGZ": "KG", "KAZ": "KZ", "RUS": "RU", "BRA": "BR", "ARG": "AR",
    "CHL": "CL", "COL": "CO", "AUS": "AU", "NZL": "NZ", "IND": "IN", "ZAF": "ZA", "ARE": "AE", "SAU": "SA", "ISR": "IL",
    "SVK": "SK", "HUN": "HU", "ROU": "RO", "BGR": "BG", "GRC": "GR", "HRV": "HR", "SVN": "SI", "LTU": "LT", "LVA": "LV",
    "EST": "EE", "SRB": "RS", "BLR": "BY", "LUX": "LU", "SGP": "SG", "MYS": "MY", "THA": "TH", "VNM": "VN", "IDN": "ID",
}  # fmt: skip
_REGION = re.compile(r"^([A-Z]{2})(?:[-_]([A-Z0-9]{1,3}))?$")


def region_of(value: object) -> str | None:
    """Return an ISO 3166 code for a reader's region word (`us-mo`, `POL`, `gb`), or None when it does not map."""
    text = (text_of(value) or "").upper()
    if text in _ISO3:
        return _ISO3[text]
    if match := _REGION.match(text):
        country, part = match.groups()
        return country if part is None else f"{country}-{part}"
    return None


def picture(kind: str, value: object, *, media_type: str | None = None) -> tuple[Image, ...]:
    """Return a picture that came as base64 text or as a reference; a tuple, empty when there is none.

    Text that is not base64 (an elided sample, a path) is kept as a reference when it is short, else described only.
    """
    text = text_of(value)
    if text is None:
        return ()
    encoded = text.split(",", 1)[1] if text.startswith("data:") and "," in text else text
    try:
        data = base64.b64decode(encoded, validate=True) if len(encoded) >= 64 and "/local/" not in encoded else None
    except (binascii.Error, ValueError):
        data = None
    if data:
        return (Image(kind=kind, media_type=media_type or "image/jpeg", size=len(data), data=data),)
    return (Image(kind=kind, media_type=media_type, reference=text if len(text) <= 300 else None),)
