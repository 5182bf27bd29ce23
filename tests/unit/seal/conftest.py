"""Rings and sealers for the seal's tests; keys with known values come in the way a stored key does."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lockplate.clock import SetClock
from lockplate.keys.kek import Kek
from lockplate.keys.ring import KeyRing
from lockplate.terms import OperatorId


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """The known answers, computed once without this program and pinned."""
    found: dict[str, Any] = json.loads(
        (Path(__file__).parents[2] / "vectors" / "seal.json").read_text(encoding="utf-8")
    )
    return found


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 1, 12, 40, tzinfo=UTC))


@pytest.fixture
def open_ring(tmp_path: Path) -> Iterator[Callable[[str], KeyRing]]:
    """Open an operator's ring; all are closed at the end."""
    with ExitStack() as stack:
        yield lambda operator: stack.enter_context(
            closing(KeyRing(tmp_path / operator / "keys.db", OperatorId(operator), Kek(b"k" * 32)))
        )


@pytest.fixture
def known_ring(tmp_path: Path, vectors: dict[str, Any]) -> Iterator[KeyRing]:
    """A ring whose keys are those of the vectors."""
    keys, path = vectors["keys"], tmp_path / "known" / "keys.db"
    kek, operator = Kek(bytes.fromhex(keys["kek"])), OperatorId(keys["operator"])
    KeyRing(path, operator, kek).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        for vector in keys["wrapped"]:
            table, column = ("period_keys", "period") if vector["kind"] == "period" else ("data_keys", "name")
            connection.execute(
                f"INSERT INTO {table} ({column}, wrapped, commitment, made_at) VALUES (?, ?, ?, '')",
                (vector["name"], bytes.fromhex(vector["wrapped"]), bytes.fromhex(vector["commitment"])),
            )
    with closing(KeyRing(path, operator, kek)) as ring:
        yield ring
