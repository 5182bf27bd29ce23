"""The commands about alerts: what a person types and reads; secrets once, passwords from files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lockplate.cli.alerts import channels
from receiving import Webhook, webhook


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


def add(line: Any, *words: str) -> Any:
    return line.json("alerts", "channel", "add", *words, "--as", "sam")


@pytest.mark.parametrize("word", ["add", "list", "test", "end"])
def test_each_command_of_a_channel_explains_itself(word: str) -> None:
    """With `--json` and `--home`, as every command."""
    result = CliRunner().invoke(channels, [word, "--help"], env={"COLUMNS": "200"})
    assert 0 == result.exit_code
    assert "--json" in result.stdout
    assert "--home" in result.stdout
    assert {"add", "list", "test", "end"} == {one.name for one in channels.registered_commands}


def test_a_webhook_from_beginning_to_end(line: Any, hook: Webhook) -> None:
    """Made, with its secret shown; tried; listed; ended."""
    text = line.run("alerts", "channel", "add", "webhook", "--for", "olga", "--url", hook.url, "--as", "sam").stdout
    name = text.split(":")[0]
    assert "Signing secret, shown this once: whsec_" in text
    assert f"webhook to http://127.0.0.1:{hook.port}/… for olga, notice." in text
    assert f"{name}: taken, http_204." in line.run("alerts", "channel", "test", name, "--as", "sam").stdout
    hook.answer = lambda _: (500, {}, 0.0)
    tried = line.run("alerts", "channel", "test", name, "--as", "sam")
    assert (1, True) == (tried.exit_code, "NOT taken, http_500" in tried.stdout)
    assert "whsec_" not in line.run("alerts", "channel", "list").stdout
    assert name in line.run("alerts", "channel", "list").stdout
    assert f"{name}: ended." in line.run("alerts", "channel", "end", name, "--as", "sam").stdout
    assert [] == [one for one in line.json("alerts", "channel", "list") if one["channel"]["channel"] == name]


def test_what_is_secret_comes_from_files(line: Any, tmp_path: Path) -> None:
    """A password and certificates; the list shows neither."""
    (tmp_path / "word").write_text("hush hush\n")
    made = add(
        line, "mqtt", "--for", "olga", "--server", "broker.example:8883", "--security", "tls", "--topic", "alerts",
        "--username", "node", "--password-file", str(tmp_path / "word"), "--hours", "22:00-06:00", "--day", "sat",
    )  # fmt: skip
    assert "hush" not in str(made)
    assert {"start": "22:00", "end": "06:00", "days": ["sat"]} == made["channel"]["filter"]["hours"]
    missing = line.run(
        "alerts", "channel", "add", "mqtt", "--for", "olga", "--server", "b.example:1", "--topic", "a",
        "--ca-file", str(tmp_path / "nothing"), "--as", "sam",
    )  # fmt: skip
    assert (2, "cannot read nothing") == (missing.exit_code, missing.stderr.split(" [")[0].removeprefix("lockplate: "))


def test_an_unprotected_plate_is_refused_with_the_way_out(line: Any) -> None:
    """Exit 2, and what to do."""
    result = line.run(
        "alerts", "channel", "add", "webhook", "--for", "olga", "--url", "http://a.example/", "--content", "plate", "--as", "sam"
    )  # fmt: skip
    assert (2, True) == (result.exit_code, "[unprotected_way]" in result.stderr)


def test_nothing_to_show_is_said(line: Any) -> None:
    """An empty outbox, nothing dead, and no server to watch."""
    assert "Nothing to show." in line.run("alerts", "deliveries", "--state", "dead").stdout
    assert "0 deliveries are tried again." in line.run("alerts", "retry", "--all-dead").stdout
    watched = line.run("alerts", "watch", "--as", "olga")
    assert (1, True) == (watched.exit_code, "[node_busy]" in watched.stderr)


def test_a_readers_key_goes_into_a_file(line: Any, tmp_path: Path) -> None:
    """For its owner only, never over a file that is there, and not on the screen."""
    file = tmp_path / "drive.key"
    text = line.run("reader", "add", "drive", "--name", "Drive", "--group", "home", "--key-file", str(file)).stdout
    key = file.read_text().strip()
    assert (0o600, True) == (file.stat().st_mode & 0o777, key.startswith("lpk_"))
    assert key not in text
    again = line.run("reader", "add", "drive-2", "--name", "Drive", "--key-file", str(file))
    assert (2, key) == (again.exit_code, file.read_text().strip())
    assert "in gate, home." in line.run("reader", "change", "drive", "--group", "home", "--group", "gate").stdout
    assert "in no group." in line.run("reader", "change", "drive", "--no-groups").stdout
    assert 2 == line.run("reader", "change", "drive").exit_code


@pytest.mark.parametrize(
    "words",
    [
        ("--url", "http://node.example"), ("--topic", "a/#/b"), ("--broker", "b:x"), ("--format", "nothing"),
        ("--reader-key-file", "nothing"), ("--ca-file", "nothing"),
    ],
)  # fmt: skip
def test_a_listener_says_what_is_wrong_before_it_listens(line: Any, tmp_path: Path, words: tuple[str, str]) -> None:
    """Exit 2: an address, a topic, a broker, a format or a file that cannot be."""
    (tmp_path / "key").write_text("lpk_x\n")
    given = {
        "--broker": "127.0.0.1:1", "--topic": "a", "--url": "http://127.0.0.1:1", "--reader-key-file": str(tmp_path / "key"),
    }  # fmt: skip
    given |= {words[0]: str(tmp_path / words[1]) if words[0].endswith("file") else words[1]}
    result = line.run("listen", "mqtt", *(word for pair in given.items() for word in pair))
    assert 2 == result.exit_code, result.output
