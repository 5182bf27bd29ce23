"""Our log, as a node keeps it, asks somebody else's witness; what it is given holds by our own verifier and policy."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lockplate.checkpoint import Signer, verify_checkpoint
from lockplate.clock import SystemClock
from lockplate.cosigning.cosignature import COSIGNER_KINDS, cosignatures
from lockplate.cosigning.policy import WitnessPolicy, parse_policy
from lockplate.errors import ProofInvalid
from lockplate.evidence.files import EvidenceFolder, OpenEvidence
from lockplate.evidence.witnesses import WitnessState
from lockplate.note import parse_lines, parse_note, parse_vkey
from lockplate.terms import OperatorId
from lockplate.witnessing.collecting import Collector
from lockplate.witnessing.submission import SIZE_TYPE, Submission
from witnessed import PATIENCE, Keeper, RunningWitness, free_port

OPERATOR = OperatorId("oakmont")
SIGNER = Signer("lockplate.example/oakmont", bytes(range(32)))
NAME = "their-witness.example/w1"


class TheirWitness:
    """aics-witness in a folder of its own."""

    def __init__(self, python: Path, folder: Path) -> None:
        self._command, self._folder = python.with_name("aics-witness"), folder
        self.vkey = self.run("init", "--name", NAME).split()[-1]
        self.run("add-log", "--origin", SIGNER.origin, "--vkey", SIGNER.vkey)

    def run(self, *words: str) -> str:
        config = self._folder / "witness.json"
        done = subprocess.run(
            [self._command, words[0], "--config", config, *words[1:]],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def start(self) -> RunningWitness:
        port, output = free_port(), self._folder / "server.log"
        words = ["serve", "--config", self._folder / "witness.json", "--listen", f"127.0.0.1:{port}"]
        with output.open("ab") as file:
            process = subprocess.Popen([self._command, *words], stdout=file, stderr=file)
        server = RunningWitness(process, f"http://127.0.0.1:{port}", output, health="/healthz")
        server.wait_until_ready()
        return server


@pytest.fixture
def theirs(foreign_python: Path, tmp_path: Path) -> TheirWitness:
    folder = tmp_path / "theirs"
    folder.mkdir()
    return TheirWitness(foreign_python, folder)


@pytest.fixture
def server(theirs: TheirWitness) -> Iterator[RunningWitness]:
    running = theirs.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Callable[[str], OpenEvidence]]:
    """Logs of the operator under one key, each in its own home: the true one, and others that lie."""
    opened: list[OpenEvidence] = []

    def of(home: str) -> OpenEvidence:
        opened.append(EvidenceFolder.of(tmp_path / home, OPERATOR).create(SIGNER))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


def grown(log: OpenEvidence, story: str, size: int) -> str:
    """Append entries up to a size, publish, and return the signed checkpoint."""
    log.log.append([f"{story} {number}".encode() for number in range(log.log.size, size)])
    note = log.publisher.publish()
    assert size == verify_checkpoint(note, SIGNER.vkey).size
    return note


def request(log: OpenEvidence, old: int, note: str) -> bytes:
    """Return the request to cosign a log's newest checkpoint, with the proof that the log makes for it."""
    size = verify_checkpoint(note, SIGNER.vkey).size
    return Submission(old=old, proof=tuple(log.log.consistency(old, size)), note=note).body()


def kept(theirs: TheirWitness) -> list[dict[str, Any]]:
    told = json.loads(theirs.run("evidence"))
    return list(told["evidence"] if isinstance(told, dict) else told)


