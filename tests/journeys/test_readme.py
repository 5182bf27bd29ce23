"""The README's commands by hand: run as they are printed, on a node of their own, and compared with what is printed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^<!-- by hand -->\n```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROMPT = "$ "
ANY = "…"
"""In the README: some text, or, alone on a line, some lines."""
VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "HEX"),
    (re.compile(r"[A-Za-z0-9+/]{30,}={0,2}"), "BASE64"),
    (re.compile(r"\b\d+(?:\.\d+)? s\b"), "SECONDS"),
)
"""What differs from run to run: times, ids, hashes, signatures."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command and what the README prints below it."""

    command: str
    printed: tuple[str, ...]


def steps_of(text: str) -> Iterator[Step]:
    """Yield the steps of the README's marked blocks, in order; a command goes on after a backslash."""
    for block in BLOCK.findall(text):
        lines = iter(block.splitlines())
        command, printed = "", []
        for line in lines:
            if not line.startswith(PROMPT):
                printed.append(line)
                continue
            if command:
                yield Step(command=command, printed=tuple(printed))
            command, printed = line.removeprefix(PROMPT), []
            while command.endswith("\\"):
                command = command.removesuffix("\\") + next(lines).strip()
        if command:
            yield Step(command=command, printed=tuple(printed))


STEPS = tuple(steps_of(README.read_text(encoding="utf-8")))


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


def test_a_newcomer_can_follow_the_readme(tmp_path: Path) -> None:
    """Each command runs, and prints what stands below it but for times, ids, hashes and signatures."""
    for step in STEPS:
        came = run(step.command, tmp_path)

        assert agrees(step.printed, came), "\n".join([step.command, "printed:", *step.printed, "came:", *came])


def test_the_readme_shows_a_whole_path() -> None:
    """From a new node to a checked proof: every command that the first hour needs is among the steps."""
    first_words = {" ".join(step.command.split()[1:3]) for step in STEPS}
    wanted = {"init --operator", "user add", "parse traffic/payloads/0000021-sim-03-platerecognizer.multipart"}

    assert wanted <= first_words
    for name in ("simulate", "ingest", "lookup", "log checkpoint", "log prove", "log verify", "fsck"):
        assert any(step.command.startswith(f"lockplate {name}") for step in STEPS), name


@pytest.mark.parametrize(
    ("printed", "came", "expected"),
    [
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        (["a"], [], False),
        ([], ["a"], False),
        (["a", "…", "d"], ["a", "b", "c", "d"], True),
        (["a", "…", "d"], ["a", "b", "c"], False),
        (["node: …/home"], ["node: /x/y/home"], True),
        (["at 2026-11-24, 0.1 s"], ["at 2031-01-01, 12 s"], True),
        (["64 imported"], ["65 imported"], False),
        (["key: a+d705ebea+AfZRJJwjDxw0LJZSrAmduxPZoJxNIBPMxa2zZtEihp"],
         ["key: a+0123abcd+BBBBJJwjDxw0LJZSrAmduxPZoJxNIBPMxa2zZtEihp"], True),
    ],
)  # fmt: skip
def test_the_comparison_would_see(printed: list[str], came: list[str], *, expected: bool) -> None:
    """What varies may vary; anything else may not."""
    assert expected == agrees(printed, came)
