"""Spans: a name's words cut into phrases, each with what it can mean where it stands.

What flows in: folded words. What flows out: the ways to give every phrase one meaning, with how far each is from plain.
What it must never see: an agency; which way is right is decided by counting, in `agencies.reading`.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from lockplate.agencies.federal import DEPARTMENT, FEDERAL, OFFICES, SPELLED_DOUBTFUL
from lockplate.agencies.states import ORDINARY_WORDS, PARTICLES
from lockplate.agencies.words import BODIES, LONGEST_PHRASE, ONLY_FIRST, PHRASES, Meaning, Role

MOST_DOUBTFUL = 6
"""Phrases of one name that may have two meanings; beyond that the later ones keep their first."""
PLAIN = Meaning(Role.PLACE, "", "")
FAR = 2
"""How far a meaning is from plain that only counts when nothing else is left."""
TWO_STATES = 10
STATES = frozenset({Role.STATE, Role.STATE_NAME})
_NAMING = frozenset({Role.PLACE, Role.UNIT, Role.UNIT_OF, Role.SETTING})
TOWN_BODIES = frozenset({"police", "fire", "marshal"})
_WORDY = frozenset({"ice", "ero"})
"""Initials of federal agencies that are also a word or a name, so that a body beside them leaves it open."""


class Span(NamedTuple):
    """One phrase in its place."""

    words: str
    meaning: Meaning

    @property
    def role(self) -> Role:
        return self.meaning.role


class Choice(NamedTuple):
    """One meaning a phrase can have here, and how far that is from plain."""

    meaning: Meaning
    far: int = 0


def cut(words: Sequence[str]) -> list[Span]:
    """Return the phrases of a name, the longest first that begin at each word; a word of no phrase is a place."""
    spans: list[Span] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
            phrase = tuple(words[at : at + length])
            if phrase in ONLY_FIRST and any(span.role is not Role.STATE for span in spans):
                continue
            if (meaning := PHRASES.get(phrase)) is not None or length == 1:
                spans.append(Span(" ".join(phrase), meaning or PLAIN))
                at += length
                break
    return spans


def ways(spans: Sequence[Span]) -> Iterator[tuple[int, tuple[Span, ...]]]:
    """Yield every way to give each phrase one meaning, with the sum of how far each meaning is from plain."""
    choices: list[tuple[Choice, ...]] = []
    doubtful = 0
    for at in range(len(spans)):
        here = _choices(spans, at)
        if len(here) > 1:
            doubtful += 1
        choices.append(here if doubtful <= MOST_DOUBTFUL else here[:1])
    for way in product(*choices):
        chosen = tuple(Span(span.words, choice.meaning) for span, choice in zip(spans, way, strict=True))
        states = {span.meaning.value for span in chosen if span.role in STATES}
        yield sum(choice.far for choice in way) + TWO_STATES * (len(states) > 1), chosen


def _choices(spans: Sequence[Span], at: int) -> tuple[Choice, ...]:
    """Return what one phrase can mean where it stands."""
    span = spans[at]
    if span.role is Role.STATE:
        return _code(spans, at)
    if span.role is Role.STATE_NAME:
        return _state_name(spans, at)
    if span.role is Role.FEDERAL:
        return _federal(spans, at)
    if span.role is Role.LABEL and span.meaning.value != "federal" and len(spans) == 1:
        return (Choice(span.meaning), Choice(PLAIN, FAR))
    return (Choice(span.meaning),)


# States


def _code(spans: Sequence[Span], at: int) -> tuple[Choice, ...]:
    """Return what a state's code can mean: the state, part of a town's name, `co` a county, `sd` a sheriff."""
    span = spans[at]
    code = Choice(span.meaning)
    others = [other for place, other in enumerate(spans) if other.role is Role.STATE and place != at]
    if at == 0 and len(spans) > 1 and spans[1].role is Role.UNIT:  # LA County Sheriff is not Louisiana's
        found: tuple[Choice, ...] = (_place("stands where a county's name does, so it is not read as a state"),)
    elif span.words not in ORDINARY_WORDS:
        found = (code,)
    elif any(other.words not in ORDINARY_WORDS for other in others):  # Marin Co CA SO, La Mesa CA PD
        found = (Choice(_ordinary(spans, at)),)
    elif at == 0 and len(spans) > 1:
        found = _first_code(spans, has_others=bool(others))
    elif (other := _as_good(spans, at)) is not None:
        found = (code, other)
    elif at == len(spans) - 1 or _beside_body(spans, at):
        found = (code, Choice(PLAIN, FAR))
    else:
        found = (Choice(PLAIN), Choice(span.meaning, 1))
    return found


def _first_code(spans: Sequence[Span], *, has_others: bool) -> tuple[Choice, ...]:
    """Return what a code that is also a word can mean as the first of a name."""
    first = spans[0]
    code = Choice(first.meaning)
    if first.words in PARTICLES and spans[1].role is Role.PLACE:
        return (Choice(PLAIN),) if has_others else (code, Choice(PLAIN))
    if first.words == "va" and _beside_body(spans, 0) and not any(other.role is Role.PLACE for other in spans):
        return (code, Choice(Meaning(Role.FEDERAL, "va-police", "may be the initials of Veterans Affairs")))
    return (code, Choice(PLAIN, 1)) if has_others else (code,)


def _as_good(spans: Sequence[Span], at: int) -> Choice | None:
    """Return what `co` or `sd` can mean as well as the state, or None."""
    words, bodies = spans[at].words, {other.meaning.value for other in spans if other.role is Role.BODY}
    if words == "co" and not _has_county(spans):
        # Denver CO PD is Colorado; Marin Co SO may be either
        return Choice(_ordinary(spans, at), FAR if bodies == {"police"} else 0)
    return Choice(_ordinary(spans, at)) if words == "sd" and not bodies else None


def _ordinary(spans: Sequence[Span], at: int) -> Meaning:
    """Return what a code's letters mean when they are not the state."""
    words = spans[at].words
    if words == "co" and at > 0 and not _has_county(spans):
        return Meaning(Role.UNIT, "county", "is short for county")
    if words == "sd" and at > 0 and not any(span.role is Role.BODY for span in spans):
        return Meaning(Role.BODY, "sheriff", "is read as “sheriff's department”")
    return PLAIN


