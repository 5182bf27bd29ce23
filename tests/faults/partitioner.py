"""Partitioner: a node and a witness in two networks with one wire between them, which it cuts and heals.

What flows in: a folder, the form, a planted bug. What flows out: JSON lines: each cut, whatever must not be.
What it must never see: the machine's own network: it runs in a network of its own, and makes a second for the witness.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import killing
import msgspec

from lockplate.checkpoint import parse_checkpoint
from lockplate.clock import SystemClock
from lockplate.cosigning.policy import parse_policy
from lockplate.evidence.witnesses import WitnessState
from lockplate.note import parse_note
from lockplate.operations.operation import Actor
from lockplate.operations.table import operation
from lockplate.operations.witnesses import NewPolicy
from lockplate.web.pages.wording import words
from lockplate.wiring.node import open_node
from lockplate.witnessing.submission import Submission
from running import Home, Server
from witnessed import Keeper, RunningWitness

NODE, WITNESS, PORT = "10.99.0.1", "10.99.0.2", 7380
SERVED = str(Path(__file__).with_name("served.py"))
SHORT_ANSWER = 100
"""Bytes of a packet: what opens and closes a connection is shorter, what a witness says is longer."""
CUTS = {
    "the wire is cut": "",
    "requests are dropped": f"in tcp dport {PORT} drop",
    "answers are dropped": f"out tcp sport {PORT} drop",
    "the witness signs, and its answer is lost": f"out tcp sport {PORT} meta length > {SHORT_ANSWER} drop",
}
SHORT = ("the wire is cut", "requests are dropped", "the witness signs, and its answer is lost")
ROUNDS = 40
PATIENCE = 60.0
"""Only to end a wait for what never comes."""
QUICKLY = {"LOCKPLATE_PUBLISH_SECONDS": "1", "LOCKPLATE_WITNESS_SECONDS": "1"}


def main() -> None:
    """Build the two networks, found both, cut and heal."""
    folder, form, planted = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    chance = random.Random(7)
    cuts = list(SHORT) if form == "short" else [chance.choice(list(CUTS)) for _ in range(ROUNDS)]
    home = Home(folder, environment=QUICKLY, command=(sys.executable, SERVED, planted))
    reader = killing.found(home)["north"]
    with _wire() as wire, _witness(folder, home, wire, planted) as (keeper, witness), home.serve() as server:
        pair = _Pair(server, reader, keeper, witness)
        pair.agree("before any cut")
        for cut in cuts:
            pair.live_through(cut, wire)
            if planted and form == "short" and bad.said:
                break


class _Wire:
    """The one link between the two networks, and what happens to packets on it."""

    def __init__(self, holder: int) -> None:
        self.inside = ("nsenter", f"--net=/proc/{holder}/ns/net")
        """Words before a command that runs on the witness's side."""
        self._run("ip link set lo up")
        self._run(f"ip link add node type veth peer name witness netns {holder}")
        self._run(f"ip address add {NODE}/30 dev node")
        self._run("ip link set node up")
        self._run("ip link set lo up", inside=True)
        self._run(f"ip address add {WITNESS}/30 dev witness", inside=True)
        self._run("ip link set witness up", inside=True)
        self._run("nft add table inet cut", inside=True)
        for hook in ("in", "out"):
            self._run(f"nft add chain inet cut {hook} {{ type filter hook {hook}put priority 0 ; }}", inside=True)

    def cut(self, name: str) -> None:
        if CUTS[name]:
            self._run(f"nft add rule inet cut {CUTS[name]}", inside=True)
        else:
            self._run("ip link set node down")

    def heal(self) -> None:
        self._run("nft flush table inet cut", inside=True)
        self._run("ip link set node up")

    def _run(self, words: str, *, inside: bool = False) -> None:
        subprocess.run([*(self.inside if inside else ()), *words.split()], check=True, capture_output=True)


