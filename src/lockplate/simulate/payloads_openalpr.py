"""OpenALPR and Rekor messages: groups with previews, single results, vehicles without a plate, heartbeats.

What flows in: a detection. What flows out: the JSON an agent posts.
What it must never see: a real agent's ids. A preview group and the group that replaces it share uuids.
"""

from datetime import datetime
from typing import Any

from lockplate.simulate.chance import hex_of, number_of, uuid_of
from lockplate.simulate.detection import Detection, Kind
from lockplate.simulate.reader import SimulatedReader
from lockplate.simulate.rendering import (
    Body,
    epoch_ms,
    json_body,
    percent,
    picture_text,
    vendor_region,
)

VERSION = "4.1.0-simulated"
FRAMES_IN_PREVIEW = 2
FRAMES_IN_GROUP = 5


def group(detection: Detection) -> Body:
    """Return an alpr_group, or a `vehicle` message when no plate was seen."""
    if detection.plate_text is None:
        return json_body(_vehicle_only(detection))
    started = epoch_ms(detection.device_time)
    uuids = _uuids(detection, FRAMES_IN_PREVIEW if detection.kind is Kind.PREVIEW else FRAMES_IN_GROUP)
    best = _result(detection) | {"plate_crop_jpeg": picture_text(detection)}
    return json_body(
        {
            "data_type": "alpr_group",
            "version": 3,
            "epoch_start": started,
            "epoch_end": started + 130 * len(uuids),
            "frame_start": detection.part,
            "frame_end": detection.part + 4 * len(uuids),
            **_agent(detection.reader),
            "gps_latitude": detection.passage.latitude,
            "gps_longitude": detection.passage.longitude,
            "country": "us",
            "uuids": uuids,
            "plate_indexes": [0] * len(uuids),
            "candidates": _candidates(detection),
            "best_plate": best,
            "best_confidence": percent(detection.confidence),
            "best_plate_number": detection.plate_text,
            "best_region": vendor_region(detection.passage.region),
            "best_region_confidence": 88.0,
            "matches_template": True,
            "best_uuid": uuids[0],
            "best_uuid_epoch_ms": started,
            "best_image_width": 1280,
            "best_image_height": 720,
            "travel_direction": detection.passage.heading,
            "is_parked": detection.passage.parked_seconds > 0,
            "is_preview": detection.kind is Kind.PREVIEW,
            "vehicle": _look(detection),
            "web_server_config": {
                "camera_label": detection.reader.name,
                "agent_label": detection.reader.place,
            },
        }
    )


def results(detection: Detection) -> Body:
    """Return an alpr_results message: one look at one frame; an empty list of results when no plate was seen."""
    return json_body(
        {
            "data_type": "alpr_results",
            "version": 2,
            "uuid": _uuids(detection, detection.part + 1)[detection.part],
            **_agent(detection.reader),
            "epoch_time": epoch_ms(detection.device_time),
            "processing_time_ms": 61.5,
            "img_width": 1920,
            "img_height": 1080,
            "error": False,
            "regions_of_interest": [{"x": 0, "y": 0, "width": 1920, "height": 1080}],
            "results": [] if detection.plate_text is None else [_result(detection)],
        }
    )


def heartbeat(reader: SimulatedReader, at: datetime) -> Body:
    """Return what an agent says of itself every few minutes."""
    now = epoch_ms(at)
    return json_body(
        {
            "data_type": "heartbeat",
            **_agent(reader),
            "agent_hostname": reader.serial.lower(),
            "timestamp": now,
            "system_uptime_seconds": now // 1000 % 8_640_000,
            "license_valid": True,
            "recording_enabled": False,
            "video_streams": [
                {
                    "camera_id": _camera(reader),
                    "camera_name": reader.name,
                    "fps": 25,
                    "is_streaming": True,
                    "last_update": now - 400,
                    "gps_latitude": reader.latitude,
                    "gps_longitude": reader.longitude,
                }
            ],
        }
    )


def _vehicle_only(detection: Detection) -> dict[str, Any]:
    started = epoch_ms(detection.device_time)
    return {
        "data_type": "vehicle",
        "version": 1,
        "epoch_start": started,
        "epoch_end": started + 700,
        **_agent(detection.reader),
        "uuids": _uuids(detection, 2),
        "is_parked": detection.passage.parked_seconds > 0,
        "travel_direction": detection.passage.heading,
        "vehicle": _look(detection),
    }


def _agent(reader: SimulatedReader) -> dict[str, Any]:
    return {
        "company_id": uuid_of("company", reader.serial[:4]),
        "agent_uid": hex_of(40, "agent", reader.serial).upper(),
        "agent_version": VERSION,
        "agent_type": "alprd",
        "camera_id": _camera(reader),
    }


def _camera(reader: SimulatedReader) -> int:
    return 10_000 + number_of(900_000, "camera", reader.serial)


def _uuids(detection: Detection, frames: int) -> list[str]:
    """Return the ids of the first frames of an event; equal for a preview and what replaces it."""
    agent, camera = hex_of(40, "agent", detection.reader.serial).upper(), _camera(detection.reader)
    first = int(detection.event[:12], 16) % 1_000_000_000
    return [f"{agent}-{camera}-{first + 130 * frame}" for frame in range(frames)]


def _result(detection: Detection) -> dict[str, Any]:
    return {
        "plate": detection.plate_text,
        "confidence": percent(detection.confidence),
        "matches_template": 1,
        "plate_index": 0,
        "region": vendor_region(detection.passage.region),
        "region_confidence": 88,
        "processing_time_ms": 31.2,
        "requested_topn": 5,
        "coordinates": [{"x": 610, "y": 402}, {"x": 742, "y": 404}, {"x": 741, "y": 468}, {"x": 609, "y": 465}],
        "vehicle_region": {"x": 410, "y": 120, "width": 520, "height": 520},
        "candidates": _candidates(detection),
    }


def _candidates(detection: Detection) -> list[dict[str, Any]]:
    readings = [(detection.plate_text, detection.confidence), *detection.candidates]
    return [{"plate": text, "confidence": percent(sure), "matches_template": 0} for text, sure in readings]


def _look(detection: Detection) -> dict[str, Any]:
    look = detection.passage.look
    make, model = look.make.lower(), look.model.lower().replace(" ", "-")
    return {
        "color": [{"name": look.color, "confidence": 91.0}],
        "make": [{"name": make, "confidence": 84.0}],
        "make_model": [{"name": f"{make}_{model}", "confidence": 71.0}],
        "body_type": [{"name": look.body, "confidence": 88.0}],
    }
