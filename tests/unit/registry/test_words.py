"""Added words: kept as written, for good; and how far an auditor has looked."""

import pytest
from sqlalchemy import Engine

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict
from lockplate.registry.findings_seen import FindingsSeen
from lockplate.registry.words import LocalWords
from lockplate.terms import OperatorId, PersonId

ANN, BEN, PINE = PersonId("ann"), PersonId("ben"), OperatorId("pine-county")


@pytest.fixture
def words(engine: Engine, clock: SetClock) -> LocalWords:
    return LocalWords(engine, clock)


def test_an_entry_is_kept_as_it_was_written(words: LocalWords, clock: SetClock) -> None:
    """Phrases, stars and other letters come back the same, since they are hashed; entries come by name."""
    made = words.add("zebra", ("Zuñi camp*", "it's, so"), why="y", cite="z", by=ANN)
    words.add("apple", ("apple",), why="y", cite="z", by=ANN)
    assert ["apple", "zebra"] == [one.word for one in words.list_all()]
    assert made == words.list_all()[1]
    assert clock.now() == made.added_at


def test_there_is_one_entry_of_a_name(words: LocalWords) -> None:
    """A second one is refused and the first stays."""
    first = words.add("camp", ("camp",), why="y", cite="z", by=ANN)
    with pytest.raises(Conflict):
        words.add("camp", ("other",), why="y", cite="z", by=ANN)
    assert (first,) == words.list_all()


@pytest.mark.parametrize(
    ("given", "why", "cite"),
    [((), "y", "z"), ((" ",), "y", "z"), (("x" * 61,), "y", "z"), (("word",) * 21, "y", "z"), (("word",), " ", "z"),
     (("word",), "y", ""), (("word",), "y" * 1000, "z")],
)  # fmt: skip
def test_an_entry_without_reason_or_out_of_measure_is_refused(
    words: LocalWords, given: tuple[str, ...], why: str, cite: str
) -> None:
    """Nothing of it is kept."""
    with pytest.raises(BadInput):
        words.add("camp", given, why=why, cite=cite, by=ANN)
    assert () == words.list_all()


@pytest.mark.usefixtures("county")
def test_each_auditor_has_their_own_mark(engine: Engine, clock: SetClock) -> None:
    """Nobody has looked at first; a mark moves; another person's does not move with it; a stranger has none."""
    seen = FindingsSeen(engine, clock)
    assert 0 == seen.get(ANN, PINE)
    assert [4, 9] == [seen.put(ANN, PINE, records) for records in (4, 9)]
    assert (9, 0) == (seen.get(ANN, PINE), seen.get(BEN, PINE))
    with pytest.raises(Conflict):
        seen.put(PersonId("nobody"), PINE, 1)
