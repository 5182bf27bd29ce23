"""Dahua push: ITSAPI, the vendor's HTTP push of passages to `/NotificationInfo/…`.

What flows in: an opened JSON payload. What flows out: a Read a passage; keep-alives and registrations as Ignored.
What it must never see: the count of people in the car, the owner's fields of an allow list: never looked up.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from lockplate.read import Ignored, Image, Read, Reject, Vehicle
from lockplate.readers.dahua_text import repaired
from lockplate.readers.fields import confidence_of, inside, number_of, objects, picture, region_of, text_of, written
from lockplate.readers.outcome import Outcome, missing
from lockplate.readers.payload import Payload
from lockplate.readers.words import HEARTBEAT, name_of, plate_in, word_of
from lockplate.terms import ReaderId

REGISTRATION = Ignored(kind="device_info")
_REGISTRATION_KEYS = frozenset(
    {"DeviceModel", "DeviceName", "DeviceType", "Manufacturer", "IPAddress", "IPv4Address", "MACAddress", "SerialNo",
     "SoftwareVersion", "Version", "ProtocolVersion", "Channel", "Online"}
)  # fmt: skip
_PICTURES = (("CutoutPic", "plate"), ("PlatePic", "plate"), ("VehiclePic", "vehicle"), ("NormalPic", "scene"))


def is_push(payload: Payload) -> bool:
    """Say whether the JSON is a passage, a keep-alive or a registration."""
    value = payload.object()
    if not value:
        return any(_is_passage(item) for item in objects(payload.json)[:1])
    return _is_passage(value) or _is_keep_alive(value) or _is_registration(value)


def push_outcomes(name: str, payload: Payload, zone: tzinfo | None) -> Iterator[Outcome]:
    """Yield one outcome for each passage."""
    for value in objects(payload.json):
        if not _is_passage(value):
            yield HEARTBEAT if _is_keep_alive(value) else REGISTRATION
            continue
        passages = value.get("Picture", inside(value, "TollgateInfo", "Picture"))
        if not objects(passages):
            yield missing("Picture")
        for passage in objects(passages):
            yield _passage(name, passage, zone)


def _is_passage(value: Mapping[str, Any]) -> bool:
    inner = value.get("Picture", inside(value, "TollgateInfo", "Picture"))
    if "TollgateInfo" in value:
        return True
    return any(item.keys() & {"Plate", "SnapInfo"} for item in objects(inner)) or (
        "Picture" in value and len(value) == 1
    )


def _is_keep_alive(value: Mapping[str, Any]) -> bool:
    active = (text_of(value.get("Active")) or "").lower()
    return active == "keepalive" or "KeepAlive" in value or ("Active" in value and "DeviceID" in value)


def _is_registration(value: Mapping[str, Any]) -> bool:
    return "DeviceInfo" in value or ("DeviceID" in value and bool(value.keys() & _REGISTRATION_KEYS))


def _passage(name: str, passage: Mapping[str, Any], zone: tzinfo | None) -> Outcome:
    plate_part, snap = passage.get("Plate"), passage.get("SnapInfo")
    if not isinstance(plate_part, dict):
        return missing("Picture.Plate")
    snap = snap if isinstance(snap, dict) else {}
    plate = plate_in({key: repaired(value) for key, value in plate_part.items()}, "PlateNumber")
    if isinstance(plate, Reject):
        return plate
    captured = written(word_of(snap.get("AccurateTime"), snap.get("SnapTime")), zone)
    figure = plate_part.get("Confidence")
    device = word_of(snap.get("SerialNo"), snap.get("MACAddress"), snap.get("DeviceID"))
    return Read(
        format=name,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(word_of(plate_part.get("Country"), plate_part.get("Region"))),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(figure, "0-100" if (number_of(figure) or 0) <= 100 else "0-255"),
        reader_id=None if device is None else ReaderId(device),
        direction=word_of(snap.get("Direction")),
        lane=word_of(snap.get("LanNo"), snap.get("LaneNo"), snap.get("Lane")),
        place=word_of(snap.get("SnapAddress")),
        vehicle=_vehicle(passage.get("Vehicle")),
        images=_images(passage),
        claimed_list="block" if snap.get("BlockUser") is True else "allow" if snap.get("AllowUser") is True else None,
    )


def _vehicle(seen: object) -> Vehicle | None:
    vehicle = Vehicle(
        make=name_of(inside(seen, "VehicleSign")),
        model=name_of(inside(seen, "VehicleSeries")),
        color=name_of(inside(seen, "VehicleColor")),
        body=name_of(inside(seen, "VehicleType")),
    )
    return None if vehicle == Vehicle() else vehicle


def _images(passage: Mapping[str, Any]) -> tuple[Image, ...]:
    images: list[Image] = []
    for key, kind in _PICTURES:
        content = picture(kind, inside(passage, key, "Content"))
        images += content or picture(kind, inside(passage, key, "PicName"))
    return tuple(images)
