"""Months: what ends row by row, under a key for each month: records' details, hits, waiting requests.

What flows in: what is over, and which months' keys nothing is left under. What flows out: receipts; fewer rows, keys.
What it must never see: what the rows hold.

For each kind: a receipt `…_begun` with the keys that will go → rows deleted → keys destroyed → a receipt `…_forgotten`.
Rows go at their limit; a month's key goes when the last of its rows has gone, and with it every copy of them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from lockplate.access import parse_leaf
from lockplate.clock import Clock, format_time, period_start
from lockplate.keys.ring import KeyRing
from lockplate.law.profile import MATCHED_DEFAULT, LawProfile, RetentionRule
from lockplate.registry.requests import KEEPS_ENDED
from lockplate.retention.due import DETAILS, details_keys, details_over, months_over
from lockplate.retention.parts import RetentionParts
from lockplate.retention.receipt import Receipting, commitment_hash
from lockplate.terms import LeafIndex, Period

HITS, REQUESTS = "hits:", "requests:"
"""How seal.column names the months' keys."""


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What went of one kind."""

    counts: dict[str, int] = {}
    keys: tuple[str, ...] = ()
    receipts: tuple[LeafIndex, ...] = ()

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def forget_hits(part: RetentionParts, pen: Receipting, clock: Clock, now: datetime) -> Forgotten:
    """Forget the hits that the law says are over, confirmed or not, and the keys of months that are over with them."""
    rule = matched_rule(part.law_of(frozenset()))
    before = now - rule.limit

    def delete() -> dict[str, int]:
        gone = part.hits.forget(part.operator, before, from_capture=rule.from_capture)
        return {f"hits:{category.value}": count for category, count in sorted(gone.items())}

    return _forget(
        part.ring,
        pen,
        clock,
        now,
        kind="hits",
        facts={"limit_seconds": str(int(rule.limit.total_seconds()))},
        is_due=bool(part.hits.over(part.operator, before, from_capture=rule.from_capture)),
        delete=delete,
        keys=lambda: months_over(part.ring.data_key_names(HITS), part.hits.oldest(part.operator), now),
    )


def forget_requests(part: RetentionParts, pen: Receipting, clock: Clock, now: datetime) -> Forgotten:
    """Forget the requests whose time ran out a week ago, however they ended, and the keys of months that are over."""
    before = now - KEEPS_ENDED
    return _forget(
        part.ring,
        pen,
        clock,
        now,
        kind="requests",
        facts={"limit_seconds": str(int(KEEPS_ENDED.total_seconds()))},
        is_due=bool(part.waiting.over(part.operator, before)),
        delete=lambda: {"requests": part.waiting.forget(part.operator, before)},
        keys=lambda: months_over(part.ring.data_key_names(REQUESTS), part.waiting.oldest(part.operator), now),
    )


def forget_details(part: RetentionParts, pen: Receipting, clock: Clock, now: datetime) -> Forgotten:
    """Forget the private details of old records, and destroy the keys of months that are wholly forgotten."""
    through = details_over(part.law_of(frozenset()), now)
    if through is None or part.log.size == 0:
        return Forgotten()
    last: Period = through
    first = parse_leaf(part.log.entry(0)).at
    names = [name for name in details_keys(first, last) if part.ring.stored_data_key(name) is not None]
    if last <= part.details.forgotten_through() and not names:
        return Forgotten()
    return _forget(
        part.ring,
        pen,
        clock,
        now,
        kind="details",
        facts={
            "before": format_time(period_start(Period(last + 1))),
            "months": ",".join(name.removeprefix(DETAILS) for name in names),
        },
        is_due=bool(names) or part.details.count_through(last) > 0,
        delete=lambda: {"details": part.details.forget_through(last)},
        keys=lambda: names,
    )


def complete_names(part: RetentionParts, pen: Receipting) -> Forgotten:
    """Write the receipts that a crash prevented, of keys that are destroyed and that no receipt names."""
    told = part.receipts.names
    left_over = [key for key in part.ring.destroyed_keys() if key.kind == "data" and key.name not in told]
    if not left_over:
        return Forgotten()
    names = tuple(key.name for key in left_over)
    facts = {
        "step": "keys_forgotten",
        "names": ",".join(names),
        "keys": commitment_hash(left_over),
        "recovered": "yes",
    }
    return Forgotten(keys=names, receipts=(pen.write(facts, {"keys": len(names)}),))


def matched_rule(law: LawProfile | None) -> RetentionRule:
    """Return how long a hit may live; without a law profile, our own length."""
    if law is None:
        return RetentionRule(limit=MATCHED_DEFAULT.shortest(), from_capture=False)
    return law.retention_matched


def _forget(  # noqa: PLR0913 - the steps of one order, the same for every kind
    ring: KeyRing,
    pen: Receipting,
    clock: Clock,
    now: datetime,
    *,
    kind: str,
    facts: Mapping[str, str],
    is_due: bool,
    delete: Callable[[], dict[str, int]],
    keys: Callable[[], Sequence[str]],
) -> Forgotten:
    """Delete rows and destroy keys between two receipts; with nothing to do, write nothing."""
    if not is_due and not keys():
        return Forgotten()
    begun = pen.write({"step": f"{kind}_begun", "now": format_time(now), **facts}, {})
    counts = delete()
    gone = [key for name in keys() if (key := ring.destroy_data_key(name, clock.now())) is not None]
    names = tuple(key.name for key in gone)
    done = {"step": f"{kind}_forgotten", **facts, "names": ",".join(names), "keys": commitment_hash(gone)}
    place = pen.write(done, counts | {"keys": len(gone)}, refers_to=begun)
    return Forgotten(counts=counts, keys=names, receipts=(begun, place))
