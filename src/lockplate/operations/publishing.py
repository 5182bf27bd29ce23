"""Publish: the numbers of the page that anyone may read.

What flows in: registries, law profiles, each log as far as its signed checkpoint covers it, counts of the store.
What flows out: frozen values without a person, a plate or a live count.
What it must never see: private details. Reads are counted for whole days that are over, and small counts are not told:
at a quiet reader, a number that moves would say that somebody just passed.
"""

import threading
from collections import Counter, deque
from datetime import date, datetime, timedelta

import msgspec

from lockplate.access import AccessRecord, parse_leaf
from lockplate.checkpoint import verify_checkpoint
from lockplate.clock import monotonic_seconds
from lockplate.errors import Reason
from lockplate.evidence.log import TileLog
from lockplate.law.profile import LawProfile
from lockplate.law.words import Source
from lockplate.note import encode_base64
from lockplate.operations.explaining import reasons_of
from lockplate.operations.retaining import retention_state_of
from lockplate.operations.witnesses import WitnessesTold, witnesses_of
from lockplate.operations.words import WordList, words_in_force
from lockplate.registry.grants import PublicGrant
from lockplate.registry.hits import HitState
from lockplate.registry.list_grants import PublicListGrant
from lockplate.reporting.numbers import FALSE
from lockplate.reporting.query import DAY, PART
from lockplate.retention.receipt import is_complete
from lockplate.retention.sureness import RetentionState
from lockplate.terms import Action, AgencyKind, LeafIndex, OperatorId, PolicyId, Purpose, RecordMode, Verdict
from lockplate.wiring.current_law import allowed_mode
from lockplate.wiring.desk import Desk
from lockplate.wiring.node import Node

COUNTED_DAYS = 7
SMALL = 10
"""A day with fewer reads than this is told as "fewer than"."""
COUNTS_KEPT_SECONDS = 60.0
CHUNK = 4_000
FORGOTTEN_SHOWN = 3
"""Records of forgetting on the page, each with its receipt."""
NEVER_ANSWERED = tuple(
    PolicyId(name)
    for name in (
        "floor-purpose-immigration",
        "floor-asking-immigration-enforcement",
        "floor-behalf-immigration-enforcement",
        "floor-purpose-reproductive-care",
        "floor-purpose-gender-affirming-care",
        "floor-purpose-protected-speech",
        "floor-purpose-protected-class",
        "floor-asking-private",
        "floor-behalf-private",
    )
)
"""The policies of the floor that the public page shows in full."""


class DayReads(msgspec.Struct, frozen=True, kw_only=True):
    """Reads of one whole UTC day."""

    day: date
    reads: int | None
    """None: fewer than ten."""


