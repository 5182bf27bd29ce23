"""MQTT in: messages of some topics, posted one by one, each acknowledged to the broker only once the node has it.

What flows in: a broker, topics, a Poster. What flows out: counts.
What it must never see: what a message says. The session outlives a break: what came at QoS 1 meanwhile is waiting at
the broker. What was published at QoS 0 is the broker's to lose.
"""

import queue
import ssl
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from lockplate.errors import BadInput
from lockplate.listening.posting import Poster

MAX_WAITING = 10_000
"""Messages taken from the broker and not yet posted; more is lost only of what came at QoS 0, and counted."""
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
QOS = 1
KEEPALIVE_SECONDS = 30
LONGEST_RECONNECT_SECONDS = 30


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is, and how to get in."""

    host: str
    port: int
    topics: tuple[str, ...]
    client_id: str
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: str | None = None


class ListeningCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What came, and what could not wait."""

    received: int
    lost: int
    """Came at QoS 0 while too much waited, or too large to be a message of a camera."""


class MqttListener:
    """Takes messages from a broker and posts them, until it is told to stop."""

    def __init__(self, address: BrokerAddress, poster: Poster, stop: threading.Event) -> None:
        self._address, self._poster, self._stop = address, poster, stop
        self._waiting: queue.Queue[MQTTMessage | None] = queue.Queue()
        self._received = 0
        self._lost = 0
        self._log = structlog.get_logger("lockplate.listen")
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=address.client_id, clean_session=False, manual_ack=True
        )
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, LONGEST_RECONNECT_SECONDS)
        if address.username:
            self._client.username_pw_set(address.username, address.password or None)
        if address.tls:
            self._client.tls_set_context(ssl.create_default_context(cafile=address.ca_file))

    @property
    def counts(self) -> ListeningCounts:
        """What came so far."""
        return ListeningCounts(received=self._received, lost=self._lost)

    def run(self) -> None:
        """Listen until the stop is set; what was taken and not posted then is the broker's again."""
        self._client.connect_async(self._address.host, self._address.port, KEEPALIVE_SECONDS)
        self._client.loop_start()
        poster = threading.Thread(target=self._post_all, name="listen-post")
        poster.start()
        try:
            self._stop.wait()
        finally:
            self._stop.set()
            self._waiting.put(None)
            poster.join()
            self._client.disconnect()
            self._client.loop_stop()

    def _post_all(self) -> None:
        while (message := self._waiting.get()) is not None and not self._stop.is_set():
            if self._poster.post(bytes(message.payload)) and message.qos:
                self._client.ack(message.mid, message.qos)

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._log.warning("broker_refused", reason=reason.getName())
            return
        client.subscribe([(topic, QOS) for topic in self._address.topics])
        self._log.info("listening", topics=len(self._address.topics))

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if not self._stop.is_set():
            self._log.warning("broker_lost", reason=reason.getName())

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        self._received += 1
        if len(message.payload) > MAX_MESSAGE_BYTES or (message.qos == 0 and self._waiting.qsize() >= MAX_WAITING):
            self._lost += 1
            if message.qos:
                client.ack(message.mid, message.qos)
            return
        self._waiting.put(message)


def require_topics(topics: Sequence[str]) -> tuple[str, ...]:
    """Return the topics when each can be subscribed to, else raise BadInput."""
    for topic in topics:
        parts = topic.split("/")
        whole = topic and len(topic.encode()) <= 200 and topic.isprintable()
        wild = all(part in {"+", "#"} or not {"+", "#"} & set(part) for part in parts) and "#" not in parts[:-1]
        if not (whole and wild):
            raise BadInput("not a topic", code="bad_topic", next_step="Example: frigate/tracked_object_update")
    if not topics:
        raise BadInput("no topic was named", code="bad_topic", next_step="Give --topic.")
    return tuple(dict.fromkeys(topics))
