"""Verkada: the `lpr` webhook in both versions, and the answer that lists the plates a camera has seen.

What flows in: one JSON object. What flows out: Parsed.
What it must never see: notifications about people, doors or persons of interest; they are Ignored unread.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Parsed, Read
from lockplate.readers.fields import (
    best_of,
    confidence_of,
    epoch_by_size,
    first_text,
    ids_of,
    objects,
    picture,
    reader_of,
    region_of,
    text_of,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import NO_DETECTION, OTHER_EVENT, Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import plate_in

NAME = "verkada"
SCALE = "0-1"
_OF_INTEREST = "license_plate_of_interest"

Entry = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    entry = payload.object()
    return _is_webhook(entry) or _is_answer(entry)


def _is_webhook(entry: Entry) -> bool:
    return isinstance(entry.get("webhook_type"), str) and bool({"org_id", "webhook_id", "data"} & entry.keys())


def _is_answer(entry: Entry) -> bool:
    seen = entry.get("detections")
    return (
        "camera_id" in entry
        and isinstance(seen, list)
        and all(isinstance(item, dict) and "license_plate" in item for item in seen)
    )


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    del zone  # every time of this format is an epoch number
    return parsed_of(NAME, _outcomes(payload.object()))


def _outcomes(entry: Entry) -> Iterator[Outcome]:
    if _is_answer(entry):
        yield from (_read(item, entry) for item in objects(entry["detections"]))
        if not entry["detections"]:
            yield NO_DETECTION
        return
    data = entry.get("data")
    about_plates = isinstance(data, dict) and bool({"license_plate_number", "license_plate"} & data.keys())
    if text_of(entry.get("webhook_type")) not in {"lpr", "LPR", None} and not about_plates:
        yield OTHER_EVENT
    elif isinstance(data, dict):
        yield _read(data, entry)
    else:
        yield missing("data is not an object")


def _read(data: Entry, around: Entry) -> Outcome:
    plate = plate_in(data, "license_plate_number", "license_plate")
    if not isinstance(plate, tuple):
        return plate
    # `detected` is the picture's instant in ms; `created` is the record's in s and may lie before or after it.
    keys = ("detected", "created", "timestamp")
    taken = best_of(*(epoch_by_size(data.get(key)) for key in keys), epoch_by_size(around.get("created_at")))
    event = text_of(around.get("webhook_id"))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(first_text(data.get("license_plate_state"), data.get("license_plate_region"))),
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence_of(data.get("confidence"), SCALE),
        reader_id=reader_of(data.get("camera_id"), around.get("camera_id")),
        event_id=event,
        passage_ids=ids_of(event),
        images=picture("unknown", data.get("image_url")) + picture("vehicle", data.get("vehicle_image_url")),
        claimed_list=_OF_INTEREST if data.get("notification_type") == _OF_INTEREST else None,
    )


VERKADA = Format(
    name=NAME, claims=_claims, parse=_parse, says="Verkada Command's lpr webhook and its list of seen plates"
)
