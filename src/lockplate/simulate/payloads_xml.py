"""Payloads in XML: Hikvision, in four forms of the same event, and Tattile.

What flows in: a detection. What flows out: XML, alone or in a form with its picture.
What it must never see: seat belts, phones, masks; Hikvision has fields for them and this module does not write them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from lockplate.simulate.chance import uuid_of
from lockplate.simulate.detection import Detection, Kind
from lockplate.simulate.reader import SimulatedReader
from lockplate.simulate.rendering import (
    Body,
    FormPart,
    country3,
    form_body,
    local_time,
    percent,
    picture_of,
    picture_text,
)

XML = "application/xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Namespace(NamedTuple):
    """How one firmware writes the same event: its namespace, its prefix, the version it claims."""

    uri: str
    prefix: str
    version: str


HIKVISION_COM = Namespace("http://www.hikvision.com/ver20/XMLSchema", "", "2.0")
ISAPI_ORG = Namespace("http://www.isapi.org/ver20/XMLSchema", "", "2.0")
STD_CGI = Namespace("http://www.std-cgi.com/ver10/XMLSchema", "", "1.0")
PREFIXED = Namespace("http://www.hikvision.com/ver20/XMLSchema", "ns1:", "2.0")


def hikvision(namespace: Namespace, *, form: bool) -> Callable[[Detection], Body]:
    """Return the renderer for one firmware: bare XML, or a form of `anpr.xml` and the plate's picture."""

    def render(detection: Detection) -> Body:
        text = _event(detection, namespace)
        if not form:
            return Body(text.encode(), XML)
        parts = [
            FormPart("anpr.xml", text.encode(), "anpr.xml", "text/xml"),
            FormPart("licensePlatePicture.jpg", picture_of(detection), "licensePlatePicture.jpg", "image/jpeg"),
        ]
        return form_body(parts, f"hik{detection.event[:16]}")

    return render


def hikvision_heartbeat(namespace: Namespace) -> Callable[[SimulatedReader, datetime], Body]:
    """Return the renderer of the inactive video-loss event that these cameras send for a pulse."""

    def render(reader: SimulatedReader, at: datetime) -> Body:
        lines = [
            *_head(reader, _offset_time(at.astimezone(ZoneInfo(reader.zone)))),
            ("activePostCount", "0"),
            ("eventType", "videoloss"),
            ("eventState", "inactive"),
            ("eventDescription", "videoloss alarm"),
        ]
        return Body(_document(namespace, _tags(lines, namespace.prefix)).encode(), XML)

    return render


def _event(detection: Detection, namespace: Namespace) -> str:
    resent = detection.kind is Kind.RESENT
    plate = detection.plate_text or "unknown"
    sure = f"{percent(detection.confidence):.0f}"
    anpr = [
        ("country", "0"),
        ("licensePlate", plate),
        ("line", str(detection.passage.lane)),
        ("direction", "forward" if detection.passage.approaching else "reverse"),
        ("confidenceLevel", sure),
        ("plateType", "unknown"),
        ("plateColor", "white"),
        ("plateCharBelieve", ",".join([sure] * len(plate))),
        ("vehicleType", "vehicle"),
        ("originalLicensePlate", plate),
    ]
    vehicle = _tags([("color", detection.passage.look.color), ("vehileModel", "0")], namespace.prefix)
    inner = _tags(anpr, namespace.prefix) + _wrap("vehicleInfo", vehicle, namespace.prefix)
    head = [
        *_head(detection.reader, _offset_time(local_time(detection))),
        ("activePostCount", "2" if resent else "1"),
        ("eventType", "ANPR"),
        ("eventState", "active"),
        ("eventDescription", "ANPR"),
        ("channelName", detection.reader.name),
    ]
    tail = [
        ("UUID", uuid_of(detection.event)),
        ("picNum", "1"),
        ("isDataRetransmission", "true" if resent else "false"),
        ("countryAbbreviation", country3(detection.passage.region)),
    ]
    prefix = namespace.prefix
    return _document(namespace, _tags(head, prefix) + _wrap("ANPR", inner, prefix) + _tags(tail, prefix))


def _head(reader: SimulatedReader, time: str) -> list[tuple[str, str]]:
    mac = reader.serial.lower()[:12].ljust(12, "0")
    return [
        ("ipAddress", "192.0.2.10"),
        ("portNo", "80"),
        ("protocol", "HTTP"),
        ("macAddress", ":".join(mac[place : place + 2] for place in range(0, 12, 2))),
        ("channelID", "1"),
        ("dateTime", time),
    ]


def _offset_time(local: datetime) -> str:
    return local.isoformat(timespec="milliseconds")


def _document(namespace: Namespace, inner: str) -> str:
    name = f"{namespace.prefix}EventNotificationAlert"
    bound = f"xmlns:{namespace.prefix[:-1]}" if namespace.prefix else "xmlns"
    return f'{_DECLARATION}<{name} version="{namespace.version}" {bound}="{namespace.uri}">\n{inner}</{name}>\n'


def _tags(pairs: list[tuple[str, str]], prefix: str = "") -> str:
    return "".join(f"<{prefix}{name}>{escape(value)}</{prefix}{name}>\n" for name, value in pairs)


def _wrap(name: str, inner: str, prefix: str) -> str:
    return f"<{prefix}{name}>\n{inner}</{prefix}{name}>\n"


def tattile(detection: Detection) -> Body:
    """Return a Tattile message: date and time apart, by the camera's wall clock, without a zone."""
    local = local_time(detection)
    pairs = [
        ("PLATE_STRING", detection.plate_text or ""),
        ("DATE", f"{local:%Y-%m-%d}"),
        ("TIME", f"{local:%H:%M:%S}"),
        ("DEVICE_SN", detection.reader.serial),
        ("DEVICE_NAME", detection.reader.name),
        ("OCRSCORE", f"{percent(detection.confidence):.1f}"),
        ("DIRECTION", "APPROACH" if detection.passage.approaching else "GOAWAY"),
        ("LANE_ID", str(detection.passage.lane)),
        ("PLATE_COUNTRY_CODE", country3(detection.passage.region)),
        ("IMAGE_OCR", picture_text(detection)),
    ]
    return Body(f"{_DECLARATION}<Msg>\n{_tags(pairs)}</Msg>\n".encode(), XML)
