"""The witness's file: what is put is there after a crash, what is bounded stays bounded, and two processes never mix."""

import sqlite3
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from lockplate.errors import LogRefused, StoreFailed
from lockplate.witnessing import state as states
from lockplate.witnessing.seen import KeptEvidence, SeenHead, Suspicion
from lockplate.witnessing.state import SeenStore, origin_hash

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
HEAD = SeenHead(origin="a.example", size=7, root=bytes(32), note="note\n", lines="lines\n", at=AT)
EVIDENCE = KeptEvidence(
    origin="a.example", suspicion=Suspicion.OLDER, size=5, root=bytes(32), request="r", against="n", at=AT
)


@pytest.fixture
def state(tmp_path):
    with SeenStore.create(tmp_path / "w.db") as made:
        made.found(("one", "two"), AT)
        yield made


def numbered(number: int) -> bytes:
    return number.to_bytes(32)


def test_what_was_put_is_there_again(state, tmp_path):
    """Head, evidence and identity come back as they went in, in another connection."""
    with state.deciding() as ledger:
        ledger.put(HEAD)
        ledger.keep(EVIDENCE)
    with SeenStore.open(tmp_path / "w.db") as other:
        assert ("one", "two") == other.vkeys()
        assert (EVIDENCE,) == other.evidence()
        with other.deciding() as ledger:
            assert (HEAD, HEAD, None) == (
                ledger.newest("a.example"), ledger.head("a.example", 7), ledger.newest("b.example"),
            )  # fmt: skip


def test_what_a_crash_left_is_not_in_the_way(tmp_path):
    """Half of a file under another name is replaced; nothing is left beside the state."""
    for name in ("w.db.new", "w.db.new-journal"):
        (tmp_path / name).write_bytes(b"half")

    with SeenStore.create(tmp_path / "w.db") as state:
        assert () == state.vkeys()
    assert ["w.db"] == [path.name for path in tmp_path.iterdir()]


def test_a_state_that_cannot_be_made_is_an_error_of_the_tree(tmp_path):
    """A file where the folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreFailed):
        SeenStore.create(tmp_path / "file" / "w.db")


def test_the_file_is_synced_and_has_no_companion(state, tmp_path):
    """Sync even of the journal's removal, and a rollback journal: between two decisions the one file is the whole state."""
    connection = state._connection
    assert ("delete", 3, 1) == tuple(
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "secure_delete")
    )
    with state.deciding() as ledger:
        ledger.put(HEAD)
    assert ["w.db"] == [path.name for path in tmp_path.iterdir()]


def test_a_decision_that_fails_leaves_nothing(state):
    """All of it or none."""

    def decide() -> None:
        with state.deciding() as ledger:
            ledger.put(HEAD)
            ledger.keep(EVIDENCE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide()
    assert () == state.evidence()
    with state.deciding() as ledger:
        assert ledger.newest("a.example") is None


def test_a_state_belongs_to_one_witness(state):
    """The identity is written once."""
    with pytest.raises(LogRefused):
        state.found(("three",), AT)
    assert ("one", "two") == state.vkeys()


def test_the_newest_heads_are_remembered(state, monkeypatch):
    """Older ones go, one log's without the other's; the newest is the largest, not the last one put."""
    monkeypatch.setattr(states, "KEPT_HEADS", 5)
    with state.deciding() as ledger:
        ledger.put(msgspec.structs.replace(HEAD, origin="b.example", size=1))
        for size in range(1, 21):
            ledger.put(msgspec.structs.replace(HEAD, size=size, root=numbered(size)))
        kept = [size for size in range(30) if ledger.head("a.example", size)]
        assert [16, 17, 18, 19, 20] == kept
        assert 20 == ledger.newest("a.example").size
        assert 1 == ledger.newest("b.example").size


def test_evidence_is_bounded_by_log_and_suspicion(state, monkeypatch):
    """The first ones stay: nobody pushes a fork out with doubts, nor the first doubts with later ones."""
    monkeypatch.setattr(states, "KEPT_EVIDENCE", 3)
    with state.deciding() as ledger:
        for size in range(10):
            ledger.keep(msgspec.structs.replace(EVIDENCE, size=size))
            ledger.keep(msgspec.structs.replace(EVIDENCE, size=size, origin="b.example"))
        ledger.keep(msgspec.structs.replace(EVIDENCE, size=99, suspicion=Suspicion.FORK))
    told = [(one.origin, one.size) for one in state.evidence()]
    assert [("a.example", 0), ("b.example", 0), ("a.example", 1), ("b.example", 1), ("a.example", 2), ("b.example", 2),
            ("a.example", 99)] == told  # fmt: skip
    assert [0, 1, 2, 99] == [one.size for one in state.evidence("a.example")]


def test_a_head_that_is_cosigned_explains_its_doubts_and_no_fork(state):
    """A doubt about the very checkpoint is over; a fork at that size and doubts about others stay."""
    with state.deciding() as ledger:
        for size, root, suspicion in (
            (7, bytes(32), Suspicion.UNPROVED), (7, numbered(1), Suspicion.FORK), (8, bytes(32), Suspicion.UNPROVED),
        ):  # fmt: skip
            ledger.keep(msgspec.structs.replace(EVIDENCE, size=size, root=root, suspicion=suspicion))
        ledger.put(HEAD)
    assert [(7, Suspicion.FORK), (8, Suspicion.UNPROVED)] == [(one.size, one.suspicion) for one in state.evidence()]


def test_a_file_that_cannot_be_written_is_told(state, tmp_path):
    """Another process that holds the file for too long is an error of ours, and nothing is changed."""
    other = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    state._connection.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(StoreFailed), state.deciding() as ledger:
        ledger.put(HEAD)
    other.execute("ROLLBACK")
    other.close()
    with state.deciding() as ledger:
        assert ledger.newest("a.example") is None


def test_a_state_of_another_version_is_refused(state, tmp_path):
    state._connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LogRefused) as refused:
        SeenStore.open(tmp_path / "w.db")
    assert "witness_state_lost" == refused.value.code


def test_times_are_whole_seconds(state):
    """The format has no finer ones."""
    with state.deciding() as ledger:
        ledger.put(msgspec.structs.replace(HEAD, at=AT + timedelta(microseconds=999_999)))
        assert AT == ledger.newest("a.example").at


def test_the_hash_of_an_origin_is_the_specifications():
    """SHA-256 of the origin line without its newline, in lower-case hexadecimal."""
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == origin_hash("abc")
