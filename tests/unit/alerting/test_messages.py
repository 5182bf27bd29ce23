"""What leaves: each form of a message, a notice without any plate, one line where one line belongs."""

import email.policy
import json
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.alerting.events import NOTICE_FIELDS, AlertEvent, FaultEvent, StateEvent, event_of
from lockplate.alerting.mail import mail_of
from lockplate.alerting.messages import Message, MessageType, one_line
from lockplate.alerting.streaming import alert_frame, word_frame
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.registry.channel_targets import Target
from lockplate.registry.hits import Hit, HitDetails, HitId, HitState
from lockplate.terms import OperatorId, PlateText, ReaderId

AT = datetime(2026, 11, 24, 8, 0, 1, 500, tzinfo=UTC)
HIT = Hit(
    hit_id=HitId("h" + "0" * 20),
    operator=OperatorId("pine"),
    list_id=ListId("l" + "1" * 20),
    entry_id=EntryId("e1"),
    category=Category.AMBER,
    reader=ReaderId("bridge"),
    captured_at=AT,
    recorded_at=AT,
    details=HitDetails(
        plate_text=PlateText("4HJK882"),
        region="US-CA",
        vehicle=None,
        kind=MatchKind.EXACT_TEXT,
        region_agrees=True,
        listed_text=PlateText("4HJK 882"),
        listed_region="US-CA",
        reason="taken overnight",
        reference="NIC-1",
    ),
    has_picture=True,
    alerts=True,
    repeat_of=None,
    priority=Priority.HIGH,
    entered_at=None,
    manual=False,
    state=HitState.UNCONFIRMED,
    decided_by=None,
    decided_at=None,
)
EVENT = event_of(HIT, "Stolen today")
TARGET = Target(sender="node@pine.example", recipient="okafor@pine.example")


def message(data: dict[str, Any], kind: MessageType = MessageType.ALERT) -> Message:
    return Message(delivery="d" + "2" * 20, type=kind, at=AT, data=data)


def test_an_event_has_what_a_person_compares_and_no_more() -> None:
    """Not the entry's reason or reference, not the picture; times in RFC 3339 with milliseconds."""
    told = EVENT.told()
    assert [field.name for field in msgspec.structs.fields(AlertEvent)] == list(told)
    assert "2026-11-24T08:00:01.000Z" == told["captured_at"]
    assert not {"taken overnight", "NIC-1"} & set(map(str, told.values()))


def test_a_notice_has_no_plate() -> None:
    """Neither as read nor as listed, nor a region, nor how it matched."""
    notice = EVENT.notice()
    assert set(NOTICE_FIELDS) == notice.keys()
    assert not {"4HJK882", "4HJK 882", "US-CA", "exact_text"} & set(map(str, notice.values()))


def test_the_two_forms_of_json() -> None:
    """A webhook's envelope, as Standard Webhooks recommends, and one flat object for home automation."""
    assert {"type": "alert", "timestamp": "2026-11-24T08:00:01.000Z", "data": {"hit_id": "h1"}} == json.loads(
        message({"hit_id": "h1"}).webhook_body()
    )
    assert {"type": "alert", "delivery": "d" + "2" * 20, "hit_id": "h1"} == json.loads(
        message({"hit_id": "h1"}).flat_body()
    )


def test_a_mail_says_what_to_do() -> None:
    """One subject, the notice line by line, where to open it, and that an alert is not a stop; its id is the delivery's."""
    mail = mail_of(TARGET, message(EVENT.notice() | {"open_at": "https://plates.example/app/alerts/h1"}))
    text = mail.get_content()
    assert ("Lockplate alert: amber, high, Stolen today", f"<{'d' + '2' * 20}@pine.example>") == (
        mail["Subject"], mail["Message-ID"],
    )  # fmt: skip
    for line in ("list name: Stolen today", "reader: bridge", "open at: https://plates.example/app/alerts/h1"):
        assert line in text.splitlines()
    assert "An alert is not a stop" in text


@given(st.text(max_size=60))
def test_no_list_name_makes_a_header(name: str) -> None:
    """Whatever a list is called: one subject, and the headers that we wrote."""
    data = {"category": "amber", "priority": "high", "list_name": name}
    read = message_from_bytes(bytes(mail_of(TARGET, message(data))), policy=email.policy.default)
    wanted = {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert wanted == set(read.keys())
    assert "okafor@pine.example" == read["To"]


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    """No character that ends a line, starts an escape or hides is left."""
    line = one_line(text)
    assert 1 >= len(line.splitlines())
    assert line.isprintable()


def test_events_as_they_are_sent() -> None:
    """Name, id and one line of JSON; only alerts have an id, and an alert cannot be passed on unjudged."""
    assert alert_frame(EVENT).startswith(b"event: alert\nid: h00000000000000000000\ndata: {")
    state = StateEvent(operator=OperatorId("pine"), hit_id=HitId("h1"), state=HitState.WRONG_READ)
    assert b'event: state\ndata: {"hit_id":"h1","state":"wrong_read"}\n\n' == word_frame(state)
    fault = FaultEvent(operator=OperatorId("pine"), fault_id="f1", kind="silent", subject="bridge", since=AT, open=True)
    name, data, *rest = word_frame(fault).split(b"\n")
    assert (b"event: fault", [b"", b""]) == (name, rest)
    assert {
        "fault_id": "f1",
        "kind": "silent",
        "subject": "bridge",
        "since": "2026-11-24T08:00:01.000Z",
        "open": True,
    } == json.loads(data.removeprefix(b"data: "))


@pytest.mark.parametrize("kind", list(MessageType))
def test_every_kind_of_message_has_a_subject(kind: MessageType) -> None:
    """A trial and a fault, too."""
    data = {"category": "amber", "priority": "high", "list_name": "x", "kind": "silent"}
    assert message(data, kind).subject().startswith("Lockplate")
