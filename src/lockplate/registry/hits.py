"""Hits: reads that matched an entry, until a person has compared picture, plate, state and vehicle.

What flows in: a match with what a person needs to judge it; later that person's word. What flows out: the hit, opened.
What it must never see: an unmatched read. Plate, reason and picture lie in sealed columns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.read import Confidence, Vehicle
from lockplate.registry.database import reading, writing
from lockplate.registry.ids import new_id
from lockplate.registry.people import read_person_facts
from lockplate.registry.sealing import ColumnSealer, SealerOf
from lockplate.registry.tables import hits
from lockplate.terms import AgencyId, OperatorId, PersonId, PlateText, ReaderId

HitId = NewType("HitId", str)

FRESH = timedelta(hours=1)
"""A hit older than this when it is recorded raises no alert: where a car was is a question, which the gate answers."""

_TABLE = "hits"
_MAX_PAGE = 1000


class HitState(StrEnum):
    """What a person found. Only the first state can change, and only once."""

    UNCONFIRMED = "unconfirmed"
    CORRECT = "correct"
    WRONG_READ = "wrong_read"
    WRONG_REGION = "wrong_region"
    WRONG_VEHICLE = "wrong_vehicle"
    STALE_ENTRY = "stale_entry"
    DUPLICATE = "duplicate"


class HitDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a person compares; sealed, and a copy, since the entry may be gone tomorrow."""

    plate_text: PlateText
    """As read."""
    region: str | None
    vehicle: Vehicle | None
    kind: MatchKind
    region_agrees: bool | None
    listed_text: PlateText
    listed_region: str | None
    reason: str
    """Of the entry."""
    picture_type: str | None = None
    """Media type of the picture, None when none came."""
    confidence: Confidence | None = None
    """The reader's own figure for its reading."""
    direction: str | None = None
    differs: tuple[int, ...] = ()
    """Places, from 0, in the bare text as read (`hotlist.bare_text`) at which the listed text has another character."""
    unsure: tuple[int, ...] = ()
    """Places, from 0, in the bare text as read, of which the reader itself was not sure."""
    zero_for_letter: bool = False
    """The list's file writes the letter O as zero."""
    listed_vehicle: Vehicle | None = None
    """The vehicle as the list describes it."""
    reference: str = ""
    """The source's own number of the entry: what to ask the source by."""
    foreign_owner: AgencyId | None = None
    """The agency that owns the list when it came by grant."""


