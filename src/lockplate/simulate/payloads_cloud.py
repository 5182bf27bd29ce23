"""Payloads of services and relays: Plate Recognizer, UniFi Protect, Verkada, and Lockplate's own lines.

What flows in: a detection. What flows out: JSON, a form with JSON and a picture, or one line of NDJSON.
What it must never see: an account, an address or a key of any of these services.
"""

from typing import Any

import msgspec

from lockplate.clock import format_time
from lockplate.simulate.chance import uuid_of
from lockplate.simulate.detection import Detection
from lockplate.simulate.rendering import (
    Body,
    FormPart,
    epoch_ms,
    form_body,
    json_body,
    local_time,
    picture_of,
    utc_text,
    vendor_region,
)

NDJSON = "application/x-ndjson"


def platerecognizer(detection: Detection) -> Body:
    """Return a Stream webhook as plain JSON; plates in lower case."""
    return json_body(_stream(detection))


def platerecognizer_form(detection: Detection) -> Body:
    """Return a Stream webhook as Stream sends it by default: field `json`, file `upload`."""
    parts = [
        FormPart("json", msgspec.json.encode(_stream(detection))),
        FormPart("upload", picture_of(detection), "screenshot.jpg", "image/jpeg"),
    ]
    return form_body(parts, f"stream{detection.event[:16]}")


def _stream(detection: Detection) -> dict[str, Any]:
    local = local_time(detection)
    filename = f"{detection.reader.serial}_screenshots/{detection.event[:16]}.jpg"
    look = detection.passage.look
    results = []
    if detection.plate_text is not None:
        readings = [(detection.plate_text, detection.confidence), *detection.candidates]
        results.append(
            {
                "box": {"xmin": 610, "ymin": 402, "xmax": 742, "ymax": 466},
                "plate": detection.plate_text.lower(),
                "region": {"code": vendor_region(detection.passage.region), "score": 0.77},
                "score": detection.confidence,
                "dscore": 0.81,
                "candidates": [{"plate": text.lower(), "score": score} for text, score in readings],
                "vehicle": {"score": 0.79, "type": look.body.title()},
                "model_make": [{"make": look.make, "model": look.model, "score": 0.62}],
                "color": [{"color": look.color, "score": 0.71}],
                "direction": detection.passage.heading,
            }
        )
    return {
        "hook": {"target": "", "id": detection.reader.serial, "event": "recognition", "filename": filename},
        "data": {
            "camera_id": detection.reader.serial,
            "filename": filename,
            "timestamp": utc_text(detection.device_time, "%Y-%m-%dT%H:%M:%S.%fZ"),
            "timestamp_local": f"{local:%Y-%m-%d %H:%M:%S.%f}{local:%z}",
            "results": results,
        },
    }


def unifi(detection: Detection) -> Body:
    """Return an Alarm Manager webhook; it carries no confidence."""
    taken = epoch_ms(detection.device_time)
    event = detection.event[:24]
    trigger = {
        "key": "license_plate_unknown",
        "device": detection.reader.serial,
        "value": detection.plate_text,
        "eventId": event,
        "timestamp": taken,
    }
    return json_body(
        {
            "alarm": {
                "name": "Plate seen",
                "sources": [{"device": detection.reader.serial, "type": "include"}],
                "conditions": [{"condition": {"type": "is", "source": "license_plate_unknown"}}],
                "triggers": [trigger],
                "eventPath": f"/protect/events/event/{event}",
            },
            "timestamp": taken,
        }
    )


def verkada(detection: Detection) -> Body:
    """Return a Verkada webhook: `created` in seconds, `detected` in milliseconds."""
    taken = epoch_ms(detection.device_time)
    return json_body(
        {
            "org_id": uuid_of("organization", detection.reader.serial[:4]),
            "webhook_type": "lpr",
            "created_at": taken // 1000 + 1,
            "webhook_id": uuid_of(detection.event),
            "data": {
                "camera_id": uuid_of("camera", detection.reader.serial),
                "created": taken // 1000,
                "detected": taken,
                "license_plate_number": detection.plate_text,
                "confidence": detection.confidence,
                "crop": [0.4766, 0.5583, 0.5797, 0.6472],
                "license_plate_state": vendor_region(detection.passage.region),
            },
        }
    )


def lockplate(detection: Detection) -> Body:
    """Return one line of our own NDJSON."""
    line = {
        "plate": detection.plate_text,
        "captured_at": format_time(detection.device_time),
        "reader": detection.reader.reader_id,
        "event_id": detection.event[:16],
        "region": detection.passage.region,
        "confidence": detection.confidence,
        "confidence_scale": "0-1",
        "direction": detection.passage.direction,
    }
    return Body(msgspec.json.encode(line) + b"\n", NDJSON)
