"""Blue Iris: the alert's POST with CodeProject.AI's answer, its older forms, and CodeProject.AI's answer alone.

What flows in: an object with `ai_dump`, `memo` or `plate_number`; or the `&JSON` macro's list; or the AI server's
answer. What flows out: Parsed.
What it must never see: what other AI modules found (people, faces); their part of the answer is Ignored unread.

The predictions of the plate module are the reads: every one, and only they. `memo` and then `plate_number` are read
only when there is no prediction at all, since both are Blue Iris's choice among them and may be of an earlier alert.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

import msgspec

from lockplate.read import ClockRule, Confidence, Ignored, Image, Parsed, Read, Reject
from lockplate.readers.fields import (
    Captured,
    any_time,
    best_of,
    confidence_of,
    ids_of,
    inside,
    mail_time,
    nth,
    objects,
    picture,
    reader_of,
    text_of,
    written,
)
from lockplate.readers.format_type import Format
from lockplate.readers.memo import plates_in_memo
from lockplate.readers.outcome import NO_DETECTION, Outcome, missing, parsed_of
from lockplate.readers.payload import Payload
from lockplate.readers.words import plate_in

NAME = "blueiris"
SCALE = "0-1"
MEMO_SCALE = "0-100"
_ALERT_KEYS = frozenset({"camera", "Image", "image", "ALERT_PATH", "ALERT_CLIP", "timestamp", "memo"})
_OTHERS = frozenset({"data_type", "frigate_event_id", "webhook_type", "alarm", "hook"})
"""Keys of other vendors' messages that also have a `plate_number`."""
_OTHER_MODULE = Ignored(kind="other_ai_module")
_LABEL = re.compile(r"^\s*plate:\s*(.*)$", re.IGNORECASE)

Entry = Mapping[str, Any]


def _claims(payload: Payload) -> bool:
    return any(_is_alert(entry) or _is_answer(entry) for entry in objects(payload.json))


def _is_alert(entry: Entry) -> bool:
    if "ai_dump" in entry:
        return True
    return (
        bool({"memo", "plate_number"} & entry.keys())
        and bool(_ALERT_KEYS & entry.keys())
        and not _OTHERS & entry.keys()
    )


def _is_answer(entry: Entry) -> bool:
    if "found" in entry and "api" in entry:
        return True
    modules = {"moduleId", "moduleName", "inferenceMs", "analysisRoundTripMs"}
    return isinstance(entry.get("predictions"), list) and bool(modules & entry.keys())


def _parse(payload: Payload, zone: tzinfo | None) -> Parsed:
    entries = objects(payload.json)
    if not entries:
        return parsed_of(NAME, [NO_DETECTION if payload.json == [] else missing("no object in the body")])
    return parsed_of(NAME, (outcome for entry in entries for outcome in _outcomes(entry, zone)))


def _outcomes(entry: Entry, zone: tzinfo | None) -> Iterator[Outcome]:
    if _is_answer(entry):
        predicted = list(_predicted(entry, {}, zone))
        yield from predicted
        if not predicted:
            yield NO_DETECTION
        return
    predicted = [outcome for answer in _dump(entry) for outcome in _predicted(answer, entry, zone)]
    yield from predicted
    if all(isinstance(outcome, Ignored) for outcome in predicted):
        yield from _older(entry, zone, anything=bool(predicted))


def _dump(entry: Entry) -> list[dict[str, Any]]:
    """Return the AI answers of an alert; a macro between quotation marks makes them text."""
    dump = entry.get("ai_dump")
    if isinstance(dump, str):
        try:
            dump = msgspec.json.decode(dump)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return []
    return objects(dump)


