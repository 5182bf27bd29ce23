"""Run: everything that is over at one time, for each operator, in one order; nothing where nothing is over.

What flows in: each operator's parts, a record with who signs, the time. What flows out: what was forgotten.
What it must never see: a plate, a question.

Order, for each operator: holds that are over end → receipts that a crash prevented → what open holds cover of the due
hours is kept → hours → days → records' details → hits → requests → expired entries. One run at a time for a node.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from lockplate.access import AccessRecord, KeyCommitment
from lockplate.clock import Clock
from lockplate.errors import LockplateError
from lockplate.hotlist import Category, ListId
from lockplate.keys.ring import KeyRing
from lockplate.retention.hours import complete_earlier, destroy_hours, drop_days, due_reads
from lockplate.retention.months import (
    Forgotten,
    complete_names,
    forget_details,
    forget_hits,
    forget_requests,
    matched_rule,
)
from lockplate.retention.parts import OperatorRetention, RetentionParts
from lockplate.retention.receipt import Receipting, commitment_hash
from lockplate.retention.receipts import Receipts
from lockplate.retention.sureness import ClockJumped, Failure, RetentionState, require_steady_clock, retention_state
from lockplate.store.surface import ReadStore
from lockplate.terms import Action, LeafIndex, OperatorId


class Retention:
    """Forgets what the law says to forget, for the operators of one node; one run at a time."""

    def __init__(self, store: ReadStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[OperatorId, Failure] = {}

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
        An explicit `now` is believed, but nothing is due later than at the last run's time. Raises ClockJumped before
        anything is destroyed; StoreFailed, KeyUnavailable or LogRefused in between: then the next run completes it.
        """
        with self._lock:
            at = now or self._clock.now()
            for part in parts:
                part.receipts.scan()
                if now is None:
                    require_steady_clock(part.ring, part.receipts.last_run, at)
            if dry_run:
                return tuple(self._plan(part, part.receipts.not_before(at)) for part in parts)
            return tuple(self._forget_noting(part, signed[part.operator], at) for part in parts)

    def state(self, operator: OperatorId, ring: KeyRing, receipts: Receipts) -> RetentionState:
        """Return whether an operator's forgetting goes on at this moment."""
        return retention_state(operator, ring, receipts.last_run, self._clock.now(), self._failures.get(operator))

    def _plan(self, part: RetentionParts, now: datetime) -> OperatorRetention:
        """Return what would be destroyed."""
        law = part.law_of(frozenset())
        rule = None if law is None else law.retention_rule
        matched = matched_rule(law)
        due = due_reads(self._store, part, now)
        return OperatorRetention(
            operator=part.operator,
            limit=None if rule is None else rule.limit,
            from_capture=rule is None or rule.from_capture,
            due=due,
            kept=len(part.ring.stored_periods()) - sum(len(one.group.periods) for one in due),
            hits_forgotten=part.hits.over(part.operator, now - matched.limit, from_capture=matched.from_capture),
            entries_expired=part.entries.expired(now, part.operator),
        )

    def _forget_noting(self, part: RetentionParts, signed: AccessRecord, at: datetime) -> OperatorRetention:
        """Forget for one operator, and remember how that went."""
        try:
            done = self._forget(part, signed, part.receipts.not_before(at))
            # a time to come does not stand in for the clock, nor a wrong clock for the time that was vouched for
            part.receipts.remember(min(at, self._clock.now()))
        except ClockJumped:
            raise
        except LockplateError as error:
            earlier = self._failures.get(part.operator)
            since = self._clock.now() if earlier is None else earlier.since
            self._failures[part.operator] = Failure(since=since, code=error.code)
            raise
        self._failures.pop(part.operator, None)
        return done

    def _forget(self, part: RetentionParts, signed: AccessRecord, now: datetime) -> OperatorRetention:
        """Forget one operator's part, in the order of the module's promise."""
        law = part.law_of(frozenset())
        template = msgspec.structs.replace(
            signed,
            action=Action.RETENTION_RECEIPT,
            at=self._clock.now(),
            operator=part.operator,
            profile=None if law is None else law.id,
        )
        pen = Receipting(recorder=part.recorder, template=template)
        ended = _end_holds(part, pen, now)
        left_over = sorted(set(part.ring.destroyed_periods()) - part.receipts.destroyed)
        recovered = complete_names(part, pen)
        places = [*ended.receipts, *complete_earlier(pen, left_over), *recovered.receipts]
        plan = self._plan(part, now)
        held = part.holding.secure(plan.destroyed) if plan.destroyed else 0
        for one in plan.due:
            places += destroy_hours(self._store, self._clock, part, pen, one, now)
        gone = {*part.receipts.destroyed, *left_over, *plan.destroyed}
        days = drop_days(self._store, part, plan.limit or timedelta(), gone, now)
        details = forget_details(part, pen, self._clock, now)
        hits = forget_hits(part, pen, self._clock, now)
        requests = forget_requests(part, pen, self._clock, now)
        entries, place = _expire_entries(part, pen, now)
        return msgspec.structs.replace(
            plan,
            recovered=len(left_over) + len(recovered.keys),
            held=held,
            receipts=(*places, *details.receipts, *hits.receipts, *requests.receipts, *place),
            days_dropped=days,
            details_forgotten=details.rows,
            hits_forgotten={Category(name.partition(":")[2]): count for name, count in hits.counts.items()},
            requests_forgotten=requests.rows,
            entries_expired=entries,
            holds_ended=len(ended.keys),
            keys_destroyed=(*ended.keys, *details.keys, *hits.keys, *requests.keys),
        )


def _end_holds(part: RetentionParts, pen: Receipting, now: datetime) -> Forgotten:
    """End the holds that are over, and name their keys in a receipt."""
    ended = part.holding.expire(now)
    if not ended:
        return Forgotten()
    keys = [KeyCommitment(kind="data", name=f"hold:{one.hold_id}", commitment=one.commitment) for one in ended]
    names = tuple(key.name for key in keys)
    facts = {"step": "holds_forgotten", "names": ",".join(names), "keys": commitment_hash(keys)}
    return Forgotten(keys=names, receipts=(pen.write(facts, {"holds": len(keys)}),))


def _expire_entries(
    part: RetentionParts, pen: Receipting, now: datetime
) -> tuple[dict[ListId, int], tuple[LeafIndex, ...]]:
    """Delete the hot-list entries whose time is over, on record."""
    over = part.entries.expired(now, part.operator)
    if not over:
        return {}, ()
    counts = {f"entries:{list_id}": count for list_id, count in sorted(over.items())}
    place = pen.write({"step": "entries_expired"}, counts)
    return part.entries.expire(now, part.operator), (place,)
