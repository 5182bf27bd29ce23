"""Rendering: the few things that every vendor's format needs when a detection is written down.

What flows in: values, JSON structures, form parts. What flows out: bodies with their content types, times as text.
What it must never see: a vendor's field names; those stand in the payload modules.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from lockplate.simulate.detection import Detection
from lockplate.simulate.picture import draw


class Body(NamedTuple):
    """What goes over the wire."""

    body: bytes
    content_type: str


class FormPart(NamedTuple):
    """One part of a multipart form."""

    name: str
    data: bytes
    filename: str | None = None
    content_type: str | None = None


def json_body(value: Any, content_type: str = "application/json") -> Body:
    """Return a value as JSON, keys in the order given."""
    return Body(msgspec.json.encode(value), content_type)


def form_body(parts: Sequence[FormPart], boundary: str) -> Body:
    """Return parts as multipart/form-data."""
    lines: list[bytes] = []
    for part in parts:
        filename = f'; filename="{part.filename}"' if part.filename else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"{filename}\r\n'
        head += f"Content-Type: {part.content_type}\r\n" if part.content_type else ""
        lines.append(head.encode() + b"\r\n" + part.data + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return Body(b"".join(lines), f"multipart/form-data; boundary={boundary}")


@lru_cache(maxsize=2048)
def plate_jpeg(plate: str) -> bytes:
    """Return the picture of a plate; cached, since the same vehicles come again and again."""
    return draw(plate)


def picture_of(detection: Detection) -> bytes:
    """Return the picture that the reader took: the true plate, whatever the reader made of it."""
    return plate_jpeg("" if detection.plate_text is None else detection.passage.plate)


def picture_text(detection: Detection) -> str:
    """Return the picture in base64."""
    return base64.b64encode(picture_of(detection)).decode()


def local_time(detection: Detection) -> datetime:
    """Return the reader's wall clock at the moment of detection, aware, in the reader's zone."""
    return detection.device_time.astimezone(ZoneInfo(detection.reader.zone))


def epoch_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970, cut off, never rounded up."""
    return epoch_us(at) // 1000


def epoch_us(at: datetime) -> int:
    """Return whole microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(at: datetime, form: str) -> str:
    """Return an instant in UTC in a strftime form; `%f` gives microseconds."""
    return at.astimezone(UTC).strftime(form)


def percent(confidence: float) -> float:
    """Return a confidence on the scale 0-100."""
    return round(confidence * 100, 2)


def vendor_region(region: str) -> str:
    """Return `us-ca` for `US-CA`."""
    return region.lower()


_ISO3 = {"US": "USA", "MX": "MEX", "DE": "DEU", "UA": "UKR"}


def country3(region: str) -> str:
    """Return the three-letter country of a region."""
    return _ISO3.get(region[:2], "")
