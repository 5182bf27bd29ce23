"""Holds as the gate judges them: what is asked for, and what the law says about it.

What flows in: counts, flags and words from closed lists. What flows out: the context that Cedar reads.
What it must never see: a plate, a case number, sworn facts. Whether they were given is all that the policies look at.
"""

import math
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lockplate.errors import Reason
from lockplate.gate.question import AgencyFacts
from lockplate.law.words import HoldKind, HoldNeed, Renewal
from lockplate.terms import HoldId, PersonId, PlateText, PolicyId

KEEPER = PersonId("-retention")
"""The node itself, when an hour is forgotten and nobody is there; no person's id can start with a dash.

The gate judges it with no role, active, of the operator's own agency. It may keep what an open hold covers, and the
schema and the permits give it nothing else.
"""

NEEDS = PolicyId("hold-needs-missing")
FLOOR_NEEDS = PolicyId("floor-hold-needs")
EVERY_HOLD_NEEDS = frozenset({HoldNeed.PLATE, HoldNeed.DATES, HoldNeed.CASE_NO})
"""As policy floor-hold-needs has it, to say in words what is missing."""


class HoldFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One hold, asked for or open, and the law around it."""

    kind: HoldKind
    kinds: frozenset[HoldKind]
    """The grounds that the law in force for the window names."""
    needs: frozenset[HoldNeed]
    """What that law wants of the paper behind a hold."""
    given: frozenset[HoldNeed]
    """What the paper has."""
    plates: int
    """How many plates are named; a pattern names all that it stands for."""
    past: bool
    """The window has ended."""
    has_paper: bool
    """A warrant or a court's order is named."""
    lasts: timedelta | None
    """From this moment to the end asked for; None when none was."""
    longest: timedelta
    """The longest that a hold may last before it is renewed."""
    renewals: Renewal
    open: bool
    """The hold is asked for, or is open and not over."""
    opener: PersonId
    holder: AgencyFacts
    """The agency that asked for the hold."""
    cites: dict[str, str] = {}
    """Field of the law in force → where its value is written, so that a refusal names the very section."""


class HoldScope(msgspec.Struct, frozen=True, kw_only=True):
    """What a permit for a hold is for: one plate and one window."""

    hold_id: HoldId
    plate: PlateText
    window_from: datetime | None
    window_to: datetime | None
    """None where the paper names no dates; then there is no permit."""


def hold_context(hold: HoldFacts) -> dict[str, Any]:
    """Return what every act on one hold shows to the policies."""
    context: dict[str, Any] = {
        "kind": _uid("HoldKind", hold.kind),
        "kinds": [_uid("HoldKind", kind) for kind in sorted(hold.kinds)],
        "needs": [_uid("HoldNeed", need) for need in sorted(hold.needs)],
        "given": [_uid("HoldNeed", need) for need in sorted(hold.given)],
        "plates": hold.plates,
        "past": hold.past,
        "has_paper": hold.has_paper,
        "longest": math.floor(hold.longest.total_seconds()),
        "renewals": _uid("Renewal", hold.renewals),
        "open": hold.open,
        "opener": _uid("Person", hold.opener),
        "holder": _uid("Agency", hold.holder.agency),
    }
    # rounded up where the limit is rounded down, so that rounding never lengthens a hold
    return context if hold.lasts is None else context | {"lasts": math.ceil(hold.lasts.total_seconds())}


def with_what_is_missing(reasons: tuple[Reason, ...], hold: HoldFacts) -> tuple[Reason, ...]:
    """Return reasons that also say which of the needs are missing: words from a closed list."""
    wanted = {NEEDS: hold.needs, FLOOR_NEEDS: EVERY_HOLD_NEEDS}
    return tuple(_with_missing(reason, wanted.get(reason.policy_id, frozenset()) - hold.given) for reason in reasons)


def _with_missing(reason: Reason, missing: frozenset[HoldNeed]) -> Reason:
    if not missing:
        return reason
    words = ", ".join(need.value for need in sorted(missing))
    return msgspec.structs.replace(reason, says=f"{reason.says} Missing: {words}.")


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}
