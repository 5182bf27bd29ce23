"""Health: whether a reader does what it always did, judged against its own past.

What flows in: what each hour of a reader brought, which hours were watched, when it was heard, what people found.
What flows out: a judgement on each trait, with the numbers behind it.
What it must never see: I/O, a plate, another reader: a reader is compared with itself only (docs/decisions/0031).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

import msgspec

from lockplate.clock import period_of, period_start
from lockplate.terms import SECONDS_PER_PERIOD, Period

DRIFT_LIMIT_SECONDS = 30.0
"""A clock further off than this is a fault of the reader; it is well again within two thirds of it."""
TIMED_READS = 3
"""A clock is judged by so many reads at least, of the last day at most."""

PAST_DAYS = 28
"""Days of a reader's own past that it is compared with."""
FEWEST_DAYS = 7
"""Fewer comparable days than this are too little history: a week holds a weekend."""
FEWEST_WEEKS = 3
"""With so many days of the same weekday, only those are compared with."""
WATCHED_SHARE = 0.9
"""A past stretch counts when this share of it was watched."""

SILENT_FLOOR = timedelta(minutes=30)
SILENT_FLOOR_MOBILE = timedelta(hours=24)
"""A patrol car's reader is away when its car is."""
SILENT_EXPECTED = 20.0
"""Reads that usually come in a stretch before nothing at all means something."""
SILENT_LEAST = 3.0
"""Reads that came in the emptiest of the comparable stretches."""
EMPTY_SHARE = 1 / 3
"""Of all comparable days, at most this share may have had an empty stretch: else the reader comes and goes."""
DAY, WEEK = timedelta(days=1), timedelta(days=7)

RATE_HOURS = 6
RATE_FACTOR = 3.0
"""A fall to less than a third, a rise to more than three times."""
RATE_SPREADS = 6.0
RISE_FLOOR = 60
"""Reads in the stretch below which nothing is a rise."""

REJECT_HOURS = 6
REJECT_PARTS = 30
REJECT_FEWEST = 10
REJECT_MARGIN = 0.10
REJECTS_NEVER_WELL = 0.5

DECIDED_FEWEST = 20
ERROR_LIMIT = 0.20
"""Of the lower end of the 95 % interval of wrong reads among decided hits; well again below three quarters of it."""
_Z = 1.96
_NORMAL = 1.4826
"""What a median absolute deviation is multiplied by to stand for a standard deviation."""


class Trait(StrEnum):
    """What is judged of a reader, worst first."""

    SILENT = "silent"
    CLOCK = "clock"
    REJECTS = "rejects"
    RATE = "rate"
    ERRORS = "errors"


class Found(StrEnum):
    """What a judgement comes to."""

    AMISS = "amiss"
    WELL = "well"
    BETWEEN = "between"
    """Neither: what was held before stands, so that nothing flaps."""
    TOO_LITTLE = "too_little"
    """Too little history yet to say."""


