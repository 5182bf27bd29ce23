"""KeyRing: made once, kept wrapped, destroyed without a trace, whole after a crash."""

import hashlib
import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockplate.access import KeyCommitment
from lockplate.errors import KeyUnavailable, StoreFailed
from lockplate.keys.kek import Kek
from lockplate.keys.ring import KeyRing
from lockplate.terms import OperatorId, Period

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "seal.json").read_text(encoding="utf-8"))["keys"]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CITY, COUNTY = OperatorId("city"), OperatorId("county")
SECRET = b"a key-encryption key of 32 bytes"
HOUR = Period(492_324)


def open_ring(folder: Path, operator: OperatorId = CITY, secret: bytes = SECRET) -> KeyRing:
    return KeyRing(folder / "keys.db", operator, Kek(secret))


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[KeyRing]:
    with closing(open_ring(tmp_path)) as opened:
        yield opened


def raw_bytes(folder: Path) -> bytes:
    """Return every byte that lies in the key database's folder, journals included."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def wrapped_blobs(folder: Path) -> dict[tuple[str, str], bytes]:
    with closing(sqlite3.connect(folder / "keys.db")) as connection:
        rows = [("period", *row) for row in connection.execute("SELECT period, wrapped FROM period_keys")]
        rows += [("data", *row) for row in connection.execute("SELECT name, wrapped FROM data_keys")]
    return {(kind, str(name)): blob for kind, name, blob in rows}


def pieces(blob: bytes, size: int = 8) -> Iterator[bytes]:
    """Yield every run of `size` bytes: even a part of a wrapped key counts as a trace."""
    return (blob[start : start + size] for start in range(1, len(blob) - size + 1))


# Made once, kept


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """A key is 32 bytes, its own for each hour and name, and the same after the database is opened again."""
    with closing(open_ring(tmp_path)) as first:
        made = [first.make_period_key(Period(hour), NOW) for hour in (1, 2, 3)]
        made += [first.data_key("hits", NOW), first.data_key("entries", NOW)]
        assert made[:3] == [first.make_period_key(Period(hour), NOW) for hour in (1, 2, 3)]
        assert made[3] == first.data_key("hits", NOW)

    with closing(open_ring(tmp_path)) as again:
        kept = [again.period_key(Period(1)), again.make_period_key(Period(2), NOW), again.period_key(Period(3))]
        assert made == [*kept, again.stored_data_key("hits"), again.data_key("entries", NOW)]
        assert [1, 2, 3] == again.stored_periods()

    assert 5 == len(set(made))
    assert {32} == {len(key) for key in made}


def test_asking_does_not_make(ring: KeyRing) -> None:
    """A question about an hour without reads leaves no key behind."""
    assert ring.period_key(HOUR) is None
    assert ring.stored_data_key("hits") is None
    assert ring.commitment(HOUR) is None
    assert [] == ring.stored_periods()


def test_keys_are_random_and_not_derived(tmp_path: Path) -> None:
    """Two databases with the same operator, key-encryption key, hour and clock have different keys."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with closing(open_ring(tmp_path / "a")) as one, closing(open_ring(tmp_path / "b")) as other:
        assert one.make_period_key(HOUR, NOW) != other.make_period_key(HOUR, NOW)


def test_the_file_holds_keys_only_wrapped(tmp_path: Path) -> None:
    """The raw bytes hold neither a key, nor its hex form, nor the key-encryption key; the file is for its owner."""
    with closing(open_ring(tmp_path)) as ring:
        keys = [ring.make_period_key(Period(hour), NOW) for hour in range(50)]
        keys += [ring.data_key(f"name-{number}", NOW) for number in range(50)]

    raw = raw_bytes(tmp_path)
    assert [] == [key for key in [*keys, SECRET] if key in raw or key.hex().encode() in raw or key[:8] in raw]
    assert 0 == stat.S_IMODE((tmp_path / "keys.db").stat().st_mode) & 0o077
    assert 100 == len(wrapped_blobs(tmp_path))


@pytest.mark.parametrize("vector", VECTORS["wrapped"])
def test_a_database_written_by_the_document_is_read(tmp_path: Path, vector: dict[str, str]) -> None:
    """A row made outside this program, by the documented layout, gives its key and its commitment."""
    kek = bytes.fromhex(VECTORS["kek"])
    open_ring(tmp_path, OperatorId(VECTORS["operator"]), kek).close()
    table, column = ("period_keys", "period") if vector["kind"] == "period" else ("data_keys", "name")
    with closing(sqlite3.connect(tmp_path / "keys.db")) as connection, connection:
        connection.execute(
            f"INSERT INTO {table} ({column}, wrapped, commitment, made_at) VALUES (?, ?, ?, '')",
            (vector["name"], bytes.fromhex(vector["wrapped"]), bytes.fromhex(vector["commitment"])),
        )

    with closing(open_ring(tmp_path, OperatorId(VECTORS["operator"]), kek)) as ring:
        if vector["kind"] == "period":
            found = ring.period_key(Period(int(vector["name"])))
        else:
            found = ring.stored_data_key(vector["name"])
        assert found is not None
        assert vector["key"] == found.hex()


