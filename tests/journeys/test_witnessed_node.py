"""A node and three witnesses, all of them real programs: two of three must agree, one may be away, none can be fooled."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lockplate.clock import format_time
from lockplate.cosigning.policy import parse_policy
from lockplate.terms import Role
from running import Home, Server, lookup_words
from witnessed import Keeper, RunningWitness

KEEPERS = ("clerk", "board", "gazette")
PATIENCE_SECONDS = 60
NOW = datetime.now(UTC)
QUESTION = lookup_words("8TRV221", "pine", "olga", format_time(NOW - timedelta(hours=3)), format_time(NOW))


class Watched:
    """The node's home, its three keepers, and their servers."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home, self.keepers, self.servers = home, dict[str, Keeper](), dict[str, RunningWitness]()
        vkey = home.json("log", "checkpoint")["vkey"]
        lines = []
        for name in KEEPERS:
            (folder / name).mkdir()
            self.keepers[name] = Keeper(folder / name)
            ed25519, mldsa = self.keepers[name].found(vkey, name=f"{name}.example/w1")
            self.servers[name] = self.keepers[name].start()
            url = self.servers[name].url
            lines += [
                f"witness {name}-ed25519 {ed25519} {url}",
                f"witness {name}-mldsa {mldsa} {url}",
                f"group {name} all {name}-ed25519 {name}-mldsa",
            ]
        self.policy = "\n".join([*lines, f"group two 2 {' '.join(KEEPERS)}", "quorum two", ""])
        file = folder / "policy.txt"
        file.write_text(self.policy)
        home.json("log", "policy", "--set", str(file))
        self.keys = parse_policy(f"log {vkey}\n{self.policy}")

    def states(self) -> dict[str, str]:
        """Return how each keeper last answered, which its two keys must agree on."""
        told = self.home.json("log", "witnesses", code=self.code())["witnesses"]
        states = {one["name"].removesuffix("-mldsa"): one["state"] for one in told if one["name"].endswith("-mldsa")}
        assert states == {
            one["name"].removesuffix("-ed25519"): one["state"] for one in told if one["name"].endswith("-ed25519")
        }
        return states

    def code(self) -> int:
        return self.home.run("log", "witnesses", "--json").returncode

    def cosign(self, code: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = self.home.json("log", "cosign", code=code)
        return told


@pytest.fixture
def watched(fresh_home: Home, tmp_path: Path) -> Iterator[Watched]:
    home = fresh_home
    assert 0 == home.run("init", "--operator", "pine", "--profile", "us-ca").returncode
    home.add_person("olga", "pine", Role.OFFICER)
    made = Watched(home, tmp_path)
    try:
        yield made
    finally:
        for server in made.servers.values():
            server.stop()


def agreed(server: Server, watched: Watched, size: int) -> str:
    """Wait until a quorum stands behind a checkpoint of at least this size, checked by the policy alone."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = httpx.get(f"{server.url}/log/pine/agreed", trust_env=False)
        if answer.status_code == 200 and watched.keys.require(answer.text).checkpoint.size >= size:
            return answer.text
        time.sleep(0.2)
    raise AssertionError(f"no quorum agreed to {size} records")


def size_of(server: Server) -> int:
    note = httpx.get(f"{server.url}/log/pine/checkpoint", trust_env=False).text
    return int(note.split("\n")[1])


def page(server: Server) -> str:
    return httpx.get(f"{server.url}/", trust_env=False).text


def test_a_running_node_asks_by_itself_and_one_witness_may_be_away(watched: Watched) -> None:
    """A quorum follows each question; without one witness too; without two the page says how far the last one goes."""
    home = watched.home
    home.environment |= {"LOCKPLATE_WITNESS_SECONDS": "1", "LOCKPLATE_PUBLISH_SECONDS": "1"}
    with home.serve() as server:
        first = home.json(*QUESTION)["operators"][0]
        assert "permitted" == first["verdict"]
        agreed(server, watched, 3)
        watched.servers["gazette"].kill()
        home.json(*QUESTION)
        agreed(server, watched, 5)
        watched.servers["board"].kill()
        home.json(*QUESTION)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while size_of(server) < 7 and time.monotonic() < deadline:
            time.sleep(0.2)
        cosigned = watched.cosign()
        assert (7, 5) <= (cosigned["newest_size"], cosigned["agreed_size"])
        assert cosigned["agreed_size"] < cosigned["newest_size"]
        shown = page(server)
        assert f'/log/pine/agreed">the checkpoint of {cosigned["agreed_size"]} records' in shown
        assert 4 == shown.count("Did not answer")
        assert {"clerk": "cosigned", "board": "unreachable", "gazette": "unreachable"} == watched.states()

        port = httpx.URL(watched.servers["board"].url).port
        watched.servers["board"] = watched.keepers["board"].start(port or 0)
        agreed(server, watched, 7)


def test_an_old_copy_of_the_whole_node_is_contradicted(watched: Watched) -> None:
    """Whoever puts back every file of the node, head and all, signs again; the witnesses remember a longer log."""
    home = watched.home
    with home.serve() as server:
        home.json(*QUESTION)
        watched.cosign()
        agreed(server, watched, 3)
    shutil.copytree(home.path, home.folder / "before", symlinks=True)
    with home.serve() as server:
        home.json(*QUESTION)
        assert watched.cosign()["agreed_size"] >= 5
        longer = agreed(server, watched, 5)
    shutil.rmtree(home.path)
    shutil.copytree(home.folder / "before", home.path, symlinks=True)

    with home.serve() as server:
        told = watched.cosign(code=1)
        assert dict.fromkeys(KEEPERS, "saw_more") == watched.states()
        assert all(one["contradicts"] for one in told["witnesses"])
        assert "A witness contradicts this log." in page(server)
        for _ in range(2):
            home.json(*QUESTION)
        longer_again = watched.cosign(code=1)
        assert dict.fromkeys(KEEPERS, "saw_other") == watched.states()
        assert longer_again["agreed_size"] == told["agreed_size"] < size_of(server)
    for name in KEEPERS:
        (log,) = watched.keepers[name].logs()
        assert log.newest is not None
        assert watched.keys.require(longer).checkpoint.root == log.newest.root
        assert 0 < log.forks
        assert 0 == log.unproved
