"""The words of the field: what the ordinary words in an agency's name say, as one table of phrases.

What flows in: nothing. What flows out: bodies, settings, units, labels, and the table of phrases.
What it must never see: a name to be read, or the name of any agency but the federal ones.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from lockplate.agencies.agency import Marker
from lockplate.agencies.federal import FEDERAL, MILITARY
from lockplate.agencies.names import folded
from lockplate.agencies.states import FOREIGN_BODIES, STATE_NAMES
from lockplate.terms import AgencyKind


class Role(StrEnum):
    """What a phrase can be in a name."""

    STATE = "state"
    STATE_NAME = "state_name"
    BODY = "body"
    SETTING = "setting"
    """Says what kind of institution it is, and stays part of its name: university, tribe, transit."""
    UNIT = "unit"
    """County, parish, township, borough."""
    UNIT_OF = "unit_of"
    """The same before the name: “city of”."""
    FEDERAL = "federal"
    MILITARY = "military"
    FOREIGN = "foreign"
    PRIVATE = "private"
    LABEL = "label"
    """Says something about the account and is no part of the agency's name."""
    KEYWORD = "keyword"
    """Raises a marker and says no more; stays part of the name."""
    PLACE = "place"


class Meaning(NamedTuple):
    """One meaning of a phrase."""

    role: Role
    value: str
    says: str


class Body(NamedTuple):
    """What an agency does."""

    id: str
    title: str
    kind: AgencyKind | None
    """None: whatever the place is."""
    phrases: tuple[str, ...]
    joint: bool = False


_POLICE = (
    "police department", "department of police", "police", "pd", "police bureau", "bureau of police", "police division",
    "division of police", "police services", "police service", "police agency", "police force",
)  # fmt: skip
BODIES: dict[str, Body] = {
    one.id: one
    for one in (
        # in the order of which one names the agency when there are several; the others stay in its key
        Body("task-force", "task force", AgencyKind.UNKNOWN, ("task force", "strike force", "hidta", "taskforce",
             "high intensity drug trafficking area", "joint operations group"), joint=True),
        Body("fusion-center", "fusion center", AgencyKind.UNKNOWN, ("fusion center", "intelligence center",
             "regional intelligence center", "intelligence fusion center", "information sharing center",
             "threat assessment center", "information analysis center", "fusion centre"), joint=True),
        Body("prosecutor", "prosecutor", AgencyKind.PROSECUTOR, ("district attorney", "district attorneys", "da", "das",
             "district attorneys office", "district attorney office", "das office", "da office", "prosecutor",
             "prosecutors", "prosecutors office", "prosecutor office", "prosecuting attorney",
             "prosecuting attorneys office", "attorneys office", "county attorney", "county attorneys office",
             "states attorney",
             "states attorneys office", "commonwealths attorney", "commonwealths attorneys office")),
        Body("city-attorney", "city attorney", AgencyKind.PROSECUTOR, ("city attorney", "city attorneys office")),
        Body("attorney-general", "attorney general", AgencyKind.PROSECUTOR, ("attorney general",
                "attorney generals office",
             "office of attorney general")),
        Body("public-defender", "public defender", AgencyKind.DEFENSE, ("public defender", "public defenders",
             "public defenders office")),
        Body("oversight", "oversight body", AgencyKind.OVERSIGHT, ("police oversight", "civilian oversight",
             "police commission", "police accountability")),
        Body("sheriff", "sheriff", AgencyKind.COUNTY, ("sheriffs office", "sheriff office", "sheriffs department",
             "sheriff department", "sheriff", "sheriffs", "so", "office of sheriff")),
        Body("constable", "constable", AgencyKind.COUNTY, ("constable", "constables", "const", "constables office",
             "constable office")),
        Body("state-police", "state police", AgencyKind.STATE, ("state police", "state police department",
             "department of state police")),
        Body("highway-patrol", "highway patrol", AgencyKind.STATE, ("highway patrol", "state highway patrol",
             "department of highway patrol")),
        Body("state-patrol", "state patrol", AgencyKind.STATE, ("state patrol",)),
        Body("state-troopers", "state troopers", AgencyKind.STATE, ("state troopers", "state trooper")),
        Body("investigation", "bureau of investigation", None, ("bureau of investigation",
                "state bureau of investigation",
             "bureau of criminal investigation", "bureau of criminal apprehension")),
        Body("public-safety", "public safety department", None, ("dps", "department of public safety", "public safety",
             "public safety department")),
        Body("fire-marshal", "fire marshal", None, ("fire marshal", "fire marshals office", "state fire marshal")),
        Body("marshal", "marshal", None, ("marshal", "marshals", "marshals office", "town marshal", "city marshal",
             "city marshals office", "marshals department", "marshal office", "marshal service")),
        Body("police", "police department", None, _POLICE),
        Body("corrections", "corrections", None, ("department of corrections", "corrections", "doc",
             "department of correction", "correctional services",
             "department of corrections rehabilitation", "department of criminal justice")),
        Body("probation", "probation", None, ("probation", "probation department", "adult probation", "parole",
             "community supervision")),
        Body("wildlife", "wildlife and natural resources", None, ("fish wildlife", "fish game", "game fish",
             "game wardens", "game commission", "parks wildlife", "department of natural resources",
             "natural resources",
             "dnr", "department of fish wildlife", "fish wildlife commission", "wildlife resources",
             "fish wildlife conservation commission", "game fish parks")),
        Body("transportation", "transportation department", None, ("department of transportation", "dot")),
        Body("motor-vehicles", "motor vehicles", None, ("department of motor vehicles", "dmv",
             "department of revenue")),
        Body("fire", "fire department", None, ("fire department", "fire", "fd", "fire rescue", "fire district")),
        Body("emergency", "emergency management", None, ("emergency management", "emergency communications",
             "911", "communications center", "dispatch")),
        Body("crime-center", "crime center", None, ("real time crime center", "rtcc", "real time information center",
             "crime lab", "crime analysis")),
        Body("code", "code enforcement", None, ("code enforcement", "parking enforcement", "parking")),
        Body("court", "court", None, ("court", "courts", "superior court", "municipal court", "district court")),
    )
}  # fmt: skip
"""By id."""


