"""Dahua: one traffic event, however it came, into a Read; and the choice among the vendor's transports.

What flows in: an opened payload (ITSAPI push, event manager, snap manager, RPC stream). What flows out: one outcome an
event. What it must never see: seats, belts, calls, smoking, riders' age, bags and helmets: never looked up.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from lockplate.read import Confidence, Parsed, Position, Read, Reject, Vehicle
from lockplate.readers.dahua_push import is_push, push_outcomes
from lockplate.readers.dahua_stream import Event, is_stream_json, is_stream_text, stream_events
from lockplate.readers.dahua_text import repaired
from lockplate.readers.fields import (
    NEVER,
    Captured,
    best_of,
    confidence_of,
    epoch_by_size,
    ids_of,
    inside,
    naive,
    number_of,
    pictures_of,
    position_of,
    region_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import HEARTBEAT, name_of, other_event, plate_in, word_of
from lockplate.terms import ReaderId

NAME = "dahua"


def claims(payload: Payload) -> bool:
    """Say whether a body is of one of the vendor's transports."""
    return is_push(payload) or is_stream_json(payload) or is_stream_text(payload)


def parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    """Return the outcome of every event in the body."""
    if is_push(payload):
        return parsed_of(NAME, push_outcomes(NAME, payload, zone))
    outcomes = [_outcome(event, zone) for event in stream_events(payload)]
    return parsed_of(NAME, outcomes or [missing("no event")])


def _outcome(event: Event, zone: tzinfo | None) -> Outcome:
    if event.heartbeat:
        return HEARTBEAT
    if event.code is None or event.data is None:
        return other_event(event.code) if event.code and not _is_passage(event) else missing("Code or data")
    car, plate_object = _part(event.data, "TrafficCar"), _part(event.data, "Object")
    # Traffic jams and counts go by the same first word as passages; they name no car.
    nameless = not car and not plate_object and event.code.lower() not in ("trafficjunction", "anpr")
    if nameless or not _is_passage(event):
        return other_event(event.code)
    if (text_of(plate_object.get("ObjectType")) or "plate").lower() != "plate":
        plate_object = {}
    read = _read(event.data, car, plate_object, zone)
    if isinstance(read, Read) and event.pictures:
        return msgspec.structs.replace(read, images=pictures_of(event.pictures, "unknown"))
    return read


def _is_passage(event: Event) -> bool:
    """Say whether a code is of a car passing; the end of an event repeats what its start has said."""
    return (event.code or "").lower().startswith(("traffic", "anpr", "lpr")) and event.action.lower() != "stop"


def _read(
    data: Mapping[str, Any], car: Mapping[str, Any], plate_object: Mapping[str, Any], zone: tzinfo | None
) -> Outcome:
    holder = {key: part[key] for part, key in ((car, "PlateNumber"), (plate_object, "Text")) if key in part}
    plate = plate_in({key: repaired(value) for key, value in holder.items()}, "PlateNumber", "Text")
    if isinstance(plate, Reject):
        return plate
    captured = _captured(data, car, zone)
    comm = _part(data, "CommInfo")
    event_id = _id(data.get("EventID"))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(word_of(car.get("Country"), plate_object.get("Country"), comm.get("Country"))),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=scaled(plate_object.get("Confidence")),
        reader_id=_reader(data, car),
        event_id=event_id,
        passage_ids=ids_of(_id(data.get("GroupID")) or _id(car.get("GroupID")), event_id),
        direction=_direction(data, car),
        lane=word_of(car.get("Lane"), data.get("Lane")),
        vehicle=_vehicle(data, car),
        position=_position(comm),
        claimed_list=_claimed_list(car),
    )


def _id(value: object) -> str | None:
    """Return an id; 0 is how the vendor writes that there is none."""
    text = word_of(value)
    return None if text == "0" else text


def scaled(value: object) -> Confidence | None:
    """Return a confidence: 0-100 as plates have it; some firmware counts to 255, which only a figure over 100 shows."""
    return confidence_of(value, "0-100" if (number_of(value) or 0) <= 100 else "0-255")


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _captured(data: Mapping[str, Any], car: Mapping[str, Any], zone: tzinfo | None) -> Captured:
    """Return the event's time: RealUTC is UTC, whatever else says UTC is local.

    Milliseconds come in a field of their own.
    """
    milliseconds = number_of(data.get("UTCMS"))
    extra = (
        timedelta(milliseconds=milliseconds) if milliseconds is not None and 0 <= milliseconds < 1000 else timedelta()
    )
    real = _first(epoch_by_size(source.get("RealUTC")) for source in (data, car))
    if real.at is not None:
        return real._replace(at=real.at + extra)
    local = [_local_seconds(source.get("UTC"), extra, zone) for source in (data, car)]
    texts = [written(data.get(key), zone) for key in ("LocaleTime", "AccurateTime", "SnapTime", "CreateTime")]
    return best_of(*local, *texts, real)


def _first(times: Any) -> Captured:
    return next((time for time in times if time != NEVER), NEVER)


def _local_seconds(value: object, extra: timedelta, zone: tzinfo | None) -> Captured:
    """Return the instant of seconds that count local time as if it were UTC."""
    if number_of(value) is None:
        return written(value, zone)
    as_if_utc = epoch_by_size(value)
    if as_if_utc.at is None or as_if_utc.raw is None:
        return as_if_utc
    wall: datetime = (as_if_utc.at.astimezone(UTC) + extra).replace(tzinfo=None)
    return naive(lambda: wall, as_if_utc.raw, zone)


def _reader(data: Mapping[str, Any], car: Mapping[str, Any]) -> ReaderId | None:
    text = word_of(
        data.get("SerialNo"),
        data.get("SerialNumber"),
        data.get("MACAddress"),
        car.get("MachineName"),
        data.get("MachineName"),
        data.get("DeviceID"),
        car.get("DeviceID"),
        car.get("DeviceAddress"),
        car.get("MachineAddress"),
    )
    return None if text is None else ReaderId(text)


def _direction(data: Mapping[str, Any], car: Mapping[str, Any]) -> str | None:
    driving = car.get("DrivingDirection")
    first = inside(driving, 0) if isinstance(driving, list) else inside(driving, "0") or driving
    return name_of(first, data.get("JunctionDirection"), data.get("VehicleDirection"), data.get("Direction"))


def _vehicle(data: Mapping[str, Any], car: Mapping[str, Any]) -> Vehicle | None:
    seen = _part(data, "Vehicle")
    vehicle = Vehicle(
        make=name_of(car.get("VehicleSign"), seen.get("Text")),
        color=name_of(car.get("VehicleColor")),
        body=name_of(car.get("VehicleType"), seen.get("Category"), car.get("VehicleCategory"), car.get("VehicleSize")),
    )
    return None if vehicle == Vehicle() else vehicle


def _position(comm: Mapping[str, Any]) -> Position | None:
    return position_of(inside(comm, "GPSInfo", "Latitude"), inside(comm, "GPSInfo", "Longitude"))


def _claimed_list(car: Mapping[str, Any]) -> str | None:
    for key, name in (("BlackList", "block"), ("BlockList", "block"), ("WhiteList", "allow"), ("AllowList", "allow")):
        if text_of(inside(car.get(key), "Enable")) == "true" or inside(car.get(key), "Enable") is True:
            return name
    return None


DAHUA = Format(name=NAME, claims=claims, parse=parse, says="Dahua, Intelbras: ITSAPI, event and snap manager")
