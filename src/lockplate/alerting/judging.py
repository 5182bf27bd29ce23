"""Judging: which findings a person may record, and when a decided hit is compared and still listed.

What flows in: a hit's details, a finding, the source's answer, a time. What flows out: the finding; how the hit stands.
What it must never see: I/O, a clock, a switch. How a hit stands is worked out each time and stored nowhere: nothing
that somebody writes into a column makes it so. A match alone is no suspicion (promise 8).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from lockplate.errors import BadInput
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.hits import Hit, HitDetails, HitState
from lockplate.vehicle_kinds import contradicts

SOURCE_ANSWER_LASTS = timedelta(minutes=30)
"""How long the source's answer counts. Ours: no law names a time. Long enough to come up to the car that passed; short
enough that nobody acts on the answer of a shift that is over, when the owner may have the car back."""


class Against(StrEnum):
    """Why a hit is not compared and still listed."""

    UNCONFIRMED = "unconfirmed"
    FOUND_WRONG = "found_wrong"
    SOURCE_NOT_CHECKED = "source_not_checked"
    SOURCE_NOT_REACHED = "source_not_reached"
    NOT_LISTED = "not_listed"
    REGION_DIFFERS = "region_differs"
    REGION_NOT_COMPARED = "region_not_compared"
    """The entry names a region, the reader did not, and nobody says that they compared it."""
    VEHICLE_CONTRADICTS = "vehicle_contradicts"
    NO_PICTURE = "no_picture"
    """None came, and nobody says that they see the vehicle."""
    ANSWER_TOO_OLD = "answer_too_old"


AGAINST_SAYS: dict[Against, str] = {
    Against.UNCONFIRMED: "nobody has compared it yet",
    Against.FOUND_WRONG: "it was found wrong",
    Against.SOURCE_NOT_CHECKED: "the source was not asked",
    Against.SOURCE_NOT_REACHED: "the source could not be reached",
    Against.NOT_LISTED: "the source says that it is not listed",
    Against.REGION_DIFFERS: "the region as read is not the region as listed",
    Against.REGION_NOT_COMPARED: "the reader did not read the region, and nobody compared it by hand",
    Against.VEHICLE_CONTRADICTS: "the kind of vehicle as read is not the kind as listed",
    Against.NO_PICTURE: "no picture came, and nobody says that they see the vehicle itself",
    Against.ANSWER_TOO_OLD: f"the source was asked over {SOURCE_ANSWER_LASTS // timedelta(minutes=1)} minutes ago",
}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a hit stands at one moment."""

    compared_and_listed: bool
    """A person compared everything, found it correct, and the source still listed it a short while ago."""
    until: datetime | None
    """When the source's answer is too old; None when it does not stand so now."""
    against: tuple[Against, ...]
    says: str
    """The same in words for a person."""


def needs(details: HitDetails, *, has_picture: bool) -> tuple[Compared, ...]:
    """Return what a person must say that they compared by hand before the hit can be all compared."""
    asked = (
        (Compared.REGION, details.region_agrees is False or is_region_open(details)),
        (Compared.VEHICLE, contradicts(details.vehicle, details.listed_vehicle)),
        (Compared.BY_EYE, not has_picture),
    )
    return tuple(one for one, wanted in asked if wanted)


def is_region_open(details: HitDetails) -> bool:
    """Say whether the entry names a region that the reader did not: none at all, or only the country around it."""
    if details.listed_region is None or details.region_agrees is False:
        return False
    return details.region is None or details.listed_region.startswith(details.region + "-")


def require_sound(
    details: HitDetails, found: HitState, source: SourceCheck, compared: Collection[Compared] = ()
) -> HitState:
    """Return the finding itself, or raise BadInput when it cannot be recorded so.

    Only `correct` asks for more: the source must have been asked, must not have said no, and what reader and list
    contradict each other in must have been compared by hand.
    """
    if found is HitState.UNCONFIRMED:
        raise BadInput("say what was found", code="bad_state")
    if found is not HitState.CORRECT:
        return found
    if source is SourceCheck.NOT_CHECKED:
        raise BadInput(
            "ask the source again before you find a hit correct",
            code="source_not_checked",
            next_step="Ask it by the reference number, then say what it answered, or that you could not reach it.",
        )
    if source is SourceCheck.NOT_LISTED:
        raise BadInput(
            "the source no longer lists it, so the hit is not correct",
            code="source_not_listed",
            next_step="Choose: stale entry. That closes the alert.",
        )
    if details.region_agrees is False and Compared.REGION not in compared:
        raise BadInput(
            "the region as read is not the region as listed",
            code="region_not_compared",
            next_step="Look at the plate's region in the picture. If it is not the listed one, choose: wrong region. "
            "Else say that you compared it.",
        )
    if contradicts(details.vehicle, details.listed_vehicle) and Compared.VEHICLE not in compared:
        raise BadInput(
            "the kind of vehicle as read is not the kind as listed",
            code="vehicle_not_compared",
            next_step="Look at the vehicle in the picture. If it is not the listed one, choose: wrong vehicle. "
            "Else say that you compared it.",
        )
    return found


def standing(hit: Hit, now: datetime) -> Standing:
    """Return how a hit stands: compared and still listed only when nothing at all speaks against it."""
    against = tuple(_against(hit, now))
    until = None if against or hit.checked_at is None else hit.checked_at + SOURCE_ANSWER_LASTS
    return Standing(compared_and_listed=until is not None, until=until, against=against, says=_says(hit, against))


def _against(hit: Hit, now: datetime) -> list[Against]:
    if hit.state is HitState.UNCONFIRMED:
        return [Against.UNCONFIRMED]
    if hit.state is not HitState.CORRECT:
        return [Against.FOUND_WRONG]
    answer = _answer_against(hit, now)
    details, left = hit.details, set(needs(hit.details, has_picture=hit.has_picture)) - hit.compared
    told = (
        (Against.REGION_DIFFERS, details.region_agrees is False),
        (Against.REGION_NOT_COMPARED, details.region_agrees is not False and Compared.REGION in left),
        # neither an acknowledgement nor a good answer of the source makes two vehicles one
        (Against.VEHICLE_CONTRADICTS, contradicts(details.vehicle, details.listed_vehicle)),
        (Against.NO_PICTURE, Compared.BY_EYE in left),
    )
    return [*([] if answer is None else [answer]), *(one for one, holds in told if holds)]


def _answer_against(hit: Hit, now: datetime) -> Against | None:
    """Return what speaks against relying on the source's answer now."""
    if hit.source is SourceCheck.NOT_CHECKED or hit.checked_at is None:
        return Against.SOURCE_NOT_CHECKED
    if hit.source is SourceCheck.NOT_REACHED:
        return Against.SOURCE_NOT_REACHED
    if hit.source is not SourceCheck.STILL_LISTED:
        return Against.NOT_LISTED
    # an answer from the future is a clock that went back: how old it is cannot be known
    fresh = hit.checked_at <= now < hit.checked_at + SOURCE_ANSWER_LASTS
    return None if fresh else Against.ANSWER_TOO_OLD


def _says(hit: Hit, against: Collection[Against]) -> str:
    if not against and hit.checked_at is not None:
        return (
            f"Compared and still listed at {hit.checked_at:%H:%M} UTC. "
            "Your policy decides what you may do; a match alone is no suspicion."
        )
    if Against.FOUND_WRONG in against:
        return "It was found wrong. Nothing may rest on this match."
    return "This is a match and nothing more: " + "; ".join(AGAINST_SAYS[one] for one in against) + "."
