"""What the gate is told of a hold that is written down.

What flows in: a hold, the agency that asked for it, the rules of its window. What flows out: the gate's facts.
What it must never see: a paper, a key.
"""

from datetime import timedelta

from lockplate.gate.hold import HoldFacts
from lockplate.gate.question import AgencyFacts
from lockplate.holding.rules import HoldRules
from lockplate.law.words import HoldNeed
from lockplate.registry.holds import Hold, HoldState


def facts_of(
    hold: Hold,
    holder: AgencyFacts,
    rules: HoldRules,
    *,
    given: frozenset[HoldNeed] = frozenset(),
    has_paper: bool = False,
    lasts: timedelta | None = None,
) -> HoldFacts:
    """Return the facts of a hold: it has one plate and a window in the past, or it would not have been opened."""
    return HoldFacts(
        kind=hold.kind,
        kinds=rules.kinds,
        needs=rules.needs,
        given=given,
        plates=1,
        past=True,
        has_paper=has_paper,
        lasts=lasts,
        longest=rules.longest,
        renewals=rules.renewals,
        open=hold.state is HoldState.OPEN,
        opener=hold.opened_by,
        holder=holder,
        cites=rules.cites,
    )
