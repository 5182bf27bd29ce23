"""Secret words: a password from a prompt, standard input or a file; never from an argument, which others can see.

What flows in: what a person types. What flows out: the password.
What it must never see: a command line with a password in it.
"""

import sys
from pathlib import Path

import typer

from lockplate.errors import BadInput


def read_password(file: Path | None, prompt: str = "Password") -> str:
    """Return a password: of the file's first line; typed twice at a terminal; or standard input's first line.

    Raises BadInput when there is none.
    """
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadInput(f"cannot read {file.name}", code="no_file") from None
    elif sys.stdin.isatty():
        text = typer.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = sys.stdin.readline()
    password = text.split("\n", 1)[0].rstrip("\r")
    if not password:
        raise BadInput(
            "no password was given",
            code="no_password",
            next_step="Type it, pipe it in, name a file with --password-file, or take --generate-password.",
        )
    return password
