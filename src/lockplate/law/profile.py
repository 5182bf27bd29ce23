"""LawProfile: what the program asks of one version of one profile, with the strict answer where the law is silent.

What flows in: a version's text. What flows out: durations, purposes and words for the gate, retention and the pages.
What it must never see: I/O, a clock, a read. Whatever is read stricter than it is written has a row that says so.
"""

import hashlib
from datetime import date, timedelta
from typing import Literal, TypeVar

import msgspec

from lockplate.law.row import Row, rows_of
from lockplate.law.text import Cited, Hold, ProfileText, stated
from lockplate.law.words import (
    CollectField,
    Duty,
    GateNeed,
    HoldKind,
    HoldNeed,
    LowLevelList,
    Mark,
    OffenseFloor,
    Place,
    Share,
    Source,
    Span,
    Suspicion,
    Unit,
)
from lockplate.terms import SECONDS_PER_PERIOD, ProfileId, Purpose, RecordMode

V = TypeVar("V")

_HASH_DOMAIN = b"lockplate/law-profile/v1\0"
_DEFAULT_CITE = "Lockplate default; not law"
MATCHED_DEFAULT = Span(n=1, unit=Unit.YEARS)
"""How long a hit is kept where the law sets neither a length for it nor a longest time for records. Ours; not law."""
_NEEDS_A_PERSON = frozenset({GateNeed.SUPERVISOR, GateNeed.WRITTEN_REQUEST})
_NEEDS_A_COURT = frozenset({GateNeed.WARRANT, GateNeed.COURT_ORDER})
DUTIES_NOT_USES = frozenset({Purpose.INTERNAL_AUDIT, Purpose.DEFENSE_REQUEST})
"""What a list of an agency's lawful uses does not close out: an audit watches the uses, and a court's order to answer a
case's defense or prosecution (the floor wants one) is no use of the agency's own (U.S. Const. amend. VI)."""


class RetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """How long an unmatched read may live, and from when that counts."""

    limit: timedelta
    from_capture: bool
    """False: from the moment the read came into our keeping."""


class LawProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one law profile, as the program uses it."""

    jurisdiction: str
    """ISO 3166-2, such as US-CA; `none` for a profile of our own."""
    title: str
    text: ProfileText

    @property
    def id(self) -> ProfileId:
        return ProfileId(self.text.profile.id)

    @property
    def cite(self) -> str:
        return self.text.profile.cite

    @property
    def state(self) -> str:
        """Return the two letters of a US state, or the empty string."""
        country, _, state = self.jurisdiction.partition("-")
        return state if country == "US" else ""

    @property
    def effective_from(self) -> date:
        """Return the first day in force."""
        return self.text.profile.effective_from

    @property
    def effective_to(self) -> date | None:
        """Return the last day in force, None while it is."""
        return self.text.profile.effective_to

    @property
    def verified_on(self) -> date | None:
        """Return the day a person checked it against the official text; None means that every page must say so."""
        return self.text.profile.verified_on

    def hash(self) -> str:
        """Return SHA-256, hex, of the version's content: comments and layout of the file do not count."""
        content = {"jurisdiction": self.jurisdiction, "title": self.title, "version": msgspec.to_builtins(self.text)}
        return hashlib.sha256(_HASH_DOMAIN + msgspec.json.encode(content, order="sorted")).hexdigest()

    # what is kept

    @property
    def keeps_reads(self) -> bool:
        """Return whether any unmatched read may be kept; if not, the operator runs match-only."""
        return self.retention_unmatched is not None

    @property
    def retention_unmatched(self) -> timedelta | None:
        """Return how long an unmatched read may live at most, in the strict reading; None when none is kept.

        A limit below one hour (New Hampshire's 3 minutes) is None: keys live for whole hours, so nothing may be kept.
        """
        length = self.text.retention.unmatched.value
        if length is None and self.text.default_policy.retention is not None:
            length = self.text.default_policy.retention.unmatched.value
        if not isinstance(length, Span) or length.shortest() < timedelta(seconds=SECONDS_PER_PERIOD):
            return None
        return length.shortest()

    @property
    def retention_source(self) -> Source:
        """Return whose limit `retention_unmatched` is."""
        cited = self.text.retention.unmatched
        return Source.LOCKPLATE_DEFAULT if cited.value is None else cited.source

    @property
    def retention_rule(self) -> "RetentionRule | None":
        """Return the limit and from when it counts; None when nothing is kept.

        A limit in law counts from capture. Where the law leaves the length to the operator's policy, our default
        counts from storage: it says how long *we* keep what came to us, whatever its age (docs/decisions/0007).
        """
        limit = self.retention_unmatched
        if limit is None:
            return None
        return RetentionRule(limit=limit, from_capture=self.text.retention.unmatched.value is not None)

    @property
    def retention_matched(self) -> RetentionRule:
        """Return how long a hit may live, and from when that counts.

        Where the law states no length, it lives as long as access records may at most, since a hit says who was shown
        what; where the law has no such time either, one year. Both of these are ours, and count from storage.
        """
        cited = self.text.retention.matched
        if cited is not None and cited.value is not None:
            return RetentionRule(limit=cited.value.shortest(), from_capture=True)
        longest = self.audit_log_retention[1]
        return RetentionRule(limit=longest or MATCHED_DEFAULT.shortest(), from_capture=False)

    @property
    def record_modes(self) -> frozenset[RecordMode]:
        """Return what an operator under this profile may choose to keep.

        A sealed record describes the vehicle, so a law that lists what may be collected without a description of the
        vehicle leaves the index only.
        """
        if not self.keeps_reads:
            return frozenset({RecordMode.NONE})
        allowed = self.collect_allowed
        if allowed is not None and CollectField.VEHICLE_DESCRIPTION not in allowed:
            return frozenset({RecordMode.NONE, RecordMode.INDEX_ONLY})
        return frozenset(RecordMode)

    @property
    def audit_log_retention(self) -> tuple[timedelta | None, timedelta | None]:
        """Return how long access records are kept at least and at most; None where the law sets no bound."""
        term = self.text.retention.audit_log
        if term is None or term.value is None:
            return None, None
        least, most = term.value.min, term.value.max
        return (least.longest() if least else None), (most.shortest() if most else None)

    @property
    def hold_kinds(self) -> frozenset[HoldKind]:
        """Return on what grounds a read may outlive its limit."""
        return frozenset(stated(self.hold_text.kinds))

    @property
    def hold_needs(self) -> frozenset[HoldNeed]:
        """Return what the paper behind a hold must contain."""
        return frozenset(stated(self.hold_text.needs))

    @property
    def hold_max(self) -> timedelta | None:
        """Return how long one hold may last before it is renewed; None where no end is set."""
        return _shortest(self.hold_text.max)

    # what is collected

    @property
    def collect_allowed(self) -> frozenset[CollectField] | None:
        """Return the only things that may be kept of a vehicle; None where the law lists none."""
        return frozenset(stated(self.text.collect.fields_allowed)) or None

    @property
    def places_denied(self) -> frozenset[Place]:
        """Return where no reader may collect."""
        return frozenset(stated(self.text.collect.places_denied))

    # what may be asked

    @property
    def case_required(self) -> bool:
        """Return whether a question needs a case number; True unless the profile says that it does not."""
        return _value(self.text.access.case_no) is not Duty.NOT_REQUIRED

    @property
    def suspicion(self) -> Suspicion:
        """Return what must stand behind a question; `none` where the law asks for nothing."""
        return _value(self.text.access.suspicion) or Suspicion.NONE

    @property
    def offense_floor(self) -> OffenseFloor:
        """Return the least serious offense that may be asked about; `any` where the law sets none."""
        return _value(self.text.purpose.offense_floor) or OffenseFloor.ANY

    @property
    def purposes_denied(self) -> frozenset[Purpose]:
        """Return the purposes refused under this profile: those it denies, and those its closed list leaves out."""
        return frozenset(stated(self.text.purpose.deny)) | self._purposes_left_out()

    @property
    def supervisor_after(self) -> timedelta | None:
        """Return the age above which a read needs a second person; None where the law sets no such age."""
        return self._gate_age(_NEEDS_A_PERSON)

    @property
    def warrant_after(self) -> timedelta | None:
        """Return the age above which a read needs a warrant or court order; None where the law sets no such age."""
        return self._gate_age(_NEEDS_A_COURT)

    # who else may be shown reads

    @property
    def share_in_state(self) -> Share:
        return _share(self.text.share.in_state)

    @property
    def share_out_of_state(self) -> Share:
        return _share(self.text.share.out_of_state)

    @property
    def share_federal(self) -> Share:
        return _share(self.text.share.federal)

    @property
    def share_private(self) -> Share:
        return _share(self.text.share.private)

    @property
    def share_listed_states(self) -> frozenset[str]:
        """Return the two letters of each state that `listed_states` means."""
        return frozenset(stated(self.text.share.listed_states))

    # hot lists

    @property
    def hotlist_max_age(self) -> timedelta | None:
        """Return the age above which a hot list is stale; None where the law sets none."""
        hours = _value(self.text.hotlist.max_age_hours)
        return None if hours is None else timedelta(hours=hours)

    @property
    def hotlist_low_level(self) -> frozenset[LowLevelList]:
        """Return which debts and paperwork may be on a hot list; none unless the law names them."""
        return frozenset(stated(self.text.hotlist.low_level))

    @property
    def manual_reason_required(self) -> bool:
        """Return whether an entry made by hand needs a reason; True unless the profile says that it does not."""
        return _value(self.text.hotlist.manual_reason) is not Duty.NOT_REQUIRED

    @property
    def manual_entry_life(self) -> "timedelta | Literal['end_of_shift'] | None":
        """Return how long an entry made by hand may stand; None where the law sets no end."""
        value = _value(self.text.retention.manual_hotlist_entry)
        return value.shortest() if isinstance(value, Span) else value

    @property
    def visual_confirm(self) -> bool:
        """Return whether a person must compare picture and plate before a stop; True unless the profile says no."""
        return _value(self.text.hotlist.visual_confirm_before_stop) is not False

    # the whole, for people

    def rows(self) -> tuple[Row, ...]:
        """Return every value with its cite, then every place where the program is stricter than the text."""
        return rows_of(self.text) + tuple(self._stricter_than_text())

    def _stricter_than_text(self) -> list[Row]:
        rows = [
            _ours(f"share.{name}", Share.DENY.value, "The law's word was not found or is none of ours: denied.")
            for name in ("in_state", "out_of_state", "federal", "private")
            if _value(getattr(self.text.share, name)) is None
        ]
        if _value(self.text.access.case_no) is None:
            rows.append(_ours("access.case_no", Duty.REQUIRED.value, "Every question here names a case."))
        if _value(self.text.hotlist.visual_confirm_before_stop) is None:
            rows.append(
                _ours("hotlist.visual_confirm_before_stop", "yes", "A hit is not a stop until a person looked.")
            )
        if self.text.retention.matched is None or self.text.retention.matched.value is None:
            note = "The law states no length for hits: as long as access records may be kept, else one year."
            rows.append(_ours("retention.matched", f"{self.retention_matched.limit.days} days", note))
        left_out = sorted(purpose.value for purpose in self._purposes_left_out())
        if left_out:
            rows.append(_ours("purpose.deny", ", ".join(left_out), "Not in purpose.allow, which is read as closed."))
        if not self.keeps_reads and self.text.retention.unmatched.value != "nothing":
            rows.append(_ours("retention.unmatched", "nothing", "No read can be kept under this text: match-only."))
        if self.keeps_reads and RecordMode.RECORD not in self.record_modes:
            rows.append(_ours("collect.fields_allowed", "index only", "A sealed record would describe the vehicle."))
        return rows

    def _purposes_left_out(self) -> frozenset[Purpose]:
        allowed = {word.value for word in stated(self.text.purpose.allow)}
        if not allowed:
            return frozenset()
        denied = set(stated(self.text.purpose.deny))
        return frozenset(p for p in Purpose if p.value not in allowed and p not in denied | DUTIES_NOT_USES)

    def _gate_age(self, needs: frozenset[GateNeed]) -> timedelta | None:
        gates = stated(self.text.access.age_gates)
        return min((gate.older_than.shortest() for gate in gates if needs & set(gate.needs)), default=None)

    @property
    def hold_text(self) -> Hold:
        """Return the law's holds, or ours where the law names no ground for one."""
        ours = self.text.default_policy.hold
        return ours if ours is not None and not stated(self.text.hold.kinds) else self.text.hold


def _value(cited: Cited[V] | None) -> V | None:
    return None if cited is None else cited.value


def _share(cited: Cited[Share] | None) -> Share:
    return _value(cited) or Share.DENY


def _shortest(cited: Cited[Span] | None) -> timedelta | None:
    span = _value(cited)
    return None if span is None else span.shortest()


def _ours(field: str, value: str, note: str) -> Row:
    return Row(field=field, value=value, cite=_DEFAULT_CITE, mark=Mark.OURS, note=note, source=Source.LOCKPLATE_DEFAULT)
