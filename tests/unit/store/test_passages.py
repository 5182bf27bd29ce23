"""PassageIndex: a help that answers for a named hash, lists nothing, and forgets within the hour."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lockplate.errors import StoreFailed
from lockplate.store.passages import PassageIndex, PassagePlace
from lockplate.terms import OperatorId, ReaderId, Token

NOON = 1_795_521_600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "passages.db"


@pytest.fixture
def index(path: Path) -> Iterator[PassageIndex]:
    opened = PassageIndex(path)
    yield opened
    opened.close()


def place_of(number: int, operator: str = "county", noted_at: int = NOON, token: bytes = b"12345678") -> PassagePlace:
    return PassagePlace(
        operator=OperatorId(operator),
        hash=number.to_bytes(16, "big"),
        token=Token(token),
        captured_at=NOON - 5,
        reader=ReaderId("bridge"),
        noted_at=noted_at,
    )


def test_a_place_is_found_by_operator_and_hash(index: PassageIndex) -> None:
    """Another operator's same hash, or another hash, is none."""
    index.put([place_of(1), place_of(2)])

    assert place_of(1) == index.get(OperatorId("county"), place_of(1).hash)
    assert index.get(OperatorId("city"), place_of(1).hash) is None
    assert index.get(OperatorId("county"), place_of(3).hash) is None


def test_a_later_place_takes_the_earlier_ones(index: PassageIndex) -> None:
    """After a correction the hash leads to the row that stands."""
    index.put([place_of(1)])
    index.put([place_of(1, token=b"abcdefgh")])

    assert Token(b"abcdefgh") == index.get(OperatorId("county"), place_of(1).hash).token


def test_it_is_there_after_a_restart(index: PassageIndex, path: Path) -> None:
    """What was put is found by the next run."""
    index.put([place_of(1)])
    index.close()

    again = PassageIndex(path)
    found = again.get(OperatorId("county"), place_of(1).hash)
    again.close()

    assert place_of(1) == found


def test_old_places_are_pruned_by_our_clock(index: PassageIndex) -> None:
    """However old the row, its place stays for the minutes that matter; then it goes."""
    index.put([place_of(1, noted_at=NOON), place_of(2, noted_at=NOON + 1)])

    index.prune(NOON + 1)

    assert index.get(OperatorId("county"), place_of(1).hash) is None
    assert index.get(OperatorId("county"), place_of(2).hash) is not None


def test_a_put_that_fails_does_not_block_the_next(index: PassageIndex) -> None:
    """A refused row leaves no transaction open and none of its batch behind."""
    broken = place_of(2, token=None)  # type: ignore[arg-type]

    with pytest.raises(StoreFailed):
        index.put([place_of(1), broken])
    index.put([place_of(3)])

    assert index.get(OperatorId("county"), place_of(1).hash) is None
    assert index.get(OperatorId("county"), place_of(3).hash) is not None


def test_a_file_that_is_none_of_sqlite_is_refused(path: Path) -> None:
    """The refusal says that the file is only a help."""
    path.write_bytes(b"not a database, but long enough to be taken for one" * 40)

    with pytest.raises(StoreFailed) as refused:
        PassageIndex(path)
    assert "only a help" in refused.value.next_step


def test_it_has_no_way_to_list() -> None:
    """Only put, get by hash, prune and close."""
    assert {"put", "get", "prune", "close"} == {name for name in vars(PassageIndex) if not name.startswith("_")}
