"""Acceptances: which entries of another agency's list a person here took over, one by one or all that wait.

What flows in: ids of entries, a person. What flows out: ids that wait, in order; ids that were accepted.
What it must never see: a plate; entries are opened by registry.entries, for whoever may look.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Engine, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, NotFound
from lockplate.hotlist import EntryId, ListId
from lockplate.registry.database import reading, writing
from lockplate.registry.hotlists import read_hot_list
from lockplate.registry.list_footing import read_footing, require_stands
from lockplate.registry.people import read_person_facts
from lockplate.registry.tables import hot_list_entries
from lockplate.terms import PersonId

_CHUNK = 500
"""Ids in one statement: engines allow only so many values."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry that somebody accepted, whether or not that still counts."""

    entry_id: EntryId
    by: PersonId
    at: datetime


class Acceptances:
    """The acceptance of entries; on an operator's own list there is nothing to accept."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def ids(
        self, list_id: ListId, *, waiting: bool = False, after: str = "", limit: int | None = None
    ) -> tuple[EntryId, ...]:
        """Return a list's unexpired entries by id, in order of ids from `after` on: all, or those that wait.

        Raises NotFound.
        """
        now = self._clock.now()
        with reading(self._engine) as connection:
            footing = read_footing(connection, read_hot_list(connection, list_id), now)
            wanted = select(hot_list_entries.c.entry_id).where(
                hot_list_entries.c.list_id == list_id,
                hot_list_entries.c.expires_at > now,
                hot_list_entries.c.entry_id > after,
            )
            if waiting:
                wanted = wanted.where(~footing.accepted())
            ordered = wanted.order_by(hot_list_entries.c.entry_id).limit(limit)
            return tuple(map(EntryId, connection.execute(ordered).scalars()))

    def accepted(self, list_id: ListId) -> tuple[Accepted, ...]:
        """Return the entries of a list that were ever accepted and not changed since, by id."""
        columns = hot_list_entries.c
        wanted = select(columns.entry_id, columns.accepted_by, columns.accepted_at).where(
            columns.list_id == list_id, columns.accepted_at.is_not(None)
        )
        with reading(self._engine) as connection:
            return tuple(
                Accepted(entry_id=EntryId(row.entry_id), by=PersonId(row.accepted_by or ""), at=row.accepted_at)
                for row in connection.execute(wanted.order_by(columns.entry_id))
            )

    def accept(self, list_id: ListId, entry_ids: Sequence[EntryId], *, by: PersonId) -> int:
        """Take entries over, all or none, and return how many there were.

        Raises BadInput (one's own list, an inactive person), Conflict when no grant covers the list, NotFound when one
        of them is not on the list any more, or does not wait.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            footing = read_footing(connection, read_hot_list(connection, list_id), now)
            if footing.foreign_owner is None:
                raise BadInput("entries of one's own list need no acceptance", code="own_list")
            require_stands(footing)
            if not read_person_facts(connection, by).active:
                raise BadInput("only an active person may accept an entry", code="inactive_person")
            waits = (
                hot_list_entries.c.list_id == list_id,
                hot_list_entries.c.expires_at > now,
                ~footing.accepted(),
            )
            for start in range(0, len(entry_ids), _CHUNK):
                part = entry_ids[start : start + _CHUNK]
                taken = update(hot_list_entries).where(hot_list_entries.c.entry_id.in_(part), *waits)
                if connection.execute(taken.values(accepted_by=by, accepted_at=now)).rowcount != len(part):
                    raise NotFound("an entry with this id does not wait on this list", code="not_waiting")
        return len(entry_ids)
