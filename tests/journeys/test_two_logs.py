"""Two logs compared: what one node leaves out, adds, or says otherwise about a question that both took part in."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from lockplate.access import AccessRecord
from lockplate.errors import BadInput, ProofInvalid
from lockplate.terms import Action, Purpose, Verdict
from running import lookup_words
from two_nodes import (
    DIES_AT_THE_STORE,
    DIES_BEFORE_ITS_OUTCOME,
    END,
    PLATE,
    START,
    WORDED,
    WORDS,
    Pair,
    Told,
    another_history,
    codes,
    day_of_questions,
    done,
    key_in,
    of,
    question,
    records_of,
    running_pair,
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with running_pair(tmp_path_factory.mktemp("pair")) as made:
        yield made


@pytest.fixture(scope="module")
def told(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return day_of_questions(pair, tmp_path_factory.mktemp("exports"))


def test_the_two_sides_agree(told: Told) -> None:
    """Answered, denied there, denied here, waited and taken up: nothing to find, from either end."""
    done = told.compared()

    assert (3, []) == (done.questions, codes(done))
    assert ("lockplate/quarry", "lockplate/pine") == (done.own.origin, done.other.origin)
    assert [] == codes(told.compared(quarry=told.pine, pine=told.quarry))
    assert 0 == told.compared(window_to="2026-01-01").questions


def test_records_that_were_dropped_are_found(told: Told, tmp_path: Path) -> None:
    """The pine police sign a history without the last question: the log is shorter than what was seen of it."""
    gone = told.waited["request_id"]
    forged = another_history(
        told.pair.pine, "pine", told.pine, tmp_path, lambda records: [one for one in records if one.request_id != gone]
    )

    assert "older_than_seen" in codes(told.compared(pine=forged))


def in_the_place_of(request_id: str) -> Callable[[list[AccessRecord]], list[AccessRecord]]:
    """Return a change that puts something harmless in the place of a question's records."""

    def change(records: list[AccessRecord]) -> list[AccessRecord]:
        harmless = next(one for one in records if one.action is Action.PEOPLE_CHANGED)
        return [harmless if one.request_id == request_id else one for one in records]

    return change


def test_a_record_that_was_replaced_is_found(told: Told, tmp_path: Path) -> None:
    """Something harmless in the place of the records: the question is missing, and the root differs."""
    gone = told.answered["request_id"]
    forged = another_history(told.pair.pine, "pine", told.pine, tmp_path, in_the_place_of(gone))
    found = told.compared(pine=forged)

    assert {"not_there", "history_differs"} == set(codes(found))
    (missing,) = [one for one in found.findings if one.code == "not_there"]
    rows = (told.answered["own_record_index"], told.answered["own_outcome_index"])
    assert (gone, rows) == (missing.request_id, missing.asking_rows)


def test_another_purpose_is_found(told: Told, tmp_path: Path) -> None:
    """The pine police write a missing person where a felony was asked for."""

    def reword(records: list[AccessRecord]) -> list[AccessRecord]:
        id_ = told.answered["request_id"]
        purpose = Purpose.MISSING_PERSON
        return [msgspec.structs.replace(one, purpose=purpose) if one.request_id == id_ else one for one in records]

    found = told.compared(pine=another_history(told.pair.pine, "pine", told.pine, tmp_path, reword))

    assert {"says_otherwise", "history_differs"} == set(codes(found))
    assert [("purpose",)] == [one.fields for one in found.findings if one.code == "says_otherwise"]


Records = list[AccessRecord]


def other(kind: Action, /, **fields: object) -> Callable[[Records, str], Records]:
    """Return what gives a question's record of one kind other fields."""

    def change(records: Records, id_: str) -> Records:
        assert any((one.action, one.request_id) == (kind, id_) for one in records)
        return [
            msgspec.structs.replace(one, **fields) if (one.action, one.request_id) == (kind, id_) else one
            for one in records
        ]

    return change


def again(action: Action) -> Callable[[Records, str], Records]:
    """Return what writes a question's record of one kind a second time, at the end."""
    return lambda records, id_: [*records, *(one for one in records if (one.action, one.request_id) == (action, id_))]


def without(action: Action) -> Callable[[Records, str], Records]:
    """Return what puts something harmless in the place of a question's record of one kind."""

    def change(records: Records, id_: str) -> Records:
        harmless = next(one for one in records if one.action is Action.PEOPLE_CHANGED)
        return [harmless if (one.action, one.request_id) == (action, id_) else one for one in records]

    return change


def two_hours_later(records: Records, id_: str) -> Records:
    return [
        msgspec.structs.replace(one, at=one.at + timedelta(hours=2)) if one.request_id == id_ else one
        for one in records
    ]


HERE_ENDED = Action.QUESTION_ELSEWHERE_OUTCOME


