"""SharedQuestions: the ids of questions from other nodes that were seen here, so that each is judged once.

What flows in: an id that another node chose. What flows out: the same id, the first time.
What it must never see: what was asked, or by whom: that is in the log.
"""

from datetime import timedelta

from sqlalchemy import Engine, delete, insert

from lockplate.clock import Clock
from lockplate.registry.database import writing
from lockplate.registry.tables import shared_questions
from lockplate.shared_question import FRESH, require_fresh_id
from lockplate.terms import RequestId

REMEMBERED = timedelta(days=1)
"""Far longer than an id is fresh, so that a clock which is set back does not let one in again."""


class SharedQuestions:
    """The ids seen in the last day; an older one is refused for its age."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def take(self, request_id: str) -> RequestId:
        """Return an id once, durably; raises BadInput for one of another form or age, Conflict for one seen before."""
        now = self._clock.now()
        fresh = require_fresh_id(request_id, now)
        with writing(self._engine, "a question with this id was here before") as connection:
            connection.execute(delete(shared_questions).where(shared_questions.c.seen_at < now - REMEMBERED - FRESH))
            connection.execute(insert(shared_questions).values(request=fresh, seen_at=now))
        return fresh
