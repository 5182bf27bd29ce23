"""Tattile: the camera's XML message, one transit each, and what it shares with Nedap's tags of the same names.

What flows in: an opened payload. What flows out: one Read a message.
What it must never see: anything that is not in its list of tags.
"""

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Image, Parsed, Position, Read, Reject, Vehicle
from lockplate.readers.elements import every, local_name, mapping_of
from lockplate.readers.fields import (
    Captured,
    confidence_of,
    ids_of,
    picture,
    position_of,
    reader_of,
    region_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import HEARTBEAT, name_of, plate_in, word_of

NAME = "tattile"
_DAY_FIRST = re.compile(r"^(\d{2})([-/.])(\d{2})\2(\d{4})$", re.ASCII)
_TIME = re.compile(r"^(\d{1,2})[-:.](\d{2})[-:.](\d{2})(?:[-:.,](\d{1,6}))?\s*(\S*)$", re.ASCII)


def claims(payload: Payload) -> bool:
    """Say whether a body is a `Msg` of this vendor."""
    if payload.xml is None:
        return False
    return local_name(payload.xml) == "msg" or next(every(payload.xml, "plate_string"), None) is not None


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the outcome of every message in the body."""
    outcomes: list[Outcome] = []
    for document in (payload, *payload.others):
        if document.xml is not None:
            holders = [item for item in document.xml.iter() if any(local_name(part) == "plate_string" for part in item)]
            outcomes += [tags_outcome(NAME, mapping_of(holder), zone) for holder in holders]
    if not outcomes and payload.xml is not None and _is_heartbeat(mapping_of(payload.xml)):
        outcomes.append(HEARTBEAT)
    return parsed_of(NAME, outcomes or [missing("PLATE_STRING")])


def _is_heartbeat(tags: Mapping[str, Any]) -> bool:
    return any(word in key for key in tags for word in ("alive", "heartbeat", "diagnostic", "status"))


def tags_outcome(format_name: str, tags: Mapping[str, Any], zone: tzinfo | None) -> Outcome:
    """Return what one set of tags says; names in lower case."""
    plate = plate_in(tags, "plate_string")
    if isinstance(plate, Reject):
        return plate
    captured = _captured(tags, zone)
    transit = word_of(tags.get("transit_id"))
    device = word_of(tags.get("device_sn"), tags.get("sn"), tags.get("mac"), tags.get("device_id"))
    name = word_of(tags.get("device_name"), tags.get("netbiosname"), tags.get("camera_name"))
    return Read(
        format=format_name,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(tags.get("plate_country_code")) or region_of(tags.get("plate_country")),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(tags.get("ocrscore"), "0-100"),
        reader_id=reader_of(device, name),
        event_id=transit,
        passage_ids=ids_of(transit),
        direction=word_of(tags.get("direction")),
        lane=word_of(tags.get("lane_id"), tags.get("lane"), tags.get("lane_descr")),
        place=name if device else None,
        vehicle=_vehicle(tags),
        images=_images(tags),
        position=_position(tags),
    )


def _captured(tags: Mapping[str, Any], zone: tzinfo | None) -> Captured:
    """Return the time out of DATE and TIME, which some firmware joins with hyphens throughout."""
    day, clock = text_of(tags.get("date")), text_of(tags.get("time"))
    if day is None or clock is None:
        return written(word_of(tags.get("timestamp"), tags.get("date_time"), day, clock), zone)
    raw = f"{day} {clock}"
    if (first := _DAY_FIRST.match(day)) is not None:
        day = f"{first[4]}-{first[3]}-{first[1]}"
    if (parts := _TIME.match(clock)) is not None:
        clock = f"{parts[1]}:{parts[2]}:{parts[3]}" + (f".{parts[4]}" if parts[4] else "") + parts[5]
    return written(f"{day} {clock}", zone)._replace(raw=raw)


def _vehicle(tags: Mapping[str, Any]) -> Vehicle | None:
    vehicle = Vehicle(
        make=name_of(tags.get("brand"), tags.get("vehicle_brand")),
        model=word_of(tags.get("model"), tags.get("vehicle_model")),
        color=name_of(tags.get("color"), tags.get("vehicle_color")),
        body=name_of(tags.get("class_string"), tags.get("vehicle_type"), tags.get("class")),
    )
    return None if vehicle == Vehicle() else vehicle


def _images(tags: Mapping[str, Any]) -> tuple[Image, ...]:
    return (
        *picture("plate", tags.get("image_ocr") or tags.get("image_bw")),
        *picture("scene", tags.get("image_ctx") or tags.get("image_col")),
    )


def _position(tags: Mapping[str, Any]) -> Position | None:
    return position_of(tags.get("latitude", tags.get("gps_lat")), tags.get("longitude", tags.get("gps_lon")))


TATTILE = Format(name=NAME, claims=claims, parse=parse, says="Tattile cameras: XML messages")
