"""`lockplate user …`: who may sign in, for which agency, in which roles.

What flows in: ids and roles; a password from a prompt, standard input or a file. What flows out: the person.
What it must never see: a password as an argument. One that is made here is printed once.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.options import DEFAULT_HOME, As, Home, Json, settings_of
from lockplate.cli.output import print_json, print_lines, print_table, told_errors
from lockplate.cli.secret_words import read_password
from lockplate.cli.session import Session
from lockplate.operations.people import NewPassword, NewPerson, PeopleOf, PersonName, PersonRoles
from lockplate.terms import Role

people = typer.Typer(no_args_is_help=True, help="People, their agency and roles.")

User = Annotated[str, typer.Argument(metavar="USER", help="Sign-in name: a-z, 0-9 and . _ @ -")]
Roles = Annotated[list[Role], typer.Option("--role", help="May be repeated.")]
Generate = Annotated[bool, typer.Option("--generate-password", help="Make a password and print it once.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="Its first line; else a prompt, or stdin.")
]


@people.command("add")
def add(
    user: User,
    agency: Annotated[str, typer.Option(metavar="ID", help="The agency they belong to.")],
    roles: Roles,
    name: Annotated[str, typer.Option(help="Their name for people; kept sealed. The user name when left out.")] = "",
    generate: Generate = False,
    password_file: PasswordFile = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="No password: they cannot sign in with one.")
    ] = False,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Add a person. The password comes from a prompt, stdin or a file, never from the command line."""
    with told_errors(as_json=as_json):
        request = NewPerson(
            person=user,
            agency=agency,
            display_name=name or user,
            roles=tuple(roles),
            password=None if generate or no_password else read_password(password_file),
            generate_password=generate,
        )
        _print(Session(settings_of(home)).run("user.add", request, person=person), as_json=as_json)


@people.command("list")
def list_all(
    agency: Annotated[str, typer.Option(metavar="ID", help="Of this agency only.")] = "",
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List people."""
    with told_errors(as_json=as_json):
        lines = Session(settings_of(home)).run("user.list", PeopleOf(agency=agency), person=person)
        if as_json:
            print_json(lines)
        else:
            rows = [
                [one["person"], one["display_name"], one["agency"], ", ".join(sorted(one["roles"])), _state(one)]
                for one in lines
            ]
            print_table(["user", "name", "agency", "roles", ""], rows)


@people.command("roles")
def roles_of(user: User, roles: Roles, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Give a person other roles; their sessions end."""
    _run("user.roles", PersonRoles(person=user, roles=tuple(roles)), person, home, as_json=as_json)


@people.command("deactivate")
def deactivate(user: User, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Close a person's account; their sessions end."""
    _run("user.deactivate", PersonName(person=user), person, home, as_json=as_json)


@people.command("activate")
def activate(user: User, person: As = "", home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Open a person's account again."""
    _run("user.activate", PersonName(person=user), person, home, as_json=as_json)


@people.command("password")
def password(
    user: User,
    generate: Generate = False,
    password_file: PasswordFile = None,
    current_file: Annotated[
        Path | None,
        typer.Option("--current-password-file", metavar="FILE", help="With --as USER: changes one's own password."),
    ] = None,
    person: As = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Give a person another password; their sessions end."""
    with told_errors(as_json=as_json):
        request = NewPassword(
            person=user,
            password=None if generate else read_password(password_file, "New password"),
            generate_password=generate,
            current=None if current_file is None else read_password(current_file),
        )
        _print(Session(settings_of(home)).run("user.password", request, person=person), as_json=as_json)


@people.command("release")
def release(user: User, person: As, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Let a person who was locked out try again; another administrator's word is needed."""
    _run("user.release", PersonName(person=user), person, home, as_json=as_json)


def _run(name: str, request: object, person: str, home: Home, *, as_json: bool) -> None:
    with told_errors(as_json=as_json):
        _print(Session(settings_of(home)).run(name, request, person=person), as_json=as_json)


def _print(changed: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(changed)
        return
    one = changed["person"]
    print_lines([f"{one['person']} of {one['agency']}: {', '.join(sorted(one['roles']))}; {_state(one)}."])
    if changed["password"] is not None:
        print_lines([f"Password, shown this once: {changed['password']}"])


def _state(one: dict[str, Any]) -> str:
    if not one["active"]:
        return "inactive"
    return "active" if one["locked_at"] is None else "locked"
