"""States, provinces and countries as words of a name, and the codes that are also ordinary words.

What flows in: nothing. What flows out: constants.
What it must never see: a name.
"""

STATE_NAMES: dict[str, str] = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "DC": "district of columbia", "FL": "florida", "GA": "georgia",
    "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky",
    "LA": "louisiana", "ME": "maine", "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota",
    "MS": "mississippi", "MO": "missouri", "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire",
    "NJ": "new jersey", "NM": "new mexico", "NY": "new york", "NC": "north carolina", "ND": "north dakota",
    "OH": "ohio", "OK": "oklahoma", "OR": "oregon", "PA": "pennsylvania", "RI": "rhode island", "SC": "south carolina",
    "SD": "south dakota", "TN": "tennessee", "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia",
    "WA": "washington", "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming",
    "PR": "puerto rico", "GU": "guam", "VI": "virgin islands",
}  # fmt: skip

PARTICLES: dict[str, str] = {"la": "the Spanish or French article", "de": "a particle", "mt": "“mount”"}
"""Codes that also begin the names of towns: La Mesa, De Kalb, Mt Vernon."""

ORDINARY_WORDS = frozenset(
    {*PARTICLES, "al", "co", "ct", "hi", "id", "in", "ma", "me", "ms", "oh", "ok", "or", "pa", "sd", "va"}
)
"""Codes that in the middle of a name are rarely the state."""

INDEPENDENT_CITIES = frozenset({("MD", "baltimore"), ("MO", "stlouis")})
"""Cities outside Virginia that are in no county and have a sheriff of their own beside the county of that name."""
INDEPENDENT_CITY_STATE = "VA"
"""Every city of Virginia is such a one."""

PROVINCES: dict[str, str] = {
    "ab": "alberta", "bc": "british columbia", "mb": "manitoba", "nb": "new brunswick", "ns": "nova scotia",
    "on": "ontario", "qc": "quebec", "sk": "saskatchewan", "nl": "newfoundland and labrador",
}  # fmt: skip
"""Canadian provinces by code; a province counts only where no state of the United States stands in the name."""

COUNTRIES: tuple[str, ...] = (
    "canada", "mexico", "united kingdom", "uk", "england", "scotland", "ireland", "australia", "new zealand", "germany",
    "france", "israel", "guatemala", "honduras", "el salvador", "bahamas", "jamaica",
)  # fmt: skip
"""Countries; one counts only where no state stands in the name, since towns are named for countries, too."""

UNMISTAKABLE = frozenset({"canada", "united kingdom", "uk", "australia", "new zealand", "guatemala"})
"""Of these, what no town of the United States is called that a list would name without its state."""

FOREIGN_BODIES: dict[str, str] = {
    "royal canadian mounted police": "CA", "rcmp": "CA", "provincial police": "CA",
    "canada border services agency": "CA",
    "policia federal": "MX", "guardia nacional": "MX", "interpol": "", "europol": "",
}  # fmt: skip
"""Bodies that no state of the United States has."""
