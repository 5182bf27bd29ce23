"""Findings: rules over access records that show an auditor what to look at first.

What flows in: records in the order of their log, each once. What flows out: findings, with the rows behind each.
What it must never see: keys, private details, a store. A finding is a question to a person, never a verdict: each rule
says how sure it is and what would change it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from types import MappingProxyType

import msgspec

from lockplate.access import UNDER_WAY, AccessRecord
from lockplate.terms import Action, Basis, LeafIndex, PersonId, RequestId, Sureness, Verdict

WORDS_FACT = "words"
"""Of a question's record: ids of entries of the list of suggestive words that its reason or case number held."""
VAGUE_FACT = "reason"
VAGUE = "vague"
"""Of a question's record, when its reason says nothing: `reason` is `vague`."""

PAIR_APPROVALS = 5
PAIR_WITHIN = timedelta(days=30)
MANY_QUESTIONS = 20
NIGHT_FROM, NIGHT_TO = 23, 5
_FORBIDDEN = (
    "floor-purpose-",
    "floor-asking-immigration",
    "floor-behalf-immigration",
    "floor-grant-to-immigration",
    "floor-grant-purpose",
)
_INTENTS = frozenset({Action.QUESTION_INTENT, Action.QUESTION_ELSEWHERE_INTENT})
_OUTCOMES = frozenset({Action.QUESTION_OUTCOME, Action.QUESTION_ELSEWHERE_OUTCOME})
_ASKED = frozenset({*_INTENTS, Action.QUESTION_DENIED, Action.QUESTION_PENDING, Action.QUESTION_ELSEWHERE_DENIED})
"""Records that carry what was asked; what somebody here asks at another node is looked at like any other question."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, as data."""

    id: str
    question: str
    """What it answers, in words."""
    sure: Sureness
    changes: str
    """What would make it mean something else."""
    cite: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule found for one subject: rows, oldest first."""

    rule: str
    subject: str
    """A person, a pair, or the record itself."""
    rows: tuple[LeafIndex, ...]
    first: datetime
    last: datetime


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for rule in (
            Rule(
                id="forbidden-purpose",
                question="Who asked, or would have granted, for a purpose that is never answered or for an immigration"
                " enforcement agency?",
                sure=Sureness.CERTAIN,
                changes="A slip on the form, told at once to a supervisor. Nothing was opened in any case.",
                cite="Lockplate promise 4; Wash. Laws 2026 ch. 239; 625 ILCS 5/2-130(b)",
            ),
            Rule(
                id="suggestive-words",
                question="Whose reason or case number held words that suggest a purpose which is never answered?",
                sure=Sureness.HINT,
                changes="The words in their sentence: open the private details, which is recorded.",
                cite="EFF 2025 and ACLU 2025 on the reasons in released search logs",
            ),
            Rule(
                id="no-case-number",
                question="Which questions were answered without a case number, because it could not wait?",
                sure=Sureness.CERTAIN,
                changes="A case number that was given afterwards, outside this program.",
                cite="Va. Code 2.2-5517; Or. Laws 2026 ch. 77",
            ),
            Rule(
                id="vague-reason",
                question="Whose reasons say nothing, such as “investigation”?",
                sure=Sureness.LIKELY,
                changes="Purpose, offense and case number may say enough; see whether the case exists.",
                cite="ACLU 2025 on audit logs; the Houston bulletin of December 2025 that asked for vague reasons",
            ),
            Rule(
                id="intent-without-outcome",
                question="Which permitted questions, asked here or at another node, have no outcome on record?",
                sure=Sureness.CERTAIN,
                changes="A node that was stopped between the two. What is younger than"
                f" {UNDER_WAY // timedelta(minutes=1)} minutes may still be answered and is not shown.",
                cite="Lockplate promise 3",
            ),
            Rule(
                id="same-pair",
                question=f"Who approved for the same person {PAIR_APPROVALS} times or more in {PAIR_WITHIN.days} days?",
                sure=Sureness.HINT,
                changes="A small shift with one supervisor.",
                cite="Lockplate: a second person is a check only while it can say no; cf. NIST SP 800-53 AC-5",
            ),
            Rule(
                id="many-questions",
                question=f"Who was answered more than {MANY_QUESTIONS} times on one UTC day?",
                sure=Sureness.HINT,
                changes="An analyst who asks for a whole unit; the case numbers would be many.",
                cite="Milwaukee 2026 and Joplin 2025: hundreds of searches by one officer, seen by residents first",
            ),
            Rule(
                id="off-hours",
                question=f"Who was answered between {NIGHT_FROM}:00 and {NIGHT_TO}:00 in the operator's own time zone?",
                sure=Sureness.HINT,
                changes="Night duty. Compare with the roster, which this program does not know.",
                cite="Cal. State Auditor 2019-118; misuse cases of 2022 to 2026",
            ),
        )
    }
)


class Watch:
    """Reads one log's records once, in order, and says what they come to; the log may grow in between."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.seen = 0
        """How many records were taken in."""
        self._rows: dict[tuple[str, str], list[tuple[LeafIndex, datetime]]] = defaultdict(list)
        self._worded: dict[RequestId, PersonId] = {}
        self._open: dict[LeafIndex, tuple[PersonId, datetime]] = {}
        self._pairs: dict[tuple[str, str], list[tuple[LeafIndex, datetime]]] = defaultdict(list)
        self._days: dict[tuple[str, date], list[tuple[LeafIndex, datetime]]] = defaultdict(list)
        self._looks: tuple[Callable[[LeafIndex, AccessRecord], None], ...] = (
            self._purpose,
            self._reason,
            self._outcome,
            self._pair,
            self._volume,
        )

    def take(self, record: AccessRecord) -> None:
        """Take the next record in."""
        index = LeafIndex(self.seen)
        for look in self._looks:
            look(index, record)
        self.seen += 1

    def findings(self, now: datetime) -> tuple[Finding, ...]:
        """Return every finding so far: by rule as they are listed, then the newest first."""
        found = [_finding(rule, subject, rows) for (rule, subject), rows in self._rows.items()]
        found += [
            _finding("intent-without-outcome", person, [(index, at)])
            for index, (person, at) in self._open.items()
            if not _is_under_way(at, now)
        ]
        for pair, rows in self._pairs.items():
            run = _longest_run(rows)
            if len(run) >= PAIR_APPROVALS:
                found.append(_finding("same-pair", " for ".join(pair), run))
        found += [
            _finding("many-questions", f"{person} on {day.isoformat()}", rows)
            for (person, day), rows in self._days.items()
            if len(rows) > MANY_QUESTIONS
        ]
        order = {name: place for place, name in enumerate(RULES)}
        return tuple(sorted(found, key=lambda one: (order[one.rule], -one.last.timestamp(), one.subject)))

    def settled(self, now: datetime) -> int:
        """Return up to which record no more can be found by waiting: the first intent under way, or all taken in."""
        return min((index for index, (_, at) in self._open.items() if _is_under_way(at, now)), default=self.seen)

    def _add(self, rule: str, subject: str, index: LeafIndex, record: AccessRecord) -> None:
        self._rows[rule, subject].append((index, record.at))

    def _purpose(self, index: LeafIndex, record: AccessRecord) -> None:
        if record.verdict is Verdict.DENIED and any(name.startswith(_FORBIDDEN) for name in record.policy_ids):
            self._add("forbidden-purpose", record.person, index, record)

    def _reason(self, index: LeafIndex, record: AccessRecord) -> None:
        if record.action is Action.QUESTION_APPROVAL and record.request_id in self._worded:
            # who let it through belongs beside who asked
            self._add("suggestive-words", self._worded[record.request_id], index, record)
        if record.action not in _ASKED:
            return
        if record.facts.get(WORDS_FACT):
            self._add("suggestive-words", record.person, index, record)
            if record.request_id is not None and record.action is Action.QUESTION_PENDING:
                self._worded[record.request_id] = record.person
        if record.facts.get(VAGUE_FACT) == VAGUE:
            self._add("vague-reason", record.person, index, record)
        if record.action in _INTENTS and record.refers_to is None:
            if record.basis is Basis.EXIGENCY and "case_number" not in record.commitments:
                self._add("no-case-number", record.person, index, record)
            hour = record.at.astimezone(self._zone).hour
            if hour >= NIGHT_FROM or hour < NIGHT_TO:
                self._add("off-hours", record.person, index, record)

    def _outcome(self, index: LeafIndex, record: AccessRecord) -> None:
        if record.action in _INTENTS:
            self._open[index] = (record.person, record.at)
        elif record.action in _OUTCOMES and record.refers_to is not None:
            self._open.pop(record.refers_to, None)

    def _pair(self, index: LeafIndex, record: AccessRecord) -> None:
        author = record.facts.get("author")
        if record.action is not Action.QUESTION_APPROVAL or record.verdict is not Verdict.PERMITTED or not author:
            return
        rows = self._pairs[record.person, author]
        if record.facts.get("outcome") == "failed":
            rows[:] = [row for row in rows if row[0] != record.refers_to]
        else:
            rows.append((index, record.at))

    def _volume(self, index: LeafIndex, record: AccessRecord) -> None:
        if record.action in _INTENTS and record.refers_to is None:
            self._days[record.person, record.at.date()].append((index, record.at))


def _is_under_way(at: datetime, now: datetime) -> bool:
    """Say whether an intent may still get its outcome; one dated ahead of the clock is no younger for that."""
    return abs(now - at) <= UNDER_WAY


def _longest_run(rows: list[tuple[LeafIndex, datetime]]) -> list[tuple[LeafIndex, datetime]]:
    """Return the largest group of rows that lie within the time of one pair's rule."""
    best: list[tuple[LeafIndex, datetime]] = []
    start = 0
    for end in range(len(rows)):
        while rows[end][1] - rows[start][1] > PAIR_WITHIN:
            start += 1
        if end + 1 - start > len(best):
            best = rows[start : end + 1]
    return best


def _finding(rule: str, subject: str, rows: list[tuple[LeafIndex, datetime]]) -> Finding:
    times = [at for _, at in rows]
    return Finding(
        rule=rule, subject=subject, rows=tuple(index for index, _ in rows), first=min(times), last=max(times)
    )
