"""Somebody with an officer's session, and somebody who stole one's cookie. docs/trust.md says the same in words."""

from datetime import timedelta
from typing import Any

import pytest
from insiders import PASSWORD, Stage

from lockplate.operations.operation import Actor
from lockplate.operations.people import NewPassword, PersonName, PersonRoles
from lockplate.operations.table import OPERATIONS, operation
from lockplate.registry.sessions import IDLE_LIFE, WHOLE_LIFE
from lockplate.terms import Action, PersonId, Role, Verdict

ANYTHING: dict[str, Any] = {
    "agency": "pine", "operator": "pine", "person": "eve", "display_name": "Eve", "roles": ["administrator"],
    "kind": "municipal", "name": "x", "id": "xwords", "words": ["seldom word"], "why": "w", "cite": "c",
    "reader": "north", "grant": "g", "grantee": "farfield", "purposes": ["felony_investigation"],
    "valid_to": "2027-05-01T00:00:00Z", "hold": "h", "list": "l", "list_id": "l", "hit_id": "h", "index": 0, "text": "",
    "request_id": "0" * 26, "path": "/nothing", "folder": "/nothing", "until": "2026-12-24", "plate": "7OLD111",
}  # fmt: skip
MAY = {
    "agency.list", "document.list", "document.policy", "document.report", "fault.check", "fault.list", "grant.list", "grant.register",
    "hits.list", "hold.list", "hold.open", "hotlist.grant.register", "hotlist.list", "law.check", "law.compare", "law.list", "law.local", "law.show",
    "law.table", "law.trace", "log.checkpoint", "log.keys", "log.prove", "log.witnesses", "lookup", "lookup.preview",
    "operator.list", "operator.show", "place.list", "reader.list", "request.list", "words.list",
}  # fmt: skip
"""What an officer of the operator's own agency can do at all; everything else is refused by the gate, or not found."""


@pytest.fixture
def read(town: Stage) -> Stage:
    told = town.send("north", {"plate": "7OLD111", "captured_at": town.clock.now().isoformat()})
    assert 200 == told.status_code, told.text
    return town


def run(town: Stage, name: str, request: object) -> Any:
    return operation(name).handler(town.node, Actor(person=None, is_system_user=True), request)


# With an officer's session


def test_an_officer_cannot_make_themself_more(town: Stage) -> None:
    """No account, role, grant, law, list, reader, word or key changes on an officer's word; each try is on record."""
    ann = town.session("ann")
    for name, body in {
        "user.add": {"person": "eve", "agency": "pine", "display_name": "Eve", "roles": ["administrator"]},
        "user.roles": {"person": "ann", "roles": ["administrator", "officer"]},
        "user.activate": {"person": "ann"},
        "user.password": {"person": "ben", "password": "five plain words are here"},
        "agency.add": {"agency": "eve", "name": "Eve", "kind": "municipal", "state": "CA"},
        "reader.add": {"reader": "eve", "name": "eve", "operator": "pine"},
        "reader.key": {"reader": "north"},
        "grant.propose": {
            "operator": "pine", "grantee": "farfield", "purposes": ["felony_investigation"],
            "valid_to": "2027-05-01T00:00:00Z",
        },
        "words.add": {"id": "eve", "words": ["picnic"], "why": "w", "cite": "c"},
        "retention.run": {},
    }.items():  # fmt: skip
        before = {operator: len(town.records(operator)) for operator in ("pine", "lake")}
        told = town.post(name, body, ann)
        assert (403, "denied") == (told.status_code, told.json().get("error")), (name, told.text)
        # a change that concerns both operators is refused, and on record, at the first of them
        last = [one for operator, seen in before.items() for one in town.records(operator)[seen:]]
        assert [(PersonId("ann"), Verdict.DENIED)] == [(one.person, one.verdict) for one in last], name


def test_an_officer_cannot_read_records_or_take_the_log_away(read: Stage) -> None:
    """Neither the private details of others' questions, nor an export, nor the findings."""
    ann = read.session("ann")
    index = read.ask(read.session("ann")).json()["operators"][0]["record_index"]
    for name, body in {
        "record.list": {"operator": "pine"},
        "record.details": {"operator": "pine", "index": index},
        "record.findings": {"operator": "pine"},
    }.items():
        told = read.post(name, body, ann)
        assert (403, "denied") == (told.status_code, told.json().get("error")), (name, told.text)
    assert 401 == read.post("log.export", {"folder": "/nothing"}, ann).status_code


def test_an_officer_who_lies_is_answered_and_on_record(read: Stage) -> None:
    """What no program can prevent: a felony and a case number that do not exist. Who, when, why and for whom stay."""
    told = read.ask(read.session("ann"), case_number="00-0000", reason="invented")
    part = told.json()["operators"][0]
    assert (200, 1) == (told.status_code, len(part["reads"]))
    record = read.records()[part["record_index"]]
    assert (Action.QUESTION_INTENT, "ann", "felony_investigation") == (record.action, record.person, record.purpose)
    assert {"plate", "case_number", "reason"} <= record.commitments.keys()


