"""Somebody who has the disk: without the key-encryption key, with an old backup, with a key of their own.

docs/trust.md says the same in words. Each test shows what such a person can do, or what stops or shows it.
"""

import shutil
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clickhouse_connect
import pytest

from law_node import HOME, PLATE, LawNode, law_node
from lockplate.access import parse_leaf
from lockplate.clock import SetClock
from lockplate.errors import KeyUnavailable, LogRefused
from lockplate.evidence.files import EvidenceFolder
from lockplate.keys.kek import load_kek
from lockplate.keys.ring import KeyRing
from lockplate.note import encode_base64
from lockplate.operations.evidence import LogName
from lockplate.operations.people import PersonName
from lockplate.settings import Settings, load_settings
from lockplate.terms import Verdict
from lockplate.wiring.node import open_node

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
OTHER_KEK = "ab" * 32


@pytest.fixture
def place(tmp_path: Path):
    """A city's node with one car seen three times in one hour and once in the hour before, and another car."""
    with law_node(tmp_path, "us-ca", NOW) as opened:
        opened.reader("north")
        minutes = {5: PLATE, 7: PLATE, 9: PLATE, 11: "8ELSE22", 61: PLATE}
        told = opened.ingest(*((plate, NOW - timedelta(minutes=m), "north") for m, plate in minutes.items()))
        assert 5 == told.imported
        yield opened


def stolen(place: LawNode, name: str = "stolen") -> Path:
    """Stop the node and return a copy of its whole home folder; the key is not in it.

    The engine has one folder at a time, so the node stays stopped until `reopen`.
    """
    place.node.close()
    target = place.folder / name
    shutil.copytree(place.settings.home, target, symlinks=True)
    assert not list(target.rglob("*.kek"))
    return target


def settings_of(copy: Path, **environment: str) -> Settings:
    return load_settings(copy, {f"LOCKPLATE_{name.upper()}": value for name, value in environment.items()})


def test_without_the_key_the_node_does_not_open(place):
    """Neither without a key nor with another one."""
    copy = stolen(place)
    with pytest.raises(KeyUnavailable):
        open_node(settings_of(copy, kek=OTHER_KEK), place.clock)
    with pytest.raises(Exception, match="key"):
        open_node(settings_of(copy, kek_file=str(place.folder / "nothing")), place.clock)


def test_the_rows_tell_readers_times_and_which_are_one_plate_within_an_hour(place):
    """What the thief gains: three rows of 12 o'clock share a token; the row of 11 o'clock shares it with nobody."""
    copy = stolen(place)
    client = clickhouse_connect.get_client(interface="chdb", path=str(copy / "store"))
    try:
        found = client.query("SELECT period, token, reader FROM lockplate.sealed_reads_local").result_rows
    finally:
        client.close()
    assert {"north"} == {reader for *_, reader in found}
    by_hour: dict[int, Counter] = {}
    for period, token, _ in found:
        by_hour.setdefault(period, Counter())[token] += 1
    earlier, later = (by_hour[period] for period in sorted(by_hour))
    assert [3, 1] == sorted(later.values(), reverse=True)
    assert set() == set(earlier) & set(later)


def test_a_ring_of_their_own_opens_nothing_and_cannot_go_on_with_the_log(place):
    """With an empty key ring under a key of theirs the node would run, but for the log: it is signed by the old key."""
    copy = stolen(place)
    (copy / "keys" / f"{HOME}.db").unlink()
    (copy / "keys" / "-node.db").unlink()
    kek = place.folder / "theirs.kek"
    kek.write_text(OTHER_KEK)
    kek.chmod(0o600)
    with pytest.raises(LogRefused) as refused:
        open_node(settings_of(copy, kek_file=str(kek)), place.clock)
    assert "head_forged" == refused.value.code


