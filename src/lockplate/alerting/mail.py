"""Mail: a notice by SMTP, never with a plate.

What flows in: a target, a message. What flows out: `smtp_250`.
What it must never see: a plate; a header made of text that holds a line break.
"""

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

from lockplate.alerting.messages import Message, SendFailed
from lockplate.registry.channel_targets import Security, Target

OUR_NAME = "localhost"
"""What we call ourselves to the server: its logs need not learn this machine's name."""


class MailSender:
    """Sends messages as mails; each try has so many seconds in all."""

    def __init__(self, patience: float) -> None:
        self._patience = patience

    def send(self, target: Target, message: Message) -> str:
        """Return `smtp_250` once the server took it, or raise SendFailed."""
        try:
            with _connection(target, self._patience) as server:
                if target.username:
                    server.login(target.username, target.password)
                refused = server.send_message(mail_of(target, message), target.sender, [target.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise SendFailed(f"smtp_{codes[0] if codes else 550}") from error
        except smtplib.SMTPResponseException as error:
            raise SendFailed(f"smtp_{error.smtp_code}") from error
        except ssl.SSLError as error:
            raise SendFailed("tls_failed", is_down=True) from error
        except (OSError, smtplib.SMTPException) as error:
            code = "timed_out" if isinstance(error, TimeoutError) else "unreachable"
            raise SendFailed(code, is_down=True) from error
        if refused:
            raise SendFailed("smtp_refused")
        return "smtp_250"


def mail_of(target: Target, message: Message) -> EmailMessage:
    """Return a message as a mail; sent again, it has the same Message-ID."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"], mail["To"] = target.sender, target.recipient
    mail["Subject"] = message.subject()
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.delivery}@{target.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text())
    return mail


class _Server(smtplib.SMTP):
    """A mail server that is not connected to yet, so that the time can be bounded before the first byte."""

    def __init__(self, host: str, patience: float) -> None:
        super().__init__(local_hostname=OUR_NAME, timeout=patience)
        # the name that the certificate must have: smtplib takes it from a constructor that connects at once
        self._host = host


class _TlsServer(smtplib.SMTP_SSL):
    """As above, with TLS from the first byte."""

    def __init__(self, host: str, patience: float, context: ssl.SSLContext) -> None:
        super().__init__(local_hostname=OUR_NAME, timeout=patience, context=context)
        self._host = host


@contextmanager
def _connection(target: Target, patience: float) -> Iterator[smtplib.SMTP]:
    """Give a connection, protected as the target says, that is cut when its time is over."""
    context = ssl.create_default_context(cadata=target.ca_pem or None)
    server = (
        _TlsServer(target.host, patience, context)
        if target.security is Security.TLS
        else _Server(target.host, patience)
    )
    # a server that answers a byte at a time keeps within each of smtplib's own limits for ever
    end = threading.Timer(patience, _cut, [server])
    end.daemon = True
    try:
        end.start()
        server.connect(target.host, target.port)
        if target.security is Security.STARTTLS:
            server.starttls(context=context)
        yield server
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        end.cancel()
        server.close()


def _cut(server: smtplib.SMTP) -> None:
    """End a conversation from outside; whoever waits for an answer gets none."""
    connected = server.sock
    if isinstance(connected, socket.socket):
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)
