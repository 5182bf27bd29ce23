"""Retention: law → hours that are over → receipt begun → keys destroyed → receipt completed; rows are dropped later.

What flows in: each operator's law, keys, log and store; the time. What flows out: destroyed keys, receipts in the log.
What it must never see: a plate, a question. Nothing here can bring a key back; a clock that goes back revives nothing.

Order, for each operator: rows are counted → a receipt `begun` is durable (hours, rows by reader, law, hash over the key
commitments) → the keys are destroyed in one transaction → a receipt `destroyed` is durable → days without a live key
are dropped. A crash before the destruction leaves all keys and a receipt that only says `begun`; a crash after it
leaves hours that are destroyed and have no receipt `destroyed`: the next run writes it, with the fact `recovered`.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Self

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.clock import Clock, format_time, period_of, period_start
from lockplate.errors import BadInput, Conflict, KeyUnavailable, StoreFailed
from lockplate.evidence.details import DetailStore
from lockplate.evidence.log import TileLog
from lockplate.evidence.recorder import Recorder
from lockplate.keys.ring import KeyCommitment, KeyRing
from lockplate.law.profile import LawProfile, RetentionRule
from lockplate.store.surface import ReadStore
from lockplate.terms import Action, LeafIndex, OperatorId, Period, ReaderId

MAX_CLOCK_STEP = timedelta(days=1)
"""A clock further ahead of the last run than this is not believed: it would destroy what is not over."""
RECORD_MISDATING = timedelta(days=1)
"""A record may be dated this far from the clock that chose the month's key (evidence.recorder.MAX_MISDATING)."""

_MAX_RANGES = 1000
_MAX_COUNT_BYTES = 40_000
_SCAN = 4096
_RECEIPT_MARK = b'"action":"retention:receipt"'
_KEYS_DOMAIN = b"lockplate/receipt-keys/v1\0"


class ClockJumped(Conflict):
    """The clock is more than a day ahead of the last run: somebody must say that it is right."""

    default_code = "clock_jumped"


class KeysRevived(KeyUnavailable):
    """Keys are here that the log says were destroyed: an old copy of the key database was put back."""

    default_code = "keys_revived"


class RetentionParts(msgspec.Struct, frozen=True, kw_only=True):
    """What forgetting needs of one operator."""

    operator: OperatorId
    profile: LawProfile | None
    """In force on the day of the run; None: nothing may be kept."""
    ring: KeyRing
    log: TileLog
    recorder: Recorder
    details: DetailStore
    notes: Path
    """Where this operator's last run is remembered; see `notes_path`."""