class PurposeLine(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the questions with one purpose."""

    purpose: Purpose
    answered: int
    denied: int
    waited: int
    """Sent to a second person; if approved and asked again it is counted as answered too."""


class HitsTold(msgspec.Struct, frozen=True, kw_only=True):
    """Hits, and what people found when they compared, as far as a signed checkpoint covers it."""

    hits: int
    """Of whole UTC days that are over."""
    confirmed: int
    false: dict[str, int]
    """By cause."""
    duplicates: int


class DenialLine(msgspec.Struct, frozen=True, kw_only=True):
    """How often one policy denied a question."""

    reason: Reason
    denied: int


class PublicProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The law profile of an operator, for the public."""

    id: str
    title: str
    cite: str
    effective_from: date
    verified_on: date | None
    retention: timedelta | None
    """How long an unmatched read may live; None when none is kept."""
    from_capture: bool
    set_by_law: bool
    """False: the law states no number and the limit is this program's default."""


class PublicLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log's newest signed checkpoint and the key that checks it."""

    origin: str
    size: int
    root: str
    vkey: str


class ForgottenLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was forgotten, and where the record of it stands."""

    index: LeafIndex
    at: datetime
    step: str
    """As the record says it: `destroyed`, `hits_forgotten`, …"""
    hours: int
    """Whose keys were destroyed; 0 where it was not about hours."""


class PublicOperator(msgspec.Struct, frozen=True, kw_only=True):
    """What the public page says of one operator."""

    operator: OperatorId
    name: str
    agency_name: str
    agency_kind: AgencyKind
    profile: PublicProfile | None
    keeps: RecordMode
    fixed_readers: int
    mobile_readers: int
    days: tuple[DayReads, ...]
    purposes: tuple[PurposeLine, ...]
    denials: tuple[DenialLine, ...]
    hits: HitsTold
    log: PublicLog
    witnesses: WitnessesTold
    """Who outside cosigns the log, and what they last said."""
    forgetting: RetentionState
    """When it last ran, and whether it has stopped."""
    forgotten: tuple[ForgottenLine, ...]
    """The newest records of forgetting that a signed checkpoint covers, newest first."""


class PublicPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the public page."""

    at: datetime
    operators: tuple[PublicOperator, ...]
    grants: tuple[PublicGrant, ...]
    list_grants: tuple[PublicListGrant, ...]
    never_answered: tuple[Reason, ...]
    words: WordList
    policy_set_hash: str


class _Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """The few fields of a leaf that are counted; the rest is skipped."""

    action: str
    purpose: str | None = None
    policy_ids: tuple[str, ...] = ()
    verdict: str = ""
    facts: dict[str, str] = {}
    counts: dict[str, int] = {}


class LogTally:
    """Counts one log's questions, each entry once, as the log grows."""

    def __init__(self) -> None:
        self._counted = 0
        self._questions: Counter[tuple[str, str]] = Counter()
        self._denials: Counter[str] = Counter()
        self._found: Counter[str] = Counter()
        self._day_hits: dict[str, int] = {}
        self._forgotten: deque[ForgottenLine] = deque(maxlen=FORGOTTEN_SHOWN)
        self._decoder = msgspec.json.Decoder(_Leaf)

    def count(self, log: TileLog, size: int) -> None:
        """Take in the entries up to a size that were not counted yet."""
        while self._counted < size:
            end = min(size, self._counted + CHUNK)
            for place, entry in enumerate(log.entries(self._counted, end), self._counted):
                leaf = self._decoder.decode(entry)
                self._count_leaf(leaf)
                if leaf.action == Action.RETENTION_RECEIPT:
                    self._note_forgotten(LeafIndex(place), parse_leaf(entry))
            self._counted = end

    def purposes(self) -> tuple[PurposeLine, ...]:
        """Return the questions by purpose, most asked first."""
        lines = [
            PurposeLine(
                purpose=purpose,
                answered=self._questions[Action.QUESTION_INTENT, purpose],
                denied=self._questions[Action.QUESTION_DENIED, purpose],
                waited=self._questions[Action.QUESTION_PENDING, purpose],
            )
            for purpose in Purpose
        ]
        asked = [line for line in lines if line.answered or line.denied or line.waited]
        return tuple(sorted(asked, key=lambda line: (-(line.answered + line.denied + line.waited), line.purpose)))

    def denials(self) -> tuple[tuple[PolicyId, int], ...]:
        """Return how often each policy denied, most first."""
        ordered = sorted(self._denials.items(), key=lambda item: (-item[1], item[0]))
        return tuple((PolicyId(name), count) for name, count in ordered)

    def hits(self) -> HitsTold:
        """Return hits, confirmed ones and false ones by cause."""
        return HitsTold(
            hits=sum(self._day_hits.values()),
            confirmed=self._found[HitState.CORRECT],
            false={cause.value: self._found[cause] for cause in FALSE},
            duplicates=self._found[HitState.DUPLICATE],
        )

    def forgotten(self) -> tuple[ForgottenLine, ...]:
        """Return the newest records of what was forgotten, newest first."""
        return tuple(reversed(self._forgotten))

    def _note_forgotten(self, place: LeafIndex, record: AccessRecord) -> None:
        if is_complete(record):
            hours = record.counts.get("periods", 0)
            self._forgotten.append(ForgottenLine(index=place, at=record.at, step=record.facts["step"], hours=hours))

    def _count_leaf(self, leaf: _Leaf) -> None:
        if leaf.action in {Action.QUESTION_INTENT, Action.QUESTION_DENIED, Action.QUESTION_PENDING}:
            self._questions[leaf.action, leaf.purpose or ""] += 1
        if leaf.action == Action.QUESTION_DENIED:
            self._denials.update(leaf.policy_ids)
        if leaf.action == Action.HIT_CONFIRMATION and "found" in leaf.facts:
            self._count_finding(leaf)
        if leaf.action == Action.DAY_COUNTED:
            self._count_day(leaf)

    def _count_finding(self, leaf: _Leaf) -> None:
        """Count a finding once it is permitted, and take it back when a later record says that it failed."""
        if leaf.facts.get("outcome") == "failed":
            self._found[leaf.facts["found"]] -= 1
        elif leaf.verdict == Verdict.PERMITTED:
            self._found[leaf.facts["found"]] += 1

    def _count_day(self, leaf: _Leaf) -> None:
        """Count a day's hits; of two counts of one day the later counts, and a long one comes in parts."""
        day = leaf.facts.get(DAY, "")
        hits = sum(count for name, count in leaf.counts.items() if name.startswith("hits:"))
        first = leaf.facts.get(PART, "1") == "1"
        self._day_hits[day] = hits if first else self._day_hits.get(day, 0) + hits


class PublicNumbers:
    """The public page's numbers of one node; logs are counted once, the store at most once a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[OperatorId, LogTally] = {}
        self._days: dict[OperatorId, tuple[float, date, tuple[DayReads, ...]]] = {}

    def page(self, node: Node) -> PublicPage:
        """Return the public page of this moment."""
        now = node.clock.now()
        names = node.registries.agencies.names()
        with self._lock:
            operators = tuple(self._operator(node, desk, names.get(desk.operator.agency, "")) for desk in _desks(node))
        return PublicPage(
            at=now,
            operators=operators,
            grants=node.registries.grants.register(now),
            list_grants=node.registries.list_grants.register(now),
            never_answered=reasons_of(node.gate, NEVER_ANSWERED),
            words=words_in_force(node),
            policy_set_hash=node.gate.policy_set_hash,
        )

    def _operator(self, node: Node, desk: Desk, agency_name: str) -> PublicOperator:
        now = node.clock.now()
        operator = node.registries.operators.get(desk.operator.operator)
        profile = node.facts.profile(operator.operator)
        readers = [one for one in node.registries.readers.list_all(operator.operator) if one.active]
        log = _log(desk)
        tally = self._tallies.setdefault(operator.operator, LogTally())
        tally.count(desk.evidence.log, log.size)
        denials = tally.denials()
        reasons = reasons_of(node.gate, tuple(name for name, _ in denials))
        return PublicOperator(
            operator=operator.operator,
            name=operator.name,
            agency_name=agency_name or operator.agency,
            agency_kind=node.facts.agency(operator.agency).kind,
            profile=None if profile is None else _profile(profile),
            keeps=allowed_mode(operator, profile),
            fixed_readers=sum(not one.mobile for one in readers),
            mobile_readers=sum(one.mobile for one in readers),
            days=self._counted_days(node, operator.operator, now.date()),
            purposes=tally.purposes(),
            denials=tuple(
                DenialLine(reason=reason, denied=count) for reason, (_, count) in zip(reasons, denials, strict=True)
            ),
            hits=tally.hits(),
            log=log,
            witnesses=witnesses_of(desk),
            forgetting=retention_state_of(node, operator.operator),
            forgotten=tally.forgotten(),
        )

    def _counted_days(self, node: Node, operator: OperatorId, today: date) -> tuple[DayReads, ...]:
        """Return the reads of the last whole days, from the store at most once a minute."""
        kept = self._days.get(operator)
        at = monotonic_seconds()
        if kept is not None and at - kept[0] < COUNTS_KEPT_SECONDS and kept[1] == today:
            return kept[2]
        first, last = today - timedelta(days=COUNTED_DAYS), today - timedelta(days=1)
        reads: Counter[date] = Counter()
        for count in node.store.counts(operator, first, last):
            reads[count.day] += count.reads
        days = tuple(_told(first + timedelta(days=number), reads) for number in range(COUNTED_DAYS))
        self._days[operator] = (at, today, days)
        return days


def _desks(node: Node) -> list[Desk]:
    return [node.desks[name] for name in sorted(node.desks)]


def _told(day: date, reads: Counter[date]) -> DayReads:
    return DayReads(day=day, reads=reads[day] if reads[day] >= SMALL else None)


def _profile(profile: LawProfile) -> PublicProfile:
    rule = profile.retention_rule
    return PublicProfile(
        id=profile.id,
        title=profile.title,
        cite=profile.cite,
        effective_from=profile.effective_from,
        verified_on=profile.verified_on,
        retention=None if rule is None else rule.limit,
        from_capture=rule is not None and rule.from_capture,
        set_by_law=profile.retention_source is not Source.LOCKPLATE_DEFAULT,
    )


def _log(desk: Desk) -> PublicLog:
    publisher = desk.evidence.publisher
    signed = verify_checkpoint(publisher.last(), publisher.vkey)
    return PublicLog(origin=signed.origin, size=signed.size, root=encode_base64(signed.root), vkey=publisher.vkey)
