"""Dahua stream: the events inside what event manager, snap manager and the RPC stream answer.

What flows in: an opened payload. What flows out: Event, one each, in order.
What it must never see: what an event means; that is dahua's.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lockplate.readers.dahua_text import has_event_lines, numbered_events
from lockplate.readers.fields import inside, objects, text_of
from lockplate.readers.payload import Part, Payload

_HEAD = re.compile(r"^[ \t]*Code=(?=[^;\n]{1,80};[ \t]*action=)", re.MULTILINE | re.IGNORECASE)
_LIVES = frozenset({"heartbeat", "keepalive"})


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event: its code, its action, its data; `data` is None when it has none that can be read."""

    code: str | None = None
    action: str = ""
    data: Mapping[str, Any] | None = None
    heartbeat: bool = False
    pictures: tuple[Part, ...] = ()
    """The form parts that follow the event's text."""


def is_stream_json(payload: Payload) -> bool:
    """Say whether the JSON is an RPC message, an event manager event, or a list of such."""
    value = payload.json
    if isinstance(value, list):
        return bool(value) and _is_event(value[0])
    if not isinstance(value, dict):
        return False
    method = text_of(value.get("method")) or ""
    if method.startswith(("client.notify", "global.keepAlive", "eventManager", "snapManager")):
        return True
    return isinstance(inside(value, "params", "eventList"), list) or _is_event(value) or _is_events_object(value)


def is_stream_text(payload: Payload) -> bool:
    """Say whether the text, or one of the form's parts, is an event manager's or a snap manager's."""
    return any(_is_text(text) for text, _ in _texts(payload))


def stream_events(payload: Payload) -> Iterator[Event]:
    """Yield every event of the body."""
    if payload.json is not None:
        for document in (payload, *payload.others):
            yield from _json_events(document.json)
        return
    for text, pictures in _texts(payload):
        if _is_text(text):
            events = list(_text_events(text))
            # Pictures behind a text that holds several events cannot be told apart.
            yield from [msgspec.structs.replace(events[0], pictures=pictures)] if len(events) == 1 else events


def _is_event(value: object) -> bool:
    """Say whether a value is an event: a code with data or an action, in either spelling."""
    return isinstance(value, dict) and "Code" in value and bool(value.keys() & {"data", "Data", "action", "Action"})


def _is_events_object(value: Mapping[str, Any]) -> bool:
    """Say whether an object is an event without its envelope, or flat lines that somebody sent as JSON."""
    if "TrafficCar" in value:
        return isinstance(value["TrafficCar"], dict)
    return any(map(_is_flat, value))


def _is_flat(key: str) -> bool:
    return key.startswith(("Events[", "ReturnEvents["))


def _is_text(text: str) -> bool:
    return has_event_lines(text) or text.strip().lower() in _LIVES or _HEAD.search(text[:4000]) is not None


def _texts(payload: Payload) -> list[tuple[str, tuple[Part, ...]]]:
    """Return the form's text parts one by one, since each numbers its events from zero, with the parts that follow.

    A body that is no form is one text.
    """
    if not payload.parts:
        return [(payload.text or "", ())]
    texts: list[tuple[str, tuple[Part, ...]]] = []
    for part in payload.parts:
        if part.media_type.startswith("text/") or (not part.media_type and b"\0" not in part.data):
            texts.append((_decoded(part.data), ()))
        elif texts:
            texts[-1] = (texts[-1][0], (*texts[-1][1], part))
    return texts


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _json_events(value: Any) -> Iterator[Event]:
    if isinstance(value, dict):
        listed = inside(value, "params", "eventList")
        if isinstance(listed, list):
            yield from (_json_event(item) for item in objects(listed))
            return
        if text_of(value.get("method")) is not None:
            yield Event(heartbeat="keepalive" in (text_of(value.get("method")) or "").lower())
            return
        flat = [f"{key}={text_of(item) or ''}" for key, item in value.items() if _is_flat(key)]
        if flat:
            yield from _text_events("\n".join(flat))
            return
    yield from (_json_event(item) for item in objects(value))


def _json_event(item: Mapping[str, Any]) -> Event:
    if "Code" not in item and isinstance(item.get("TrafficCar"), dict):
        return Event(code="TrafficJunction", data=item)
    data = item.get("data", item.get("Data"))
    if data is None and "TrafficCar" in item:
        data = item
    return Event(
        code=text_of(item.get("Code")),
        action=text_of(item.get("action", item.get("Action"))) or "",
        data=data if isinstance(data, dict) else None,
    )


def _text_events(text: str) -> Iterator[Event]:
    if text.strip().lower() in _LIVES:
        yield Event(heartbeat=True)
        return
    if has_event_lines(text):
        for event in numbered_events(text):
            base = event.get("EventBaseInfo")
            base = base if isinstance(base, dict) else {}
            # Some firmware leaves the code out where only cars are reported.
            bare = "TrafficJunction" if isinstance(event.get("TrafficCar"), dict) else None
            code = text_of(base.get("Code")) or text_of(event.get("Code")) or bare
            action = text_of(base.get("Action")) or text_of(event.get("Action")) or ""
            yield Event(code=code, action=action, data=event)
        return
    starts = [match.start() for match in _HEAD.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield _line_event(text[start:end])


def _line_event(text: str) -> Event:
    """Return the event of `Code=…;action=…;index=…;data={…}`; the data may run over many lines."""
    head, _, data = text.partition("data=")
    fields = dict(piece.strip().split("=", 1) for piece in head.split(";") if "=" in piece)
    return Event(code=text_of(fields.get("Code")), action=fields.get("action", "").strip(), data=_json_object(data))


def _json_object(text: str) -> Mapping[str, Any] | None:
    end = text.rfind("}")
    try:
        value = msgspec.json.decode(text[: end + 1])
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return value if isinstance(value, dict) else None
