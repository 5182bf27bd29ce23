"""Nedap: messages of named tags, as an operator composes them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.read import Confidence, RejectReason, public_read
from lockplate.readers.formats import parse_body


@pytest.mark.parametrize(
    "body",
    [
        "%PLATE_STRING=KBR-118;%PLATE_COUNTRY=NLD;%DATE=2025-11-24;%TIME=16-00-00;%SN=4711;%OCRSCORE=88;%TRANSIT_ID=12;%NETBIOSNAME=GATE",
        "PLATE_STRING: KBR-118\r\nPLATE_COUNTRY: NLD\r\nDATE: 2025-11-24\r\nTIME: 16-00-00\r\nSN: 4711\r\nOCRSCORE: 88\r\nTRANSIT_ID: 12\r\nNETBIOSNAME: GATE\r\n",
        json.dumps(
            {
                "PLATE_STRING": "KBR-118",
                "PLATE_COUNTRY": "NLD",
                "DATE": "2025-11-24",
                "TIME": "16-00-00",
                "SN": 4711,
                "OCRSCORE": 88,
                "TRANSIT_ID": 12,
                "NETBIOSNAME": "GATE",
            }
        ),
    ],
)
def test_named_tags_are_read(body: str) -> None:
    """However the operator joins name and value."""
    parsed = parse_body(body.encode(), zone=UTC)
    assert ("nedap", 1, ()) == (parsed.format, len(parsed.reads), parsed.rejects)
    read = parsed.reads[0]
    assert ("KBR-118", "NL", "4711", "GATE", ("12",)) == (
        read.plate_text,
        read.region,
        read.reader_id,
        read.place,
        read.passage_ids,
    )
    assert (datetime(2025, 11, 24, 16, tzinfo=UTC), Confidence(value=88.0, scale="0-100")) == (
        read.captured_at,
        read.confidence,
    )


def test_a_tag_that_comes_again_begins_the_next_message() -> None:
    """A connection carries one message after another."""
    parsed = parse_body(b"%PLATE_STRING=KBR118;%SN=1\r\n%PLATE_STRING=;%SN=1\r\n%PLATE_STRING=MRN66;%SN=1\r\n")
    assert (["KBR118", "MRN66"], [RejectReason.NO_PLATE]) == (
        [read.plate_text for read in parsed.reads], [reject.reason for reject in parsed.rejects],
    )  # fmt: skip


def test_the_manuals_list_of_tags_is_no_read() -> None:
    """Names without values are nobody's message."""
    assert [RejectReason.UNKNOWN_FORMAT] == [
        reject.reason for reject in parse_body(b"%DATE %TIME %PLATE_STRING %OCRSCORE").rejects
    ]


@given(
    text=st.lists(
        st.sampled_from(["%", "PLATE_STRING", "DATE", "TIME", "=", ": ", "A1", ";", "\n", "é"]), max_size=40
    ).map("".join)
)
def test_no_text_raises(text: str) -> None:
    """Tags may break off anywhere."""
    parsed = parse_body(b"x" + text.encode(), format_name="nedap")
    assert parsed.reads or parsed.rejects
    assert [read.plate_text for read in parsed.reads] == [public_read(read)["plate_text"] for read in parsed.reads]
