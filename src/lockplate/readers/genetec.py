"""Genetec Security Center: reads as cameras push them to `/lpringestion`, older JSON, and the XML export with hits.

What flows in: JSON objects or XML elements with the same names. What flows out: Parsed.
What it must never see: what a person did with a hit (`UserAction`), the officer or patroller, notes.

`DateUtc` is day first. A hit is the claim of the other system's list and is kept as one, never as a hit of ours.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from xml.etree.ElementTree import Element

from lockplate.read import ClockRule, Confidence, Parsed, Read, Vehicle
from lockplate.readers.fields import (
    NEVER,
    Captured,
    any_time,
    best_of,
    confidence_of,
    first_text,
    ids_of,
    naive,
    number_of,
    objects,
    picture,
    position_of,
    reader_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.outcome import NO_DETECTION, Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.region_names import state_of
from lockplate.readers.words import plate_in

NAME = "genetec"
_MARKS = frozenset(
    {"readtimeutc", "referencereadid", "referencecameraid", "platestateprovince", "dateutc", "timeutc", "hitid"}
)
_LISTS = ("reads", "hits", "read", "hit")
_IDS = ("referencereadid", "readid", "guid", "hitid", "hitguid")
_DAY_FIRST = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s*Z?$")

Entry = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    return any(_is_read(entry) for entry in _entries(payload))


def _is_read(entry: Entry) -> bool:
    marks = len(_MARKS & entry.keys())
    return marks >= 2 or (marks == 1 and "plate" in entry)


def _entries(payload: Payload) -> Iterator[Entry]:
    """Yield each read's fields under lower-case names; Security Center itself does not mind the case."""
    if payload.xml is not None:
        yield from _in_xml(payload.xml)
        return
    for entry in objects(payload.json):
        yield from _opened(_lower(entry))


def _in_xml(root: Element) -> Iterator[Entry]:
    """Yield the reads of a tree; an element `Hit` lends its own fields to the read inside it."""
    lent: dict[Element, Entry] = {}
    for element in root.iter():
        own = _element_fields(element)
        fields = {**lent.get(element, {}), **own}
        if "plate" in own and _is_read(fields):
            yield fields
        elif _local(element.tag) == "hit":
            lent |= {child: {key: value for key, value in own.items() if text_of(value)} for child in element}


def _opened(fields: Entry) -> Iterator[Entry]:
    """Yield the reads that an object holds, else the object; a hit's own fields stay with the read inside it."""
    lists = [fields[key] for key in _LISTS if isinstance(fields.get(key), list | dict)]
    if not lists or "plate" in fields:
        yield fields
        return
    hit = {key: value for key, value in fields.items() if not isinstance(value, list | dict)}
    yield from ({**hit, **_lower(inner)} for inner in objects(lists[0]))


def _lower(entry: Entry) -> Entry:
    return {key.lower(): value for key, value in entry.items() if isinstance(key, str)}


def _element_fields(element: Element) -> Entry:
    """Return an element's attributes and the text of its children, each under its name without a namespace."""
    fields: dict[str, Any] = {_local(key): value for key, value in element.attrib.items()}
    for child in element:
        name = _local(child.tag)
        fields[name] = _named_texts(child) if name == "attributes" else child.text
    return fields


def _named_texts(element: Element) -> Entry:
    return {(child.get("Name") or child.get("name") or _local(child.tag)): child.text for child in element}


def _local(tag: object) -> str:
    return tag.rsplit("}", 1)[-1].lower() if isinstance(tag, str) else ""


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    entries = list(_entries(payload))
    if entries:
        return parsed_of(NAME, (_outcome(entry, zone) for entry in entries))
    holds_none = any(isinstance(_lower(entry).get(key), list) for entry in objects(payload.json) for key in _LISTS)
    return parsed_of(NAME, [NO_DETECTION if holds_none else missing("no read in the body")])


