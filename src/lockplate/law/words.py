"""The words a law profile may hold: each a closed list, so that a misspelt rule is refused and never ignored.

What flows in: nothing. What flows out: enums, and spans of time with their two lengths.
What it must never see: I/O, a day, a jurisdiction. docs/law-profiles.md says what each word means to a lawyer.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from lockplate.terms import Purpose


class Mark(StrEnum):
    """How well a value is known. It says nothing about the law, only about us."""

    FOUND = "found"
    """A public source that we read says so."""
    PART = "part"
    """The source showed part of the rule, a bill before it was law, or words that we had to map."""
    MEMORY = "memory"
    """Remembered by whoever wrote the facts down; no source was read."""
    UNKNOWN = "unknown"
    """Nobody found it; allowed only beside an empty value."""
    OURS = "ours"
    """Lockplate's own rule; there is nothing to find."""


class Source(StrEnum):
    """Who wants the value: the law, or this program where the law is silent."""

    LAW = "law"
    LOCKPLATE_DEFAULT = "lockplate_default"


class Unit(StrEnum):
    """Units of time that statutes use."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


_SHORTEST_MONTHS = (0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334)
"""Days in the shortest run of that many consecutive months, in any year."""
_LONGEST_MONTHS = (0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337)
"""Days in the longest such run."""
_DAYS_IN_FOUR_YEARS = 1461


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A length of time as the statute writes it, such as 18 months."""

    n: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    unit: Unit

    def shortest(self) -> timedelta:
        """Return the shortest time this can mean in any calendar: the strict reading of a limit."""
        if self.unit is Unit.MONTHS:
            return timedelta(days=self.n // 12 * 365 + _SHORTEST_MONTHS[self.n % 12])
        if self.unit is Unit.YEARS:
            return timedelta(days=self.n * 365)
        return self._exact()

    def longest(self) -> timedelta:
        """Return the longest time this can mean in any calendar: the strict reading of a duty to keep."""
        if self.unit is Unit.MONTHS:
            return timedelta(days=_longest_years(self.n // 12) + _LONGEST_MONTHS[self.n % 12])
        if self.unit is Unit.YEARS:
            return timedelta(days=_longest_years(self.n))
        return self._exact()

    def words(self) -> str:
        """Return it as people write it: `1 day`, `21 days`."""
        return f"{self.n} {self.unit.value.removesuffix('s') if self.n == 1 else self.unit.value}"

    def _exact(self) -> timedelta:
        minutes = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 1440}[self.unit]
        return timedelta(minutes=self.n * minutes)


def _longest_years(years: int) -> int:
    """Return the most days that `years` consecutive years can have: a leap day at the start of every four."""
    return years // 4 * _DAYS_IN_FOUR_YEARS + years % 4 * 365 + (1 if years % 4 else 0)


class Duty(StrEnum):
    """Whether the law asks for a thing."""

    REQUIRED = "required"
    NOT_REQUIRED = "not_required"


class Leave(StrEnum):
    """Whether the law lets a thing be kept."""

    DENY = "deny"
    ALLOW = "allow"


class LowLevelList(StrEnum):
    """Debts and paperwork that a hot list may hold only where a law names them; the words are hotlist.LOW_LEVEL's."""

    SUSPENDED_LICENSE = "suspended_license"
    REGISTRATION = "registration"
    UNPAID_FINES = "unpaid_fines"
    UNPAID_FEES = "unpaid_fees"


class Share(StrEnum):
    """On what footing reads may be shown to an agency of one kind. Every word but `deny` still needs a grant."""

    DENY = "deny"
    ALLOW = "allow"
    DECLARATION = "declaration"
    """A written declaration on file (Illinois)."""
    CERTIFICATION = "certification"
    """A written certification on file (New Jersey)."""
    CASE_SPECIFIC = "case_specific"
    """One written request about one case; no standing access."""
    WARRANT = "warrant"
    """A warrant, court order or other judicial process."""
    LISTED_STATES = "listed_states"
    """Agencies of the states in `share.listed_states` with a written attestation; others need a warrant."""


class Suspicion(StrEnum):
    """What must stand behind a question."""

    NONE = "none"
    ARTICULABLE = "articulable"
    REASONABLE = "reasonable"


class OffenseFloor(StrEnum):
    """The least serious offense that may be asked about."""

    ANY = "any"
    MISDEMEANOR = "misdemeanor"
    GROSS_MISDEMEANOR = "gross_misdemeanor"
    FELONY = "felony"


class GateNeed(StrEnum):
    """What a question about an older read needs."""

    SUPERVISOR = "supervisor"
    WRITTEN_REQUEST = "written_request"
    """A request on paper to another office; here, a second person."""
    WARRANT = "warrant"
    COURT_ORDER = "court_order"


class HoldKind(StrEnum):
    """On what ground a read may outlive its limit."""

    CASE = "case"
    PRESERVATION_REQUEST = "preservation_request"
    WARRANT = "warrant"
    COURT_ORDER = "court_order"
    DEFENSE_REQUEST = "defense_request"


class HoldNeed(StrEnum):
    """What the paper behind a hold must contain."""

    SWORN = "sworn"
    CAMERA = "camera"
    PLATE = "plate"
    DATES = "dates"
    FACTS = "facts"
    CASE_NO = "case_no"


class Renewal(StrEnum):
    """Whether a hold may be drawn out, and by whom."""

    NONE = "none"
    ON_REQUEST = "on_request"
    BY_COURT = "by_court"


class CollectField(StrEnum):
    """What a reader may keep of a vehicle."""

    PLATE = "plate"
    DATE_TIME = "date_time"
    LOCATION = "location"
    PLATE_PICTURE = "plate_picture"
    VEHICLE_PICTURE = "vehicle_picture"
    SURROUNDINGS_PICTURE = "surroundings_picture"
    VEHICLE_DESCRIPTION = "vehicle_description"


class Place(StrEnum):
    """Where no reader may collect."""

    HEALTH = "health"
    IMMIGRATION_SERVICE = "immigration_service"
    K12 = "k12"
    WORSHIP = "worship"
    COURT = "court"
    FOOD_BANK = "food_bank"


class LawfulUse(StrEnum):
    """A use that a statute lists as lawful: our purposes of a question, then uses nobody asks a question for."""

    FELONY_INVESTIGATION = Purpose.FELONY_INVESTIGATION.value
    MISDEMEANOR_INVESTIGATION = Purpose.MISDEMEANOR_INVESTIGATION.value
    STOLEN_VEHICLE = Purpose.STOLEN_VEHICLE.value
    MISSING_PERSON = Purpose.MISSING_PERSON.value
    AMBER_ALERT = Purpose.AMBER_ALERT.value
    WARRANT_SERVICE = Purpose.WARRANT_SERVICE.value
    TRAFFICKING = Purpose.TRAFFICKING.value
    CRASH_INVESTIGATION = Purpose.CRASH_INVESTIGATION.value
    DEFENSE_REQUEST = Purpose.DEFENSE_REQUEST.value
    INTERNAL_AUDIT = Purpose.INTERNAL_AUDIT.value
    TRAFFIC_INFRACTION = Purpose.TRAFFIC_INFRACTION.value
    # uses that are no purpose of a question here
    CASE_SURVEILLANCE = "case_surveillance"
    COMMERCIAL_VEHICLE = "commercial_vehicle"
    COMPLIANCE = "compliance"
    HOTLIST_COMPARISON = "hotlist_comparison"
    MAJOR_CRIME = "major_crime"
    PARKING = "parking"
    PUBLIC_SAFETY = "public_safety"
    RECENT_CRIME_VICINITY = "recent_crime_vicinity"
    RESEARCH = "research"
    SECURED_AREA = "secured_area"
    SPEED_CONTROL = "speed_control"
    SUSPENDED_REGISTRATION = "suspended_registration"
    TOLL = "toll"
    TRAFFIC_ANALYTICS = "traffic_analytics"
    TRANSIT = "transit"
    TRANSPORT_DEPARTMENT = "transport_department"
    TREND_ANALYSIS = "trend_analysis"
    WEIGH_STATION = "weigh_station"


class LogField(StrEnum):
    """What the record of an access must hold."""

    CAMERA_LOCATION = "camera_location"
    CASE_NUMBER = "case_number"
    CHANGE = "change"
    """Entry and update of data."""
    DATE_TIME = "date_time"
    FACTUAL_BASIS = "factual_basis"
    OFFENSE_TYPE = "offense_type"
    ORGANIZATION = "organization"
    PLATE_OR_ELEMENTS = "plate_or_elements"
    PURPOSE = "purpose"
    QUERY = "query"
    RESPONSE = "response"
    SHARING = "sharing"
    USERNAME = "username"


class LogPublicity(StrEnum):
    """Whether the public may see the record of accesses."""

    PUBLIC = "public"
    REDACTED = "redacted"
    EXEMPT = "exempt"
