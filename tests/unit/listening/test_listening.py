"""Listening to a real broker: acknowledged only once the node has it; breaks on either side lose nothing of QoS 1."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockplate.errors import BadInput
from lockplate.listening import posting
from lockplate.listening.mqtt import BrokerAddress, MqttListener, require_topics
from lockplate.listening.posting import Poster
from receiving import Webhook, broker, needs_mosquitto, stays, until, webhook
from running import free_port

TOPIC = "frigate/events"
KEPT = "allow_anonymous true\npersistence false"


@contextmanager
def listening(port: int, door_port: int) -> Iterator[MqttListener]:
    stop = threading.Event()
    poster = Poster(f"http://127.0.0.1:{door_port}", "lpk_key", "frigate", stop)
    address = BrokerAddress(host="127.0.0.1", port=port, topics=(TOPIC,), client_id="drive")
    listener = MqttListener(address, poster, stop)
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        yield listener
    finally:
        stop.set()
        thread.join()
        poster.close()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(posting, "LONGEST_WAIT_SECONDS", 0.2)


def bodies(door: Webhook) -> list[str]:
    return [one.body.decode() for one in door.received]


def is_listening(folder: Path) -> bool:
    (log,) = folder.glob("mosquitto-*.log")
    return "Received SUBSCRIBE from drive" in log.read_text()


@needs_mosquitto
def test_messages_arrive_in_order(tmp_path: Path) -> None:
    """Each once, as it was published."""
    with webhook() as door, broker(tmp_path) as running, listening(running.port, door.port) as listener:
        until(lambda: is_listening(tmp_path))
        for number in range(5):
            running.publish(TOPIC, f"m{number}")
        until(lambda: len(door.received) >= 5)
        stays(lambda: bodies(door) == [f"m{number}" for number in range(5)], 0.3)
        assert (5, 0) == (listener.counts.received, listener.counts.lost)


@needs_mosquitto
def test_what_the_node_did_not_take_is_the_brokers_again(tmp_path: Path) -> None:
    """The node is down, the listener is stopped: the broker still has the message, for the next listener of that name."""
    door_port = free_port()
    with broker(tmp_path) as running:
        with listening(running.port, door_port) as listener:
            until(lambda: is_listening(tmp_path))
            running.publish(TOPIC, "while nobody was there")
            until(lambda: listener.counts.received == 1)
        running.publish(TOPIC, "while nobody listened")
        with webhook(door_port) as door, listening(running.port, door_port):
            until(lambda: len(door.received) >= 2)
            stays(lambda: bodies(door) == ["while nobody was there", "while nobody listened"], 0.3)


@needs_mosquitto
def test_what_is_refused_for_good_holds_nothing_up(tmp_path: Path) -> None:
    """A message that no reader sends: counted, acknowledged, and the next one comes through."""
    with webhook() as door, broker(tmp_path) as running:
        door.answer = lambda one: (400 if one.body == b"junk" else 200, {}, 0.0)
        with listening(running.port, door.port):
            until(lambda: is_listening(tmp_path))
            running.publish(TOPIC, "junk")
            running.publish(TOPIC, "good")
            until(lambda: "good" in bodies(door))
        with listening(running.port, door.port):
            stays(lambda: bodies(door) == ["junk", "good"], 0.5)


@needs_mosquitto
def test_a_broker_that_comes_back_is_found(tmp_path: Path) -> None:
    """The broker is restarted on its port: the listener is there again without anybody's help."""
    port = free_port()
    with webhook() as door, listening(port, door.port):
        with broker(tmp_path, port=port):
            until(lambda: is_listening(tmp_path))
        for log in tmp_path.glob("mosquitto-*.log"):
            log.unlink()
        with broker(tmp_path, port=port) as running:
            until(lambda: is_listening(tmp_path))
            running.publish(TOPIC, "after")
            until(lambda: bodies(door) == ["after"])


@pytest.mark.parametrize("topics", [[], [""], ["a/b#"], ["a/#/b"], ["a+/b"], ["a\x00"], ["a" * 201]])
def test_what_is_no_topic(topics: list[str]) -> None:
    """Nothing, or a wildcard where none can stand."""
    with pytest.raises(BadInput):
        require_topics(topics)
    assert ("a/+/b", "c/#") == require_topics(["a/+/b", "c/#", "c/#"])
