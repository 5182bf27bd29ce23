"""OpenALPR and Rekor Scout: alpr_results, alpr_group, alpr_alert, vehicle, heartbeat; message versions 1 to 3.

What flows in: one message of an agent, the command line or the cloud API, or a list of them. What flows out: Parsed.
What it must never see: `vehicle_signature`, an alert's free-text description. Nothing of them is looked at.

An alert names the *listed* plate beside the group that set it off, and under the lenient strategy the two differ: only
the group is read, the list is kept as a claim. A preview group and the one that replaces it share `uuids`.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Candidate, Ignored, Parsed, Read, Vehicle
from lockplate.readers.fields import (
    best_of,
    candidates_of,
    confidence_of,
    epoch_by_size,
    first_text,
    ids_of,
    inside,
    nth,
    number_of,
    objects,
    picture,
    position_of,
    reader_of,
    region_of,
    strongest,
    text_of,
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
from lockplate.readers.words import plate_in
from lockplate.terms import ReaderId

NAME = "openalpr"
SCALE = "0-100"
_KINDS = frozenset({"alpr_results", "alpr_group", "alpr_alert", "vehicle", "heartbeat"})
_UNSET = frozenset({"", "unnamed"})
"""What the agent writes where nobody gave a name."""

Message = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    return any(_is_message(message) for message in objects(payload.json))


def _is_message(message: Message) -> bool:
    kind = message.get("data_type")
    if isinstance(kind, str):
        return kind in _KINDS or kind.startswith("alpr_")
    # The first versions had no data_type: a list of results beside the instant of the picture.
    return "results" in message and "epoch_time" in message


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    del zone  # every time of this format is an epoch number
    messages = objects(payload.json)
    if not messages:
        return parsed_of(NAME, [missing("no message in the body")])
    return parsed_of(NAME, (outcome for message in messages for outcome in _outcomes(message)))


def _outcomes(message: Message) -> Iterator[Outcome]:
    kind = message.get("data_type")
    if kind == "alpr_group":
        yield _group(message)
    elif kind == "alpr_alert":
        yield _alert(message)
    elif kind == "vehicle":
        yield VEHICLE_WITHOUT_PLATE
    elif kind == "heartbeat":
        yield Ignored(kind="heartbeat")
    elif kind == "alpr_results" or "results" in message:
        yield from _results(message)
    elif isinstance(kind, str):
        yield OTHER_EVENT
    else:
        yield missing("neither data_type nor results")


def _results(message: Message) -> Iterator[Outcome]:
    results = message.get("results")
    if not isinstance(results, list):
        yield missing("results is not a list")
        return
    if not results:
        yield NO_DETECTION
    for place, result in enumerate(results):
        yield _result(message, result, place) if isinstance(result, dict) else missing("a result is not an object")


def _result(message: Message, result: Message, place: int) -> Outcome:
    plate = plate_in(result, "plate")
    if not isinstance(plate, tuple):
        return plate
    index = number_of(result.get("plate_index"))
    uuid = nth(text_of(message.get("uuid")), place if index is None else int(index))
    taken = best_of(epoch_by_size(message.get("epoch_time")), epoch_by_size(message.get("epoch_start")))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=_region(result.get("region"), message.get("country")),
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence_of(result.get("confidence"), SCALE),
        reader_id=_reader(message),
        event_id=uuid,
        passage_ids=ids_of(uuid),
        direction=_direction(message),
        vehicle=_vehicle(result.get("vehicle")),
        candidates=_candidates(result.get("candidates")),
        images=picture("plate", result.get("plate_crop_jpeg")) + picture("vehicle", result.get("vehicle_crop_jpeg")),
        position=position_of(message.get("gps_latitude"), message.get("gps_longitude")),
        place=_place(message),
    )


def _group(group: Message, *, claimed_list: str | None = None, alert: Message | None = None) -> Outcome:
    best = inside(group, "best_plate")
    # The first versions put the text itself where later ones put the whole result.
    best_plate: Message = best if isinstance(best, dict) else {"plate": best} if isinstance(best, str) else {}
    plate = plate_in({**best_plate, **group}, "best_plate_number", "plate")
    if not isinstance(plate, tuple):
        return plate
    taken = best_of(*(epoch_by_size(group.get(key)) for key in ("epoch_start", "epoch_time", "epoch_end")))
    confidence = confidence_of(group.get("best_confidence"), SCALE)
    best_uuid = nth(text_of(group.get("best_uuid")), int(number_of(best_plate.get("plate_index")) or 0))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=_region(group.get("best_region"), best_plate.get("region"), group.get("country")),
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence or confidence_of(best_plate.get("confidence"), SCALE),
        reader_id=_reader(group, alert or {}),
        event_id=best_uuid or first_text(*_uuids(group)),
        passage_ids=ids_of(*_uuids(group), best_uuid),
        direction=_direction(group),
        vehicle=_vehicle(group.get("vehicle")),
        candidates=_candidates(group.get("candidates")) or _candidates(best_plate.get("candidates")),
        images=(
            picture("plate", best_plate.get("plate_crop_jpeg"))
            + picture("vehicle", group.get("vehicle_crop_jpeg"))
            + picture("scene", group.get("overview_jpeg"))
        ),
        position=position_of(group.get("gps_latitude"), group.get("gps_longitude")),
        place=_place(alert or {}, group),
        claimed_list=claimed_list,
    )


def _alert(alert: Message) -> Outcome:
    group = alert.get("group")
    if not isinstance(group, dict):
        return missing("an alert without its group says what was listed, not what was read")
    listed = first_text(alert.get("alert_list"), alert.get("list_type"), alert.get("alert_list_id"))
    return _group(group, claimed_list=listed or "alert", alert=alert)


def _uuids(group: Message) -> Iterator[str | None]:
    """Yield the id of each single read of the group, made the plate's own by its place in that picture."""
    uuids = group.get("uuids")
    for place, uuid in enumerate(uuids if isinstance(uuids, list) else [uuids]):
        yield nth(text_of(uuid), int(number_of(inside(group, "plate_indexes", place)) or 0))