def test_an_officer_cannot_approve_what_they_asked(read: Stage) -> None:
    """A word on the list sends it to somebody else; the author's own approval is refused, whatever the route."""
    ann = read.session("ann")
    told = read.ask(ann, reason="ICE detainer")
    assert 202 == told.status_code
    name = {"request_id": told.json()["request_id"], "operator": "pine"}
    assert 403 == read.post("request.approve", name, ann).status_code
    # without the approval the question is as it was: taking it up again answers nothing
    again = read.post("request.resume", name, ann).json()
    assert ("pending", []) == (again["verdict"], again["reads"])


def test_no_number_of_questions_lists_who_was_there(read: Stage) -> None:
    """Without a plate there is no question; wide patterns are refused before the gate sees them."""
    ann = read.session("ann")
    for plate in ("", "?", "???????", "7??????", "%", "*"):
        told = read.ask(ann, plate=plate)
        assert 400 <= told.status_code < 500 or not told.json()["operators"][0]["reads"], plate
    assert 400 == read.post("questions", {"operators": ["pine"]}, ann).status_code


def test_another_operators_reads_stay_shut(read: Stage) -> None:
    """The same node serves Lake; an officer of Pine has no grant there."""
    told = read.ask(read.session("ann"), operators=["lake"])
    assert 403 == told.status_code
    assert Action.QUESTION_DENIED is read.records("lake")[-1].action


# With a stolen cookie


def test_a_stolen_cookie_asks_as_its_owner_and_the_owner_is_on_record(read: Stage) -> None:
    """What the thief can do: everything the officer can, from anywhere, until the session ends."""
    stolen = read.session("ann")
    told = read.ask(stolen)
    assert 200 == told.status_code
    assert "ann" == read.records()[told.json()["operators"][0]["record_index"]].person


def test_a_stolen_cookie_does_not_change_the_password(read: Stage) -> None:
    """For one's own password the present one is asked for: the thief cannot keep the account."""
    stolen = read.session("ann")
    for body in (
        {"person": "ann", "password": "five plain words are here"},
        {"person": "ann", "password": "five plain words are here", "current": "guess"},
    ):
        told = read.post("user.password", body, stolen)
        assert 400 <= told.status_code < 500, told.text
    assert read.get("/app/ask", stolen).status_code == 200


def test_it_dies_with_the_session(read: Stage) -> None:
    """At sign-out, when the account is closed, when roles or the password change: at once, not at the next sign-in."""
    for end in ("sign-out", "deactivate", "roles", "password"):
        stolen = read.session("ben")
        assert 200 == read.post("request.list", {}, stolen).status_code
        if end == "sign-out":
            read.node.registries.sessions.end(stolen.session_id)
        elif end == "deactivate":
            run(read, "user.deactivate", PersonName(person="ben"))
            run(read, "user.activate", PersonName(person="ben"))
        elif end == "roles":
            run(read, "user.roles", PersonRoles(person="ben", roles=(Role.SUPERVISOR,)))
        else:
            run(read, "user.password", NewPassword(person="ben", password=PASSWORD))
        assert 401 == read.post("request.list", {}, stolen).status_code, end
        assert 303 == read.get("/app/ask", stolen).status_code, end


def test_it_dies_by_itself(read: Stage) -> None:
    """After thirty idle minutes; after twelve hours however busy."""
    idle = read.session("ann")
    read.clock.advance(IDLE_LIFE)
    assert 401 == read.post("request.list", {}, idle).status_code

    busy = read.session("ann")
    for _ in range(int(WHOLE_LIFE / timedelta(minutes=20))):
        assert 200 == read.post("request.list", {}, busy).status_code
        read.clock.advance(timedelta(minutes=20))
    assert 401 == read.post("request.list", {}, busy).status_code


def test_another_site_cannot_use_it(read: Stage) -> None:
    """The cookie goes to this site only, no script reads it, and a form needs a token that only the page has."""
    page = read.get("/app/sign-in").headers["set-cookie"].lower()
    assert "httponly" in page
    assert "samesite=strict" in page
    ann = read.session("ann")
    bare = read.client.post(
        "/app/ask",
        content=b"plate=7OLD111&operators=pine",
        headers={"cookie": f"lockplate_session={ann.session_id}", "content-type": "application/x-www-form-urlencoded"},
        follow_redirects=False,
    )
    assert bare.status_code in {303, 403}
    assert ann.session_id not in bare.text
    assert ann.session_id not in str(bare.headers)


def test_the_database_holds_no_cookie(read: Stage) -> None:
    """Who reads the registry finds hashes of session ids, and can be nobody with them."""
    ann = read.session("ann")
    content = read.node.layout.registry.read_bytes()
    for extra in read.node.layout.registry.parent.glob("registry.db-*"):
        content += extra.read_bytes()
    assert ann.session_id.encode() not in content
    assert ann.csrf_token.encode() not in content


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - MAY))
def test_every_other_command_is_shut_to_an_officer(town: Stage, name: str) -> None:
    """With a body that fits: never 200. A new command is on the list above, or shut to officers."""
    fields = set(OPERATIONS[name].request.__struct_fields__)
    told = town.post(name, {key: value for key, value in ANYTHING.items() if key in fields}, town.session("ann"))
    assert 400 <= told.status_code < 500, (name, told.status_code, told.text)


def test_the_list_of_commands_is_whole() -> None:
    """Every command that an officer may run exists."""
    assert set(OPERATIONS) >= MAY
