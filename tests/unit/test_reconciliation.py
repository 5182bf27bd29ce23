"""Reconciliation: two honest logs agree; each thing that one of them changes, leaves out or adds is a finding."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockplate.access import UNDER_WAY, AccessRecord
from lockplate.reconciliation.comparing import CLOCKS_APART, reconcile
from lockplate.reconciliation.discrepancy import CODES, Discrepancy
from lockplate.reconciliation.pairing import differences
from lockplate.reconciliation.side import Reader, Side, sizes_seen
from lockplate.shared_question import SharedResult
from lockplate.terms import (
    Action,
    AgencyId,
    Basis,
    LeafIndex,
    Offense,
    OperatorId,
    PersonId,
    Purpose,
    RequestId,
    Verdict,
)

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE, THERE = "lockplate/quarry", "lockplate/pine"
JUDGED = {
    "answered": (Action.QUESTION_INTENT, Verdict.PERMITTED),
    "denied": (Action.QUESTION_DENIED, Verdict.DENIED),
    "pending": (Action.QUESTION_PENDING, Verdict.PENDING),
}
FAILED = [one.value for one in SharedResult if one.value not in JUDGED]


class Pair:
    """Two logs that grow by questions from one to the other, as the program writes them."""

    def __init__(self) -> None:
        self.here: list[AccessRecord] = []
        self.there: list[AccessRecord] = []
        self.roots: dict[int, str] = {}
        self._number = 0

    def ask(self, result: str, at: datetime = NOW - timedelta(hours=2), arrives: bool = False) -> RequestId:
        """Add one question; one that fails there is recorded there when it arrives."""
        self._number += 1
        request_id = RequestId(f"x{self._number:031x}")
        self._try(request_id, result, at, None, arrives)
        return request_id

    def take_up(self, request_id: RequestId, result: str, at: datetime) -> None:
        first = next(place for place, one in enumerate(self.here) if one.request_id == request_id)
        self._try(request_id, result, at, LeafIndex(first), False)

    def _try(self, request_id: RequestId, result: str, at: datetime, first: LeafIndex | None, arrives: bool) -> None:
        asked = {
            "agency": AgencyId("quarry"), "on_behalf_of": AgencyId("quarry"), "purpose": Purpose.STOLEN_VEHICLE,
            "offense": Offense.FELONY, "basis": Basis.WARRANT, "request_id": request_id,
            "window_from": NOW - timedelta(days=2), "window_to": NOW, "counts": {"plates": 1},
        }  # fmt: skip
        here = asked | {"operator": OperatorId("quarry"), "person": PersonId("quinn")}
        there = asked | {"operator": OperatorId("pine"), "person": PersonId("quinn.q")}
        named = {"there": THERE, "there_operator": "pine", "there_person": "quinn.q"}
        intent = LeafIndex(len(self.here))
        self.here.append(
            AccessRecord(
                action=Action.QUESTION_ELSEWHERE_INTENT, at=at, verdict=Verdict.PERMITTED, facts=named, refers_to=first,
                commitments={"plate": "own"}, **here,
            )
        )  # fmt: skip
        facts = named | {"result": result}
        counts, verdict = {"plates": 1}, Verdict.NOT_ASKED
        shared = {"plate": f"p-{request_id}", "case_number": f"c-{request_id}"}
        if result in JUDGED or arrives:
            action, judged = JUDGED.get(result, JUDGED["answered"])
            facts |= {"there_index": str(len(self.there))} if result in JUDGED else {}
            place = LeafIndex(len(self.there))
            from_here = {"asked_from": HERE}
            self.there.append(
                AccessRecord(
                    action=action, at=at + SECOND, verdict=judged, facts=from_here, commitments=shared, **there
                )
            )
            if action is Action.QUESTION_INTENT:
                facts |= {"there_outcome": str(len(self.there))} if result in JUDGED else {}
                found = {"plates": 1, "reads": 3, "unopened": 0}
                there = there | {"counts": found, "refers_to": place}
                self.there.append(AccessRecord(action=Action.QUESTION_OUTCOME, at=at + SECOND, verdict=judged, **there))
                counts = found if result in JUDGED else counts
            if result in JUDGED:
                verdict = judged
                root = f"root-{len(self.there)}"
                facts |= {"there_size": str(len(self.there)), "there_root": root}
                self.roots[len(self.there)] = root
        commitments = {} if result not in JUDGED or first is not None else shared | {"receipt": "r"}
        self.here.append(
            AccessRecord(
                action=Action.QUESTION_ELSEWHERE_OUTCOME, at=at + 2 * SECOND, verdict=verdict, facts=facts,
                refers_to=intent, commitments=commitments, **(here | {"counts": counts}),
            )
        )  # fmt: skip

    def found(self, now: datetime = NOW, **span: datetime) -> tuple[Discrepancy, ...]:
        here, there = side(HERE, self.here), side(THERE, self.there, self.roots)
        done = reconcile(here, there, now=now, **span)
        mirrored = reconcile(there, here, now=now, **span)
        assert sorted(done.found, key=repr) == sorted(mirrored.found, key=repr), "which side is called ours is the same"
        return done.found

    def codes(self, now: datetime = NOW) -> list[str]:
        return [one.code for one in self.found(now)]


def side(origin: str, records: Sequence[AccessRecord], roots: dict[int, str] | None = None) -> Side:
    reader = Reader([AgencyId("quarry")] if origin == THERE else [])
    for place, record in enumerate(records):
        reader.take(LeafIndex(place), record)
    return reader.side(origin, len(records), roots or {}, [AgencyId(origin.rpartition("/")[2])])


def one_answered() -> Pair:
    pair = Pair()
    pair.ask("answered")
    return pair


results = st.sampled_from([*JUDGED, *FAILED])


@given(st.lists(results, max_size=8))
def test_two_honest_logs_agree(asked: list[str]) -> None:
    """Whatever came of each question, when both sides recorded it as it was there is nothing to find."""
    pair = Pair()
    for number, result in enumerate(asked):
        request_id = pair.ask(result, NOW - timedelta(hours=9) + number * timedelta(minutes=1))
        if result == "pending":
            pair.take_up(request_id, "answered", NOW - timedelta(hours=3) + number * timedelta(minutes=1))
    assert () == pair.found()
    assert (
        len(set(asked and [one.request_id for one in pair.here]))
        == reconcile(side(HERE, pair.here), side(THERE, pair.there, pair.roots), now=NOW).questions
    )


FIELDS: dict[str, object] = {
    "person": PersonId("somebody"), "agency": AgencyId("other"), "on_behalf_of": AgencyId("other"),
    "purpose": Purpose.MISSING_PERSON, "offense": Offense.NONE, "basis": Basis.CONSENT,
    "window_from": NOW - timedelta(days=3), "window_to": NOW - SECOND, "operator": OperatorId("other"),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("result", [*JUDGED, "no_answer"])
def test_a_field_that_says_otherwise_is_found(name: str, result: str) -> None:
    """Who, for whom, why, how serious, on what footing, which window: each by its name, whatever came of the question."""
    pair = Pair()
    pair.ask(result, arrives=True)
    pair.there[0] = msgspec.structs.replace(pair.there[0], **{name: FIELDS[name]})
    found = {one.fields for one in pair.found() if one.code == "says_otherwise"}
    assert {(name,)} == found
    assert (name,) == differences(pair.here[0], pair.there[0], HERE)


def changed(index: int, side: str = "there", **fields: object) -> Callable[[Pair], None]:
    def change(pair: Pair) -> None:
        records = getattr(pair, side)
        records[index] = msgspec.structs.replace(records[index], **fields)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changed(0, commitments={"plate": "other", "case_number": "c-x0000000000000000000000000000001"}),
         [("plate_or_case_differs", ("plate",))]),
        (changed(0, commitments={}), [("plate_or_case_differs", ("plate", "case_number"))]),
        (changed(1, "here", commitments={}), [("plate_or_case_differs", ("plate", "case_number"))]),
        (changed(0, counts={"plates": 30}), [("counts_differ", ("plates",))]),
        (changed(1, counts={"plates": 1, "reads": 2, "unopened": 0}), [("counts_differ", ("reads",))]),
        (changed(1, counts={"plates": 1, "reads": 3, "unopened": 1}), [("counts_differ", ("unopened",))]),
        (changed(0, at=NOW - timedelta(days=1)), [("time_differs", ("at",))]),
        (changed(0, at=NOW - timedelta(minutes=10)), [("time_differs", ("at",))]),
        (changed(0, verdict=Verdict.DENIED), [("verdict_differs", ())]),
        (changed(0, facts={}), [("says_otherwise", ("asked_from",))]),
        (changed(0, facts={"asked_from": "lockplate/other"}), [("says_otherwise", ("asked_from",))]),
        (changed(1, refers_to=None), [("no_outcome", ()), ("not_there", ("outcome",))]),
        (changed(0, action=Action.QUESTION_DENIED, verdict=Verdict.DENIED), [("verdict_differs", ())]),
        (changed(0, request_id=RequestId("x" + "f" * 31)), [("never_asked", ()), ("not_there", ())]),
        (changed(0, action=Action.SIGN_IN), [("not_there", ())]),
        (changed(1, "here", verdict=Verdict.DENIED), [("verdict_differs", ())]),
        (changed(1, "here", refers_to=None), [("no_outcome", ())]),
        (changed(0, "here", request_id=RequestId("x" + "f" * 31)),
         [("never_asked", ()), ("not_there", ())]),
        (changed(0, "here", action=Action.SIGN_IN), [("never_asked", ())]),
    ],
)  # fmt: skip
def test_each_change_is_found(change: Callable[[Pair], None], expected: list[tuple[str, tuple[str, ...]]]) -> None:
    """What one side changed in its records of one answered question, and as what it is found."""
    pair = one_answered()
    change(pair)
    found = sorted((one.code, one.fields) for one in pair.found())
    assert expected == found


@given(st.lists(st.sampled_from([*JUDGED]), min_size=1, max_size=6), st.data())
def test_a_record_that_is_gone_is_found(asked: list[str], data: st.DataObject) -> None:
    """Any record of any judged question, on either side, in whose place something else stands."""
    pair = Pair()
    for number, result in enumerate(asked):
        pair.ask(result, NOW - timedelta(hours=9) + number * timedelta(minutes=1))
    records = data.draw(st.sampled_from([pair.here, pair.there]))
    place = data.draw(st.integers(0, len(records) - 1))
    request_id = records[place].request_id
    other = AccessRecord(action=Action.SIGN_IN, at=NOW, operator=OperatorId("pine"), person=PersonId("x"))
    records[place] = other
    assert {request_id} == {one.request_id for one in pair.found()}


@pytest.mark.parametrize(("age", "expected"), [(UNDER_WAY, []), (UNDER_WAY + SECOND, ["no_outcome"])])
def test_an_intent_under_way_is_no_finding_yet(age: timedelta, expected: list[str]) -> None:
    """On either side: within fifteen minutes the outcome may still come; after them it is a finding."""
    here = Pair()
    here.ask("no_answer", NOW - age)
    del here.here[1]
    there = Pair()
    there.ask("no_answer", NOW - age - SECOND, arrives=True)
    del there.there[1]
    assert (expected, expected) == (here.codes(), there.codes())


@pytest.mark.parametrize("result", FAILED)
def test_an_answer_that_never_came_is_found(result: str) -> None:
    """The other side answered, and this side says that nothing came of it."""
    pair = Pair()
    pair.ask(result, arrives=True)
    assert ["answer_lost"] == pair.codes()


def test_a_word_that_we_do_not_know_is_no_judgement() -> None:
    """A result of another version counts as none, and is not taken for agreement."""
    pair = one_answered()
    changed(1, "here", facts=pair.here[1].facts | {"result": "perhaps"})(pair)
    assert ["answer_lost"] == pair.codes()


def test_more_on_one_side_is_found() -> None:
    """Answered twice there for one question here; begun twice here."""
    pair = one_answered()
    pair.there += [pair.there[0], msgspec.structs.replace(pair.there[1], refers_to=LeafIndex(2))]
    assert ["more_there"] == pair.codes()
    for side_ in ("here", "there"):
        pair = one_answered()
        getattr(pair, side_).append(getattr(pair, side_)[1])
        assert [("repeated", ("outcome",))] == [(one.code, one.fields) for one in pair.found()]
    pair = one_answered()
    pair.here += pair.here[:1]
    assert ["no_outcome", "repeated"] == sorted(pair.codes())
    pair = Pair()
    pair.take_up(pair.ask("pending"), "answered", NOW - timedelta(hours=1))
    changed(0, "here", refers_to=LeafIndex(9))(pair)
    assert ["says_otherwise"] == pair.codes()


def test_a_log_that_ends_earlier_is_told_from_one_that_lacks_the_question() -> None:
    """Later than the asking log's last record: perhaps an old copy; before it: it was never recorded."""
    pair = Pair()
    pair.ask("answered", NOW - timedelta(hours=4))
    pair.ask("answered", NOW - timedelta(hours=2))
    older, pair.here = pair.here[:2], pair.here
    pair.here = older
    assert ["beyond_other_log"] == pair.codes()
    at = NOW - timedelta(hours=2) + SECOND - CLOCKS_APART
    pair.here = [
        *older,
        AccessRecord(action=Action.SIGN_IN, at=at, operator=OperatorId("quarry"), person=PersonId("x")),
    ]
    assert ["never_asked"] == pair.codes()