def test_a_copy_of_the_keys_under_another_key_does_not_unwrap(place):
    """A wrapped key is bound to its operator and name: exchanging rows between rings opens nothing either."""
    copy = stolen(place)
    ring = copy / "keys" / f"{HOME}.db"
    with sqlite3.connect(ring) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        wrapped = [
            (table, column[1])
            for table in tables
            for column in connection.execute(f"PRAGMA table_info({table})")
            if column[1] == "wrapped"
        ]
        assert wrapped
        for table, column in wrapped:
            rows = connection.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid").fetchall()
            if len(rows) > 1:  # each row gets its neighbour's key
                moved = [*rows[1:], rows[0]]
                connection.executemany(
                    f"UPDATE {table} SET {column} = ? WHERE rowid = ?",
                    [(other[1], row[0]) for row, other in zip(rows, moved, strict=True)],
                )
    connection.close()
    with pytest.raises(KeyUnavailable):
        open_node(settings_of(copy, kek_file=str(place.settings.kek_file)), place.clock)


def test_an_old_copy_of_the_log_alone_is_refused(place):
    """The heads remember what was signed: a log from before is shorter than that."""
    before = stolen(place, "before")
    place.reopen()
    place.ask()
    place.run("log.checkpoint", LogName())
    place.node.close()
    ours = EvidenceFolder.of(place.settings.home, HOME)
    shutil.copy2(EvidenceFolder.of(before, HOME).log, ours.log)
    for extra in ours.folder.glob("log.db-*"):
        extra.unlink()
    with pytest.raises(LogRefused) as refused:
        open_node(place.settings, place.clock)
    assert refused.value.code in {"log_rolled_back", "log_forked", "log_refused"}
    shutil.copytree(before, place.settings.home, dirs_exist_ok=True)
    place.node = open_node(place.settings, place.clock)


def test_an_old_copy_of_all_evidence_goes_on_and_whoever_kept_a_checkpoint_sees_it(place):
    """Log and heads put back together fit each other. What shows it is outside: here, a checkpoint that was kept."""
    before = stolen(place, "before")
    place.reopen()
    place.ask()
    kept = place.run("log.checkpoint", LogName())
    place.node.close()
    shutil.rmtree(place.settings.home / "evidence")  # the engine's folder stays: a process opens it once
    shutil.copytree(before / "evidence", place.settings.home / "evidence")
    place.node = open_node(place.settings, place.clock)
    again = place.run("log.checkpoint", LogName())
    assert again.size < kept.size
    # and once the log has grown past that size, its root there is another one
    while place.node.desk(HOME).evidence.log.size <= kept.size:
        place.clock.advance(timedelta(seconds=1))
        place.ask()
    log = place.node.desk(HOME).evidence.log
    assert kept.note.split("\n")[2] != encode_base64(log.root(kept.size))


def test_an_old_registry_brings_an_account_back_and_the_log_still_says_it_was_ended(place):
    """A backup of the control data revives a person who was sent away. The leaf that ended the account stays."""
    place.node.close()
    registry = place.settings.home / "registry.db"
    old = place.folder / "old-registry.db"
    shutil.copy2(registry, old)
    place.node = open_node(place.settings, place.clock)
    place.run("user.deactivate", PersonName(person="olga"))
    place.node.close()
    for extra in place.settings.home.glob("registry.db*"):
        extra.unlink()
    shutil.copy2(old, registry)
    place.node = open_node(place.settings, place.clock)
    part = place.ask().operators[0]
    assert Verdict.PERMITTED is part.verdict
    told = [record for record in place.records() if record.facts.get("person") == "olga"]
    assert any("deactiv" in str(record.facts) for record in told)
    # the question is on record too: an auditor reads that somebody asked after the account had ended
    assert "olga" == parse_leaf(place.node.desk(HOME).evidence.log.entry(part.record_index)).person


def test_the_wrapped_keys_alone_are_no_keys(place):
    """A ring's file opens only under the key-encryption key that made it."""
    copy = stolen(place)
    with pytest.raises(KeyUnavailable):
        KeyRing(copy / "keys" / f"{HOME}.db", HOME, load_kek(file=place.settings.kek_file, value=OTHER_KEK))


def test_setting_the_clock_back_brings_no_destroyed_key_back(place):
    """Even the thief who has the key-encryption key too finds no hour that was forgotten before the theft."""
    place.forget(NOW + timedelta(days=61))
    copy = stolen(place)
    with open_node(settings_of(copy, kek_file=str(place.settings.kek_file)), SetClock(NOW)) as node:
        assert [] == node.desk(HOME).ring.stored_periods()
        assert 2 == len(node.desk(HOME).ring.destroyed_periods())
