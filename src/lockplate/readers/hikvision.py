"""Hikvision: ISAPI EventNotificationAlert of type ANPR, as XML or JSON, bare or as a form with its pictures.

What flows in: an opened payload. What flows out: one Read a plate event; heartbeats and other events as Ignored.
What it must never see: the fields about people (belts, phone, smoking, masks, a child in front, the driver's picture):
they are in most of these messages, and are never looked up. Names are matched without namespace or case; misspelt
names are the format's own.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Candidate, Image, Parsed, Position, Read, Reject, Vehicle, plate_fields
from lockplate.readers.elements import local_name, lowered, mapping_of
from lockplate.readers.fields import (
    NEVER,
    Captured,
    confidence_of,
    ids_of,
    inside,
    media_type_of,
    number_of,
    objects,
    position_of,
    region_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.hikvision_countries import COUNTRY_BY_INDEX
from lockplate.readers.outcome import Outcome, missing, parsed_of
from lockplate.readers.payload import Part, Payload
from lockplate.readers.words import HEARTBEAT, name_of, other_event, plate_in, word_of
from lockplate.terms import ReaderId

NAME = "hikvision"
SCALE = "0-100"

_PICTURE_KINDS = {
    "licenseplatepicture": "plate", "plateimage": "plate", "detectionpicture": "scene", "backgroundimage": "scene",
    "scenepicture": "scene", "vehiclepicture": "vehicle", "compositepicture": "scene",
}  # fmt: skip
"""Pictures that are looked at; those of a driver or a face are not in the list."""
_UNLISTED = frozenset({"otherlist", "other", "nolist", "notinlist"})
"""Words for "on no list"."""


def claims(payload: Payload) -> bool:
    """Say whether a body is an ISAPI alert or an ISAPI list of plates."""
    if payload.xml is not None:
        return local_name(payload.xml) in ("eventnotificationalert", "plates")
    names = {str(name).lower() for name in payload.object()}
    if "eventnotificationalert" in names:
        return True
    return "eventtype" in names and bool(names & {"anpr", "eventstate", "activepostcount"})


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the reads of every alert in the body."""
    outcomes: list[Outcome] = []
    for document in (payload, *payload.others):
        if claims(document):
            outcomes += _document(document, payload.parts, zone)
    return parsed_of(NAME, outcomes or [missing("no EventNotificationAlert")])


def _document(document: Payload, parts: tuple[Part, ...], zone: tzinfo | None) -> Iterator[Outcome]:
    if document.xml is not None and local_name(document.xml) == "plates":
        for plate in objects(mapping_of(document.xml).get("plate")):
            yield _polled(plate, zone)
        return
    alert = mapping_of(document.xml) if document.xml is not None else lowered(document.object())
    alert = alert.get("eventnotificationalert", alert)
    yield _alert(alert, parts, zone) if isinstance(alert, dict) else missing("the alert is not an object")


def _alert(alert: dict[str, Any], parts: tuple[Part, ...], zone: tzinfo | None) -> Outcome:
    kind = (text_of(alert.get("eventtype")) or "").lower()
    if kind == "heartbeat" or (kind == "videoloss" and text_of(alert.get("eventstate")) == "inactive"):
        # The alert stream says "no video lost" every few seconds to show that it lives.
        return HEARTBEAT
    anpr = alert.get("anpr")
    if kind not in ("anpr", "") or (kind == "" and anpr is None):
        return other_event(kind) if kind else missing("eventType")
    if not isinstance(anpr, dict):
        return missing("ANPR")
    plate = plate_in(anpr, "licenseplate", "originallicenseplate")
    if isinstance(plate, Reject):
        return plate
    pictures = objects(inside(anpr, "pictureinfolist", "pictureinfo") or anpr.get("pictureinfolist"))
    captured = _captured(alert, pictures, zone)
    event_id = text_of(alert.get("uuid"))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=_region(alert, anpr),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(anpr.get("confidencelevel"), SCALE),
        character_confidence=_character_confidence(anpr.get("platecharbelieve")),
        candidates=_before_correction(anpr, plate[0]),
        reader_id=_reader(alert),
        event_id=event_id,
        passage_ids=ids_of(event_id, *(picture.get("pid") for picture in pictures)),
        direction=word_of(anpr.get("direction")),
        lane=word_of(anpr.get("line"), anpr.get("laneno")),
        place=word_of(alert.get("monitoringsiteid"), alert.get("channelname")),
        vehicle=_vehicle(anpr),
        images=_images(pictures, parts),
        position=_position(alert.get("devicegpsinfo") or anpr.get("gpsinfo") or alert.get("gpsinfo")),
        claimed_list=_claimed_list(anpr),
        resent=(text_of(alert.get("isdataretransmission")) or str(alert.get("isdataretransmission"))).lower() == "true",
    )


def _polled(plate: dict[str, Any], zone: tzinfo | None) -> Outcome:
    """Return one row of the list that a camera answers when asked for its plates."""
    found = plate_in(plate, "platenumber", "licenseplate")
    if isinstance(found, Reject):
        return found
    captured = written(plate.get("capturetime"), zone)
    return Read(
        format=NAME,
        plate_text=found[0],
        plate_key=found[1],
        region=region_of(plate.get("country")),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(plate.get("confidencelevel"), SCALE),
        event_id=text_of(plate.get("picname")),
        passage_ids=ids_of(plate.get("picname")),
        direction=word_of(plate.get("direction")),
        lane=word_of(plate.get("laneno")),
        claimed_list=word_of(plate.get("matchingresult")),
    )


