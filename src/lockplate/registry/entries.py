"""Entries: what is on the hot lists, sealed at rest, opened for the in-memory index and for whoever judges a hit.

What flows in: a parsed list file, or one entry by hand. What flows out: hotlist.Entry values; a difference by counts.
What it must never see: a plate or a reason in a column, a message or a result.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, delete, func, insert, select, true, update

from lockplate.clock import Clock, require_utc
from lockplate.errors import BadInput, NotFound
from lockplate.hotlist import LOW_LEVEL, Category, Entry, EntryId, ListId, ListTerms, bare_text
from lockplate.listfiles.checks import require_listed_plate, require_region
from lockplate.listfiles.counts import require_no_collapse
from lockplate.listfiles.outcome import (
    MAX_REASON_CHARACTERS,
    LineRefused,
    ListRow,
    ParsedList,
    Progress,
    Refusal,
    silent,
)
from lockplate.plate import fold
from lockplate.read import Vehicle
from lockplate.registry.database import reading, writing
from lockplate.registry.hotlists import HotList, read_hot_list
from lockplate.registry.ids import new_id
from lockplate.registry.list_footing import Footing, read_footing, require_stands
from lockplate.registry.list_plan import Identity, ImportRules, KnownEntry, ListDiff, ListPlan, plan_import
from lockplate.registry.people import read_person_facts
from lockplate.registry.sealing import ColumnSealer, SealerOf
from lockplate.registry.tables import hot_list_entries, hot_lists
from lockplate.terms import OperatorId, PersonId, PlateText

_CHUNK = 5000
"""Rows per transaction of an import, so that others can write in between."""
_TABLE = "hot_list_entries"
_Item = TypeVar("_Item")


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry made by hand: with a reason and a person who answers for it (MN, NE), and an end."""

    list_id: ListId
    plate_text: str
    region: str = ""
    category: Category
    reason: str
    expires_at: datetime
    case_number: str = ""
    vehicle: Vehicle | None = None
    """What the vehicle looks like, as whoever enters it says."""


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, opened for a person."""

    entry_id: EntryId
    list_id: ListId
    plate_text: PlateText
    region: str | None
    category: Category
    reason: str
    expires_at: datetime
    entered_at: datetime
    entered_by: PersonId | None
    manual: bool
    case_number: str = ""
    vehicle: Vehicle | None = None
    """As the source describes it."""
    reference: str = ""
    """The source's own number of the entry."""
    zero_for_letter: bool = False
    accepted_by: PersonId | None = None
    """Who took an entry of another agency's list over; since then it may match, while a grant covers its list."""
    accepted_at: datetime | None = None


