"""Hits: reads that matched an entry, until a person has compared picture, plate, state and vehicle.

What flows in: a match with what a person needs to judge it; later that person's word. What flows out: the hit, opened.
What it must never see: an unmatched read. Plate, reason and picture lie in sealed columns.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, func, insert, or_, select, update

from lockplate.clock import Clock
from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.hotlist import Category, EntryId, ListId, MatchKind, Priority
from lockplate.read import Confidence, Vehicle
from lockplate.registry.channel_filters import AlertFacts
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.database import reading, writing
from lockplate.registry.deliveries import Deliveries, forget_deliveries
from lockplate.registry.ids import new_id
from lockplate.registry.people import read_person_facts
from lockplate.registry.sealing import ColumnSealer, SealerOf
from lockplate.registry.tables import hit_outcomes, hits
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
    repeat_of: HitId | None = None
    """The alert that its passage raised already."""


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
    source: SourceCheck = SourceCheck.NOT_CHECKED
    """What the source said when whoever decided asked it again."""
    checked_at: datetime | None = None
    """When that was."""
    compared: frozenset[Compared] = frozenset()


class HitFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which hits of an operator; what is left out is not asked about."""

    state: HitState | None = None
    list_id: ListId | None = None
    priority: Priority | None = None
    alerts: bool | None = None
    """True: those that were shown as alerts; False: weaker matches and repeats."""
    older_than: HitId | None = None
    """Only those that a listing puts after this hit."""