def test_another_history_is_found() -> None:
    """Another root at a size that was seen, or fewer records than were seen, though every record agrees."""
    pair = one_answered()
    assert {2} == sizes_seen(side(HERE, pair.here), THERE)
    assert frozenset() == sizes_seen(side(HERE, pair.here), "lockplate/other")
    pair.roots[2] = "another root"
    assert ["history_differs"] == pair.codes()
    pair = one_answered()
    del pair.there[1]
    assert {"older_than_seen", "no_outcome", "not_there"} == set(pair.codes())
    pair = one_answered()
    changed(1, "here", facts=pair.here[1].facts | {"there_size": "no number"})(pair)
    assert "history_differs" in pair.codes()


def direct(agency: str, action: Action = Action.QUESTION_DENIED) -> AccessRecord:
    return AccessRecord(
        action=action, at=NOW, operator=OperatorId("pine"), person=PersonId("quinn.q"), agency=AgencyId(agency),
        request_id=RequestId("q1"),
    )  # fmt: skip


def test_a_question_asked_there_directly_is_found() -> None:
    """People of the asking agency, at the other node itself; its own people's questions are its own matter."""
    pair = one_answered()
    pair.there += [direct("pine"), direct("third"), direct("quarry", Action.SIGN_IN)]
    assert [] == pair.codes()
    pair.there += [direct("quarry"), direct("quarry", Action.QUESTION_INTENT)]
    (found,) = pair.found()
    assert ("asked_directly", (5, 6)) == (found.code, found.answering_rows)


