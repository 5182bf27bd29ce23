"""Due: which hours, and which months of records, are over, and on whose word.

What flows in: keys' hours, the law of each, the time. What flows out: hours, grouped by the law that ends them.
What it must never see: a key, a row. Nothing here destroys anything.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from lockplate.clock import period_of, period_start
from lockplate.keys.ring import KeptHour, KeyRing
from lockplate.law.profile import LawProfile, RetentionRule
from lockplate.terms import Period

RECORD_MISDATING = timedelta(days=1)
"""A record may be dated this far from the clock that chose the month's key (evidence.recorder.MAX_MISDATING)."""
DETAILS = "details:"
"""How seal.column names the month's key of records' private details: `details:2026-11`."""

RuleOf = Callable[[Period], RetentionRule | None]
LawOf = Callable[[frozenset[str]], LawProfile | None]
"""The law of today for reads with these origins; none of them: the operator's own. None: nothing may be kept."""


class DueGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Hours that are over under one law."""

    law: LawProfile | None
    origins: frozenset[str]
    """The laws that travel with the reads of these hours; `law` is the strictest of all."""
    periods: tuple[Period, ...]

    @property
    def rule(self) -> RetentionRule | None:
        return None if self.law is None else self.law.retention_rule

    @property
    def laws(self) -> tuple[str, ...]:
        """Return the names of the laws: the operator's own first."""
        return (*(() if self.law is None else (self.law.id,)), *sorted(self.origins))

    @property
    def cite(self) -> str:
        """Return where the limit is written."""
        if self.law is None:
            return "no law profile: nothing may be kept"
        ours = self.law.text.default_policy.retention
        stated = self.law.text.retention.unmatched
        return ours.unmatched.cite if stated.value is None and ours is not None else stated.cite


def rules_by_origin(ring: KeyRing, law_of: LawOf) -> RuleOf:
    """Return the rule of each hour, looked up once for each set of origins."""
    known: dict[frozenset[str], RetentionRule | None] = {}

    def rule_of(period: Period) -> RetentionRule | None:
        origins = ring.origins(period, period)
        if origins not in known:
            law = law_of(origins)
            known[origins] = None if law is None else law.retention_rule
        return known[origins]

    return rule_of


def due_periods(
    ring: KeyRing, rule_of: RuleOf, now: datetime, first: Period | None = None, last: Period | None = None
) -> list[Period]:
    """Return the hours from first to last whose keys may live no longer, oldest first; without a rule, all of them.

    The oldest read of an hour may be of its first second, so an hour is over when its *start* is as old as the limit.
    """
    return [hour.period for hour in ring.kept_hours(first, last) if is_over(hour, rule_of(hour.period), now)]


def is_over(hour: KeptHour, rule: RetentionRule | None, now: datetime) -> bool:
    """Say whether an hour's time has come: at the limit itself, not a microsecond after it."""
    if rule is None:
        return True
    return (period_start(hour.period) if rule.from_capture else hour.made_at) + rule.limit <= now


def due_groups(ring: KeyRing, law_of: LawOf, now: datetime) -> tuple[DueGroup, ...]:
    """Return the hours that are over, grouped by the law that ends them."""
    grouped: dict[frozenset[str], list[Period]] = {}
    for period in due_periods(ring, rules_by_origin(ring, law_of), now):
        grouped.setdefault(ring.origins(period, period), []).append(period)
    return tuple(
        DueGroup(law=law_of(origins), origins=origins, periods=tuple(periods))
        for origins, periods in sorted(grouped.items(), key=lambda item: sorted(item[0]))
    )


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
    while month_end(year, month) <= end:
        names.append(f"{DETAILS}{year:04d}-{month:02d}")
        year, month = year + month // 12, month % 12 + 1
    return names


def months_over(names: Iterable[str], oldest: datetime | None, now: datetime) -> list[str]:
    """Return those of some month keys (`hits:2026-11`) that are over, oldest first: nothing left was sealed under them.

    `oldest`: when the oldest row that is left was sealed. A month counts as over a day late, for clocks that were off.
    """
    left = now if oldest is None else min(now, oldest)
    over = []
    for name in sorted(names):
        year, _, month = name.rpartition(":")[2].partition("-")
        if month_end(int(year), int(month)) + RECORD_MISDATING <= left:
            over.append(name)
    return over


def month_end(year: int, month: int) -> datetime:
    """Return the first instant after a month."""
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
