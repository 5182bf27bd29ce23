"""The shape of a law profile's file: every section and field it may have, and nothing else.

What flows in: plain values from YAML. What flows out: frozen sections whose every value carries its cite and mark.
What it must never see: I/O, a clock, a default that looks like law. Fields follow one list for all jurisdictions;
what a source does not state is left out, or is an empty value with a note that says why.
"""

from datetime import date
from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

import msgspec

from lockplate.law.words import (
    CollectField,
    Duty,
    GateNeed,
    HoldKind,
    HoldNeed,
    LawfulUse,
    Leave,
    LogField,
    LogPublicity,
    LowLevelList,
    Mark,
    OffenseFloor,
    Place,
    Renewal,
    Share,
    Source,
    Span,
    Suspicion,
)
from lockplate.terms import Purpose

T = TypeVar("T")

Sentence: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=2000)]
Word: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]*\Z", max_length=80)]
StateCode: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{2}\Z")]
Jurisdiction: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A(none|[A-Z]{2}(-[A-Z0-9]{1,3})?)\Z")]
"""ISO 3166-2, such as US-CA; `none` for a profile of our own."""
ProfileName: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=40)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Percent: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=100)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a file: unknown fields are refused, and unstated ones are absent from the canonical content."""


class Cited(Section, Generic[T], frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One value with where it is written and how well we know it."""

    value: T | None
    """None: the source states none, or nobody found it; the note says which."""
    cite: Sentence
    mark: Mark
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty value without a note, and a value that nobody knows."""
        if self.value is None and not self.note.strip():
            raise ValueError("an empty value needs a note that says why it is empty")
        if self.value is not None and self.mark is Mark.UNKNOWN:
            raise ValueError("a value marked unknown must be empty: no value is ever invented")

    @property
    def source(self) -> Source:
        """Return who wants it."""
        return Source.LOCKPLATE_DEFAULT if self.mark is Mark.OURS else Source.LAW


CitedList: TypeAlias = tuple[Cited[tuple[T, ...]], ...]
"""A list in groups, one for each cite: words of one list are often known from different places."""


def stated(groups: tuple[Cited[tuple[T, ...]], ...]) -> tuple[T, ...]:
    """Return every word of every group, in the file's order."""
    return tuple(word for group in groups for word in group.value or ())