# Refused


def test_another_key_encryption_key_is_refused_at_the_door(tmp_path: Path) -> None:
    """A node started with the wrong key stops before it wraps anything new under it, even with no keys made yet."""
    for keys in (0, 1):
        with closing(open_ring(tmp_path)) as ring:
            for hour in range(keys):
                ring.make_period_key(Period(hour), NOW)
        with pytest.raises(KeyUnavailable) as refused:
            open_ring(tmp_path, secret=SECRET[::-1])
        assert "wrong_kek" == refused.value.code


def test_another_operators_database_is_refused(tmp_path: Path) -> None:
    """A database put in another operator's place does not open, though the key-encryption key is the same."""
    open_ring(tmp_path).close()

    with pytest.raises(KeyUnavailable):
        open_ring(tmp_path, operator=COUNTY)


def test_a_wrapped_key_moved_to_another_place_does_not_unwrap(tmp_path: Path) -> None:
    """An insider who swaps two wrapped keys, or files a period's as a data key, gets a refusal."""
    with closing(open_ring(tmp_path)) as ring:
        for hour in (1, 2):
            ring.make_period_key(Period(hour), NOW)
        ring.data_key("hits", NOW)
    blobs = wrapped_blobs(tmp_path)
    with closing(sqlite3.connect(tmp_path / "keys.db")) as connection, connection:
        connection.execute("UPDATE period_keys SET wrapped = ? WHERE period = 1", (blobs["period", "2"],))
        connection.execute("UPDATE data_keys SET wrapped = ?", (blobs["period", "2"],))

    with closing(open_ring(tmp_path)) as ring:
        with pytest.raises(KeyUnavailable):
            ring.period_key(Period(1))
        with pytest.raises(KeyUnavailable):
            ring.make_period_key(Period(1), NOW)
        with pytest.raises(KeyUnavailable):
            ring.stored_data_key("hits")
        assert ring.period_key(Period(2)) is not None


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Damage is told as ours, in words without a path."""
    (tmp_path / "keys.db").write_bytes(b"not a database, and longer than a header " * 40)

    with pytest.raises(KeyUnavailable) as refused:
        open_ring(tmp_path)
    assert "key_database" == refused.value.code
    assert str(tmp_path) not in refused.value.message


def test_a_database_in_write_ahead_mode_is_brought_back(tmp_path: Path) -> None:
    """Write-ahead logging keeps old bytes, so a file left in that mode is changed before any key is made."""
    with closing(sqlite3.connect(tmp_path / "keys.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE other (one)")

    with closing(open_ring(tmp_path)) as ring:
        ring.make_period_key(HOUR, NOW)
        assert ["keys.db"] == [path.name for path in tmp_path.iterdir()]


def test_a_database_that_stays_in_write_ahead_mode_is_refused(tmp_path: Path) -> None:
    """While somebody else holds it in write-ahead mode, the ring does not open."""
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE other (one)")
        other.execute("BEGIN")
        other.execute("SELECT * FROM other").fetchall()
        with pytest.raises(KeyUnavailable) as refused:
            open_ring(tmp_path)
    assert "key_database" == refused.value.code


def test_a_refused_write_changes_nothing(tmp_path: Path, ring: KeyRing) -> None:
    """When the disk refuses, no key is given out, the next try works, and the error is ours."""
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON period_keys BEGIN SELECT RAISE(ABORT, 'full'); END")
        with pytest.raises(StoreFailed) as refused:
            ring.make_period_key(HOUR, NOW)
        other.execute("DROP TRIGGER full")

    assert "key_database" == refused.value.code
    assert ring.period_key(HOUR) is None
    assert 32 == len(ring.make_period_key(HOUR, NOW))


# Destroyed


def test_a_destroyed_key_leaves_no_trace(tmp_path: Path) -> None:
    """No eight bytes of the wrapped key, and none of the key, are left in any file, open or closed."""
    with closing(open_ring(tmp_path)) as ring:
        keys = {str(hour): ring.make_period_key(Period(hour), NOW) for hour in range(100, 110)}
        data_key = ring.data_key("details:2026-03", NOW)
        blobs = wrapped_blobs(tmp_path)
        assert all(blob in raw_bytes(tmp_path) for blob in blobs.values())

        ring.destroy_periods([Period(hour) for hour in range(100, 105)], NOW)
        ring.destroy_data_key("details:2026-03", NOW)
        raw_while_open = raw_bytes(tmp_path)
    raw = raw_bytes(tmp_path)

    gone = [blobs["data", "details:2026-03"], *(blobs["period", str(hour)] for hour in range(100, 105))]
    for blob in gone:
        assert [] == [piece for piece in pieces(blob) if piece in raw or piece in raw_while_open]
    assert [] == [key for key in [*keys.values(), data_key] if key[:8] in raw]
    assert all(blobs["period", str(hour)] in raw for hour in range(105, 110))


def test_no_trace_is_left_after_years_of_making_and_destroying(tmp_path: Path) -> None:
    """Pages that split, merge and empty in any order keep no part of a destroyed key."""
    chance = random.Random(3)
    with closing(open_ring(tmp_path)) as ring:
        ring._connection.execute("PRAGMA synchronous=OFF")  # the same pages, without waiting for the disk
        waiting = chance.sample(range(490_000, 490_600), 600)
        living: list[int] = []
        gone: list[bytes] = []
        while waiting:
            made = [waiting.pop() for _ in range(min(len(waiting), chance.randint(1, 50)))]
            for hour in made:
                ring.make_period_key(Period(hour), NOW)
            living = chance.sample(living + made, len(living) + len(made))
            ended = [living.pop() for _ in range(chance.randint(0, len(living)))]
            blobs = wrapped_blobs(tmp_path)
            gone += [blobs["period", str(hour)] for hour in ended]
            ring.destroy_periods([Period(hour) for hour in ended], NOW)
    raw = raw_bytes(tmp_path)
    windows = {raw[start : start + 8] for start in range(len(raw) - 7)}

    assert len(gone) > 300
    assert [] == [blob for blob in gone if any(piece in windows for piece in pieces(blob))]


def test_what_is_forgotten_is_never_made_again(tmp_path: Path) -> None:
    """A destroyed key is refused at once and after reopening; asking for it finds nothing."""
    with closing(open_ring(tmp_path)) as ring:
        ring.make_period_key(HOUR, NOW)
        ring.data_key("details:2026-03", NOW)
        ring.destroy_periods([HOUR], NOW)
        ring.destroy_data_key("details:2026-03", NOW)
        _require_forgotten(ring)

    with closing(open_ring(tmp_path)) as again:
        _require_forgotten(again)
        assert again.make_period_key(Period(HOUR + 1), NOW)


def _require_forgotten(ring: KeyRing) -> None:
    assert ring.period_key(HOUR) is None
    assert ring.stored_data_key("details:2026-03") is None
    assert [HOUR] == ring.destroyed_periods()
    assert HOUR not in ring.stored_periods()
    with pytest.raises(KeyUnavailable) as refused:
        ring.make_period_key(HOUR, NOW)
    assert "key_destroyed" == refused.value.code
    with pytest.raises(KeyUnavailable) as refused:
        ring.data_key("details:2026-03", NOW)
    assert "key_destroyed" == refused.value.code


def test_the_commitment_is_the_documented_hash_of_the_key(ring: KeyRing) -> None:
    """Before and at destruction the ring says the same of a key, and the key itself proves it."""
    key = ring.make_period_key(HOUR, NOW)
    expected = KeyCommitment(
        kind="period",
        name=str(HOUR),
        commitment=hashlib.sha256(b"lockplate/key-commitment/v1\0" + key).hexdigest(),
    )
    data_key = ring.data_key("hits", NOW)

    assert expected == ring.commitment(HOUR)
    assert [expected] == ring.destroy_periods([HOUR], NOW)
    assert ring.commitment(HOUR) is None
    assert KeyCommitment(
        kind="data",
        name="hits",
        commitment=hashlib.sha256(b"lockplate/key-commitment/v1\0" + data_key).hexdigest(),
    ) == ring.destroy_data_key("hits", NOW)


def test_destroying_what_is_not_there_says_nothing(ring: KeyRing) -> None:
    """An hour without a key, one destroyed before, and one named twice are passed over; others are untouched."""
    kept = ring.make_period_key(Period(1), NOW)
    ring.make_period_key(Period(2), NOW)

    assert ["2"] == [gone.name for gone in ring.destroy_periods([Period(2), Period(2), Period(3)], NOW)]
    assert [] == ring.destroy_periods([Period(2), Period(3)], NOW)
    assert [] == ring.destroy_periods([], NOW)
    assert ring.destroy_data_key("hits", NOW) is None
    assert kept == ring.period_key(Period(1))
    assert [2] == ring.destroyed_periods()


def test_a_destruction_that_fails_leaves_every_key(tmp_path: Path, ring: KeyRing) -> None:
    """All of the named hours, or none: no receipt for a part."""
    keys = [ring.make_period_key(Period(hour), NOW) for hour in (1, 2)]
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON destroyed WHEN NEW.name = '2' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with pytest.raises(StoreFailed):
            ring.destroy_periods([Period(1), Period(2)], NOW)

    assert keys == [ring.period_key(Period(1)), ring.period_key(Period(2))]
    assert [] == ring.destroyed_periods()
    assert [1, 2] == ring.stored_periods()


# Threads and crashes


def test_many_threads_make_one_key(ring: KeyRing) -> None:
    """Sixteen threads that need the same hours and names at once all get the same keys."""
    wanted = [number % 20 for number in range(320)]
    with ThreadPoolExecutor(16) as threads:
        hours = list(threads.map(lambda hour: ring.make_period_key(Period(hour), NOW), wanted))
        names = list(threads.map(lambda name: ring.data_key(str(name), NOW), wanted))

    assert [ring.period_key(Period(hour)) for hour in wanted] == hours
    assert [ring.stored_data_key(str(name)) for name in wanted] == names
    assert 40 == len({*hours, *names})


def test_making_and_destroying_from_many_threads(ring: KeyRing) -> None:
    """Whatever the order, at the end every hour is either kept or destroyed, never both and never half."""

    def work(number: int) -> str:
        try:
            ring.make_period_key(Period(number % 30), NOW)
        except KeyUnavailable as refused:
            return refused.code
        return "destroyed" if number % 3 == 0 and ring.destroy_periods([Period(number % 30)], NOW) else "made"

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(work, range(240)))

    assert set(outcomes) <= {"made", "destroyed", "key_destroyed"}
    assert outcomes.count("destroyed") == len(ring.destroyed_periods())
    assert set(range(30)) == {*ring.stored_periods(), *ring.destroyed_periods()}
    assert not {*ring.stored_periods()} & {*ring.destroyed_periods()}


DESTROYER = textwrap.dedent("""
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from lockplate.keys.kek import Kek
    from lockplate.keys.ring import KeyRing
    from lockplate.terms import OperatorId, Period

    ring = KeyRing(Path(sys.argv[1]), OperatorId("city"), Kek(bytes.fromhex(sys.argv[2])))
    first, now = int(sys.argv[3]), datetime.now(UTC)
    print("open", flush=True)
    for hour in range(first, first + 100_000, 3):
        for step in range(3):
            ring.make_period_key(Period(hour + step), now)
        print("made", hour, flush=True)
        gone = ring.destroy_periods([Period(hour), Period(hour + 1)], now)
        print("gone", hour, *(one.commitment for one in gone), flush=True)
