"""UniFi Protect: the Alarm Manager's webhook, and the older smart-detection events.

What flows in: one JSON object. What flows out: Parsed.
What it must never see: names. The group of a known plate and the value of a face trigger name a person.

The alarm's own `timestamp` is when the webhook left; each trigger has the instant of its detection.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import ClockRule, Image, Parsed, Read, Vehicle
from lockplate.readers.fields import (
    Captured,
    any_time,
    best_of,
    confidence_of,
    first_text,
    ids_of,
    inside,
    objects,
    picture,
    reader_of,
    text_of,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import OTHER_EVENT, VEHICLE_WITHOUT_PLATE, Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import plate_in

NAME = "unifi"
SCALE = "0-100"
"""The scale of Protect's own confidence; the Alarm Manager's webhook has none."""
_NOT_LISTED = frozenset({"license_plate", "license_plate_unknown"})
_VEHICLES = frozenset({"vehicle", "car"})

Entry = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    entry = payload.object()
    if isinstance(entry.get("alarm"), dict):
        return bool({"triggers", "sources", "conditions"} & entry["alarm"].keys())
    return _thumbnails(entry) is not None and "type" in entry


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    return parsed_of(NAME, _outcomes(payload.object(), zone))


def _outcomes(entry: Entry, zone: tzinfo | None) -> Iterator[Outcome]:
    thumbnails = _thumbnails(entry)
    if thumbnails is not None:
        yield from (_thumbnail(thumbnail, entry, zone) for thumbnail in objects(thumbnails))
        return
    triggers = inside(entry, "alarm", "triggers")
    if not isinstance(triggers, list):
        yield missing("alarm.triggers is not a list")
        return
    if not triggers:
        # The test button of the Alarm Manager sends an alarm without triggers.
        yield OTHER_EVENT
    yield from _without_repeats(
        _trigger(trigger, entry, zone) if isinstance(trigger, dict) else missing("a trigger is not an object")
        for trigger in triggers
    )


def _without_repeats(outcomes: Iterator[Outcome]) -> list[Outcome]:
    """Return the outcomes, one detection that set off several conditions counted once, with its first list claim."""
    kept: list[Outcome] = []
    for outcome in outcomes:
        place = next((place for place, earlier in enumerate(kept) if _is_same(earlier, outcome)), None)
        if place is None:
            kept.append(outcome)
        elif _is_unlisted(kept[place]):
            kept[place] = outcome
    return kept


def _is_unlisted(outcome: Outcome) -> bool:
    return isinstance(outcome, Read) and outcome.claimed_list is None


def _is_same(earlier: Outcome, outcome: Outcome) -> bool:
    if not isinstance(earlier, Read) or not isinstance(outcome, Read) or outcome.event_id is None:
        return False
    return (earlier.event_id, earlier.plate_text, earlier.reader_id) == (
        outcome.event_id,
        outcome.plate_text,
        outcome.reader_id,
    )


def _trigger(trigger: Entry, entry: Entry, zone: tzinfo | None) -> Outcome:
    kind = (first_text(trigger.get("key"), trigger.get("type")) or "").lower()
    if "license_plate" not in kind and "licenseplate" not in kind:
        return VEHICLE_WITHOUT_PLATE if kind in _VEHICLES else OTHER_EVENT
    plate = plate_in(trigger, "value")
    if not isinstance(plate, tuple):
        return plate
    event = first_text(trigger.get("eventId"), inside(entry, "event", "id"))
    taken = _time(zone, trigger.get("timestamp"), inside(entry, "event", "start"), entry.get("timestamp"))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        reader_id=reader_of(trigger.get("device"), _only_source(entry), *_camera(entry)),
        event_id=event,
        passage_ids=ids_of(event),
        images=_pictures(entry),
        claimed_list=None if kind in _NOT_LISTED else kind,
    )


def _only_source(entry: Entry) -> object:
    """Return the alarm's camera when the alarm watches one camera; of several we cannot tell which one it was."""
    sources = objects(inside(entry, "alarm", "sources"))
    return sources[0].get("device") if len(sources) == 1 else None


def _camera(entry: Entry) -> tuple[object, ...]:
    camera = entry.get("camera")
    inner = (camera.get("mac"), camera.get("id"), camera.get("name")) if isinstance(camera, dict) else (camera,)
    return (*inner, entry.get("cameraId"), entry.get("cameraName"), entry.get("device"))


def _pictures(entry: Entry) -> tuple[Image, ...]:
    return picture("scene", inside(entry, "alarm", "thumbnail")) or picture("scene", inside(entry, "snapshot", "url"))


def _time(zone: tzinfo | None, *values: object) -> Captured:
    """Return the first of the times that can be read at all; later ones are further from the detection."""
    times = [any_time(value, zone) for value in values]
    readable = [time for time in times if time.rule not in (ClockRule.ABSENT, ClockRule.UNREADABLE)]
    return readable[0] if readable else best_of(*times)


def _thumbnails(entry: Entry) -> object:
    metadata = entry.get("metadata")
    return first if (first := inside(metadata, "detected_thumbnails")) else inside(metadata, "detectedThumbnails")


def _thumbnail(thumbnail: Entry, entry: Entry, zone: tzinfo | None) -> Outcome:
    kind = (text_of(thumbnail.get("type")) or "").lower()
    if kind not in {"vehicle", "licenseplate", "license_plate"}:
        return OTHER_EVENT
    if text_of(thumbnail.get("name")) is None:
        return VEHICLE_WITHOUT_PLATE
    plate = plate_in(thumbnail, "name")
    if not isinstance(plate, tuple):
        return plate
    event = first_text(entry.get("id"), inside(entry, "event", "id"), entry.get("eventId"))
    taken = _time(zone, thumbnail.get("clock_best_wall"), thumbnail.get("clockBestWall"), entry.get("start"))
    attributes = thumbnail.get("attributes")
    body = inside(attributes, "vehicle_type", "val"), inside(attributes, "vehicleType", "val")
    vehicle = Vehicle(color=text_of(inside(attributes, "color", "val")), body=first_text(*body))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence_of(inside(entry, "metadata", "licensePlate", "confidenceLevel"), SCALE),
        reader_id=reader_of(*_camera(entry)),
        event_id=event,
        passage_ids=ids_of(event, thumbnail.get("cropped_id"), thumbnail.get("croppedId")),
        vehicle=None if vehicle == Vehicle() else vehicle,
        images=_pictures(entry),
    )


UNIFI = Format(name=NAME, claims=_claims, parse=_parse, says="UniFi Protect's Alarm Manager webhook")