class _Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source says of an entry beside the reason: one sealed cell."""

    vehicle: Vehicle | None = None
    reference: str = ""


_NO_SOURCE = _Source()
_SOURCE = msgspec.json.Decoder(_Source)


PLAIN_RULES = ImportRules()


class Entries:
    """The entries of every operator's lists, sealed under that operator's data keys."""

    def __init__(self, engine: Engine, sealer_of: SealerOf, clock: Clock) -> None:
        self._engine = engine
        self._sealer_of = sealer_of
        self._clock = clock
        self._importing = threading.Lock()

    def compare(self, list_id: ListId, parsed: ParsedList, rules: ImportRules = PLAIN_RULES) -> ListDiff:
        """Return what `replace` would do, and do nothing. Raises what it raises."""
        return self._plan(list_id, parsed, rules, silent).diff

    def replace(
        self,
        list_id: ListId,
        parsed: ParsedList,
        rules: ImportRules = PLAIN_RULES,
        progress: Progress = silent,
    ) -> ListDiff:
        """Make a file the list's content: entries made by hand stay, the file's earlier entries go when it drops them.

        Written in steps; the list counts as refreshed only after the last one, and an import that was cut short is
        mended by the next. Raises NotFound; Conflict for another agency's list that no grant covers; BadInput for a
        file that nobody counted and that would take more than half of the list away.
        """
        with self._importing:
            plan = self._plan(list_id, parsed, rules, progress)
            now = self._clock.now()
            with reading(self._engine) as connection:
                sealer = self._sealer_of(read_hot_list(connection, list_id).operator)
            self._in_steps(plan.gone, _delete_entries)
            self._in_steps([_changed_values(sealer, *change, plan.ends_at) for change in plan.changed], _update_entries)
            for start in range(0, len(plan.added), _CHUNK):
                progress("sealing", start, len(plan.added))
                fresh = [
                    _sealed_values(sealer, list_id, row, category, now)
                    | {"expires_at": row.expires_at or plan.ends_at, "zero_for_letter": parsed.zero_for_letter}
                    for row, category in plan.added[start : start + _CHUNK]
                ]
                self._in_steps(fresh, _insert_entries)
            with writing(self._engine) as connection:
                _finish(connection, list_id, parsed, plan, rules, now)
            return plan.diff

    def add(self, new: NewEntry, *, by: PersonId) -> StoredEntry:
        """List one plate by hand.

        Raises BadInput (plate, region, no reason, no future expiry, a category that is not the list's, another agency's
        list, an inactive person), NotFound.
        """
        now = self._clock.now()
        row = _checked_row(new, now)
        with writing(self._engine) as connection:
            hot_list = read_hot_list(connection, new.list_id)
            if new.category not in hot_list.categories:
                raise LineRefused(Refusal.CATEGORY_NOT_OF_LIST)
            if read_footing(connection, hot_list, now).foreign_owner is not None:
                raise BadInput("nobody here writes on another agency's list", code="foreign_list")
            if not read_person_facts(connection, by).active:
                raise BadInput("only an active person may list a plate", code="inactive_person")
            sealer = self._sealer_of(hot_list.operator)
            values = _sealed_values(sealer, new.list_id, row, new.category, now) | {"entered_by": by, "manual": True}
            if new.case_number.strip():
                case = new.case_number.strip().encode()
                values["case_sealed"] = sealer.seal_column(_TABLE, "case_sealed", values["entry_id"], case)
            connection.execute(insert(hot_list_entries).values(values))
        return self.get(EntryId(values["entry_id"]))

    def remove(self, entry_id: EntryId) -> None:
        """Take one entry off its list; raises NotFound."""
        with writing(self._engine) as connection:
            here = hot_list_entries.c.entry_id == entry_id
            if not connection.execute(delete(hot_list_entries).where(here)).rowcount:
                raise _unknown()

    def list_of(self, entry_id: EntryId) -> ListId:
        """Return which list an entry is on, or raise NotFound; nothing is opened."""
        with reading(self._engine) as connection:
            wanted = select(hot_list_entries.c.list_id).where(hot_list_entries.c.entry_id == entry_id)
            found = connection.execute(wanted).scalar_one_or_none()
        if found is None:
            raise _unknown()
        return ListId(found)

    def get(self, entry_id: EntryId) -> StoredEntry:
        """Return one entry, opened, or raise NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(hot_list_entries, hot_lists.c.operator)
                .join(hot_lists, hot_lists.c.list_id == hot_list_entries.c.list_id)
                .where(hot_list_entries.c.entry_id == entry_id)
            ).one_or_none()
        if row is None:
            raise _unknown()
        return _stored(self._sealer_of(OperatorId(row.operator)), row)

    def list_all(self, list_id: ListId) -> Iterator[StoredEntry]:
        """Yield every entry of a list, opened, soonest expiry first. Raises NotFound."""
        with reading(self._engine) as connection:
            sealer = self._sealer_of(read_hot_list(connection, list_id).operator)
            wanted = select(hot_list_entries).where(hot_list_entries.c.list_id == list_id)
            ordered = wanted.order_by(hot_list_entries.c.expires_at, hot_list_entries.c.entry_id)
            with connection.execution_options(yield_per=_CHUNK).execute(ordered) as rows:
                for row in rows:
                    yield _stored(sealer, row)

    def counts(self, now: datetime) -> dict[ListId, int]:
        """Return how many unexpired entries each list has; a list without any is left out."""
        counted = (
            select(hot_list_entries.c.list_id, func.count().label("entries"))
            .where(hot_list_entries.c.expires_at > now)
            .group_by(hot_list_entries.c.list_id)
        )
        with reading(self._engine) as connection:
            return {ListId(row.list_id): row.entries for row in connection.execute(counted)}

    def load(
        self,
        operator: OperatorId,
        now: datetime,
        law_age: timedelta | None = None,
        low_level: frozenset[Category] = LOW_LEVEL,
        only: EntryId | None = None,
    ) -> Iterator[Entry]:
        """Yield what the operator's active lists say at `now`, for the in-memory index; or one entry of it.

        Left out: expired entries; a stale list's file entries (`law_age` is the law's own age for lists); debts or
        paperwork beyond `low_level`; of another agency's list, everything that no grant covers and what nobody here
        accepted. What a grant covers ends with it. Raises SealBroken for a cell that does not open.
        """
        sealer = self._sealer_of(operator)
        # of a million entries' regions and ends, equal ones are kept once
        same: dict[Any, Any] = {}
        barred = [category.value for category in LOW_LEVEL - low_level]
        with reading(self._engine) as connection:
            for hot_list in _active_lists(connection, operator):
                footing = read_footing(connection, hot_list, now)
                if not footing.stands:
                    continue
                stale_at, terms = hot_list.stale_at(law_age) or now, _terms(hot_list, footing)
                wanted = select(hot_list_entries).where(
                    hot_list_entries.c.list_id == hot_list.list_id,
                    hot_list_entries.c.expires_at > now,
                    footing.accepted(),
                    hot_list_entries.c.category.not_in(barred),
                    true() if only is None else hot_list_entries.c.entry_id == only,
                )
                with connection.execution_options(yield_per=_CHUNK).execute(wanted) as rows:
                    for row in rows:
                        until = footing.until(row.expires_at if row.manual else min(row.expires_at, stale_at))
                        if until > now:
                            region, until = same.setdefault(row.region, row.region), same.setdefault(until, until)
                            plate = _open(sealer, "plate_sealed", row)
                            yield _indexed(hot_list.list_id, terms, row, plate, region, until)

    def expired(self, now: datetime, operator: OperatorId) -> dict[ListId, int]:
        """Return how many entries of an operator's lists are over, by list; made by hand or not."""
        counted = select(hot_list_entries.c.list_id, func.count().label("entries"))
        over = counted.where(_over(now, operator)).group_by(hot_list_entries.c.list_id)
        with reading(self._engine) as connection:
            return {ListId(row.list_id): row.entries for row in connection.execute(over)}

    def expire(self, now: datetime, operator: OperatorId | None = None) -> dict[ListId, int]:
        """Delete expired entries, of every list or of one operator's, and return how many, by list."""
        over = _over(now, operator)
        counted = select(hot_list_entries.c.list_id, func.count().label("entries")).where(over)
        with writing(self._engine) as connection:
            counts = {
                ListId(row.list_id): row.entries
                for row in connection.execute(counted.group_by(hot_list_entries.c.list_id))
            }
            connection.execute(delete(hot_list_entries).where(over))
        return counts

    def _plan(self, list_id: ListId, parsed: ParsedList, rules: ImportRules, progress: Progress) -> ListPlan:
        """Return what an import will do, by opening what the last file left; raises BadInput for a collapse."""
        known: dict[Identity, KnownEntry] = {}
        gone: list[EntryId] = []
        with reading(self._engine) as connection:
            hot_list = read_hot_list(connection, list_id)
            require_stands(read_footing(connection, hot_list, self._clock.now()))
            sealer = self._sealer_of(hot_list.operator)
            wanted = select(hot_list_entries).where(hot_list_entries.c.list_id == list_id, ~hot_list_entries.c.manual)
            with connection.execution_options(yield_per=_CHUNK).execute(wanted) as rows:
                for number, row in enumerate(rows):
                    if number % _CHUNK == 0:
                        progress("comparing", number, 0)
                    identity = (bare_text(_open(sealer, "plate_sealed", row)), row.region, row.category)
                    entry = _known(sealer, row)
                    if known.setdefault(identity, entry) is not entry:
                        # two processes took a file at once: one entry is enough
                        gone.append(entry.entry_id)
        before = len(known)
        plan = plan_import(hot_list, parsed, known, gone, rules, self._clock.now())
        require_no_collapse(parsed, known=before, gone=len(known), accepted=rules.accepted)
        return plan

    def _in_steps(self, items: Sequence[_Item], step: Callable[[Connection, Sequence[_Item]], None]) -> None:
        """Apply a step to the items, a chunk and a transaction at a time."""
        for start in range(0, len(items), _CHUNK):
            with writing(self._engine) as connection:
                step(connection, items[start : start + _CHUNK])


