"""MQTT against a real mosquitto: acknowledged, never retained; refusals, certificates, silence."""

import os
import resource
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lockplate.alerting.messages import Message, MessageType, SendFailed
from lockplate.alerting.mqtt import MqttSender
from lockplate.registry.channel_targets import Security, Target
from receiving import Broker, authority, broker, needs_mosquitto, stays, until
from running import free_port

pytestmark = needs_mosquitto
TOPIC = "lockplate/alerts"
MESSAGE = Message(
    delivery="d" + "0" * 20, type=MessageType.ALERT, at=datetime(2026, 11, 24, tzinfo=UTC), data={"hit_id": "h1"}
)
TOLD = {"type": "alert", "delivery": MESSAGE.delivery, "hit_id": "h1"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def target(port: int, **more: Any) -> Target:
    return Target(**({"host": "127.0.0.1", "port": port, "topic": TOPIC} | more))


def failed(to: Target, patience: float = 30.0) -> SendFailed:
    with pytest.raises(SendFailed) as told:
        MqttSender(patience).send(to, MESSAGE)
    return told.value


def test_a_message_arrives_once_and_is_not_kept(plain: Broker) -> None:
    """Whoever is subscribed gets it; whoever comes later does not."""
    with plain.subscribed(TOPIC) as got:
        assert "mqtt_acknowledged" == MqttSender(30).send(target(plain.port), MESSAGE)
        until(lambda: got)
        stays(lambda: got == [TOLD], 0.5)
    with plain.subscribed(TOPIC) as late:
        stays(lambda: not late, 0.5)


def test_nobody_there() -> None:
    """A port that nobody listens on."""
    told = failed(target(free_port()))
    assert ("unreachable", True) == (told.code, told.is_down)


def test_a_broker_that_says_nothing() -> None:
    """Somebody takes the connection and is silent: the patience is for the whole try."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert "timed_out" == failed(target(listening.getsockname()[1]), patience=0.5).code


def test_a_broker_that_wants_a_name(tmp_path: Path) -> None:
    """Wrong and missing credentials are refused by the broker, and said so; right ones get through."""
    words = ["mosquitto_passwd", "-c", "-b", "passwords", "node", "a long word"]
    subprocess.run(words, check=True, cwd=tmp_path, capture_output=True)
    (tmp_path / "passwords").chmod(0o644)
    settings = f"allow_anonymous false\npassword_file {tmp_path / 'passwords'}"
    with broker(tmp_path, settings=settings, more=("-u", "node", "-P", "a long word")) as running:
        right = target(running.port, username="node", password="a long word")
        assert "mqtt_acknowledged" == MqttSender(30).send(right, MESSAGE)
        for more in ({}, {"username": "node", "password": "another"}):
            told = failed(target(running.port, **more))
            assert ("mqtt_not_authorized", True) == (told.code, told.is_down)


def test_certificates(tmp_path: Path) -> None:
    """TLS with an own authority gets through where the channel names it; else nothing is sent."""
    made = authority(tmp_path)
    settings = f"allow_anonymous true\ncafile {made.ca}\ncertfile {made.certificate}\nkeyfile {made.key}"
    with broker(tmp_path, settings=settings, more=("--cafile", str(made.ca))) as running:
        own = target(running.port, security=Security.TLS, ca_pem=made.ca.read_text())
        with running.subscribed(TOPIC) as got:
            assert "mqtt_acknowledged" == MqttSender(30).send(own, MESSAGE)
            until(lambda: got)
            assert "tls_failed" == failed(target(running.port, security=Security.TLS)).code
            assert failed(target(running.port), patience=1.0).is_down
            assert [TOLD] == got


def test_a_process_with_a_thousand_connections(plain: Broker) -> None:
    """A busy server has descriptors above 1023, which `select` does not know: the message gets through all the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    held: list[int] = []
    try:
        while not held or held[-1] < 1100:
            held.append(os.dup(0))
        assert "mqtt_acknowledged" == MqttSender(30).send(target(plain.port), MESSAGE)
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
