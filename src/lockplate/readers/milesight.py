"""Milesight: the camera's HTTP or TCP post, JSON whose keys an operator may rename or leave out.

What flows in: an opened payload. What flows out: one Read a message.
What it must never see: anything that is not in its list of keys.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Image, Parsed, Position, Read, Reject, Vehicle
from lockplate.readers.fields import (
    Captured,
    any_time,
    best_of,
    confidence_of,
    ids_of,
    number_of,
    objects,
    picture,
    position_of,
    region_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import name_of, plate_in, word_of
from lockplate.terms import ReaderId

NAME = "milesight"
_PLATE_KEYS = ("plate", "license_plate", "licenseplate", "plate_number")
_TIME_KEYS = frozenset({"time", "time_msec", "date_time", "capture_time"})
_OWN_KEYS = frozenset(
    {"device", "device_name", "device_sn", "devicemac", "plate_color", "plate_type", "vehicle_type", "vehicle_color",
     "vehicle_brand", "plate_image", "full_image", "evidence_image", "detection_region", "roi_id", "coordinate_x1",
     "coordinate_y1", "resolution_width", "resolution_height", "direction", "speed", "region", "type"}
)  # fmt: skip


def claims(payload: Payload) -> bool:
    """Say whether a body has a plate, a time, and at least two more keys of this vendor."""
    message = _keys(next(iter(objects(payload.json)), {}))
    own = message.keys() & _OWN_KEYS
    named = bool(own & {"device", "device_name", "device_sn", "devicemac", "detection_region", "coordinate_x1"})
    return named and len(own) >= 2 and bool(message.keys() & set(_PLATE_KEYS)) and bool(message.keys() & _TIME_KEYS)


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the outcome of every message in the body."""
    outcomes = [_outcome(_keys(message), zone) for message in objects(payload.json)]
    return parsed_of(NAME, outcomes or [missing("plate")])


def _keys(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with keys in one spelling: `Plate Color`, `plate-color` and `plate_color` are one."""
    keys: dict[str, Any] = {}
    for key, value in message.items():
        keys.setdefault(key.strip().lower().replace(" ", "_").replace("-", "_"), value)
    return keys


def _outcome(message: Mapping[str, Any], zone: tzinfo | None) -> Outcome:
    plate = plate_in(message, *_PLATE_KEYS)
    if isinstance(plate, Reject):
        return plate
    captured = _captured(message, zone)
    figure = word_of(message.get("confidence"), message.get("plate_confidence"))
    event_id = word_of(message.get("event_id"), message.get("id"))
    device = word_of(
        message.get("device_sn"), message.get("sn"), message.get("devicemac"), message.get("mac"),
        message.get("device_id"), message.get("device"), message.get("device_name"),
    )  # fmt: skip
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(word_of(message.get("region"), message.get("country"))),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(figure, "0-1" if (number_of(figure) or 0) <= 1 else "0-100"),
        reader_id=None if device is None else ReaderId(device),
        event_id=event_id,
        passage_ids=ids_of(event_id),
        direction=word_of(message.get("direction")),
        lane=word_of(message.get("lane"), message.get("detection_region"), message.get("roi_id")),
        vehicle=_vehicle(message),
        images=_images(message),
        position=_position(message),
        claimed_list=_claimed_list(message),
    )


def _captured(message: Mapping[str, Any], zone: tzinfo | None) -> Captured:
    """Return the time; `time_msec` is the same time with milliseconds, or the milliseconds alone."""
    fine = message.get("time_msec")
    if number_of(fine) is not None and 0 <= (number_of(fine) or 0) < 1000:
        whole = text_of(message.get("time"))
        return written(whole and f"{whole}.{int(number_of(fine) or 0):03d}", zone)._replace(raw=whole)
    return best_of(*(any_time(message.get(key), zone) for key in ("time_msec", "time", "date_time", "capture_time")))


def _vehicle(message: Mapping[str, Any]) -> Vehicle | None:
    vehicle = Vehicle(
        make=name_of(message.get("vehicle_brand")),
        model=word_of(message.get("vehicle_model")),
        color=name_of(message.get("vehicle_color")),
        body=name_of(message.get("vehicle_type")),
    )
    return None if vehicle == Vehicle() else vehicle


def _images(message: Mapping[str, Any]) -> tuple[Image, ...]:
    return (
        *picture("plate", message.get("plate_image")),
        *picture("vehicle", message.get("vehicle_image")),
        *picture("scene", message.get("full_image")),
    )


def _position(message: Mapping[str, Any]) -> Position | None:
    return position_of(message.get("latitude"), message.get("longitude"))


def _claimed_list(message: Mapping[str, Any]) -> str | None:
    word = word_of(message.get("list_type"), message.get("type"))
    return (
        word
        if word is not None
        and word.lower()
        in (
            "black",
            "white",
            "block",
            "allow",
            "blacklist",
            "whitelist",
            "blocklist",
            "allowlist",
            "black list",
            "white list",
        )
        else None
    )


MILESIGHT = Format(name=NAME, claims=claims, parse=parse, says="Milesight LPR cameras: HTTP and TCP post")
