"""fast-alpr and programs around it: a reading with its characters' confidence, and a caller's own time and ids.

What flows in: one reading, a list of them, or an object that holds such a list. What flows out: Parsed.
What it must never see: the store, keys, a log.

Two shapes: `plate_text` with `characters` (adapters), and `detection` with `ocr` (the library's own result).
A reading that the adapter marks as not accepted is below its own limit and counts as no plate.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Parsed, Read, Reject, RejectReason
from lockplate.readers.fields import (
    any_time,
    best_of,
    confidence_of,
    ids_of,
    inside,
    number_of,
    objects,
    picture,
    reader_of,
    region_of,
    text_of,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import NO_DETECTION, Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import plate_in

NAME = "fastalpr"
SCALE = "0-1"
_LISTS = ("results", "plates", "detections", "predictions", "alpr_results")
_TIMES = ("captured_at", "timestamp", "time", "frame_time", "detected_at")
_READERS = ("camera_id", "camera", "device_id", "source", "camera_name")
_PASSAGES = ("track_id", "passage_id")
_EVENTS = ("event_id", "id", "uuid", "request_id", "frame_id")

Entry = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    return any(_is_reading(reading) for reading, _ in _readings(payload))


def _is_reading(entry: Entry) -> bool:
    if "plate_key" in entry or isinstance(entry.get("confidence"), dict):
        # That is a read as this program prints it.
        return False
    if "plate_text" in entry:
        return bool({"confidence", "characters", "plate_detection", "accepted"} & entry.keys())
    ocr = entry.get("ocr")
    return isinstance(entry.get("detection"), dict) and (ocr is None or isinstance(ocr, dict))


def _readings(payload: Payload) -> Iterator[tuple[Entry, Entry]]:
    """Yield each reading with the object around it, which may hold the time and the camera."""
    for entry in objects(payload.json):
        lists = [entry[key] for key in _LISTS if isinstance(entry.get(key), list)]
        if lists and "plate_text" not in entry:
            yield from ((reading, entry) for reading in objects(lists[0]))
        else:
            yield entry, {}


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    readings = list(_readings(payload))
    if not readings:
        empty = any(isinstance(entry.get(key), list) for entry in objects(payload.json) for key in _LISTS)
        return parsed_of(NAME, [NO_DETECTION if empty else missing("no reading in the body")])
    return parsed_of(NAME, (_outcome(reading, around, zone) for reading, around in readings))


def _outcome(reading: Entry, around: Entry, zone: tzinfo | None) -> Outcome:
    ocr = reading.get("ocr")
    text: Entry = ocr if isinstance(ocr, dict) else {}
    if reading.get("accepted") is False:
        return Reject(reason=RejectReason.NO_PLATE, detail="the reader did not accept its own reading")
    if _found_nothing(reading):
        return NO_DETECTION
    plate = plate_in({**text, **reading}, "plate_text", "text")
    if not isinstance(plate, tuple):
        return plate
    given = reading.get("confidence", text.get("confidence"))
    both = {**around, **reading}
    taken = best_of(*(any_time(both.get(key), zone) for key in _TIMES))
    events = ids_of(*(reading.get(key) for key in _EVENTS))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(reading.get("region", text.get("region"))),
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence_of(given, SCALE),
        reader_id=reader_of(*(both.get(key) for key in _READERS)),
        event_id=events[0] if events else None,
        passage_ids=ids_of(*(reading.get(key) for key in _PASSAGES)),
        images=picture("plate", reading.get("crop")) + picture("scene", both.get("image")),
        character_confidence=_characters(reading, given),
    )


def _found_nothing(reading: Entry) -> bool:
    """Say whether the detector looked and saw no plate, which is no broken reading."""
    if "ocr" in reading and reading["ocr"] is None and "plate_text" not in reading:
        return True
    return text_of(reading.get("plate_text")) is None and inside(reading, "plate_detection", "found") is False


def _characters(reading: Entry, given: object) -> tuple[float, ...]:
    """Return the confidence of each character, or none at all when it is not known for every one."""
    characters = objects(reading.get("characters"))
    values = [character.get("confidence") for character in characters] or (given if isinstance(given, list) else [])
    numbers = [number for value in values if (number := number_of(value)) is not None]
    return tuple(numbers) if len(numbers) == len(values) else ()


FASTALPR = Format(name=NAME, claims=_claims, parse=_parse, says="fast-alpr and adapters around it")
