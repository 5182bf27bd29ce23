"""What people ask about a hold, and who they are.

What flows in: the words of a request. What flows out: frozen values, checked for sense; law is the gate's.
What it must never see: a key, a read.
"""

from datetime import datetime

import msgspec

from lockplate.access import require_unicode
from lockplate.clock import require_utc
from lockplate.errors import BadInput
from lockplate.gate.question import AgencyFacts, OperatorFacts, PersonFacts
from lockplate.holding.rules import require_words
from lockplate.law.words import HoldKind, HoldNeed
from lockplate.plate import MAX_PLATE_CHARACTERS, fold
from lockplate.registry.holds import HoldPaper
from lockplate.terms import HoldId, PlateText, ReaderId

_SHA_256_CHARACTERS = 64


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, for which agency, at whose reads: facts of this moment."""

    person: PersonFacts
    agency: AgencyFacts
    operator: OperatorFacts


class HoldAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A hold asked for. What is left out is missing, and the gate says so, on record."""

    kind: HoldKind
    plate: PlateText = PlateText("")
    window_from: datetime | None = None
    window_to: datetime | None = None
    case_number: str = ""
    facts: str = ""
    sworn: bool = False
    readers: tuple[ReaderId, ...] | None = None
    requester: str = ""
    paper: str = ""
    paper_hash: str = ""
    until: datetime | None = None

    def check(self, now: datetime) -> "HoldAsk":
        """Return the request itself, or raise BadInput for what makes no sense under any law."""
        require_words(facts=self.facts, case=self.case_number, requester=self.requester, paper=self.paper)
        require_unicode(self.plate, self.facts, self.case_number, self.requester, self.paper, *(self.readers or ()))
        if len(self.plate) > MAX_PLATE_CHARACTERS:
            raise BadInput(f"a plate has at most {MAX_PLATE_CHARACTERS} characters", code="plate_too_long")
        for at in (self.window_from, self.window_to, self.until):
            if at is not None:
                require_utc(at)
        if self.window_from is not None and self.window_to is not None and self.window_to <= self.window_from:
            raise BadInput("the window ends before it starts", code="bad_window", next_step="Give --from before --to.")
        require_end(self.until, now)
        require_hash(self.paper_hash)
        return self

    def given(self) -> frozenset[HoldNeed]:
        """Return what the paper has of what a law may want."""
        return given_in(
            {
                HoldNeed.PLATE: bool(fold(self.plate)),
                HoldNeed.DATES: self.window_from is not None and self.window_to is not None,
                HoldNeed.CASE_NO: bool(self.case_number.strip()),
                HoldNeed.CAMERA: bool(self.readers),
                HoldNeed.FACTS: bool(self.facts.strip()),
                HoldNeed.SWORN: self.sworn and bool(self.facts.strip()),
            }
        )


class RenewAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A hold to be drawn out: what it stands on is given anew."""

    hold_id: HoldId
    until: datetime | None = None
    facts: str = ""
    sworn: bool = False
    paper: str = ""
    paper_hash: str = ""

    def check(self, now: datetime) -> "RenewAsk":
        """Return the request itself, or raise BadInput."""
        require_words(facts=self.facts, paper=self.paper)
        require_unicode(self.facts, self.paper)
        require_end(self.until, now)
        require_hash(self.paper_hash)
        return self

    def given(self, paper: HoldPaper) -> frozenset[HoldNeed]:
        """Return what the hold's own paper and this one have together; facts and oath count only when they are new."""
        return given_in(
            {
                HoldNeed.PLATE: True,
                HoldNeed.DATES: True,
                HoldNeed.CASE_NO: bool(paper.case_number.strip()),
                HoldNeed.CAMERA: bool(paper.readers),
                HoldNeed.FACTS: bool(self.facts.strip()),
                HoldNeed.SWORN: self.sworn and bool(self.facts.strip()),
            }
        )


def given_in(found: dict[HoldNeed, bool]) -> frozenset[HoldNeed]:
    """Return the needs that are met."""
    return frozenset(need for need, is_met in found.items() if is_met)


def require_end(until: datetime | None, now: datetime) -> datetime | None:
    """Return the end itself, or raise BadInput when it is over already."""
    if until is not None and require_utc(until) <= now:
        raise BadInput("the hold would end before it begins", code="bad_end", next_step="Give a later --until.")
    return until


def require_hash(text: str) -> str:
    """Return the text when it is empty or SHA-256 in hex, else raise BadInput."""
    if text and (len(text) != _SHA_256_CHARACTERS or not set(text) <= set("0123456789abcdef")):
        raise BadInput("the paper's hash is not SHA-256 in hex", code="bad_hash")
    return text
