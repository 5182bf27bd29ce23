"""TileLog: places, tiles, bundles and proofs, whatever the batches; threads, a second process's view, and refusals."""

import sqlite3
import threading
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockplate.errors import BadInput, LogRefused, NotFound, StoreFailed
from lockplate.evidence.edge import Edge
from lockplate.evidence.log import TileLog
from lockplate.evidence.tiles import bundles_of, tiles_of
from lockplate.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.db"


@pytest.fixture
def log(path):
    with TileLog.create(path) as opened:
        yield opened


def entry(number):
    return b"entry %d" % number


def fill(log, count, batch=1000):
    for start in range(0, count, batch):
        log.append([entry(number) for number in range(start, min(count, start + batch))])


def test_places_are_dense_and_entries_come_back(log):
    """Places count from zero over batches of any size, and each gives its own entry back."""
    assert [0] == log.append([entry(0)])
    assert [1, 2, 3] == log.append([entry(1), entry(2), entry(3)])
    assert [] == log.append([])
    assert 4 == log.size
    assert [entry(1), entry(2)] == log.entries(1, 3)
    assert entry(3) == log.entry(3)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, 65_535, 65_536, 65_800])
def test_tiles_are_what_the_specification_says(path, log, size):
    """Every tile and bundle of a size holds the right hashes and entries, before and after the log is opened again."""
    fill(log, size)
    leaves = [leaf_hash(entry(number)) for number in range(size)]
    levels = [leaves]
    while len(levels[-1]) >= 256:
        whole = len(levels[-1]) // 256
        levels.append([root_of(levels[-1][256 * number : 256 * number + 256]) for number in range(whole)])
    with TileLog.open(path) as again:
        for reader in (log, again):
            for level, number, width in tiles_of(size):
                expected = b"".join(levels[level][256 * number : 256 * number + width])
                assert expected == reader.tile(level, number, width)
            assert root_of(leaves) == reader.head().root
    for number, width in list(bundles_of(size))[-3:]:
        expected = b"".join(
            len(entry(place)).to_bytes(2, "big") + entry(place) for place in range(256 * number, 256 * number + width)
        )
        assert expected == log.entry_bundle(number, width)


@settings(deadline=None, max_examples=30)
@given(batches=st.lists(st.integers(min_value=1, max_value=400), min_size=1, max_size=8))
def test_batches_do_not_matter_to_the_tree(tmp_path_factory, batches):
    """However entries are batched, root and stored edge are the same as the edge that grew one by one."""
    path = tmp_path_factory.mktemp("log") / "log.db"
    alone, number = Edge(0, ()), 0
    with TileLog.create(path) as log:
        for batch in batches:
            entries = [entry(place) for place in range(number, number + batch)]
            log.append(entries)
            number += batch
            for item in entries:
                alone.add(item)
            assert (number, alone.root()) == (log.head().size, log.head().root)
            with TileLog.open(path) as again:
                assert alone.root() == again.head().root
                assert alone.root() == again.root(number)


