"""Group commit: everyone gets their own result, callers share a commit, and a failure is everyone's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lockplate.errors import StoreFailed
from lockplate.evidence.group import GroupCommit


def together(group, items):
    """Submit items from a thread each; return the futures of what each got."""
    pool = ThreadPoolExecutor(len(items))
    futures = {item: pool.submit(group.submit, item) for item in items}
    pool.shutdown(wait=False)
    return futures


def test_callers_that_wait_share_one_commit_and_get_their_own_results():
    """While one commit runs, all who arrive wait, and the next commit takes them together."""
    started, go, sizes = threading.Event(), threading.Event(), []

    def commit(items):
        sizes.append(len(items))
        if len(sizes) == 1:
            started.set()
            assert go.wait(10)
        return [item * 10 for item in items]

    group = GroupCommit(commit)
    first = together(group, [1])
    assert started.wait(10)
    rest = together(group, range(2, 10))
    while len(group._waiting) < 8:
        pass
    go.set()
    got = {item: future.result(10) for item, future in (first | rest).items()}
    assert {item: item * 10 for item in range(1, 10)} == got
    assert [1, 8] == sizes


def test_a_failed_commit_fails_for_every_member():
    """Nobody in a failed group is told that their item is safe, and the next group works."""
    started, go, calls = threading.Event(), threading.Event(), []

    def commit(items):
        calls.append(items)
        if len(calls) == 1:
            started.set()
            assert go.wait(10)
            return list(items)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return list(items)

    group = GroupCommit(commit)
    first = together(group, [0])
    assert started.wait(10)
    rest = together(group, [1, 2, 3])
    while len(group._waiting) < 3:
        pass
    go.set()
    assert 0 == first[0].result(10)
    errors = [type(future.exception(10)).__name__ for future in rest.values()]
    assert ["KeyboardInterrupt", "StoreFailed", "StoreFailed"] == sorted(errors)
    assert 4 == group.submit(4)


def test_a_stopped_group_refuses():
    """After stop nothing is committed any more."""
    calls = []
    group = GroupCommit(lambda items: calls.append(items) or list(items))
    group.stop()
    with pytest.raises(StoreFailed):
        group.submit(1)
    assert [] == calls
