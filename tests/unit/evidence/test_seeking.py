"""Seeking: every record of a request and no other, in the whole log or between two instants."""

from datetime import timedelta

import pytest

from lockplate.errors import BadInput
from lockplate.evidence.seeking import MISDATED, first_after, records_of_request
from lockplate.terms import Action, RequestId

ONE, OTHER, NEVER = (RequestId(f"q{number:031x}") for number in (1, 2, 3))
STEPS = (Action.QUESTION_PENDING, Action.QUESTION_APPROVAL, Action.QUESTION_INTENT, Action.QUESTION_OUTCOME)


@pytest.fixture
def filled(recorder, evidence, make_record, clock):
    """Twelve days of records, one an hour; two requests among them, and a text that looks like a request's id."""
    for hour in range(288):
        fields = {}
        if hour in (100, 101, 120, 121):
            fields = {"request_id": ONE, "action": STEPS[(100, 101, 120, 121).index(hour)]}
        elif hour == 102:
            fields = {"request_id": OTHER, "action": Action.QUESTION_DENIED}
        elif hour == 103:
            fields = {"facts": {"note": f'"request_id":"{ONE}"'}}
        recorder.record(make_record(**fields))
        clock.advance(timedelta(hours=1))
    return evidence.log


def test_a_request_is_found_whole(filled, monkeypatch):
    """Its records in order, another's not among them; the same however large the pieces read at once are."""
    for chunk in (1, 7, 4_000):
        monkeypatch.setattr("lockplate.evidence.seeking.CHUNK", chunk)
        found = records_of_request(filled, ONE)
        assert [100, 101, 120, 121] == [index for index, _ in found]
        assert list(STEPS) == [record.action for _, record in found]
    assert [102] == [index for index, _ in records_of_request(filled, OTHER)]
    assert () == records_of_request(filled, NEVER)


def test_a_time_spares_reading_and_loses_nothing(filled, monkeypatch):
    """Between the asking and the end of its time all is found, and what lies days before or after is not read."""
    read = []
    entries = filled.entries
    monkeypatch.setattr(filled, "entries", lambda start, end: read.append((start, end)) or entries(start, end))
    asked = records_of_request(filled, ONE)[0][1].at
    read.clear()

    found = records_of_request(filled, ONE, since=asked, until=asked + timedelta(hours=24))

    assert [100, 101, 120, 121] == [index for index, _ in found]
    whole = [span for span in read if span[1] - span[0] > 1]
    hours = MISDATED // timedelta(hours=1)
    assert [(100 - hours, 124 + hours)] == whole


def test_the_halves_meet(filled):
    """The place from which on all is later: at the start, in between, at the end."""
    first = records_of_request(filled, ONE)[0][1].at - timedelta(hours=100)
    for hour in (0, 1, 57, 287):
        assert hour == first_after(filled, first + timedelta(hours=hour), 288)
    assert 288 == first_after(filled, first + timedelta(days=400), 288)


@pytest.mark.parametrize(
    "wrong", ["", "q", "q" + "0" * 30, "q" + "0" * 32, "Q" + "0" * 31, 'q","action":"export', "q" + "g" * 31]
)
def test_only_an_id_is_looked_for(filled, wrong):
    """A text that is no request's id is refused, not searched for."""
    with pytest.raises(BadInput):
        records_of_request(filled, RequestId(wrong))