class OperatorRetention(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did, or would do, for one operator."""

    operator: OperatorId
    limit: timedelta | None
    """None: the law lets nothing be kept."""
    from_capture: bool
    destroyed: tuple[Period, ...] = ()
    rows_by_reader: dict[ReaderId, int] = {}
    kept: int = 0
    """Hours that still have a key."""
    recovered: int = 0
    """Hours that an earlier run destroyed without completing their receipt."""
    receipts: tuple[LeafIndex, ...] = ()
    days_dropped: tuple[date, ...] = ()
    details_forgotten: int = 0
    details_keys_destroyed: tuple[str, ...] = ()


class _Notes(msgspec.Struct, frozen=True, kw_only=True):
    """The notes file: how far the log was read, what it said, and when retention last ran."""

    scanned: int = 0
    destroyed: str = ""
    last_run: datetime | None = None


class Receipts:
    """What the log says was destroyed, read once and remembered with how far it was read.

    The notes are a cache of the log, and the time of the last run; without them the log is read from its start.
    """

    def __init__(self, path: Path, notes: "_Notes") -> None:
        self._path = path
        self._scanned = notes.scanned
        self.last_run = notes.last_run
        self.destroyed = set(periods_in(notes.destroyed))

    @classmethod
    def read(cls, log: TileLog, path: Path) -> Self:
        """Return what the log says now."""
        notes = _read_notes(path)
        if notes.scanned > log.size:  # an older log was put back; what it says counts
            notes = _Notes(last_run=notes.last_run)
        receipts = cls(path, notes)
        receipts.scan(log)
        return receipts

    def remember(self, log: TileLog, last_run: datetime) -> None:
        """Note the time of a run, and what the log says after it; durable on return. Raises StoreFailed."""
        self.scan(log)
        self.last_run = last_run
        notes = _Notes(scanned=self._scanned, destroyed=ranges_of(self.destroyed), last_run=last_run)
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(notes))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StoreFailed("the time of the run could not be noted", next_step="Run retention again.") from error

    def scan(self, log: TileLog) -> None:
        """Take in what the log says since it was last read."""
        size = log.size
        for start in range(self._scanned, size, _SCAN):
            for leaf in log.entries(start, min(start + _SCAN, size)):
                if _RECEIPT_MARK in leaf:
                    record = parse_leaf(leaf)
                    if record.action is Action.RETENTION_RECEIPT and record.facts.get("step") == "destroyed":
                        self.destroyed.update(periods_in(record.facts["periods"]))
        self._scanned = size


class Retention:
    """Forgets what the law says to forget, for the operators of one node."""

    def __init__(self, store: ReadStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(
        self,
        parts: Sequence[RetentionParts],
        signed: Mapping[OperatorId, AccessRecord],
        *,
        now: datetime | None = None,
        dry_run: bool = False,
    ) -> tuple[OperatorRetention, ...]:
        """Destroy every key whose time is over at `now`, or at the clock's time; a dry run only says which.

        `signed` holds for each operator a record with who and on what permit; action, facts and counts are filled in.
        An explicit `now` is believed. Raises ClockJumped before anything is destroyed; StoreFailed, KeyUnavailable or
        LogRefused in between: then the next run completes it.
        """
        at = now or self._clock.now()
        read = {part.operator: Receipts.read(part.log, part.notes) for part in parts}
        if now is None:
            for part in parts:
                require_steady_clock(part.ring, read[part.operator].last_run, at)
        done = []
        for part in parts:
            if dry_run:
                done.append(self._plan(part, at))
            else:
                done.append(self._forget(part, signed[part.operator], read[part.operator], at))
                read[part.operator].remember(part.log, self._clock.now())
        return tuple(done)

    def _plan(self, part: RetentionParts, now: datetime) -> OperatorRetention:
        """Return what would be destroyed."""
        rule = None if part.profile is None else part.profile.retention_rule
        due = due_periods(part.ring, rule, now)
        return OperatorRetention(
            operator=part.operator,
            limit=None if rule is None else rule.limit,
            from_capture=rule is None or rule.from_capture,
            destroyed=tuple(due),
            rows_by_reader=self._rows(part.operator, due),
            kept=len(part.ring.stored_periods()) - len(due),
        )

    def _forget(
        self, part: RetentionParts, signed: AccessRecord, receipts: Receipts, now: datetime
    ) -> OperatorRetention:
        """Forget one operator's hours and record details, in the order of the module's promise."""
        plan = self._plan(part, now)
        template = msgspec.structs.replace(
            signed,
            action=Action.RETENTION_RECEIPT,
            at=self._clock.now(),
            operator=part.operator,
            profile=None if part.profile is None else part.profile.id,
        )
        left_over = sorted(set(part.ring.destroyed_periods()) - receipts.destroyed)
        places = self._complete_earlier(part, template, left_over)
        for periods in _chunks(plan.destroyed):
            places += self._destroy(part, template, plan, periods, now)
        days = self._drop_days(part, plan, {*receipts.destroyed, *left_over, *plan.destroyed}, now)
        forgotten, keys, place = self._forget_details(part, template, now)
        return msgspec.structs.replace(
            plan,
            recovered=len(left_over),
            receipts=(*places, *place),
            days_dropped=days,
            details_forgotten=forgotten,
            details_keys_destroyed=keys,
        )

    def _complete_earlier(
        self, part: RetentionParts, template: AccessRecord, left_over: Sequence[Period]
    ) -> list[LeafIndex]:
        """Write the receipts that a crash prevented; the rows by reader are in the receipt that was begun."""
        places = []
        for periods in _chunks(left_over):
            facts = {"step": "destroyed", "periods": ranges_of(periods), "recovered": "yes"}
            counts = {"periods": len(periods)}
            places.append(part.recorder.record(msgspec.structs.replace(template, facts=facts, counts=counts)))
        return places

    def _destroy(
        self,
        part: RetentionParts,
        template: AccessRecord,
        plan: OperatorRetention,
        periods: Sequence[Period],
        now: datetime,
    ) -> list[LeafIndex]:
        """Put the destruction on record, do it, and put it on record as done."""
        promised = [found for period in periods if (found := part.ring.commitment(period)) is not None]
        facts = {
            "step": "begun",
            "now": format_time(now),
            "periods": ranges_of(periods),
            "keys": commitment_hash(promised),
            "law": "nothing may be kept" if part.profile is None else part.profile.hash(),
            "limit_seconds": "0" if plan.limit is None else str(int(plan.limit.total_seconds())),
            "counted_from": "capture" if plan.from_capture else "storage",
        }
        rows = self._rows(part.operator, periods)
        begun = [
            part.recorder.record(msgspec.structs.replace(template, facts=facts, counts=counts))
            for counts in _count_chunks(rows, len(periods))
        ]
        gone = part.ring.destroy_periods(list(periods), self._clock.now())
        if not gone:  # another run was faster, and writes the receipt
            return begun
        facts = {
            "step": "destroyed",
            "periods": ranges_of(Period(int(one.name)) for one in gone),
            "keys": commitment_hash(gone),
        }
        counts = {"periods": len(gone), "rows": sum(rows.values())}
        record = msgspec.structs.replace(template, facts=facts, counts=counts, refers_to=begun[0])
        return [*begun, part.recorder.record(record)]

    def _rows(self, operator: OperatorId, periods: Iterable[Period]) -> dict[ReaderId, int]:
        rows: Counter[ReaderId] = Counter()
        for period in periods:
            rows.update(self._store.rows_in_period(operator, period))
        return dict(sorted(rows.items()))

    def _drop_days(
        self, part: RetentionParts, plan: OperatorRetention, destroyed: set[Period], now: datetime
    ) -> tuple[date, ...]:
        """Drop the days that hold forgotten rows and no live key, and that are too old to be filled again.

        Rows of a destroyed hour answer nobody, so waiting costs disk only. Where the limit counts from storage, an old
        file can still be taken in for a day; that must not happen while this runs (docs: run one after the other).
        """
        if not destroyed:
            return ()
        live = {_day_of(period) for period in part.ring.stored_periods()}
        limit = plan.limit or timedelta()
        over = {day for period in destroyed if (day := _day_of(period)) not in live and _day_end(day) + limit <= now}
        if not over:
            return ()
        held = {count.day for count in self._store.counts(part.operator, min(over), max(over))}
        for day in sorted(over & held):
            self._store.drop_day(part.operator, day)
        return tuple(sorted(over & held))

    def _forget_details(
        self, part: RetentionParts, template: AccessRecord, now: datetime
    ) -> tuple[int, tuple[str, ...], list[LeafIndex]]:
        """Forget the private details of old records, and destroy the keys of months that are wholly forgotten."""
        through = details_over(part.profile, now)
        if through is None or part.log.size == 0:
            return 0, (), []
        first = parse_leaf(part.log.entry(0)).at
        names = [name for name in details_keys(first, through) if part.ring.stored_data_key(name) is not None]
        before = part.details.forgotten_through()
        if through <= before and not names:
            return 0, (), []
        facts = {
            "step": "details_begun",
            "now": format_time(now),
            "before": format_time(period_start(Period(through + 1))),
            "months": ",".join(name.removeprefix(_DETAILS) for name in names),
        }
        places = [part.recorder.record(msgspec.structs.replace(template, facts=facts))] if names else []
        gone = [part.ring.destroy_data_key(name, self._clock.now()) for name in names]
        deleted = part.details.forget_through(through)
        if not deleted and not names:
            return 0, (), []
        facts |= {"step": "details_forgotten", "keys": commitment_hash([one for one in gone if one is not None])}
        record = msgspec.structs.replace(
            template, facts=facts, counts={"details": deleted}, refers_to=places[0] if places else None
        )
        return deleted, tuple(names), [*places, part.recorder.record(record)]


_DETAILS = "details:"
"""How seal.column names the month's key of records' private details: `details:2026-11`."""


def notes_path(home: Path, operator: OperatorId) -> Path:
    """Return where an operator's last run is remembered."""
    return home / "retention" / f"{operator}.json"


def require_not_revived(operator: OperatorId, ring: KeyRing, log: TileLog, notes: Path) -> KeyRing:
    """Return the key ring, or raise KeysRevived when it holds a key that the log says was destroyed.

    Wiring calls this when it opens an operator: a copy of the key database from before must not answer.
    """
    revived = Receipts.read(log, notes).destroyed.intersection(ring.stored_periods())
    if revived:
        raise KeysRevived(
            f"{len(revived)} keys of {operator} are back that the log says were destroyed",
            next_step="An old copy of the key database was put back. Put the current one in its place; keep no copy.",
        )
    return ring


def require_steady_clock(ring: KeyRing, last_run: datetime | None, now: datetime) -> datetime:
    """Return `now`, or raise ClockJumped when it is over a day ahead of the last run.

    Before the first run, the newest key's making stands for it: with no key there is nothing to destroy.
    """
    known = last_run or max((at for period in ring.stored_periods() if (at := ring.made_at(period))), default=now)
    if now - known > MAX_CLOCK_STEP:
        raise ClockJumped(
            f"the clock says {format_time(now)}; retention was last sure of the time at {format_time(known)}",
            next_step=f"If the clock is right, say so: lockplate retention run --now {format_time(now)}",
        )
    return now


def due_periods(ring: KeyRing, rule: RetentionRule | None, now: datetime) -> list[Period]:
    """Return the hours whose keys may live no longer, oldest first; without a rule, all of them.

    The oldest read of an hour may be of its first second, so an hour is over when its *start* is as old as the limit.
    """
    stored = ring.stored_periods()
    if rule is None:
        return stored
    if rule.from_capture:
        return [period for period in stored if period_start(period) + rule.limit <= now]
    made = ((period, ring.made_at(period)) for period in stored)
    return [period for period, at in made if at is not None and at + rule.limit <= now]


def details_over(profile: LawProfile | None, now: datetime) -> Period | None:
    """Return the last hour whose records' details are to be forgotten; None where the law states no longest time.

    Where the law also states a shortest time, an hour is kept until all of it has had that.
    """
    least, most = (None, None) if profile is None else profile.audit_log_retention
    if most is None:
        return None
    through = period_of(now - most)
    return through if least is None else min(through, Period(period_of(now - least) - 1))


def details_keys(first: datetime, through: Period) -> list[str]:
    """Return the names of the month keys under which nothing younger than `through` can be sealed, oldest first."""
    end = period_start(Period(through + 1)) - RECORD_MISDATING
    start = first - RECORD_MISDATING
    year, month = start.year, start.month
    names = []
    while datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) <= end:
        names.append(f"{_DETAILS}{year:04d}-{month:02d}")
        year, month = year + month // 12, month % 12 + 1
    return names