class Setting(NamedTuple):
    """A kind of institution."""

    id: str
    title: str
    kind: AgencyKind
    phrases: tuple[str, ...]


SETTINGS: dict[str, Setting] = {
    one.id: one
    for one in (
        Setting("tribal", "a tribe", AgencyKind.TRIBAL, ("tribe", "tribes", "tribal", "rancheria", "indian reservation",
                "reservation", "indian community", "indian nation", "indian tribe", "indian colony", "nation",
                "band of",
                "pueblo of")),
        Setting("campus", "a school, college or university", AgencyKind.CAMPUS, ("university", "college", "campus",
                "isd",
                "cisd", "uc", "csu", "suny", "cuny", "school district", "schools", "public schools",
                "community college",
                "independent school district", "unified school district", "state university", "high school")),
        Setting("railroad", "a railroad", AgencyKind.PRIVATE, ("railroad", "railway", "railroads")),
        Setting("transit", "public transport", AgencyKind.UNKNOWN, ("transit", "rapid transit", "transit authority",
                "transit district", "transportation authority", "transit agency", "tollway", "turnpike",
                "toll authority")),
        Setting("airport", "an airport", AgencyKind.UNKNOWN, ("airport", "airports", "international airport",
                "airport authority", "aviation")),
        Setting("port", "a port", AgencyKind.UNKNOWN, ("port authority", "port of", "harbor district")),
        Setting("hospital", "a hospital", AgencyKind.UNKNOWN, ("hospital", "hospitals", "medical center",
                "health system", "healthcare")),
        Setting("park", "a park or open-space district", AgencyKind.UNKNOWN, ("park district", "parks district",
                "forest preserve", "forest preserve district", "open space", "open space district", "state parks",
                "park authority", "conservation district", "park rangers")),
        Setting("housing", "a housing authority", AgencyKind.UNKNOWN, ("housing authority",)),
        Setting("utility", "a water or power district", AgencyKind.UNKNOWN, ("water district", "irrigation district",
                "utility district", "utilities", "municipal utility district", "water authority")),
    )
}  # fmt: skip
"""By id. A district of its own is neither a town nor a county, so its kind stays unknown; its setting is said."""

PRIVATE_WORDS = (
    "llc", "inc", "incorporated", "corp", "corporation", "ltd", "lp", "llp", "company", "hoa", "poa",
    "homeowners association",
    "homeowners", "property owners association", "owners association", "community association",
    "neighborhood association",
    "condominium", "condominiums", "condo", "condos", "apartments", "apartment", "mall", "malls", "outlets",
    "shopping center", "properties", "property management", "management", "realty", "real estate", "casino", "resort",
    "hotel",
    "hotels", "country club", "golf club", "self storage", "logistics", "retail", "security services",
    "private security",
    "flock safety", "flock group",
)  # fmt: skip
"""Words of companies and associations, and the vendor whose accounts stand in its customers' lists."""
LEGAL_FORMS = frozenset({"llc", "inc", "incorporated", "corp", "corporation", "ltd", "lp", "llp"})

