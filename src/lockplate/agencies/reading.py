"""Reading: one way to give a name's phrases their meanings, made into an agency with its steps.

What flows in: phrases with one meaning each. What flows out: a reading, or None when nothing in it names an agency.
What it must never see: lists, confirmations; a sure word where a rule only supposes.
"""

from collections.abc import Sequence

from lockplate.agencies.agency import NOT_KNOWN, Agency, AgencyKey, Mark, Marker, Reading, Step
from lockplate.agencies.federal import DEPARTMENT, FEDERAL, line_of
from lockplate.agencies.spans import STATES, TOWN_BODIES, Span
from lockplate.agencies.states import (
    COUNTRIES,
    INDEPENDENT_CITIES,
    INDEPENDENT_CITY_STATE,
    PROVINCES,
    STATE_NAMES,
    UNMISTAKABLE,
)
from lockplate.agencies.words import BODIES, COUNTY_UNITS, LABELS, LEGAL_FORMS, PHRASES, SETTINGS, Role
from lockplate.terms import AgencyKind, Sureness

CITY_UNIT = "city"
_STAYING = frozenset({Role.PLACE, Role.SETTING, Role.MILITARY, Role.PRIVATE, Role.KEYWORD})
"""Phrases that are part of the name itself."""
_COMMON = frozenset({"of", "for", "at", "state", "us", "office"})
"""Words that end or begin a name only because a phrase beside them was taken out."""
_OF_A_COUNTY = frozenset({"sheriff", "constable", "prosecutor", "public-defender"})
"""Bodies that are a county's whether or not the word stands there, so that it is not part of their key."""
ABSENT = "~"
"""A part of a key that the name does not say."""
MAY_BE = "may be"
"""How a meaning begins that is one of two."""


class Parts:
    """The phrases of one reading, by role."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = spans
        self.state = ""
        """The first; which of two it is, the caller says."""
        self.steps: list[Step] = []
        self.marks: list[Mark] = []
        for span in spans:
            if span.meaning.says:
                is_plain = span.role is not Role.PLACE and PHRASES.get(tuple(span.words.split())) == span.meaning
                sure = Sureness.CERTAIN if is_plain else Sureness.LIKELY
                self.steps.append(Step(words=span.words, says=span.meaning.says, sure=sure))

    def copy(self) -> "Parts":
        """Return the same phrases with the steps and marks so far, to try another reading on."""
        other = Parts(self.spans)
        other.state, other.steps, other.marks = self.state, [*self.steps], [*self.marks]
        return other

    def of(self, *roles: Role) -> list[Span]:
        """Return the phrases of some roles, in order."""
        return [span for span in self.spans if span.role in roles]

    def values(self, *roles: Role) -> list[str]:
        """Return what the phrases of some roles stand for, each once, in order."""
        return list(dict.fromkeys(span.meaning.value for span in self.of(*roles)))

    def suppose(self, words: str, says: str, sure: Sureness) -> None:
        """Add a step that is a rule's supposition."""
        self.steps.append(Step(words=words, says=says, sure=sure))

    def mark(self, marker: Marker, words: str, sure: Sureness) -> None:
        """Add a marker with its words."""
        self.marks.append(Mark(marker=marker, words=words, sure=sure))

    def reading(self, kind: AgencyKind, key: Sequence[str], title: str, *, place: str = "", body: str = "") -> Reading:
        """Return the reading."""
        return Reading(
            agency=Agency(
                key=AgencyKey(":".join(key)), title=title, kind=kind, state=self.state, place=place, body=body,
                marks=tuple(sorted(set(self.marks))),
            ),
            steps=tuple(self.steps),
        )  # fmt: skip


def read_spans(spans: Sequence[Span]) -> list[Reading]:
    """Return what one way of meanings comes to: a reading for each state that it names, none when nothing is known."""
    states = list(dict.fromkeys(span.meaning.value for span in spans if span.role in STATES))
    found: list[Reading] = []
    for state in states or [""]:
        parts = Parts(spans)
        parts.state = state
        if len(states) > 1:
            parts.suppose(state.lower(), f"is one of {len(states)} states in the name", Sureness.HINT)
        _labels(parts)
        reading = _federal(parts)
        found += [reading] if reading is not None else _not_federal(parts)
    return found


