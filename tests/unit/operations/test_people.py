"""People: whose word changes them, what stays on record, and whose accounts nobody else can make."""

from typing import Any

import pytest

from lockplate.errors import BadInput, Conflict, Denied, NotFound, Unauthenticated
from lockplate.operations.people import NewPassword, NewPerson, PeopleOf, PersonName, PersonRoles
from lockplate.terms import Action, OperatorId, PersonId, Role, Verdict

RIDGE = OperatorId("ridge-county")


def newcomer(name: str, agency: str = "pine-county", *roles: Role) -> NewPerson:
    return NewPerson(person=name, agency=agency, display_name="Vera Sealed-Name", roles=roles or (Role.OFFICER,))


def test_an_administrator_adds_a_person_on_record(county: Any) -> None:
    """The leaf has ids, agency and roles; the name lies sealed beside it and is in no leaf."""
    start = county.size()

    added = county.run("user.add", newcomer("vera", "pine-county", Role.SUPERVISOR, Role.OFFICER), "ada", there=True)

    assert (None, "Vera Sealed-Name") == (added.password, added.person.display_name)
    (record,) = county.records(start=start)
    assert (Action.PEOPLE_CHANGED, "ada", Verdict.PERMITTED, ("act-administration",)) == (
        record.action,
        record.person,
        record.verdict,
        record.policy_ids,
    )
    facts = {"change": "added", "person": "vera", "agency": "pine-county", "roles": "officer,supervisor"}
    assert facts == record.facts
    desk = county.node.desk("pine-county")
    assert b"Sealed-Name" not in desk.evidence.log.entry(start)
    assert "Vera Sealed-Name" == desk.recorder.details_of(start).values["display_name"]


@pytest.mark.parametrize("person", ["olga", "sam", "uma", "quill", "rex"])
def test_nobody_else_adds_people(county: Any, person: str) -> None:
    """Officers, supervisors, auditors, grantees and another operator's administrator do not; the try is on record."""
    start = county.size()

    with pytest.raises(Denied):
        county.run("user.add", newcomer("mallory"), person, there=True)

    (record,) = county.records(start=start)
    assert (Verdict.DENIED, person, "mallory") == (record.verdict, record.person, record.facts["person"])
    with pytest.raises(NotFound):
        county.node.registries.people.facts(PersonId("mallory"))


def test_an_administrator_makes_no_account_for_another_operator(county: Any) -> None:
    """Pine's administrator cannot make an officer of Ridge, who could ask Ridge's reads; nor of a grantee of both."""
    for agency in ("ridge-county", "quarry-police"):
        with pytest.raises(Denied):
            county.run("user.add", newcomer("mole", agency), "ada", there=True)


def test_the_system_user_is_recorded_at_every_operator_that_it_concerns(county: Any) -> None:
    """A person of an agency without reads may come to matter to each operator: each log says so."""
    before = {name: county.size(name) for name in county.node.desks}

    county.run("user.add", newcomer("quentin", "quarry-police"))

    told = {name: county.records(name, start) for name, start in before.items()}
    assert {name: [("-system", "quentin")] for name in before} == {
        name: [(record.person, record.facts["person"]) for record in records] for name, records in told.items()
    }


def test_over_http_nobody_is_the_system_user(county: Any) -> None:
    """Without a person there is no word to act on."""
    with pytest.raises(Unauthenticated):
        county.run("user.add", newcomer("nobody"), there=True)


def test_nobody_changes_their_own_access(county: Any) -> None:
    """An administrator cannot give themselves another role, on the node's own machine either."""
    with pytest.raises(Denied) as denied:
        county.run("user.roles", PersonRoles(person="ada", roles=(Role.ADMINISTRATOR, Role.OFFICER)), "ada")

    assert ["floor-own-access"] == [reason.policy_id for reason in denied.value.reasons]


def test_roles_and_activity_change_on_record(county: Any) -> None:
    """Each change is a leaf of its own, and counts at once."""
    county.run("user.add", newcomer("wim"))
    start = county.size()

    county.run("user.roles", PersonRoles(person="wim", roles=(Role.AUDITOR,)), "ada", there=True)
    county.run("user.deactivate", PersonName(person="wim"), "abe", there=True)
    closed = county.node.registries.people.facts(PersonId("wim"))
    county.run("user.activate", PersonName(person="wim"), "ada", there=True)

    assert (frozenset({Role.AUDITOR}), False) == (closed.roles, closed.active)
    assert ["roles", "deactivated", "activated"] == [one.facts["change"] for one in county.records(start=start)]


