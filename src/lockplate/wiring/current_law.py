"""CurrentLaw: under which law each operator of this node stands at this moment, and what that lets it keep.

What flows in: operators as the registry has them, the shipped profiles, ordinances and agency policies, the hours that
hold reads from elsewhere, the clock. What flows out: a Standing, made anew on each UTC day and after each change.
What it must never see: a read, a plate. A version that begins while the server runs counts from its first instant.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lockplate.clock import Clock, period_of
from lockplate.errors import NotFound
from lockplate.intake.fences import UNKNOWN_STAND, Stand
from lockplate.intake.lane import NOTHING_KEPT, KeepRule
from lockplate.keys.ring import KeyRing
from lockplate.law.composition import LawInForce, compose
from lockplate.law.local import LocalText
from lockplate.law.profile import LawProfile, RetentionRule
from lockplate.law.profiles import Profiles
from lockplate.registry.local_laws import LocalLaws
from lockplate.registry.operators import Operator, Operators
from lockplate.registry.readers import RegisteredReaders
from lockplate.terms import OperatorId, Period, ProfileId, ReaderId, RecordMode


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An operator and its law of one day."""

    operator: Operator
    day: date
    in_force: LawInForce | None
    """Statute, ordinance and policy together; None without a profile, or when it has no version for this day."""
    missing: NotFound | None
    """Why there is no version for this day; None when nothing is missing."""
    local: tuple[LocalText, ...]
    keeps: KeepRule
    stands: Mapping[ReaderId, Stand]
    """Where each reader stands, as registered."""
    reader_rules: Mapping[ReaderId, KeepRule]
    """Of the readers whose reads come from elsewhere."""
    with_origins: dict[frozenset[str], LawInForce] = field(default_factory=dict)
    """The same law with the laws of origins, as far as somebody asked."""

    @property
    def law(self) -> LawProfile | None:
        """The law for reads of one's own; None: nothing may be kept."""
        return None if self.in_force is None else self.in_force.law


