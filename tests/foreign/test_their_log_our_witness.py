"""Somebody else's log and client ask our witness, which runs as its keeper runs it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockplate.cosigning.cosignature import COSIGNER_KINDS, cosignatures
from lockplate.note import parse_note, parse_vkey
from witnessed import PATIENCE, Keeper, RunningWitness

HERE = Path(__file__).parent
ORIGIN = "their-log.example/messages"

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(foreign_python: Path, tmp_path: Path) -> Ask:
    """Run their client against a witness, and return what it said of each step."""

    def run(*words: str) -> str:
        command = [foreign_python, HERE / "ask_with_aics.py", tmp_path, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 2, check=False)
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def asked(server: RunningWitness | None, vkey: str = "", *steps: str) -> list[dict[str, Any]]:
        if server is None:
            return [{"vkey": run("vkey").strip()}]
        return [json.loads(line) for line in run("ask", server.url, vkey, *steps).splitlines()]

    return asked


@pytest.fixture
def keeper(tmp_path: Path, ask: Ask) -> Keeper:
    """Our witness, told to watch their log."""
    made = Keeper(tmp_path)
    made.found(ask(None)[0]["vkey"])
    return made


def ed25519(keeper: Keeper) -> str:
    with keeper.files.open_state() as state:
        return state.vkeys()[0]


def test_their_log_is_cosigned_and_their_verifier_agrees(keeper, ask):
    """Their client takes our answer, with its ML-DSA line that it does not know; their verifier counts our line."""
    with keeper.serve() as server:
        told = ask(server, ed25519(keeper), "true:1", "true:5", "true:5", "true:64", "true:150")
    assert [True] * 5 == [one.get("accepted") for one in told], told
    assert all(1 == one["lines"].count("\n") for one in told)
    keys = [parse_vkey(ed25519(keeper), COSIGNER_KINDS)]
    assert all(1 == len(cosignatures(parse_note(one["note"]), keys)) for one in told)
    assert (150, []) == (keeper.size(), keeper.evidence())


def test_their_fork_is_refused_and_kept(keeper, ask):
    """Another root at the same size, and a larger tree that starts from another: 422 both times, both kept with proof."""
    with keeper.serve() as server:
        told = ask(server, ed25519(keeper), "true:7", "false:7", "false:11", "true:12")
    assert [None, 422, 422, None] == [one.get("status") for one in told]
    assert told[3]["accepted"]
    assert [("fork", 7), ("fork", 11)] == keeper.evidence()
    with keeper.files.open_state() as state:
        assert all(one.against.startswith(f"{ORIGIN}\n7\n") for one in state.evidence())


def test_their_rollback_is_refused(keeper, ask):
    """Their client hears that the witness is ahead; the smaller checkpoint is kept, and nothing was cosigned."""
    with keeper.serve() as server:
        told = ask(server, ed25519(keeper), "true:20", "true:9")
    assert "WitnessAhead" == told[1]["refused"]
    assert ([("older", 9)], 20) == (keeper.evidence(), keeper.size())


def test_a_clock_that_goes_back_signs_nothing(keeper, ask):
    """Restarted an hour earlier our witness refuses; at the right time again it goes on."""
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("turning a witness's clock back needs the Debian package faketime")
    with keeper.serve() as server:
        assert ask(server, ed25519(keeper), "true:5")[0]["accepted"]
    keeper.around = (faketime, "-f", "-1h")
    with keeper.serve() as server:
        (told,) = ask(server, ed25519(keeper), "true:9")
        assert "clock" in server.get("/").text
    assert ("WitnessUnavailable", True) == (told["refused"], "503" in told["says"])
    assert 5 == keeper.size()
    keeper.around = ()
    with keeper.serve() as server:
        assert ask(server, ed25519(keeper), "true:9")[0]["accepted"]


def test_an_old_state_that_is_put_back_is_seen_by_whoever_remembers(keeper, ask):
    """The witness itself cannot know; the log's client remembers what was cosigned and stops counting it.

    This is the limit of a witness's own memory, and docs/trust.md says so.
    """
    with keeper.serve() as server:
        ask(server, ed25519(keeper), "true:5")
    old = keeper.database.read_bytes()
    with keeper.serve() as server:
        assert ask(server, ed25519(keeper), "true:9")[0]["accepted"]
    keeper.database.write_bytes(old)
    with keeper.serve() as server:
        first, second = ask(server, ed25519(keeper), "true:12", "true:12")
    assert ["WitnessRolledBack"] * 2 == [first["refused"], second["refused"]]
    assert 5 == keeper.size()