def test_a_made_password_is_shown_once_and_works(county: Any) -> None:
    """It is in the result, in no record, and opens the account; somebody who knows it may change their own."""
    request = NewPerson(
        person="xena", agency="pine-county", display_name="Xena", roles=(Role.OFFICER,), generate_password=True
    )
    start = county.size()
    made = county.run("user.add", request).password

    assert PersonId("xena") == county.node.registries.people.authenticate("xena", made).person
    own = NewPassword(person="xena", password="another long word", current=made)
    changed = county.run("user.password", own, "xena", there=True)

    assert (None, "xena") == (changed.password, county.node.registries.people.authenticate("xena", own.password).person)
    log = county.node.desk("pine-county").evidence.log
    leaves = b"".join(log.entries(start, log.size))
    assert (False, False) == (made.encode() in leaves, b"another long word" in leaves)
    assert [Verdict.NOT_ASKED] * 2 == [one.verdict for one in county.records(start=start)]


def test_one_s_own_password_needs_the_current_one(county: Any) -> None:
    """Without it, it is a change of one's own access; with a wrong one, nothing happens."""
    request = NewPerson(
        person="yuri", agency="pine-county", display_name="Yuri", roles=(Role.OFFICER,), password="yuri's own long word"
    )
    county.run("user.add", request)
    with pytest.raises(Denied):
        county.run("user.password", NewPassword(person="yuri", password="another long word"), "yuri", there=True)
    wrong = NewPassword(person="yuri", password="another long word", current="not the current one")
    start = county.size()

    with pytest.raises(Unauthenticated):
        county.run("user.password", wrong, "yuri", there=True)

    assert start == county.size()


def test_a_change_that_fails_is_recorded_as_failed(county: Any) -> None:
    """A password too short is refused after the record, and the log says that it failed."""
    start = county.size()

    with pytest.raises(BadInput):
        county.run("user.password", NewPassword(person="wim", password="short"))

    intent, failed = county.records(start=start)
    assert (start, "failed", "bad_password") == (failed.refers_to, failed.facts["outcome"], failed.facts["code"])
    assert "password" == intent.facts["change"]


def test_a_locked_account_is_released_by_another_administrator(county: Any) -> None:
    """Five wrong tries lock it; an officer cannot release it, an administrator can, on record."""
    people = county.node.registries.people
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            people.authenticate("yuri", "a wrong long word")
    assert people.get(PersonId("yuri")).locked_at is not None
    with pytest.raises(Denied):
        county.run("user.release", PersonName(person="yuri"), "olga", there=True)

    county.run("user.release", PersonName(person="yuri"), "ada", there=True)

    assert None is people.get(PersonId("yuri")).locked_at
    assert ("ada", "released") == (county.records()[-1].person, county.records()[-1].facts["change"])


@pytest.mark.parametrize(
    ("request_of", "error"),
    [
        (newcomer("Not An Id"), BadInput),
        (newcomer("olga"), Conflict),
        (newcomer("zoe", "nowhere"), NotFound),
        (NewPerson(person="zoe", agency="pine-county", display_name="Zoe", roles=()), BadInput),
        (NewPerson(person="zoe", agency="pine-county", display_name=" ", roles=(Role.OFFICER,)), BadInput),
    ],
)
def test_what_cannot_be_is_refused_without_a_record(county: Any, request_of: NewPerson, error: type[Exception]) -> None:
    """A mistake in the request changes nothing, and what was typed reaches no log."""
    start = county.size()

    with pytest.raises(error):
        county.run("user.add", request_of)

    assert start == county.size()


def test_people_are_listed_for_those_who_answer_for_them(county: Any) -> None:
    """Administrators and auditors see their own agency's people; officers see nobody; nobody sees another operator's."""
    own = {one.person for one in county.run("user.list", PeopleOf(), "uma", there=True)}

    assert {"ada", "olga", "uma"} <= own
    assert {"pine-county"} == {one.agency for one in county.run("user.list", PeopleOf(), "ada", there=True)}
    for person, agency in (("olga", ""), ("ada", "ridge-county"), ("ada", "quarry-police")):
        with pytest.raises(Denied):
            county.run("user.list", PeopleOf(agency=agency), person, there=True)
    assert {"rex", "rita"} == {one.person for one in county.run("user.list", PeopleOf(agency="ridge-county"))}
