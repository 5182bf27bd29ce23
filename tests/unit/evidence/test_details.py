"""Details: read back by place, replaced only where no leaf came, and gone from the raw files once forgotten."""

import secrets

import pytest

from lockplate.errors import LogRefused, NotFound
from lockplate.evidence.details import NOTHING_FORGOTTEN, DetailStore, SealedDetail
from lockplate.terms import LeafIndex, Period


@pytest.fixture
def path(tmp_path):
    return tmp_path / "details.db"


@pytest.fixture
def store(path):
    with DetailStore.create(path) as opened:
        yield opened


def detail(index, period=10, sealed=b"sealed"):
    return SealedDetail(leaf_index=LeafIndex(index), period=Period(period), sealed=sealed)


def test_details_come_back_by_place(path, store):
    """What is put is read, also by another opening of the file; what is not there is NotFound."""
    store.put(LeafIndex(0), 3, [detail(0), detail(2, sealed=b"other")])
    with DetailStore.open(path) as again:
        assert detail(0) == again.read(0)
        assert detail(2, sealed=b"other") == again.read(2)
    with pytest.raises(NotFound):
        store.read(1)


def test_left_over_details_are_replaced(store):
    """Details of leaves that never came give way to what takes their places, and to nothing when it has none."""
    store.put(LeafIndex(5), 3, [detail(5), detail(6), detail(7)])
    store.put(LeafIndex(5), 2, [detail(6, sealed=b"new")])
    with pytest.raises(NotFound):
        store.read(5)
    assert b"new" == store.read(6).sealed
    assert detail(7) == store.read(7)
    store.put(LeafIndex(7), 1, [])
    with pytest.raises(NotFound):
        store.read(7)


def test_forgotten_details_are_in_no_file(path, store):
    """After forgetting, the raw files hold none of the deleted bytes and all of the kept ones, while still open."""
    old = [secrets.token_bytes(200) for _ in range(100)]
    new = [secrets.token_bytes(200) for _ in range(100)]
    store.put(LeafIndex(0), 100, [detail(place, 10, sealed) for place, sealed in enumerate(old)])
    store.put(LeafIndex(100), 100, [detail(place, 11, sealed) for place, sealed in enumerate(new, 100)])
    assert NOTHING_FORGOTTEN == store.forgotten_through()
    assert 100 == store.forget_through(Period(10))
    assert 10 == store.forgotten_through()
    raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert 0 == sum(sealed[:60] in raw for sealed in old)
    assert new == [store.read(place).sealed for place in range(100, 200)]
    assert 0 == store.forget_through(Period(3))
    assert 10 == store.forgotten_through()


def test_a_missing_store_is_refused(path):
    """A details file that is gone is not made anew by opening it."""
    with pytest.raises(LogRefused):
        DetailStore.open(path)