def _outcome(entry: Entry, zone: tzinfo | None) -> Outcome:
    plate = plate_in(entry, "plate", "platenumber")
    if not isinstance(plate, tuple):
        return plate
    attributes = _lower(entry["attributes"]) if isinstance(entry.get("attributes"), Mapping) else {}
    taken = _time(entry, zone)
    ids = ids_of(*(entry.get(key) for key in _IDS))
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        region=state_of(
            first_text(entry.get("platestateprovince"), entry.get("platestate"), entry.get("state")),
            first_text(entry.get("platecountry"), entry.get("country")),
        ),
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=_confidence(entry),
        reader_id=reader_of(*(entry.get(key) for key in ("referencecameraid", "cameraid", "cameraguid", "cameraname"))),
        event_id=ids[0] if ids else None,
        passage_ids=ids,
        direction=first_text(entry.get("vehicledirection"), entry.get("direction"), attributes.get("relative motion")),
        vehicle=_vehicle(entry, attributes),
        images=picture("plate", entry.get("plateimage")) + picture("scene", entry.get("contextimage")),
        position=position_of(
            first_text(entry.get("latitude"), entry.get("lat")), first_text(entry.get("longitude"), entry.get("long"))
        ),
        place=text_of(entry.get("address")),
        lane=first_text(entry.get("lane"), entry.get("lanenumber")),
        claimed_list=_claim(entry),
    )


def _claim(entry: Entry) -> str | None:
    named = first_text(entry.get("hotlistname"), entry.get("hotlist"), entry.get("hittype"))
    return named or ("hit" if text_of(entry.get("hitid")) is not None else None)


def _confidence(entry: Entry) -> Confidence | None:
    """Return the confidence: `ConfidenceScore` is a percentage; cameras fill `Confidence` on either scale."""
    if (score := confidence_of(entry.get("confidencescore"), "0-100")) is not None:
        return score
    number = number_of(entry.get("confidence"))
    return None if number is None else Confidence(value=number, scale="0-1" if number <= 1 else "0-100")


def _time(entry: Entry, zone: tzinfo | None) -> Captured:
    local = first_text(entry.get("readtime"), entry.get("timestamp"), entry.get("localtime"))
    return best_of(
        written(entry.get("readtimeutc"), None, naive_is_utc=True),
        written(entry.get("timestamputc"), None, naive_is_utc=True),
        _dated(entry, "dateutc", "timeutc", None, utc=True),
        any_time(local, zone),
        _dated(entry, "datelocal", "timelocal", zone, utc=False),
        _dated(entry, "date", "time", zone, utc=False),
    )


def _dated(entry: Entry, date_key: str, time_key: str, zone: tzinfo | None, *, utc: bool) -> Captured:
    """Return the instant of a date and a time in two fields, the date day first or year first."""
    date, time = text_of(entry.get(date_key)), text_of(entry.get(time_key))
    if date is None or time is None:
        return Captured(None, date or time, ClockRule.UNREADABLE) if date or time else NEVER
    raw = f"{date} {time}"
    days, clock = _DAY_FIRST.match(date), _CLOCK.match(time)
    if days is None or clock is None:
        return written(raw, zone, naive_is_utc=utc)
    day, month, year = (int(number) for number in days.groups())
    hour, minute, second = (int(number) for number in clock.groups()[:3])
    micro = int(((clock[4] or "") + "000000")[:6])
    # naive() takes a time without a zone; the one given here only keeps the value well formed until then.
    return naive(
        lambda: datetime(year, month, day, hour, minute, second, micro, UTC).replace(tzinfo=None),
        raw,
        zone,
        naive_is_utc=utc,
    )


def _vehicle(entry: Entry, attributes: Entry) -> Vehicle | None:
    make, model, color, body = (
        first_text(attributes.get(f"vehicle {word}"), attributes.get(f"vehicle{word}"), entry.get(f"vehicle{word}"))
        for word in ("make", "model", "color", "type")
    )
    vehicle = Vehicle(make=make, model=model, color=color, body=body)
    return None if vehicle == Vehicle() else vehicle


GENETEC = Format(
    name=NAME, claims=_claims, parse=_parse, says="Genetec Security Center: lpringestion, older JSON, XML export"
)