def _over(now: datetime, operator: OperatorId | None) -> ColumnElement[bool]:
    over = hot_list_entries.c.expires_at <= now
    if operator is None:
        return over
    lists = select(hot_lists.c.list_id).where(hot_lists.c.operator == operator)
    return over & hot_list_entries.c.list_id.in_(lists)


def _checked_row(new: NewEntry, now: datetime) -> ListRow:
    """Return an entry made by hand as a row, or raise BadInput."""
    if not new.reason.strip() or len(new.reason) > MAX_REASON_CHARACTERS:
        raise BadInput("an entry made by hand needs a reason", code="reason_missing")
    if require_utc(new.expires_at) <= now:
        raise LineRefused(Refusal.EXPIRED)
    return ListRow(
        line=0,
        plate_text=require_listed_plate(new.plate_text),
        region=require_region(new.region),
        category=new.category,
        reason=new.reason.strip(),
        expires_at=new.expires_at,
        vehicle=new.vehicle,
    )


def _active_lists(connection: Connection, operator: OperatorId) -> list[HotList]:
    wanted = select(hot_lists.c.list_id).where(hot_lists.c.operator == operator, hot_lists.c.active)
    return [read_hot_list(connection, ListId(list_id)) for list_id in connection.execute(wanted).scalars().all()]


