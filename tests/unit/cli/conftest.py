"""The command line in this process: a home folder, and every noun as `lockplate` offers it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from lockplate.cli.main import app

NOUNS = {str(group.name): group.typer_instance for group in app.registered_groups if group.typer_instance is not None}


class Line:
    """Runs commands on one home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str, stdin: str = "") -> Result:
        """Run a command and return its result."""
        return CliRunner().invoke(app, list(words), input=stdin, env={"LOCKPLATE_HOME": str(self.home)})

    def json(self, *words: str, stdin: str = "") -> Any:
        """Run a command with `--json`, which must succeed, and return what it printed."""
        result = self.run(*words, "--json", stdin=stdin)
        assert 0 == result.exit_code, result.output
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A node with one operator, an administrator, two supervisors and an officer."""
    made = Line(tmp_path_factory.mktemp("cli") / "home")
    made.json("init", "--operator", "pine-county", "--profile", "us-ca", "--kind", "county")
    for user, role in (("ada", "administrator"), ("sam", "supervisor"), ("sue", "supervisor"), ("olga", "officer")):
        made.json("user", "add", user, "--agency", "pine-county", "--role", role, "--no-password")
    return made


@pytest.fixture(scope="session")
def nouns() -> dict[str, typer.Typer]:
    """Every noun and its commands."""
    return NOUNS


@pytest.fixture(scope="session")
def make_line() -> Callable[[Path], Line]:
    """The way to a command line on another home folder."""
    return Line
