"""Readers: added on record, their key shown once."""

from datetime import date
from typing import Any

import pytest

from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.operations.readers import AddReader, ReaderName, ReadersOf
from lockplate.terms import Action, ReaderId

PINE = ReadersOf(operator="pine-county")


def camera(name: str, **values: Any) -> AddReader:
    return AddReader(reader=name, name="Elm and 4th", operator="pine-county", place="Elm Street", **values)


def test_a_reader_gets_a_key_that_no_record_holds(county: Any) -> None:
    """The key opens the door for exactly this reader; the log names the reader and neither key, name nor place."""
    start = county.size()

    made = county.run("reader.add", camera("elm-4", latitude=37.5, longitude=-122.25), "ada", there=True)

    assert ReaderId("elm-4") == county.node.registries.readers.authenticate(made.key).reader
    (record,) = county.records(start=start)
    assert (Action.READERS_CHANGED, {"change": "added", "reader": "elm-4"}) == (record.action, record.facts)
    desk = county.node.desk("pine-county")
    leaf = desk.evidence.log.entry(start)
    assert [] == [word for word in (made.key, "Elm") if word.encode() in leaf]
    assert {"name": "Elm and 4th", "place": "Elm Street"} == desk.recorder.details_of(start).values


def test_another_key_ends_the_one_so_far(county: Any) -> None:
    """At once, on record."""
    first = county.run("reader.add", camera("elm-5")).key

    second = county.run("reader.key", ReaderName(reader="elm-5"), "ada", there=True).key

    with pytest.raises(Unauthenticated):
        county.node.registries.readers.authenticate(first)
    assert ReaderId("elm-5") == county.node.registries.readers.authenticate(second).reader
    assert "key" == county.records()[-1].facts["change"]


def test_a_reader_is_stopped_and_taken_back(county: Any) -> None:
    """An inactive reader's key opens nothing until it is active again."""
    key = county.run("reader.add", camera("elm-6")).key

    county.run("reader.deactivate", ReaderName(reader="elm-6"), "ada", there=True)
    with pytest.raises(Unauthenticated):
        county.node.registries.readers.authenticate(key)
    county.run("reader.activate", ReaderName(reader="elm-6"), "ada", there=True)

    assert ReaderId("elm-6") == county.node.registries.readers.authenticate(key).reader


@pytest.mark.parametrize("person", ["olga", "sam", "uma", "rex"])
def test_nobody_else_manages_readers(county: Any, person: str) -> None:
    """Officers, supervisors, auditors and another operator's administrator do not."""
    with pytest.raises(Denied):
        county.run("reader.add", camera("elm-9"), person, there=True)
    with pytest.raises(NotFound):
        county.node.registries.readers.get(ReaderId("elm-9"))


def test_the_list_says_how_each_is_doing(county: Any) -> None:
    """Last heard, clock, rejects by reason; officers may look, outsiders may not."""
    county.run("reader.add", camera("elm-7"))
    readers, now = county.node.registries.readers, county.clock.now()
    readers.note_seen(ReaderId("elm-7"), now, 2.5)
    readers.count_rejects(ReaderId("elm-7"), now.date(), "malformed", 3)
    readers.count_rejects(ReaderId("elm-7"), date(2026, 1, 1), "malformed", 90)

    (line,) = [one for one in county.run("reader.list", PINE, "olga", there=True) if one.reader.reader == "elm-7"]

    assert (now, 2.5, 3, {"malformed": 3}) == (
        line.last_seen,
        line.clock_drift_seconds,
        line.rejects,
        line.rejects_by_reason,
    )
    with pytest.raises(Denied):
        county.run("reader.list", PINE, "quinn", there=True)


@pytest.mark.parametrize(
    ("request_of", "error"),
    [
        (camera("elm-4"), Conflict),
        (camera("Elm 4"), BadInput),
        (camera("elm-8", format_name="telepathy"), BadInput),
        (camera("elm-8", latitude=1.0), BadInput),
    ],
)
def test_what_cannot_be_is_refused_without_a_record(county: Any, request_of: AddReader, error: type[Exception]) -> None:
    """A mistake changes nothing and leaves no leaf."""
    if request_of.reader == "elm-4" and not any(
        one.reader.reader == "elm-4" for one in county.run("reader.list", PINE)
    ):
        county.run("reader.add", camera("elm-4"))
    start = county.size()

    with pytest.raises(error):
        county.run("reader.add", request_of)

    assert start == county.size()
