"""Alert lines: what the page of alerts says of each hit, and what its filters mean.

What flows in: hits that were shown, the fields of a URL. What flows out: lines, a filter.
What it must never see: a hit that is not on record as shown; a plate in a URL.
"""

import msgspec

from lockplate.alerting.comparing import region_stand
from lockplate.hotlist import ListId, MatchKind, Priority, bare_text
from lockplate.lookalikes import Character, compare_texts
from lockplate.operations.hits import ListHits
from lockplate.registry.confirmations import Compared, SourceCheck
from lockplate.registry.hit_outcomes import HitOutcome
from lockplate.registry.hits import Hit, HitState
from lockplate.terms import OperatorId, ReaderId
from lockplate.vehicle_kinds import PartStand, contradicts

PAGE_HITS = 50
EVERY_STATE = "all"
MATCHED_SHORT: dict[MatchKind, str] = {
    MatchKind.EXACT_TEXT: "same text",
    MatchKind.EXACT_KEY: "same only if look-alikes are taken for one another",
    MatchKind.CANDIDATE: "another reading by the reader is listed",
    MatchKind.WEAK_CHARACTER: "listed but for one character that the reader doubted",
}
REGION_SHORT = {
    "agrees": "region agrees",
    "differs": "region differs",
    "not_read": "region not read",
    "only_country": "only the country was read",
    "not_listed": "no region listed",
}
SOURCE_SAYS: dict[SourceCheck, str] = {
    SourceCheck.NOT_CHECKED: "I have not asked it",
    SourceCheck.STILL_LISTED: "It still lists this plate",
    SourceCheck.NOT_LISTED: "It says: no match",
    SourceCheck.NOT_REACHED: "I could not reach it",
}
SOURCE_SAID: dict[SourceCheck, str] = {
    SourceCheck.NOT_CHECKED: "was not asked",
    SourceCheck.STILL_LISTED: "still listed it",
    SourceCheck.NOT_LISTED: "did not list it any more",
    SourceCheck.NOT_REACHED: "could not be reached",
}
FINDING_SAYS: dict[HitState, tuple[str, str]] = {
    HitState.CORRECT: ("Correct", "Picture, text, region and vehicle are the listed ones."),
    HitState.WRONG_READ: ("Wrong read", "The picture shows another text."),
    HitState.WRONG_REGION: ("Wrong region", "The same text on a plate of another state or country."),
    HitState.WRONG_VEHICLE: ("Wrong vehicle", "The plate is right, the vehicle is not the listed one."),
    HitState.STALE_ENTRY: ("Stale entry", "The source does not list it any more: no match."),
    HitState.DUPLICATE: ("Duplicate", "The same car as another alert."),
}
OUTCOME_SAYS: dict[HitOutcome, str] = {
    HitOutcome.STOP: "The vehicle was stopped",
    HitOutcome.RECOVERY: "Vehicle, plate or person found",
    HitOutcome.ARREST: "Somebody was arrested",
    HitOutcome.CITATION: "A citation was written",
    HitOutcome.RELEASED: "Somebody was held and let go",
    HitOutcome.NOTHING: "Nothing came of it",
}
NEEDS_SAYS: dict[Compared, str] = {
    Compared.REGION: "I compared the region on the plate in the picture with the listed one.",
    Compared.VEHICLE: "I compared the kind of vehicle in the picture with the listed one.",
    Compared.BY_EYE: "No picture came: I see the vehicle itself and compared it.",
}
PART_STAND_SAYS: dict[PartStand, str] = {
    PartStand.SAME: "same",
    PartStand.OTHER_WORDS: "other words: compare",
    PartStand.CONTRADICTS: "cannot be one vehicle",
    PartStand.ONLY_READ: "the list does not say",
    PartStand.ONLY_LISTED: "the reader does not say",
}


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One hit of the list."""

    hit: Hit
    characters: tuple[Character, ...]
    same_text: bool
    matched: str
    region: str
    region_differs: bool
    vehicle_contradicts: bool
    reader: str
    list_name: str


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What the filters of the page say, as text."""

    operator: OperatorId
    state: str = HitState.UNCONFIRMED.value
    list_id: str = ""
    priority: str = ""
    older: str = ""
    weaker: bool = False
    """Weaker matches and repeats instead of alerts."""

    def request(self) -> ListHits:
        """Return what to list; raises ValueError for a state or priority that there is not."""
        return ListHits(
            operator=self.operator,
            state=None if self.state == EVERY_STATE else HitState(self.state),
            list_id=self.list_id,
            priority=Priority(self.priority) if self.priority else None,
            alerts=not self.weaker,
            older_than=self.older,
            limit=PAGE_HITS,
        )


def line_of(hit: Hit, readers: dict[ReaderId, str], lists: dict[ListId, str]) -> AlertLine:
    """Return a hit's line; readers and lists are named where they are still known."""
    details = hit.details
    read, listed = bare_text(details.plate_text), bare_text(details.listed_text)
    characters = compare_texts(read, listed, unsure=details.unsure, zero_for_letter=details.zero_for_letter)
    region = region_stand(details)
    return AlertLine(
        hit=hit,
        characters=characters,
        same_text=read == listed,
        matched=MATCHED_SHORT[details.kind],
        region=REGION_SHORT[region.value],
        region_differs=details.region_agrees is False,
        vehicle_contradicts=contradicts(details.vehicle, details.listed_vehicle),
        reader=readers.get(hit.reader, hit.reader),
        list_name=lists.get(hit.list_id, "a list that is gone"),
    )
