"""HitOutcomes: what became of a hit, said later and by people, several over time.

What flows in: a decided hit, an outcome, who says so. What flows out: the outcomes of a hit, oldest first.
What it must never see: a plate, free text: an outcome is one of a closed list. They go when their hit goes.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import Engine, insert, select

from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.registry.database import reading, writing
from lockplate.registry.hits import HitId, HitState
from lockplate.registry.people import read_person_facts
from lockplate.registry.tables import hit_outcomes, hits
from lockplate.terms import PersonId


class HitOutcome(StrEnum):
    """What became of a hit; also of one that was found wrong, since a car may have been stopped by then."""

    STOP = "stop"
    RECOVERY = "recovery"
    """A vehicle, a plate or a person was found."""
    ARREST = "arrest"
    CITATION = "citation"
    RELEASED = "released"
    """Somebody was stopped, and let go."""
    NOTHING = "nothing"


class SaidOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome, and whose word it is."""

    hit_id: HitId
    outcome: HitOutcome
    said_by: PersonId
    said_at: datetime


class HitOutcomes:
    """The outcomes of every operator's hits."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def say(self, hit_id: HitId, outcome: HitOutcome, *, by: PersonId) -> SaidOutcome:
        """Write down what became of a decided hit.

        Raises NotFound, BadInput for an inactive person, Conflict for a hit that nobody has decided and for an outcome
        that was said already.
        """
        said = SaidOutcome(hit_id=hit_id, outcome=outcome, said_by=by, said_at=self._clock.now())
        with writing(self._engine, "this outcome of the hit is written down already") as connection:
            state = connection.execute(select(hits.c.state).where(hits.c.hit_id == hit_id)).scalar_one_or_none()
            if state is None:
                raise NotFound("no hit has this id", code="unknown_hit")
            if not read_person_facts(connection, by).active:
                raise BadInput("only an active person may say what became of a hit", code="inactive_person")
            if state == HitState.UNCONFIRMED.value:
                raise Conflict(
                    "nobody has compared this hit yet", code="hit_undecided", next_step="Say first what was found."
                )
            connection.execute(insert(hit_outcomes).values(msgspec.structs.asdict(said) | {"outcome": outcome.value}))
        return said

    def of(self, hit_id: HitId) -> tuple[SaidOutcome, ...]:
        """Return the outcomes of a hit, oldest first."""
        wanted = select(hit_outcomes).where(hit_outcomes.c.hit_id == hit_id)
        with reading(self._engine) as connection:
            found = connection.execute(wanted.order_by(hit_outcomes.c.said_at, hit_outcomes.c.outcome)).all()
        return tuple(
            SaidOutcome(
                hit_id=HitId(row.hit_id),
                outcome=HitOutcome(row.outcome),
                said_by=PersonId(row.said_by),
                said_at=row.said_at,
            )
            for row in found
        )
