"""Asking at another node: the options that say where, and how to get in there.

What flows in: an address, a key or its file, a name; a password from a file, the environment, a prompt or a pipe.
What flows out: a Visit; the other side's answer in words.
What it must never see: a password as an argument.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lockplate.cli.output import print_lines
from lockplate.errors import BadInput
from lockplate.operations.elsewhere import Visit

PASSWORD_VARIABLE = "LOCKPLATE_PASSWORD_THERE"  # noqa: S105 - a name, not a password

At = Annotated[str, typer.Option("--at", metavar="URL", help="Ask at another node, as yourself.")]
KeyThere = Annotated[
    str, typer.Option("--key", metavar="K", help="With --at: the key of the other operator's log, or a file of it.")
]
SignIn = Annotated[
    str, typer.Option("--sign-in", metavar="NAME", help="With --at: your name there, when it is another one.")
]
PasswordThere = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help=f"With --at: your password there, its first line; else {PASSWORD_VARIABLE}, a prompt, or stdin.",
    ),
]
OwnOperator = Annotated[
    str,
    typer.Option("--own-operator", metavar="ID", help="With --at: whose log here keeps the record, if there are more."),
]


def visit_of(at: str, operator: str, key: str, sign_in: str, password_file: Path | None, own_operator: str) -> Visit:
    """Return where to ask; the password is read last. Raises BadInput when the key or the password is missing."""
    vkey = read_vkey(key)
    return Visit(
        url=at,
        operator=operator,
        key=vkey,
        sign_in=sign_in,
        password=read_password_there(password_file, at),
        own_operator=own_operator,
    )


def read_vkey(key: str) -> str:
    """Return a log's key, given whole or as a file; raises BadInput when there is none."""
    if not key:
        raise BadInput(
            "the key of the other log is needed",
            code="no_key",
            next_step="Get it from that operator by another way than from the node itself; give it with --key.",
        )
    if "+" in key and not (len(key) < 200 and Path(key).is_file()):
        return key.strip()
    try:
        return Path(key).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        raise BadInput("cannot read the file of the key", code="no_file") from None


def read_password_there(file: Path | None, at: str) -> str:
    """Return a password: of the file, the environment, a prompt, or standard input's first line."""
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadInput(f"cannot read {file.name}", code="no_file") from None
    elif PASSWORD_VARIABLE in os.environ:
        text = os.environ[PASSWORD_VARIABLE]
    elif sys.stdin.isatty():
        text = typer.prompt(f"Password at {at}", hide_input=True, err=True)
    else:
        text = sys.stdin.readline()
    password = text.split("\n", 1)[0].rstrip("\r")
    if not password:
        raise BadInput("no password was given", code="no_password", next_step="Type it, pipe it in, or name a file.")
    return password


def print_both_records(answer: dict[str, Any]) -> None:
    """Print where both sides' records are."""
    (part,) = answer["operators"]
    there = [part["record_index"]] + ([] if part["outcome_index"] is None else [part["outcome_index"]])
    under = f"proved under its checkpoint of {answer['there_size']} records"
    print_lines(
        [
            f"On record here, {answer['own_operator']}: {answer['own_record_index']}, {answer['own_outcome_index']}.",
            f"On record there, {answer['there']}: {', '.join(map(str, there))}; {under}.",
        ]
    )
    if answer["decision"] == "pending":
        print_lines([f"A supervisor of yours decides there. Then: lockplate request resume {answer['request_id']} …"])
