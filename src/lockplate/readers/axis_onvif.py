"""Axis ONVIF: plate events in a camera's ONVIF metadata stream (topics `ALPV.…`).

What flows in: the root element of a MetadataStream. What flows out: one outcome a notification.
What it must never see: bytes. Other topics of the same stream are Ignored.
"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from lockplate.read import ClockRule, Read, Reject
from lockplate.readers.elements import every, local_name
from lockplate.readers.fields import best_of, confidence_of, epoch, ids_of, region_of, text_of, written
from lockplate.readers.outcome import NO_DETECTION, OTHER_EVENT, Outcome
from lockplate.readers.words import plate_in, word_of
from lockplate.terms import ReaderId

_ROOTS = frozenset({"metadatastream", "notificationmessage", "envelope", "pullmessagesresponse"})


def is_onvif(root: Element) -> bool:
    """Say whether an element is an ONVIF stream or notification."""
    return local_name(root) in _ROOTS and next(every(root, "topic"), None) is not None


def onvif_outcomes(format_name: str, root: Element) -> list[Outcome]:
    """Return one outcome for each notification in the stream."""
    return [_outcome(format_name, message) for message in every(root, "notificationmessage")] or [OTHER_EVENT]


def _outcome(format_name: str, notification: Element) -> Outcome:
    topic = next((item.text or "" for item in every(notification, "topic")), "")
    if "ALPV" not in topic.upper():
        return OTHER_EVENT
    items = _items(notification)
    plate = plate_in(items, "lptext", "text", "platetext", "plate")
    if isinstance(plate, Reject):
        return NO_DETECTION if word_of(items.get("isdetected")) == "0" else plate
    said = next((item.get("UtcTime") for item in every(notification, "message") if item.get("UtcTime")), None)
    captured = best_of(epoch(items.get("timestamp"), ClockRule.EPOCH_MILLISECONDS), written(said, None))
    reader = _reader(notification, items)
    return Read(
        format=format_name,
        plate_text=plate[0],
        plate_key=plate[1],
        region=region_of(word_of(items.get("country"), items.get("platecountry"))),
        captured_at=captured.at,
        captured_at_raw=captured.raw,
        clock_rule=captured.rule,
        confidence=confidence_of(word_of(items.get("confidence"), items.get("plateconfidence")), "0-1"),
        reader_id=None if reader is None else ReaderId(reader),
        passage_ids=ids_of(word_of(items.get("carid"))),
        direction=word_of(items.get("direction"), items.get("carmovedirection")),
        claimed_list=word_of(items.get("listname")),
    )


def _items(notification: Element) -> dict[str, str]:
    """Return the notification's simple items, names in lower case, the first of equal names."""
    items: dict[str, str] = {}
    for item in every(notification, "simpleitem"):
        items.setdefault((item.get("Name") or "").lower(), item.get("Value") or "")
    return items


def _reader(notification: Element, items: Mapping[str, str]) -> str | None:
    """Return a serial number, else the device's own id out of `uri://…/ProducerReference`."""
    serial = word_of(items.get("serialnumber"), items.get("macaddress"))
    if serial is not None:
        return serial
    for reference in every(notification, "producerreference"):
        for address in every(reference, "address"):
            return text_of((address.text or "").strip().removeprefix("uri://").split("/", 1)[0])
    return None