""")


def _destroy_until_killed(folder: Path, first: int, chance: random.Random) -> list[list[str]]:
    """Run a process that makes and destroys keys, kill -9 it somewhere, and return what it said it had done."""
    with subprocess.Popen(
        [sys.executable, "-c", DESTROYER, str(folder / "keys.db"), SECRET.hex(), str(first)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randint(3, 9))]
        time.sleep(chance.uniform(0, 0.01))  # so that it is killed anywhere, not only where it has just spoken
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.read().splitlines(keepends=True)
        return [line.split() for line in said if line.endswith("\n") and line != "open\n"]


def test_kill_9_leaves_every_key_whole_or_forgotten(tmp_path: Path) -> None:
    """Fifteen times killed in mid-stream: an hour is fully there or fully destroyed with its tombstone.

    What was said to be destroyed stays destroyed, and its pair shared its fate.
    """
    chance = random.Random(5)
    folder = tmp_path / "ring"
    folder.mkdir()
    said: list[list[str]] = []
    for cycle in range(15):
        said += _destroy_until_killed(folder, cycle * 300_000, chance)
        with closing(open_ring(folder)) as ring:
            stored, destroyed = ring.stored_periods(), ring.destroyed_periods()
            assert [] == [hour for hour in stored if ring.period_key(hour) is None]
            assert not set(stored) & set(destroyed)
            assert [] == [hour for hour in destroyed if hour % 3 < 2 and hour - hour % 3 not in destroyed]
            assert [] == [hour for hour in destroyed if hour % 3 < 2 and hour - hour % 3 + 1 not in destroyed]
            blobs = wrapped_blobs(folder)
            assert {("period", str(hour)) for hour in stored} == set(blobs)
            # A killed process can leave its journal behind; the next destruction takes that with it.
            last = next(hour for hour in reversed(stored) if hour % 3 == 2)
            ring.destroy_periods([last], NOW)
        assert ["keys.db"] == [path.name for path in folder.iterdir()]
        assert [] == [piece for piece in pieces(blobs["period", str(last)]) if piece in raw_bytes(folder)]
        stored.remove(last)
        destroyed.append(last)

    made = {int(line[1]) + step for line in said if line[0] == "made" for step in range(3)}
    gone = {int(line[1]) + step for line in said if line[0] == "gone" for step in range(2)}
    assert made <= {*stored, *destroyed}
    assert gone <= {*destroyed}
    assert len(gone) >= 15
