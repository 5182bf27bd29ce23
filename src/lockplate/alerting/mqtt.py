"""MQTT out: one message published at QoS 1, never retained, and the broker's word that it has it.

What flows in: a target, a message. What flows out: `mqtt_acknowledged`.
What it must never see: a session that outlives the message; a retained alert would greet whoever subscribes next year.
"""

import contextlib
import select
import ssl
import threading
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from lockplate.alerting.messages import Message, SendFailed
from lockplate.clock import monotonic_seconds
from lockplate.registry.channel_targets import Security, Target


class _Exchange:
    """What the broker said so far."""

    def __init__(self) -> None:
        self.connected = threading.Event()
        self.refusal: str | None = None

    def on_connect(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        """Note whether the broker lets us in."""
        if reason.is_failure:
            self.refusal = f"mqtt_{reason.getName().lower().replace(' ', '_')}"
        self.connected.set()

    def on_disconnect(self, _client: Client, _data: Any, _flags: Any, _reason: ReasonCode, _properties: Any) -> None:
        """Let nobody wait for a broker that went away."""
        self.refusal = self.refusal or "mqtt_disconnected"
        self.connected.set()


TURN_SECONDS = 0.5


class _Context(ssl.SSLContext):
    """Checks name and certificate; remembers the socket it wraps, which paho leaves open when the handshake fails."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **given: Any) -> ssl.SSLSocket:
        """Return the wrapped socket, and remember it."""
        self.wrapped = super().wrap_socket(*args, **given)
        return self.wrapped

    def close(self) -> None:
        """Close the socket."""
        if self.wrapped is not None:
            self.wrapped.close()


def _context(ca_pem: str) -> _Context:
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    if ca_pem:
        # an own authority takes the machine's place
        context.load_verify_locations(cadata=ca_pem)
    else:
        context.load_default_certs()
    return context


class MqttSender:
    """Publishes messages, each over a connection of its own; each try has so many seconds in all."""

    def __init__(self, patience: float) -> None:
        self._patience = patience

    def send(self, target: Target, message: Message) -> str:
        """Return `mqtt_acknowledged` once the broker has it, or raise SendFailed."""
        deadline = monotonic_seconds() + self._patience
        exchange = _Exchange()
        client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        client.connect_timeout = self._patience
        client.on_connect, client.on_disconnect = exchange.on_connect, exchange.on_disconnect
        if target.username:
            client.username_pw_set(target.username, target.password or None)
        context = _context(target.ca_pem) if target.security is Security.TLS else None
        if context is not None:
            client.tls_set_context(context)
        try:
            client.connect(target.host, target.port, keepalive=max(1, int(self._patience)))
        except (OSError, ValueError) as error:
            if context is not None:
                context.close()
            code = "tls_failed" if isinstance(error, ssl.SSLError) else "unreachable"
            raise SendFailed(code, is_down=True) from error
        try:
            return _publish(client, exchange, target.topic, message.flat_body(), deadline)
        finally:
            client.disconnect()
            _drop(client)


def _publish(client: Client, exchange: _Exchange, topic: str, body: bytes, deadline: float) -> str:
    while not exchange.connected.is_set():
        _turn(client, deadline)
    if exchange.refusal is not None:
        raise SendFailed(exchange.refusal, is_down=True)
    told = client.publish(topic, body, qos=1, retain=False)
    if told.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise SendFailed("mqtt_not_sent", is_down=True)
    while not told.is_published():
        if exchange.refusal is not None:
            raise SendFailed(exchange.refusal, is_down=True)
        _turn(client, deadline)
    return "mqtt_acknowledged"


def _turn(client: Client, deadline: float) -> None:
    """Let the client read and write once, or raise SendFailed when the time is over or the connection is.

    By poll: paho's own loop asks `select`, which knows no descriptor above 1023, and a server with many connections
    has those.
    """
    left = deadline - monotonic_seconds()
    if left <= 0:
        raise SendFailed("timed_out", is_down=True)
    socket = client.socket()
    if socket is None:
        raise SendFailed("mqtt_disconnected", is_down=True)
    if isinstance(socket, ssl.SSLSocket) and socket.pending():
        client.loop_read()
        return
    waiting = select.poll()
    waiting.register(socket.fileno(), select.POLLIN | (select.POLLOUT if client.want_write() else 0))
    for _, events in waiting.poll(min(left, TURN_SECONDS) * 1000):
        if events & select.POLLOUT:
            client.loop_write()
        if events & ~select.POLLOUT:
            client.loop_read()
    client.loop_misc()


def _drop(client: Client) -> None:
    """Close what the client may have left open."""
    socket = client.socket()
    if socket is not None:
        with contextlib.suppress(OSError):
            socket.close()