def test_questions_to_others_are_not_compared() -> None:
    """A third log's questions are no business of this pair."""
    pair = one_answered()
    pair.here = [msgspec.structs.replace(one, facts=one.facts | {"there": "lockplate/third"}) for one in pair.here]
    changed(0, facts={"asked_from": "lockplate/third"})(pair)
    assert () == pair.found()


def test_a_span_of_time() -> None:
    """Questions count by their first record; a finding outside the span is not told."""
    pair = Pair()
    for hours in (6, 4, 2):
        pair.ask("denied", NOW - timedelta(hours=hours))
    pair.there = [msgspec.structs.replace(one, purpose=Purpose.AMBER_ALERT) for one in pair.there]
    start, end = NOW - timedelta(hours=4), NOW - timedelta(hours=2)
    assert (3, 2, 2, 1) == tuple(
        len(pair.found(**span)) for span in ({}, {"start": start}, {"end": end}, {"start": start, "end": end})
    )


def test_every_code_is_explained() -> None:
    """Each code says what it means, in a sentence."""
    assert all(len(says) > 20 and says.endswith(".") for says in CODES.values())


def test_an_action_that_is_not_its_verdict_is_found() -> None:
    """A denial by its name that is permitted by its verdict is not the answer that this side was given."""
    pair = one_answered()
    changed(0, action=Action.QUESTION_DENIED)(pair)
    assert ["verdict_differs"] == pair.codes()


@pytest.mark.parametrize("before", [True, False])
def test_clocks_may_be_five_minutes_apart(before: bool) -> None:
    """Before the question was asked, or after its outcome, by no more than two honest clocks may differ."""
    for apart, expected in ((CLOCKS_APART, []), (CLOCKS_APART + SECOND, ["time_differs"])):
        pair = one_answered()
        at = pair.here[0].at - apart if before else pair.here[1].at + apart
        changed(0, at=at)(pair)
        assert expected == pair.codes()
