"""Places: schools, clinics, courts and the like, where a law may let nobody collect. The list is public.

What flows in: a kind, a name, a centre and a radius. What flows out: the same, by operator.
What it must never see: a read. Where readers stand is in registry.readers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, delete, insert, select

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound
from lockplate.law.words import Place
from lockplate.read import Position
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.tables import places
from lockplate.terms import OperatorId

DEFAULT_RADIUS_METRES = 100.0
"""Ours: the distance that a statute means by "at or near" was not in our sources."""
MAX_RADIUS_METRES = 5_000.0


class NewPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a place."""

    kind: Place
    name: str
    position: Position
    radius_metres: float = DEFAULT_RADIUS_METRES

    def check(self) -> "NewPlace":
        """Return the place itself, or raise BadInput for one that is nowhere, or too large to be one."""
        if not self.name.strip():
            raise BadInput("a place has a name", code="bad_place")
        if not (abs(self.position.latitude) <= 90 and abs(self.position.longitude) <= 180):
            raise BadInput("a place has a latitude to 90 and a longitude to 180 degrees", code="bad_position")
        if not 1 <= self.radius_metres <= MAX_RADIUS_METRES:
            raise BadInput("a radius is 1 to 5,000 metres", code="bad_radius")
        return self


class KnownPlace(NewPlace, frozen=True, kw_only=True):
    """A place as the registry has it."""

    place: str
    operator: OperatorId
    added_at: datetime


class Places:
    """The places of every operator here."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, operator: OperatorId, new: Sequence[NewPlace]) -> tuple[KnownPlace, ...]:
        """Add places, all or none. Raises BadInput; Conflict for an operator that does not exist."""
        now = self._clock.now()
        made = tuple(
            KnownPlace(**_fields(one.check()), place=new_id("p"), operator=operator, added_at=now) for one in new
        )
        with writing(self._engine, "no operator has this id") as connection:
            for one in made:
                connection.execute(insert(places).values(_values(one)))
        return made

    def remove(self, place: str) -> KnownPlace:
        """Take a place off the list. Raises NotFound."""
        found = self.get(place)
        with writing(self._engine) as connection:
            connection.execute(delete(places).where(places.c.place == place))
        return found

    def get(self, place: str) -> KnownPlace:
        """Return a place, or raise NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(select(places).where(places.c.place == place)).one_or_none()
        if row is None:
            raise NotFound("no place has this id", code="unknown_place")
        return _place(row)

    def list_all(self, operator: OperatorId) -> tuple[KnownPlace, ...]:
        """Return an operator's places, by kind and name."""
        wanted = select(places).where(places.c.operator == operator).order_by(places.c.kind, places.c.name)
        with reading(self._engine) as connection:
            return tuple(_place(row) for row in connection.execute(wanted))


def _fields(new: NewPlace) -> dict[str, Any]:
    return {name: getattr(new, name) for name in ("kind", "name", "position", "radius_metres")}


def _values(one: KnownPlace) -> dict[str, Any]:
    return {
        "place": one.place,
        "operator": one.operator,
        "kind": one.kind.value,
        "name": one.name.strip(),
        "latitude": one.position.latitude,
        "longitude": one.position.longitude,
        "radius_metres": one.radius_metres,
        "added_at": one.added_at,
    }


def _place(row: Row[Any]) -> KnownPlace:
    return KnownPlace(
        place=row.place,
        operator=OperatorId(row.operator),
        kind=Place(row.kind),
        name=row.name,
        position=Position(latitude=row.latitude, longitude=row.longitude),
        radius_metres=row.radius_metres,
        added_at=row.added_at,
    )
