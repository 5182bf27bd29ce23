"""Appends: leaves durable in a log, alone and in batches, and whole records with their sealed details.

What flows in: empty logs. What flows out: leaves a second.
What it must never see: a read.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from apart import Told
from ground import OPERATOR, Ground, founded, opened
from row import Alternative, Budget, Row

from lockplate.access import AccessRecord, canonical_leaf
from lockplate.checkpoint import Signer
from lockplate.clock import SystemClock
from lockplate.evidence.files import EvidenceFolder
from lockplate.terms import Action, OperatorId, PersonId, RecordMode

BUDGETS = (
    Budget(name="durable leaves in batches of 100", figure=150_000, unit="leaves/s", at_most=False),
    Budget(name="durable records with sealed details, 16 threads", figure=1_000, unit="records/s", at_most=False),
)
BATCH = 100
LEAVES = 200_000
RECORDS = 4_000
THREADS = 16


def measure(ground: Ground, *, told: Told) -> list[Row]:
    """Return how fast the log takes leaves, and how fast the recorder takes records."""
    return [_leaves(ground.folder / "appends", told), _records(ground.folder / "records", told)]


def _leaves(home: Path, told: Told) -> Row:
    leaf = canonical_leaf(_record(SystemClock()))
    with EvidenceFolder.of(home, OperatorId("bench")).create(Signer("lockplate/bench", bytes(32))) as evidence:
        batch = [leaf] * BATCH

        def append(number: int) -> None:
            told("appending", number * BATCH, LEAVES)
            evidence.log.append(batch)

        in_batches = _rate(append, LEAVES // BATCH) * BATCH
        alone = _rate(lambda _: evidence.log.append([leaf]), 2_000)
        published = _rate(lambda _: (evidence.log.append([leaf]), evidence.publisher.publish()), 500)
    plain = _plain_sqlite(home / "plain.db", leaf)
    shutil.rmtree(home)
    return Row(
        budget=BUDGETS[0],
        measured=in_batches,
        alternatives=(Alternative(what="the same rows in plain SQLite, same syncs", measured=plain),),
        details={
            "one_by_one": round(alone),
            "one_by_one_and_signed": round(published),
            "leaf_bytes": len(leaf),
            "leaves": LEAVES,
        },
        why="Two hashes a leaf, the tiles, and the root of each batch come on top of the rows.",
    )


def _plain_sqlite(path: Path, leaf: bytes) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entry (leaf_index INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")

    def insert(_: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entry (body) VALUES (?)", [(leaf,)] * BATCH)
        connection.execute("COMMIT")

    rate = _rate(insert, LEAVES // BATCH) * BATCH
    connection.close()
    return rate


def _records(home: Path, told: Told) -> Row:
    with opened(founded(home, RecordMode.INDEX_ONLY)) as node:
        recorder = node.desk(OPERATOR).recorder
        private = {"plate": "0BEN001", "case_number": "B-26-0001", "reason": "a benchmark, nobody's car"}

        def record(number: int) -> None:
            told("recording", number, RECORDS)
            recorder.record(_record(node.clock, str(OPERATOR)), private)

        alone = _rate(record, RECORDS // 8)
        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(record, range(RECORDS)))
        together = RECORDS / (time.perf_counter() - began)
    shutil.rmtree(home)
    return Row(
        budget=BUDGETS[1],
        measured=together,
        alternatives=(Alternative(what="one thread, each waiting for its own two syncs", measured=alone),),
        details={"threads": THREADS, "records": RECORDS},
        why="Records that arrive together share their syncs; sealing and hashing are Python.",
    )


def _record(clock: SystemClock, operator: str = "bench") -> AccessRecord:
    return AccessRecord(
        action=Action.QUESTION_OUTCOME,
        at=clock.now(),
        operator=OperatorId(operator),
        person=PersonId("bench.officer"),
        counts={"reads": 3, "unopened": 0},
    )


def _rate(step: Callable[[int], object], rounds: int) -> float:
    began = time.perf_counter()
    for number in range(rounds):
        step(number)
    return rounds / (time.perf_counter() - began)
