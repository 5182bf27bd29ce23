"""Noting: the places of one command's records, in order, and the records themselves as ever."""

from lockplate.access import parse_leaf
from lockplate.evidence.noting import NotingRecorder


def test_places_are_noted_in_order(recorder, evidence, make_record):
    """What goes through it is in the log at the places that it names; what goes past it is not noted."""
    noting = NotingRecorder(recorder)
    assert () == noting.places

    first = noting.record(make_record(facts={"step": "one"}))
    recorder.record(make_record(facts={"step": "another's"}))
    last = noting.record(make_record(facts={"step": "two"}), {"plate": "7ABC123"})

    assert (first, last) == noting.places == (0, 2)
    assert ["one", "two"] == [parse_leaf(evidence.log.entry(place)).facts["step"] for place in noting.places]
    assert {"plate": "7ABC123"} == recorder.details_of(last).values
