"""Axis: License Plate Verifier and FF / CAMMRA events, as JSON, as a form with pictures, or as the camera's XML log.

What flows in: an opened payload. What flows out: one Read an event; heartbeats as Ignored.
What it must never see: the free description of a list entry, which names people; never looked up. `carID` counts from
the camera's last start: it names a passage only together with the reader. An `update` may change the plate.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any
from xml.etree.ElementTree import Element

from lockplate.read import ClockRule, Image, Parsed, Read, Reject, Vehicle
from lockplate.readers.axis_onvif import is_onvif, onvif_outcomes
from lockplate.readers.elements import every, mapping_of
from lockplate.readers.ff_record import ff_outcome
from lockplate.readers.fields import (
    Captured,
    best_of,
    confidence_of,
    epoch,
    ids_of,
    inside,
    media_type_of,
    objects,
    picture,
    position_of,
    region_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import Outcome, missing, parsed_of
from lockplate.readers.payload import Part, Payload
from lockplate.readers.words import HEARTBEAT, name_of, plate_in, word_of
from lockplate.terms import ReaderId

NAME = "axis"
_PLATES = ("plateUTF8", "plateUnicode", "plateText", "plateASCII")
_DEVICE = frozenset({"camera_info", "sensorProviderID", "packetCounter", "carID"})
_SUBDIVIDED = frozenset({"US", "CA", "AU", "MX", "BR"})
"""Countries whose plate regions are ISO 3166-2 codes; elsewhere the code is the plate's own (`TÖL`)."""
_IMAGE_KINDS = {
    "plate": "plate",
    "lp": "plate",
    "vehicle": "vehicle",
    "car": "vehicle",
    "roi": "scene",
    "full": "scene",
}


def claims(payload: Payload) -> bool:
    """Say whether a body is an event, a heartbeat, an ONVIF plate event or the XML log of these cameras."""
    if payload.xml is not None:
        return is_onvif(payload.xml) or _is_log(payload)
    if payload.text is not None:
        return _is_heartbeat_text(payload.text)
    first = next(iter(objects(payload.json)), {})
    return _is_event(first) or ("camera_info" in first and "plate" not in first)


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the outcome of every event in the body."""
    if payload.xml is not None:
        rows = (mapping_of(row) for row in every(payload.xml, "event"))
        outcomes = (
            onvif_outcomes(NAME, payload.xml)
            if is_onvif(payload.xml)
            else [ff_outcome(NAME, row, zone) for row in rows]
        )
    elif payload.text is not None:
        outcomes = [HEARTBEAT if _is_heartbeat_text(payload.text) else missing("event")]
    else:
        documents = [item for document in (payload, *payload.others) for item in objects(document.json)]
        # Pictures of a form belong to its event; a form with several events does not say to which.
        parts = payload.parts if len(documents) == 1 else ()
        outcomes = [_event(item, parts, zone) for item in documents]
    return parsed_of(NAME, outcomes or [missing("event")])


def _is_event(value: Mapping[str, Any]) -> bool:
    return any(key in value for key in _PLATES) and bool(
        value.keys() & (_DEVICE | {"carState", "capture_timestamp", "capture_ts", "plateConfidence", "plateCountry"})
    )


def _is_log(payload: Payload) -> bool:
    rows = [] if payload.xml is None else [mapping_of(row) for row in every(payload.xml, "event")][:1]
    return any("lpr" in row and "car_id" in row for row in rows)


def _log(root: Element, zone: tzinfo | None) -> list[Outcome]:
    return [ff_outcome(NAME, mapping_of(row), zone) for row in every(root, "event")]


def _is_heartbeat_text(text: str) -> bool:
    return len(text) < 2000 and "heartbeat" in text.lower() and "plate" not in text.lower()


def _event(event: Mapping[str, Any], parts: tuple[Part, ...], zone: tzinfo | None) -> Outcome:
    if not any(key in event for key in _PLATES):
        return HEARTBEAT if event.keys() & _DEVICE else missing("plateUTF8")
    plate = plate_in(event, *_PLATES)
    if isinstance(plate, Reject):
        return plate
    captured = _captured(event, zone)
    place = word_of(event.get("sensorProviderID"))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=_region(event),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(event.get("plateConfidence"), "0-1"),
        reader_id=_reader(event),
        event_id=word_of(event.get("packetCounter")),
        passage_ids=ids_of(word_of(event.get("carID"))),
        direction=word_of(event.get("carMoveDirection")),
        vehicle=_vehicle(event.get("vehicle_info")),
        images=_images(event, parts),
        position=position_of(inside(event, "geotag", "lat"), inside(event, "geotag", "lon")),
        place=None if place is None or place.startswith("defaultID") else place,
        claimed_list=word_of(event.get("plateList"), event.get("plateListMode")),
    )


def _captured(event: Mapping[str, Any], zone: tzinfo | None) -> Captured:
    """Return the time of capture; `datetime` is the same instant on the camera's own wall clock."""
    return best_of(
        epoch(event.get("capture_timestamp"), ClockRule.EPOCH_MILLISECONDS),
        epoch(event.get("capture_ts"), ClockRule.EPOCH_NANOSECONDS),
        written(event.get("datetime"), zone),
    )


