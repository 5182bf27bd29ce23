"""`lockplate law`: no node needed."""

import json
from pathlib import Path
from typing import Any

import pytest

from lockplate.cli import law as law_commands


@pytest.fixture
def nowhere(make_line: Any, tmp_path: Path) -> Any:
    """A command line whose home folder does not exist, and must not be made."""
    made = make_line(tmp_path / "nowhere")
    yield made
    assert not made.home.exists()


def test_a_law_is_shown_as_of_a_day(nowhere: Any) -> None:
    """Values with cites; a day before the law is exit 2 with the next step."""
    told = nowhere.json("law", "show", "us-va", "--on", "2026-01-01")
    text = nowhere.run("law", "show", "us-va", "--on", "2026-01-01").stdout

    assert (21.0, "us-va") == (told["retention_days"], told["profile"])
    assert told["hash"] in text
    assert "NOT checked" in text
    early = nowhere.run("law", "show", "us-va", "--on", "2024-01-01")
    assert (2, True) == (early.exit_code, "match-only" in early.stderr)


def test_laws_are_listed_and_compared(nowhere: Any) -> None:
    """Every profile; two side by side."""
    assert {"us-ca", "match-only"} <= {one["profile"] for one in nowhere.json("law", "list")}
    assert "us-ca" in nowhere.run("law", "list").stdout
    assert "differs" in nowhere.run("law", "compare", "us-ca", "us-va").stdout
    assert [] == [row for row in nowhere.json("law", "compare", "us-ca", "us-ca") if not row["same"]]


def test_the_check_passes_and_says_what_to_know(nowhere: Any) -> None:
    """Exit 0: every case comes out as it must; problems are listed all the same."""
    result = nowhere.run("law", "check")

    assert (0, True) == (result.exit_code, " 0 failed." in result.stdout)
    assert nowhere.json("law", "check")["problems"]


def test_a_wrong_case_exits_with_one(nowhere: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """A permitted case filed under DENY fails the check, by name."""
    shipped = law_commands.policy_folder() / "cases"
    for kind in ("ALLOW", "DENY", "APPROVAL"):
        (tmp_path / "cases" / kind).mkdir(parents=True)
        source = min((shipped / kind).glob("*.json"))
        (tmp_path / "cases" / kind / source.name).write_bytes(source.read_bytes())
    (tmp_path / "cases" / "DENY" / "wrong.json").write_bytes(min((shipped / "ALLOW").glob("*.json")).read_bytes())
    monkeypatch.setattr(law_commands, "policy_folder", lambda: tmp_path)

    result = nowhere.run("law", "check")
    as_json = nowhere.run("law", "check", "--json")

    assert (1, 1) == (result.exit_code, as_json.exit_code)
    assert "FAILED DENY/wrong" in result.stdout
    assert ["DENY/wrong"] == [one["name"] for one in json.loads(as_json.stdout)["failed"]]
