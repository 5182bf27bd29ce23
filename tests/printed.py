"""Commands as a document prints them, with what they print: taken out, run, and compared but for what differs each time."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

PROMPT = "$ "
ANY = "…"
"""In a document: some text, or, alone on a line, some lines."""
VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "HEX"),
    (re.compile(r"[A-Za-z0-9+/]{30,}={0,2}"), "BASE64"),
    (re.compile(r"\b\d+(?:\.\d+)? s\b"), "SECONDS"),
)
"""What differs from run to run: times, ids, hashes, signatures."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command, what the document prints below it, and the word of its block's mark, if any."""

    command: str
    printed: tuple[str, ...]
    word: str = ""


def steps_of(text: str, mark: str = "by hand") -> Iterator[Step]:
    """Yield the steps of the blocks below `<!-- mark -->`, in order.

    A `console` block holds commands behind a prompt, each going on after a backslash, and their output; a `sh` block
    is one step that prints nothing. The mark may name a word: `<!-- mark: word -->`.
    """
    block = re.compile(rf"^<!-- {mark}(?:: (\w+))? -->\n```(console|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    for word, kind, body in block.findall(text):
        if kind == "sh":
            yield Step(command=body, printed=(), word=word)
        else:
            yield from _typed(body, word)


def _typed(body: str, word: str) -> Iterator[Step]:
    lines = iter(body.splitlines())
    command, printed = "", []
    for line in lines:
        if not line.startswith(PROMPT):
            printed.append(line)
            continue
        if command:
            yield Step(command=command, printed=tuple(printed), word=word)
        command, printed = line.removeprefix(PROMPT), []
        while command.endswith("\\"):
            command = command.removesuffix("\\") + next(lines).strip()
    if command:
        yield Step(command=command, printed=tuple(printed), word=word)


def shape(line: str) -> str:
    """Return a line with what varies named instead of written."""
    for pattern, name in VARIES:
        line = pattern.sub(name, line)
    return " ".join(line.split())


def agrees(printed: Sequence[str], came: Sequence[str]) -> bool:
    """Say whether lines that came are those that are printed."""
    if not printed:
        return not came
    if printed[0].strip() == ANY:
        return any(agrees(printed[1:], came[skipped:]) for skipped in range(len(came) + 1))
    pieces = (re.escape(shape(piece)) for piece in printed[0].split(ANY))
    return (
        bool(came)
        and re.fullmatch(r"\s*.*\s*".join(pieces), shape(came[0])) is not None
        and agrees(printed[1:], came[1:])
    )


def run(command: str, folder: Path) -> list[str]:
    """Run a command as a shell would, with this environment's `lockplate`, and return the lines that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKPLATE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, (command, done.stderr.decode())
    return done.stdout.decode().splitlines()
