"""Frigate: tracked_object_update, events and reviews over MQTT, bare or in a relay's envelope; events of its HTTP API.

What flows in: one message, `{topic, payload}` around it or not, or `topic payload` lines as mosquitto_sub prints them.
What flows out: Parsed.
What it must never see: `name`, `sub_label` and descriptions. A known plate's label is a person's name for it, and a
`sub_label` may be a face; only `plate` and `recognized_license_plate` hold a plate.

All messages of one tracked object share its id; a later one may carry a better text.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

import msgspec

from lockplate.read import Ignored, Parsed, Read, Vehicle, plate_fields
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
    text_of,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import (
    OTHER_EVENT,
    VEHICLE_WITHOUT_PLATE,
    Outcome,
    missing,
    parsed_of,
)
from lockplate.readers.payload import Payload
from lockplate.readers.words import plate_in

NAME = "frigate"
SCALE = "0-1"
_LINE = re.compile(r"^(\S*(?:^|/)(?:events|reviews|tracked_object_update))\s+(\{.*\})\s*$")
_UPDATES = frozenset({"lpr", "face", "description", "classification"})
_VEHICLES = frozenset(
    {"car", "motorcycle", "bus", "truck", "school_bus", "garbage_truck", "van", "bicycle", "license_plate"}
)
_KEY = "recognized_license_plate"

Message = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    if payload.text is not None:
        return any(_LINE.match(line) for line in payload.text.splitlines())
    return any(_is_ours(entry) for entry in objects(payload.json))


def _is_ours(entry: Message) -> bool:
    topic = entry.get("topic")
    if isinstance(topic, str) and "frigate" in topic.lower().split("/"):
        return True
    message = _unwrapped(entry)
    return isinstance(message, dict) and _is_known(message)


def _is_known(message: Message) -> bool:
    return _is_update(message) or _has_states(message) or _is_http_event(message)


def _is_update(message: Message) -> bool:
    return text_of(message.get("type")) in _UPDATES and {"id", "camera"} <= message.keys()


def _has_states(message: Message) -> bool:
    after = message.get("after")
    return isinstance(after, dict) and "before" in message and {"id", "camera"} <= after.keys()


def _is_http_event(message: Message) -> bool:
    return {"id", "camera", "label", "start_time"} <= message.keys()


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    return parsed_of(NAME, _outcomes(payload, zone))


def _outcomes(payload: Payload, zone: tzinfo | None) -> Iterator[Outcome]:
    if payload.json is None and payload.text is not None:
        entries = [
            {"topic": found[1], "payload": found[2]} for found in map(_LINE.match, payload.text.splitlines()) if found
        ]
    else:
        entries = objects(payload.json)
    if not entries:
        yield missing("no message in the body")
    for entry in entries:
        message = _unwrapped(entry)
        if not isinstance(message, dict) or (message is not entry and not _is_known(message)):
            # Another topic of the same broker: availability, statistics, a switch.
            yield OTHER_EVENT
        else:
            yield _outcome(message, zone)


def _unwrapped(entry: Message) -> object:
    """Return the message inside an envelope, decoded when it came as text, or the entry itself without one."""
    if not ("topic" in entry and ("payload" in entry or "payload_json" in entry)):
        return entry
    message = entry["payload_json"] if isinstance(entry.get("payload_json"), dict) else entry.get("payload")
    if isinstance(message, str):
        try:
            return msgspec.json.decode(message)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
    return message


def _outcome(message: Message, zone: tzinfo | None) -> Outcome:
    if "after" in message or "before" in message:
        after = message.get("after")
        if not isinstance(after, dict):
            return missing("after is not an object")
        is_review = "severity" in after or isinstance(inside(after, "data", "detections"), list)
        return Ignored(kind="review") if is_review else _tracked(after, zone)
    if _is_http_event(message):
        return _tracked(message, zone)
    kind = message.get("type")
    if kind == "lpr":
        return _update(message, zone)
    return OTHER_EVENT if isinstance(kind, str) else missing("neither type nor after")


def _update(message: Message, zone: tzinfo | None) -> Outcome:
    plate = plate_in(message, "plate")
    if not isinstance(plate, tuple):
        return plate
    taken = any_time(message.get("timestamp"), zone)
    tracked = text_of(message.get("id"))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence_of(message.get("score"), SCALE),
        reader_id=reader_of(message.get("camera")),
        event_id=tracked,
        passage_ids=ids_of(tracked),
    )


def _tracked(state: Message, zone: tzinfo | None) -> Outcome:
    """Return what the state of a tracked object says; its plate is null until one was recognised."""
    sent, score = _recognised(state)
    label = text_of(state.get("label"))
    if sent is None:
        return Ignored(kind="other_object") if label not in {*_VEHICLES, None} else VEHICLE_WITHOUT_PLATE
    if not isinstance(sent, str):
        return missing("the plate field is of another type")
    plate = plate_fields(sent)
    if not isinstance(plate, tuple):
        return plate
    taken = best_of(*(any_time(state.get(key), zone) for key in ("frame_time", "start_time", "end_time")))
    tracked = text_of(state.get("id"))
    # The angle is 0 for everything until a speed zone measures it.
    moves = bool(number_of(state.get("current_estimated_speed")) or number_of(state.get("average_estimated_speed")))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence_of(score, SCALE),
        reader_id=reader_of(state.get("camera")),
        event_id=tracked,
        passage_ids=ids_of(tracked),
        direction=text_of(state.get("velocity_angle")) if moves else None,
        vehicle=Vehicle(body=label) if label in _VEHICLES - {"license_plate"} else None,
        images=picture("vehicle", state.get("thumbnail")),
    )


def _recognised(state: Message) -> tuple[object, object]:
    """Return the plate and its score: text, or [text, score], at the top or in `data`."""
    for holder in (state, state.get("data")):
        sent = inside(holder, _KEY)
        if isinstance(sent, list):
            return inside(sent, 0), inside(sent, 1)
        if sent is not None:
            return sent, inside(holder, f"{_KEY}_score")
    return None, None


FRIGATE = Format(name=NAME, claims=_claims, parse=_parse, says="Frigate's MQTT messages and HTTP events")
