"""CurrentLaw: under which law each operator of this node stands at this moment, and what that lets it keep.

What flows in: operators as the registry has them, the shipped profiles, ordinances and agency policies, the clock.
What flows out: a Standing, made anew on each UTC day and whenever an operation says that something changed.
What it must never see: a read, a key. A version that begins while the server runs counts from its first instant.
"""

import threading
from dataclasses import dataclass
from datetime import date

from lockplate.clock import Clock
from lockplate.errors import NotFound
from lockplate.intake.lane import NOTHING_KEPT, KeepRule
from lockplate.law.profile import LawProfile
from lockplate.law.profiles import Profiles
from lockplate.registry.operators import Operator, Operators
from lockplate.terms import OperatorId, RecordMode


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An operator and its law of one day."""

    operator: Operator
    day: date
    law: LawProfile | None
    """None: it has no profile, or its profile has no version for this day; nothing may be kept."""
    missing: NotFound | None
    """Why there is no version for this day; None when nothing is missing."""
    keeps: KeepRule


class CurrentLaw:
    """The law of this moment; one process owns a node, so what is remembered here is what holds."""

    def __init__(self, operators: Operators, profiles: Profiles, clock: Clock) -> None:
        self._operators = operators
        self._profiles = profiles
        self._clock = clock
        self._lock = threading.Lock()
        self._standings: dict[OperatorId, Standing] = {}

    def standing(self, operator: OperatorId) -> Standing:
        """Return an operator with its law of today; raises NotFound for one that is not here."""
        known = self._standings.get(operator)
        today = self._clock.now().date()
        if known is not None and known.day == today:
            return known
        with self._lock:
            made = self._make(operator, today)
            self._standings[operator] = made
        return made

    def law(self, operator: OperatorId) -> LawProfile | None:
        """Return the law of today, None without a profile; raises NotFound when the profile has no version today."""
        standing = self.standing(operator)
        if standing.missing is not None:
            raise standing.missing
        return standing.law

    def keep_rule(self, operator: OperatorId) -> KeepRule:
        """Return what may be kept at this moment."""
        return self.standing(operator).keeps

    def changed(self, operator: OperatorId) -> None:
        """Forget what is remembered of an operator: its profile, its record mode or its own rules changed."""
        with self._lock:
            self._standings.pop(operator, None)

    def _make(self, name: OperatorId, today: date) -> Standing:
        operator = self._operators.get(name)
        try:
            law = None if operator.profile is None else self._profiles.on(operator.profile, today)
        except NotFound as missing:
            return Standing(operator=operator, day=today, law=None, missing=missing, keeps=NOTHING_KEPT)
        return Standing(operator=operator, day=today, law=law, missing=None, keeps=keep_rule(operator, law))


def keep_rule(operator: Operator, law: LawProfile | None) -> KeepRule:
    """Return what an operator keeps under a law: its own choice, or less where the law allows less."""
    rule = None if law is None else law.retention_rule
    return KeepRule(
        record_mode=allowed_mode(operator, law),
        keeps_for=rule.limit if rule is not None and rule.from_capture else None,
        places_denied=frozenset() if law is None else law.places_denied,
    )


def allowed_mode(operator: Operator, profile: LawProfile | None) -> RecordMode:
    """Return what an operator keeps: its own choice, or less when the law profile of today allows less."""
    if profile is None or not profile.keeps_reads:
        return RecordMode.NONE
    if operator.record_mode in profile.record_modes:
        return operator.record_mode
    return RecordMode.INDEX_ONLY if RecordMode.INDEX_ONLY in profile.record_modes else RecordMode.NONE
