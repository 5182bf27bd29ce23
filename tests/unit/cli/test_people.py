"""Passwords on the command line: from stdin, a file or made here; never an argument."""

from pathlib import Path
from typing import Any

ADD = ("user", "add", "--agency", "pine-county", "--role", "officer")


def test_a_password_is_read_from_standard_input(line: Any) -> None:
    """Its first line; it is not printed."""
    result = line.run(*ADD, "vera", stdin="correct horse battery\n")

    assert 0 == result.exit_code
    assert "correct horse" not in result.output
    (vera,) = [one for one in line.json("user", "list") if one["person"] == "vera"]
    assert vera["has_password"]


def test_a_password_is_read_from_a_file(line: Any, tmp_path: Path) -> None:
    """Its first line, too."""
    file = tmp_path / "password"
    file.write_text("correct horse battery\nsecond line\n", encoding="utf-8")

    assert 0 == line.run(*ADD, "wim", "--password-file", str(file)).exit_code
    assert 0 == line.run("user", "password", "wim", "--as", "ada", "--password-file", str(file)).exit_code


def test_no_password_is_a_mistake(line: Any) -> None:
    """Nothing on stdin and no option: exit 2, and what can be done."""
    result = line.run(*ADD, "xena")

    assert 2 == result.exit_code
    assert "--generate-password" in result.stderr


def test_a_password_is_no_option(line: Any) -> None:
    """Arguments are seen by everybody on the machine."""
    result = line.run(*ADD, "xena", "--password", "correct horse battery")

    assert 2 == result.exit_code
    assert "No such option" in result.output


def test_a_made_password_is_printed_once(line: Any) -> None:
    """It is in this output and in no other."""
    made = line.json(*ADD, "yuri", "--generate-password")["password"]

    assert 24 == len(made)
    assert made not in line.run("user", "list").output


def test_roles_and_accounts_change(line: Any) -> None:
    """Each change prints where the person stands now."""
    line.json(*ADD, "zoe", "--no-password")

    assert "auditor" in line.run("user", "roles", "zoe", "--role", "auditor", "--as", "ada").stdout
    assert "inactive" in line.run("user", "deactivate", "zoe", "--as", "ada").stdout
    assert line.json("user", "activate", "zoe", "--as", "ada")["person"]["active"]
    assert 0 == line.run("user", "release", "zoe", "--as", "ada").exit_code
