"""Strictness: for each field of a law profile, which of two values is the stricter, and how lists come together.

What flows in: values of one field. What flows out: a rank, or the words that remain.
What it must never see: I/O, a source's name. A field without a rule here cannot be composed: tests hold the two equal.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from lockplate.law.words import Duty, Leave, OffenseFloor, Renewal, Share, Span, Suspicion

Rank = Callable[[Any], float]


class ListRule(StrEnum):
    """How lists of several texts become one."""

    UNION = "union"
    """Everything that any of them asks for or forbids."""
    INTERSECTION = "intersection"
    """Only what all that state a list allow."""
    OWN = "own"
    """The operator's own statute speaks; where it is silent, the next."""


def shortest(value: Any) -> float:
    """Rank a length: the shorter the stricter; words such as `nothing` and `end_of_shift` are shortest."""
    return -value.shortest().total_seconds() if isinstance(value, Span) else float("inf")


def _least(value: Any) -> float:
    return -float(value)


def _most(value: Any) -> float:
    return float(value)


def _order(*from_lax_to_strict: object) -> Rank:
    return lambda value: float(from_lax_to_strict.index(value))


def _first(_: Any) -> float:
    return 0.0


SINGLE: Mapping[str, Rank] = MappingProxyType(
    {
        "retention.unmatched": shortest,
        "retention.matched": shortest,
        "retention.audit_log": _first,
        "retention.manual_hotlist_entry": shortest,
        "hold.max": shortest,
        "hold.renewals": _order(Renewal.ON_REQUEST, Renewal.BY_COURT, Renewal.NONE),
        "collect.occupants": _order(Leave.ALLOW, Leave.DENY),
        "purpose.offense_floor": _order(
            OffenseFloor.ANY, OffenseFloor.MISDEMEANOR, OffenseFloor.GROSS_MISDEMEANOR, OffenseFloor.FELONY
        ),
        "access.written_authorization": _order(Duty.NOT_REQUIRED, Duty.REQUIRED),
        "access.suspicion": _order(Suspicion.NONE, Suspicion.ARTICULABLE, Suspicion.REASONABLE),
        "access.case_no": _order(Duty.NOT_REQUIRED, Duty.REQUIRED),
        "hotlist.max_age_hours": _least,
        "hotlist.manual_reason": _order(Duty.NOT_REQUIRED, Duty.REQUIRED),
        "hotlist.visual_confirm_before_stop": _most,
        "hotlist.match_is_not_suspicion": _most,
        "log.immutable": _most,
        "log.public": _first,
        "publish.policy": _order(Duty.NOT_REQUIRED, Duty.REQUIRED),
        "publish.locations": _order(Duty.NOT_REQUIRED, Duty.REQUIRED),
        "publish.vendor_audit": _first,
        "report.to": _first,
        "report.due": _first,
        "audit.cadence_months": _least,
        "audit.independent": _most,
        "audit.sample_pct": _most,
        "audit.reviewer": _first,
    }
)
"""Field → rank; the highest wins, and of equals the earliest source. `_first`: opposed rules exist, so one's own
statute speaks (facts: Montana keeps access records for ever, Virginia purges them). Sharing has its own rule below."""

LISTS: Mapping[str, ListRule] = MappingProxyType(
    {
        "hold.kinds": ListRule.INTERSECTION,
        "hold.needs": ListRule.UNION,
        "collect.fields_allowed": ListRule.INTERSECTION,
        "collect.places_denied": ListRule.UNION,
        "purpose.allow": ListRule.INTERSECTION,
        "purpose.deny": ListRule.UNION,
        "access.roles": ListRule.INTERSECTION,
        "access.age_gates": ListRule.UNION,
        "share.listed_states": ListRule.INTERSECTION,
        "hotlist.sources": ListRule.INTERSECTION,
        "hotlist.low_level": ListRule.INTERSECTION,
        "log.fields": ListRule.UNION,
        "publish.policy_elements": ListRule.UNION,
        "publish.public_log_fields": ListRule.UNION,
        "report.fields": ListRule.OWN,
    }
)

SHARES = ("in_state", "out_of_state", "federal", "private", "sale")

_IMPLIES = frozenset({(Share.CERTIFICATION, Share.DECLARATION)})
"""Who holds a certification has also declared. No other two words say the same of an agency."""


def stricter_share(one: Share, other: Share) -> Share:
    """Return the stricter of two words; two that ask for different things cannot both be met by one, so: deny."""
    if one is other or other is Share.ALLOW or (one, other) in _IMPLIES:
        return one
    if one is Share.ALLOW or (other, one) in _IMPLIES:
        return other
    return Share.DENY


def log_term_fits(least: Span | None, most: Span | None) -> bool:
    """Say whether a duty to keep and a limit can both be obeyed, each in its strict reading."""
    return least is None or most is None or least.longest() <= most.shortest()