class Brought(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one reader brought in one UTC hour."""

    reads: int = 0
    rejected: int = 0
    """Parts of bodies that were no reads."""
    refused: int = 0
    """Reads that were understood and not kept."""
    corrected: int = 0
    clock_faults: int = 0
    timed: int = 0
    """Reads with a device time."""
    least_drift: float | None = None
    """Seconds, device minus receive time, of the read least off: one that waited in the camera says nothing."""
    last_at: datetime | None = None

    def plus(self, other: "Brought") -> "Brought":
        """Return both together."""
        drifts = [one for one in (self.least_drift, other.least_drift) if one is not None]
        heard = [one for one in (self.last_at, other.last_at) if one is not None]
        return Brought(
            reads=self.reads + other.reads,
            rejected=self.rejected + other.rejected,
            refused=self.refused + other.refused,
            corrected=self.corrected + other.corrected,
            clock_faults=self.clock_faults + other.clock_faults,
            timed=self.timed + other.timed,
            least_drift=min(drifts, key=abs, default=None),
            last_at=max(heard, default=None),
        )


class ReaderPast(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a reader is judged by."""

    brought: Mapping[Period, Brought]
    watched: Mapping[Period, float]
    """The share of each hour, 0 to 1, in which the node looked; an hour that is not there was not watched."""
    last_heard: datetime | None
    mobile: bool = False
    wrong_reads: int = 0
    """Hits of it that people found to be wrong reads, lately."""
    decided: int = 0
    """Hits of it that people decided, duplicates aside."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One trait, judged."""

    trait: Trait
    found: Found
    numbers: dict[str, float] = {}
    """What the judgement rests on; times as seconds."""


def judge(past: ReaderPast, now: datetime) -> tuple[Judgement, ...]:
    """Return a judgement on every trait, worst trait first."""
    silence = judge_silence(past, now)
    rate = judge_rate(past, now)
    if silence.found is Found.AMISS:
        # one cause, one fault: that nothing comes is not also a fall
        rate = msgspec.structs.replace(rate, found=Found.BETWEEN)
    return silence, judge_clock(past, now), judge_rejects(past, now), rate, judge_errors(past)


def judge_silence(past: ReaderPast, now: datetime) -> Judgement:
    """Say whether a reader is silent longer than its habit: in the same hours of its past, reads always came.

    Hours that nobody watched are no silence. A reader that is always quiet at night is not silent at night, and once it
    is silent it stays so until it is heard.
    """
    heard = past.last_heard
    if heard is None:
        return Judgement(trait=Trait.SILENT, found=Found.TOO_LITTLE)
    quiet = max(now - heard, timedelta())
    numbers = {"quiet_seconds": quiet.total_seconds()}
    floor = SILENT_FLOOR_MOBILE if past.mobile else SILENT_FLOOR
    if quiet < floor:
        return Judgement(trait=Trait.SILENT, found=_heard_again(past, now), numbers=numbers)
    told = [_usual(past, heard, min(now, heard + DAY), DAY)]
    if quiet > DAY:
        told.append(_usual(past, heard, min(now, heard + WEEK), WEEK))
    known = [one for one in told if one is not None]
    if not known:
        return Judgement(trait=Trait.SILENT, found=Found.TOO_LITTLE, numbers=numbers)
    amiss = [one for one in known if one.middle >= SILENT_EXPECTED and one.least >= SILENT_LEAST and one.is_steady]
    shown = amiss[0] if amiss else known[-1]
    numbers |= {"usual_reads": round(shown.middle, 1), "compared": len(shown.samples)}
    return Judgement(trait=Trait.SILENT, found=Found.AMISS if amiss else Found.BETWEEN, numbers=numbers)


def judge_rate(past: ReaderPast, now: datetime) -> Judgement:
    """Say whether the last hours brought far fewer or far more reads than the same hours of other days.

    Robust: median, and median absolute deviation with the Poisson spread as its least; the last whole hour must agree,
    so that an outage that is over is no fall. A mobile reader is not judged: its car decides.
    """
    end = period_start(period_of(now))
    start = end - timedelta(hours=RATE_HOURS)
    if past.mobile or _watched_share(past, start, end) < WATCHED_SHARE:
        return Judgement(trait=Trait.RATE, found=Found.BETWEEN)
    usual = _usual(past, start, end, DAY)
    last = _usual(past, end - timedelta(hours=1), end, DAY)
    if usual is None or last is None:
        return Judgement(trait=Trait.RATE, found=Found.TOO_LITTLE)
    came, last_came = _came(past, start, end), _came(past, end - timedelta(hours=1), end)
    middle, spread = usual.middle, usual.spread
    numbers = {"reads": round(came, 1), "usual_reads": round(middle, 1), "compared": len(usual.samples)}
    fell = came < min(middle / RATE_FACTOR, middle - RATE_SPREADS * spread, usual.least)
    rose = came > max(middle * RATE_FACTOR, middle + RATE_SPREADS * spread, usual.most, RISE_FLOOR)
    if (fell and last_came < last.middle / 2) or (rose and last_came > last.middle * 2):
        return Judgement(trait=Trait.RATE, found=Found.AMISS, numbers=numbers)
    near = middle / 2 <= came <= middle * 2 or abs(came - middle) <= RATE_SPREADS / 2 * spread
    return Judgement(trait=Trait.RATE, found=Found.WELL if near else Found.BETWEEN, numbers=numbers)


def judge_rejects(past: ReaderPast, now: datetime) -> Judgement:
    """Say whether far more of what a reader sends is no read than usual; robust, over the median day's share."""
    hour = period_of(now)
    recent = _total(past, Period(hour - REJECT_HOURS), Period(hour + 1))
    first = min(past.brought, default=hour)
    shares = []
    for day in range(PAST_DAYS):
        end = hour - REJECT_HOURS - 24 * day
        whole = _total(past, Period(end - 24), Period(end))
        if end - 24 >= first and whole.reads + whole.rejected >= REJECT_FEWEST:
            shares.append(whole.rejected / (whole.reads + whole.rejected))
    if len(shares) < FEWEST_DAYS:
        return Judgement(trait=Trait.REJECTS, found=Found.TOO_LITTLE)
    parts = recent.reads + recent.rejected
    if parts < REJECT_PARTS:
        return Judgement(trait=Trait.REJECTS, found=Found.BETWEEN)
    share, usual = recent.rejected / parts, median(shares)
    margin = max(REJECT_MARGIN, 3 * _deviation(shares, usual))
    numbers = {"share": round(share, 4), "usual_share": round(usual, 4), "parts": parts, "compared": len(shares)}
    much = share >= 2 * usual or 1 - share <= (1 - usual) / 2
    if recent.rejected >= REJECT_FEWEST and share >= usual + margin and much:
        return Judgement(trait=Trait.REJECTS, found=Found.AMISS, numbers=numbers)
    # what has gone on for weeks has become the habit: one that sends mostly junk is still not called well
    is_well = share <= usual + margin / 2 and share < REJECTS_NEVER_WELL
    return Judgement(trait=Trait.REJECTS, found=Found.WELL if is_well else Found.BETWEEN, numbers=numbers)


def judge_clock(past: ReaderPast, now: datetime) -> Judgement:
    """Say whether even the best of a reader's last times is off by more than the limit."""
    hour, timed, drifts = period_of(now), 0, []
    for number in range(hour, hour - 24, -1):
        one = past.brought.get(Period(number))
        if one is not None and one.least_drift is not None:
            timed += one.timed
            drifts.append(one.least_drift)
        if timed >= TIMED_READS:
            break
    if timed < TIMED_READS:
        return Judgement(trait=Trait.CLOCK, found=Found.BETWEEN)
    drift = min(drifts, key=abs)
    numbers = {"drift_seconds": round(drift, 1)}
    if abs(drift) > DRIFT_LIMIT_SECONDS:
        return Judgement(trait=Trait.CLOCK, found=Found.AMISS, numbers=numbers)
    found = Found.WELL if abs(drift) <= DRIFT_LIMIT_SECONDS * 2 / 3 else Found.BETWEEN
    return Judgement(trait=Trait.CLOCK, found=found, numbers=numbers)


def judge_errors(past: ReaderPast) -> Judgement:
    """Say whether too many hits were wrong reads: the lower end of Wilson's interval is over the limit."""
    numbers: dict[str, float] = {"wrong_reads": past.wrong_reads, "decided": past.decided}
    if past.decided < DECIDED_FEWEST:
        return Judgement(trait=Trait.ERRORS, found=Found.TOO_LITTLE, numbers=numbers)
    lower = lower_share(past.wrong_reads, past.decided)
    found = Found.WELL if lower <= ERROR_LIMIT * 3 / 4 else Found.BETWEEN
    return Judgement(trait=Trait.ERRORS, found=Found.AMISS if lower > ERROR_LIMIT else found, numbers=numbers)


def days_of_history(past: ReaderPast, now: datetime) -> int:
    """Return how many whole days of a reader's past were watched, of the last 28: with fewer than 7 nothing is said."""
    if not past.brought:
        return 0
    began = period_start(min(past.brought))
    days = (now - number * DAY for number in range(1, PAST_DAYS + 1))
    return sum(day >= began and _watched_share(past, day, day + DAY) >= WATCHED_SHARE for day in days)


def lower_share(part: int, whole: int) -> float:
    """Return the lower end of Wilson's 95 % interval of a share; 0 of nothing."""
    if part == 0 or whole == 0:
        return 0.0
    share, square = part / whole, _Z * _Z / whole
    middle = share + square / 2
    spread = _Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole))
    return max(0.0, (middle - spread) / (1 + square))