class _Pair:
    """The node and its witness, as whoever uses the node sees them."""

    def __init__(self, server: Server, reader: str, keeper: Keeper, witness: RunningWitness) -> None:
        self._server, self._reader, self._keeper, self._witness = server, reader, keeper, witness
        self._number = 0
        self._wait_for_records = 0

    def live_through(self, cut: str, wire: _Wire) -> None:
        """Cut, use the node, see that it is told; heal, see that both agree; then show the witness an old checkpoint."""
        old = self._text("/log/pine/checkpoint")
        agreed = self._told()["agreed_size"]
        wire.cut(cut)
        self._use(cut)
        unanswered = self._until(cut, lambda told: told["witnesses"][0]["state"] == "unreachable")
        if not unanswered:
            bad(f"{cut}: nobody is told that the witness does not answer")
        if words(WitnessState.UNREACHABLE) not in self._text("/"):
            bad(f"{cut}: the public page does not say that the witness does not answer")
        if self._told()["agreed_size"] != agreed or _size(self._text("/log/pine/checkpoint")) <= agreed:
            bad(f"{cut}: the node does not show that its newest checkpoint has no quorum")
        self._use(cut)
        if "signs" in cut and self._keeper.size() <= agreed:
            bad("the witness did not sign: the answer that should be lost was none")
        say("cut", cut=cut, unanswered=unanswered)
        wire.heal()
        self._use(f"after {cut}")
        self.agree(f"after {cut}")
        self._show_again(old, cut)

    def agree(self, when: str) -> None:
        """Wait until the newest checkpoint, with all that was recorded, has a quorum and is what the witness knows."""

        def both(told: dict[str, Any]) -> bool:
            size = _size(self._text("/log/pine/checkpoint"))
            return told["agreed_size"] == size >= self._wait_for_records and self._keeper.size() == size

        if not self._until(when, both):
            bad(f"{when}: node and witness do not agree")
            return
        note = self._text("/log/pine/agreed")
        parse_policy(self._text("/log/pine/policy")).require(note)
        if self._keeper.evidence():
            bad(f"{when}: the witness has evidence against the log")

    def _use(self, when: str) -> None:
        """Send a read and ask a question, each of which must be taken."""
        self._number += 1
        line = msgspec.json.encode({"plate": f"K{self._number:06d}", "captured_at": datetime.now(UTC).isoformat()})
        headers = {"x-reader-key": self._reader, "content-type": "application/x-ndjson"}
        with self._server.client() as client:
            told = client.post("/v1/reads", content=line, headers=headers)
        if told.status_code != httpx.codes.OK:
            bad(f"{when}: a read was answered {told.status_code}")
        told = self._post("questions", killing.question("7NONE00"), "ann")
        if told.status_code != httpx.codes.OK:
            bad(f"{when}: a question was answered {told.status_code}")
        else:
            self._wait_for_records = told.json()["operators"][0]["record_index"] + 1

    def _show_again(self, old: str, when: str) -> None:
        """An older checkpoint that the log did sign is refused, and the witness stays where it is."""
        before = self._keeper.size()
        told = self._witness.ask(Submission(old=_size(old), proof=(), note=old).body())
        if told.status_code == httpx.codes.OK or self._keeper.size() < before:
            bad(f"after {when}: the witness went back to an older checkpoint")

    def _until(self, when: str, comes: Callable[[dict[str, Any]], bool]) -> bool:
        """Wait for what should come; a contradiction on the way is wrong at once."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            told = self._told()
            if told["witnesses"][0]["contradicts"]:
                bad(f"{when}: the witness is said to contradict the log ({told['witnesses'][0]['state']})")
                return False
            if comes(told):
                return True
            time.sleep(0.2)
        return False

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = self._post("log/witnesses", {}, "ann").raise_for_status().json()
        return told

    def _text(self, path: str) -> str:
        with self._server.client() as client:
            return client.get(path).raise_for_status().text

    def _post(self, name: str, body: dict[str, Any], person: str) -> httpx.Response:
        with self._server.client(authorization=f"Bearer {self._server.run_token}") as client:
            return client.post(f"/v1/{name}", content=msgspec.json.encode(body), headers={"x-lockplate-person": person})


@contextmanager
def _wire() -> Iterator[_Wire]:
    """Give a second network with a wire to it; a process holds it until the end."""
    holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    try:
        own = Path("/proc/self/ns/net").readlink()
        while Path(f"/proc/{holder.pid}/ns/net").readlink() == own:
            time.sleep(0.01)
        yield _Wire(holder.pid)
    finally:
        holder.kill()
        holder.wait()


@contextmanager
def _witness(folder: Path, home: Home, wire: _Wire, planted: str) -> Iterator[tuple[Keeper, RunningWitness]]:
    """Found a witness of the node's log, let the log ask it, and serve it on its side of the wire."""
    place = folder / "clerk"
    place.mkdir()
    keeper = Keeper(place)
    with open_node(home.settings, SystemClock()) as node:
        own = keeper.found(node.desk(killing.PINE).evidence.publisher.vkey)
        policy = f"witness clerk {own[0]} http://{WITNESS}:{PORT}\nquorum clerk\n"
        operation("log.policy").handler(node, Actor(person=None, is_system_user=True), NewPolicy(text=policy))
    output = place / "witness.log"
    serve = ("witness", "serve", "--listen", f"{WITNESS}:{PORT}", "--state", str(keeper.state))
    with output.open("wb") as file:
        process = subprocess.Popen([*wire.inside, sys.executable, SERVED, planted, *serve], stdout=file, stderr=file)
    witness = RunningWitness(process, f"http://{WITNESS}:{PORT}", output)
    try:
        witness.wait_until_ready()
        yield keeper, witness
    finally:
        witness.stop()


def _size(note: str) -> int:
    return parse_checkpoint(parse_note(note).text).size


def say(word: str, **more: Any) -> None:
    """Print one line."""
    sys.stdout.write(msgspec.json.encode({"said": word, **more}).decode() + "\n")
    sys.stdout.flush()


class _Bad:
    """Says what must not be, and remembers that something was said."""

    said = False

    def __call__(self, sentence: str) -> None:
        self.said = True
        say("bad", sentence=sentence)


bad = _Bad()


if __name__ == "__main__":
    main()
