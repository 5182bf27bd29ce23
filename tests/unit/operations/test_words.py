"""Words and findings on a real node: the list only grows, counts at once, and what it finds reaches the auditor."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockplate.clock import SetClock
from lockplate.errors import BadInput, Conflict, Denied, Unauthenticated
from lockplate.gate.policy_set import PolicyRefused
from lockplate.operations.asking import Ask, WaitingName
from lockplate.operations.findings import FindingsOf
from lockplate.operations.words import AddWords, AllWords
from lockplate.terms import Action, Basis, Offense, Purpose, Verdict
from lockplate.wiring.node import open_node
from lockplate.wiring.policies import policy_folder

START = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
NEW = AddWords(id="harvest", words=("harvest camp*",), why="raids on farm camps", cite="Pine Tribune 2026-08-01")


@pytest.fixture
def county(make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path) -> Iterator[Any]:
    """A county of one's own: these tests change its words."""
    with make_county(tmp_path / "home", SetClock(START)) as opened:
        yield opened


def ask(county: Any, reason: str, person: str = "olga", **more: Any) -> Any:
    values: dict[str, Any] = {
        "plate": "KTN0417", "operators": ("pine-county",), "window_from": (START - timedelta(hours=1)).isoformat(),
        "window_to": START.isoformat(), "purpose": Purpose.FELONY_INVESTIGATION, "offense": Offense.FELONY,
        "basis": Basis.PROBABLE_CAUSE, "on_behalf_of": "own", "case_number": "26-0815", "reason": reason,
    }  # fmt: skip
    return county.run("lookup", Ask(**(values | more)), person, there=True)


def rules(county: Any, **more: Any) -> dict[str, tuple[Any, ...]]:
    report = county.run("record.findings", FindingsOf(operator="pine-county", **more), "uma", there=True)
    return {one.rule.id: one.findings for one in report.rules if one.findings}


def test_an_added_word_counts_at_the_next_question(county: Any) -> None:
    """Before: answered. After: a second person first; the record says which entry, and the hash is another."""
    before = county.node.gate.policy_set_hash
    assert "permitted" == ask(county, "seen near harvest camps").decision

    told = county.run("words.add", NEW, "ada", there=True)

    assert before != told.policy_set_hash == county.node.gate.policy_set_hash
    answer = ask(county, "seen near Harvest-Camps")
    assert ("pending", ("suggestive-words",)) == (answer.decision, answer.operators[0].policy_ids)
    pending = [one for one in county.records() if one.action is Action.QUESTION_PENDING][-1]
    assert ("harvest", told.policy_set_hash) == (pending.facts["words"], pending.policy_set_hash)
    assert "harvest camp" not in str(pending).lower()
    for operator in ("pine-county", "ridge-county"):
        assert "words added" in [one.facts.get("change") for one in county.records(operator)]


def test_the_list_only_grows(county: Any) -> None:
    """No entry can be taken off, replaced or renamed; a second one of the same name is refused."""
    county.run("words.add", NEW, "ada", there=True)
    with pytest.raises(Conflict):
        county.run("words.add", NEW, "ada", there=True)
    with pytest.raises(Conflict):
        county.run("words.add", AddWords(id="ice", words=("icy road",), why="y", cite="z"), "ada", there=True)
    with pytest.raises(PolicyRefused, match="only grows"):
        county.node.gate.use_words(county.node.gate.suggestive.with_added(()))
    with pytest.raises(BadInput):
        county.run("words.add", AddWords(id="empty", words=("…",), why="y", cite="z"), "ada", there=True)


@pytest.mark.parametrize("word", ["a", "26", "an*", "ice\ncamp", "…", " ", "x" * 61])
def test_a_slip_of_the_keyboard_is_refused_before_anything_is_on_record(county: Any, word: str) -> None:
    """What would hold up nearly every question for ever, or could not be kept as written, never gets on the list."""
    before = county.size()
    with pytest.raises(BadInput):
        county.run("words.add", AddWords(id="slip", words=(word,), why="y", cite="z"), "ada", there=True)
    assert (before, ()) == (county.size(), county.run("words.list", AllWords(), there=True).added)


def test_a_change_of_the_list_is_on_record_with_both_hashes(county: Any) -> None:
    """Whoever compares two questions can see which change of the list lies between their hashes."""
    before = county.node.gate.policy_set_hash
    told = county.run("words.add", NEW, "ada", there=True)
    facts = [one.facts for one in county.records() if one.action is Action.POLICY_CHANGED][-1]
    assert ("harvest", before, told.policy_set_hash) == (facts["entry"], facts["hash_before"], facts["hash_after"])
    size = county.size()
    with pytest.raises(Conflict):
        county.run("words.add", NEW, "ada", there=True)
    assert size == county.size()


