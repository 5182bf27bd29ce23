"""Blue Iris and CodeProject.AI: predictions are the reads; memo and plate_number only stand in for them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lockplate.read import ClockRule, Ignored, Parsed, Read, RejectReason
from lockplate.readers.formats import parse_body
from lockplate.readers.memo import plates_in_memo

SENT = datetime(2025, 11, 24, 16, tzinfo=UTC)
ANALYSED = datetime(2025, 11, 24, 16, 0, 3, tzinfo=UTC)


def prediction(plate: object = "ZZT042", **changes: Any) -> dict[str, Any]:
    return {"plate": plate, "label": f"Plate: {plate}", "confidence": 0.91, "x_min": 1, "y_min": 2} | changes


def answer(*predictions: object, api: str = "alpr", **found: Any) -> dict[str, Any]:
    return {
        "api": api,
        "found": {
            "success": True,
            "predictions": list(predictions),
            "moduleId": "ALPR" if api == "alpr" else "ObjectDetectionYOLOv5",
            "command": api,
            "requestId": "req-1",
            "timestampUTC": "Mon, 24 Nov 2025 16:00:03 GMT",
        }
        | found,
    }


def alert(*answers: object, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"camera": "GATE2", "timestamp": "2025-11-24T16:00:00Z", "ALERT_PATH": "a.jpg"}
    return body | ({"ai_dump": list(answers)} if answers else {}) | changes


def parse(body: object, **options: Any) -> Parsed:
    parsed = parse_body(msgspec.json.encode(body), **options)
    assert "blueiris" == parsed.format
    return parsed


def only(body: object, **options: Any) -> Read:
    parsed = parse(body, **options)
    assert (1, ()) == (len(parsed.reads), parsed.rejects)
    return parsed.reads[0]


def test_every_prediction_is_a_read() -> None:
    """A dump with two plates holds two vehicles, each with its own confidence."""
    parsed = parse(alert(answer(prediction("SGX 7923G"), prediction("QQR777", confidence=0.5))))
    assert ["SGX 7923G", "QQR777"] == [read.plate_text for read in parsed.reads]
    assert [0.91, 0.5] == [read.confidence.value for read in parsed.reads if read.confidence]
    assert {"GATE2"} == {read.reader_id for read in parsed.reads}
    assert not set(parsed.reads[0].passage_ids) & set(parsed.reads[1].passage_ids)


@pytest.mark.parametrize("number", ["OTHER99", "ZZT042", "", None, "unknown"])
def test_plate_number_beside_predictions_is_not_read(number: str | None) -> None:
    """Blue Iris's own choice neither replaces nor doubles what the module found."""
    parsed = parse(alert(answer(prediction()), plate_number=number, memo="OTHER98:90%"))
    assert (["ZZT042"], ()) == ([read.plate_text for read in parsed.reads], parsed.rejects)


def test_other_modules_in_the_dump_are_ignored() -> None:
    """People and faces found by other modules are not read, in whatever order they come."""
    face = {"label": "face", "userid": "someone", "confidence": 0.9}
    parsed = parse(alert(answer(face, api="face"), answer(prediction())))
    assert (["ZZT042"], (Ignored(kind="other_ai_module"),)) == (
        [read.plate_text for read in parsed.reads],
        parsed.ignored,
    )


def test_body_time_comes_before_the_analysis_time() -> None:
    """The alert's own time is nearer to the vehicle than CodeProject's."""
    assert SENT == only(alert(answer(prediction()))).captured_at


@pytest.mark.parametrize(
    "text", ["Mon 24 Nov 2025 16:00:03 GMT", "Mon, 24 Nov 2025 16:00:03 GMT", "2025-11-24T16:00:03"]
)
def test_analysis_time_stands_in(text: str) -> None:
    """Without a body time, or with one that names no zone, CodeProject's UTC is used, in each of its spellings."""
    for sent in (None, "2025-11-24T08:00:00", "yesterday"):
        read = only(alert(answer(prediction(), timestampUTC=text), timestamp=sent))
        assert (ANALYSED, text) == (read.captured_at, read.captured_at_raw)


def test_naive_body_time_is_placed_by_the_reader_zone() -> None:
    """When the operator set the zone, the alert's own local time is used."""
    read = only(alert(answer(prediction()), timestamp="2025-11-24 08:00:00"), zone=ZoneInfo("America/Los_Angeles"))
    assert (SENT, ClockRule.READER_ZONE) == (read.captured_at, read.clock_rule)


