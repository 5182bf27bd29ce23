"""Codes: the sources' own types, states and vehicle codes as ours, with zeros that stand for the letter O repaired.

What flows in: codes of one line. What flows out: categories, ISO 3166-2 codes, dates, vehicles; a tally of zeros.
What it must never see: a plate: the plate is shown as it was sent and only matching treats the two alike.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from lockplate.hotlist import Category
from lockplate.listfiles.checks import speaks_of_immigration
from lockplate.listfiles.outcome import LineRefused, Refusal
from lockplate.read import Vehicle

MAX_TYPES_TOLD = 20

NCIC_TYPES: Mapping[str, Category] = MappingProxyType(
    {
        "A": Category.AMBER,
        "C": Category.SUPERVISED_RELEASE,
        "F": Category.FELONY,
        "H": Category.PROTECTION_ORDER,
        "K": Category.PROTECTIVE_INTEREST,
        "L": Category.VIOLENT_PERSON,
        "M": Category.MISSING,
        "P": Category.STOLEN_PLATE,
        "R": Category.STOLEN_PLATE,
        "T": Category.GANG_OR_TERRORIST,
        "V": Category.STOLEN_VEHICLE,
        "W": Category.WANTED,
        "X": Category.SEX_OFFENDER,
    }
)
"""R is a stolen plate of Canada."""
NCIC_IMMIGRATION = frozenset("N")
"""Persons who were deported, or whom immigration enforcement wants."""

WORD_TYPES: Mapping[str, Category] = MappingProxyType(
    {
        "AMBER ALERT": Category.AMBER,
        "FELONY": Category.FELONY,
        "GANG OR SUSPECTED TERRORIST": Category.GANG_OR_TERRORIST,
        "GANG/TERRORIST ORG": Category.GANG_OR_TERRORIST,
        "MISSING PERSON": Category.MISSING,
        "PROTECTION ORDER": Category.PROTECTION_ORDER,
        "PROTECTIVE ORDER": Category.PROTECTION_ORDER,
        "REGISTERED OFFENDER": Category.SEX_OFFENDER,
        "SEX OFFENDER": Category.SEX_OFFENDER,
        "STOLEN LICENSE PLATE": Category.STOLEN_PLATE,
        "STOLEN PLATE": Category.STOLEN_PLATE,
        "STOLEN VEHICLE": Category.STOLEN_VEHICLE,
        "STOLEN VEHICLE OR VEHICLE PART": Category.STOLEN_VEHICLE,
        "SUPERVISED RELEASE": Category.SUPERVISED_RELEASE,
        "SUSPENDED OR REVOKED REGISTRATION": Category.REGISTRATION,
        "WANTED PERSON": Category.WANTED,
        "WARRANT": Category.WANTED,
    }
)

_STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR"
    " PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
)
_PROVINCES = "AB BC MB NL NS NT NU ON PE QC SK YT"
_OLD_PROVINCES = {"NF": "CA-NL", "PQ": "CA-QC"}
REGIONS: Mapping[str, str] = MappingProxyType(
    {code: f"US-{code}" for code in re.findall("[A-Z]{2}", _STATES)}
    | {code: f"CA-{code}" for code in re.findall("[A-Z]{2}", _PROVINCES)}
    | _OLD_PROVINCES
)
"""Two letters to ISO 3166-2. NB is left out: Nebraska to some, New Brunswick to others, and a wrong state stops the
wrong driver."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/&. -]{0,23}")
_YEAR = re.compile(r"\d{2}(\d{2})?")
_ORI = re.compile(r"[A-Z0-9]{7,9}")
_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{3,19}")
_SHORT = re.compile(r"[A-Z0-9]{1,3}")


