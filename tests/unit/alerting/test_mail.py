"""Mail against a real SMTP server: what it gets, TLS in both ways, logins, refusals, silence."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lockplate.alerting.mail import MailSender
from lockplate.alerting.messages import Message, MessageType, SendFailed
from lockplate.registry.channel_targets import Security, Target
from receiving import Authority, authority
from running import free_port

MESSAGE = Message(
    delivery="d" + "0" * 20,
    type=MessageType.ALERT,
    at=datetime(2026, 11, 24, tzinfo=UTC),
    data={"category": "amber", "priority": "high", "list_name": "Größe", "hit_id": "h1"},
)


class Box:
    """A mailbox that refuses whom it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refusal = ""
        self.names: list[str] = []

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.names.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"


@contextmanager
def mailbox(**settings: Any) -> Iterator[tuple[Box, int]]:
    box = Box()
    served = Controller(box, hostname="127.0.0.1", port=free_port(), **settings)
    served.start()
    try:
        yield box, served.port
    finally:
        served.stop()


def target(port: int, **more: Any) -> Target:
    return Target(
        **(
            {"host": "127.0.0.1", "port": port, "sender": "node@pine.example", "recipient": "okafor@pine.example"}
            | more
        )
    )


def failed(to: Target, patience: float = 5.0) -> SendFailed:
    with pytest.raises(SendFailed) as told:
        MailSender(patience).send(to, MESSAGE)
    return told.value


@pytest.fixture
def made(tmp_path: Path) -> Authority:
    return authority(tmp_path)


def context_of(made: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context


def test_what_arrives() -> None:
    """One mail to one address, with the delivery's id; the server learns nothing of this machine's name."""
    with mailbox() as (box, port):
        assert "smtp_250" == MailSender(5).send(target(port), MESSAGE)
    (mail,) = box.mails
    assert ("Lockplate alert: amber, high, Größe", "okafor@pine.example", f"<{MESSAGE.delivery}@pine.example>") == (
        mail["Subject"], mail["To"], mail["Message-ID"],
    )  # fmt: skip
    assert "hit id: h1" in mail.get_content()
    assert {"localhost"} == set(box.names)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_protected_ways(made: Authority, security: Security) -> None:
    """With the authority that the channel names; without it nothing is said."""
    context = context_of(made)
    settings = (
        {"ssl_context": context} if security is Security.TLS else {"tls_context": context, "require_starttls": True}
    )
    with mailbox(**settings) as (box, port):
        own = target(port, security=security, ca_pem=made.ca.read_text())
        assert "smtp_250" == MailSender(5).send(own, MESSAGE)
        assert "tls_failed" == failed(target(port, security=security)).code
        assert 1 == len(box.mails)


def test_a_server_without_starttls_gets_no_mail() -> None:
    """What should be protected does not go unprotected."""
    with mailbox() as (box, port):
        told = failed(target(port, security=Security.STARTTLS))
        assert ("unreachable", []) == (told.code, box.mails)


def test_a_login(made: Authority) -> None:
    """The right word gets through, another is refused with the server's own code."""

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _kind: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password == b"a long word", handled=False)

    with mailbox(tls_context=context_of(made), require_starttls=True, authenticator=check, auth_required=True) as (
        box,
        port,
    ):
        own = target(
            port, security=Security.STARTTLS, ca_pem=made.ca.read_text(), username="node", password="a long word"
        )
        assert "smtp_250" == MailSender(5).send(own, MESSAGE)
        wrong = target(port, security=Security.STARTTLS, ca_pem=made.ca.read_text(), username="node", password="other")
        assert "smtp_535" == failed(wrong).code
        assert 1 == len(box.mails)


@pytest.mark.parametrize(("refusal", "code"), [("550 unknown", "smtp_550"), ("451 later", "smtp_451")])
def test_a_refused_recipient(refusal: str, code: str) -> None:
    """The server's code, and somebody is there."""
    with mailbox() as (box, port):
        box.refusal = refusal
        told = failed(target(port))
        assert (code, False, []) == (told.code, told.is_down, box.mails)


def test_nobody_there_and_somebody_silent() -> None:
    """A closed port, and one that takes the connection and says nothing."""
    assert "unreachable" == failed(target(free_port())).code
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = failed(target(listening.getsockname()[1]), patience=0.5)
        assert ({"timed_out", "unreachable"} >= {told.code}, True) == (True, told.is_down)