def _reader(event: Mapping[str, Any]) -> ReaderId | None:
    text = word_of(
        inside(event, "camera_info", "SerialNumber"),
        inside(event, "camera_info", "MACAddress"),
        event.get("sensorProviderID"),
    )
    return None if text is None else ReaderId(text)


def _region(event: Mapping[str, Any]) -> str | None:
    full = region_of(event.get("plateISO3166-2"))
    if full is not None and "-" in full:
        return full
    country = region_of(event.get("plateCountry")) or full
    code = (text_of(event.get("plateRegionCode")) or "").upper()
    if country in _SUBDIVIDED and 2 <= len(code) <= 3 and code.isascii() and code.isalpha():
        return f"{country}-{code}"
    return country


def _vehicle(info: object) -> Vehicle | None:
    vehicle = Vehicle(
        make=name_of(inside(info, "brand")),
        model=word_of(inside(info, "model")),
        color=name_of(inside(info, "color")),
        body=name_of(inside(info, "type")),
    )
    return None if vehicle == Vehicle() else vehicle


def _images(event: Mapping[str, Any], parts: tuple[Part, ...]) -> tuple[Image, ...]:
    """Return the pictures that came along, inline or as files, else the camera's names for them."""
    said = text_of(event.get("imageType"))
    came = [
        image
        for item in objects(event.get("ImageArray"))[:20]
        for image in picture(_kind(word_of(item.get("ImageType")) or said), item.get("BinaryImage"))
    ]
    came += [_file(part, said) for part in parts if part.data and _is_picture(part)]
    if came:
        return tuple(came)
    names = event.get("imagesURI")
    names = names if isinstance(names, list) else [event.get("imageFile"), event.get("imageFile2")]
    return tuple(
        Image(kind=_kind_of_name(text), reference=text)
        for name in names[:20]
        if isinstance(name, str) and (text := word_of(name)) is not None and len(text) <= 300
    )


def _is_picture(part: Part) -> bool:
    return part.media_type.startswith("image/") or media_type_of(part.data) is not None


def _file(part: Part, said: str | None) -> Image:
    media_type = media_type_of(part.data) or part.media_type or None
    return Image(kind=_kind(said), media_type=media_type, size=len(part.data), reference=part.filename, data=part.data)


def _kind(word: str | None) -> str:
    return _IMAGE_KINDS.get((word or "").lower(), "unknown")


def _kind_of_name(name: str) -> str:
    """Return what a file name such as `…_785523lp_…` or `…_547764roi_…` says the picture shows."""
    if "lp_" in name:
        return "plate"
    return "scene" if "roi_" in name else "unknown"


AXIS = Format(name=NAME, claims=claims, parse=parse, says="Axis License Plate Verifier, FF and CAMMRA events")
