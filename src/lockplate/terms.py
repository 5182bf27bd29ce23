"""The field's words as types: identifiers with a meaning, and closed lists of values.

What flows in: nothing. What flows out: NewTypes and enums that every other module speaks in.
What it must never see: I/O, time, a key. Each word is defined in one sentence in docs/terms.md.
"""

from enum import StrEnum
from typing import NewType

OperatorId = NewType("OperatorId", str)
AgencyId = NewType("AgencyId", str)
ReaderId = NewType("ReaderId", str)
PersonId = NewType("PersonId", str)
GrantId = NewType("GrantId", str)
ListGrantId = NewType("ListGrantId", str)
HoldId = NewType("HoldId", str)
RequestId = NewType("RequestId", str)
PolicyId = NewType("PolicyId", str)
ProfileId = NewType("ProfileId", str)
CaseNumber = NewType("CaseNumber", str)

PlateText = NewType("PlateText", str)
"""A plate as a reader or a person wrote it."""
PlateKey = NewType("PlateKey", str)
"""A plate folded for matching; see plate.fold."""
Token = NewType("Token", bytes)
"""Eight bytes that stand for a plate key within one operator and period."""
Period = NewType("Period", int)
"""One UTC hour, counted from 1970-01-01T00:00Z."""
LeafIndex = NewType("LeafIndex", int)
"""A record's place in its operator's log, from zero."""

SECONDS_PER_PERIOD = 3600
TOKEN_BYTES = 8


class AgencyKind(StrEnum):
    """What an agency is in law; the gate's floor turns on it."""

    MUNICIPAL = "municipal"
    COUNTY = "county"
    STATE = "state"
    TRIBAL = "tribal"
    CAMPUS = "campus"
    FEDERAL = "federal"
    IMMIGRATION_ENFORCEMENT = "immigration_enforcement"
    PROSECUTOR = "prosecutor"
    DEFENSE = "defense"
    OVERSIGHT = "oversight"
    PRIVATE = "private"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a person may be asked to do in this program."""

    ADMINISTRATOR = "administrator"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


class Purpose(StrEnum):
    """Why somebody asks. Those below the line are named so that the floor can refuse them by name."""

    FELONY_INVESTIGATION = "felony_investigation"
    MISDEMEANOR_INVESTIGATION = "misdemeanor_investigation"
    STOLEN_VEHICLE = "stolen_vehicle"
    MISSING_PERSON = "missing_person"
    AMBER_ALERT = "amber_alert"
    WARRANT_SERVICE = "warrant_service"
    TRAFFICKING = "trafficking"
    CRASH_INVESTIGATION = "crash_investigation"
    DEFENSE_REQUEST = "defense_request"
    INTERNAL_AUDIT = "internal_audit"
    TRAFFIC_INFRACTION = "traffic_infraction"
    # refused by the floor, whoever asks
    IMMIGRATION = "immigration"
    REPRODUCTIVE_CARE = "reproductive_care"
    GENDER_AFFIRMING_CARE = "gender_affirming_care"
    PROTECTED_SPEECH = "protected_speech"
    PROTECTED_CLASS = "protected_class"


class Offense(StrEnum):
    """How serious the matter is, as the statutes class it."""

    FELONY = "felony"
    GROSS_MISDEMEANOR = "gross_misdemeanor"
    MISDEMEANOR = "misdemeanor"
    INFRACTION = "infraction"
    NONE = "none"
    """No offense: a missing person, an audit."""


class Basis(StrEnum):
    """The legal footing a question stands on."""

    WARRANT = "warrant"
    COURT_ORDER = "court_order"
    PROBABLE_CAUSE = "probable_cause"
    REASONABLE_SUSPICION = "reasonable_suspicion"
    ARTICULABLE_FACTS = "articulable_facts"
    CONSENT = "consent"
    EXIGENCY = "exigency"
    DEFENSE_ORDER = "defense_order"
    AUDIT_DUTY = "audit_duty"
    NONE = "none"


class Action(StrEnum):
    """What a record in the log is about: `subject` or `subject:step`."""

    QUESTION_INTENT = "question:intent"
    QUESTION_OUTCOME = "question:outcome"
    QUESTION_DENIED = "question:denied"
    QUESTION_PENDING = "question:pending"
    QUESTION_APPROVAL = "question:approval"
    QUESTION_ELSEWHERE_INTENT = "question:elsewhere_intent"
    """Somebody here is about to ask at another node; see `lookup.elsewhere`."""
    QUESTION_ELSEWHERE_OUTCOME = "question:elsewhere_outcome"
    QUESTION_ELSEWHERE_DENIED = "question:elsewhere_denied"
    ALERT_SHOWN = "alert:shown"
    HIT_CONFIRMATION = "hit:confirmation"
    HIT_OUTCOME = "hit:outcome"
    """What became of a hit later: a stop, a recovery, an arrest, nothing."""
    HOLD = "hold"
    GRANT_PROPOSED = "grant:proposed"
    GRANT_APPROVED = "grant:approved"
    GRANT_REVOKED = "grant:revoked"
    GRANT_PAPER_WITHDRAWN = "grant:paper_withdrawn"
    LIST_GRANT_PROPOSED = "list_grant:proposed"
    LIST_GRANT_ACCEPTED = "list_grant:accepted"
    LIST_GRANT_ENDED = "list_grant:ended"
    ENTRIES_SHOWN = "entries:shown"
    """Somebody looked at what is on a hot list: its plates are seen, so it is an access."""
    RETENTION_RECEIPT = "retention:receipt"
    DAY_COUNTED = "count:day"
    EXPORT = "export"
    DETAILS_READ = "details_read"
    SIGN_IN = "sign_in"
    PEOPLE_CHANGED = "change:people"
    READERS_CHANGED = "change:readers"
    PROFILE_CHANGED = "change:profile"
    POLICY_CHANGED = "change:policy"
    HOTLIST_CHANGED = "change:hotlist"
    SETTING_CHANGED = "change:setting"
    SUPPORT_ACCESS = "support_access"


class Verdict(StrEnum):
    """How a request ended at the gate, as the record says it."""

    PERMITTED = "permitted"
    DENIED = "denied"
    PENDING = "pending"
    NOT_ASKED = "not_asked"
    """The record is of an act that needs no decision, such as a sign-in."""


class RecordMode(StrEnum):
    """What an operator keeps of an unmatched read."""

    INDEX_ONLY = "index_only"
    RECORD = "record"
    NONE = "none"
    """Match-only: hot lists are matched and no other read is stored."""


class Sureness(StrEnum):
    """How far what is shown speaks for itself: the rows of a finding, the words of a name."""

    CERTAIN = "certain"
    """It is what is said; only its meaning is open."""
    LIKELY = "likely"
    HINT = "hint"
    """Often innocent; worth a look when nothing else is."""