def _predicted(answer: Entry, alert: Entry, zone: tzinfo | None) -> Iterator[Outcome]:
    found = answer.get("found", answer)
    if not isinstance(found, dict):
        yield missing("found is not an object")
        return
    predictions = found.get("predictions")
    if not _is_plate_module(answer, found):
        yield _OTHER_MODULE
    elif predictions is not None and not isinstance(predictions, list):
        yield missing("predictions is not a list")
    else:
        for place, prediction in enumerate(predictions or []):
            if isinstance(prediction, dict):
                yield _prediction(prediction, found, alert, zone, place)
            else:
                yield missing("a prediction is not an object")


def _is_plate_module(answer: Entry, found: Entry) -> bool:
    names = (answer.get("api"), found.get("command"), found.get("moduleId"))
    words = [name.lower() for name in names if isinstance(name, str)]
    if words:
        return any("alpr" in word or "plate" in word for word in words)
    return any("plate" in prediction for prediction in objects(found.get("predictions")))


def _prediction(prediction: Entry, found: Entry, alert: Entry, zone: tzinfo | None, place: int) -> Outcome:
    holder = dict(prediction)
    if "plate" not in holder and (label := _LABEL.match(text_of(prediction.get("label")) or "")):
        holder["plate"] = label[1]
    plate = plate_in(holder, "plate")
    if not isinstance(plate, tuple):
        return plate
    request = nth(text_of(found.get("requestId")), place)
    return _read(
        plate,
        alert,
        _time(alert, found, zone),
        confidence=confidence_of(prediction.get("confidence"), SCALE),
        request=request,
    )


def _older(entry: Entry, zone: tzinfo | None, *, anything: bool) -> Iterator[Outcome]:
    """Yield what `memo`, else `plate_number`, says; when both say nothing, that nothing was found."""
    taken = _time(entry, {}, zone)
    from_memo = plates_in_memo(text_of(entry.get("memo")) or "")
    for text, percent in from_memo:
        of_memo = plate_in({"memo": text}, "memo")
        if isinstance(of_memo, tuple):
            yield _read(of_memo, entry, taken, confidence=confidence_of(percent, MEMO_SCALE))
        else:
            yield of_memo
    if from_memo:
        return
    plate = plate_in(entry, "plate_number") if "plate_number" in entry else None
    if isinstance(plate, tuple):
        yield _read(plate, entry, taken)
    elif isinstance(plate, Reject) and not isinstance(entry.get("ai_dump"), list | dict):
        yield plate
    elif not anything:
        is_alert = bool({"ai_dump", "memo"} & entry.keys())
        yield NO_DETECTION if is_alert else missing("neither ai_dump nor memo nor plate_number")


def _read(
    plate: tuple[Any, Any],
    alert: Entry,
    taken: Captured,
    *,
    confidence: Confidence | None = None,
    request: str | None = None,
) -> Read:
    return Read(
        format=NAME,
        plate_text=plate[0],
        plate_key=plate[1],
        captured_at=taken.at,
        captured_at_raw=taken.raw,
        clock_rule=taken.rule,
        confidence=confidence,
        reader_id=reader_of(alert.get("camera"), alert.get("camera_name")),
        event_id=request,
        passage_ids=ids_of(request),
        images=_pictures(alert),
    )


def _pictures(alert: Entry) -> tuple[Image, ...]:
    sent = picture("scene", alert.get("Image")) or picture("scene", alert.get("image"))
    return sent or picture("scene", alert.get("ALERT_PATH"))


def _time(alert: Entry, found: Entry, zone: tzinfo | None) -> Captured:
    """Return the alert's time, else CodeProject's own, which is UTC and later by the analysis."""
    sent = inside(found, "timestampUTC")
    mailed = mail_time(sent)
    if mailed.rule is ClockRule.UNREADABLE:
        mailed = written(sent, None, naive_is_utc=True)
    times = (any_time(alert.get("timestamp"), zone), any_time(alert.get("ALERT_TIME"), zone), mailed)
    return next((time for time in times if time.at is not None), best_of(*times))


BLUEIRIS = Format(name=NAME, claims=_claims, parse=_parse, says="Blue Iris alerts; CodeProject.AI's plate module")