def _finish(
    connection: Connection, list_id: ListId, parsed: ParsedList, plan: ListPlan, rules: ImportRules, now: datetime
) -> None:
    """Let the file's entries live on where it gives them no end, and say of the list that it is refreshed."""
    zeros = parsed.zero_for_letter
    entries = update(hot_list_entries).where(hot_list_entries.c.list_id == list_id, ~hot_list_entries.c.manual)
    connection.execute(entries.where(hot_list_entries.c.zero_for_letter != zeros).values(zero_for_letter=zeros))
    if any(row.expires_at is None for row in parsed.rows):
        connection.execute(entries.where(hot_list_entries.c.expires_at != plan.ends_at).values(expires_at=plan.ends_at))
    told: dict[str, Any] = {"refreshed_at": now, "layout": parsed.layout}
    if parsed.claims or rules.accepted is None:
        told["counted"] = bool(parsed.claims)
    connection.execute(update(hot_lists).where(hot_lists.c.list_id == list_id).values(told))


def _sealed_values(
    sealer: ColumnSealer, list_id: ListId, row: ListRow, category: Category, now: datetime
) -> dict[str, Any]:
    """Return one new entry's columns; what the whole file says of it is the caller's."""
    entry_id = new_id("e")
    return {
        "entry_id": entry_id,
        "list_id": list_id,
        "plate_sealed": sealer.seal_column(_TABLE, "plate_sealed", entry_id, row.plate_text.encode()),
        "region": row.region,
        "category": category.value,
        "reason_sealed": sealer.seal_column(_TABLE, "reason_sealed", entry_id, row.reason.encode()),
        "expires_at": row.expires_at,
        "entered_at": now,
        "entered_by": None,
        "manual": False,
        "source_sealed": _sealed_source(sealer, entry_id, row),
        "zero_for_letter": False,
    }