class Header(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which text this is, when it is in force, and who has checked it."""

    id: ProfileName
    cite: Sentence
    effective_from: date
    effective_to: date | None
    """The last day in force; None while it is."""
    dates_mark: Mark
    dates_note: str = ""
    verified_on: date | None
    """The day a person read the official text and found every value in it; None until then."""
    verified_by: str | None
    source_url: str | None

    def __post_init__(self) -> None:
        """Refuse days in the wrong order, a day nobody knows without a note, and a nameless check."""
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        if self.dates_mark is Mark.UNKNOWN and not self.dates_note.strip():
            raise ValueError("unknown dates need a dates_note that says what effective_from stands for")
        if (self.verified_on is None) != (not (self.verified_by or "").strip()):
            raise ValueError("verified_on and verified_by stand together or not at all")
        if self.verified_on is not None and not (self.source_url or "").startswith("https://"):
            raise ValueError("a verified profile names the official text in source_url (https)")


Length: TypeAlias = Span | Literal["nothing"]
"""How long unmatched reads may live; `nothing` means that none is ever kept."""


class LogTerm(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long access records are kept: at least, and at most."""

    min: Span | None = None
    max: Span | None = None

    def __post_init__(self) -> None:
        """Refuse a term without a bound, and bounds in the wrong order."""
        if self.min is None and self.max is None:
            raise ValueError("a log term needs min, max or both")
        if self.min is not None and self.max is not None and self.max.shortest() < self.min.shortest():
            raise ValueError("max is shorter than min")


class Retention(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long things are kept."""

    unmatched: Cited[Length]
    """A read with no hot-list match and no case. Every profile must say something here."""
    matched: Cited[Span] | None = None
    audit_log: Cited[LogTerm] | None = None
    manual_hotlist_entry: Cited[Span | Literal["end_of_shift"]] | None = None


class Hold(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What lets a read outlive its limit."""

    kinds: CitedList[HoldKind] = ()
    needs: CitedList[HoldNeed] = ()
    max: Cited[Span] | None = None
    renewals: Cited[Renewal] | None = None


class Collect(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may be collected, and where not."""

    fields_allowed: CitedList[CollectField] = ()
    occupants: Cited[Leave] | None = None
    places_denied: CitedList[Place] = ()


class Purposes(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the data may be used for. A stated `allow` list is closed."""

    allow: CitedList[LawfulUse] = ()
    deny: CitedList[Purpose] = ()
    offense_floor: Cited[OffenseFloor] | None = None

    def __post_init__(self) -> None:
        """Refuse a purpose that is both allowed and denied."""
        both = {word.value for word in stated(self.allow)} & {word.value for word in stated(self.deny)}
        if both:
            raise ValueError(f"both allowed and denied: {', '.join(sorted(both))}")


class AgeGate(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question about a read older than this needs one of these."""

    older_than: Span
    needs: Annotated[tuple[GateNeed, ...], msgspec.Meta(min_length=1)]


class Access(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who may ask, and on what footing."""

    roles: CitedList[Word] = ()
    written_authorization: Cited[Duty] | None = None
    suspicion: Cited[Suspicion] | None = None
    case_no: Cited[Duty] | None = None
    age_gates: CitedList[AgeGate] = ()


class Sharing(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who else may be shown reads."""

    in_state: Cited[Share] | None = None
    out_of_state: Cited[Share] | None = None
    federal: Cited[Share] | None = None
    private: Cited[Share] | None = None
    sale: Cited[Share] | None = None
    listed_states: CitedList[StateCode] = ()

    def __post_init__(self) -> None:
        """Refuse `listed_states` without a list, and a list that nothing uses."""
        words = (self.in_state, self.out_of_state, self.federal, self.private, self.sale)
        used = any(word is not None and word.value is Share.LISTED_STATES for word in words)
        if used != bool(stated(self.listed_states)):
            raise ValueError("the word listed_states and the list share.listed_states stand together or not at all")


class HotLists(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What reads may be matched against, and what a match is worth."""

    sources: CitedList[Word] = ()
    low_level: CitedList[LowLevelList] = ()
    """Debts and paperwork that may be listed; none where the law names none."""
    max_age_hours: Cited[Count] | None = None
    manual_reason: Cited[Duty] | None = None
    visual_confirm_before_stop: Cited[bool] | None = None
    match_is_not_suspicion: Cited[bool] | None = None


class Log(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the record of accesses must hold, and who may see it."""

    fields: CitedList[LogField] = ()
    immutable: Cited[bool] | None = None
    public: Cited[LogPublicity] | None = None


class VendorAudit(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Audits that the maker of the system owes the public."""

    monthly: bool
    quarterly: bool
    post_within_days: Count


class Publish(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the public must be told."""

    policy: Cited[Duty] | None = None
    policy_elements: CitedList[Word] = ()
    locations: Cited[Duty] | None = None
    public_log_fields: CitedList[Word] = ()
    vendor_audit: Cited[VendorAudit] | None = None


class Report(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must be reported, to whom and when."""

    to: Cited[Sentence] | None = None
    due: Cited[Sentence] | None = None
    fields: CitedList[Word] = ()


class Audit(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who checks, how often, and how much."""

    cadence_months: Cited[Count] | None = None
    independent: Cited[bool] | None = None
    sample_pct: Cited[Percent] | None = None
    reviewer: Cited[Sentence] | None = None


class DefaultRetention(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Our length where the law leaves it to the agency's policy."""

    unmatched: Cited[Span]


class DefaultPolicy(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What this program supplies where the law is silent. It is not law, and every page says so."""

    retention: DefaultRetention | None = None
    hold: Hold | None = None


class ProfileText(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One dated version of one profile."""

    profile: Header
    retention: Retention
    hold: Hold = Hold()
    collect: Collect = Collect()
    purpose: Purposes = Purposes()
    access: Access = Access()
    share: Sharing = Sharing()
    hotlist: HotLists = HotLists()
    log: Log = Log()
    publish: Publish = Publish()
    report: Report = Report()
    audit: Audit = Audit()
    default_policy: DefaultPolicy = DefaultPolicy()


class ProfileFile(Section, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One file: a jurisdiction and its versions, oldest first."""

    jurisdiction: Jurisdiction
    title: Sentence
    versions: Annotated[tuple[ProfileText, ...], msgspec.Meta(min_length=1)]