@pytest.mark.parametrize(
    ("liar", "lie", "expected"),
    [
        ("pine", other(Action.QUESTION_OUTCOME, counts={"plates": 1, "reads": 7, "unopened": 0}),
         [("counts_differ", ("reads",))]),
        ("pine", other(Action.QUESTION_INTENT, counts={"plates": 9}), [("counts_differ", ("plates",))]),
        ("pine", other(Action.QUESTION_INTENT, commitments={"plate": "00", "case_number": "00"}),
         [("plate_or_case_differs", ("plate", "case_number"))]),
        ("pine", other(Action.QUESTION_INTENT, verdict=Verdict.DENIED, action=Action.QUESTION_DENIED),
         [("verdict_differs", ())]),
        ("pine", without(Action.QUESTION_OUTCOME), [("no_outcome", ()), ("not_there", ("outcome",))]),
        ("pine", again(Action.QUESTION_INTENT), [("more_there", ()), ("no_outcome", ())]),
        ("pine", again(Action.QUESTION_OUTCOME), [("repeated", ("outcome",))]),
        ("pine", two_hours_later, [("time_differs", ("at",))]),
        ("pine", other(Action.QUESTION_INTENT, policy_set_hash="0" * 64), []),
        ("quarry", other(HERE_ENDED, counts={"plates": 1, "reads": 0, "unopened": 0}),
         [("counts_differ", ("reads",))]),
        ("quarry", other(HERE_ENDED, commitments={"plate": "00"}),
         [("plate_or_case_differs", ("plate", "case_number"))]),
        ("quarry", other(HERE_ENDED, facts={"result": "no_answer", "there": "lockplate/pine"}), [("answer_lost", ())]),
        ("quarry", without(HERE_ENDED), [("no_outcome", ())]),
        ("quarry", again(HERE_ENDED), [("repeated", ("outcome",))]),
        ("quarry", again(Action.QUESTION_ELSEWHERE_INTENT), [("no_outcome", ()), ("repeated", ())]),
        ("quarry", other(Action.QUESTION_ELSEWHERE_INTENT, purpose=Purpose.AMBER_ALERT),
         [("says_otherwise", ("purpose",))]),
    ],
)  # fmt: skip
def test_each_lie_of_one_side_is_found(
    told: Told, tmp_path: Path, liar: str, lie: Callable[[Records, str], Records], expected: list[Any]
) -> None:
    """One node signs something else about the answered question; what it says of its own policies is its own matter.

    Whatever it is, the asking side has seen another root of the pine log; nobody saw a root of the quarry's.
    """
    home, folder = (told.pair.pine, told.pine) if liar == "pine" else (told.pair.quarry, told.quarry)
    id_ = told.answered["request_id"]
    forged = another_history(home, liar, folder, tmp_path, lambda records: lie(records, id_))
    found = told.compared(**{liar: forged}).findings
    about = [(one.code, one.fields) for one in found if one.code != "history_differs"]

    assert sorted(expected) == sorted(about)
    assert {id_} >= {one.request_id for one in found if one.code != "history_differs"}
    if liar == "quarry" or lie.__qualname__.startswith("again"):  # what is added at the end changes no root seen before
        assert "history_differs" not in {one.code for one in found}
    else:
        assert "history_differs" in {one.code for one in found}


def test_an_old_export_of_the_asking_log_says_so(told: Told, tmp_path: Path) -> None:
    """The asking log before its last question: the other's record is beyond it, which is no accusation."""
    first = told.answered["own_record_index"]
    older = another_history(told.pair.quarry, "quarry", told.quarry, tmp_path, lambda records: records[:first])
    found = {one.code for one in told.compared(quarry=older).findings}

    assert found <= {"beyond_other_log", "never_asked"}
    assert found


def test_two_sides_with_other_policies_agree(pair: Pair, tmp_path: Path) -> None:
    """A word that only the pine node lists sends the question to a second person there, and the two logs agree on it."""
    added = {
        "id": "harvest",
        "words": ["harvest camp*"],
        "why": "raids on farm camps",
        "cite": "Pine Tribune, 1 August",
    }
    done(pair.there, "words/add", added, "ada")
    _, waits = pair.ask(reason="at the harvest camp")
    quarry, pine = pair.export(tmp_path)
    mine, theirs = of(quarry, waits["request_id"])[0], of(pine, waits["request_id"])[0]
    found = Told(pair, quarry, pine, {}, {}).compared().findings

    assert ("pending", True) == (waits["decision"], mine.policy_set_hash != theirs.policy_set_hash)
    assert [] == [one for one in found if one.request_id == waits["request_id"]]


def test_a_question_that_the_asking_side_left_out_is_found(told: Told, tmp_path: Path) -> None:
    """The quarry police sign a history in which they never asked; the pine log still names theirs."""
    gone = told.answered["request_id"]
    forged = another_history(told.pair.quarry, "quarry", told.quarry, tmp_path, in_the_place_of(gone))
    found = told.compared(quarry=forged)

    assert [("never_asked", gone)] == [(one.code, one.request_id) for one in found.findings]


