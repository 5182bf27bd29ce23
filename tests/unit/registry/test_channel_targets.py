"""Targets: whole, fit for a plate or not, and never shown with what may be a secret."""

from typing import Any

import msgspec
import pytest

from lockplate.errors import BadInput
from lockplate.registry.channel_targets import ChannelKind, Content, Security, Target

WEBHOOK = Target(url="https://alerts.example/hook?token=secret", signing_secret="a2V5")
MQTT = Target(host="broker.example", port=8883, security=Security.TLS, topic="lockplate/alerts")
EMAIL = Target(
    host="mail.example",
    port=587,
    security=Security.STARTTLS,
    sender="node@pine.example",
    recipient="okafor@pine.example",
)
BASE = {ChannelKind.WEBHOOK: WEBHOOK, ChannelKind.MQTT: MQTT, ChannelKind.EMAIL: EMAIL}


def changed(kind: ChannelKind, **fields: Any) -> Target:
    return msgspec.structs.replace(BASE[kind], **fields)


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_a_whole_target_may_carry_a_notice(kind: ChannelKind) -> None:
    """Each way as one would write it."""
    assert BASE[kind] == BASE[kind].check(kind, Content.NOTICE)


@pytest.mark.parametrize(
    ("kind", "fields", "fit"),
    [
        (ChannelKind.WEBHOOK, {}, True),
        (ChannelKind.WEBHOOK, {"url": "http://alerts.example/hook"}, False),
        (ChannelKind.WEBHOOK, {"url": "http://localhost.example/hook"}, False),
        (ChannelKind.WEBHOOK, {"url": "http://127.0.0.1.example/hook"}, False),
        (ChannelKind.WEBHOOK, {"url": "http://127.0.0.1:8123/hook"}, True),
        (ChannelKind.WEBHOOK, {"url": "http://[::1]:8123/hook"}, True),
        (ChannelKind.WEBHOOK, {"url": "http://localhost/hook"}, True),
        (ChannelKind.MQTT, {}, True),
        (ChannelKind.MQTT, {"security": Security.NONE}, False),
        (ChannelKind.MQTT, {"security": Security.NONE, "host": "192.168.0.2"}, False),
        (ChannelKind.MQTT, {"security": Security.NONE, "host": "127.0.0.1"}, True),
        (ChannelKind.EMAIL, {}, False),
        (ChannelKind.EMAIL, {"host": "127.0.0.1", "security": Security.NONE}, False),
    ],
)
def test_a_plate_leaves_over_a_protected_way_only(kind: ChannelKind, fields: dict[str, Any], *, fit: bool) -> None:
    """https, MQTT with TLS, or this machine; never mail, wherever its server is."""
    target = changed(kind, **fields)
    if fit:
        assert target == target.check(kind, Content.PLATE)
    else:
        with pytest.raises(BadInput) as refused:
            target.check(kind, Content.PLATE)
        assert "unprotected_way" == refused.value.code


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ChannelKind.WEBHOOK, {"url": ""}),
        (ChannelKind.WEBHOOK, {"url": "ftp://alerts.example"}),
        (ChannelKind.WEBHOOK, {"url": "https://"}),
        (ChannelKind.WEBHOOK, {"url": "https://user:word@alerts.example/"}),
        (ChannelKind.WEBHOOK, {"url": "https://alerts.example/#part"}),
        (ChannelKind.WEBHOOK, {"url": "https://alerts.example/a b"}),
        (ChannelKind.WEBHOOK, {"url": "https://alerts.example/\r\nX: y"}),
        (ChannelKind.WEBHOOK, {"url": "https://alerts.example:99999/"}),
        (ChannelKind.WEBHOOK, {"url": "https://alérts.example/"}),
        (ChannelKind.WEBHOOK, {"url": "https://alerts.example/" + "a" * 2000}),
        (ChannelKind.WEBHOOK, {"signing_secret": ""}),
        (ChannelKind.WEBHOOK, {"ca_pem": "no certificate"}),
        (ChannelKind.MQTT, {"host": ""}),
        (ChannelKind.MQTT, {"host": "a b"}),
        (ChannelKind.MQTT, {"port": 0}),
        (ChannelKind.MQTT, {"port": 65536}),
        (ChannelKind.MQTT, {"topic": ""}),
        (ChannelKind.MQTT, {"topic": "alerts/#"}),
        (ChannelKind.MQTT, {"topic": "alerts/+/x"}),
        (ChannelKind.MQTT, {"topic": "$SYS/alerts"}),
        (ChannelKind.MQTT, {"topic": "a\x00b"}),
        (ChannelKind.MQTT, {"topic": "a" * 201}),
        (ChannelKind.MQTT, {"password": "a\nb"}),
        (ChannelKind.MQTT, {"security": Security.STARTTLS}),
        (ChannelKind.EMAIL, {"recipient": "okafor"}),
        (ChannelKind.EMAIL, {"recipient": "a@b.example\r\nBcc: c@d.example"}),
        (ChannelKind.EMAIL, {"recipient": "a@b.example, c@d.example"}),
        (ChannelKind.EMAIL, {"sender": "Node <node@pine.example>"}),
        (ChannelKind.EMAIL, {"security": Security.NONE}),
    ],
)
def test_what_is_no_target(kind: ChannelKind, fields: dict[str, Any]) -> None:
    """Half an address, two in one, and everything that could begin another header or another message."""
    with pytest.raises(BadInput):
        changed(kind, **fields).check(kind, Content.NOTICE)


def test_where_it_leads_is_said_without_secrets() -> None:
    """No path, no query, no name of a person."""
    assert "https://alerts.example/…" == WEBHOOK.where(ChannelKind.WEBHOOK)
    assert "lockplate/alerts at broker.example:8883 (TLS)" == MQTT.where(ChannelKind.MQTT)
    assert "o…@pine.example" == EMAIL.where(ChannelKind.EMAIL)