def _reader(*messages: Message) -> ReaderId | None:
    """Return the camera's number, which the vendor's cloud gives once; the agent's id only when there is none."""
    keys = ("camera_id", "camera_number", "agent_uid", "camera_name", "site_id")
    return reader_of(*(message.get(key) for key in keys for message in messages))


def _place(*messages: Message) -> str | None:
    keys = ("site_name", "camera_name", "site_id")
    names = (text_of(message.get(key)) for message in messages for key in keys)
    labels = (text_of(inside(message, "web_server_config", "camera_label")) for message in messages)
    return next((name for name in (*names, *labels) if (name or "") not in _UNSET), None)


def _region(*codes: object) -> str | None:
    return next((region for code in codes if (region := region_of(code)) is not None), None)


def _direction(message: Message) -> str | None:
    degrees = number_of(message.get("travel_direction"))
    return None if degrees is None or degrees < 0 else text_of(message.get("travel_direction"))


def _candidates(value: object) -> tuple[Candidate, ...]:
    return candidates_of(((entry.get("plate"), entry.get("confidence")) for entry in objects(value)), SCALE)


def _vehicle(value: object) -> Vehicle | None:
    """Return what the agent holds most likely of each of its lists, in its own words (`ford_focus`)."""
    if not isinstance(value, dict):
        return None
    make, model, color, body, year = (
        text_of(strongest(value.get(key), "confidence").get("name"))
        for key in ("make", "make_model", "color", "body_type", "year")
    )
    vehicle = Vehicle(make=make, model=model, color=color, body=body, year=year)
    return None if vehicle == Vehicle() else vehicle


OPENALPR = Format(name=NAME, claims=_claims, parse=_parse, says="OpenALPR agents, command line and cloud; Rekor Scout")
