"""Hikvision countries: the vendor's own numbering of countries, to ISO 3166.

What flows in: nothing. What flows out: one constant.
What it must never see: a payload.
"""

import re

_IN_ORDER = """
CZ FR DE ES IT NL PL SK BY MD RU UA BE BG DK FI GB GR HR HU IL LU MK NO PT RO RS AZ GE KZ LT TM UZ LV EE AL AT BA IE IS
VA MT SE CH CY TR SI ME XK AD AM MC LI SM
"""

COUNTRY_BY_INDEX = {str(index): country for index, country in enumerate(re.findall("[A-Z]{2}", _IN_ORDER), start=1)} | {
    "60": "BH", "61": "KR", "62": "LB", "63": "NP", "64": "TH", "65": "PK", "66": "AE", "67": "BT", "68": "OM",
    "69": "KP", "70": "PH", "71": "KH", "72": "QA", "73": "KG", "74": "MV", "75": "MY", "76": "MN", "77": "SA",
    "78": "BN", "79": "LA", "80": "JP",
}  # fmt: skip
"""Index (ISAPI `country`, `CRIndex`) to alpha-2; an index that is not here stays unmapped."""
