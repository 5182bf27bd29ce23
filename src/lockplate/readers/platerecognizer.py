"""Plate Recognizer: Stream webhooks, Snapshot webhooks and answers, vehicle mode, ParkPow's vehicle log, Stream CSV.

What flows in: JSON, a form with the JSON in a field and the picture as a file, or a CSV. What flows out: Parsed.
What it must never see: `user_data`, account and usage figures, the webhook's address.

Stream and Snapshot share one result shape; in vehicle mode `plate` is an object and is null for a vehicle without one.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Image, Parsed, Read, Vehicle
from lockplate.readers.fields import (
    Captured,
    best_of,
    candidates_of,
    confidence_of,
    first_text,
    ids_of,
    inside,
    nth,
    objects,
    picture,
    pictures_of,
    reader_of,
    region_of,
    strongest,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import (
    NO_DETECTION,
    OTHER_EVENT,
    VEHICLE_WITHOUT_PLATE,
    Outcome,
    missing,
    parsed_of,
)
from lockplate.readers.payload import Payload
from lockplate.readers.platerecognizer_csv import is_stream_csv, rows_of
from lockplate.readers.words import plate_in
from lockplate.terms import PlateKey, PlateText

NAME = "platerecognizer"
SCALE = "0-1"
_RECOGNITIONS = frozenset({"recognition", "image.done"})
_ANSWER_KEYS = frozenset({"usage", "processing_time", "timestamp", "timestamp_local", "camera_id", "camera", "time"})
_UNKNOWN = "unknown"

Entry = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    if payload.text is not None and is_stream_csv(payload.text):
        return True
    return any(_is_webhook(entry) or _is_answer(entry) for entry in objects(payload.json))


def _is_webhook(entry: Entry) -> bool:
    hook = entry.get("hook")
    return isinstance(hook, dict) and "event" in hook and ("data" in entry or "target" in hook)


def _is_answer(entry: Entry) -> bool:
    results = entry.get("results")
    if not isinstance(results, list) or "data_type" in entry or "epoch_time" in entry:
        return False
    if not results:
        return "usage" in entry or ("filename" in entry and "timestamp" in entry)
    shaped = (isinstance(result, dict) and ("plate" in result or "vehicle" in result) for result in results)
    scored = (isinstance(result, dict) and ("score" in result or _has_props(result)) for result in results)
    return any(shaped) and (any(scored) or bool(_ANSWER_KEYS & entry.keys()))


def _has_props(result: Entry) -> bool:
    return any(isinstance(inside(result, key, "props"), dict) for key in ("plate", "vehicle"))


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    return parsed_of(NAME, _outcomes(payload, zone))


def _outcomes(payload: Payload, zone: tzinfo | None) -> Iterator[Outcome]:
    if payload.json is None and payload.text is not None:
        for row in rows_of(payload.text):
            yield _outcome(row, _Around(row, zone, ()), 0) if isinstance(row, dict) else row
        return
    entries = objects(payload.json)
    if not entries:
        yield missing("no object in the body")
    for entry in entries:
        yield from _entry(entry, payload, zone)


def _entry(entry: Entry, payload: Payload, zone: tzinfo | None) -> Iterator[Outcome]:
    hook: Entry = entry["hook"] if isinstance(entry.get("hook"), dict) else {}
    data: Entry = (entry["data"] if isinstance(entry.get("data"), dict) else {}) if "hook" in entry else entry
    event = text_of(inside(hook, "event"))
    if event is not None and event not in _RECOGNITIONS:
        yield OTHER_EVENT
        return
    results = inside(data, "results")
    if not isinstance(results, list):
        yield missing("results is not a list")
        return
    if not results:
        yield NO_DETECTION
    around = _Around({**hook, **data}, zone, pictures_of(payload.parts, "unknown"))
    for place, result in enumerate(results):
        yield _outcome(result, around, place) if isinstance(result, dict) else missing("a result is not an object")


class _Around:
    """What all results of one body share: time, camera, picture, and the name of the picture."""

    def __init__(self, holder: Entry, zone: tzinfo | None, files: tuple[Image, ...]) -> None:
        self.taken = _time(holder, zone)
        camera = first_text(holder.get("camera_id"), holder.get("camera"))
        # In Stream the webhook's id is the camera's; in Snapshot it is the number of the webhook's registration.
        hook_id = holder.get("id")
        self.reader = reader_of(camera, hook_id if isinstance(hook_id, str) else None)
        self.filename = text_of(holder.get("filename"))
        sent = files or picture("scene", holder.get("image"))
        self.images = sent or picture("scene", first_text(holder.get("file"), self.filename))


def _time(holder: Entry, zone: tzinfo | None) -> Captured:
    keys = ("timestamp", "timestamp_local", "timestamp_camera", "time")
    return best_of(*(written(holder.get(key), zone) for key in keys))


def _outcome(result: Entry, around: _Around, place: int) -> Outcome:
    plate = result.get("plate")
    in_vehicle_mode = not isinstance(plate, str) and (isinstance(result.get("vehicle"), dict) or _has_props(result))
    if in_vehicle_mode and plate is None:
        return VEHICLE_WITHOUT_PLATE
    if isinstance(plate, dict):
        return _from_props(result, plate, around, place)
    found = plate_in(result, "plate")
    if not isinstance(found, tuple):
        return found
    pairs = ((entry.get("plate"), entry.get("score")) for entry in objects(result.get("candidates")))
    region = inside(result, "region", "code")
    return _read(
        found,
        result,
        around,
        place,
        score=result.get("score"),
        region=region if region is not None else result.get("region"),
        pairs=pairs,
    )


def _from_props(result: Entry, plate: Entry, around: _Around, place: int) -> Outcome:
    """Return the read of vehicle mode, where the first of the plate's values is the reading."""
    values = objects(inside(plate, "props", "plate"))
    if not values:
        return missing("the plate object holds no value")
    found = plate_in(values[0], "value", "plate")
    if not isinstance(found, tuple):
        return found
    return _read(
        found,
        result,
        around,
        place,
        score=values[0].get("score", plate.get("score")),
        region=strongest(inside(plate, "props", "region"), "score").get("value"),
        pairs=((first_text(value.get("value"), value.get("plate")), value.get("score")) for value in values),
    )


