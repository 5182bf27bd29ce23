"""LocalLaws: the ordinance and the agency policy that each operator has adopted, now and before.

What flows in: a text that parsed, who adopted it. What flows out: the texts of today, and the history of all.
What it must never see: a way to change a text in place; another one is adopted, and the earlier one stays readable.
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import NotFound, SettingRefused
from lockplate.law.local import LocalKind, LocalLawRefused, LocalText, parse_local_text
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.tables import local_laws
from lockplate.terms import OperatorId, PersonId


class LocalLaw(msgspec.Struct, frozen=True, kw_only=True):
    """One adopted text."""

    local_law: str
    operator: OperatorId
    kind: LocalKind
    sha256: str
    """Of the file's bytes, hex."""
    content: str
    adopted_by: PersonId
    adopted_at: datetime
    ended_at: datetime | None
    """When another was adopted in its place, or it was repealed; None while it stands."""

    def text(self) -> LocalText:
        """Return the text, parsed; raises SettingRefused when an older program took what this one does not."""
        try:
            return parse_local_text(self.content.encode())
        except LocalLawRefused as error:
            raise SettingRefused(error.message, code=error.code, next_step=error.next_step) from error


class LocalLaws:
    """The ordinances and agency policies of every operator here."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def adopt(self, operator: OperatorId, content: bytes, *, sha256: str, by: PersonId) -> LocalLaw:
        """Put a text in force in the place of the one of its kind. Raises LocalLawRefused, Conflict (operator)."""
        kind, now = parse_local_text(content).local.kind, self._clock.now()
        made = LocalLaw(
            local_law=new_id("l"),
            operator=operator,
            kind=kind,
            sha256=sha256,
            content=content.decode("utf-8"),
            adopted_by=by,
            adopted_at=now,
            ended_at=None,
        )
        with writing(self._engine, "no operator has this id") as connection:
            connection.execute(update(local_laws).where(*_standing(operator, kind)).values(ended_at=now))
            connection.execute(insert(local_laws).values(msgspec.structs.asdict(made) | {"kind": kind.value}))
        return made

    def repeal(self, operator: OperatorId, kind: LocalKind) -> LocalLaw:
        """End the text of a kind without another in its place. Raises NotFound when none stands."""
        found = next((one for one in self.standing(operator) if one.kind is kind), None)
        if found is None:
            raise NotFound("no text of that kind stands", code="no_local_law")
        now = self._clock.now()
        with writing(self._engine) as connection:
            connection.execute(update(local_laws).where(*_standing(operator, kind)).values(ended_at=now))
        return msgspec.structs.replace(found, ended_at=now)

    def standing(self, operator: OperatorId) -> tuple[LocalLaw, ...]:
        """Return the texts that stand, ordinance first."""
        return tuple(one for one in self.history(operator) if one.ended_at is None)

    def history(self, operator: OperatorId) -> tuple[LocalLaw, ...]:
        """Return every text ever adopted, ordinances first, oldest first."""
        wanted = select(local_laws).where(local_laws.c.operator == operator).order_by(local_laws.c.adopted_at)
        with reading(self._engine) as connection:
            found = [_local_law(row) for row in connection.execute(wanted)]
        return tuple(sorted(found, key=lambda one: (one.kind is not LocalKind.ORDINANCE, one.adopted_at)))


def _standing(operator: OperatorId, kind: LocalKind) -> tuple[Any, ...]:
    columns = local_laws.c
    return columns.operator == operator, columns.kind == kind.value, columns.ended_at.is_(None)


def _local_law(row: Row[Any]) -> LocalLaw:
    return LocalLaw(
        local_law=row.local_law,
        operator=OperatorId(row.operator),
        kind=LocalKind(row.kind),
        sha256=row.sha256,
        content=row.content,
        adopted_by=PersonId(row.adopted_by),
        adopted_at=row.adopted_at,
        ended_at=row.ended_at,
    )
