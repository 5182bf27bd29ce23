"""Manage people: `user add|list|roles|activate|deactivate|password|release`.

What flows in: a person's id, agency, roles, a password. What flows out: what an administrator may see of them.
What it must never see: a password in a record, a message or a result, but for one that was made here, shown once.
"""

import secrets
from collections.abc import Callable

import msgspec

from lockplate.errors import BadInput, Conflict, NotFound
from lockplate.gate.act import Act, ActContext
from lockplate.operations.authority import Authority, Change, carry_out, make_recorded, operators_of, require_any
from lockplate.operations.operation import Actor, Operation
from lockplate.registry.ids import require_login
from lockplate.registry.people import Person
from lockplate.terms import Action, AgencyId, PersonId, Role
from lockplate.wiring.node import Node

GENERATED_BYTES = 18
"""144 random bits in 24 characters."""


class NewPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to add."""

    person: str
    agency: str
    display_name: str
    roles: tuple[Role, ...]
    password: str | None = None
    generate_password: bool = False


class PersonName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person."""

    person: str


class PersonRoles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's roles from now on."""

    person: str
    roles: tuple[Role, ...]


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password for a person."""

    person: str
    password: str | None = None
    generate_password: bool = False
    current: str | None = None
    """The password so far: with it, a person changes their own."""


class PeopleOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose people; empty: of every agency one may see."""

    agency: str = ""


class ChangedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person after a change, and a password that was made here: it is shown this once."""

    person: Person
    password: str | None = None


def add_person(node: Node, actor: Actor, new: NewPerson) -> ChangedPerson:
    """Add a person of an agency, with roles."""
    name = PersonId(require_login(new.person))
    agency = node.registries.agencies.get(AgencyId(new.agency)).agency
    roles = _roles(new.roles)
    if not new.display_name.strip():
        raise BadInput("a person has a name", code="bad_person")
    if _exists(node, name):
        raise Conflict("a person with this id exists already")
    password = _password(new.password, generate=new.generate_password)
    change = Change(
        action=Action.PEOPLE_CHANGED,
        facts={"change": "added", "person": name, "agency": agency, "roles": _words(roles)},
        private={"display_name": new.display_name.strip()},
    )
    carry_out(
        node,
        actor,
        Act.MANAGE_PEOPLE,
        operators_of(node, agency),
        change,
        lambda: node.registries.people.add(
            name, agency=agency, display_name=new.display_name, roles=roles, password=password
        ),
        ActContext(subject=name),
    )
    return _changed(node, name, password if new.generate_password else None)


def list_people(node: Node, actor: Actor, which: PeopleOf) -> tuple[Person, ...]:
    """List people: an administrator or auditor sees those of agencies that they answer for."""
    if actor.person is None:
        actor.require_system_user()
        return node.registries.people.list_all(AgencyId(which.agency) if which.agency else None)
    own = actor.require_person(node).agency
    agency = AgencyId(which.agency) if which.agency else own if len(node.desks) > 1 else None
    for operator in tuple(node.desks) if agency is None else operators_of(node, agency):
        require_any(node, actor, (Act.MANAGE_PEOPLE, Act.READ_RECORDS), operator)
    return node.registries.people.list_all(agency)


def set_roles(node: Node, actor: Actor, request: PersonRoles) -> ChangedPerson:
    """Give a person other roles and end their sessions."""
    roles = _roles(request.roles)
    name = PersonId(request.person)
    return _carry_out(
        node,
        actor,
        name,
        {"change": "roles", "roles": _words(roles)},
        lambda: node.registries.people.set_roles(name, roles),
    )


def deactivate_person(node: Node, actor: Actor, request: PersonName) -> ChangedPerson:
    """Close a person's account and end their sessions."""
    name = PersonId(request.person)
    return _carry_out(node, actor, name, {"change": "deactivated"}, lambda: node.registries.people.deactivate(name))


def activate_person(node: Node, actor: Actor, request: PersonName) -> ChangedPerson:
    """Open a person's account again."""
    name = PersonId(request.person)
    return _carry_out(node, actor, name, {"change": "activated"}, lambda: node.registries.people.activate(name))


def set_password(node: Node, actor: Actor, request: NewPassword) -> ChangedPerson:
    """Give a person another password and end their sessions; with the current one, a person changes their own."""
    name = PersonId(request.person)
    password = _password(request.password, generate=request.generate_password)
    if password is None:
        raise BadInput("no password was given", code="no_password")
    shown = password if request.generate_password else None

    def step() -> None:
        node.registries.people.set_password(name, password)

    facts = {"change": "password"}
    if actor.person == name and request.current is not None:
        person = node.registries.people.authenticate(name, request.current)
        change = Change(action=Action.PEOPLE_CHANGED, facts=facts | {"person": person.person})
        self_made = Authority(person=person.person, agency=person.agency, allowance=None)
        make_recorded(node, dict.fromkeys(operators_of(node, person.agency), self_made), change, step)
        return _changed(node, name, shown)
    return _carry_out(node, actor, name, facts, step, shown)


def release_person(node: Node, actor: Actor, request: PersonName) -> ChangedPerson:
    """Let a person who was locked out try again, on another administrator's word."""
    name = PersonId(request.person)
    by = actor.require_person(node).person
    return _carry_out(node, actor, name, {"change": "released"}, lambda: node.registries.people.release(name, by=by))


def _carry_out(
    node: Node,
    actor: Actor,
    name: PersonId,
    facts: dict[str, str],
    step: Callable[[], object],
    shown: str | None = None,
) -> ChangedPerson:
    """Change a known person's access, on record."""
    person = node.registries.people.facts(name)
    change = Change(action=Action.PEOPLE_CHANGED, facts=facts | {"person": person.person})
    carry_out(
        node,
        actor,
        Act.MANAGE_PEOPLE,
        operators_of(node, person.agency),
        change,
        step,
        ActContext(subject=person.person),
    )
    return _changed(node, name, shown)


def _changed(node: Node, name: PersonId, password: str | None) -> ChangedPerson:
    return ChangedPerson(person=node.registries.people.get(name), password=password)


def _exists(node: Node, name: PersonId) -> bool:
    try:
        node.registries.people.facts(name)
    except NotFound:
        return False
    return True


def _roles(roles: tuple[Role, ...]) -> frozenset[Role]:
    if not roles:
        raise BadInput("a person has at least one role", code="no_role")
    return frozenset(roles)


def _words(roles: frozenset[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _password(given: str | None, *, generate: bool) -> str | None:
    """Return the password to set: the one given, or one made here."""
    if generate and given is not None:
        raise BadInput("give a password, or have one made", code="two_passwords")
    return secrets.token_urlsafe(GENERATED_BYTES) if generate else given


PEOPLE = (
    Operation(name="user.add", request=NewPerson, handler=add_person, says="Add a person."),
    Operation(name="user.list", request=PeopleOf, handler=list_people, says="List people."),
    Operation(name="user.roles", request=PersonRoles, handler=set_roles, says="Give a person other roles."),
    Operation(name="user.deactivate", request=PersonName, handler=deactivate_person, says="Close an account."),
    Operation(name="user.activate", request=PersonName, handler=activate_person, says="Open an account again."),
    Operation(name="user.password", request=NewPassword, handler=set_password, says="Set another password."),
    Operation(name="user.release", request=PersonName, handler=release_person, says="Release a locked account."),
)
