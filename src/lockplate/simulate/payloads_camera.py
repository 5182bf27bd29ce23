"""Payloads of cameras and recorders in JSON: Axis, Dahua, Frigate, Blue Iris, Genetec, Milesight, LILIN.

What flows in: a detection. What flows out: the JSON that each of these posts, and its own idea of time and confidence.
What it must never see: driver or passenger fields; the vendors that have them are not helped to send them here.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lockplate.simulate.chance import number_of, uuid_of
from lockplate.simulate.detection import Detection, Kind
from lockplate.simulate.reader import SimulatedReader
from lockplate.simulate.rendering import (
    Body,
    country3,
    epoch_ms,
    epoch_us,
    json_body,
    local_time,
    percent,
    picture_text,
    utc_text,
)

_AXIS_STATES = {Kind.PREVIEW: "new", Kind.NO_PLATE: "lost", Kind.PARKED: "update"}


def axis(detection: Detection) -> Body:
    """Return an Axis plate event: confidence as text, `carID` shared by new, update and lost."""
    taken = epoch_ms(detection.device_time)
    state = "update" if detection.part else _AXIS_STATES.get(detection.kind, "lost")
    look = detection.passage.look
    plate = detection.plate_text or ""
    return json_body(
        {
            "packetCounter": str(number_of(10_000_000, detection.event, detection.part)),
            "capture_timestamp": str(taken),
            "frame_timestamp": str(taken * 1000),
            "capture_ts": str(taken * 1_000_000),
            "datetime": local_time(detection).strftime("%Y%m%d %H%M%S") + f"{taken % 1000:03d}",
            "plateText": plate,
            "plateUnicode": plate,
            "plateUTF8": plate,
            "plateASCII": plate.encode("ascii", "ignore").decode(),
            "plateCountry": country3(detection.passage.region),
            "plateISO3166-2": detection.passage.region if "-" in detection.passage.region else "",
            "plateList": "",
            "plateConfidence": f"{detection.confidence:.6f}",
            "carState": state,
            "carID": str(int(detection.event[:8], 16)),
            "roiID": "1",
            "geotag": {"lat": detection.passage.latitude, "lon": detection.passage.longitude},
            "imageType": "plate",
            "carMoveDirection": "in" if detection.passage.approaching else "out",
            "plateCoordinates": [610, 402, 132, 64],
            "ImageArray": [{"ImageType": "plate", "ImageFormat": "jpg", "BinaryImage": picture_text(detection)}],
            "vehicle_info": {
                "type": "CAR",
                "view": "front" if detection.passage.approaching else "rear",
                "brand": look.make,
                "model": look.model,
                "color": look.color.upper(),
            },
            "camera_info": {
                "SerialNumber": detection.reader.serial,
                "ProdShortName": "SIMULATED AXIS",
                "MACAddress": detection.reader.serial,
            },
            "sensorProviderID": detection.reader.name,
        }
    )


def dahua_itsapi(detection: Detection) -> Body:
    """Return what a Dahua camera posts to TollgateInfo: `AccurateTime` is the camera's wall clock, without a zone."""
    look = detection.passage.look
    return json_body(
        {
            "Picture": {
                "Plate": {
                    "IsExist": detection.plate_text is not None,
                    "PlateNumber": detection.plate_text or "unlicensed",
                    "PlateColor": "White",
                    "Confidence": round(percent(detection.confidence)),
                    "BoundingBox": [3904, 4573, 4749, 5301],
                },
                "Vehicle": {"VehicleColor": look.color.title(), "VehicleSign": look.make},
                "SnapInfo": {
                    "AccurateTime": _dahua_time(detection),
                    "DeviceID": detection.reader.serial,
                    "Direction": "Obverse" if detection.passage.approaching else "Reverse",
                    "LanNo": detection.passage.lane,
                },
                "CutoutPic": {"Content": picture_text(detection), "PicName": "cutout.jpg"},
            }
        }
    )


def dahua_itsapi_heartbeat(reader: SimulatedReader, at: datetime) -> Body:
    """Return what a Dahua camera posts to KeepAlive."""
    del at
    return json_body({"Active": "keepAlive", "DeviceID": reader.serial})


