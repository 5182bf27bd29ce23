"""Findings: each rule finds what it says, leaves alone what it does not, and names the rows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lockplate.access import UNDER_WAY, AccessRecord
from lockplate.findings import MANY_QUESTIONS, PAIR_APPROVALS, RULES, VAGUE, VAGUE_FACT, WORDS_FACT, Finding, Watch
from lockplate.terms import Action, Basis, LeafIndex, OperatorId, PersonId, PolicyId, RequestId, Verdict

NOON = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
ZONE = ZoneInfo("America/Los_Angeles")


def record(action: Action, person: str = "olga", at: datetime = NOON, **more: object) -> AccessRecord:
    return AccessRecord(action=action, at=at, operator=OperatorId("pine"), person=PersonId(person), **more)  # type: ignore[arg-type]


def intent(at: datetime = NOON, person: str = "olga", **more: object) -> AccessRecord:
    values: dict[str, object] = {"basis": Basis.PROBABLE_CAUSE, "commitments": {"case_number": "ab"}}
    return record(Action.QUESTION_INTENT, person, at, **(values | more))


def found(rule: str, *records: AccessRecord) -> list[Finding]:
    watch = Watch(ZONE)
    for one in records:
        watch.take(one)
    assert len(records) == watch.seen
    return [one for one in watch.findings(LATER) if one.rule == rule]


def outcome(of: int) -> AccessRecord:
    return record(Action.QUESTION_OUTCOME, refers_to=LeafIndex(of))


@pytest.mark.parametrize(
    "policy",
    ["floor-purpose-immigration", "floor-purpose-reproductive-care", "floor-asking-immigration-enforcement",
     "floor-behalf-immigration-enforcement"],
)  # fmt: skip
def test_a_forbidden_purpose_is_found_whoever_asks(policy: str) -> None:
    """T9: the denial itself is what the auditor must see."""
    denied = record(Action.QUESTION_DENIED, policy_ids=(PolicyId(policy),), verdict=Verdict.DENIED)
    other = record(Action.QUESTION_DENIED, policy_ids=(PolicyId("grant-required"),), verdict=Verdict.DENIED)
    (one,) = found("forbidden-purpose", other, denied, denied)
    assert ("olga", (1, 2)) == (one.subject, one.rows)
    assert [] == found("forbidden-purpose", other)


@pytest.mark.parametrize("action", [Action.QUESTION_INTENT, Action.QUESTION_DENIED, Action.QUESTION_PENDING])
def test_words_and_vague_reasons_are_found_by_the_marks_of_the_record(action: Action) -> None:
    """The free text is not in the record; which entry of our own list it held is."""
    marked = record(action, facts={WORDS_FACT: "ice", VAGUE_FACT: VAGUE})
    assert [(0,)] == [one.rows for one in found("suggestive-words", marked, record(action))]
    assert [(0,)] == [one.rows for one in found("vague-reason", marked, record(action))]
    assert [] == found("suggestive-words", record(Action.SIGN_IN, facts={WORDS_FACT: "ice"}))


def test_who_let_the_words_through_stands_beside_who_asked() -> None:
    """The second person's word, yes or no, is a row of the asker's finding; a word on another question is not."""
    asked = record(Action.QUESTION_PENDING, facts={WORDS_FACT: "ice"}, request_id=RequestId("q1"))
    other = record(Action.QUESTION_PENDING, request_id=RequestId("q2"))
    given = [record(Action.QUESTION_APPROVAL, "sam", request_id=one.request_id) for one in (asked, other)]
    (one,) = found("suggestive-words", asked, other, *given)
    assert ("olga", (0, 2)) == (one.subject, one.rows)


def test_a_grant_to_immigration_enforcement_is_found() -> None:
    """Whoever would have granted it was denied, and that is a finding too."""
    denied = record(
        Action.GRANT_PROPOSED, "ada", policy_ids=(PolicyId("floor-grant-to-immigration-enforcement"),),
        verdict=Verdict.DENIED,
    )  # fmt: skip
    assert [("ada", (0,))] == [(one.subject, one.rows) for one in found("forbidden-purpose", denied)]


def test_an_exigency_without_a_case_is_found() -> None:
    """With a case number, or on another basis, it is not."""
    bare = intent(basis=Basis.EXIGENCY, commitments={"plate": "ab"})
    assert [(0,)] == [one.rows for one in found("no-case-number", bare, intent(basis=Basis.EXIGENCY), intent())]


@pytest.mark.parametrize(
    ("asked", "ended"),
    [(Action.QUESTION_INTENT, Action.QUESTION_OUTCOME),
     (Action.QUESTION_ELSEWHERE_INTENT, Action.QUESTION_ELSEWHERE_OUTCOME)],
)  # fmt: skip
def test_an_intent_waits_for_its_outcome(asked: Action, ended: Action) -> None:
    """Each intent without its outcome is one finding, here or at another node; another's outcome does not close it."""
    one, end = record(asked), record(ended, refers_to=LeafIndex(0))
    assert [] == found("intent-without-outcome", one, end)
    (left,) = found("intent-without-outcome", one, one, end)
    assert (1,) == left.rows