def test_our_log_is_cosigned(theirs, server, evidence):
    """Step by step; each line holds over our checkpoint by our verifier, and makes the quorum of a policy."""
    log = evidence("true")
    policy = parse_policy(f"log {SIGNER.vkey}\nwitness theirs {theirs.vkey} {server.url}\nquorum theirs\n")
    old = 0
    for size in (1, 2, 9, 300):
        note = grown(log, "true", size)
        with pytest.raises(ProofInvalid):
            policy.require(note)
        answer = server.ask(request(log, old, note))
        assert 200 == answer.status_code, answer.text
        cosigned = parse_note(note).with_lines(parse_lines(answer.text))
        (found,) = cosignatures(cosigned, [parse_vkey(theirs.vkey, COSIGNER_KINDS)])
        told = policy.require(cosigned.written())
        assert (size, ("theirs",), found.at) == (told.checkpoint.size, told.witnesses, told.agreed_at)
        old = size
    assert [] == kept(theirs)


def test_our_fork_is_refused_and_kept_there(theirs, server, evidence):
    """Another root at the same size, and a larger tree over another past: 422, and it lies in their evidence."""
    true, false = evidence("true"), evidence("false")
    assert 200 == server.ask(request(true, 0, grown(true, "true", 9))).status_code
    assert 422 == server.ask(request(false, 9, grown(false, "false", 9))).status_code
    assert 422 == server.ask(request(false, 9, grown(false, "false", 14))).status_code
    assert 2 == len(kept(theirs))
    assert 200 == server.ask(request(true, 9, grown(true, "true", 14))).status_code


def test_our_rollback_is_refused(theirs, server, evidence):
    """A log that was put back to an older state is told the size that it had; also after their witness restarted."""
    true, old = evidence("true"), evidence("old")
    assert 200 == server.ask(request(true, 0, grown(true, "true", 20))).status_code
    note = grown(old, "true", 9)
    for running in (server, theirs.start()):
        answer = running.ask(request(old, 0, note))
        told = (answer.status_code, answer.headers["content-type"].partition(";")[0], answer.content)
        assert (409, SIZE_TYPE, b"20\n") == told
        running.stop()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[tuple[RunningWitness, tuple[str, ...]]]:
    """A witness of our own beside theirs, and its two keys."""
    (tmp_path / "ours").mkdir()
    keeper = Keeper(tmp_path / "ours")
    vkeys = keeper.found(SIGNER.vkey)
    with keeper.serve() as running:
        yield running, vkeys


def collector(log: OpenEvidence, policy: WitnessPolicy) -> Collector:
    log.witnesses.set_policy(policy)
    return Collector(log.log, log.publisher, log.witnesses, SystemClock())


def test_a_node_collects_from_both_kinds_of_witness(theirs, server, ours, evidence):
    """Both must agree, ours by both of its keys: reached, and held to when the log forks or is put back."""
    own, (ed25519, mldsa) = ours
    policy = parse_policy(
        f"log {SIGNER.vkey}\nwitness theirs {theirs.vkey} {server.url}\nwitness old {ed25519} {own.url}\n"
        f"witness new {mldsa} {own.url}\ngroup ours all old new\ngroup both all theirs ours\nquorum both\n"
    )
    true = evidence("true")
    for size in (3, 4, 30):
        grown(true, "true", size)
        told = collector(true, policy).collect()
        assert (size, True, {"theirs", "old", "new"}) == (told.size, told.agreed, set(told.cosigned))
        agreed = true.agreed()
        assert size == policy.require(agreed).checkpoint.size
    for home, size, state in (("fork", 30, WitnessState.SAW_OTHER), ("old", 9, WitnessState.SAW_MORE)):
        lying = evidence(home)
        grown(lying, "false" if home == "fork" else "true", size)
        told = collector(lying, policy).collect()
        assert (False, {state}) == (told.agreed, {one.state for one in told.standings})
        assert lying.agreed() is None


def test_a_stranger_is_refused(server, evidence):
    """A log that they do not know, and a checkpoint that ours did not sign."""
    log = evidence("true")
    note = grown(log, "true", 9)
    body = request(log, 0, note)
    assert 404 == server.ask(body.replace(SIGNER.origin.encode(), b"lockplate.example/farfield")).status_code
    assert 403 == server.ask(body.replace(b"\n9\n", b"\n8\n")).status_code
