"""FindingsSeen: how far each auditor has looked at the findings of each operator.

What flows in: a person, an operator, how many records there were when they looked. What flows out: that number.
What it must never see: what was found, a record.
"""

from sqlalchemy import Engine, insert, select, update

from lockplate.clock import Clock
from lockplate.registry.database import reading, writing
from lockplate.registry.tables import findings_seen
from lockplate.terms import OperatorId, PersonId


class FindingsSeen:
    """A mark for each person and operator; it says what is new to them and decides nothing."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, person: PersonId, operator: OperatorId) -> int:
        """Return how many records the findings rested on when the person last looked; 0 when they never did."""
        wanted = select(findings_seen.c.records).where(
            findings_seen.c.person == person, findings_seen.c.operator == operator
        )
        with reading(self._engine) as connection:
            return connection.execute(wanted).scalar_one_or_none() or 0

    def put(self, person: PersonId, operator: OperatorId, records: int) -> int:
        """Keep how far the person has looked, and return it. Raises Conflict for a person or operator unknown here."""
        values = {"records": records, "looked_at": self._clock.now()}
        here = (findings_seen.c.person == person, findings_seen.c.operator == operator)
        with writing(self._engine, "no such person or operator") as connection:
            if not connection.execute(update(findings_seen).where(*here).values(values)).rowcount:
                connection.execute(insert(findings_seen).values(person=person, operator=operator, **values))
        return records
