"""Rules of holds: what the law in force for a window says about holding its reads.

What flows in: a law profile, or none. What flows out: grounds, needs, the longest time, who may draw a hold out.
What it must never see: a plate, a clock. Where the law sets no longest time, ours counts: a hold always ends.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lockplate.errors import BadInput
from lockplate.law.profile import LawProfile
from lockplate.law.text import Cited
from lockplate.law.words import HoldKind, HoldNeed, Renewal

LONGEST = timedelta(days=365)
"""A hold lasts at most this long before it is renewed, where the law sets no time."""
MAX_FACTS = 10_000
MAX_WORDS = 200
"""Characters of sworn facts, and of a case number, a name or a paper's number."""


class HoldRules(msgspec.Struct, frozen=True, kw_only=True):
    """The law of holds for one window."""

    kinds: frozenset[HoldKind]
    needs: frozenset[HoldNeed]
    longest: timedelta
    is_limit_of_law: bool
    """The law itself names the longest time, so a hold that names no end lasts that long."""
    renewals: Renewal
    cites: dict[str, str] = {}
    """Field → where the law says so, after the profile's id."""

    def end(self, asked: datetime | None, now: datetime) -> datetime | None:
        """Return when a hold ends: as asked, else the law's longest time; None where neither says."""
        if asked is not None:
            return asked
        return now + self.longest if self.is_limit_of_law else None


NO_RULES = HoldRules(
    kinds=frozenset(), needs=frozenset(), longest=timedelta(), is_limit_of_law=False, renewals=Renewal.NONE
)
"""Nothing may be held; also for acts that need no rule of law, such as lifting a hold."""


def hold_rules(law: LawProfile | None) -> HoldRules:
    """Return the rules of a law; without one nothing may be held.

    Where the law limits a hold and is silent on renewing it, only a court renews it; where it sets no limit and our
    year counts, whoever asked may ask again.
    """
    if law is None:
        return NO_RULES
    longest, renewals = law.hold_max, law.hold_text.renewals
    silent = Renewal.ON_REQUEST if longest is None else Renewal.BY_COURT
    return HoldRules(
        kinds=law.hold_kinds,
        needs=law.hold_needs,
        longest=longest or LONGEST,
        is_limit_of_law=longest is not None,
        renewals=silent if renewals is None or renewals.value is None else renewals.value,
        cites=_cites(law),
    )


def _cites(law: LawProfile) -> dict[str, str]:
    """Return where the law in force writes what it says of holds; its silence has no place."""
    text = law.hold_text
    found: dict[str, Iterable[Cited[Any] | None]] = {
        "hold.kinds": text.kinds,
        "hold.needs": text.needs,
        "hold.max": (text.max,),
        "hold.renewals": (text.renewals,),
    }
    cites = {field: [one.cite for one in values if one is not None and one.value] for field, values in found.items()}
    return {field: f"{law.id}: " + "; ".join(dict.fromkeys(places)) for field, places in cites.items() if places}


def require_words(*, facts: str, **words: str) -> None:
    """Raise BadInput for a text that is longer than any paper's."""
    if len(facts) > MAX_FACTS or any(len(word) > MAX_WORDS for word in words.values()):
        raise BadInput("a text of the hold is too long", code="text_too_long")