EVERY_HIT = HitFilter()


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one new hit."""

    hit_id: HitId
    is_new: bool
    """False: the same entry, reader and time were here already; the read was sent again and nothing changed."""
    alerts: bool = True
    """Whether it raises an alert: a repeat and a weaker match raise none."""


class Hits:
    """The hits of every operator here, sealed under that operator's data keys."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock, deliveries: Deliveries | None = None) -> None:
        """`deliveries`: the outbox that alerts go into; None: there is none, and alerts are only shown."""
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock
        self._deliveries = deliveries

    def record(self, new_hits: Sequence[NewHit]) -> tuple[Recorded, ...]:
        """Keep hits, all or none, in one durable transaction; one that is here already keeps its id and state.

        One that is here as a weaker match and comes again as one that alerts is made that: a later message of the same
        instant may know the region.
        What is to be told of them is written in the same transaction (decision 0029).
        Raises Conflict when a hit names an operator that does not exist.
        """
        if not new_hits:
            return ()
        now = self._clock.now()
        prepared = [(new, self._sealed_values(new, now)) for new in new_hits]
        recorded = []
        with writing(self._engine, "a hit names an operator that does not exist") as connection:
            for new, values in prepared:
                recorded.append(self._record(connection, new, values))
            if self._deliveries is not None:
                self._deliveries.enqueue_hits(connection, _alert_facts(new_hits, recorded))
        return tuple(recorded)

    def _record(self, connection: Connection, new: NewHit, values: dict[str, Any]) -> Recorded:
        """Keep one hit."""
        found = select(hits.c.hit_id, hits.c.alerts, hits.c.state).where(*_same_hit(new))
        known = connection.execute(found).one_or_none()
        if known is not None and (known.alerts or not new.alerts or known.state != HitState.UNCONFIRMED.value):
            return Recorded(hit_id=HitId(known.hit_id), is_new=False, alerts=False)
        repeated = new.repeat_of or _repeated(connection, new)
        fresh = values["recorded_at"] - new.captured_at <= FRESH
        values |= {"repeat_of": repeated, "alerts": new.alerts and fresh and repeated is None}
        if known is None:
            connection.execute(insert(hits).values(values))
        else:
            values = self._sealed_values(new, values["recorded_at"], HitId(known.hit_id)) | {
                "repeat_of": repeated,
                "alerts": values["alerts"],
            }
            connection.execute(update(hits).where(hits.c.hit_id == known.hit_id).values(values))
        return Recorded(hit_id=HitId(values["hit_id"]), is_new=known is None, alerts=values["alerts"])

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

    def list_recent(
        self,
        operator: OperatorId,
        *,
        state: HitState | None = None,
        limit: int = 100,
        which: HitFilter = EVERY_HIT,
    ) -> tuple[Hit, ...]:
        """Return an operator's hits, opened, newest first, at most 1,000."""
        # the picture stays where it is: a page of hits would drag megabytes along
        columns = [column for column in hits.c if column is not hits.c.picture_sealed]
        chosen = which if state is None else msgspec.structs.replace(which, state=state)
        with reading(self._engine) as connection:
            wanted = select(*columns, hits.c.picture_sealed.is_not(None).label("has_picture")).where(
                *_chosen(connection, operator, chosen)
            )
            newest = wanted.order_by(hits.c.recorded_at.desc(), hits.c.hit_id).limit(min(limit, _MAX_PAGE))
            return tuple(self._hit(row) for row in connection.execute(newest))

    def alerts_since(self, operator: OperatorId, after: HitId, limit: int) -> tuple[HitId, ...]:
        """Return an operator's alerts that were recorded since one of its hits, oldest first, that one left out.

        Those of the same instant are among them: whoever has seen them knows them by their ids. Raises NotFound.
        """
        with reading(self._engine) as connection:
            last = _row(connection, after)
            if last.operator != operator:
                raise NotFound("no hit has this id", code="unknown_hit")
            since = hits.c.operator == operator, hits.c.alerts, hits.c.recorded_at >= last.recorded_at
            wanted = select(hits.c.hit_id).where(*since, hits.c.hit_id != after)
            found = connection.execute(wanted.order_by(hits.c.recorded_at, hits.c.hit_id).limit(limit)).scalars()
            return tuple(map(HitId, found))

    def count(self, operator: OperatorId, which: HitFilter = EVERY_HIT) -> int:
        """Return how many hits of an operator there are; none is opened."""
        with reading(self._engine) as connection:
            counted = select(func.count()).select_from(hits).where(*_chosen(connection, operator, which))
            return connection.execute(counted).scalar_one()

    def next_unconfirmed(self, operator: OperatorId, older_than: HitId | None = None) -> HitId | None:
        """Return the newest alert that nobody has decided, or the one that comes after a hit; none is opened."""
        wanted = HitFilter(state=HitState.UNCONFIRMED, alerts=True, older_than=older_than)
        with reading(self._engine) as connection:
            newest = select(hits.c.hit_id).where(*_chosen(connection, operator, wanted))
            found = connection.execute(newest.order_by(hits.c.recorded_at.desc(), hits.c.hit_id).limit(1))
            hit_id = found.scalar_one_or_none()
        return None if hit_id is None else HitId(hit_id)

    def operator_of(self, hit_id: HitId) -> OperatorId:
        """Return whose hit it is, or raise NotFound; it is not opened."""
        with reading(self._engine) as connection:
            found = connection.execute(select(hits.c.operator).where(hits.c.hit_id == hit_id)).scalar_one_or_none()
        if found is None:
            raise NotFound("no hit has this id", code="unknown_hit")
        return OperatorId(found)

    def confirm(
        self,
        hit_id: HitId,
        state: HitState,
        *,
        by: PersonId,
        source: SourceCheck = SourceCheck.NOT_CHECKED,
        compared: frozenset[Compared] = frozenset(),
    ) -> Hit:
        """Write down what an active person found when they compared, and what the source said to them.

        Raises BadInput (not a finding, inactive person), Conflict when somebody has decided already, NotFound.
        """
        if state is HitState.UNCONFIRMED:
            raise BadInput("say what was found", code="bad_state")
        now = self._clock.now()
        decision = {
            "state": state.value,
            "decided_by": by,
            "decided_at": now,
            "source_check": source.value,
            "checked_at": None if source is SourceCheck.NOT_CHECKED else now,
            "compared": compared,
        }
        with writing(self._engine) as connection:
            _row(connection, hit_id)
            if not read_person_facts(connection, by).active:
                raise BadInput("only an active person may confirm a hit", code="inactive_person")
            undecided = (hits.c.hit_id == hit_id, hits.c.state == HitState.UNCONFIRMED.value)
            if connection.execute(update(hits).where(*undecided).values(decision)).rowcount != 1:
                raise Conflict("somebody has decided this hit already", code="hit_decided")
            return self._hit(_row(connection, hit_id))

    def findings_by_reader(
        self, operator: OperatorId, since: datetime, until: datetime
    ) -> dict[ReaderId, dict[HitState, int]]:
        """Return how many hits of each reader were recorded in [since, until), by state: a wrong read is its error."""
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
            gone = select(hits.c.hit_id).where(*wanted)
            forget_deliveries(connection, gone)
            connection.execute(delete(hit_outcomes).where(hit_outcomes.c.hit_id.in_(gone)))
            connection.execute(delete(hits).where(*wanted))
        return counts

    def oldest(self, operator: OperatorId) -> datetime | None:
        """Return when the oldest hit that is left was recorded: keys of months before it open nothing any more."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.min(hits.c.recorded_at)).where(hits.c.operator == operator)
            ).scalar_one_or_none()

    def _sealed_values(self, new: NewHit, now: datetime, hit_id: HitId | None = None) -> dict[str, Any]:
        hit_id = hit_id or HitId(new_id("h"))
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
            "source_check": SourceCheck.NOT_CHECKED.value,
            "compared": frozenset(),
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
            source=SourceCheck(row.source_check),
            checked_at=row.checked_at,
            compared=frozenset(map(Compared, row.compared)),
        )


def _alert_facts(new_hits: Sequence[NewHit], recorded: Sequence[Recorded]) -> list[AlertFacts]:
    """Return what filters look at, of each hit that raises an alert."""
    return [
        AlertFacts(
            hit_id=one.hit_id,
            operator=new.operator,
            list_id=new.list_id,
            category=new.category,
            priority=new.priority,
            reader=new.reader,
        )
        for new, one in zip(new_hits, recorded, strict=True)
        if one.alerts
    ]


def _seal_picture(sealer: ColumnSealer, hit_id: str, picture: bytes | None) -> bytes | None:
    return None if picture is None else sealer.seal_column(_TABLE, "picture_sealed", hit_id, picture)


def _chosen(connection: Connection, operator: OperatorId, which: HitFilter) -> list[ColumnElement[bool]]:
    wanted = [hits.c.operator == operator]
    for column, value in (
        (hits.c.state, which.state),
        (hits.c.priority, which.priority),
        (hits.c.list_id, which.list_id),
    ):
        if value is not None:
            wanted.append(column == str(value))
    if which.alerts is not None:
        wanted.append(hits.c.alerts.is_(which.alerts))
    if which.older_than is not None:
        last = _row(connection, which.older_than)
        same_time = and_(hits.c.recorded_at == last.recorded_at, hits.c.hit_id > last.hit_id)
        wanted.append(or_(hits.c.recorded_at < last.recorded_at, same_time))
    return wanted


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