def _captured(alert: Mapping[str, Any], pictures: list[dict[str, Any]], zone: tzinfo | None) -> Captured:
    """Return the alert's own time; the pictures' naive one only when the alert has none."""
    said = written(alert.get("datetime"), zone)
    if said != NEVER:
        return said
    return next((time for picture in pictures if (time := written(picture.get("abstime"), zone)) != NEVER), NEVER)


def _reader(alert: Mapping[str, Any]) -> ReaderId | None:
    for key in ("macaddress", "deviceuuid", "serialnumber", "deviceid", "ipaddress", "channelname"):
        text = word_of(alert.get(key))
        if text is not None and text not in ("00:00:00:00:00:00", "0.0.0.0"):  # noqa: S104 - an unset address, not one to bind
            return ReaderId(text)
    return None


def _region(alert: Mapping[str, Any], anpr: Mapping[str, Any]) -> str | None:
    """Return the country by its abbreviation; the index counts only when the camera sends no abbreviation.

    Cameras send the index of the country they are set up for beside an abbreviation that says "none recognised".
    """
    abbreviation = text_of(alert.get("countryabbreviation")) or text_of(anpr.get("countryabbreviation"))
    if abbreviation is not None:
        return region_of(abbreviation)
    for value in (anpr.get("crindex"), anpr.get("country"), alert.get("country")):
        text = text_of(value) or ""
        region = COUNTRY_BY_INDEX.get(text) or region_of(text)
        if region is not None:
            return region
    return None


def _character_confidence(value: object) -> tuple[float, ...]:
    """Return the figures of `99,98,…`, or none at all when one of them is not a figure."""
    numbers = [number_of(piece) for piece in (text_of(value) or "").split(",")[:64]]
    return () if None in numbers else tuple(number for number in numbers if number is not None)


def _before_correction(anpr: Mapping[str, Any], plate_text: str) -> tuple[Candidate, ...]:
    """Return what was recognised before the camera corrected it by its own list, when that differs."""
    fields = plate_fields(anpr.get("originallicenseplate"))
    return (Candidate(plate_text=fields[0]),) if isinstance(fields, tuple) and fields[0] != plate_text else ()


def _vehicle(anpr: Mapping[str, Any]) -> Vehicle | None:
    """Return colour and type, and make and model where the camera names them; its code numbers say nothing."""
    info = anpr.get("vehicleinfo")
    info = info if isinstance(info, dict) else {}
    vehicle = Vehicle(
        make=name_of(info.get("vehiclelogorecog"), info.get("brand")),
        model=name_of(info.get("vehilemodel"), info.get("vehiclemodel"), info.get("vehilesublogorecog")),
        color=name_of(info.get("color")),
        body=name_of(anpr.get("vehicletype"), info.get("vehicletype")),
    )
    return None if vehicle == Vehicle() else vehicle


def _claimed_list(anpr: Mapping[str, Any]) -> str | None:
    word = word_of(anpr.get("vehiclelistname"), anpr.get("listtype"))
    return None if word is None or word.lower() in _UNLISTED else word


def _images(pictures: list[dict[str, Any]], parts: tuple[Part, ...]) -> tuple[Image, ...]:
    """Return the pictures that the alert names, and those that came along unnamed, driver's pictures left out."""
    by_name = {(part.filename or part.name): part for part in parts if part.filename or part.name}
    images: list[Image] = []
    for picture in pictures[:20]:
        filename = text_of(picture.get("filename"))
        kind = _picture_kind(text_of(picture.get("type")) or filename)
        if kind is not None:
            images.append(_image(kind, filename, by_name.pop(filename or "", None)))
    for filename, part in by_name.items():
        kind = _picture_kind(filename)
        if kind is not None and part.data:
            images.append(_image(kind, filename, part))
    return tuple(images)


def _picture_kind(name: str | None) -> str | None:
    return _PICTURE_KINDS.get((name or "").rsplit("/", 1)[-1].split(".", 1)[0].lower())


def _image(kind: str, filename: str | None, part: Part | None) -> Image:
    if part is None:
        return Image(kind=kind, reference=filename)
    media_type = media_type_of(part.data) or part.media_type or None
    return Image(kind=kind, media_type=media_type, size=len(part.data), reference=filename, data=part.data)


def _position(info: object) -> Position | None:
    """Return the camera's position out of degrees, minutes and seconds with letters for the side."""
    north, east = _degrees(inside(info, "latitude")), _degrees(inside(info, "longitude"))
    if north is None or east is None:
        return None
    south = word_of(inside(info, "latitudetype")) in ("S", "s")
    west = word_of(inside(info, "longitudetype")) in ("W", "w")
    return position_of(-north if south else north, -east if west else east)


def _degrees(value: object) -> float | None:
    degree, minute, second = (number_of(inside(value, name)) for name in ("degree", "minute", "sec"))
    if degree is None:
        return number_of(value)
    return round(degree + (minute or 0.0) / 60 + (second or 0.0) / 3600, 7)


HIKVISION = Format(name=NAME, claims=claims, parse=parse, says="Hikvision ISAPI event alerts (ANPR), XML or JSON")