def test_entries_added_at_the_same_moment_are_all_in_force(county: Any) -> None:
    """None is lost, and each hash on record is the one the change before it left."""
    new = [
        AddWords(id=f"camp-{one}", words=(f"camp {one}",), why="y", cite="z") for one in ("ash", "elm", "oak", "yew")
    ]
    with ThreadPoolExecutor(len(new)) as pool:
        list(pool.map(lambda one: county.run("words.add", one, "ada", there=True), new))
    assert {one.id for one in new} == {word.id for word in county.node.gate.suggestive.added}
    facts = [one.facts for one in county.records() if one.action is Action.POLICY_CHANGED][-len(new) :]
    assert [one["hash_after"] for one in facts[:-1]] == [one["hash_before"] for one in facts[1:]]
    assert county.node.gate.policy_set_hash == facts[-1]["hash_after"]


def test_added_words_outlive_a_restart_and_can_be_hashed_by_anyone(
    make_county: Callable[[Path, SetClock], AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """The list's public file is what is hashed with the policies in force."""
    clock = SetClock(START)
    with make_county(tmp_path / "home", clock) as county:
        told = county.run("words.add", NEW, "ada", there=True)
        settings = county.settings
        folder = policy_folder()
        files = [*folder.rglob("*.cedar"), folder / "schema.cedarschema", folder / "suggestive-words.yaml"]
        contents = [*(file.read_bytes() for file in files), told.added_file.encode()]
        lines = "".join(f"{each}\n" for each in sorted(hashlib.sha256(content).hexdigest() for content in contents))
        assert told.policy_set_hash == hashlib.sha256(lines.encode()).hexdigest()
    with open_node(settings, clock) as node:
        assert told.policy_set_hash == node.gate.policy_set_hash


def test_who_may_add_is_the_gates_to_say(county: Any) -> None:
    """An officer may not, nor anybody of an agency that runs no readers; anyone may read the list."""
    for person in ("olga", "quinn"):
        with pytest.raises(Denied):
            county.run("words.add", NEW, person, there=True)
    with pytest.raises(Unauthenticated):
        county.run("words.add", NEW, there=True)
    assert () == county.run("words.list", AllWords(), there=True).added


def test_a_forbidden_purpose_reaches_the_auditor(county: Any) -> None:
    """T9: denied, on record, and the first of the findings; so is a question for an immigration agency."""
    for more in ({"purpose": Purpose.IMMIGRATION}, {"purpose": Purpose.REPRODUCTIVE_CARE}, {"on_behalf_of": "ice"}):
        assert "denied" == ask(county, "", **more).decision
    assert 3 == len(rules(county)["forbidden-purpose"][0].rows)
    assert {} == rules(county, rule="forbidden-purpose", since=(START + timedelta(days=1)).isoformat())


def test_words_wait_and_are_found_and_vague_reasons_only_found(county: Any) -> None:
    """`ICE` goes to a second person and to the auditor; `investigation` is answered and shows in the findings."""
    assert "pending" == ask(county, "assist ICE").decision
    assert "permitted" == ask(county, "Investigation").decision
    assert "permitted" == ask(county, "investigation of the robbery on Main St").decision
    assert "permitted" == ask(county, "").decision
    told = rules(county)
    assert (1, 1) == (len(told["suggestive-words"][0].rows), len(told["vague-reason"][0].rows))


def test_findings_are_for_auditors(county: Any) -> None:
    """An administrator and an officer are told the rule; a rule that is none is refused."""
    for person in ("ada", "olga"):
        with pytest.raises(Denied):
            county.run("record.findings", FindingsOf(operator="pine-county"), person, there=True)
    with pytest.raises(BadInput):
        rules(county, rule="nothing")


def test_an_approval_that_is_not_theirs_to_give_is_on_record(county: Any) -> None:
    """The author, and an officer: denied, and the log says who tried; the question still waits."""
    waiting = ask(county, "assist ICE", "sam")
    name = WaitingName(request_id=waiting.request_id, operator="pine-county")
    for person in ("sam", "otto"):
        with pytest.raises(Denied):
            county.run("request.approve", name, person, there=True)
    tried = [one for one in county.records() if one.action is Action.QUESTION_APPROVAL]
    assert [("sam", Verdict.DENIED), ("otto", Verdict.DENIED)] == [(one.person, one.verdict) for one in tried]
    assert "floor-own-question" in tried[0].policy_ids
    assert "waiting" == county.run("request.show", name, "sue", there=True).waiting.state


def test_a_word_that_came_too_late_is_on_record_as_that(county: Any) -> None:
    """Two supervisors decide: the second one's word is on record, and then that it did not count."""
    waiting = ask(county, "assist ICE")
    name = WaitingName(request_id=waiting.request_id, operator="pine-county")
    county.run("request.refuse", name, "sam", there=True)
    with pytest.raises(Conflict):
        county.run("request.approve", name, "sue", there=True)
    *_, place, failed = [one for one in county.records() if one.action is Action.QUESTION_APPROVAL]
    assert ("sue", {}) == (place.person, {key: value for key, value in place.facts.items() if key != "author"})
    assert ("failed", "request_not_waiting") == (failed.facts["outcome"], failed.facts["code"])
    assert place == county.records(start=failed.refers_to)[0]
