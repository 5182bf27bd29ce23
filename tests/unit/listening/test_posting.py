"""Posting to the readers' door: until it is taken or refused for good, never to a stranger, never loud about content."""

import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from lockplate.errors import BadInput
from lockplate.listening import posting
from lockplate.listening.posting import Poster, require_door
from receiving import Received, Webhook, webhook
from running import free_port


@pytest.fixture
def door() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "FIRST_WAIT_SECONDS", 0.02)


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def poster(door: Webhook, stop: threading.Event, format_name: str = "frigate") -> Poster:
    return Poster(f"http://127.0.0.1:{door.port}/", "lpk_key", format_name, stop)


def answers(*statuses: int) -> object:
    left = list(statuses)
    return lambda _: (left.pop(0) if len(left) > 1 else left[0], {}, 0.0)


def test_what_is_posted(door: Webhook, stop: threading.Event) -> None:
    """The bytes as they came, to the format's path, with the reader's key in its header."""
    one = poster(door, stop)
    assert one.post(b'{"a": 1}')
    one.close()
    (came,) = door.received
    assert ("/v1/reads/frigate", b'{"a": 1}', "lpk_key") == (came.path, came.body, came.headers["x-reader-key"])
    assert (1, {}, 0) == (one.counts.taken, one.counts.refused_by_status, one.counts.retried)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 307])
def test_what_may_come_right_is_tried_again(door: Webhook, stop: threading.Event, status: int) -> None:
    """A full node, a key that somebody is about to renew, a proxy that is confused: nothing is given up."""
    door.answer = answers(status, status, 200)  # type: ignore[assignment]
    one = poster(door, stop, "")
    assert one.post(b"x")
    one.close()
    assert (1, 2, 3) == (one.counts.taken, one.counts.retried, len(door.received))
    assert {"/v1/reads"} == {each.path for each in door.received}


@pytest.mark.parametrize("status", [400, 404, 413])
def test_what_is_refused_for_good_is_counted(door: Webhook, stop: threading.Event, status: int) -> None:
    """Once, by its code; its content is in no line of the log."""
    door.answer = answers(status)  # type: ignore[assignment]
    one = poster(door, stop)
    with capture_logs() as lines:
        assert one.post(b"4HJK882")
    one.close()
    assert ({status: 1}, 1) == (one.counts.refused_by_status, len(door.received))
    assert "4HJK882" not in str(lines)


def test_a_stop_ends_the_waiting(stop: threading.Event) -> None:
    """What was not taken by then is not said to be."""
    one = Poster(f"http://127.0.0.1:{free_port()}", "lpk_key", "", stop)
    threading.Timer(0.2, stop.set).start()
    assert not one.post(b"x")
    one.close()


def test_a_redirect_takes_the_key_nowhere(door: Webhook, stop: threading.Event) -> None:
    """Whoever answers cannot have the key sent elsewhere."""
    with webhook() as elsewhere:

        def answer(_: Received) -> tuple[int, dict[str, str], float]:
            stop.set()
            return 307, {"location": elsewhere.url}, 0.0

        door.answer = answer
        one = poster(door, stop)
        assert not one.post(b"x")
        one.close()
        assert [] == elsewhere.received


@pytest.mark.parametrize(
    "url",
    ["http://node.example", "ftp://127.0.0.1", "127.0.0.1:8420", "https://u:p@node.example", "https://n.example/?k=1"],
)
def test_where_a_key_does_not_go(url: str) -> None:
    """Unprotected to another machine, or to what is no node's address."""
    with pytest.raises(BadInput):
        require_door(url)
    assert "https://node.example/x" == require_door("https://node.example/x/")
