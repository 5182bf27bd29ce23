"""Agencies: every organisation that can ask, and what it is in law.

What flows in: an agency's id, name, kind and state. What flows out: the AgencyFacts that the gate judges.
What it must never see: a person, a plate.
"""

import re
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound
from lockplate.gate.question import AgencyFacts
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import require_slug
from lockplate.registry.tables import agencies
from lockplate.terms import AgencyId, AgencyKind

_STATE = re.compile(r"[A-Z]{2}|")


class Agencies:
    """The agencies this node knows; one is never removed, since old records name it, only set inactive."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, agency: AgencyId, *, name: str, kind: AgencyKind, state: str = "") -> AgencyFacts:
        """Add an agency; `state` is two capital letters, or empty. Raises BadInput; Conflict when the id is taken."""
        require_slug(agency)
        if not name.strip() or not _STATE.fullmatch(state):
            raise BadInput("an agency has a name, and a state of two capital letters or none", code="bad_agency")
        with writing(self._engine, "an agency with this id exists already") as connection:
            connection.execute(
                insert(agencies).values(
                    agency=agency,
                    name=name.strip(),
                    kind=kind.value,
                    state=state,
                    active=True,
                    created_at=self._clock.now(),
                )
            )
        return AgencyFacts(agency=agency, kind=kind, state=state, active=True)

    def get(self, agency: AgencyId) -> AgencyFacts:
        """Return an agency's facts, or raise NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(select(agencies).where(agencies.c.agency == agency)).one_or_none()
        if row is None:
            raise _unknown()
        return _facts(row)

    def list_all(self) -> tuple[AgencyFacts, ...]:
        """Return every agency, active or not, by id."""
        with reading(self._engine) as connection:
            return tuple(_facts(row) for row in connection.execute(select(agencies).order_by(agencies.c.agency)))

    def names(self) -> dict[AgencyId, str]:
        """Return every agency's name."""
        with reading(self._engine) as connection:
            return {
                AgencyId(row.agency): row.name for row in connection.execute(select(agencies.c.agency, agencies.c.name))
            }

    def deactivate(self, agency: AgencyId) -> AgencyFacts:
        """Set an agency inactive: the gate then answers it nothing. Raises NotFound."""
        return self._set_active(agency, active=False)

    def activate(self, agency: AgencyId) -> AgencyFacts:
        """Set an agency active again. Raises NotFound."""
        return self._set_active(agency, active=True)

    def _set_active(self, agency: AgencyId, *, active: bool) -> AgencyFacts:
        with writing(self._engine) as connection:
            if not connection.execute(
                update(agencies).where(agencies.c.agency == agency).values(active=active)
            ).rowcount:
                raise _unknown()
        return self.get(agency)


def _facts(row: Row[Any]) -> AgencyFacts:
    return AgencyFacts(agency=AgencyId(row.agency), kind=AgencyKind(row.kind), state=row.state, active=row.active)


def _unknown() -> NotFound:
    return NotFound("no agency has this id", code="unknown_agency")