def ranges_of(periods: Iterable[Period]) -> str:
    """Return hours as a receipt says them: `491976-491999,492003`."""
    ordered = sorted(set(periods))
    if not ordered:
        return ""
    breaks = [0, *(place for place, (one, other) in enumerate(pairwise(ordered), 1) if other != one + 1), len(ordered)]
    runs = [(ordered[start], ordered[end - 1]) for start, end in pairwise(breaks)]
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def periods_in(text: str) -> list[Period]:
    """Return the hours that a receipt names, or raise BadInput."""
    periods: list[Period] = []
    try:
        for part in filter(None, text.split(",")):
            first, _, last = part.partition("-")
            periods += [Period(number) for number in range(int(first), int(last or first) + 1)]
    except ValueError as error:
        raise BadInput("not a receipt's hours", code="bad_receipt") from error
    return periods


def commitment_hash(keys: Iterable[KeyCommitment]) -> str:
    """Return SHA-256, hex, over the commitments of destroyed keys: a later use of one would prove the receipt a lie."""
    lines = sorted(f"{key.kind}:{key.name}:{key.commitment}" for key in keys)
    return hashlib.sha256(_KEYS_DOMAIN + "\n".join(lines).encode()).hexdigest()


def _read_notes(path: Path) -> _Notes:
    """Return the notes, or empty ones when there are none that can be read."""
    try:
        notes = msgspec.json.decode(path.read_bytes(), type=_Notes)
        periods_in(notes.destroyed)
    except (OSError, msgspec.MsgspecError, BadInput):
        return _Notes()
    return notes


def _chunks(periods: Sequence[Period]) -> list[list[Period]]:
    """Return hours in groups whose ranges fit one leaf."""
    groups: list[list[Period]] = []
    ranges = 0
    for place, period in enumerate(periods):
        if place == 0 or period != periods[place - 1] + 1:
            ranges += 1
            if ranges % _MAX_RANGES == 1:
                groups.append([])
        groups[-1].append(period)
    return groups


def _count_chunks(rows: Mapping[ReaderId, int], periods: int) -> list[dict[str, int]]:
    """Return the counts of a receipt, split so that each part fits one leaf; at least one part."""
    chunks: list[dict[str, int]] = [{"periods": periods, "rows": sum(rows.values())}]
    used = 0
    for reader, count in rows.items():
        name = f"rows:{reader[:200]}"
        size = len(msgspec.json.encode(name)) + 20
        if used + size > _MAX_COUNT_BYTES:
            chunks.append({})
            used = 0
        chunks[-1][name] = chunks[-1].get(name, 0) + count
        used += size
    return chunks


def _day_of(period: Period) -> date:
    return period_start(period).date()


def _day_end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