def _not_federal(parts: Parts) -> list[Reading]:
    """Return the readings of what no federal agency's name is: abroad, here, or both."""
    abroad = parts.copy()
    foreign = _foreign(abroad)
    if foreign is not None and (abroad.of(Role.FOREIGN) or not _is_also_a_town(foreign.agency.place)):
        return [foreign]
    return [reading for reading in (foreign, _local(parts)) if reading is not None]


def _is_also_a_town(place: str) -> bool:
    """Say whether a country's name in a place may be a town's or region's: Mexico, New England."""
    return not (set(place.split()) & {*UNMISTAKABLE, *PROVINCES}) and not any(
        country in place for country in UNMISTAKABLE if " " in country
    )


def label_marks(spans: Sequence[Span]) -> tuple[Mark, ...]:
    """Return the markers that the labels of a name raise, whatever else it says."""
    parts = Parts(spans)
    _labels(parts)
    return tuple(sorted(set(parts.marks)))


def _labels(parts: Parts) -> None:
    for span in parts.of(Role.LABEL):
        parts.mark(LABELS[span.meaning.value][0], span.words, Sureness.CERTAIN)
    for span in parts.of(Role.KEYWORD):
        parts.mark(Marker(span.meaning.value), span.words, Sureness.HINT)


# Federal


def _federal(parts: Parts) -> Reading | None:
    """Return a federal agency, when its name stands alone or for the whole; a mark only, beside a local body."""
    named = parts.values(Role.FEDERAL)
    if not named:
        return _labelled_federal(parts)
    lowest = [one for one in named if not any(one in line_of(other)[1:] for other in named)]
    bodies = parts.values(Role.BODY)
    own = [body for body in bodies if body != "police"]
    place = _place(parts)
    is_spelled = any(span.words not in FEDERAL[span.meaning.value].initials for span in parts.of(Role.FEDERAL))
    is_local = (bool(own) or ("police" in bodies and (place or parts.state))) and not (is_spelled and not own)
    if is_local or len(lowest) > 1:
        for span in parts.of(Role.FEDERAL):
            _mark_federal(parts, span.meaning.value, span.words, Sureness.HINT)
        if is_local:
            says = "is a keyword beside another body: a place to look, not what the agency is"
            parts.suppose(" ".join(span.words for span in parts.of(Role.FEDERAL)), says, Sureness.LIKELY)
            return None
        parts.suppose("", "several federal agencies are named, none of them part of another", Sureness.HINT)
        return None
    agency = FEDERAL[lowest[0]]
    for span in parts.of(Role.FEDERAL):
        is_initials = span.words in agency.initials and len(parts.of(Role.FEDERAL)) == 1
        sure = Sureness.LIKELY if is_initials else Sureness.CERTAIN
        _mark_federal(parts, span.meaning.value, span.words, sure)
        if is_initials:
            beside = "with the release's own label" if "federal" in parts.values(Role.LABEL) else "alone"
            parts.suppose(span.words, f"stands {beside}, without the agency's name spelled out", Sureness.LIKELY)
    if place or parts.state:
        parts.suppose(
            f"{place} {parts.state.lower()}".strip(),
            "is read as its office; offices count as the agency",
            Sureness.LIKELY,
        )
    kind = AgencyKind.IMMIGRATION_ENFORCEMENT if agency.immigration else AgencyKind.FEDERAL
    key = ["us", agency.id, *_label_key(parts)]
    return parts.reading(kind, key, f"U.S. {agency.title}", place=place, body=agency.id)


def _mark_federal(parts: Parts, agency: str, words: str, sure: Sureness) -> None:
    parts.mark(Marker.FEDERAL, words, sure)
    if FEDERAL[agency].immigration:
        parts.mark(Marker.IMMIGRATION, words, sure)
    elif agency == "dhs":
        parts.mark(Marker.IMMIGRATION, words, Sureness.HINT)
        parts.suppose(words, "is the department that immigration agencies are part of", Sureness.CERTAIN)


