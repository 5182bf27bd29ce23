"""Words: what cameras write where they know nothing, and which other events they may be heard to speak of.

What flows in: text out of a payload. What flows out: a word worth keeping or None; a plate; a kind from a closed list.
What it must never see: the store, keys, a log. A kind becomes a counter's label, so a payload cannot invent one.
"""

import re
from collections.abc import Mapping
from typing import Any

from lockplate.read import Ignored, Reject, RejectReason
from lockplate.readers.fields import text_of
from lockplate.readers.outcome import OTHER_EVENT, plate_of
from lockplate.terms import PlateKey, PlateText

HEARTBEAT = Ignored(kind="heartbeat")

_NOTHING = frozenset({"unknown", "unknow", "unknwon", "undefined", "none", "null", "n/a", "non", "-", "--", "nan"})

_NO_PLATE = frozenset(
    {"UNKNOW", "NOREAD", "NOTDEFINED", "NOTRECOGNIZED", "NOTRECOGNISED", "UNRECOGNIZED", "NOLICENSE", "NOLICENSEPLATE",
     "WITHOUTPLATE", "EMPTY", "NIL", "无车牌", "无牌", "无牌车", "未识别", "车牌"}
)  # fmt: skip
"""Words for "no plate" beyond read.NO_PLATE_WORDS, upper case, letters and digits only."""

_TOKEN = re.compile(r"^(?:%[A-Za-z_]+%?|\$\{?[A-Za-z_.]+\}?|#[A-Z_]+#|\{\{?[A-Za-z_. ]+\}?\}|<\|?[A-Za-z_ ]+\|?>)$")
"""A template's placeholder that the camera did not fill in."""

_KINDS = {
    name.lower(): Ignored(kind=name)
    for name in (
        # Hikvision
        "VMD", "videoloss", "linedetection", "fielddetection", "regionEntrance", "regionExiting", "facedetection",
        "scenechangedetection", "shelteralarm", "tamperdetection", "diskfull", "diskerror", "illAccess", "IO", "PIR",
        "duration", "vehicledetection", "loitering", "unattendedBaggage", "attendedBaggage", "nicbroken", "ipconflict",
        # Dahua
        "VideoMotion", "VideoMotionInfo", "VideoLoss", "VideoBlind", "VideoAbnormalDetection", "AlarmLocal", "NewFile",
        "CrossLineDetection", "CrossRegionDetection", "SmartMotionHuman", "SmartMotionVehicle", "FaceDetection",
        "AccessControl", "StorageFailure", "StorageLowSpace", "NTPAdjustTime", "TimeChange", "RtspSessionDisconnect",
        "LeFunctionStatusSync", "TrafficFlowStat", "TrafficJam", "CallNoAnswered", "DeviceInfo",
    )
}  # fmt: skip


def _is_token(text: str) -> bool:
    return len(text) <= 60 and _TOKEN.match(text) is not None


def word_of(*values: object) -> str | None:
    """Return the first value that says something: text or a number, and not a word for "unknown"."""
    for value in values:
        text = text_of(value)
        if text is not None and text.lower() not in _NOTHING and not _is_token(text):
            return text
    return None


def name_of(*values: object) -> str | None:
    """Return the first value that says something in letters: cameras send their own code numbers in the same field."""
    return next(
        (word for value in values if (word := word_of(value)) is not None and any(map(str.isalpha, word))), None
    )


def other_event(code: object) -> Ignored:
    """Return the kind of an event that is not a read: the vendor's own word where we know it, else `other_event`."""
    return _KINDS.get((text_of(code) or "").lower(), OTHER_EVENT)


def plate_in(holder: Mapping[str, Any], *keys: str) -> tuple[PlateText, PlateKey] | Reject:
    """Return the plate under the first key that holds one, as outcome.plate_of does, with two more looks.

    A plate of digits alone may come as a JSON number; a placeholder or a camera's own word for "none" is no plate.
    """
    cleaned = {key: _plate_value(holder[key]) for key in keys if key in holder}
    return plate_of(cleaned, *keys)


def _plate_value(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return text_of(value)
    if not isinstance(value, str):
        return value
    trimmed = value.strip()
    bare = "".join(filter(str.isalnum, trimmed)).upper()
    return "" if bare in _NO_PLATE or _is_token(trimmed) else value


def no_plate(detail: str) -> Reject:
    """Return the Reject of a detection that has no plate; `detail` names the field, never its value."""
    return Reject(reason=RejectReason.NO_PLATE, detail=detail)
