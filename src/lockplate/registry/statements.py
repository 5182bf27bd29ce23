"""Statements: what only a person can say in an operator's policy, such as the title of its custodian.

What flows in: a statement's name and text. What flows out: the texts that stand now.
What it must never see: a private person's data: these stand on a public page.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, delete, insert, select

from lockplate.clock import Clock
from lockplate.errors import BadInput
from lockplate.registry.database import reading, writing
from lockplate.registry.tables import statements
from lockplate.terms import OperatorId

MAX_TEXT = 2000


class StatementName(StrEnum):
    """What a policy needs a person to say."""

    CUSTODIAN_TITLE = "custodian_title"
    """The title of the official who answers for the system."""
    TRAINING = "training"
    """How the people with access are trained."""
    CONTACT = "contact"
    """Where a resident asks or has an error corrected."""
    PUBLIC_MEETING = "public_meeting"
    """When the public could comment before the start, and where that is minuted."""
    ADOPTED_ON = "adopted_on"
    """When the policy was adopted, and by whom."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement."""

    operator: OperatorId
    name: StatementName
    text: str
    stated_at: datetime


class Statements:
    """The statements of every operator here."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def state(self, operator: OperatorId, name: StatementName, text: str) -> Statement:
        """Put a statement in the place of the one before it. Raises BadInput for an empty or endless text."""
        text = text.strip()
        if not text or len(text) > MAX_TEXT:
            raise BadInput("a statement has 1 to 2,000 characters", code="bad_statement")
        made = Statement(operator=operator, name=name, text=text, stated_at=self._clock.now())
        here = statements.c.operator == operator, statements.c.name == name.value
        with writing(self._engine, "no operator has this id") as connection:
            connection.execute(delete(statements).where(*here))
            connection.execute(insert(statements).values(msgspec.structs.asdict(made) | {"name": name.value}))
        return made

    def list_all(self, operator: OperatorId) -> dict[StatementName, Statement]:
        """Return what stands, by name."""
        wanted = select(statements).where(statements.c.operator == operator).order_by(statements.c.name)
        with reading(self._engine) as connection:
            found = [_statement(row) for row in connection.execute(wanted)]
        return {one.name: one for one in found}


def _statement(row: Row[Any]) -> Statement:
    return Statement(
        operator=OperatorId(row.operator), name=StatementName(row.name), text=row.text, stated_at=row.stated_at
    )