def test_naive_body_time_alone_cannot_be_placed() -> None:
    """No zone and no other time: no instant."""
    read = only(alert(plate_number="ZZT042", timestamp="2025-11-24 08:00:00"))
    assert (None, ClockRule.NO_ZONE, "2025-11-24 08:00:00") == (
        read.captured_at,
        read.clock_rule,
        read.captured_at_raw,
    )


@pytest.mark.parametrize(
    "body",
    [
        [answer(prediction())],
        answer(prediction()),
        answer(prediction())["found"],
        {"camera": "GATE2", "ai_dump": answer(prediction())},
        {"camera": "GATE2", "ai_dump": msgspec.json.encode([answer(prediction())]).decode()},
    ],
)
def test_codeproject_answers_in_every_wrapping(body: object) -> None:
    """List, object, bare answer, dump as object or as text: the same read."""
    read = only(body)
    assert ("ZZT042", ANALYSED) == (read.plate_text, read.captured_at)


def test_old_module_has_the_plate_in_its_label_only() -> None:
    """Before predictions had `plate`, the label held it."""
    entry = prediction()
    del entry["plate"]
    assert "ZZT042" == only(alert(answer(entry))).plate_text


def test_text_plain_body_is_read() -> None:
    """Blue Iris posts JSON as text/plain."""
    parsed = parse_body(msgspec.json.encode(alert(answer(prediction()))), content_type="text/plain; charset=utf-8")
    assert 1 == len(parsed.reads)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"memo": "ZZT042:87%,car:90%"}, ["ZZT042"]),
        ({"memo": "[ZZT042]:87%"}, ["ZZT042"]),
        ({"memo": "ZZT042:87%,QQR777:60%", "plate_number": "ZZT042"}, ["ZZT042", "QQR777"]),
        ({"memo": "person:80%", "plate_number": "ZZT042"}, ["ZZT042"]),
        ({"plate_number": "ZZT042"}, ["ZZT042"]),
        ({"plate_number": "ZZT042", "ai_dump": []}, ["ZZT042"]),
        ({"plate_number": "ZZT042", "ai_dump": [answer()]}, ["ZZT042"]),
    ],
)
def test_older_forms(changes: dict[str, Any], expected: list[str]) -> None:
    """Without predictions the memo is read, and without a plate in it `plate_number`."""
    assert expected == [read.plate_text for read in parse(alert(**changes)).reads]


def test_memo_confidence_is_a_percentage() -> None:
    """The figure of the memo is on another scale than the prediction's."""
    read = only(alert(memo="ZZT042:87%"))
    assert read.confidence is not None
    assert (87.0, "0-100") == (read.confidence.value, read.confidence.scale)


@pytest.mark.parametrize(
    ("memo", "expected"),
    [
        ("car:90%,traffic light:50%,People:40%,DayPlate:70%", []),
        ("nothing found:0%", []),
        ("cancelled", []),
        ("plate:0.87", []),
        ("plate:87", []),
        ("Plate: ZZT 042:91%", [("ZZT 042", "91")]),
        ("ZZT042:91%, zzt-042:50%", [("ZZT042", "91")]),
        ("AI: found something very long here", []),
        (",,:,[]:%", []),
    ],
)
def test_memo_holds_plates_among_labels(memo: str, expected: list[tuple[str, str]]) -> None:
    """Labels of objects and remarks are no plates; a plate named twice is one."""
    assert expected == plates_in_memo(memo)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (alert(answer(prediction("No Plate"))), RejectReason.NO_PLATE),
        (alert(answer(prediction(""))), RejectReason.NO_PLATE),
        (alert(answer("text")), RejectReason.MISSING_FIELD),
        (alert(answer(prediction(["ZZT042"]))), RejectReason.MISSING_FIELD),
        (alert(answer(predictions={"plate": "ZZT042"})), RejectReason.MISSING_FIELD),
        (alert(plate_number=""), RejectReason.NO_PLATE),
        (alert(plate_number={}), RejectReason.MISSING_FIELD),
    ],
)
def test_rejects_say_why(body: object, reason: RejectReason) -> None:
    """A plate that is none and a broken message are told apart."""
    parsed = parse(body)
    assert ((), [reason]) == (parsed.reads, [reject.reason for reject in parsed.rejects])


@pytest.mark.parametrize(
    "body", [alert(answer()), alert(memo="person:80%"), [answer(success=False)], alert(ai_dump=[])]
)
def test_nothing_found_is_ignored(body: object) -> None:
    """An alert without a plate is no fault."""
    parsed = parse(body)
    assert ((), (), (Ignored(kind="no_detection"),)) == (parsed.reads, parsed.rejects, parsed.ignored)
