"""A node as it is served, before other people's verifiers: sound, growing, and found out when somebody edits its database."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from foreign_logs import OPERATOR, Verify, put_on_record

from lockplate.evidence.files import EvidenceFolder
from running import Home, Server

SIZE = 600
"""Two full tiles and a partial one, and a second level."""


def found(home: Home) -> None:
    """Found a node whose log has records already; the first command founds the log itself."""
    home.json("init", "--operator", OPERATOR, "--profile", "us-ca")
    home.json("log", "checkpoint")
    put_on_record(home.path, OPERATOR, SIZE)


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Server]:
    found(home)
    with home.serve() as serving:
        home.json("log", "checkpoint")
        yield serving


@pytest.fixture
def url(server: Server) -> str:
    return f"{server.url}/log/{OPERATOR}"


@pytest.fixture
def key(server: Server) -> str:
    with server.client() as client:
        return client.get(f"/log/{OPERATOR}/vkey").text.strip()


def test_the_node_itself_is_sound(verify: Verify, url: str, key: str) -> None:
    """Straight from the server: every tile, every bundle, proofs."""
    verdict = verify("log", url, key=key)

    assert verdict.sound, verdict
    assert verdict.told["entries"] >= SIZE
    assert verdict.told["inclusion_proofs"] >= 5


def test_its_export_is_sound_and_the_same(verify: Verify, home: Home, url: str, key: str, tmp_path: Path) -> None:
    """What `lockplate log export` wrote is what the server serves."""
    home.json("log", "export", str(tmp_path / "out"))
    written, served = verify("log", tmp_path / "out", key=tmp_path / "out" / "vkey"), verify("log", url, key=key)

    assert written.sound
    assert served.sound
    assert (served.told["size"], served.told["root"]) == (written.told["size"], written.told["root"])


def test_it_grows_and_stays_the_same_log(verify: Verify, home: Home, server: Server, url: str, key: str, tmp_path: Path) -> None:  # fmt: skip
    """A checkpoint kept from before is the start of what is served after, and proves a log put back for what it is."""
    seen, newer = tmp_path / "seen", tmp_path / "newer"
    with server.client() as client:
        seen.write_text(client.get(f"/log/{OPERATOR}/checkpoint").text)
        put_on_record(home.path, OPERATOR, home.json("log", "checkpoint")["size"] + 300)
        home.json("log", "checkpoint")
        newer.write_text(client.get(f"/log/{OPERATOR}/checkpoint").text)

    verdict = verify("log", url, key=key, old=[seen, newer])
    assert verdict.sound, verdict
    assert size_of(seen) + 300 <= size_of(newer) <= verdict.told["size"]


def size_of(checkpoint: Path) -> int:
    return int(checkpoint.read_text().split("\n")[1])


@pytest.fixture(scope="module")
def proof_of(home: Home, server: Server) -> Callable[[int], str]:
    """The proof files that `lockplate log prove` gives, each asked for once."""
    return cache(lambda index: str(home.json("log", "prove", str(index))["proof"]))


Prove = Callable[[int], str]


@pytest.mark.parametrize("index", [0, 256, 599])
def test_a_proof_file_holds_elsewhere(verify: Verify, proof_of: Prove, key: str, tmp_path: Path, index: int) -> None:
    """What `lockplate log prove` gives holds by the other program, with the key and nothing else, and carries its record."""
    path = tmp_path / "record.tlog-proof"
    path.write_text(proof_of(index))

    verdict = verify("proof", path, key=key)
    assert verdict.sound, verdict
    assert index == verdict.told["index"]
    assert '"action":"' in verdict.told["entry"]


@pytest.mark.parametrize("part", ["entry", "place", "first hash", "last hash", "name", "size", "root", "signature"])
def test_an_altered_proof_file_does_not(verify: Verify, proof_of: Prove, key: str, tmp_path: Path, part: str) -> None:
    """One letter in the entry, the place, a hash, the checkpoint's words, or its signature."""
    lines = proof_of(256).split("\n")
    note = lines.index("")
    line = {
        "entry": 1, "place": 2, "first hash": 3, "last hash": note - 1,
        "name": note + 1, "size": note + 2, "root": note + 3, "signature": note + 5,
    }[part]  # fmt: skip
    old = lines[line]
    at = len(old) // 2 if not old.startswith("index") else len(old) - 1
    lines[line] = old[:at] + other(old[at]) + old[at + 1 :]
    path = tmp_path / "record.tlog-proof"
    path.write_text("\n".join(lines))

    verdict = verify("proof", path, key=key)
    assert not verdict.sound
    assert verdict.named


def other(letter: str) -> str:
    return {"A": "B"}.get(letter, "A") if not letter.isdigit() else str((int(letter) + 1) % 10)


def test_a_proof_by_another_key_does_not(verify: Verify, proof_of: Prove, tmp_path: Path) -> None:
    """The key of another log opens nothing of this one."""
    path = tmp_path / "record.tlog-proof"
    path.write_text(proof_of(0))

    assert not verify("proof", path).sound


@pytest.mark.parametrize(
    ("table", "column", "row", "named"),
    [("entry", "body", "leaf_index = 300", "tile/entries/001"), ("tile", "hashes", "level = 0 AND number = 0", "tile/0/000")],
)  # fmt: skip
def test_an_edited_database_is_found_out(
    verify: Verify, home: Home, url: str, key: str, table: str, column: str, row: str, named: str
) -> None:
    """Somebody with write access to log.db edits a record, or a tile, of a running node; who checks is told which."""
    with edited(EvidenceFolder.of(home.path, OPERATOR).log, table, column, row):
        during = verify("log", url, key=key)
    after = verify("log", url, key=key)

    assert not during.sound
    assert [named] == during.named
    assert after.sound


@contextmanager
def edited(path: Path, table: str, column: str, row: str) -> Iterator[None]:
    """Turn one bit in a row of a database that others have open, for a while."""
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        ((before,),) = connection.execute(f"SELECT {column} FROM {table} WHERE {row}").fetchall()
        change = f"UPDATE {table} SET {column} = ? WHERE {row}"
        connection.execute(change, (before[:20] + bytes([before[20] ^ 1]) + before[21:],))
        yield
        connection.execute(change, (before,))
    finally:
        connection.close()
