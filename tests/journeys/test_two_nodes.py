"""A question from one node at another, on record on both, and the two logs compared: real processes on loopback."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from between import Answer, Change, between
from lockplate.access import parse_leaf
from lockplate.checkpoint import Signer
from lockplate.clock import new_request_id
from lockplate.evidence.proof_file import open_proof
from lockplate.shared_question import new_shared_id
from lockplate.terms import Action, Purpose
from two_nodes import (
    CASE,
    PLATE,
    WORDS,
    Pair,
    Told,
    day_of_questions,
    done,
    of,
    post,
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


# Asking


def test_an_answer_is_on_record_on_both_sides(told: Told) -> None:
    """The intent here names the other log; the outcome its place and root; both commit to the same plate and case."""
    answer = told.answered
    (part,) = answer["operators"]
    intent, outcome = of(told.quarry, answer["request_id"])
    there, there_outcome = of(told.pine, answer["request_id"])

    assert ("permitted", [PLATE]) == (answer["decision"], [read["as_read"] for read in part["reads"]])
    assert ["question:elsewhere_intent", "question:elsewhere_outcome"] == [intent.action, outcome.action]
    assert ["question:intent", "question:outcome"] == [there.action, there_outcome.action]
    assert {"there": "lockplate/pine", "there_operator": "pine", "there_person": "quinn.q"} == intent.facts
    assert ("answered", str(part["record_index"]), str(part["outcome_index"])) == tuple(
        outcome.facts[name] for name in ("result", "there_index", "there_outcome")
    )
    assert {"plates": 1, "reads": 1, "unopened": 0} == outcome.counts
    assert "lockplate/quarry" == there.facts["asked_from"]
    shared = {name: outcome.commitments[name] for name in ("plate", "case_number")}
    assert shared == there.commitments
    assert set(shared.values()).isdisjoint(intent.commitments.values())
    assert ("quinn", "quinn.q", "quarry") == (intent.person, there.person, there.agency)


def test_the_other_sides_receipts_are_kept_sealed(told: Told) -> None:
    """The auditor of the asking side opens them, on record; each proves what the other log said, without it."""
    index = told.answered["own_outcome_index"]
    opened = done(told.pair.here, "record/details", {"operator": "quarry", "index": index}, "ursa")["values"]
    records = [open_proof(opened[name], told.pair.key) for name in ("receipt", "receipt_of_outcome")]

    assert (PLATE, CASE) == (opened["plate"], opened["case_number"])
    (part,) = told.answered["operators"]
    assert [part["record_index"], part["outcome_index"]] == [one.index for one in records]


def test_what_the_floor_refuses_never_leaves_the_house(told: Told) -> None:
    """Denied here, on record here, and the other log has nothing of it."""
    (denied,) = [one for one in records_of(told.quarry) if one.action is Action.QUESTION_ELSEWHERE_DENIED]

    assert (Purpose.IMMIGRATION, ("floor-purpose-immigration",)) == (denied.purpose, denied.policy_ids)
    assert [] == of(told.pine, str(denied.request_id))


@pytest.mark.parametrize(
    ("person", "changes", "policy"),
    [
        ("quinn", {"on_behalf_of": "border-office"}, "floor-behalf-foreign-or-unknown floor-behalf-inactive"),
        ("quinn", {"case_number": ""}, "floor-case-number-missing"),
        ("quinn", {"purpose": "internal_audit", "basis": "audit_duty", "offense": "none"}, "default-deny"),
        ("ursa", {}, "floor-auditor-only-audits"),
    ],
)
def test_the_gate_of_this_side_judges_first(pair: Pair, person: str, changes: dict[str, Any], policy: str) -> None:
    """Who may not ask, or not so, is denied here; the other node, which nobody reaches, is not tried."""
    visit = pair.visit(url="http://127.0.0.1:1")
    status, body = pair.ask(person, visit, **changes)

    assert (403, policy.split()) == (status, [reason["policy_id"] for reason in body["reasons"]])


def test_a_second_person_decides_there(told: Told) -> None:
    """The wait and the answer after it are one question, on both sides, with the same words found in its reason."""
    first, waits, again, answered = of(told.quarry, told.waited["request_id"])
    there = of(told.pine, told.waited["request_id"])

    assert "pending" == told.waited["decision"]
    assert ["question:pending", "question:approval", "question:intent", "question:outcome"] == [
        one.action for one in there
    ]
    assert ("pending", "answered") == (waits.facts["result"], answered.facts["result"])
    assert (None, False) == (first.refers_to, again.refers_to is None)
    assert first.facts["words"] == there[0].facts["words"]
    assert waits.commitments["reason"] == there[0].commitments["reason"] == there[2].commitments["reason"]


# What goes wrong ends in an outcome


def last_result(pair: Pair, folder: Path) -> tuple[str, str]:
    quarry, _ = pair.export(folder)
    last = records_of(quarry)[-1]
    return last.action.value, last.facts["result"]


OTHER_KEY = Signer("lockplate/pine", bytes(32)).vkey
"""A key of the right name that signed nothing of the pine log."""


@pytest.mark.parametrize(
    ("changes", "code", "result"),
    [
        ({"url": "http://127.0.0.1:1"}, "there_unreachable", "unreachable"),
        ({"password": "not the password"}, "there_sign_in_refused", "sign_in_refused"),
        ({"operator": "nobody"}, "there_refused", "refused"),
        ({"key": OTHER_KEY}, "there_unproven", "unproven"),
    ],
)
def test_each_failure_is_an_error_and_an_outcome(
    pair: Pair, tmp_path: Path, changes: dict[str, str], code: str, result: str
) -> None:
    """Nobody there, nobody let in, no such operator, another key: said clearly, and on record here."""
    visit = pair.visit(**changes)
    status, body = pair.ask(visit=visit, operators=[visit["operator"]])

    assert (502, code) == (status, body["error"])
    assert ("question:elsewhere_outcome", result) == last_result(pair, tmp_path)


def changed(**fields: object) -> Change:
    """Return what answers a question with other fields than the pine node did."""

    def change(path: str, body: bytes, passed_on: Callable[[bytes], Answer]) -> Answer:
        status, headers, content = passed_on(body)
        if path == "/v1/lookup/shared":
            told = json.loads(content)
            told["answer"]["operators"][0] |= fields
            content = json.dumps(told).encode()
        return status, headers, content

    return change


def another_plate(path: str, body: bytes, passed_on: Callable[[bytes], Answer]) -> Answer:
    """Let the pine node judge another plate than the one that was asked for."""
    asked = json.loads(body)
    return passed_on(json.dumps(asked | ({"plate": "7TWO222"} if "plate" in asked else {})).encode())


def instead(content: bytes, status: int = 200, at: str = "/v1/lookup/shared", **headers: str) -> Change:
    """Return what answers one path with bytes of its own."""

    def change(path: str, body: bytes, passed_on: Callable[[bytes], Answer]) -> Answer:
        return (status, headers, content) if path == at else passed_on(body)

    return change


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (changed(reads=[]), "differs"),
        (changed(unopened=3), "differs"),
        (changed(verdict="denied", outcome_index=None, reads=[]), "differs"),
        (another_plate, "differs"),
        (changed(verdict="denied"), "unproven"),
        (changed(record_index=0), "differs"),
        (changed(record_index=99_999), "unproven"),
        (instead(b"<html>"), "garbled"),
        (instead(b"{}"), "garbled"),
        (instead(b"[" * 100_000), "garbled"),
        (instead(b"\xff\xfe"), "garbled"),
        (instead(b'{"proof": "c2sp.org/tlog-proof@v1"}', at="/v1/log/prove"), "unproven"),
        (instead(b'{"error": "7ONE111 was here"}', 400), "refused"),
        (instead(b"", 302, location="http://127.0.0.1:1/"), "refused"),
        (instead(b"x" * (17 * 2**20)), "garbled"),
    ],
)  # fmt: skip
def test_nothing_unproved_is_shown(pair: Pair, tmp_path: Path, change: Change, result: str) -> None:
    """Whoever stands between, or a node that lies: no read is shown, and the record here says what came."""
    with between(pair.there.url, change) as url:
        status, body = pair.ask(visit=pair.visit(url=url))

    assert (502, f"there_{result}") == (status, body["error"])
    assert PLATE not in json.dumps(body)
    assert ("question:elsewhere_outcome", result) == last_result(pair, tmp_path)


def test_a_record_of_another_plate_is_kept_as_proof(pair: Pair, tmp_path: Path) -> None:
    """The receipt that shows it lies sealed beside the outcome, and the comparison finds the question."""
    with between(pair.there.url, another_plate) as url:
        pair.ask(visit=pair.visit(url=url))
    quarry, _ = pair.export(tmp_path)
    index = len(records_of(quarry)) - 1
    opened = done(pair.here, "record/details", {"operator": "quarry", "index": index}, "ursa")["values"]
    found = [one["code"] for one in pair.compare()[1]["findings"] if index in one["asking_rows"]]

    assert "question:intent" == parse_leaf(open_proof(opened["receipt"], pair.key).entry).action
    assert ["answer_lost"] == found


# What the asked node refuses


def shared(**changes: Any) -> dict[str, Any]:
    own = {"request_id": new_shared_id(datetime.now(UTC)), "asked_from": "lockplate/quarry", "salt": "ab" * 32}
    return question(on_behalf_of="quarry") | own | changes


def test_an_id_is_judged_once(pair: Pair) -> None:
    """Sent again, the same question is refused and nothing is recorded: whoever listens in gains nothing by it."""
    asked = shared()
    first, _ = post(pair.there, "lookup/shared", asked, "quinn.q")
    size = done(pair.there, "log/checkpoint", {})["size"]

    assert (200, 409) == (first, post(pair.there, "lookup/shared", asked, "quinn.q")[0])
    assert 409 == post(pair.there, "lookup/shared", asked | {"plate": "7TWO222"}, "quill.q")[0]
    assert size == done(pair.there, "log/checkpoint", {})["size"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"request_id": new_request_id()}, "bad_request_id"),
        ({"request_id": "x" + "0" * 31}, "stale_request_id"),
        ({"request_id": new_shared_id(datetime.now(UTC) - timedelta(minutes=30))}, "stale_request_id"),
        ({"request_id": new_shared_id(datetime.now(UTC) + timedelta(hours=1))}, "stale_request_id"),
        ({"request_id": "7ONE111"}, "bad_request_id"),
        ({"salt": "ab" * 31}, "bad_salt"),
        ({"salt": "ab" * 33}, "bad_salt"),
        ({"salt": "zz" * 32}, "bad_salt"),
        ({"asked_from": "7ONE111 was seen"}, "bad_origin"),
        ({"asked_from": "lockplate/" + "a" * 41}, "bad_origin"),
        ({"operators": ["pine", "pine"]}, "no_operator"),
        ({"operators": ["elsewhere"]}, "unknown_operator"),
    ],
)
def test_what_a_caller_chooses_is_looked_at(pair: Pair, changes: dict[str, Any], code: str) -> None:
    """No id of the node's own form or of another time, no short salt, no text in the place of a log's name."""
    status, body = post(pair.there, "lookup/shared", shared(**changes), "quinn.q")

    assert (code, True) == (body["error"], status in {400, 404})


def test_nobody_asks_elsewhere_over_http(pair: Pair) -> None:
    """A signed-in person cannot make this node call an address of their choice."""
    with pair.here.client() as client:
        session = client.post("/v1/sign-in", json={"name": "quinn", "password": WORDS}).json()
        headers = {"x-csrf-token": session["csrf_token"]}
        body = question() | {"visit": pair.visit()}
        told = client.post("/v1/lookup/elsewhere", json=body, headers=headers)
        again = client.post("/v1/log/reconcile", json={"key": pair.key, "url": pair.there.url}, headers=headers)

    assert [(401, "system_user_only")] * 2 == [(one.status_code, one.json()["error"]) for one in (told, again)]
