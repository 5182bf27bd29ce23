"""Loosening: in which ways one law lets pass what another did not.

What flows in: the law before and after a change. What flows out: the fields that became laxer, none when none did.
What it must never see: I/O, a clock, who wants the change.
"""

from datetime import timedelta

from lockplate.law.profile import LawProfile
from lockplate.law.strictness import SHARES, stricter_share
from lockplate.law.words import OffenseFloor, Share, Suspicion

_OFFENSES = tuple(OffenseFloor)
_SUSPICIONS = tuple(Suspicion)
_AGES = ("supervisor_after", "warrant_after", "hotlist_max_age")
_RELATIONS = tuple(name for name in SHARES if name != "sale")


def loosened(before: LawProfile | None, after: LawProfile | None) -> tuple[str, ...]:
    """Return the names of what `after` allows and `before` did not; without a law nothing is allowed."""
    if after is None:
        return ()
    if before is None:
        return ("keeps reads",) if after.keeps_reads else ()
    checks = {
        "retention": _keeps_longer(before, after),
        "what is kept": not after.record_modes <= before.record_modes,
        "purposes": not after.purposes_denied >= before.purposes_denied,
        "places": not after.places_denied >= before.places_denied,
        "offense floor": _OFFENSES.index(after.offense_floor) < _OFFENSES.index(before.offense_floor),
        "suspicion": _SUSPICIONS.index(after.suspicion) < _SUSPICIONS.index(before.suspicion),
        "case number": before.case_required and not after.case_required,
        "confirmation before a stop": before.visual_confirm and not after.visual_confirm,
        "debts and paperwork on hot lists": not after.hotlist_low_level <= before.hotlist_low_level,
        "grounds for holds": not after.hold_kinds <= before.hold_kinds,
        **{name.replace("_", " "): _later(getattr(before, name), getattr(after, name)) for name in _AGES},
        **{f"sharing {name.replace('_', ' ')}": _shares_more(before, after, name) for name in _RELATIONS},
    }
    return tuple(name for name, laxer in checks.items() if laxer)


def _keeps_longer(before: LawProfile, after: LawProfile) -> bool:
    rule, other = before.retention_rule, after.retention_rule
    if other is None:
        return False
    return rule is None or other.limit > rule.limit or (rule.from_capture and not other.from_capture)


def _later(before: timedelta | None, after: timedelta | None) -> bool:
    return before is not None and (after is None or after > before)


def _shares_more(before: LawProfile, after: LawProfile, relation: str) -> bool:
    mine: Share = getattr(before, f"share_{relation}")
    theirs: Share = getattr(after, f"share_{relation}")
    return stricter_share(mine, theirs) is not theirs
