"""Sweeps: what holds cover is kept before its hour is forgotten, and what is over ends, with nobody there.

What flows in: hours about to be forgotten; the time. What flows out: how many reads are kept; holds that ended.
What it must never see: a person's word. The gate judges the node itself (gate.hold.KEEPER) for each hold anew.

Ending: record `ending` with the commitment to the key → key destroyed → rows deleted → record `closed` or `expired`. A
crash in between leaves a hold without its key, which answers nothing; `expire` completes it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from lockplate.access import AccessRecord
from lockplate.clock import Clock, period_of
from lockplate.errors import Denied
from lockplate.gate.act import Act
from lockplate.gate.decision import Gate
from lockplate.gate.hold import KEEPER, HoldScope
from lockplate.gate.permit import Permit
from lockplate.gate.question import OperatorFacts, PersonFacts
from lockplate.holding.asks import Asker
from lockplate.holding.keeping import Keeper
from lockplate.holding.records import HoldRecords, permitted
from lockplate.holding.rules import NO_RULES
from lockplate.holding.standing import facts_of
from lockplate.registry.holds import Hold, HoldPaper, Holds, HoldState
from lockplate.seal.held import HoldSealer
from lockplate.terms import HoldId, Period

SWEEP = 100
"""Holds swept under one record: their ids fit a leaf, and a permit lives two minutes."""


class EndedHold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that a sweep ended, for a receipt."""

    hold_id: HoldId
    commitment: str
    """To its key, hex; empty when it never had one."""


class Sweeper:
    """Sweeps the holds of one operator, and ends them."""

    def __init__(
        self,
        *,
        facts: Callable[[], OperatorFacts],
        holds: Holds,
        held: HoldSealer,
        keeper: Keeper,
        records: HoldRecords,
        gate: Gate,
        clock: Clock,
    ) -> None:
        self._facts = facts
        self._holds, self._held, self._keeper = holds, held, keeper
        self._records, self._gate, self._clock = records, gate, clock

    def secure(self, periods: Sequence[Period]) -> int:
        """Keep what open holds cover in these hours and do not have yet; return how many reads that were."""
        wanted = frozenset(periods)
        standing = self._holds.standing(self._facts().operator)
        holds = [hold for hold in standing if hold.state is HoldState.OPEN and _touches(hold, wanted)]
        return sum(self._sweep(holds[start : start + SWEEP], wanted) for start in range(0, len(holds), SWEEP))

    def expire(self, now: datetime | None) -> tuple[EndedHold, ...]:
        """End every hold that is over at `now`, or at the clock's time, and complete what a crash left half ended."""
        at, who, ended = now or self._clock.now(), self._node(), []
        for hold in self._holds.standing(who.operator.operator):
            is_over, is_alive = hold.expires_at <= at, self._held.is_alive(hold.hold_id)
            if not is_over and is_alive:
                continue
            reason = "expired" if is_over else "recovered"
            record = self._records.of_hold(who, hold.hold_id, "ending", kind=hold.kind.value, reason=reason)
            self.end(hold, HoldState.EXPIRED if is_over else HoldState.LIFTED, record)
            ended.append(EndedHold(hold_id=hold.hold_id, commitment=self._held.commitment(hold.hold_id) or ""))
        return tuple(ended)

    def end(self, hold: Hold, state: HoldState, record: AccessRecord) -> None:
        """Destroy the hold's key and delete what it kept, between two records; the first says why."""
        facts = record.facts | {"key": self._held.commitment(hold.hold_id) or "none"}
        record = msgspec.structs.replace(record, facts=facts)
        place = self._records.put(record)
        self._held.forget(hold.hold_id)
        reads = self._holds.end(hold.hold_id, state, reason=facts["reason"], by=record.person)
        self._records.follow(record, place, "expired" if state is HoldState.EXPIRED else "closed", reads)

    def _sweep(self, holds: Sequence[Hold], periods: frozenset[Period]) -> int:
        """Keep for some holds, between two records; a hold that the gate does not let be kept is passed over."""
        who = self._node()
        allowed: list[tuple[Hold, HoldPaper, Permit]] = []
        for hold in holds:
            if not self._held.is_alive(hold.hold_id):  # half ended: `expire` completes it
                continue
            paper = self._keeper.paper(hold.hold_id)
            try:
                allowed.append((hold, paper, self._permit(who, hold, paper)))
            except Denied as denied:
                self._records.refuse(self._records.of_hold(who, hold.hold_id, "sweep", kind=hold.kind.value), denied)
        if not allowed:
            return 0
        record = self._records.blank(who, step="sweep", holds=",".join(hold.hold_id for hold, _, _ in allowed))
        record = msgspec.structs.replace(record, counts={"holds": len(allowed)})
        record = permitted(record, allowed[0][2].policy_ids)
        place = self._records.put(record)
        kept = sum(self._keeper.keep(hold, paper, permit, periods) for hold, paper, permit in allowed)
        self._records.follow(record, place, "swept", kept)
        return kept

    def _permit(self, who: Asker, hold: Hold, paper: HoldPaper) -> Permit:
        scope = HoldScope(
            hold_id=hold.hold_id, plate=paper.plate, window_from=hold.window_from, window_to=hold.window_to
        )
        # whose hold it is makes no difference to keeping it
        facts = facts_of(hold, who.agency, NO_RULES)
        return self._gate.decide_hold(who.person, who.agency, Act.KEEP_HOLD, who.operator, facts, scope)

    def _node(self) -> Asker:
        """Return the node itself as the gate knows it: no role, active, of the operator's own agency."""
        operator = self._facts()
        person = PersonFacts(person=KEEPER, agency=operator.agency.agency, roles=frozenset(), active=True)
        return Asker(person=person, agency=operator.agency, operator=operator)


def _touches(hold: Hold, periods: frozenset[Period]) -> bool:
    first, last = period_of(hold.window_from), period_of(hold.window_to - hold.window_to.resolution)
    return any(first <= period <= last for period in periods)