def _read(
    found: tuple[PlateText, PlateKey],
    result: Entry,
    around: _Around,
    place: int,
    *,
    score: object,
    region: object,
    pairs: Iterator[tuple[object, object]],
) -> Read:
    event = nth(around.filename, place)
    return Read(
        format=NAME,
        plate_text=found[0],
        plate_key=found[1],
        region=region_of(region),
        captured_at=around.taken.at,
        captured_at_raw=around.taken.raw,
        clock_rule=around.taken.rule,
        confidence=confidence_of(score, SCALE),
        reader_id=around.reader,
        event_id=event,
        passage_ids=ids_of(event),
        direction=text_of(result.get("direction")),
        vehicle=_vehicle(result),
        candidates=candidates_of(pairs, SCALE),
        images=around.images,
    )


def _vehicle(result: Entry) -> Vehicle | None:
    """Return the most likely of each list, from the plain keys or, in vehicle mode, from the vehicle's props."""
    props = inside(result, "vehicle", "props")
    holder: Entry = props if isinstance(props, dict) else result
    kind = inside(result, "vehicle", "type")
    model = strongest(holder.get("make_model", holder.get("model_make")), "score")
    color = strongest(holder.get("color"), "score")
    year = strongest(holder.get("year"), "score").get("year_range")
    vehicle = Vehicle(
        make=_known(model.get("make")),
        model=_known(model.get("model")),
        color=_known(color.get("color", color.get("value"))),
        body=_known(kind if kind is not None else result.get("vehicle")),
        year="-".join(filter(None, map(text_of, year))) or None if isinstance(year, list) else text_of(year),
    )
    return None if vehicle == Vehicle() else vehicle


def _known(value: object) -> str | None:
    text = text_of(value)
    return None if text is None or text.lower() == _UNKNOWN else text


PLATERECOGNIZER = Format(
    name=NAME, claims=_claims, parse=_parse, says="Plate Recognizer Stream and Snapshot; ParkPow's vehicle log"
)
