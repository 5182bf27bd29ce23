"""Rules: a name to one agency, or to every reading that is as good, or to nothing; by its words alone.

What flows in: a name or slug. What flows out: a resolution.
What it must never see: a list, a confirmation, I/O. The same words always come out the same.
"""

from collections.abc import Sequence

import msgspec

from lockplate.agencies.agency import (
    NOT_KNOWN,
    AgencyKey,
    Authority,
    Mark,
    Marker,
    Outcome,
    Reading,
    Resolution,
    Step,
    least_sure,
)
from lockplate.agencies.names import MAX_NAME_CHARACTERS, folded
from lockplate.agencies.reading import city_sheriffs, label_marks, read_spans
from lockplate.agencies.spans import Span, cut, ways
from lockplate.agencies.words import Role
from lockplate.terms import Sureness


def resolve_by_rules(name: str) -> Resolution:
    """Return what the words of a name say. Never raises, whatever the text."""
    if len(name) > MAX_NAME_CHARACTERS:
        says = f"longer than {MAX_NAME_CHARACTERS} characters: no agency's name"
        return _unknown(name, sign(name[:MAX_NAME_CHARACTERS]) + "…", (), (Step(words="", says=says),))
    words = folded(name)
    spans = cut(words)
    best: dict[AgencyKey, Reading] = {}
    nearest: int | None = None
    for far, way in ways(spans):
        if nearest is not None and far > nearest:
            continue
        readings = [one for reading in read_spans(way) for one in city_sheriffs(reading, way)]
        if readings and (nearest is None or far < nearest):
            best, nearest = {}, far
        for reading in readings:
            best.setdefault(reading.agency.key, reading)
    if not best:
        says = "no word here says what it is" if words else "no letter or digit stands in it"
        steps = [Step(words=span.words, says=span.meaning.says) for span in spans if span.meaning.says]
        return _unknown(name, "".join(words), spans, (*steps, Step(words="", says=says)))
    if len(best) == 1:
        (reading,) = best.values()
        return one_of(name, reading, Authority.RULES)
    return several(name, tuple(best[key] for key in sorted(best, key=_known_first)), Authority.RULES)


def one_of(name: str, reading: Reading, authority: Authority, *, steps: tuple[Step, ...] = ()) -> Resolution:
    """Return a resolution with one reading."""
    return Resolution(
        name=name, outcome=Outcome.ONE, authority=authority, key=reading.agency.key, readings=(reading,),
        marks=reading.agency.marks, sure=least_sure([reading.sure, *(step.sure for step in steps)]), steps=steps,
    )  # fmt: skip


def several(name: str, readings: tuple[Reading, ...], authority: Authority) -> Resolution:
    """Return a resolution with several readings: the key is the name's own, and every marker is a hint at most."""
    marks = {mark for reading in readings for mark in reading.agency.marks}
    weakened = {msgspec.structs.replace(mark, sure=_at_most_hint(mark)) for mark in marks}
    says = f"{len(readings)} readings are as good as one another; confirm one of them"
    return Resolution(
        name=name, outcome=Outcome.AMBIGUOUS, authority=authority, key=AgencyKey(NOT_KNOWN + sign(name)),
        readings=readings, marks=tuple(sorted(weakened)), sure=Sureness.HINT,
        steps=(Step(words="", says=says, sure=Sureness.HINT),),
    )  # fmt: skip


def sign(name: str) -> str:
    """Return a name's words in one piece, without the words that label its account: what lists are looked up by."""
    return "".join(
        span.words.replace(" ", "")
        for span in cut(folded(name))
        if span.role is not Role.LABEL or span.meaning.value == "test"
    )


def labels_of(name: str) -> tuple[Mark, ...]:
    """Return the markers that the labels in a name raise."""
    return label_marks(cut(folded(name)))


def _known_first(key: AgencyKey) -> tuple[bool, str]:
    return key.startswith(NOT_KNOWN), key


def _at_most_hint(mark: Mark) -> Sureness:
    """Return how sure a marker is in a name with several readings: what labels say is said in each of them."""
    return mark.sure if mark.marker in {Marker.TEST, Marker.DEACTIVATED} else Sureness.HINT


def _unknown(name: str, own: str, spans: Sequence[Span], steps: tuple[Step, ...]) -> Resolution:
    mark = Mark(marker=Marker.UNKNOWN, words="", sure=Sureness.CERTAIN)
    return Resolution(
        name=name, outcome=Outcome.UNKNOWN, authority=Authority.RULES, key=AgencyKey(NOT_KNOWN + own), readings=(),
        marks=tuple(sorted({*label_marks(spans), mark})), sure=Sureness.HINT, steps=steps,
    )  # fmt: skip