LABELS: dict[str, tuple[Marker, tuple[str, ...]]] = {
    "federal": (Marker.FEDERAL, ("federal",)),
    "test": (
        Marker.TEST,
        ("test", "testing", "demo", "demonstration", "sandbox", "dummy", "trial account", "do not use",
        "test account", "demo account"),
    ),
    "deactivated": (
        Marker.DEACTIVATED,
        ("deactivated", "inactive", "disabled", "no longer active", "dissolved", "disbanded", "archived", "former",
        "closed"),
    ),
}  # fmt: skip

UNITS = {
    "county": "county",
    "parish": "parish",
    "township": "township",
    "borough": "borough",
    "charter township": "township",
}
COUNTY_UNITS = frozenset({"county", "parish"})
_UNITS_BEFORE = {
    "city of": "", "city county of": "", "state of": "", "county of": "county", "parish of": "parish",
    "town of": "town",
    "village of": "village", "township of": "township", "borough of": "borough", "charter township of": "township",
}  # fmt: skip
"""“City of” adds nothing; a town, village or township often lies beside a city of the same name, so it stays."""

_TOWNS_CALLED = tuple(
    f"{first} {second}"
    for first in ("university", "college")
    for second in ("park", "station", "city", "heights", "place", "corner", "hill", "hills", "grove", "springs")
)
PLACE_PHRASES = (*_TOWNS_CALLED, "federal way", "federal heights", "kansas city", "state college")
"""Names of towns whose first word means something else elsewhere."""
ONLY_FIRST = frozenset({("state", "college")})
"""Of these, what is no town after other words: Dalton State College is a college."""
KEYWORDS: dict[Marker, tuple[str, ...]] = {
    Marker.IMMIGRATION: ("immigration", "287g", "287 g", "deportation", "removal operations"),
    Marker.FEDERAL: ("homeland security",),
}
"""Words that suggest a thing and name no agency: local bodies have units that are called so."""


def _federal() -> Iterator[tuple[str, Meaning]]:
    for federal in FEDERAL.values():
        says = f"names {federal.title} (United States)"
        for name in federal.names:
            yield name, Meaning(Role.FEDERAL, federal.id, says)
            yield f"us {name.removeprefix('us ')}", Meaning(Role.FEDERAL, federal.id, says)
        for name in federal.initials:
            yield name, Meaning(Role.FEDERAL, federal.id, f"are initials that {federal.title} (United States) uses")
            yield f"us {name}", Meaning(Role.FEDERAL, federal.id, says)
    for words in MILITARY:
        yield words, Meaning(Role.MILITARY, words, "names the armed forces of the United States")


def _institutions() -> Iterator[tuple[str, Meaning]]:
    for body in BODIES.values():
        for words in body.phrases:
            yield words, Meaning(Role.BODY, body.id, f"says that it is a {body.title}")
    for setting in SETTINGS.values():
        for words in setting.phrases:
            yield words, Meaning(Role.SETTING, setting.id, f"says that it belongs to {setting.title}")
    for words in PRIVATE_WORDS:
        yield words, Meaning(Role.PRIVATE, words, "is a word of companies and private associations")


def _asides() -> Iterator[tuple[str, Meaning]]:
    for words, country in FOREIGN_BODIES.items():
        yield words, Meaning(Role.FOREIGN, country, "names a body that no state of the United States has")
    for label, (marker, phrases) in LABELS.items():
        for words in phrases:
            yield words, Meaning(Role.LABEL, label, f"labels the account: {marker.value}")
    for marker, keywords in KEYWORDS.items():
        for words in keywords:
            yield words, Meaning(Role.KEYWORD, marker, "is a keyword: a place to look, not what the agency is")


def _places() -> Iterator[tuple[str, Meaning]]:
    for words, unit in UNITS.items():
        yield words, Meaning(Role.UNIT, unit, f"says that it is a {unit}'s")
    for words, unit in _UNITS_BEFORE.items():
        yield words, Meaning(Role.UNIT_OF, unit, f"says that it is a {unit}'s" if unit else "adds nothing to a name")
    for code, name in STATE_NAMES.items():
        yield code.lower(), Meaning(Role.STATE, code, f"is the code of {name.title()}")
        yield name, Meaning(Role.STATE_NAME, code, f"is the name of {name.title()}")


def _table() -> dict[tuple[str, ...], Meaning]:
    table: dict[tuple[str, ...], Meaning] = {}
    towns = ((phrase, Meaning(Role.PLACE, phrase, "is read as a town's name")) for phrase in PLACE_PHRASES)
    for phrase, meaning in chain(towns, _federal(), _asides(), _institutions(), _places()):
        table.setdefault(folded(phrase), meaning)  # the first meaning of a phrase counts
    return table


PHRASES: dict[tuple[str, ...], Meaning] = _table()
"""Folded words to what they mean; the longest phrase counts."""
LONGEST_PHRASE = max(map(len, PHRASES))