@pytest.mark.parametrize(
    ("after", "shown"),
    [(timedelta(), False), (UNDER_WAY, False), (UNDER_WAY + timedelta(seconds=1), True), (timedelta(days=9), True),
     (-UNDER_WAY, False), (-UNDER_WAY - timedelta(seconds=1), True)],
)  # fmt: skip
def test_an_intent_under_way_is_no_finding_yet(after: timedelta, shown: bool) -> None:
    """For fifteen minutes the outcome may still come; one that is dated ahead of the clock gains no time by it.

    Nothing from that record on is settled, so that it is new to an auditor who looked before it became a finding.
    """
    watch = Watch(ZONE)
    for one in (intent(), outcome(0), intent(), record(Action.SIGN_IN)):
        watch.take(one)
    rows = [one.rows for one in watch.findings(NOON + after) if one.rule == "intent-without-outcome"]
    assert ([(2,)] if shown else [], 4 if shown else 2) == (rows, watch.settled(NOON + after))


def test_what_is_asked_at_another_node_is_looked_at_too() -> None:
    """Words, night hours, a missing case, many questions, a forbidden purpose: the same rules; taken up counts once."""
    asked, more = Action.QUESTION_ELSEWHERE_INTENT, {"basis": Basis.EXIGENCY, "facts": {WORDS_FACT: "ice"}}
    night = NOON.replace(hour=9)
    first, again = (record(asked, at=night, refers_to=place, **more) for place in (None, LeafIndex(0)))
    for rule in ("suggestive-words", "no-case-number", "off-hours"):
        assert [(0,)] == [one.rows[:1] for one in found(rule, first, again)], rule
    assert [(0,)] == [one.rows for one in found("off-hours", first, again)]
    assert [] == found("many-questions", *([again] * (MANY_QUESTIONS + 1)))
    assert 1 == len(found("many-questions", *([first] * (MANY_QUESTIONS + 1))))
    policy = {"policy_ids": (PolicyId("floor-purpose-immigration"),), "verdict": Verdict.DENIED}
    assert 1 == len(found("forbidden-purpose", record(Action.QUESTION_ELSEWHERE_DENIED, **policy)))


def test_a_pair_that_always_agrees_is_found_within_a_month() -> None:
    """Five approvals by one person for one author in thirty days; spread over a year, or refused, they are not."""

    def approvals(step: timedelta, verdict: Verdict = Verdict.PERMITTED) -> list[AccessRecord]:
        return [
            record(Action.QUESTION_APPROVAL, "sam", NOON + step * number, verdict=verdict, facts={"author": "olga"})
            for number in range(PAIR_APPROVALS)
        ]

    (one,) = found("same-pair", *approvals(timedelta(days=5)))
    assert ("sam for olga", PAIR_APPROVALS) == (one.subject, len(one.rows))
    assert [] == found("same-pair", *approvals(timedelta(days=60)))
    assert [] == found("same-pair", *approvals(timedelta(days=1), Verdict.DENIED))
    assert [] == found("same-pair", *approvals(timedelta(days=1))[1:])
    failed = record(
        Action.QUESTION_APPROVAL, "sam", NOON + timedelta(days=6), verdict=Verdict.PERMITTED, refers_to=LeafIndex(0),
        facts={"author": "olga", "outcome": "failed"},
    )  # fmt: skip
    assert [] == found("same-pair", *approvals(timedelta(days=1)), failed)


def test_a_day_of_many_questions_is_found() -> None:
    """More than twenty answered on one UTC day; twenty, or twenty-one over two days, are not."""
    day = [intent(NOON - timedelta(minutes=number)) for number in range(MANY_QUESTIONS + 1)]
    (one,) = found("many-questions", *day)
    assert "olga on 2026-11-24" == one.subject
    assert [] == found("many-questions", *day[1:])
    assert [] == found("many-questions", *day[1:], intent(NOON - timedelta(days=1)))


@pytest.mark.parametrize(("hour", "is_night"), [(22, False), (23, True), (0, True), (4, True), (5, False), (12, False)])
def test_night_is_the_operators_own(hour: int, is_night: bool) -> None:
    """From 23 to 5 where the operator is, not in UTC."""
    at = datetime(2026, 11, 24, hour, 30, tzinfo=ZONE).astimezone(UTC)
    assert is_night == bool(found("off-hours", intent(at)))


def test_every_rule_can_be_weighed() -> None:
    """Each says what it asks, what would change it, and where it comes from."""
    for name, rule in RULES.items():
        assert name == rule.id
        assert all(len(words) > 15 for words in (rule.question, rule.changes, rule.cite))
