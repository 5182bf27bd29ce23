"""LILIN: the polled list of plates; person fields beside every plate; list entries that no car has shown."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import ClockRule, Confidence, Ignored, Image, RejectReason, public_read
from lockplate.readers.formats import parse_body


def row(**changes: Any) -> dict[str, Any]:
    return {
        "INDEX": 1, "TS": "1764000000305123", "MOD_TS": "2025-11-24 16:00:00 GMT", "CAR_ID": "12", "LPR": "KBR118", "ACTION": "0",
        "ACT_PARAM": "denial", "THRESHOLD": "0.751", "LP_BMP": "images/1_lp.png", "ROI_BMP": "", "COUNTRY": "TUR",
        "LPR_USER": "", "LPR_PHONE": "", "LPR_ADDRESS": "",
    } | changes  # fmt: skip


def polled(*rows: Any, **changes: Any) -> bytes:
    return json.dumps({"LPR_COUNT": len(rows), "INFORMATION": list(rows)} | changes).encode()


def test_every_row_is_read() -> None:
    """Microseconds, a 0-1 figure, the list's word as a foreign claim."""
    parsed = parse_body(polled(row(), row(LPR="MRN66", CAR_ID="13", ACT_PARAM="visitor", COUNTRY="KGZ")))
    assert ("lilin", ["KBR118", "MRN66"], ["TR", "KG"]) == (
        parsed.format, [read.plate_text for read in parsed.reads], [read.region for read in parsed.reads],
    )  # fmt: skip
    read = parsed.reads[0]
    assert (datetime(2025, 11, 24, 16, 0, 0, 305123, UTC), ClockRule.EPOCH_MICROSECONDS) == (
        read.captured_at,
        read.clock_rule,
    )
    assert (Confidence(value=0.751, scale="0-1"), ("12",), "denial") == (
        read.confidence,
        read.passage_ids,
        read.claimed_list,
    )
    assert (Image(kind="plate", reference="images/1_lp.png"),) == read.images


def test_a_row_polled_again_has_the_same_event_id() -> None:
    """The list is polled over and over; the index moves and the event id does not."""
    first, again = (
        parse_body(polled(row())).reads[0],
        parse_body(polled(row(LPR="NEWER1", TS="1764000009000000"), row(INDEX=2))).reads[1],
    )
    assert first.event_id is not None
    assert first.event_id == again.event_id


def test_the_written_time_stands_in() -> None:
    """Without microseconds the GMT text places the read."""
    read = parse_body(polled(row(TS=""))).reads[0]
    assert (datetime(2025, 11, 24, 16, tzinfo=UTC), ClockRule.OFFSET) == (read.captured_at, read.clock_rule)


def test_a_plate_on_a_list_is_no_read() -> None:
    """The deny list answers plates that no car has shown: no time, no car."""
    parsed = parse_body(
        polled(row(TS="", MOD_TS="", CAR_ID="", THRESHOLD="", LPR_USER="SECRETVALUE"), LIST_TYPE="black")
    )
    assert ((), (), (Ignored(kind="list_entry"),)) == msgspec.structs.astuple(parsed)[1:]


def test_nothing_about_people_is_kept() -> None:
    """User, phone and address are beside the plate and in no outcome."""
    body = polled(
        row(
            LPR_USER="SECRETVALUE",
            LPR_PHONE="SECRETVALUE",
            LPR_ADDRESS="SECRETVALUE",
            LPR_OTHER="SECRETVALUE",
            LPR_PAYSTATUS="SECRETVALUE",
        )
    )
    assert 1 == len(parse_body(body).reads)
    assert b"SECRETVALUE" not in msgspec.json.encode(parse_body(body))


@pytest.mark.parametrize(
    ("value", "reason"), [("", "no_plate"), ("Unknown", "no_plate"), (None, "no_plate"), ({}, "missing_field")]
)
def test_rows_without_a_plate(value: object, reason: str) -> None:
    """An empty plate is none; another type is a broken row."""
    assert [reason] == [reject.reason.value for reject in parse_body(polled(row(LPR=value))).rejects]


def test_an_empty_list_and_a_broken_one() -> None:
    """No rows is lawful; no list is not."""
    assert (Ignored(kind="no_detection"),) == parse_body(polled()).ignored
    assert [RejectReason.MISSING_FIELD] == [
        reject.reason for reject in parse_body(b'{"LPR_COUNT": 1, "INFORMATION": "x"}').rejects
    ]


def test_the_alarm_poll_is_read() -> None:
    """Of four places in the text, the filled ones are reads."""
    body = (
        b"--myboundary\nContent-Type: text/plain\nCamTime:2025-11-24 17:00:00\n\nMotionDetect=0\n"
        b"LPR0=KBR118,ACT_PARAM0=Visitor,ROI_X0=96,LPR_TIME0=2025-11-24 16:00:00 GMT,LP_BMP0=LPR_IMAGE/1.png\n"
        b"LPR1=,ACT_PARAM1=,ROI_X1=,LPR_TIME1=,LP_BMP1= LPR2=,ACT_PARAM2=,LPR_TIME2=,LP_BMP2=\n"
    )
    parsed = parse_body(body)
    assert [("KBR118", datetime(2025, 11, 24, 16, tzinfo=UTC), "Visitor")] == [
        (read.plate_text, read.captured_at, read.claimed_list) for read in parsed.reads
    ]
    assert ("lilin", (), ()) == (parsed.format, parsed.rejects, parsed.ignored)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(row())), inner, max_size=4),
    max_leaves=8,
)


@given(grafts=st.dictionaries(st.sampled_from(sorted(row())), JSON, max_size=6), rows=JSON)
def test_no_list_raises(grafts: dict[str, Any], rows: Any) -> None:
    """Whatever stands in the rows, every outcome can be shown."""
    for body in (polled(row() | grafts, grafts), json.dumps({"INFORMATION": rows}).encode()):
        parsed = parse_body(body, format_name="lilin")
        assert parsed.reads or parsed.rejects or parsed.ignored
        assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]
