"""Outcomes: said after a decision, several over time, each once, and gone with their hit."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, EntryId, ListId, MatchKind
from lockplate.registry.database import reading
from lockplate.registry.hit_outcomes import HitOutcome, HitOutcomes
from lockplate.registry.hits import HitDetails, HitId, Hits, HitState, NewHit
from lockplate.registry.people import People
from lockplate.registry.sealing import ColumnSealer
from lockplate.registry.tables import hit_outcomes
from lockplate.terms import OperatorId, PersonId, PlateText, ReaderId

pytestmark = pytest.mark.usefixtures("county")
PINE = OperatorId("pine-county")
ANN, BEN = PersonId("ann"), PersonId("ben")
DETAILS = HitDetails(
    plate_text=PlateText("7ZOO814"), region=None, vehicle=None, kind=MatchKind.EXACT_TEXT, region_agrees=None,
    listed_text=PlateText("7ZOO814"), listed_region=None, reason="taken from a lot",
)  # fmt: skip


@pytest.fixture
def hits(engine: Engine, clock: SetClock, sealers: dict[str, ColumnSealer]) -> Hits:
    return Hits(engine, sealers.__getitem__, clock)


@pytest.fixture
def outcomes(engine: Engine, clock: SetClock) -> HitOutcomes:
    return HitOutcomes(engine, clock)


@pytest.fixture
def hit(hits: Hits, clock: SetClock) -> HitId:
    new = NewHit(
        operator=PINE, list_id=ListId("l1"), entry_id=EntryId("e1"), category=Category.STOLEN_VEHICLE,
        reader=ReaderId("bridge-1"), captured_at=clock.now(), details=DETAILS,
    )  # fmt: skip
    return hits.record([new])[0].hit_id


def test_several_over_time(hits: Hits, outcomes: HitOutcomes, hit: HitId, clock: SetClock) -> None:
    """Each outcome stays with who said it and when, oldest first, whoever decided the hit."""
    hits.confirm(hit, HitState.CORRECT, by=ANN)
    said = [outcomes.say(hit, HitOutcome.STOP, by=ANN)]
    clock.advance(timedelta(hours=1))
    said.append(outcomes.say(hit, HitOutcome.RECOVERY, by=BEN))

    assert tuple(said) == outcomes.of(hit)
    assert [(ANN, clock.now() - timedelta(hours=1)), (BEN, clock.now())] == [(one.said_by, one.said_at) for one in said]
    with pytest.raises(Conflict):
        outcomes.say(hit, HitOutcome.STOP, by=BEN)


def test_a_wrong_hit_has_an_outcome_too(hits: Hits, outcomes: HitOutcomes, hit: HitId) -> None:
    """A car that was stopped on a wrong hit is what has to be counted."""
    hits.confirm(hit, HitState.WRONG_READ, by=ANN)

    assert HitOutcome.STOP is outcomes.say(hit, HitOutcome.STOP, by=ANN).outcome


def test_what_cannot_be_said(hits: Hits, outcomes: HitOutcomes, hit: HitId, people: People) -> None:
    """Nothing of a hit that nobody decided, of none, or by somebody who is not active."""
    with pytest.raises(Conflict):
        outcomes.say(hit, HitOutcome.STOP, by=ANN)
    hits.confirm(hit, HitState.CORRECT, by=ANN)
    with pytest.raises(NotFound):
        outcomes.say(HitId("h0"), HitOutcome.STOP, by=ANN)
    people.deactivate(ANN)
    with pytest.raises(BadInput):
        outcomes.say(hit, HitOutcome.STOP, by=ANN)
    assert () == outcomes.of(hit)


def test_they_go_with_their_hit(hits: Hits, outcomes: HitOutcomes, hit: HitId, clock: SetClock, engine: Engine) -> None:
    """A hit over its time is forgotten with its outcomes."""
    hits.confirm(hit, HitState.CORRECT, by=ANN)
    outcomes.say(hit, HitOutcome.NOTHING, by=ANN)

    hits.forget(PINE, clock.now(), from_capture=True)

    with reading(engine) as connection:
        assert [] == connection.execute(select(hit_outcomes)).all()