class Tally:
    """What a whole file shows: zeros where only a letter can stand, letters O, types that we do not know."""

    __slots__ = ("_vehicles", "letters", "unknown", "zeros")

    def __init__(self) -> None:
        self.zeros = 0
        self.letters = 0
        self.unknown: Counter[str] = Counter()
        # of two hundred thousand vehicles most are described alike
        self._vehicles: dict[tuple[str, ...], Vehicle | None] = {}

    @property
    def zero_for_letter(self) -> bool:
        """Return whether the file writes the letter O as zero: more of its codes do than hold the letter."""
        return self.zeros > self.letters

    def told_types(self) -> dict[str, int]:
        """Return the unknown types, most frequent first, at most twenty."""
        return dict(self.unknown.most_common(MAX_TYPES_TOLD))

    def region(self, code: str) -> str | None:
        """Return the region of a state's or province's code, None for an empty one, or raise LineRefused."""
        code = code.strip()
        if not code:
            return None
        found = REGIONS.get(code)
        if found is None:
            found = REGIONS.get(code.replace("0", "O"))
            if found is None:
                raise LineRefused(Refusal.BAD_REGION)
            self.zeros += 1
        elif "O" in code:
            self.letters += 1
        return found

    def letters_only(self, code: str) -> str:
        """Return a code that holds no digit by its nature (make, colour, plate type), with its zeros as O."""
        if "0" in code:
            repaired = code.replace("0", "O")
            if repaired.replace("/", "").isalpha():
                self.zeros += 1
                return repaired
        elif "O" in code:
            self.letters += 1
        return code

    def vehicle(self, year: str, make: str, model: str, body: str, color: str) -> Vehicle | None:
        """Return what the line says of the vehicle, None when it says nothing; what is no code is dropped."""
        # one word: what follows a colour is no colour
        make, color = self.letters_only(make.strip()), self.letters_only(color.strip().partition(" ")[0])
        key = (year.strip(), make, model.strip(), body.strip(), color)
        if key not in self._vehicles:
            self._vehicles[key] = _vehicle(*key)
        return self._vehicles[key]

    def type_category(self, code: str, table: Mapping[str, Category], refused: frozenset[str]) -> Category:
        """Return the category of a source's type, or raise LineRefused; an unknown one is counted by its code."""
        found = table.get(code)
        if found is not None:
            return found
        if code in refused or speaks_of_immigration(code):
            raise LineRefused(Refusal.IMMIGRATION)
        if not code:
            raise LineRefused(Refusal.TYPE_MISSING)
        # a short code is no person; words in the type's place may be anything
        self.unknown[code if _SHORT.fullmatch(code) else "(words)"] += 1
        raise LineRefused(Refusal.TYPE_UNKNOWN)


def _vehicle(year: str, make: str, model: str, body: str, color: str) -> Vehicle | None:
    found = Vehicle(
        make=_shaped(_CODE, make),
        model=_shaped(_CODE, model),
        color=_shaped(_CODE, color),
        body=_shaped(_CODE, body),
        year=_shaped(_YEAR, year),
    )
    return None if found == Vehicle() else found


def _shaped(shape: re.Pattern[str], text: str) -> str | None:
    return text if shape.fullmatch(text) else None


@lru_cache(maxsize=65536)
def day_of(text: str) -> date | None:
    """Return a day written YYYYMMDD, None for what is none."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 and text.isdecimal() else None
    except ValueError:
        return None


def reference_of(text: str) -> str:
    """Return a source's own number of an entry, empty for what has not the shape of one."""
    text = text.strip()
    return text if _REFERENCE.fullmatch(text) and any(map(str.isdigit, text)) else ""


def reason_of(*, ori: str = "", dated: date | None = None, plate_type: str = "", plate_year: str = "") -> str:
    """Return what the reason of an entry says of its source; parts without the shape of a code are left out."""
    ori, plate_type, plate_year = ori.strip(), plate_type.strip(), plate_year.strip()
    parts = []
    if _ORI.fullmatch(ori) and any(map(str.isdigit, ori)):
        parts.append(f"ORI {ori}")
    if dated is not None:
        parts.append(f"dated {dated.isoformat()}")
    plate = [
        text for text, shape in ((plate_type.replace("0", "O"), _SHORT), (plate_year, _YEAR)) if shape.fullmatch(text)
    ]
    if plate:
        parts.append("plate " + " ".join(plate))
    return ", ".join(parts)