class _Usual(msgspec.Struct, frozen=True, kw_only=True):
    """What comparable stretches of the past brought."""

    samples: tuple[float, ...]
    is_steady: bool
    """Few of all comparable stretches, of whatever weekday, were empty."""

    @property
    def middle(self) -> float:
        return median(self.samples)

    @property
    def least(self) -> float:
        return min(self.samples)

    @property
    def most(self) -> float:
        return max(self.samples)

    @property
    def spread(self) -> float:
        middle = self.middle
        return max(_deviation(self.samples, middle), math.sqrt(middle), 1.0)


def _usual(past: ReaderPast, start: datetime, end: datetime, step: timedelta) -> _Usual | None:
    """Return what the same hours brought whole steps earlier, before the stretch began; None: too little history."""
    if not past.brought:
        return None
    began = period_start(min(past.brought))
    found: list[tuple[int, float]] = []
    for number in range(1, PAST_DAYS * DAY // step + 1):
        shift = number * step
        if start - shift < began:
            break
        if end - shift <= start and _watched_share(past, start - shift, end - shift) >= WATCHED_SHARE:
            found.append((number * step // DAY, _sum(past, start, end, shift)))
    weekly = tuple(sample for days, sample in found if days % 7 == 0)
    alike = weekly if len(weekly) >= FEWEST_WEEKS else tuple(sample for _, sample in found)
    if len(weekly) < FEWEST_WEEKS and len(found) < FEWEST_DAYS:
        return None
    empty = sum(sample <= 0 for _, sample in found)
    return _Usual(samples=alike, is_steady=empty <= EMPTY_SHARE * len(found))


def _sum(past: ReaderPast, start: datetime, end: datetime, shift: timedelta) -> float:
    """Return the reads of a stretch `shift` earlier, each hour as far as the same hour was watched this time."""
    total = 0.0
    back = shift // timedelta(hours=1)
    for hour, share in _hours(start, end):
        one = past.brought.get(Period(hour - back))
        if one is not None:
            # of an hour that goes on, only what is over of it can have been watched
            over = min(1.0, (end - period_start(hour)).total_seconds() / SECONDS_PER_PERIOD)
            total += one.reads * share * min(1.0, past.watched.get(hour, 0.0) / over)
    return total


def _came(past: ReaderPast, start: datetime, end: datetime) -> float:
    """Return the reads of a stretch that ends now or with a whole hour; nothing came after it that could be counted."""
    first = period_of(start)
    shares = {hour: share if hour == first else 1.0 for hour, share in _hours(start, end)}
    return sum(past.brought[hour].reads * share for hour, share in shares.items() if hour in past.brought)


def _watched_share(past: ReaderPast, start: datetime, end: datetime) -> float:
    """Return the share of a stretch that was watched."""
    whole = watched = 0.0
    for hour, share in _hours(start, end):
        whole += share
        watched += share * min(1.0, past.watched.get(hour, 0.0))
    return watched / whole if whole else 0.0


def _hours(start: datetime, end: datetime) -> Iterator[tuple[Period, float]]:
    """Yield each hour that a stretch touches, with the share of the hour that lies in it."""
    hour = period_of(start)
    while (begins := period_start(hour)) < end:
        inside = min(end, begins + timedelta(hours=1)) - max(start, begins)
        yield hour, inside.total_seconds() / SECONDS_PER_PERIOD
        hour = Period(hour + 1)


def _total(past: ReaderPast, first: Period, end: Period) -> Brought:
    """Return what the hours from the first up to, not including, the end brought together."""
    whole = Brought()
    for number in range(first, end):
        one = past.brought.get(Period(number))
        if one is not None:
            whole = whole.plus(one)
    return whole


def _deviation(samples: Sequence[float], middle: float) -> float:
    return _NORMAL * median(abs(sample - middle) for sample in samples)


def _heard_again(past: ReaderPast, now: datetime) -> Found:
    """Return whether a reader that is heard brings what it usually does by now, or only a sign of life."""
    if past.mobile:
        return Found.WELL
    start = now - timedelta(hours=1)
    usual = _usual(past, start, now, DAY)
    came = _came(past, start, now)
    return Found.WELL if usual is None or came >= usual.middle / 4 else Found.BETWEEN