def test_an_altered_export_is_refused(told: Told, tmp_path: Path) -> None:
    """One byte of one entry: there is nothing to compare with, and that is an error, not a finding."""
    shutil.copytree(told.pine, tmp_path / "altered")
    (bundle,) = (tmp_path / "altered" / "tile" / "entries").rglob("*.p/*")
    bundle.write_bytes(bundle.read_bytes().replace(b"felony_investigation", b"felony_investigatiom", 1))

    with pytest.raises((ProofInvalid, BadInput)):
        told.compared(pine=tmp_path / "altered")


def test_asking_there_directly_is_found(pair: Pair) -> None:
    """Somebody of the quarry police asks at the pine node itself: only one log has it, and the comparison says whose."""
    answer = done(pair.there, "questions", question(), "quinn.q")
    done(pair.there, "log/checkpoint", {})
    found = [one for one in pair.compare()[1]["findings"] if one["code"] == "asked_directly"]

    assert [(answer["request_id"], [answer["operators"][0]["record_index"]])] == [
        (one["request_id"], one["answering_rows"]) for one in found
    ]


def test_the_command_line(told: Told) -> None:
    """Ask and compare as people do: a password from a file, the key from a file, exit codes, words."""
    quarry, folder = told.pair.quarry, told.pair.quarry.folder
    (folder / "pine.vkey").write_text(told.pair.key + "\n")
    (folder / "password").write_text(WORDS + "\n")
    there = ("--at", told.pair.there.url, "--key", "pine.vkey", "--sign-in", "quinn.q", "--password-file", "password")
    words = lookup_words(PLATE, "pine", "quinn", START, END, *there)

    asked = quarry.run(*words)
    assert (0, "") == (asked.returncode, asked.stderr)
    for said in ("pine: answered", PLATE, "On record here, quarry: ", "On record there, lockplate/pine: "):
        assert said in asked.stdout
    assert "permitted" == quarry.json(*words)["decision"]
    pending = quarry.json(*words, "--reason", WORDED, code=4)
    resume = ("request", "resume", pending["request_id"], "--operator", "pine", "--as", "quinn", *there)
    assert "pending" == quarry.json(*resume, code=4)["decision"]
    assert 3 == quarry.run(*words, "--purpose", "immigration").returncode
    assert "no_key" == quarry.json(*words[:-4], "--at", told.pair.there.url, "--key", "", code=2)["error"]

    export = ("log", "reconcile", str(told.pine), "--key", "pine.vkey")
    own = ("--own", str(told.quarry), "--own-key", key_in(told.quarry), "--own-agency", "quarry")
    clean = quarry.run(*export, *own, "--home", str(folder / "no-node"))
    assert (0, "3 questions between them; they agree.") == (clean.returncode, clean.stdout.splitlines()[1])
    older = quarry.run(*export)
    assert (1, True) == (older.returncode, "older_than_seen" in older.stdout)


def test_an_asking_node_that_is_killed_before_its_outcome(tmp_path: Path) -> None:
    """Answered there and on record; here an intent stays without an outcome, which either end of the comparison names."""
    with running_pair(tmp_path) as pair:
        pair.here.stop()
        pair.here = pair.quarry.start(command=DIES_BEFORE_ITS_OUTCOME)
        with pytest.raises(httpx.TransportError):
            pair.ask()
        pair.here.kill()
        pair.here = pair.quarry.start()
        try:
            quarry, pine = pair.export(tmp_path)
            assert [] == pair.compare()[1]["findings"], "it may still be under way"
        finally:
            pair.here.stop()

    last = records_of(quarry)[-1]
    assert Action.QUESTION_ELSEWHERE_INTENT is last.action
    assert ["question:intent", "question:outcome"] == [one.action for one in of(pine, str(last.request_id))]
    for own, other_ in ((quarry, pine), (pine, quarry)):
        (found,) = Told(pair, quarry, pine, {}, {}).compared(quarry=own, pine=other_).findings
        assert ("no_outcome", last.request_id, 1) == (found.code, found.request_id, len(found.asking_rows))


def test_a_node_that_is_killed_before_it_answers(tmp_path: Path) -> None:
    """The asking side has an outcome without an answer, the other an intent without an outcome: a finding when it is time."""
    with running_pair(tmp_path) as pair:
        assert 200 == pair.ask()[0]
        pair.there.stop()
        pair.there = pair.pine.start(command=DIES_AT_THE_STORE)
        status, body = pair.ask()
        assert (502, "there_no_answer") == (status, body["error"])
        pair.there.kill()
        pair.there = pair.pine.start()
        try:
            quarry, pine = pair.export(tmp_path)
            last = records_of(pine)[-1]
            assert (0, []) == (0, pair.compare()[1]["findings"])
        finally:
            pair.there.stop()

    assert Action.QUESTION_INTENT is last.action
    assert [("no_outcome", last.request_id)] == [
        (one.code, one.request_id) for one in Told(pair, quarry, pine, {}, {}).compared().findings
    ]
