"""Every command: help in one line, `--json`, exit codes that scripts can use."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

WORDS = {
    "agency": {"add", "list", "activate", "deactivate"},
    "alerts": {"watch", "deliveries", "retry"},
    "document": {"policy", "report", "list", "state", "count"},
    "fault": {"list", "check", "acknowledge"},
    "grant": {"propose", "approve", "revoke", "paper", "withdraw-paper", "list", "register"},
    "hits": {"list", "show", "confirm", "outcome", "numbers"},
    "hold": {"open", "renew", "close", "list"},
    "hotlist": {"add", "change", "import", "enter", "list", "expire", "entries", "accept", "remove"},
    "law": {"list", "show", "table", "check", "compare", "trace", "local", "adopt", "repeal", "announce"},
    "listen": {"mqtt"},
    "log": {
        "checkpoint",
        "prove",
        "receipts",
        "export",
        "verify",
        "count",
        "reconcile",
        "policy",
        "witnesses",
        "cosign",
    },
    "operator": {"list", "show", "change"},
    "oversight": {"import", "plan", "agencies"},
    "place": {"add", "import", "list", "remove"},
    "reader": {"add", "list", "key", "change", "activate", "deactivate"},
    "record": {"list", "show", "details", "opening", "findings"},
    "request": {"list", "approve", "refuse", "resume"},
    "retention": {"run", "receipts"},
    "user": {"add", "list", "roles", "activate", "deactivate", "password", "release"},
    "witness": {"init", "add-log", "serve", "status", "evidence", "keys"},
    "words": {"list", "add"},
}


WITHOUT_A_NODE = {("law", word) for word in ("list", "show", "table", "check", "compare")}
WITHOUT_A_NODE |= {("log", word) for word in ("verify", "count")}
WITHOUT_A_NODE |= {("witness", word) for word in WORDS["witness"]} | {("listen", "mqtt")}
WITHOUT_A_NODE |= {("oversight", word) for word in WORDS["oversight"]}
"""Commands that read only what ships with the program, or what somebody was handed."""


def test_the_commands_are_those_of_the_contract(nouns: Any) -> None:
    """No more and no fewer."""
    assert WORDS == {noun: {one.name for one in app.registered_commands} for noun, app in nouns.items()}


@pytest.mark.parametrize(("noun", "word"), [(noun, word) for noun, words in WORDS.items() for word in sorted(words)])
def test_each_command_explains_itself(nouns: Any, noun: str, word: str) -> None:
    """`--help` says what it does, and offers `--json` and, where a node is needed, `--home`."""
    result = CliRunner().invoke(nouns[noun], [word, "--help"], env={"COLUMNS": "200"})

    assert 0 == result.exit_code
    assert "--json" in result.stdout
    assert ((noun, word) in WITHOUT_A_NODE) == ("--home" not in result.stdout)
    (command,) = [one for one in nouns[noun].registered_commands if one.name == word]
    assert (command.callback.__doc__ or "").splitlines()[0].endswith((".", "case comes out wrong."))


def test_without_a_node_the_next_step_is_said(make_line: Any, tmp_path: Path) -> None:
    """Exit 2, and how to make one."""
    result = make_line(tmp_path / "nothing").run("operator", "list")

    assert 2 == result.exit_code
    assert "lockplate init" in result.stderr


def test_a_denial_exits_with_three(line: Any) -> None:
    """An officer who would add a person is told the policy and its cite."""
    result = line.run(
        "user", "add", "eve", "--agency", "pine-county", "--role", "officer", "--no-password", "--as", "olga"
    )

    assert 3 == result.exit_code
    assert "default-deny" in result.stderr or "act-" in result.stderr


def test_an_unknown_thing_exits_with_two(line: Any) -> None:
    """As JSON, the error has its code and its next step's place."""
    result = line.run("reader", "key", "nowhere", "--json")

    assert 2 == result.exit_code
    assert '"error":"unknown_reader"' in result.stdout


def test_an_operator_is_shown(line: Any) -> None:
    """Text for people, JSON for programs, the same facts."""
    told = line.json("operator", "show")
    text = line.run("operator", "show").stdout

    assert ("us-ca", 30.0, "record") == (told["profile"], told["retention_days"], told["keeps"])
    assert told["log_vkey"] in text
    assert "pine-county" in line.run("operator", "list").stdout


def test_agencies_are_added_and_listed(line: Any) -> None:
    """The list has the new one and those known from the first minute."""
    line.json("agency", "add", "quarry-police", "--name", "Quarry Police", "--kind", "municipal", "--state", "CA")

    assert "inactive" in line.run("agency", "deactivate", "quarry-police").stdout
    assert line.json("agency", "activate", "quarry-police")["active"]
    assert {"ice", "quarry-police"} <= {one["agency"] for one in line.json("agency", "list")}
    assert "Quarry Police" in line.run("agency", "list").stdout
