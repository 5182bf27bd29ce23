"""Publisher and heads: signs extensions only, refuses rollbacks of either file, and is safe to run twice."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from lockplate.checkpoint import Checkpoint, Signer, verify_checkpoint
from lockplate.errors import Conflict, LogRefused
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.heads import HeadStore, SignedHead
from lockplate.evidence.log import TileLog
from lockplate.evidence.publisher import Publisher
from lockplate.merkle import EMPTY_ROOT, leaf_hash, root_of


def copy_of(folder, files, to):
    """Copy closed evidence files aside, as a backup would."""
    to.mkdir(exist_ok=True)
    for name in files:
        shutil.copy(folder.folder / name, to / name)


def put_back(folder, files, copies):
    for name in files:
        for old in folder.folder.glob(f"{name}*"):
            old.unlink()
        shutil.copy(copies / name, folder.folder / name)


def test_publishing_signs_the_newest_head_once(evidence, signer):
    """The empty head is signed at founding, each publish covers all entries, and nothing new signs nothing new."""
    assert Checkpoint(origin=signer.origin, size=0, root=EMPTY_ROOT) == verify_checkpoint(
        evidence.publisher.last(), signer.vkey
    )
    for number in range(3):
        evidence.log.append([b"%d" % number])
        note = evidence.publisher.publish()
        root = root_of([leaf_hash(b"%d" % place) for place in range(number + 1)])
        expected = Checkpoint(origin=signer.origin, size=number + 1, root=root)
        assert expected == verify_checkpoint(note, signer.vkey)
        assert note == evidence.publisher.publish()
        assert note == evidence.publisher.last()
    assert 3 == evidence.log.published()


def test_a_rolled_back_log_is_refused(folder, signer, tmp_path):
    """A log from an older backup, under a newer head, is neither opened nor signed."""
    with folder.create(signer) as evidence:
        evidence.log.append([b"one"])
        evidence.publisher.publish()
    copy_of(folder, ["log.db"], tmp_path / "backup")
    with folder.open(signer) as evidence:
        evidence.log.append([b"two"])
        evidence.publisher.publish()
    put_back(folder, ["log.db"], tmp_path / "backup")
    with pytest.raises(LogRefused, match="shorter") as refused:
        folder.open(signer)
    assert "log_rolled_back" == refused.value.code


def test_a_log_with_another_past_is_refused(folder, signer, tmp_path):
    """A rebuilt log of the same or greater length, whose past is different, is neither opened nor signed."""
    with folder.create(signer) as evidence:
        evidence.log.append([b"one", b"two"])
        evidence.publisher.publish()
    other = EvidenceFolder(tmp_path / "other")
    with other.create(signer) as evidence:
        evidence.log.append([b"one", b"other", b"three"])
    copy_of(other, ["log.db"], tmp_path / "copy")
    put_back(folder, ["log.db"], tmp_path / "copy")
    with pytest.raises(LogRefused) as refused:
        folder.open(signer)
    assert "log_forked" == refused.value.code


def test_a_log_rewritten_while_open_is_not_signed(folder, evidence):
    """A past that is changed under a running publisher stops the next signature."""
    evidence.log.append([b"%d" % number for number in range(300)])
    before = evidence.publisher.publish()
    evidence.log.append([b"%d" % number for number in range(300, 600)])
    with closing(sqlite3.connect(folder.log)) as database, database:
        database.execute("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1")
    with pytest.raises(LogRefused):
        evidence.publisher.publish()
    assert before == evidence.publisher.last()


def test_an_old_head_store_that_was_put_back_is_refused(folder, signer, tmp_path):
    """The log remembers what was published; an older head is noticed though its signature is good."""
    with folder.create(signer) as evidence:
        evidence.log.append([b"one"])
        evidence.publisher.publish()
    copy_of(folder, ["heads.db"], tmp_path / "backup")
    with folder.open(signer) as evidence:
        evidence.log.append([b"two"])
        evidence.publisher.publish()
    put_back(folder, ["heads.db"], tmp_path / "backup")
    with pytest.raises(LogRefused) as refused:
        folder.open(signer)
    assert "head_rolled_back" == refused.value.code


@pytest.mark.parametrize("statement", [
    "DELETE FROM head", "UPDATE head SET size = 0", "UPDATE head SET root = zeroblob(32)", "UPDATE head SET note = 'x'",
])  # fmt: skip
def test_a_head_that_is_not_what_was_signed_is_refused(folder, signer, statement):
    """A lost head, or one whose columns or note were changed, stops the log."""
    with folder.create(signer) as evidence:
        evidence.log.append([b"one"])
        evidence.publisher.publish()
    with closing(sqlite3.connect(folder.heads)) as database, database:
        database.execute(statement)
    with pytest.raises(LogRefused):
        folder.open(signer)


def test_another_key_does_not_take_up_the_log(folder, signer):
    """A head of another key is not this log's head."""
    folder.create(signer).close()
    with pytest.raises(LogRefused):
        folder.open(Signer(signer.origin, bytes(32)))


@pytest.mark.parametrize("name", ["log.db", "heads.db", "details.db"])
def test_a_missing_part_is_refused_and_never_made_anew(folder, signer, name):
    """Opening wants all three files; founding again over what was signed is refused too."""
    with folder.create(signer) as evidence:
        evidence.log.append([b"one"])
        evidence.publisher.publish()
    (folder.folder / name).unlink()
    with pytest.raises(LogRefused):
        folder.open(signer)
    assert not (folder.folder / name).exists()
    with pytest.raises(LogRefused):
        folder.create(signer)


def test_a_log_with_entries_and_no_head_is_not_founded(tmp_path, signer):
    """Founding signs an empty log only: after that a missing head can only be a lost one."""
    with TileLog.create(tmp_path / "log.db") as log, HeadStore.create(tmp_path / "heads.db") as heads:
        log.append([b"one"])
        with pytest.raises(LogRefused):
            Publisher.found(log, heads, signer)
        with pytest.raises(LogRefused):
            Publisher(log, heads, signer)


def test_founding_can_be_repeated_after_a_crash(folder, signer):
    """A founding that stopped after the first file is finished by the next one."""
    folder.folder.mkdir(parents=True)
    TileLog.create(folder.log).close()
    folder.create(signer).close()
    folder.create(signer).close()
    folder.open(signer).close()


def test_heads_change_by_compare_and_swap(tmp_path):
    """Only who names the head that is there can replace it."""
    heads = [SignedHead(size=size, root=bytes(32), note=f"note {size}") for size in range(3)]
    with HeadStore.create(tmp_path / "heads.db") as store:
        store.swap(None, heads[0])
        with pytest.raises(Conflict):
            store.swap(None, heads[1])
        store.swap(heads[0], heads[1])
        with pytest.raises(Conflict):
            store.swap(heads[0], heads[2])
        assert heads[1] == store.last()


def test_two_publishers_never_contradict_each_other(folder, evidence, signer):
    """Two openings of one folder, appending and publishing at once, sign one growing history."""

    def work(opened, worker):
        notes = []
        for number in range(25):
            opened.log.append([b"%d/%d" % (worker, number)])
            notes.append(opened.publisher.publish())
        return notes

    with folder.open(signer) as other, ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(work, opened, worker) for worker, opened in enumerate((evidence, other))]
        notes = [note for future in futures for note in future.result()]
    assert 50 == len(notes)
    for note in notes:
        checkpoint = verify_checkpoint(note, signer.vkey)
        assert checkpoint.root == evidence.log.root(checkpoint.size)
    assert 50 == verify_checkpoint(evidence.publisher.publish(), signer.vkey).size