class CurrentLaw:
    """The law of this moment; one process owns a node, so what is remembered here is what holds."""

    def __init__(
        self,
        *,
        operators: Operators,
        readers: RegisteredReaders,
        local_laws: LocalLaws,
        profiles: Profiles,
        rings: Mapping[OperatorId, KeyRing],
        clock: Clock,
    ) -> None:
        self._operators = operators
        self._readers = readers
        self._local_laws = local_laws
        self._profiles = profiles
        self._rings = rings
        self._clock = clock
        self._lock = threading.RLock()
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

    def in_force(self, operator: OperatorId, origins: frozenset[str] = frozenset()) -> LawInForce | None:
        """Return the law of today, with the laws of origins that travel with reads; None without a profile.

        Raises NotFound when the operator's profile, or an origin's, has no version today.
        """
        standing = self.standing(operator)
        if standing.missing is not None:
            raise standing.missing
        if standing.in_force is None or not origins:
            return standing.in_force
        with self._lock:
            found = standing.with_origins.get(origins)
            if found is None:
                others = [self._profiles.on(ProfileId(name), standing.day) for name in origins]
                found = compose(standing.in_force.statutes[0], origins=others, local=standing.local)
                standing.with_origins[origins] = found
        return found

    def law(self, operator: OperatorId) -> LawProfile | None:
        """Return the law of today for reads of one's own; as `in_force`."""
        found = self.in_force(operator)
        return None if found is None else found.law

    def law_of_window(self, operator: OperatorId, start: datetime, end: datetime) -> LawInForce | None:
        """Return the law for a question about [start, end): the laws that travel with its reads are among it."""
        first, last = period_of(start), period_of(end - timedelta(microseconds=1))
        return self.in_force(operator, self._origins(operator, first, last))

    def rule_of_period(self, operator: OperatorId, period: Period) -> RetentionRule | None:
        """Return how long the reads of one hour may live: the strictest of all laws they stand under."""
        found = self.in_force(operator, self._origins(operator, period, period))
        return None if found is None else found.law.retention_rule

    def keep_rule(self, operator: OperatorId, reader: ReaderId | None = None) -> KeepRule:
        """Return what may be kept at this moment, of a reader's reads or of any."""
        standing = self.standing(operator)
        if reader is None or not standing.reader_rules:
            return standing.keeps
        return standing.reader_rules.get(reader, standing.keeps)

    def stand_of(self, operator: OperatorId, reader: ReaderId) -> Stand:
        """Return where a reader stands, as registered; nowhere when nobody knows the reader."""
        return self.standing(operator).stands.get(reader, UNKNOWN_STAND)

    def changed(self, operator: OperatorId) -> None:
        """Forget what is remembered of an operator: its profile, record mode, readers or own rules changed."""
        with self._lock:
            self._standings.pop(operator, None)

    def _origins(self, operator: OperatorId, first: Period, last: Period) -> frozenset[str]:
        ring = self._rings.get(operator)
        return frozenset() if ring is None else ring.origins(first, last)

    def _make(self, name: OperatorId, today: date) -> Standing:
        operator = self._operators.get(name)
        texts = [one.text() for one in self._local_laws.standing(name)]
        local = tuple(text for text in texts if text.in_force_on(today))
        try:
            statute = None if operator.profile is None else self._profiles.on(operator.profile, today)
        except NotFound as missing:
            return _without_law(operator, today, local, missing)
        if statute is None:
            return _without_law(operator, today, local, None)
        found = compose(statute, local=local)
        readers = self._readers.list_all(name)
        rules = {
            reader.reader: self._origin_rule(operator, statute, reader.origin, today, local)
            for reader in readers
            if reader.origin is not None
        }
        return Standing(
            operator=operator,
            day=today,
            in_force=found,
            missing=None,
            local=local,
            keeps=keep_rule(operator, found.law),
            stands={one.reader: Stand(position=one.position, moves=one.mobile) for one in readers},
            reader_rules=rules,
        )

    def _origin_rule(
        self, operator: Operator, statute: LawProfile, origin: ProfileId, today: date, local: tuple[LocalText, ...]
    ) -> KeepRule:
        """Return what may be kept of reads from elsewhere: nothing when their own law has no version today."""
        try:
            other = self._profiles.on(origin, today)
        except NotFound:
            return KeepRule(record_mode=RecordMode.NONE, keeps_for=None, origin=origin)
        return keep_rule(operator, compose(statute, origins=(other,), local=local).law, origin)


def keep_rule(operator: Operator, law: LawProfile | None, origin: ProfileId | None = None) -> KeepRule:
    """Return what an operator keeps under a law: its own choice, or less where the law allows less."""
    rule = None if law is None else law.retention_rule
    return KeepRule(
        record_mode=allowed_mode(operator, law),
        keeps_for=rule.limit if rule is not None and rule.from_capture else None,
        reaches_back=None if rule is None else rule.limit,
        places_denied=frozenset() if law is None else law.places_denied,
        origin=origin,
    )


def allowed_mode(operator: Operator, profile: LawProfile | None) -> RecordMode:
    """Return what an operator keeps: its own choice, or less when the law profile of today allows less."""
    if profile is None or not profile.keeps_reads:
        return RecordMode.NONE
    if operator.record_mode in profile.record_modes:
        return operator.record_mode
    return RecordMode.INDEX_ONLY if RecordMode.INDEX_ONLY in profile.record_modes else RecordMode.NONE


def _without_law(operator: Operator, today: date, local: tuple[LocalText, ...], missing: NotFound | None) -> Standing:
    return Standing(
        operator=operator,
        day=today,
        in_force=None,
        missing=missing,
        local=local,
        keeps=NOTHING_KEPT,
        stands={},
        reader_rules={},
    )
