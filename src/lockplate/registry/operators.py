"""Operators: who runs readers here, under which law profile, and what they keep of an unmatched read.

What flows in: an operator's id, agency, name, profile, record mode and zone. What flows out: the same, by id.
What it must never see: a key; the operator's keys live in a database of their own.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import require_slug, require_zone
from lockplate.registry.tables import agencies, operators
from lockplate.terms import AgencyId, OperatorId, ProfileId, RecordMode


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """One operator as the registry knows it."""

    operator: OperatorId
    agency: AgencyId
    name: str
    profile: ProfileId | None
    """None: no law profile, so nothing is kept (promise 2)."""
    record_mode: RecordMode
    zone: str
    """IANA zone of readers that name none."""
    created_at: datetime


class Operators:
    """The operators this node serves."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self,
        operator: OperatorId,
        *,
        agency: AgencyId,
        name: str,
        profile: ProfileId | None,
        record_mode: RecordMode,
        zone: str,
    ) -> Operator:
        """Add an operator.

        Raises BadInput (id, name, zone, or a record mode that keeps reads without a profile), NotFound (agency),
        Conflict (the id is taken).
        """
        if not name.strip():
            raise BadInput("an operator has a name", code="bad_operator")
        made = Operator(
            operator=OperatorId(require_slug(operator)),
            agency=agency,
            name=name.strip(),
            profile=profile,
            record_mode=_allowed_mode(profile, record_mode),
            zone=require_zone(zone),
            created_at=self._clock.now(),
        )
        with writing(self._engine, "an operator with this id exists already") as connection:
            if connection.execute(select(agencies.c.agency).where(agencies.c.agency == agency)).first() is None:
                raise NotFound("no agency has this id", code="unknown_agency")
            connection.execute(
                insert(operators).values(msgspec.structs.asdict(made) | {"record_mode": record_mode.value})
            )
        return made

    def get(self, operator: OperatorId) -> Operator:
        """Return an operator, or raise NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(select(operators).where(operators.c.operator == operator)).one_or_none()
        if row is None:
            raise _unknown()
        return _operator(row)

    def list_all(self) -> tuple[Operator, ...]:
        """Return every operator, by id."""
        with reading(self._engine) as connection:
            return tuple(_operator(row) for row in connection.execute(select(operators).order_by(operators.c.operator)))

    def set_profile(self, operator: OperatorId, profile: ProfileId | None, record_mode: RecordMode) -> Operator:
        """Put an operator under another profile and record mode; raises BadInput and NotFound as `add` does."""
        mode = _allowed_mode(profile, record_mode)
        with writing(self._engine) as connection:
            change = update(operators).where(operators.c.operator == operator)
            if not connection.execute(change.values(profile=profile, record_mode=mode.value)).rowcount:
                raise _unknown()
        return self.get(operator)


def _allowed_mode(profile: ProfileId | None, record_mode: RecordMode) -> RecordMode:
    """Return the mode, or raise BadInput: without a law profile nothing is kept."""
    if profile is None and record_mode is not RecordMode.NONE:
        raise BadInput(
            "without a law profile no read is kept",
            code="profile_missing",
            next_step="Name a law profile, or choose the record mode none.",
        )
    return record_mode


def _operator(row: Row[Any]) -> Operator:
    return Operator(
        operator=OperatorId(row.operator),
        agency=AgencyId(row.agency),
        name=row.name,
        profile=None if row.profile is None else ProfileId(row.profile),
        record_mode=RecordMode(row.record_mode),
        zone=row.zone,
        created_at=row.created_at,
    )


def _unknown() -> NotFound:
    return NotFound("no operator has this id", code="unknown_operator")
