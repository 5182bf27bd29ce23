"""States and provinces of the United States and Canada, for readers that write them without a country.

What flows in: a code or a name out of a field that the vendor calls state or province. What flows out: ISO 3166-2.
What it must never see: a field that may hold a country; `CA` and `DE` mean two things there.
"""

from lockplate.readers.fields import region_of, text_of

_NAMES = {
    "US": {
        "AL": "ALABAMA", "AK": "ALASKA", "AZ": "ARIZONA", "AR": "ARKANSAS", "CA": "CALIFORNIA", "CO": "COLORADO",
        "CT": "CONNECTICUT", "DE": "DELAWARE", "DC": "DISTRICT OF COLUMBIA", "FL": "FLORIDA", "GA": "GEORGIA",
        "HI": "HAWAII", "ID": "IDAHO", "IL": "ILLINOIS", "IN": "INDIANA", "IA": "IOWA", "KS": "KANSAS",
        "KY": "KENTUCKY", "LA": "LOUISIANA", "ME": "MAINE", "MD": "MARYLAND", "MA": "MASSACHUSETTS",
        "MI": "MICHIGAN", "MN": "MINNESOTA", "MS": "MISSISSIPPI", "MO": "MISSOURI", "MT": "MONTANA",
        "NE": "NEBRASKA", "NV": "NEVADA", "NH": "NEW HAMPSHIRE", "NJ": "NEW JERSEY", "NM": "NEW MEXICO",
        "NY": "NEW YORK", "NC": "NORTH CAROLINA", "ND": "NORTH DAKOTA", "OH": "OHIO", "OK": "OKLAHOMA",
        "OR": "OREGON", "PA": "PENNSYLVANIA", "RI": "RHODE ISLAND", "SC": "SOUTH CAROLINA", "SD": "SOUTH DAKOTA",
        "TN": "TENNESSEE", "TX": "TEXAS", "UT": "UTAH", "VT": "VERMONT", "VA": "VIRGINIA", "WA": "WASHINGTON",
        "WV": "WEST VIRGINIA", "WI": "WISCONSIN", "WY": "WYOMING",
    },
    "CA": {
        "AB": "ALBERTA", "BC": "BRITISH COLUMBIA", "MB": "MANITOBA", "NB": "NEW BRUNSWICK",
        "NL": "NEWFOUNDLAND AND LABRADOR", "NS": "NOVA SCOTIA", "NT": "NORTHWEST TERRITORIES", "NU": "NUNAVUT",
        "ON": "ONTARIO", "PE": "PRINCE EDWARD ISLAND", "QC": "QUEBEC", "SK": "SASKATCHEWAN", "YT": "YUKON",
    },
}  # fmt: skip
_CODES = {
    word: f"{country}-{code}"
    for country, states in _NAMES.items()
    for code, name in states.items()
    for word in (code, name)
} | {"QUÉBEC": "CA-QC"}


def state_of(value: object, country: object = None) -> str | None:
    """Return the ISO 3166-2 code of a state or province, else what the word maps to as a region, else None.

    With a country beside it the country decides: `DE` in Delaware's country is Delaware, elsewhere it is no state.
    """
    word = (text_of(value) or "").upper()
    land = region_of(country)
    code = _CODES.get(word)
    if code is not None and (land is None or code.startswith(land)):
        return code
    if land is None:
        return region_of(value)
    part = region_of(f"{land}-{word}") if word and len(land) == 2 and word != land else None
    return part or land
