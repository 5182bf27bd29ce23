"""Dahua text: `Events[0].TrafficCar.PlateNumber=…` lines made into mappings, and plates that were decoded wrongly.

What flows in: text of a snap manager or event manager answer. What flows out: mappings such as the JSON form has.
What it must never see: the store, keys, a log. Time is linear in the text.
"""

import re
from typing import Any

MAX_NESTING = 8

_LINE = re.compile(r"^(?:Return)?Events\[(\d{1,4})\]\.([A-Za-z0-9_.\[\]]{1,200})=(.*)$", re.ASCII)


def has_event_lines(text: str) -> bool:
    """Say whether a text is made of such lines."""
    return text.startswith(("Events[", "ReturnEvents[")) or "\nEvents[" in text or "\nReturnEvents[" in text


def numbered_events(text: str) -> list[dict[str, Any]]:
    """Return one mapping for each event number, in the order in which they first appear."""
    events: dict[int, dict[str, Any]] = {}
    for line in text.split("\n"):
        match = _LINE.match(line.strip())
        if match is not None:
            _put(events.setdefault(int(match[1]), {}), match[2], match[3])
    return list(events.values())


def _put(event: dict[str, Any], path: str, value: str) -> None:
    """Store a value at `TrafficCar.DrivingDirection[0]`; a place that is already a value stays one."""
    *steps, last = path.replace("[", ".").replace("]", "").split(".")[:MAX_NESTING]
    place: Any = event
    for step in steps:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return
    place.setdefault(last, value)


def repaired(value: object) -> object:
    """Return a text whose UTF-8 somebody read as latin-1, read again as UTF-8; anything else as it is.

    Only when every byte fits: a true `TÖLSL123` is no UTF-8 and stays.
    """
    if not isinstance(value, str) or value.isascii():
        return value
    for encoding in ("latin-1", "cp1252"):
        try:
            return value.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return value
