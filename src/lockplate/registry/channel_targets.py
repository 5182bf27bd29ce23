"""Target: where a channel leads, and how the way there is protected.

What flows in: an address, credentials, certificates. What flows out: the same, found whole, or BadInput.
What it must never see: an alert. A target lies sealed as a whole: some addresses are secrets themselves.
"""

import ipaddress
import re
import ssl
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

import msgspec

from lockplate.errors import BadInput

MAX_TEXT = 2000
MAX_TOPIC = 200
MAX_PEM = 64 * 1024
MAX_PORT = 65_535
# one line, no control characters, nothing that could begin another header or command
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class ChannelKind(StrEnum):
    """How an alert travels."""

    WEBHOOK = "webhook"
    MQTT = "mqtt"
    EMAIL = "email"


class Content(StrEnum):
    """What of an alert leaves."""

    NOTICE = "notice"
    """No plate: that there is an alert, of which list, at which reader, and where to open it."""
    PLATE = "plate"
    """All of it but the picture."""


class Security(StrEnum):
    """How the way to a broker or a mail server is protected; a webhook's is in its address."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel leads; which fields count depends on its kind."""

    url: str = ""
    """webhook."""
    host: str = ""
    """mqtt: the broker; email: the mail server."""
    port: int = 0
    security: Security = Security.NONE
    topic: str = ""
    """mqtt."""
    sender: str = ""
    """email; so too the next."""
    recipient: str = ""
    username: str = ""
    password: str = ""
    ca_pem: str = ""
    """The certificates to trust in place of the machine's."""
    signing_secret: str = ""
    """webhook: base64 of the key that signs."""

    def where(self, kind: ChannelKind) -> str:
        """Return where it leads, for people, without what may be a secret: a path, a query, a whole mail address."""
        if kind is ChannelKind.WEBHOOK:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc}/…"
        if kind is ChannelKind.MQTT:
            return f"{self.topic} at {self.host}:{self.port}" + (" (TLS)" if self.is_protected(kind) else "")
        return f"{self.recipient[:1]}…@{self.recipient.rpartition('@')[2]}"

    def is_protected(self, kind: ChannelKind) -> bool:
        """Say whether nobody on the way can read along; mail is never: it goes on from the first server as it likes."""
        if kind is ChannelKind.WEBHOOK:
            return urlsplit(self.url).scheme == "https"
        return kind is ChannelKind.MQTT and self.security is Security.TLS

    def stays_here(self, kind: ChannelKind) -> bool:
        """Say whether it leads to this machine."""
        return is_loopback((urlsplit(self.url).hostname or "") if kind is ChannelKind.WEBHOOK else self.host)

    def check(self, kind: ChannelKind, content: Content) -> "Target":
        """Return the target itself when it is whole and fit for what it would carry, or raise BadInput."""
        _CHECKS[kind](self)
        if self.ca_pem:
            _require_certificates(self.ca_pem)
        if content is Content.PLATE and (
            kind is ChannelKind.EMAIL or not (self.is_protected(kind) or self.stays_here(kind))
        ):
            raise BadInput(
                "a plate leaves only over a protected way: an https address, MQTT with TLS, or this machine",
                code="unprotected_way",
                next_step="Protect the way, or take --content notice; mail always has a notice.",
            )
        return self


def is_loopback(host: str) -> bool:
    """Say whether a host's name or address is this machine's own; no name is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _check_webhook(target: Target) -> None:
    parts = _split(target.url)
    bad = (
        parts is None
        or parts.scheme not in {"http", "https"}
        or not _HOST.fullmatch(parts.hostname or "")
        or parts.username is not None
        or parts.fragment
        or len(target.url) > MAX_TEXT
        or not target.url.isascii()
        or re.search(r"[\s\x00-\x20\x7f]", target.url)
    )
    if bad:
        raise BadInput(
            "a webhook's address is http or https, one line, without a user in it",
            code="bad_target",
            next_step="Example: https://alerts.example/lockplate",
        )
    if not target.signing_secret:
        raise BadInput("a webhook signs with a key", code="bad_target")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _check_server(target: Target) -> None:
    if not _HOST.fullmatch(target.host) or not 0 < target.port <= MAX_PORT:
        raise BadInput("a server is HOST:PORT", code="bad_target", next_step="Example: 127.0.0.1:1883")
    if len(target.username) > MAX_TEXT or len(target.password) > MAX_TEXT:
        raise BadInput("the name or the password is too long", code="bad_target")
    if _UNSEEN.search(target.username + target.password):
        raise BadInput("a name or a password is one line", code="bad_target")


def _check_mqtt(target: Target) -> None:
    _check_server(target)
    topic = target.topic
    if (
        not topic
        or len(topic.encode()) > MAX_TOPIC
        or _UNSEEN.search(topic)
        or set(topic) & set("+#")
        or topic[0] == "$"
    ):
        raise BadInput(
            "a topic is one line without + or #, and does not begin with $",
            code="bad_target",
            next_step="Example: lockplate/alerts",
        )
    if target.security is Security.STARTTLS:
        raise BadInput("MQTT has TLS from the first byte, or none", code="bad_target", next_step="Take --security tls.")


def _check_email(target: Target) -> None:
    _check_server(target)
    if not (_ADDRESS.fullmatch(target.sender) and _ADDRESS.fullmatch(target.recipient)):
        raise BadInput(
            "a mail goes from one address to one address", code="bad_target", next_step="Example: a@b.example"
        )
    if target.security is Security.NONE and not is_loopback(target.host):
        raise BadInput(
            "a mail server elsewhere is spoken to with TLS",
            code="unprotected_way",
            next_step="Take --security starttls or tls.",
        )


_CHECKS: dict[ChannelKind, Callable[[Target], None]] = {
    ChannelKind.WEBHOOK: _check_webhook,
    ChannelKind.MQTT: _check_mqtt,
    ChannelKind.EMAIL: _check_email,
}


def _require_certificates(pem: str) -> None:
    try:
        if len(pem) > MAX_PEM:
            raise ValueError("too long")  # noqa: TRY301 - one answer for all that is no certificate
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise BadInput("the certificates are not PEM", code="bad_certificates") from error