def test_proofs_hold_over_tile_borders(log):
    """Inclusion and consistency proofs from stored tiles verify for sizes on both sides of tile borders."""
    fill(log, 66_000)
    interesting = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000]
    leaves = [leaf_hash(entry(number)) for number in range(66_000)]
    roots = {size: root_of(leaves[:size]) for size in interesting}
    for size in interesting:
        assert roots[size] == log.root(size)
        for index in {0, 1, size // 2, size - 1} & set(range(size)):
            path = log.inclusion(index, size)
            assert roots[size] == verify_inclusion(leaves[index], index, size, path, roots[size])
        for old in interesting:
            if old <= size:
                path = log.consistency(old, size)
                assert roots[size] == verify_consistency(old, roots[old], size, roots[size], path)


def test_what_is_not_there_is_not_found(log):
    """Entries, tiles, widths and sizes beyond the log are NotFound, never empty answers."""
    fill(log, 300)
    for ask in (
        lambda: log.entry(300),
        lambda: log.entry(-1),
        lambda: log.entries(5, 4),
        lambda: log.tile(0, 1, 45),
        lambda: log.tile(0, 1),
        lambda: log.tile(0, 0, 0),
        lambda: log.tile(0, 0, 257),
        lambda: log.tile(-1, 0, 1),
        lambda: log.tile(1, 0, 2),
        lambda: log.tile(2, 0, 1),
        lambda: log.tile(60, 0, 1),
        lambda: log.entry_bundle(1, 45),
        lambda: log.entry_bundle(-1, 1),
        lambda: log.entry_bundle(0, 0),
        lambda: log.inclusion(0, 301),
        lambda: log.consistency(0, 301),
        lambda: log.root(301),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(BadInput):
        log.inclusion(5, 5)


def test_an_entry_fits_sixteen_bits_or_is_refused(log):
    """65,535 bytes are the most; one more refuses the whole batch."""
    assert [0] == log.append([bytes(65_535)])
    with pytest.raises(BadInput):
        log.append([b"fine", bytes(65_536)])
    assert 1 == log.size
    assert 65_537 == len(log.entry_bundle(0, 1))


def test_threads_share_transactions_and_each_gets_its_own_places(log):
    """Concurrent appenders get places that are unique, dense, and hold what each of them sent."""
    places, lock = {}, threading.Lock()

    def work(worker):
        for number in range(40):
            entries = [b"%d/%d/%d" % (worker, number, part) for part in range(1 + number % 3)]
            got = log.append(entries)
            with lock:
                places.update(zip(got, entries, strict=True))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(range(log.size)) == sorted(places)
    assert [places[place] for place in range(log.size)] == log.entries(0, log.size)


def test_two_openings_of_one_file_make_one_log(path, log):
    """A log that is opened twice, as by two processes, stays one dense sequence, and each sees the other's entries."""
    with TileLog.open(path) as other:
        for number in range(0, 600, 2):
            assert [number] == log.append([entry(number)])
            assert [number + 1] == other.append([entry(number + 1)])
        assert log.head() == other.head()
        assert root_of([leaf_hash(entry(number)) for number in range(600)]) == other.head().root
        assert log.tile(0, 1, 256) == other.tile(0, 1, 256)


def test_a_refused_callback_keeps_nothing(path, log):
    """When what must be durable first cannot be, the entry is not in the log, and the next one takes its place."""
    fill(log, 255)

    def refuse(first):
        assert 255 == first
        raise StoreFailed("no room")

    with pytest.raises(StoreFailed):
        log.append([b"lost", b"lost too"], before_commit=refuse)
    assert 255 == log.size
    assert [255] == log.append([entry(255)])
    with TileLog.open(path) as again:
        assert root_of([leaf_hash(entry(number)) for number in range(256)]) == again.head().root


def test_a_full_disk_refuses_and_the_log_goes_on(path, log):
    """A write that the disk refuses is StoreFailed for the caller, nothing is kept, and the log works afterwards."""
    fill(log, 10)
    pages = log._writer.execute("PRAGMA page_count").fetchone()[0]
    log._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFailed):
        log.append([bytes(60_000)])
    log._writer.execute("PRAGMA max_page_count = 1000000")
    assert [10] == log.append([entry(10)])
    with TileLog.open(path) as again:
        assert root_of([leaf_hash(entry(number)) for number in range(11)]) == again.head().root


@pytest.mark.parametrize("statement", [
    "DELETE FROM entry WHERE leaf_index = 299",
    "INSERT INTO entry VALUES (300, x'00')",
    "UPDATE entry SET body = x'00' WHERE leaf_index = 280",
    "UPDATE state SET size = 299",
    "UPDATE state SET root = zeroblob(32)",
    "DELETE FROM tile WHERE level = 1",
    "UPDATE tile SET hashes = zeroblob(32) WHERE level = 1",
    "PRAGMA user_version = 9",
])  # fmt: skip
def test_a_log_that_contradicts_itself_is_not_opened(path, log, statement):
    """An edge that does not fit the stored root is refused at opening."""
    fill(log, 300)
    log.close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)
    with pytest.raises(LogRefused):
        TileLog.open(path)


def test_a_tile_that_is_already_there_is_not_written_over(path, log):
    """A planted level 0 tile makes the append fail rather than take its place."""
    fill(log, 255)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO tile VALUES (0, 0, zeroblob(8192))")
    with pytest.raises(LogRefused):
        log.append([entry(255)])
    assert 255 == log.size


def test_a_log_is_made_once_and_opened_only_when_it_is_there(path):
    """A missing log is not made in silence, and one that holds entries is not made anew."""
    with pytest.raises(LogRefused):
        TileLog.open(path)
    TileLog.create(path).close()
    with TileLog.create(path) as log:
        log.append([b"first"])
    with pytest.raises(LogRefused):
        TileLog.create(path)
    with pytest.raises(StoreFailed):
        log.append([b"after close"])
    with pytest.raises(StoreFailed):
        log.entry(0)


def test_durable_means_synced(log, evidence):
    """Every evidence file is opened with a full sync at each commit and with deleted rows overwritten."""
    for connection in (log._writer, evidence.log._writer, evidence.heads._connection, evidence.details._connection):
        pragmas = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "secure_delete", "journal_mode")
        ]
        assert [3, 1, "wal"] == pragmas
