"""The command line as the README shows it: from an empty folder to an answer that anyone can check."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from lockplate.cli.main import app
from running import Home, lookup_words

NOW = datetime.now(UTC).replace(microsecond=0)
START, END = ((NOW + timedelta(hours=hours)).isoformat() for hours in (-6, 1))
NOT_JSON = {"serve", "demo"}
"""Commands that run until Ctrl-C and have no result."""


def payload(plate: str, minutes: int, uuid: str) -> str:
    at = NOW - timedelta(minutes=minutes)
    results = [{"plate": plate, "confidence": 88.0}]
    return json.dumps({"data_type": "alpr_results", "epoch_time": int(at.timestamp() * 1000), "camera_id": 3,
                       "uuid": uuid, "results": results})  # fmt: skip


@pytest.fixture(scope="module")
def node(home: Home) -> Home:
    """A node with an officer, a supervisor, a reader and two files of reads."""
    made = home.json("init", "--operator", "pine", "--profile", "us-ca")
    assert ("pine", "us-ca") == (made["operator"], made["profile"])
    assert not Path(made["kek_file"]).is_relative_to(made["home"])
    for person, role in (("ann", "officer"), ("ben", "supervisor")):
        home.json("user", "add", person, "--agency", "pine", "--role", role, "--no-password")
    assert "key" in home.json("reader", "add", "bridge-1", "--name", "Bridge, eastbound")
    (home.folder / "one.json").write_text(payload("7ONE111", 30, "u-1"))
    (home.folder / "two.json").write_text(payload("8TWO222", 20, "u-2"))
    lines = [{"plate": f"9LINE{number}", "captured_at": START, "reader": "bridge-1"} for number in range(5)]
    (home.folder / "lines.ndjson").write_text("\n".join(json.dumps(line) for line in lines))
    return home


def test_from_files_to_a_proof(node: Home) -> None:
    """Ingest → lookup → checkpoint → prove → verify → export → fsck, each with the exit code that it promises."""
    report = node.json("ingest", "one.json", "two.json", "lines.ndjson")
    assert (7, 7, 0) == (report["rows"], report["imported"], report["refused"])
    assert ["one.json", "two.json", "lines.ndjson"] == [one["file"] for one in report["files"]]
    again = node.json("ingest", "lines.ndjson")
    assert (5, 0, 5) == (again["rows"], again["imported"], again["duplicate"])

    answer = node.json(*lookup_words("7one 111", "pine", "ann", START, END))
    assert ("permitted", ["7ONE111"]) == (answer["decision"], [read["as_read"] for read in answer["reads"]])
    assert all(policy["cite"] for policy in answer["policies"])
    assert answer["policies"]

    checkpoint = node.json("log", "checkpoint")
    assert answer["record_index"] < checkpoint["size"]
    proof = node.json("log", "prove", str(answer["record_index"]))["proof"]
    (node.folder / "proof.txt").write_text(proof)
    (node.folder / "key.txt").write_text(checkpoint["vkey"])
    told = node.json("log", "verify", "proof.txt", "--key", "key.txt")
    assert ("proof", "question:intent", "ann") == (
        told["verified"],
        told["record"]["action"],
        told["record"]["person"],
    )
    assert "7ONE111" not in proof

    exported = node.json("log", "export", "exported")
    assert exported["size"] >= checkpoint["size"]
    assert node.json("fsck", "--export", "exported", "--key", "key.txt")["clean"]
    assert node.json("fsck")["clean"]
    bundle = next(path for path in (node.folder / "exported").rglob("*") if path.is_file() and "entries" in path.parts)
    content = bytearray(bundle.read_bytes())
    content[40] ^= 1
    bundle.write_bytes(content)
    assert not node.json("fsck", "--export", "exported", "--key", "key.txt", code=1)["clean"]


def test_a_proof_that_was_changed_fails(node: Home) -> None:
    """One character of the file, another log's key, or no proof at all: exit 1 or 2, in words, without a traceback."""
    checkpoint = node.json("log", "checkpoint")
    proof = node.json("log", "prove", "0")["proof"]
    (node.folder / "key0.txt").write_text(checkpoint["vkey"])
    extra = proof.split("\n")[1]
    changed = extra[:-6] + ("A" if extra[-6] != "A" else "B") + extra[-5:]
    for name, text in (("changed.txt", proof.replace(extra, changed)), ("cut.txt", proof[:-30]), ("none.txt", "hello")):
        (node.folder / name).write_text(text)
        done = node.run("log", "verify", name, "--key", "key0.txt")
        assert 1 == done.returncode, (name, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("lockplate: ")


@pytest.mark.parametrize(
    ("words", "code", "decision"),
    [
        ((), 0, "permitted"),
        (("--case", ""), 3, "denied"),
        (("--on-behalf-of", "ice"), 3, "denied"),
        (("--reason", "ICE detainer"), 4, "pending"),
    ],
)
def test_exit_codes_of_a_question(node: Home, words: tuple[str, ...], code: int, decision: str) -> None:
    """0 answered, 3 denied, 4 waiting; the JSON says the same."""
    answer = node.json(*lookup_words("7ZZZ999", "pine", "ann", START, END, *words), code=code)

    assert decision == answer["decision"]
    assert isinstance(answer["record_index"], int)


def test_the_callers_mistakes_are_two(node: Home) -> None:
    """A wrong word, an unknown person, only wildcards: exit 2, a code and a next step; no plate in the message."""
    for words, error in (
        (lookup_words("7ZZZ999", "pine", "nobody", START, END), "unknown_person"),
        (lookup_words("???", "pine", "ann", START, END), "no_plate"),
        (lookup_words("7ZZZ999", "pine", "ann", END, START), "bad_window"),
        (("ingest", "not-there.json"), "no_file"),
    ):
        told = node.json(*words, code=2)
        assert (error, "caller") == (told["error"], told["fault"])
        assert "7ZZZ999" not in json.dumps(told)


def test_the_same_through_the_running_server(node: Home) -> None:
    """While the server owns the node, commands go through it: same answers, same exit codes, same words."""
    with node.serve():
        answer = node.json(*lookup_words("8TWO222", "pine", "ann", START, END))
        denied = node.json(*lookup_words("8TWO222", "pine", "ann", START, END, "--case", ""), code=3)
        waiting = node.json(*lookup_words("8TWO222", "pine", "ann", START, END, "--reason", "ICE"), code=4)
        name = (waiting["request_id"], "--operator", "pine")
        by_author = node.json("request", "approve", *name, "--as", "ann", code=3)
        node.json("request", "approve", *name, "--as", "ben")
        taken_up = node.json("request", "resume", *name, "--as", "ann")
        twice = node.json("request", "resume", *name, "--as", "ann", code=2)
        again = node.json("ingest", "two.json")
        assert node.json("fsck")["clean"]

    assert ["8TWO222"] == [read["as_read"] for read in answer["reads"]]
    assert "floor-case-number-missing" in [policy["policy_id"] for policy in denied["policies"]]
    assert "denied" == by_author["error"]
    assert by_author["reasons"]
    assert ["8TWO222"] == [read["as_read"] for read in taken_up["reads"]]
    assert "request_over" == twice["error"]
    assert (1, 0) == (again["rows"], again["imported"])


def test_parse_needs_no_node(fresh_home: Home) -> None:
    """One JSON object a file, in the contract's fields; nothing is made in the folder."""
    (fresh_home.folder / "a.json").write_text(payload("7AAA111", 1, "u-a"))
    (fresh_home.folder / "b.json").write_text("{")
    (fresh_home.folder / "c.json").write_text('{"data_type": "heartbeat", "agent_uid": "x"}')

    done = fresh_home.run("parse", "a.json", "b.json", "c.json", "--json")
    words = fresh_home.run("parse", "a.json")

    assert (0, 0) == (done.returncode, words.returncode)
    files = [json.loads(line) for line in done.stdout.splitlines()]
    assert [("openalpr", 1, 0, 0), ("unknown", 0, 1, 0), ("openalpr", 0, 0, 1)] == [
        (one["format"], len(one["reads"]), len(one["rejects"]), len(one["ignored"])) for one in files
    ]
    fields = {
        "format", "plate_text", "plate_key", "region", "captured_at", "captured_at_raw", "clock_rule", "confidence",
        "reader_id", "event_id", "passage_ids", "direction", "vehicle", "candidates", "images",
    }  # fmt: skip
    assert fields <= files[0]["reads"][0].keys()
    assert "7AAA111" in words.stdout
    assert not fresh_home.path.exists()


def test_home_and_json_may_stand_before_the_command(fresh_home: Home) -> None:
    """`lockplate --home DIR --json COMMAND` is `lockplate COMMAND --home DIR --json`."""
    elsewhere = fresh_home.folder / "elsewhere"

    made = fresh_home.run("--home", str(elsewhere), "--json", "init", "--operator", "oak", "--profile", "match-only")
    before = fresh_home.run("--json", "--home", str(elsewhere), "operator", "list")
    after = fresh_home.run("operator", "list", "--home", str(elsewhere), "--json")

    assert (0, 0, 0) == (made.returncode, before.returncode, after.returncode), made.stderr + before.stderr
    assert "oak" == json.loads(made.stdout)["operator"]
    assert json.loads(after.stdout) == json.loads(before.stdout)
    assert not fresh_home.path.exists()


def test_a_folder_without_a_node_says_so(fresh_home: Home) -> None:
    """Exit 2 and what to do, for a question and for a file."""
    for words in (lookup_words("7AAA111", "pine", "ann", START, END), ("fsck",)):
        assert "no_node" == fresh_home.json(*words, code=2)["error"]


def commands(group: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that does something, with the words that call it."""
    nested = getattr(group, "commands", None)
    if nested is None:
        yield words, group
        return
    for name, command in sorted(nested.items()):
        yield from commands(command, (*words, name))


ALL_COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(("words", "command"), ALL_COMMANDS, ids=[" ".join(words) for words, _ in ALL_COMMANDS])
def test_every_command_explains_itself(words: tuple[str, ...], command: click.Command) -> None:
    """`--help` works, says what the command does and what each option means; all but the servers speak JSON."""
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})

    assert 0 == shown.exit_code, shown.output
    assert (command.help or "").strip().endswith(".") or "." in (command.help or "")
    options = {name for parameter in command.params for name in parameter.opts}
    assert ("--json" in options) == (words[0] not in NOT_JSON)