def _labelled_federal(parts: Parts) -> Reading | None:
    """Return a body of the armed forces, or what the release itself labels as federal."""
    military, label = parts.of(Role.MILITARY), "federal" in parts.values(Role.LABEL)
    if not military and not label:
        return None
    place = _place(parts)
    bodies = parts.values(Role.BODY)
    if not place and not bodies:
        return None
    for span in military:
        parts.mark(Marker.FEDERAL, span.words, Sureness.LIKELY)
    says = "the release's own label, or the armed forces' words, make it federal"
    parts.suppose("federal" if label else military[0].words, says, Sureness.LIKELY)
    body = bodies[0] if bodies else ("military" if military else "")
    key = [
        "us",
        parts.state.lower() or ABSENT,
        _squeezed(place) or ABSENT,
        body or ABSENT,
        *sorted(bodies[1:]),
        *_label_key(parts),
    ]
    return parts.reading(AgencyKind.FEDERAL, key, _title(parts, place, "", body), place=place, body=body)


# Out of the country


def _foreign(parts: Parts) -> Reading | None:
    """Return a body of another country: by its own words, or a country's or province's where no state stands."""
    words = _place(parts).split()
    bodies = parts.values(Role.BODY)
    own = parts.of(Role.FOREIGN)
    country = own[0].meaning.value if own else ""
    if not own:
        if parts.state or not words or any(BODIES[body].joint for body in bodies):
            return None
        text = " ".join(words)
        named = [one for one in COUNTRIES if text == one or text.endswith(f" {one}") or text.startswith(f"{one} ")]
        province = words[-1] if words[-1] in PROVINCES and len(words) > 1 else ""
        if not named and not (province and bodies):
            return None
        country = "CA" if province else named[0]
        says = (
            "is a country, and no state stands in the name"
            if named
            else f"is the code of {PROVINCES[province].title()}"
        )
        parts.suppose(named[0] if named else province, says, Sureness.LIKELY)
    key = [
        "abroad",
        country.lower() or ABSENT,
        "".join(words) or ABSENT,
        *sorted({*bodies, *(span.words.replace(" ", "-") for span in own)}),
        *_label_key(parts),
    ]
    title = " ".join([*words, *(span.words for span in own)]).title()
    return parts.reading(AgencyKind.FOREIGN, key, title, place=" ".join(words), body=bodies[0] if bodies else "")


# Everybody else


def _local(parts: Parts) -> Reading | None:
    """Return a town's, county's, state's, tribe's, school's or company's body."""
    bodies = sorted(parts.values(Role.BODY), key=list(BODIES).index)
    settings, private = parts.values(Role.SETTING), parts.of(Role.PRIVATE)
    # the unit's word is part of an institution's name, and of a company's
    unit = "" if settings or private else next(iter(parts.values(Role.UNIT, Role.UNIT_OF)), "")
    place = _place(parts)
    for span in private:
        parts.mark(Marker.PRIVATE, span.words, Sureness.CERTAIN if span.words in LEGAL_FORMS else Sureness.LIKELY)
    for body in bodies:
        if BODIES[body].joint:
            parts.mark(Marker.JOINT, BODIES[body].title, Sureness.CERTAIN)
    if "hidta" in {word for span in parts.spans for word in span.words.split()}:
        parts.mark(Marker.FEDERAL, "hidta", Sureness.HINT)
    if not bodies:
        return _without_body(parts, place, unit, settings, private)
    body = bodies[0]
    if not place and (unit or body in _OF_A_COUNTY or not (parts.state or parts.values(Role.FEDERAL))):
        return None  # a county without its name, or nothing at all
    kind, unit = _kind(parts, body, place, unit, settings, private)
    shown_unit = "" if body in _OF_A_COUNTY and unit in COUNTY_UNITS else unit
    extra = sorted({*bodies[1:], *(one for one in parts.values(Role.FEDERAL))})
    key = [
        parts.state.lower() or ABSENT, _squeezed(place, shown_unit) or ABSENT, body, *extra, *_label_key(parts),
    ]  # fmt: skip
    return parts.reading(kind, key, _title(parts, place, unit, body), place=place, body=body)


