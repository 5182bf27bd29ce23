"""SimulatedReader: one camera of the fleet, where it stands, what it speaks, and what is wrong with it.

What flows in: the fleet's choices. What flows out: frozen values, its clock error, and the windows in which it is down.
What it must never see: a reader's key; keys are given to the sender by whoever registered the readers.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from lockplate.simulate.chance import Chance
from lockplate.terms import ReaderId

DAY = timedelta(days=1)
MAX_OUTAGE = timedelta(hours=4)
_WEEK_START = datetime(2024, 1, 1, tzinfo=UTC)
"""A Monday; clocks that gain are set right at the start of each UTC week."""


class Flaws(msgspec.Struct, frozen=True, kw_only=True):
    """How a reader fails: probabilities per passage, its clock, its outages."""

    misread: float = 0.03
    """One or two characters taken for their look-alikes."""
    missing_character: float = 0.015
    low_confidence: float = 0.04
    missed: float = 0.02
    """The vehicle passes and no message is made of it."""
    plateless: float = 0.01
    """The vehicle is seen but its plate is not; some formats say so, the others say nothing."""
    duplicate: float = 0.01
    """The last message of a passage is sent a second time."""
    clock_offset_seconds: float = 0.0
    """Positive: the reader's clock is ahead."""
    clock_gain_seconds_per_day: float = 0.0
    outages_per_week: float = 0.2
    buffers: bool = False
    """What falls into an outage is sent when it is over, instead of being lost."""


PERFECT = Flaws(
    misread=0, missing_character=0, low_confidence=0, missed=0, plateless=0, duplicate=0, outages_per_week=0
)
"""A reader without fault: what bench and round-trip tests use."""


class SimulatedReader(msgspec.Struct, frozen=True, kw_only=True):
    """One reader of the fleet."""

    reader_id: ReaderId
    name: str
    place: str
    latitude: float
    longitude: float
    """Where a fixed reader stands; where a mobile one is kept at night."""
    zone: str
    """IANA name; formats without an offset send this zone's wall clock."""
    format: str
    """The name under which the node knows the payload format, as in `/v1/reads/<format>`."""
    dialect: str
    """Which of the vendor's own variants this reader speaks; see simulate.payloads."""
    serial: str
    mobile: bool = False
    watches_parking: bool = False
    flaws: Flaws = Flaws()

    def device_time(self, at: datetime) -> datetime:
        """Return what this reader's clock says at a true time, as aware UTC, to the microsecond."""
        since_set = (at - _WEEK_START) % (7 * DAY)
        gained = self.flaws.clock_gain_seconds_per_day * (since_set / DAY)
        return at + timedelta(seconds=self.flaws.clock_offset_seconds + gained)

    def outages(self, seed: int, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the windows [from, to) that touch [start, end) in which the reader sends nothing, oldest first."""
        if not self.flaws.outages_per_week:
            return []
        day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
        found = []
        while day < end:
            chance = Chance(seed, "outage", self.reader_id, day.date().isoformat())
            if chance.happens(self.flaws.outages_per_week / 7):
                begins = day + timedelta(minutes=chance.below(24 * 60))
                ends = begins + timedelta(minutes=20 + chance.below(int(MAX_OUTAGE / timedelta(minutes=1)) - 20))
                if begins < end and ends > start:
                    found.append((begins, ends))
            day += DAY
        return found