def dahua_event(detection: Detection) -> Body:
    """Return an event manager message: `UTC` is local time that calls itself UTC, only `RealUTC` tells the truth."""
    local = local_time(detection)
    lie = int(local.replace(tzinfo=UTC).timestamp())
    number = int(detection.event[:7], 16)
    plate = detection.plate_text or ""
    look = detection.passage.look
    return json_body(
        {
            "Code": "TrafficJunction",
            "action": "Pulse",
            "index": "0",
            "data": {
                "Class": "Traffic",
                "CountInGroup": 1,
                "IndexInGroup": 1,
                "EventID": number,
                "GroupID": number,
                "LocaleTime": local.strftime("%Y-%m-%d %H:%M:%S"),
                "RealUTC": epoch_ms(detection.device_time) // 1000,
                "UTC": lie,
                "UTCMS": detection.device_time.microsecond // 1000,
                "Lane": detection.passage.lane,
                "JunctionDirection": "Obverse" if detection.passage.approaching else "Reverse",
                "Object": {
                    "ObjectType": "Plate",
                    "Text": plate,
                    "Confidence": round(percent(detection.confidence)),
                    "BoundingBox": [3904, 4573, 4749, 5301],
                },
                "TrafficCar": {
                    "DeviceAddress": detection.reader.place,
                    "MachineName": detection.reader.serial,
                    "PlateNumber": plate,
                    "PlateColor": "White",
                    "VehicleColor": look.color.title(),
                    "VehicleSign": look.make,
                    "UTC": lie,
                },
            },
        }
    )


def _dahua_time(detection: Detection) -> str:
    return local_time(detection).strftime("%Y-%m-%d %H:%M:%S")


def frigate(detection: Detection) -> Body:
    """Return a tracked-object update, as a bridge from MQTT posts it; the same id again when the plate changes."""
    seconds = epoch_us(detection.device_time) / 1_000_000
    return json_body(
        {
            "type": "lpr",
            "id": f"{int(detection.event[:8], 16)}.{int(detection.event[8:12], 16):06d}-{detection.event[12:18]}",
            "name": None,
            "plate": detection.plate_text,
            "score": detection.confidence,
            "camera": detection.reader.name.lower().replace(" ", "_"),
            "timestamp": seconds,
            "plate_box": [610, 402, 742, 466],
        }
    )


def blueiris(detection: Detection) -> Body:
    """Return a Blue Iris alert with CodeProject's answer inside; sent as text/plain, as it often arrives."""
    predictions: list[dict[str, Any]] = []
    if detection.plate_text is not None:
        predictions.append(
            {
                "confidence": detection.confidence,
                "label": f"Plate: {detection.plate_text}",
                "plate": detection.plate_text,
                "x_min": 610,
                "y_min": 402,
                "x_max": 742,
                "y_max": 466,
            }
        )
    found = {
        "success": True,
        "processMs": 71,
        "inferenceMs": 63,
        "predictions": predictions,
        "moduleId": "ALPR",
        "moduleName": "License Plate Reader",
        "code": 200,
        "command": "alpr",
        "requestId": uuid_of(detection.event),
        "timestampUTC": format_datetime(detection.device_time.replace(microsecond=0), usegmt=True),
    }
    return json_body(
        {
            "ai_dump": [{"api": "alpr", "found": found}],
            "Image": picture_text(detection),
            "camera": detection.reader.name,
            "timestamp": utc_text(detection.device_time, "%Y-%m-%dT%H:%M:%SZ"),
            "ALERT_PATH": f"{detection.event[:12]}.jpg",
        },
        "text/plain",
    )


def genetec(detection: Detection) -> Body:
    """Return the body a camera posts to Security Center's ingestion: confidence as text."""
    return json_body(
        {
            "ReferenceReadId": str(int(detection.event[:13], 16)),
            "ReferenceCameraId": detection.reader.serial,
            "Plate": detection.plate_text,
            "Confidence": f"{detection.confidence:.2f}",
            "PlateStateProvince": detection.passage.region[3:],
            "PlateImage": picture_text(detection),
            "CameraName": detection.reader.name,
            "VehicleDirection": "In" if detection.passage.approaching else "Out",
            "ReadTimeUtc": utc_text(detection.device_time, "%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        }
    )


def milesight(detection: Detection) -> Body:
    """Return a Milesight event: wall clock without a zone, no event id."""
    look = detection.passage.look
    return json_body(
        {
            "device": detection.reader.name,
            "time": local_time(detection).strftime("%Y-%m-%d %H:%M:%S"),
            "plate": detection.plate_text,
            "plate_color": "White",
            "vehicle_type": "Car",
            "vehicle_color": look.color.title(),
            "direction": "Approach" if detection.passage.approaching else "Away",
            "plate_image": picture_text(detection),
        }
    )


def lilin(detection: Detection) -> Body:
    """Return one entry of LILIN's list: microseconds since 1970, as text."""
    return json_body(
        {
            "LPR_COUNT": 1,
            "INFORMATION": [
                {
                    "INDEX": 1,
                    "TS": str(epoch_us(detection.device_time)),
                    "MOD_TS": utc_text(detection.device_time, "%Y-%m-%d %H:%M:%S GMT"),
                    "CAR_ID": str(int(detection.event[:8], 16)),
                    "LPR": detection.plate_text,
                    "ACTION": "0",
                    "THRESHOLD": f"{detection.confidence:.6f}",
                    "LP_X": "610",
                    "LP_Y": "402",
                    "LP_W": "132",
                    "LP_H": "64",
                    "LP_BMP": f"images/{detection.event[:12]}.png",
                    "COUNTRY": country3(detection.passage.region),
                }
            ],
        }
    )