def _changed_values(sealer: ColumnSealer, entry_id: EntryId, row: ListRow, ends_at: datetime) -> dict[str, Any]:
    """Return what an UPDATE binds for one changed entry; of another agency's list it waits to be accepted again."""
    return {
        "changed_entry": entry_id,
        "reason_sealed": sealer.seal_column(_TABLE, "reason_sealed", entry_id, row.reason.encode()),
        "expires_at": row.expires_at or ends_at,
        "source_sealed": _sealed_source(sealer, entry_id, row),
        "accepted_by": None,
        "accepted_at": None,
    }


def _sealed_source(sealer: ColumnSealer, entry_id: str, row: ListRow) -> bytes | None:
    if row.vehicle is None and not row.reference:
        return None
    plain = msgspec.json.encode(_Source(vehicle=row.vehicle, reference=row.reference))
    return sealer.seal_column(_TABLE, "source_sealed", entry_id, plain)


def _insert_entries(connection: Connection, values: Sequence[dict[str, Any]]) -> None:
    connection.execute(insert(hot_list_entries), list(values))


def _update_entries(connection: Connection, values: Sequence[dict[str, Any]]) -> None:
    here = hot_list_entries.c.entry_id == bindparam("changed_entry")
    connection.execute(update(hot_list_entries).where(here), list(values))


def _delete_entries(connection: Connection, entry_ids: Sequence[EntryId]) -> None:
    here = hot_list_entries.c.entry_id == bindparam("gone_entry")
    connection.execute(delete(hot_list_entries).where(here), [{"gone_entry": entry_id} for entry_id in entry_ids])


def _open(sealer: ColumnSealer, column: str, row: Row[Any]) -> str:
    return sealer.open_column(_TABLE, column, row.entry_id, getattr(row, column)).decode()


def _terms(hot_list: HotList, footing: Footing) -> ListTerms:
    """Return what all of a list's alerts have in common."""
    return msgspec.structs.replace(hot_list.terms, foreign_owner=footing.foreign_owner)


def _indexed(
    list_id: ListId, terms: ListTerms, row: Row[Any], plate: str, region: str | None, until: datetime
) -> Entry:
    key = fold(plate)
    return Entry(
        list_id=list_id,
        entry_id=EntryId(row.entry_id),
        plate_key=key,
        plate_text=PlateText(key if plate == key else plate),
        region=region,
        category=Category(row.category),
        expires_at=until,
        terms=terms,
        zero_for_letter=row.zero_for_letter,
        entered_at=row.entered_at,
        manual=row.manual,
        # on one's own list nothing is accepted, and what was so under another owner does not count
        accepted_at=None if terms.foreign_owner is None else row.accepted_at,
    )


def _source(sealer: ColumnSealer, row: Row[Any]) -> _Source:
    if row.source_sealed is None:
        return _NO_SOURCE
    return _SOURCE.decode(sealer.open_column(_TABLE, "source_sealed", row.entry_id, row.source_sealed))


def _known(sealer: ColumnSealer, row: Row[Any]) -> KnownEntry:
    source = _source(sealer, row)
    return KnownEntry(
        entry_id=EntryId(row.entry_id),
        reason=_open(sealer, "reason_sealed", row),
        expires_at=row.expires_at,
        vehicle=source.vehicle,
        reference=source.reference,
    )


def _stored(sealer: ColumnSealer, row: Row[Any]) -> StoredEntry:
    source = _source(sealer, row)
    return StoredEntry(
        entry_id=EntryId(row.entry_id),
        list_id=ListId(row.list_id),
        plate_text=PlateText(_open(sealer, "plate_sealed", row)),
        region=row.region,
        category=Category(row.category),
        reason=_open(sealer, "reason_sealed", row),
        expires_at=row.expires_at,
        entered_at=row.entered_at,
        entered_by=None if row.entered_by is None else PersonId(row.entered_by),
        manual=row.manual,
        case_number=_open(sealer, "case_sealed", row) if row.case_sealed is not None else "",
        accepted_by=None if row.accepted_by is None else PersonId(row.accepted_by),
        accepted_at=row.accepted_at,
        vehicle=source.vehicle,
        reference=source.reference,
        zero_for_letter=row.zero_for_letter,
    )


def _unknown() -> NotFound:
    return NotFound("no entry has this id", code="unknown_entry")
