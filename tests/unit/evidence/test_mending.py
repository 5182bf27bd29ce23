"""Mending: derived parts come back byte for byte, and nothing that the entries and the head do not prove."""

import sqlite3
from contextlib import closing

import pytest

from lockplate.errors import LogRefused
from lockplate.evidence.fsck import check_log
from lockplate.evidence.mending import mend_log


@pytest.fixture
def filled(recorder, evidence, folder, make_record):
    """700 records, published at 650, all files closed."""
    recorder.record_many([(make_record(), {}) for _ in range(650)])
    evidence.publisher.publish()
    recorder.record_many([(make_record(), {}) for _ in range(50)])
    evidence.close()
    return folder


def alter(path, *statements):
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount != 0


def tables(path):
    with closing(sqlite3.connect(path)) as log:
        return [log.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in ("entry", "tile", "state")]


MENDED = {
    "a missing tile": ("DELETE FROM tile WHERE level = 0 AND number = 1", ("0/1",), ()),
    "a changed tile": ("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 0", ("0/0",), ()),
    "a tile too many": ("INSERT INTO tile VALUES (0, 9, x'00')", ("0/9",), ()),
    "the tile above": ("DELETE FROM tile WHERE level = 1", ("1/0",), ()),
    "a wrong size": ("UPDATE state SET size = 640", (), ("size",)),
}


@pytest.mark.parametrize("name", sorted(MENDED))
def test_what_can_be_derived_comes_back(filled, signer, name):
    """The file holds what it held, what was made again is named, and the check is clean after it."""
    statement, tiles, counters = MENDED[name]
    before = tables(filled.log)
    alter(filled.log, statement)
    mended = mend_log(filled.log, filled.heads, signer.vkey)
    assert (tiles, counters) == (mended.tiles, mended.counters)
    assert before == tables(filled.log)
    assert () == check_log(filled.log, filled.heads, filled.details, signer.vkey).findings
    assert not mend_log(filled.log, filled.heads, signer.vkey)


REFUSED = {
    "an edited entry": ["UPDATE entry SET body = x'7b7d' WHERE leaf_index = 300"],
    "a missing entry": ["DELETE FROM entry WHERE leaf_index = 300"],
    "a log cut off behind the head": ["DELETE FROM entry WHERE leaf_index >= 640", "UPDATE state SET size = 640"],
    "an edited entry after the head": ["UPDATE entry SET body = x'7b7d' WHERE leaf_index = 690"],
    "an entry added after the head": ["INSERT INTO entry SELECT 700, body FROM entry WHERE leaf_index = 1"],
    "an edited entry and a missing tile": [
        "UPDATE entry SET body = x'7b7d' WHERE leaf_index = 3", "DELETE FROM tile WHERE level = 0 AND number = 1"
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_proven_is_left_alone(filled, signer, name):
    """Nothing is written: who changed entries does not get a tree that fits them."""
    alter(filled.log, *REFUSED[name])
    before = tables(filled.log)
    with pytest.raises(LogRefused):
        mend_log(filled.log, filled.heads, signer.vkey)
    assert before == tables(filled.log)
