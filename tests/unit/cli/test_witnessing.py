"""`lockplate witness …` as a keeper types it: words, JSON, exit codes, and no secret on any line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockplate.cli.main import app
from lockplate.cli.witnessing import address
from lockplate.clock import SystemClock
from lockplate.errors import BadInput, LockplateError
from lockplate.witnessing.folder import WitnessFolder
from witnessed import PlainLog

LOG = PlainLog()


class Keeper:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def state(self) -> Path:
        return self.folder / "witness"

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["witness", *words], env={"LOCKPLATE_WITNESS_STATE": str(self.state)})

    def json(self, *words: str, code: int = 0):
        done = self.run(*words, "--json")
        assert code == done.exit_code, done.output
        (line,) = done.stdout.splitlines()
        return json.loads(line)

    def ask(self, log: PlainLog, old: int, new: int) -> None:
        """Let a log ask the witness, in this process."""
        with WitnessFolder.at(self.state).open(SystemClock()) as witness:
            try:
                witness.add_checkpoint(log.body(old, new))
            except LockplateError:
                return


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    made = Keeper(tmp_path)
    made.json("init", "--name", "clerk.example/w1")
    return made


def test_founding_shows_public_keys_and_where_the_secret_lies(tmp_path):
    """Never the secret itself, and not a second time."""
    keeper = Keeper(tmp_path)
    done = keeper.run("init", "--name", "clerk.example/w1")
    secret = (tmp_path / "witness.key").read_text().strip()
    assert 0 == done.exit_code
    assert 2 == sum(line.startswith("clerk.example/w1+") for line in done.output.splitlines())
    assert str(tmp_path / "witness.key") in done.output
    assert secret not in done.output
    again = keeper.run("init", "--name", "clerk.example/w2")
    assert (2, True) == (again.exit_code, "[witness_exists]" in again.output)


def test_keys_and_logs(keeper):
    """What was founded is printed again; a log is added from its string or from a file of it."""
    founded = keeper.json("keys")
    assert ("clerk.example/w1", 2) == (founded["name"], len(founded["vkeys"]))
    assert founded["vkeys"] == keeper.run("keys").output.split()
    (keeper.folder / "oak.vkey").write_text(LOG.vkey + "\n")
    for given in (LOG.vkey, str(keeper.folder / "oak.vkey")):
        assert {"origin": LOG.origin, "vkeys": [LOG.vkey]} == keeper.json("add-log", "--vkey", given)
    second = PlainLog(seed=bytes(32)).vkey
    assert "other_log_key" == keeper.json("add-log", "--vkey", second, code=2)["error"]
    assert [LOG.vkey, second] == keeper.json("add-log", "--vkey", second, "--another-key")["vkeys"]
    assert "bad_vkey" == keeper.json("add-log", "--vkey", "no-such-file", code=2)["error"]


def test_status_says_what_was_seen_and_fails_on_a_fork(keeper):
    """Exit 0 while each log has one history, 1 once one has two: a cron job can mail it."""
    keeper.json("add-log", "--vkey", LOG.vkey)
    (before,) = keeper.json("status")["logs"]
    assert (None, None, 0) == (before["size"], before["at"], before["forks"])
    keeper.ask(LOG, 0, 7)
    (seen,) = keeper.json("status")["logs"]
    assert (7, 0, 0, 0) == (seen["size"], seen["forks"], seen["unproved"], seen["older"])
    assert 0 == keeper.run("status").exit_code
    assert [] == keeper.json("evidence")["evidence"]
    assert "Nothing was refused" in keeper.run("evidence").output
    keeper.ask(LOG.told("false"), 7, 7)
    assert 1 == keeper.json("status", code=1)["logs"][0]["forks"]
    told = keeper.run("status")
    assert (1, True) == (told.exit_code, "TWO HISTORIES" in told.output)


def test_evidence_is_printed_whole(keeper):
    """Both of the log's own notes, ready to be given away."""
    keeper.json("add-log", "--vkey", LOG.vkey)
    keeper.ask(LOG, 0, 7)
    fork = LOG.told("false")
    keeper.ask(fork, 7, 7)
    (one,) = keeper.json("evidence")["evidence"]
    assert ("fork", LOG.note(7), fork.body(7, 7).decode()) == (one["suspicion"], one["against"], one["request"])
    told = keeper.run("evidence").output
    for line in (*LOG.note(7).splitlines(), *fork.note(7).splitlines()):
        assert line in told
    assert [] == keeper.json("evidence", "--origin", "lockplate.example/other")["evidence"]


def test_a_lost_state_is_an_error_with_a_next_step(keeper):
    """Every command says so and none makes a new one."""
    (keeper.state / "witness.db").unlink()
    for words in (["status"], ["keys"], ["evidence"], ["serve"], ["add-log", "--vkey", LOG.vkey]):
        told = keeper.json(*words, code=1)
        assert ("witness_state_lost", True) == (told["error"], "retire" in told["next_step"])
    assert "witness_state_lost" == keeper.json("init", "--name", "clerk.example/w1", code=1)["error"]
    assert not (keeper.state / "witness.db").exists()


def test_an_exposed_key_is_not_served(keeper):
    (keeper.folder / "witness.key").chmod(0o644)
    assert "witness_key_exposed" == keeper.json("serve", code=1)["error"]


def test_where_to_listen():
    """Host and port, an IPv6 host in brackets; nothing else."""
    assert ("127.0.0.1", 7380) == address("127.0.0.1:7380")
    assert ("::1", 80) == address("[::1]:80")
    for wrong in ("", "7380", ":7380", "host", "host:", "host:0", "host:65536", "host:x", "host:٣"):
        with pytest.raises(BadInput):
            address(wrong)


def test_no_option_takes_the_secret():
    """A key on a command line is in every process list."""
    for name in ("init", "add-log", "serve", "status", "evidence", "keys"):
        told = CliRunner().invoke(app, ["witness", name, "--help"], env={"COLUMNS": "200"}).output
        assert "--key-file" in told
        assert not {"--seed", "--secret", "--key"} & set(told.replace("│", " ").split())
        assert "--json" in told
