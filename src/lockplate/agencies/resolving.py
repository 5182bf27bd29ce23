"""Resolver: a name to an agency, by what a person confirmed, else by lists that they brought, else by its words.

What flows in: names; lists and confirmations, once. What flows out: resolutions, each with on whose word it stands.
What it must never see: I/O. Which names were asked before makes no difference to an answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from lockplate.agencies.agency import (
    Agency,
    AgencyKey,
    Authority,
    Mark,
    Marker,
    Outcome,
    Reading,
    Resolution,
    Step,
)
from lockplate.agencies.confirmed import Confirmed
from lockplate.agencies.listed import Listed
from lockplate.agencies.rules import labels_of, one_of, resolve_by_rules, several, sign
from lockplate.terms import AgencyKind, Sureness

MOST_REMEMBERED = 100_000
"""Names kept with their resolutions: a log names the same few thousand agencies again and again."""
_OF_KIND = {
    AgencyKind.FEDERAL: (Marker.FEDERAL,),
    AgencyKind.IMMIGRATION_ENFORCEMENT: (Marker.FEDERAL, Marker.IMMIGRATION),
    AgencyKind.PRIVATE: (Marker.PRIVATE,),
}
_TURN_ON_KIND = frozenset({Marker.FEDERAL, Marker.IMMIGRATION, Marker.PRIVATE, Marker.UNKNOWN})
"""Markers that a kind which somebody states sets right."""


class Resolver:
    """Resolves names, and remembers the last of them."""

    def __init__(self, listed: Sequence[Listed] = (), confirmed: Iterable[Confirmed] = ()) -> None:
        self._confirmed = {sign(one.name): one for one in confirmed}
        self._listed = [_agency_of(one) for one in listed]
        self._notes = list(listed)
        self._by_sign: dict[str, set[int]] = defaultdict(set)
        self._by_key: dict[AgencyKey, set[int]] = defaultdict(set)
        for place, one in enumerate(listed):
            for name in (one.name, *one.aliases):
                self._by_sign[sign(name)].add(place)
            self._by_key[self._listed[place].key].add(place)
        self._remembered: dict[str, Resolution] = {}

    def resolve(self, name: str) -> Resolution:
        """Return what a name is: as confirmed, else as listed, else by its words. Never raises, whatever the text."""
        found = self._remembered.get(name)
        if found is None:
            found = self._confirmed_or(name)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[name] = found
        return found

    def _confirmed_or(self, name: str) -> Resolution:
        decision = self._confirmed.get(sign(name))
        if decision is None:
            return self._listed_or(name)
        without = self._listed_or(name)
        agency = self._decided(decision, without)
        steps = (
            Step(words=name, says=decision.words()),
            Step(words="", says=f"without that it would be {without.outcome.value}: {without.key}"),
        )
        return one_of(name, Reading(agency=_with_marks(agency, labels_of(name)), steps=steps), Authority.CONFIRMED)

    def _decided(self, decision: Confirmed, without: Resolution) -> Agency:
        """Return the agency that a person decided on."""
        meant = self._listed_or(decision.agency) if decision.agency else without
        if decision.apart:
            title = decision.agency or decision.name
            agency = Agency(key=AgencyKey(f"own:{sign(title)}"), title=title, kind=AgencyKind.UNKNOWN)
            found = without.agency
            if found is not None:
                agency = msgspec.structs.replace(found, key=agency.key, title=title)
        elif meant.agency is not None:
            agency = meant.agency
        else:
            title = decision.agency or decision.name
            agency = Agency(key=AgencyKey(f"own:{sign(title)}"), title=title, kind=AgencyKind.UNKNOWN)
        return _stated(agency, decision.kind, decision.state, "confirmed")

    def _listed_or(self, name: str) -> Resolution:
        by_rules = resolve_by_rules(name)
        places = self._by_sign.get(sign(name))
        how = "stands in the list"
        if not places and by_rules.outcome is Outcome.ONE:
            places = self._by_key.get(by_rules.key)
            how = "is read as an agency that the list has"
        if not places:
            return by_rules
        readings = tuple(self._reading(name, place, how, by_rules) for place in sorted(places))
        keys = {reading.agency.key for reading in readings}
        return (
            one_of(name, readings[0], Authority.LISTED) if len(keys) == 1 else several(name, readings, Authority.LISTED)
        )

    def _reading(self, name: str, place: int, how: str, by_rules: Resolution) -> Reading:
        listed, agency = self._notes[place], self._listed[place]
        lines = ", ".join(map(str, listed.lines))
        steps = [
            Step(
                words=name, says=f"{how}, line {lines}: {listed.name}" + (f" ({listed.notes})" if listed.notes else "")
            )
        ]
        found = by_rules.agency
        if found is not None and found.kind is not agency.kind:
            says = f"the words alone say {found.kind.value}, the list says {agency.kind.value}"
            steps.append(Step(words="", says=says, sure=Sureness.LIKELY))
        if found is not None and found.state and agency.state and found.state != agency.state:
            says = f"the words alone say {found.state}, the list says {agency.state}"
            steps.append(Step(words="", says=says, sure=Sureness.HINT))
        return Reading(agency=_with_marks(agency, labels_of(name)), steps=tuple(steps))


def _agency_of(listed: Listed) -> Agency:
    """Return a listed agency: what its name says, set right by what the list states."""
    found = resolve_by_rules(listed.name).agency
    if found is None:
        found = Agency(key=AgencyKey(f"listed:{sign(listed.name)}"), title=listed.name, kind=AgencyKind.UNKNOWN)
    elif listed.state and found.state != listed.state:
        # another state is another agency, or the one that the name left open
        found = msgspec.structs.replace(found, key=AgencyKey(f"listed:{listed.state.lower()}:{sign(listed.name)}"))
    return _stated(msgspec.structs.replace(found, title=listed.name), listed.kind, listed.state, "listed")


def _stated(agency: Agency, kind: AgencyKind | None, state: str, word: str) -> Agency:
    """Return an agency with the kind and state that somebody states, and the markers that go with the kind."""
    marks = agency.marks
    if kind is not None:
        kept = [mark for mark in marks if mark.marker not in _TURN_ON_KIND]
        marks = tuple(
            sorted([*kept, *(Mark(marker=one, words=word, sure=Sureness.CERTAIN) for one in _OF_KIND.get(kind, ()))])
        )
    return msgspec.structs.replace(agency, kind=kind or agency.kind, state=state or agency.state, marks=marks)


def _with_marks(agency: Agency, more: Sequence[Mark]) -> Agency:
    return msgspec.structs.replace(agency, marks=tuple(sorted({*agency.marks, *more}))) if more else agency
