"""Comparing: a hit laid out for a person's eyes: character by character, region, vehicle, how it matched.

What flows in: a hit that was shown. What flows out: what read and entry say beside each other, and how the hit stands.
What it must never see: I/O, a key. It judges nothing by itself: it says what agrees, what differs, and what is unknown.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from lockplate.alerting.judging import Standing, is_region_open, needs, standing
from lockplate.hotlist import MatchKind, bare_text
from lockplate.lookalikes import Character, compare_texts
from lockplate.registry.confirmations import Compared
from lockplate.registry.hits import Hit, HitDetails, HitId
from lockplate.vehicle_kinds import PartStand, VehiclePart, compare_vehicles

MATCHED_SAYS: dict[MatchKind, str] = {
    MatchKind.EXACT_TEXT: "The text as read is the text as listed.",
    MatchKind.EXACT_KEY: "The text as read is the listed one only if look-alike characters are taken for one another.",
    MatchKind.CANDIDATE: "The reader's first reading is not listed; another reading of the same plate by it is.",
    MatchKind.WEAK_CHARACTER: "The text as read is not listed; it would be with another character in a place where "
    "the reader was not sure.",
}


class RegionStand(StrEnum):
    """How the region as read stands to the one as listed."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_READ = "not_read"
    """The entry names one, the reader gave none."""
    ONLY_COUNTRY = "only_country"
    """The entry names a part of a country, the reader only the country: another state's plate would look the same."""
    NOT_LISTED = "not_listed"
    """The entry names none."""


REGION_SAYS: dict[RegionStand, str] = {
    RegionStand.AGREES: "The region as read is the region as listed.",
    RegionStand.DIFFERS: "The region as read is NOT the region as listed: it is likely another vehicle's plate.",
    RegionStand.NOT_READ: "The reader gave no region. Look for it in the picture.",
    RegionStand.ONLY_COUNTRY: "The reader gave only the country. Look for the state in the picture.",
    RegionStand.NOT_LISTED: "The entry names no region: nothing says that it is this state's plate.",
}


class ComparedHit(msgspec.Struct, frozen=True, kw_only=True):
    """One hit laid out for comparing; `hits` of the same answer has the rest of it."""

    hit_id: HitId
    matched_says: str
    """How it matched, in words."""
    characters: tuple[Character, ...]
    doubts: tuple[str, ...]
    """The marked characters in words."""
    region: RegionStand
    region_says: str
    vehicle: tuple[VehiclePart, ...]
    vehicle_contradicts: bool
    needs: tuple[Compared, ...]
    """What a person must say that they compared by hand."""
    standing: Standing


def compare_hit(hit: Hit, now: datetime) -> ComparedHit:
    """Return a hit laid out for comparing, as it stands now."""
    details = hit.details
    characters = compare_texts(
        bare_text(details.plate_text),
        bare_text(details.listed_text),
        unsure=details.unsure,
        zero_for_letter=details.zero_for_letter,
    )
    vehicle = compare_vehicles(details.vehicle, details.listed_vehicle)
    region = region_stand(details)
    return ComparedHit(
        hit_id=hit.hit_id,
        matched_says=MATCHED_SAYS[details.kind],
        characters=characters,
        doubts=tuple(f"Character {one.place}: {one.says}." for one in characters if one.is_marked),
        region=region,
        region_says=REGION_SAYS[region],
        vehicle=vehicle,
        vehicle_contradicts=any(part.stand is PartStand.CONTRADICTS for part in vehicle),
        needs=needs(details, has_picture=hit.has_picture),
        standing=standing(hit, now),
    )


def region_stand(details: HitDetails) -> RegionStand:
    """Return how the region as read stands to the listed one."""
    if details.region_agrees is False:
        return RegionStand.DIFFERS
    if details.listed_region is None:
        return RegionStand.NOT_LISTED
    if is_region_open(details):
        return RegionStand.NOT_READ if details.region is None else RegionStand.ONLY_COUNTRY
    return RegionStand.AGREES


def in_one_line(characters: tuple[Character, ...]) -> str:
    """Return a text as read with its doubtful characters in brackets, for a terminal: `7LO[0]842`."""
    return "".join(f"[{one.read or '-'}]" if one.is_marked else one.read for one in characters)