def _kind(
    parts: Parts, body: str, place: str, unit: str, settings: Sequence[str], private: Sequence[Span]
) -> tuple[AgencyKind, str]:
    """Return what an agency with a body is in law, and whose unit, with the step that says why."""
    known = BODIES[body].kind
    kind = AgencyKind.MUNICIPAL if known is None else known
    if settings and (known is None or known is AgencyKind.COUNTY):
        setting = SETTINGS[settings[0]]
        kind = setting.kind
        sure = Sureness.HINT if kind is AgencyKind.UNKNOWN else Sureness.LIKELY
        parts.suppose("", f"a body of {setting.title} is of kind {kind.value}", sure)
    elif private and known is None:
        kind = AgencyKind.UNKNOWN
        parts.suppose("", "a public body's word beside a company's: what it is in law stays open", Sureness.HINT)
    elif body == "sheriff":
        kind, unit = _sheriff(parts, place, unit)
    elif known is AgencyKind.UNKNOWN:
        parts.suppose("", "several agencies under one name; which, the name does not say", Sureness.HINT)
    elif known is None and unit in COUNTY_UNITS:
        kind = AgencyKind.COUNTY
    elif known is None and not place:
        kind = AgencyKind.STATE
        sure = Sureness.HINT if body in TOWN_BODIES else Sureness.LIKELY
        parts.suppose(parts.state.lower(), "no place but the state is named, so it is the state's own", sure)
    elif known is None and body not in {*TOWN_BODIES, "public-safety"}:
        kind = AgencyKind.UNKNOWN
        parts.suppose(
            place, f"whose {BODIES[body].title} it is, a town's or another's, the name does not say", Sureness.HINT
        )
    elif known is None:
        parts.suppose(place, "a place and a body, and no other word: read as a town's", Sureness.LIKELY)
    if not parts.state:
        parts.suppose("", "the state is not said", Sureness.HINT)
    return kind, unit


def _sheriff(parts: Parts, place: str, unit: str) -> tuple[AgencyKind, str]:
    """Return whose sheriff it is: a county's, or a city's that is in no county."""
    if unit == CITY_UNIT:
        parts.suppose(f"{place} city", "a sheriff of a city that is in no county", Sureness.LIKELY)
        return AgencyKind.MUNICIPAL, unit
    if not unit:
        parts.suppose(place, "a sheriff is a county's, though the word county does not stand there", Sureness.LIKELY)
    return AgencyKind.COUNTY, unit or "county"


def _without_body(
    parts: Parts, place: str, unit: str, settings: Sequence[str], private: Sequence[Span]
) -> Reading | None:
    """Return what a name is that says no body: a company, an institution, a county; None when that is all guesswork."""
    federal = parts.values(Role.FEDERAL)
    if len(federal) > 1:
        key = ["us", "+".join(sorted(federal)), *_label_key(parts)]
        return parts.reading(AgencyKind.UNKNOWN, key, " and ".join(FEDERAL[one].title for one in federal), place=place)
    if not place:
        return None
    if private:
        parts.suppose("", "no public body's word stands beside the company's or association's", Sureness.LIKELY)
        named = " ".join(word for word in place.split() if word not in LEGAL_FORMS)
        return _bare(parts, AgencyKind.PRIVATE, named, "", "private")
    if settings:
        setting = SETTINGS[settings[0]]
        parts.suppose("", f"an institution ({setting.title}) without a word for which body of it", Sureness.HINT)
        return _bare(parts, setting.kind, place, "", setting.id)
    if unit or any(span.words == "city of" for span in parts.spans):
        kind = AgencyKind.COUNTY if unit in COUNTY_UNITS else AgencyKind.MUNICIPAL
        parts.suppose(f"{place} {unit}".strip(), "a government, without a word for which body of it", Sureness.HINT)
        return _bare(parts, kind, place, unit, "government")
    return _initials(parts, place)