class NewHit(msgspec.Struct, frozen=True, kw_only=True):
    """A hit as intake hands it over."""

    operator: OperatorId
    list_id: ListId
    entry_id: EntryId
    category: Category
    reader: ReaderId
    captured_at: datetime
    details: HitDetails
    picture: bytes | None = None
    alerts: bool = True
    """Whether it is to be shown as an alert: the list's terms decide (`hotlist.Match.alerts`)."""
    priority: Priority = Priority.NORMAL
    entered_at: datetime | None = None
    """When the entry was listed; None when that is not known."""
    manual: bool = False
    """The entry was made by hand."""
    repeat_after: timedelta = timedelta()
    """Within this time of the last hit of the same entry at the same reader it is a repeat and raises no alert."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A hit, opened, without its picture."""

    hit_id: HitId
    operator: OperatorId
    list_id: ListId
    entry_id: EntryId
    category: Category
    reader: ReaderId
    captured_at: datetime
    recorded_at: datetime
    details: HitDetails
    has_picture: bool
    alerts: bool
    """Whether it was shown as an alert; False: a weaker match, or a repeat."""
    repeat_of: HitId | None
    """The hit whose repeat it is."""
    priority: Priority
    entered_at: datetime | None
    manual: bool
    state: HitState
    decided_by: PersonId | None
    decided_at: datetime | None


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one new hit."""

    hit_id: HitId
    is_new: bool
    """False: the same entry, reader and time were here already; the read was sent again and nothing changed."""
    alerts: bool = True
    """Whether it raises an alert: a repeat and a weaker match raise none."""


class Hits:
    """The hits of every operator here, sealed under that operator's data keys."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock) -> None:
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock

    def record(self, new_hits: Sequence[NewHit]) -> tuple[Recorded, ...]:
        """Keep hits, all or none, in one durable transaction; one that is here already keeps its id and state.

        Raises Conflict when a hit names an operator that does not exist.
        """
        if not new_hits:
            return ()
        now = self._clock.now()
        prepared = [(new, self._sealed_values(new, now)) for new in new_hits]
        recorded = []
        with writing(self._engine, "a hit names an operator that does not exist") as connection:
            for new, values in prepared:
                known = connection.execute(select(hits.c.hit_id).where(*_same_hit(new))).scalar_one_or_none()
                if known is None:
                    values["repeat_of"] = _repeated(connection, new)
                    fresh = now - new.captured_at <= FRESH
                    values["alerts"] = new.alerts and fresh and values["repeat_of"] is None
                    connection.execute(insert(hits).values(values))
                recorded.append(
                    Recorded(
                        hit_id=HitId(known or values["hit_id"]),
                        is_new=known is None,
                        alerts=known is None and values["alerts"],
                    )
                )
        return tuple(recorded)

    def get(self, hit_id: HitId) -> Hit:
        """Return a hit, opened, or raise NotFound."""
        with reading(self._engine) as connection:
            return self._hit(_row(connection, hit_id))

    def picture(self, hit_id: HitId) -> bytes:
        """Return a hit's picture, or raise NotFound when there is no such hit or none came with it."""
        with reading(self._engine) as connection:
            row = _row(connection, hit_id)
        if row.picture_sealed is None:
            raise NotFound("no picture came with this hit", code="no_picture")
        return self._sealer_of(OperatorId(row.operator)).open_column(
            _TABLE, "picture_sealed", hit_id, row.picture_sealed
        )

    def list_recent(self, operator: OperatorId, *, state: HitState | None = None, limit: int = 100) -> tuple[Hit, ...]:
        """Return an operator's hits, opened, newest first, at most 1,000."""
        # the picture stays where it is: a page of hits would drag megabytes along
        columns = [column for column in hits.c if column is not hits.c.picture_sealed]
        wanted = select(*columns, hits.c.picture_sealed.is_not(None).label("has_picture")).where(
            hits.c.operator == operator
        )
        if state is not None:
            wanted = wanted.where(hits.c.state == state.value)
        newest = wanted.order_by(hits.c.recorded_at.desc(), hits.c.hit_id).limit(min(limit, _MAX_PAGE))
        with reading(self._engine) as connection:
            return tuple(self._hit(row) for row in connection.execute(newest))

    def confirm(self, hit_id: HitId, state: HitState, *, by: PersonId) -> Hit:
        """Write down what an active person found when they compared.

        Raises BadInput (not a finding, inactive person), Conflict when somebody has decided already, NotFound.
        """
        if state is HitState.UNCONFIRMED:
            raise BadInput("say what was found", code="bad_state")
        with writing(self._engine) as connection:
            _row(connection, hit_id)
            if not read_person_facts(connection, by).active:
                raise BadInput("only an active person may confirm a hit", code="inactive_person")
            undecided = (hits.c.hit_id == hit_id, hits.c.state == HitState.UNCONFIRMED.value)
            decision = {"state": state.value, "decided_by": by, "decided_at": self._clock.now()}
            if connection.execute(update(hits).where(*undecided).values(decision)).rowcount != 1:
                raise Conflict("somebody has decided this hit already", code="hit_decided")
            return self._hit(_row(connection, hit_id))

    def counts(self, operator: OperatorId, since: datetime, until: datetime) -> dict[Category, dict[HitState, int]]:
        """Return how many hits were recorded in [since, until), by category and state (MN and NE publish them)."""
        counted = (
            select(hits.c.category, hits.c.state, func.count().label("hits"))
            .where(hits.c.operator == operator, hits.c.recorded_at >= since, hits.c.recorded_at < until)
            .group_by(hits.c.category, hits.c.state)
        )
        counts: dict[Category, dict[HitState, int]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(counted):
                counts.setdefault(Category(row.category), {})[HitState(row.state)] = row.hits
        return counts

    def findings_by_reader(
        self, operator: OperatorId, since: datetime, until: datetime
    ) -> dict[ReaderId, dict[HitState, int]]:
        """Return how many hits were recorded in [since, until), by reader and state: for people inside only."""
        counted = (
            select(hits.c.reader, hits.c.state, func.count().label("hits"))
            .where(hits.c.operator == operator, hits.c.recorded_at >= since, hits.c.recorded_at < until)
            .group_by(hits.c.reader, hits.c.state)
        )
        found: dict[ReaderId, dict[HitState, int]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(counted):
                found.setdefault(ReaderId(row.reader), {})[HitState(row.state)] = row.hits
        return found

    def over(self, operator: OperatorId, before: datetime, *, from_capture: bool) -> dict[Category, int]:
        """Return how many of an operator's hits are from a time or before it, by category.

        `from_capture`: their capture counts; else when they were recorded here.
        """
        with reading(self._engine) as connection:
            return _by_category(connection, _over(operator, before, from_capture=from_capture))

    def forget(self, operator: OperatorId, before: datetime, *, from_capture: bool) -> dict[Category, int]:
        """Delete what `over` counts, whatever its state, and return the same counts.

        A hit that nobody has confirmed goes, too: nobody's delay lengthens the law's limit.
        """
        wanted = _over(operator, before, from_capture=from_capture)
        with writing(self._engine) as connection:
            counts = _by_category(connection, wanted)
            connection.execute(delete(hits).where(*wanted))
        return counts

    def oldest(self, operator: OperatorId) -> datetime | None:
        """Return when the oldest hit that is left was recorded: keys of months before it open nothing any more."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.min(hits.c.recorded_at)).where(hits.c.operator == operator)
            ).scalar_one_or_none()

    def _sealed_values(self, new: NewHit, now: datetime) -> dict[str, Any]:
        hit_id = new_id("h")
        sealer = self._sealer_of(new.operator)
        details = msgspec.json.encode(new.details)
        return {
            "hit_id": hit_id,
            "operator": new.operator,
            "list_id": new.list_id,
            "entry_id": new.entry_id,
            "category": new.category.value,
            "reader": new.reader,
            "captured_at": new.captured_at,
            "recorded_at": now,
            "details_sealed": sealer.seal_column(_TABLE, "details_sealed", hit_id, details),
            "picture_sealed": _seal_picture(sealer, hit_id, new.picture),
            "state": HitState.UNCONFIRMED.value,
            "priority": new.priority.value,
            "entered_at": new.entered_at,
            "manual": new.manual,
        }

    def _hit(self, row: Row[*tuple[Any, ...]]) -> Hit:
        sealer = self._sealer_of(OperatorId(row.operator))
        details = sealer.open_column(_TABLE, "details_sealed", row.hit_id, row.details_sealed)
        return Hit(
            hit_id=HitId(row.hit_id),
            operator=OperatorId(row.operator),
            list_id=ListId(row.list_id),
            entry_id=EntryId(row.entry_id),
            category=Category(row.category),
            reader=ReaderId(row.reader),
            captured_at=row.captured_at,
            recorded_at=row.recorded_at,
            details=msgspec.json.decode(details, type=HitDetails),
            has_picture=row.has_picture if "has_picture" in row._fields else row.picture_sealed is not None,
            state=HitState(row.state),
            decided_by=None if row.decided_by is None else PersonId(row.decided_by),
            decided_at=row.decided_at,
            alerts=row.alerts,
            repeat_of=None if row.repeat_of is None else HitId(row.repeat_of),
            priority=Priority(row.priority),
            entered_at=row.entered_at,
            manual=row.manual,
        )


def _seal_picture(sealer: ColumnSealer, hit_id: str, picture: bytes | None) -> bytes | None:
    return None if picture is None else sealer.seal_column(_TABLE, "picture_sealed", hit_id, picture)


def _over(operator: OperatorId, before: datetime, *, from_capture: bool) -> tuple[ColumnElement[bool], ...]:
    counted = hits.c.captured_at if from_capture else hits.c.recorded_at
    return hits.c.operator == operator, counted <= before


def _by_category(connection: Connection, wanted: tuple[ColumnElement[bool], ...]) -> dict[Category, int]:
    counted = select(hits.c.category, func.count().label("hits")).where(*wanted).group_by(hits.c.category)
    return {Category(row.category): row.hits for row in connection.execute(counted)}


def _same_hit(new: NewHit) -> tuple[Any, ...]:
    return (
        hits.c.operator == new.operator,
        hits.c.entry_id == new.entry_id,
        hits.c.reader == new.reader,
        hits.c.captured_at == new.captured_at,
    )


def _repeated(connection: Connection, new: NewHit) -> str | None:
    """Return the alert that a new hit repeats: of its entry at its reader, close in time to it or to a repeat of it.

    A car that stands before a reader all night and is seen every few minutes is one alert.
    """
    if not new.repeat_after:
        return None
    near = (
        hits.c.captured_at >= new.captured_at - new.repeat_after,
        hits.c.captured_at <= new.captured_at + new.repeat_after,
    )
    same = hits.c.operator == new.operator, hits.c.entry_id == new.entry_id, hits.c.reader == new.reader
    told = hits.c.alerts | hits.c.repeat_of.is_not(None)
    wanted = select(func.coalesce(hits.c.repeat_of, hits.c.hit_id)).where(*same, *near, told)
    return connection.execute(wanted.order_by(hits.c.captured_at.desc()).limit(1)).scalar_one_or_none()


def _row(connection: Connection, hit_id: HitId) -> Row[Any]:
    row = connection.execute(select(hits).where(hits.c.hit_id == hit_id)).one_or_none()
    if row is None:
        raise NotFound("no hit has this id", code="unknown_hit")
    return row