def _has_county(spans: Sequence[Span]) -> bool:
    return any(span.role in {Role.UNIT, Role.UNIT_OF} and span.meaning.value for span in spans)


def _beside_body(spans: Sequence[Span], at: int) -> bool:
    """Say whether a body stands directly before or after a phrase, or only labels between it and the end."""
    near = [spans[place] for place in (at - 1, at + 1) if 0 <= place < len(spans)]
    return any(span.role is Role.BODY for span in near) or all(span.role is Role.LABEL for span in spans[at + 1 :])


def _state_name(spans: Sequence[Span], at: int) -> tuple[Choice, ...]:
    """Return what a state's name can mean: the state, or a town or county that is called like one."""
    span = spans[at]
    state = Choice(span.meaning)
    place = Choice(Meaning(Role.PLACE, "", f"is part of a name here, not the state of {span.words.title()}"))
    codes = {other.meaning.value for other in spans if other.role is Role.STATE and other.words not in PARTICLES}
    after = spans[at + 1] if at + 1 < len(spans) else None
    is_named = after is not None and (after.role is Role.UNIT or after.words == "city")
    if codes:  # Indiana PA PD, Virginia Beach VA PD; but TX - Texas DPS is the state twice
        only = codes == {span.meaning.value} and _is_states_own(spans)
        return (state,) if only else (place,)
    if is_named:  # Washington County, Oklahoma City
        return (place,)
    if after is None:
        return (state,) if len(spans) > 1 else (state, place)
    is_open = after.role is Role.PLACE or (after.role is Role.BODY and after.meaning.value in TOWN_BODIES)
    is_certain = after.words == "state" or any(other.role is Role.SETTING for other in spans)
    return (state, place) if is_open and at == 0 and not is_certain else (state,)


def _is_states_own(spans: Sequence[Span]) -> bool:
    """Say whether nothing but the state, bodies and labels stands in a name, and no town's body."""
    roles = {Role.STATE, Role.STATE_NAME, Role.BODY, Role.LABEL}
    return all(span.role in roles and span.meaning.value not in TOWN_BODIES for span in spans)


# Federal


def _federal(spans: Sequence[Span], at: int) -> tuple[Choice, ...]:
    """Return what a federal agency's name or initials can mean: the agency, or somebody else's initials."""
    span = spans[at]
    federal = FEDERAL[span.meaning.value]
    own = Choice(span.meaning)
    states = [other for other in spans if other.role in STATES]
    after = spans[at + 1] if at + 1 < len(spans) else None
    has_body = any(other.role is Role.BODY and not BODIES[other.meaning.value].joint for other in spans)
    is_named = any(other.role in _NAMING for other in spans)
    is_joint = any(other.role is Role.BODY and BODIES[other.meaning.value].joint for other in spans)
    if _is_supported(spans, at) or is_joint:  # of a task force it is a mark only
        found: tuple[Choice, ...] = (own,)
    elif span.words not in federal.initials:
        found = _spelled(spans, at, own)
    elif after is not None and after.role is Role.UNIT:
        found = (_place(f"is part of the {after.words}'s name here, not {federal.title}"),)
    elif any(other.role in {Role.PRIVATE, Role.SETTING} for other in spans):
        found = (_place(f"stands in the name of a company or institution, so it is not read as {federal.title}"),)
    elif has_body and states and not is_named:
        found = (_place(f"stands where a town's name does, so it is not read as {federal.title}"),)
    elif has_body and is_named:  # beside a local agency it is a keyword and raises a mark, see `agencies.reading`
        found = (own,)
    else:
        is_office = any(other.words in OFFICES for other in spans)
        is_wordy = span.words in _WORDY and (has_body or (is_named and not is_office))
        other_reading = f"may be somebody else's initials, not {federal.title}" if federal.doubtful or is_wordy else ""
        found = (own, _place(other_reading)) if other_reading else (own,)
    return found


def _spelled(spans: Sequence[Span], at: int, own: Choice) -> tuple[Choice, ...]:
    """Return what a federal agency's name in full can mean: a state's own department, a tribe's own marshals."""
    words = spans[at].words
    if words.startswith(DEPARTMENT) and any(other.role in STATES for other in spans):
        return (own, _place(f"may be the state's own, not {FEDERAL[own.meaning.value].title} of the United States"))
    if words in SPELLED_DOUBTFUL and any(other.role in _NAMING for other in spans):
        return (Choice(Meaning(Role.BODY, "marshal", "is read as the marshals of the place beside it")),)
    return (own,)


def _place(says: str) -> Choice:
    return Choice(Meaning(Role.PLACE, "", says))


def _is_supported(spans: Sequence[Span], at: int) -> bool:
    """Say whether other words of the name say too that it is a federal agency."""
    for place, other in enumerate(spans):
        if place == at:
            continue
        if other.role is Role.MILITARY or (other.role is Role.LABEL and other.meaning.value == "federal"):
            return True
        if other.role is Role.FEDERAL and other.words != spans[at].words:
            return True
    return False