def _bare(parts: Parts, kind: AgencyKind, place: str, unit: str, what: str) -> Reading:
    """Return the reading of a name without a body."""
    key = [parts.state.lower() or ABSENT, _squeezed(place, unit) or ABSENT, what, *_label_key(parts)]
    return parts.reading(kind, key, _title(parts, place, unit, ""), place=place, body=what)


def _initials(parts: Parts, place: str) -> Reading | None:
    """Return the other reading of a federal agency's name or initials: a state's department, or somebody unknown."""
    other = [span.words for span in parts.spans if span.role is Role.PLACE and span.meaning.says.startswith(MAY_BE)]
    if not other:
        return None
    if other[0].startswith(DEPARTMENT) and parts.state:
        key = [parts.state.lower(), _squeezed(place), *_label_key(parts)]
        return parts.reading(AgencyKind.STATE, key, _title(parts, place, "", ""), place=place)
    key = [NOT_KNOWN.removesuffix(":"), _squeezed(place) + parts.state.lower(), *_label_key(parts)]
    return parts.reading(AgencyKind.UNKNOWN, key, f"{place.title()}, whatever that is", place=place)


def city_sheriffs(reading: Reading, spans: Sequence[Span]) -> list[Reading]:
    """Return how else a sheriff's name can be read where cities that are in no county have sheriffs, itself included.

    The city's alone where the name says city, the county's alone where it says county, else both.
    """
    agency = reading.agency
    place = agency.place.removesuffix(" city")
    is_there = agency.state == INDEPENDENT_CITY_STATE or (agency.state, _squeezed(place)) in INDEPENDENT_CITIES
    says_unit = any(span.role in {Role.UNIT, Role.UNIT_OF} and span.meaning.value for span in spans)
    if agency.body != "sheriff" or agency.kind is not AgencyKind.COUNTY or says_unit or not is_there:
        return [reading]
    parts = Parts(spans)
    parts.state = agency.state
    parts.marks.extend(agency.marks)
    kind, unit = _sheriff(parts, place, CITY_UNIT)
    key = agency.key.split(":")
    key[1] = _squeezed(place, unit)
    of_city = parts.reading(kind, key, _title(parts, place, unit, "sheriff"), place=place, body="sheriff")
    says_city = place != agency.place or any(span.words == "city of" for span in spans)
    return [of_city] if says_city else [reading, of_city]


# Words of a key


def _place(parts: Parts) -> str:
    """Return the words of the name itself, in order; a precinct's number comes last."""
    is_institution = bool(parts.of(Role.SETTING, Role.PRIVATE))
    keeps_state = is_institution and not parts.of(Role.STATE)
    staying = _STAYING | ({Role.UNIT, Role.UNIT_OF} if is_institution else set())
    own = [span.words for span in parts.spans if span.role in staying or (span.role is Role.STATE_NAME and keeps_state)]
    if not is_institution:
        while own and own[0] in _COMMON:
            own.pop(0)
        while own and own[-1] in _COMMON:
            own.pop()
    words = " ".join(own).split()
    at = words.index("precinct") if "precinct" in words else len(words)
    if at + 1 < len(words) and words[at + 1].isdecimal():
        words = [*words[:at], *words[at + 2 :], *words[at : at + 2]]
    return " ".join(words)


def _squeezed(place: str, unit: str = "") -> str:
    """Return a place as a part of a key; spaces do not count: LaGrange and La Grange are one."""
    squeezed = place.replace(" ", "")
    return f"{squeezed}-{unit}" if unit and squeezed else squeezed


def _label_key(parts: Parts) -> list[str]:
    """Return what a label adds to a key: a test account is not the agency; a deactivated one is."""
    return ["test"] if "test" in parts.values(Role.LABEL) else []


def _title(parts: Parts, place: str, unit: str, body: str) -> str:
    name = place.title() if place else STATE_NAMES.get(parts.state, "").title()
    state = parts.state if place else ""
    what = BODIES[body].title if body in BODIES else ""
    return " ".join(word for word in (name, unit.title(), state, what) if word)
